#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh BUILD RUNS TESTS FUZZERS: build and run the host tier, KTAP on stdout; called by make check.
set -euo pipefail
cd "$(dirname "$0")"
. ../ktap.sh

BUILD=$1 RUNS=$2
read -ra tests <<<"$3"
read -ra fuzzers <<<"$4"
# Of a fuzzer's report: what broke, where in our files, and which input to look at.
TELLING='must hold|ERROR|runtime error|SUMMARY|/(host|netfront|blkfront|xenfront)/[a-z_]+\.[ch]:|written to'
LIMIT=120	# seconds a program may take; they take one or two
jobs=$(nproc)
start=$SECONDS

../../scripts/deps build host
mkdir -p "$BUILD"
out=$(mktemp -d "$BUILD/run.XXXXXX")
trap 'rm -rf "$out"' EXIT

# Two runs at once share the programs, not the building of them.
if ! flock -w 300 "$BUILD" make -s -j"$jobs" BUILD="$BUILD" all >"$out/build" 2>&1; then
	tail -n 30 "$out/build" | sed 's/^/# /'
	echo 'Bail out! the host tests do not compile'
	exit 1
fi

unit() {
	CMOCKA_MESSAGE_OUTPUT=TAP timeout "$LIMIT" "$BUILD/test_$1" >"$out/test_$1" 2>&1
}

# New inputs go to the first directory named, so that the kept corpus stays as it is.
fuzz() {
	mkdir -p "$out/new_$1" "$BUILD/crash"
	timeout "$LIMIT" "$BUILD/fuzz_$1" -runs="$RUNS" -seed=1 -max_len=2048 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$BUILD/crash/$1-" \
		"$out/new_$1" "corpus/$1" >"$out/fuzz_$1" 2>&1
}

one() {
	local status=0
	"$1" "$2" || status=$?
	echo "$status" >"$out/$3.status"
}

names=()
for t in "${tests[@]}"; do names+=("test_$t"); done
for f in "${fuzzers[@]}"; do names+=("fuzz_$f"); done
for name in "${names[@]}"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
	case $name in
	test_*)	one unit "${name#test_}" "$name" & ;;
	*)	one fuzz "${name#fuzz_}" "$name" & ;;
	esac
done
wait

ktap_print_header
ktap_set_plan ${#names[@]}
for name in "${names[@]}"; do
	status=$(cat "$out/$name.status")
	case $name in
	test_*)	ktap_print_header | sed 's/^/  /'; grep -v '^# ok - ' "$out/$name" | sed 's/^/  /' || true ;;
	*)	sed -n 's/^stat::number_of_executed_units: */  # inputs: /p' "$out/$name" ;;
	esac
	if [ "$status" = 0 ]; then
		ktap_test_pass "$name"
		continue
	fi
	case $name in fuzz_*) grep -E "$TELLING" "$out/$name" | sed 's/^[# ]*/  # /' || true ;; esac
	[ "$status" != 124 ] || echo "  # took longer than $LIMIT s"
	ktap_test_fail "$name"
done
ktap_print_msg "host: $((SECONDS - start)) s"
ktap_finished
