#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How the connection gets to the target: bound to a network interface, or
# redirected; and whether it takes the same way when it is
# re-established.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

# Sends everybody to the other one. (tgtd redirects nobody to his own address,
# so it has to be another one than 127.0.0.1.)
REDIRECTING=127.0.0.1:3271
ELSEWHERE=127.0.0.2:3260

set_up()
{
	must "target" lio_up portals="$PORTAL $ELSEWHERE" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

# The local end of the connection, with the interface it is bound to.
local_end()
{
	ss -Htn state established "( dport = :$PORT )" | awk '{ print $3 }'
}

kill_and_recover()
{
	kill_by_ss || fail "no connection to kill"
	! need_erl2 || must "recovered" wait_recoveries "$1"
	must "I/O afterwards" timeout $((20 * SLOW)) dd if="$DISK" of=/dev/null bs=64k count=16 \
		iflag=direct
}

case_bound_to_an_interface()
{
	must "iface" iadm -m iface -I bound -o new
	must "iface" iadm -m iface -I bound -o update -n iface.net_ifacename -v lo
	must "record" iadm -m node -T "$IQN" -p "$PORTAL" -I bound -o new
	must "login" login || return
	must "disk" wait_disk || return
	must "bound socket" grep -q '%lo:' <<< "$(local_end)"
	eq "$(session ifacename)" bound ifacename
	kill_and_recover 1
	must "bound socket after recovery" grep -q '%lo:' <<< "$(local_end)"
	must "logout" logout
	must "record" iadm -m node -T "$IQN" -p "$PORTAL" -I bound -o delete
}

case_bound_to_an_interface_that_leads_nowhere()
{
	must "interface" ip link add erl2dummy type dummy
	ip addr add 192.0.2.1/24 dev erl2dummy
	ip link set erl2dummy up
	must "iface" iadm -m iface -I bound -o update -n iface.net_ifacename -v erl2dummy
	must "record" iadm -m node -T "$IQN" -p "$PORTAL" -I bound -o new
	must "record" node_set node.session.initial_login_retry_max 1 \
		"node.conn[0].timeo.login_timeout" 2
	# Without the binding this would get through.
	iadm -m node -T "$IQN" -p "$PORTAL" --login > "$WORK/login" 2>&1 &&
		fail "logged in through an interface without a target"
	eq "$(sessions)" "" sessions
	must "record" iadm -m node -T "$IQN" -p "$PORTAL" -I bound -o delete
	ip link del erl2dummy
}

case_redirected_login()
{
	must "redirecting target" tgt_up iqn="$IQN" portal=$REDIRECTING redirect=$ELSEWHERE ||
		return
	PORTAL=$REDIRECTING
	must "login" new_session || return
	eq "$(conn address):$(conn port)" $ELSEWHERE "where the connection goes"
	eq "$(conn persistent_address):$(conn persistent_port)" $REDIRECTING \
		"what the record says"
	kill_and_recover 1
	eq "$(conn address):$(conn port)" $ELSEWHERE "where the connection goes then"
	must "logout" logout
	use_lio
	tgt_down
}

case_redirected_by_a_target_that_is_gone_later()
{
	must "redirecting target" tgt_up iqn="$IQN" portal=$REDIRECTING redirect=$ELSEWHERE ||
		return
	PORTAL=$REDIRECTING
	must "login" new_session || return
	# A connection is re-established where it was (RFC 7143, 6.3.4), so the
	# redirecting target is not needed. iscsid would ask it again.
	tgt_down
	! need_erl2 || kill_and_recover 1
	must "logout" logout
	use_lio
}

run_cases set_up case_bound_to_an_interface \
	case_bound_to_an_interface_that_leads_nowhere case_redirected_login \
	case_redirected_by_a_target_that_is_gone_later
