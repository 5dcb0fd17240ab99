# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts beside it: messages, the cache, time, disk space.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XENFRONT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xenfront}
HOST_ARCH=$(dpkg --print-architecture)
SELF=$(basename "$0")
# One character set and one sort order, whatever the caller's locale.
export LC_ALL=C.UTF-8
# depmod and its like are not where an ordinary user looks.
export PATH=$PATH:/usr/sbin:/sbin
# Used by the scripts that source this one.
export TOP CACHE HOST_ARCH

note() { printf '%s: %s\n' "$SELF" "$*" >&2; }
die()  { printf '%s: error: %s\n' "$SELF" "$*" >&2; exit 1; }

# as_root COMMAND...: directly when we are root, else through sudo.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root for: $* (and there is no sudo)"
	fi
}

# need_space DIRECTORY MEBIBYTES WHAT-FOR: one clear line instead of a full disk later.
need_space() {
	local free
	mkdir -p "$1"
	free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$2" ] ||
		die "$3 needs $2 MB in $1, only $free MB are free (XENFRONT_CACHE moves the cache)"
}

# step TEXT COMMAND...: run it with its output in a log; say how long it took, or show the tail.
step() {
	local text=$1 start=$SECONDS log
	shift
	log=$(mktemp "${TMPDIR:-/tmp}/xenfront-step.XXXXXX")
	printf '%s: %s ...' "$SELF" "$text" >&2
	if "$@" >"$log" 2>&1; then
		printf ' %d s\n' $((SECONDS - start)) >&2
		rm -f "$log"
		return 0
	fi
	printf ' FAILED after %d s\n' $((SECONDS - start)) >&2
	tail -n 25 "$log" | sed 's/^/    /' >&2
	rm -f "$log"
	return 1
}
