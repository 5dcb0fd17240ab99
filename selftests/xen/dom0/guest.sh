# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The life of one guest: make it, let it run under a time limit while serving its requests, end
# it, and look for what it left behind.

# Kept between guests of one boot: reading them over the share takes longer than the guest's own.
local_copy() {	# IMAGE
	[ -e "/tmp/$1" ] || cp "/images/$1" "/tmp/$1"
	echo "/tmp/$1"
}

guest_initrd() {	# NAME
	local part
	for part in $INITRD; do
		cat "$(local_copy "$part")"
	done
	cat "/host/$1/guest.cpio"
}

# Emulated devices only as far as QEMU cannot do without.
hvm_config() {
	cat <<-END
		vga = "none"
		nographic = 1
		vnc = 0
		sdl = 0
		usb = 0
		serial = "none"
		hdtype = "ahci"
		on_soft_reset = "soft-reset"
	END
}

guest_config() {	# NAME
	local nic spec
	cat <<-END
		name = "$1"
		type = "$TYPE"
		kernel = "$(local_copy "$KERNEL")"
		ramdisk = "/tmp/initrd"
		memory = $MEMORY
		vcpus = $VCPUS
		cmdline = "$CMDLINE"
		on_poweroff = "destroy"
		on_reboot = "destroy"
		on_crash = "destroy"
	END
	[ "$TYPE" != hvm ] || hvm_config
	printf '%s\n' "${XL[@]}"
	printf 'vif = ['
	for ((nic = 0; nic < NICS; nic++)); do
		printf ' "mac=00:16:3e:00:00:%02x,type=vif,script=/bench/hotplug/vif",' $((nic + 1))
	done
	printf ' ]\ndisk = ['
	for spec in "${DISKS[@]}"; do
		# shellcheck disable=SC2086 # a specification is several words
		printf ' "%s",' "$(disk_config $spec)"
	done
	printf ' ]\n'
}

guest_create() {	# NAME
	guest_initrd "$1" >/tmp/initrd
	guest_config "$1" >/tmp/guest.cfg
	timeout "$(paced 90)" xl create -q -p /tmp/guest.cfg 1>&2 || return
	DOMID=$(xl domid "$1")
	# A soft reset reads it again.
	[ "$TYPE" = hvm ] || rm /tmp/initrd
	backends_wait InitWait || return
	for key in "${HIDE[@]}"; do
		# shellcheck disable=SC2086 # "vbd feature-flush-cache": class and key
		backend_hide $key
	done
}

