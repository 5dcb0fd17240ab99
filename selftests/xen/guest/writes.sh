# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scenarios can say in the guest of what goes on beside their tests: jobs, writes that are under
# way for long, packets that wait on a ring.

# job_begin NAME COMMAND...: a test may begin one and another look at it. One that hangs holds nothing
# of the test's.
job_begin() {
	local job=/tmp/job.$1
	shift
	rm -f "$job.status"
	{
		"$@" >"$job.log" 2>&1
		echo $? >"$job.status"
	} >/dev/null 2>&1 9>&- &
}

# job_over NAME...: all of them. job_well NAME: it is, and succeeded.
job_over() {
	local name
	for name; do
		[ -s "/tmp/job.$name.status" ] || return
	done
}

job_well() {
	job_over "$1" && [ "$(cat "/tmp/job.$1.status")" = 0 ] && return
	tail -n 3 "/tmp/job.$1.log"
	return 1
}

# in_time SECONDS COMMAND...: it ends, whatever its status.
in_time() {
	local limit=$1 start=$SECONDS
	shift
	job_begin timed "$@"
	if ! wait_for "$limit" job_over timed; then
		echo "not over after $limit s: $*"
		return 1
	fi
	echo "status $(cat /tmp/job.timed.status) after $((SECONDS - start)) s"
	cat /tmp/job.timed.log
}

# writes_make MB SEED: what writes_begin writes.
writes_make() { rm -f /tmp/pattern && truncate -s "$1M" /tmp/pattern && blkpat fill /tmp/pattern "$2"; }

# writes_begin DISK: all of it, from the page cache, by many requests at once. For long, if dom0 has
# made the disk slow.
writes_begin() {
	local code=0
	# Else the block layer sends a slow disk but few at a time.
	echo 0 >"/sys/block/$1/queue/wbt_lat_usec"
	echo 256 >"/sys/block/$1/queue/max_sectors_kb"
	job_begin "writes-$1" dd if=/tmp/pattern of="/dev/$1" bs=1M conv=notrunc,fsync
	wait_for 30 writes_under_way "$1" || code=1
	echo "$(writes_in_flight "$1") writes"
	return $code
}

writes_in_flight() { awk '{ print $2 }' "/sys/block/$1/inflight"; }
writes_under_way() { [ "$(writes_in_flight "$1")" -ge 16 ]; }

# writes_end DISK: those of writes_begin have been made.
writes_end() { wait_for 60 job_over "writes-$1" || echo "they hang"; job_well "writes-$1"; }

# packets_wait INTERFACE NUMBER: so many datagrams to dom0 at that interface of ours, from senders that
# are gone before its backend takes one.
packets_wait() {
	local peer=10.7.${1#eth}.1 mac number text
	mac=$(ip neigh show to "$peer" dev "$1" | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
	ip neigh replace "$peer" lladdr "$mac" dev "$1" nud permanent || return
	# Each sender's port chooses the queue.
	echo max | tee "/sys/class/net/$1"/queues/tx-*/byte_queue_limits/limit_min
	text=$(for ((number = 0; number < 70; number++)); do echo -n "sent-by-the-guest "; done)
	for ((number = 0; number < $2; number++)); do
		echo "$text" >"/dev/udp/$peer/9"
	done
}
