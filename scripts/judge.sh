# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP of the checks beside it: sourced after lib.sh. Ends with ktap_finished.

. "$TOP/selftests/ktap.sh"

# judge NAME COMMAND...: one test; if the command fails, the end of what it printed is shown.
judge() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		ktap_test_pass "$name"
	else
		tail -n 100 <<<"$said" | sed 's/^/# /'
		ktap_test_fail "$name"
	fi
}
