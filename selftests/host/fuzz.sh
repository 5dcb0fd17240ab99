#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# fuzz.sh BUILD SECONDS FUZZERS...: fuzz each for that long, as many at once as there are cores.
# What is found is kept in BUILD/found/, and used again next time; inputs that break something go
# to BUILD/crash/ and make this fail.
set -euo pipefail
cd "$(dirname "$0")"

BUILD=$1 TIME=$2
shift 2
mkdir -p "$BUILD/crash" "$BUILD/log"

fuzz() {
	mkdir -p "$BUILD/found/$1"
	timeout $((TIME + 60)) "$BUILD/fuzz_$1" -max_total_time="$TIME" -max_len=4096 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$BUILD/crash/$1-" \
		"$BUILD/found/$1" "corpus/$1" >"$BUILD/log/fuzz_$1" 2>&1 || return 1
}

one() {
	if fuzz "$1"; then
		sed -n "s/^stat::number_of_executed_units: */$1: inputs: /p" "$BUILD/log/fuzz_$1"
	else
		echo "$1: FAILED, log $BUILD/log/fuzz_$1, input in $BUILD/crash/"
		grep -E 'must hold|ERROR|runtime error|SUMMARY|/(host|netfront|blkfront|xenfront)/[a-z_]+\.[ch]:' \
			"$BUILD/log/fuzz_$1" | sed 's/^/    /' || true
		touch "$failed"
	fi
}

failed=$BUILD/log/failed.$$
echo "fuzzing $* for $TIME s each, $(nproc) at once"
for f in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
	one "$f" &
done
wait
if [ -e "$failed" ]; then
	rm -f "$failed"
	exit 1
fi
