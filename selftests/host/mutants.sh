#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh TOP SCRATCH [fit]: break the pure cores on purpose, one line of mutants.list at a time, in
# a copy. Each break must make a unit test or a fuzzer's corpus run fail. KTAP on stdout.
# fit: only whether each still changes its file, which takes no time.
set -euo pipefail
. "$(dirname "$0")/../ktap.sh"
TOP=$1 SCRATCH=$2 WHAT=${3:-}
jobs=$(nproc)
start=$SECONDS

mkdir -p "$SCRATCH"
work=$(mktemp -d "$SCRATCH/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
mapfile -t mutants < <(grep -v '^#' "$TOP/selftests/host/mutants.list")

# What can notice a break of a file; the first that fails decides.
programs_of() {
	case $1 in
	common/lifetable.c) echo test_lifetable ;;
	*/frame.h)	echo test_frame ;;
	*/portable.h)	echo test_portable ;;
	*/ringidx.h)	echo test_ringidx ;;
	*/slots.h)	echo test_slots ;;
	netfront/wire.*) echo test_netwire_tx test_netwire_rx test_netmcast fuzz_net_rx ;;
	netfront/hash.*) echo test_nethash ;;
	netfront/cost.h) echo test_cost ;;
	netfront/headers.c) echo test_headers fuzz_net_headers ;;
	blkfront/shape.h) echo test_blkshape fuzz_blk_shape ;;
	blkfront/wire.*) echo test_blkwire test_blkshape fuzz_blk_shape fuzz_blk_disk ;;
	blkfront/ring_map.h) echo test_blkwire ;;
	blkfront/vdev.c) echo test_vdev ;;
	blkfront/serial.c) echo test_serial fuzz_blk_serial ;;
	esac
}

copy_tree() {
	mkdir -p "$1/selftests"
	cp -r "$TOP/include" "$TOP/common" "$TOP/netfront" "$TOP/blkfront" "$1/"
	cp -r "$TOP/selftests/host" "$1/selftests/"
}

run_program() {	# TREE PROGRAM
	case $2 in
	test_*)	timeout 120 "$1/build/$2" ;;
	fuzz_*)	timeout 60 "$1/build/$2" -runs=0 -artifact_prefix="$1/" "$1/selftests/host/corpus/${2#fuzz_}" ;;
	esac
}

# Writes "killed PROGRAM", "survived" or what is wrong with the mutant itself.
try() {	# NUMBER FILE SED
	local tree=$work/$1 program
	copy_tree "$tree"
	sed -i -e "$3" "$tree/$2"
	if cmp -s "$TOP/$2" "$tree/$2"; then
		echo "the sed program changes nothing: $3"
	else
		echo survived
		for program in $(programs_of "$2"); do
			if ! make -s -C "$tree/selftests/host" BUILD="$tree/build" WARN= \
					"$tree/build/$program" >"$tree/make" 2>&1; then
				echo "does not compile: $(grep -m1 error "$tree/make")"
				break
			fi
			if ! run_program "$tree" "$program" >/dev/null 2>&1; then
				echo "killed by $program"
				break
			fi
		done
	fi | tail -n 1 >"$work/$1.verdict"
	rm -rf "$tree"
}

all_fit() {
	local mutant file what program failed=0
	for mutant in "${mutants[@]}"; do
		IFS='|' read -r file what program <<<"$mutant"
		sed -e "$program" "$TOP/$file" | cmp -s - "$TOP/$file" || continue
		echo "changes nothing: $file: $what"
		failed=1
	done
	return "$failed"
}

if [ "$WHAT" = fit ]; then
	ktap_print_header
	ktap_set_plan 1
	ktap_test "every break of mutants.list breaks something" all_fit || true
	ktap_finished
fi

ktap_print_header
ktap_set_plan ${#mutants[@]}

# A test that fails unbroken would kill everything.
copy_tree "$work/0"
for file in $(printf '%s\n' "${mutants[@]}" | cut -d'|' -f1 | sort -u); do
	for program in $(programs_of "$file"); do
		make -s -C "$work/0/selftests/host" BUILD="$work/0/build" "$work/0/build/$program" &&
			run_program "$work/0" "$program" >/dev/null 2>&1 && continue
		echo "Bail out! $program fails without any mutant"
		exit 1
	done
done

nr=0
for mutant in "${mutants[@]}"; do
	nr=$((nr + 1))
	IFS='|' read -r file _ program <<<"$mutant"
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
	try "$nr" "$file" "$program" &
done
wait

nr=0
for mutant in "${mutants[@]}"; do
	IFS='|' read -r file what _ <<<"$mutant"
	nr=$((nr + 1))
	verdict=$(cat "$work/$nr.verdict")
	ktap_print_msg "$verdict"
	case $verdict in
	killed*) ktap_test_pass "$file: $what" ;;
	*)	ktap_test_fail "$file: $what" ;;
	esac
done
ktap_print_msg "mutants: $((SECONDS - start)) s"
ktap_finished
