# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A toolstack that takes a device away by force and gives the guest another one under its name.

# other_make OTHER SIZE SEED: a disk that nobody has yet.
other_make() { truncate -s "$2" "$(disk_file "$1")" && file_fill "$1" "$3"; }

# other_attach NAME OTHER SIZE
other_attach() {
	local config
	config=$(disk_config "$2" "$3") || return
	xl block-attach "$DOMID" "${config/vdev=$2,/vdev=$1,}"
}

# block_detach_forced NAME: libxl calls it a failure where no backend was there to close, and has
# taken the device away all the same.
block_detach_forced() { xl block-detach --force "$DOMID" "$1" || ! disk_listed "$1"; }

# xvdb is 51728.
disk_listed() {
	local letter
	printf -v letter %d "'${1#xvd}"
	xl block-list "$DOMID" | grep -qw $((51712 + 16 * (letter - 97)))
}

# disk_exchange NAME OTHER SIZE: the guest stands still meanwhile.
disk_exchange() {
	local code=0
	xl pause "$DOMID"
	block_detach_forced "$1" && other_attach "$@" || code=1
	xl unpause "$DOMID"
	return $code
}

# disk_exchange_running NAME OTHER SIZE: it does not.
disk_exchange_running() { block_detach_forced "$1" && other_attach "$@"; }

# vif_exchange DEVICE MAC-LAST-BYTE: the first one's network_detach waits in vain for a guest that
# stands still, and then takes the device away by force. The lowest free number is taken again.
vif_exchange() {
	local code=0
	xl pause "$DOMID"
	network_detach "$1"
	! xenstore-exists "/local/domain/0/backend/vif/$DOMID/$1" && network_attach "$2" || code=1
	xl unpause "$DOMID"
	return $code
}

# neighbour_is DEVICE MAC-LAST-BYTE: as behind a port that is locked to that address.
neighbour_is() {
	ip neigh replace "10.7.$1.2" lladdr "00:16:3e:00:00:$2" dev "vif$DOMID.$1" nud permanent
}