# What the guest sends: KTAP lines under data/ktap/N, one call of a dom0 function under data/call,
# its exit status under data/exit.
# All lines that are there are taken at once: a program run for each of them would take as long here
# as many a test.
guest_lines() {
	local base=/local/domain/$DOMID/data/ktap numbers line
	mapfile -t numbers < <(xenstore-list "$base" 2>/dev/null)
	[ ${#numbers[@]} -gt 0 ] || return 0
	[ ${#numbers[@]} = 1 ] || mapfile -t numbers < <(printf '%s\n' "${numbers[@]}" | sort)
	while IFS= read -r line; do
		tell_host "ktap ${line#|}"
	done < <(xenstore-read "${numbers[@]/#/$base/}")
	xenstore-rm "${numbers[@]/#/$base/}"
}

guest_call() {
	local request sequence function words output code=0
	request=$(xenstore-read "/local/domain/$DOMID/data/call" 2>/dev/null) || return 0
	xenstore-rm "/local/domain/$DOMID/data/call"
	guest_lines
	read -r sequence function words <<<"$request"
	echo "guest calls: $function $words" >&2
	if declare -F "$function" >/dev/null; then
		# shellcheck disable=SC2086 # the words of the call
		"$function" $words >/tmp/answer || code=$?
		output=$(tail -c 900 /tmp/answer)
	else
		code=127 output="dom0 has no function $function"
	fi
	# Not the domain of the call: it may have been saved and restored meanwhile.
	xenstore-write "/local/domain/$DOMID/data/answer" "$sequence $code $output"
}

guest_gone() { ! xenstore-exists "/local/domain/$DOMID/vm"; }

# A soft reset, for kexec, makes xenstore's side of a guest anew while the guest is kept.
guest_kept() { xl list "$DOMID" 2>/dev/null | awk 'NR == 2 { kept = $(NF - 1) !~ /d/ } END { exit !kept }'; }

watch_start() {
	exec {WATCH}< <(exec xenstore-watch "/local/domain/$DOMID/data" @releaseDomain)
	WATCHER=$!
	WATCHED=$DOMID
}

# watch_wait: until something has changed, or for a moment; changes that come together are one.
watch_wait() {
	local more _
	read -r -t 5 -u "$WATCH" _ || return
	for ((more = 0; more < 100; more++)); do
		read -r -t 0.02 -u "$WATCH" _ || return 0
	done
}

watch_stop() {
	exec {WATCH}<&-
	kill "$WATCHER" 2>/dev/null
}

# guest_serve: until the guest reports its exit status or is gone; fails when time is up.
guest_serve() {
	local deadline=$((SECONDS + TIMEOUT)) names said
	watch_start
	while :; do
		watch_wait
		mapfile -t names < <(xenstore-list "/local/domain/$DOMID/data" 2>/dev/null)
		said=" ${names[*]} "
		[[ $said != *" ktap "* ]] || guest_lines
		[[ $said != *" call "* ]] || guest_call
		if [ "$WATCHED" != "$DOMID" ]; then
			watch_stop
			watch_start
		elif [[ $said = *" exit "* ]]; then
			guest_lines
			tell_host "exit $(xenstore-read "/local/domain/$DOMID/data/exit")"
			xenstore-write "/local/domain/$DOMID/data/seen" 1
			break
		elif [ "$said" = "  " ] && guest_gone && ! guest_kept; then
			fault "guest died before it reported a result"
			break
		fi
		if [ $SECONDS -ge $deadline ]; then
			fault "guest hangs: no result after $TIMEOUT s"
			xl sysrq "$DOMID" w
			sleep 2
			watch_stop
			return 1
		fi
	done
	watch_stop
}

# guest_console: a person has the guest's console until the guest is gone.
# The port can be opened only once.
guest_console() {
	tell_host console
	xenconsole --interactive --type pv "$DOMID" <>"$CONSOLE" >&0
}

# Its state as xl shows it is "---s--" then, between two others or at its end.
guest_halted() { xl list "$DOMID" | awk 'NR == 2 { halted = $(NF - 1) ~ /s/ } END { exit !halted }'; }

guest_end() {
	if [ -n "$UNMONITORED" ] && wait_for 30 guest_halted; then
		guest_destroy
		return
	fi
	wait_for 30 guest_gone && return
	fault "guest did not power off in 30 s"
	guest_destroy
}

guest_destroy() { xl destroy "$DOMID" 1>&2; }

# Domains, backends or grants that outlive the guest mean that somebody holds on to its memory.
guest_leftovers() {
	local tries left
	for ((tries = 0; tries < ${LEFTOVER_TRIES:-40}; tries++)); do
		left=$(
			xl list | awk 'NR > 1 && $2 != 0 { print "domain " $1 " (" $2 ") in state " $(NF - 1) }'
			for class in vif vbd qdisk; do
				xenstore-exists "/local/domain/0/backend/$class/$DOMID" &&
					echo "backend $class/$DOMID in xenstore"
			done
		)
		[ -n "$left" ] || return 0
		sleep 0.5
	done
	while IFS= read -r line; do
		fault "left behind: $line"
	done <<<"$left"
}

# Whatever became of the guest, the next one finds dom0 as this one did.
scenario_over() {
	! declare -F dom0_after >/dev/null || dom0_after 1>&2 || fault "dom0_after failed"
}

guest_life() {	# NAME MODE
	DOMID='' UNMONITORED=''
	echo "bench: begin $1" >/dev/kmsg
	if declare -F dom0_before >/dev/null && ! dom0_before 1>&2; then
		fault "dom0_before failed"
		scenario_over
	elif ! guest_create "$1"; then
		fault "xl create failed"
		[ -z "$DOMID" ] || guest_destroy
		scenario_over
	else
		xl unpause "$DOMID"
		if [ "$2" = shell ]; then
			guest_console
			wait_for 5 guest_gone || guest_destroy
		elif guest_serve; then
			guest_end
		else
			guest_destroy
		fi
		scenario_over
		guest_leftovers
	fi
	disks_forget
	echo "bench: end $1" >/dev/kmsg
}
