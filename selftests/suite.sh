# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs test programs as nested KTAP tests. Sourced after ktap.sh.

SELFTESTS=$(dirname "${BASH_SOURCE[0]}")
# PACE: percent of the time that things take elsewhere; the bench sets it on a busy machine.
SUITE_LIMIT=${XENFRONT_LIMIT:-$(sed -n "s/^timeout=//p" "$SELFTESTS/settings")}

# whole_or_quick WHOLE [QUICK]: what the shorter form (XENFRONT_QUICK=1) has less of.
whole_or_quick() {
	if [ -n "${XENFRONT_QUICK:-}" ]; then echo "${2:-}"; else echo "$1"; fi
}

# Line by line, so that a hang shows what came before it.
nested() {
	local line
	while IFS= read -r line; do
		printf '  %s\n' "$line"
	done
}

# ktap_suite TEST...: each "net/shapes" is one test of ours, its results nested in it.
ktap_suite() {
	local test code
	for test in "$@"; do
		timeout $((SUITE_LIMIT * ${PACE:-100} / 100)) "$SELFTESTS/$test.sh" 2>&1 | nested
		code=${PIPESTATUS[0]}
		case $code in
		"$KSFT_PASS") ktap_test_pass "$test" ;;
		"$KSFT_SKIP") ktap_test_skip "$test" ;;
		*)
			ktap_print_msg "$test ended with status $code"
			ktap_test_fail "$test"
			;;
		esac
	done
}

# ktap_skip_all REASON: ends a test program that cannot run here.
ktap_skip_all() {
	ktap_print_header
	echo "1..0 # SKIP $*"
	exit "$KSFT_SKIP"
}

# goes_red PATTERN COMMAND...: proves that a check notices what was broken for it: the command
# must fail, and say why in words that match.
goes_red() {
	local pattern=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "not noticed: ${said:-no output}"
		return 1
	fi
	grep -q -e "$pattern" <<<"$said" && return
	echo "failed for another reason: $said"
	return 1
}

# until_true SECONDS COMMAND...
until_true() {
	local deadline=$((SECONDS + $1 * ${PACE:-100} / 100))
	shift
	until "$@"; do
		if [ $SECONDS -ge $deadline ]; then
			echo "still not after the limit: $*"
			return 1
		fi
		sleep 0.2
	done
}
