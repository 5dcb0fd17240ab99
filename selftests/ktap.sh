# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP for shell tests, with the function names of the kernel's own kselftest helper.
# Source it, run tests, call ktap_finished last. Exit codes are kselftest's: 0 pass, 1 fail, 4 skip.

KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4
KTAP_TESTNO=0 KTAP_PASSED=0 KTAP_FAILED=0 KTAP_SKIPPED=0 KTAP_PLAN=

ktap_print_header() { echo "KTAP version 1"; }
ktap_print_msg()    { echo "# $*"; }
ktap_set_plan()     { KTAP_PLAN=$1; echo "1..$1"; }

ktap_line() {	# "ok"|"not ok" NAME [DIRECTIVE]
	KTAP_TESTNO=$((KTAP_TESTNO + 1))
	echo "$1 $KTAP_TESTNO $2${3:+ # $3}"
}

ktap_test_pass() { KTAP_PASSED=$((KTAP_PASSED + 1)); ktap_line ok "$1"; }
ktap_test_fail() { KTAP_FAILED=$((KTAP_FAILED + 1)); ktap_line "not ok" "$1"; }
ktap_test_skip() { KTAP_SKIPPED=$((KTAP_SKIPPED + 1)); ktap_line ok "$1" "SKIP${2:+ $2}"; }

# ktap_test NAME COMMAND...: the command's exit status decides, its output becomes diagnostics.
# Returns that status, so that a test can build on an earlier one.
ktap_test() {
	local name=$1 code start=$SECONDS
	shift
	# Both ways, as pipefail may be set or not; an assignment makes a PIPESTATUS of its own.
	if "$@" 2>&1 | sed 's/^/# /'; then
		code=${PIPESTATUS[0]}
	else
		code=${PIPESTATUS[0]}
	fi
	[ $((SECONDS - start)) -lt 5 ] || ktap_print_msg "$((SECONDS - start)) s"
	case $code in
	"$KSFT_PASS") ktap_test_pass "$name" ;;
	"$KSFT_SKIP") ktap_test_skip "$name" ;;
	*)            ktap_print_msg "exit status $code"; ktap_test_fail "$name" ;;
	esac
	return "$code"
}

# limited SECONDS COMMAND...: the limit only ends a hang. It grows with $PACE, the percent of the usual
# time that things take, which a bench may set.
limited() { timeout $(($1 * ${PACE:-100} / 100)) "${@:2}"; }

# ktap_finished: totals, and the exit status of the whole.
ktap_finished() {
	[ -n "$KTAP_PLAN" ] || echo "1..$KTAP_TESTNO"
	echo "# Totals: pass:$KTAP_PASSED fail:$KTAP_FAILED xfail:0 xpass:0 skip:$KTAP_SKIPPED error:0"
	[ "$KTAP_FAILED" = 0 ] || exit $KSFT_FAIL
	[ "${KTAP_PLAN:-$KTAP_TESTNO}" = "$KTAP_TESTNO" ] || exit $KSFT_FAIL
	[ "$KTAP_PASSED" != 0 ] || exit $KSFT_SKIP
	exit $KSFT_PASS
}
