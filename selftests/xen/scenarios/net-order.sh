# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#: about = "ethN is interface N, from load to load and when its backend is late"
#: vcpus = 2
#: nics = 4
#: timeout = 300

# In dom0. A driver domain that is about to start: there is what the toolstack wrote, and nobody who
# answers yet.
backend_late() {
	netback_goes && sleep 1 && xenstore-write "/local/domain/0/backend/vif/$DOMID/0/state" 1
}

# In the guest.
LOADS=5
loads_in_order() {
	local load code=0
	for ((load = 1; load <= LOADS; load++)); do
		[ $load = 1 ] || unload_driver net || return
		load_driver net && net_names || code=1
	done
	return $code
}

address_is() { [ "$(cat "/sys/class/net/$1/address")" = "$2" ]; }
up_early() { ip link set eth0 up && ip address add 10.7.0.2/24 dev eth0; }
is_up() { ip link show dev eth0 | grep -q '[<,]UP[,>]'; }
no_carrier() { ! carrier eth0; }

late() {
	ktap_test "driver unloads" unload_driver net
	ktap_test "the first backend is late" dom0 backend_late
	ktap_test "driver loads" load_driver net
	ktap_test "interfaces have their numbers nevertheless" net_names
	ktap_test "eth0 has its address" address_is eth0 00:16:3e:00:00:01
	ktap_test "eth0 can be brought up" up_early
	ktap_test "and has no carrier" no_carrier
	ktap_test "the others' links are up" eval "net_up 1 && net_up 2 && net_up 3"
	ktap_test "and work" ping -c 2 10.7.3.1
	ktap_test "the backend comes" dom0 netback_returns
	ktap_test "eth0 has a carrier" wait_for 20 carrier eth0
	ktap_test "and is up as it was" is_up
	ktap_test "and works" ping -c 2 "$DOM0_IP"
	ktap_test "interfaces have their numbers still" net_names
}

guest() {
	ktap_print_header
	ktap_test "interfaces have their numbers from load to load" loads_in_order
	# The in-tree driver names an interface when its backend is there.
	[ "$DRIVER" = intree ] || late
	ktap_finished
}
