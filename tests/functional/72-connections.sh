#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many connections per session, against LIO: opened and removed while I/O runs,
# lost one by one and all together. No command is lost, iscsid notices nothing.

. "$(dirname "$0")/../lib/common.sh"

PORTALS="$PORTAL 127.0.0.2:3260"

set_up()
{
	must "target" lio_up max_connections=4 "portals=$PORTALS" || return
	must "driver" driver_load connections=4 || return
	must "iscsid" iscsid_start || return
	must "login" new_session "node.conn[0].timeo.noop_out_interval" 1 \
		"node.conn[0].timeo.noop_out_timeout" 2 || return
	must "four connections" wait_for 5 connections_up 4
}

# The classes' directories are what an administrator counts.
connections_shown()
{
	local dirs=("$ISCSI_CLASS/iscsi_connection/connection$SID:"*)

	echo ${#dirs[@]}
}

# local_port C: of connection C, for ss and nft
local_port()
{
	local portal

	portal=$(conn_recovery portal "$1")
	ss -Htn state established "dst $portal" | sed 's/.*:\([0-9]*\) .*/\1/'
}

nothing_lost()
{
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	eq "$(recovery state)" up state
}

case_further_ones_share_the_work()
{
	local i before

	for i in 1 2 3; do
		eq "$(conn_recovery state $i)" logged_in "connection $i"
	done
	must "trace" trace_start iscsi_erl2:pdu_send || return
	fio_start 60
	must "fio starts" fio_started
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	for i in 0 1 2 3; do
		ge "$(grep -c "cid=$i .*scsi_command" "$TRACING/trace")" 4 \
			"commands over connection $i"
	done
	trace_stop
	nothing_lost
}

case_knob_under_load()
{
	local n before

	before=$(recovery recoveries)
	must "lag" lag_on 2
	fio_start 60
	must "fio starts" fio_started
	for n in 2 4 1 3; do
		must "connections $n" recovery_set connections $n
		must "$n are up" wait_for 10 connections_up $n
		eq "$(connections_shown)" $n "connections in sysfs"
		must "I/O goes on with $n" disk_works_on
	done
	must "data verified" fio_stop
	lag_off
	eq "$(recovery recoveries)" "$before" recoveries
	eq "$(conn_recovery state 0)" logged_in "leading connection"
	nothing_lost
	must "connections 4" recovery_set connections 4
	must "4 are up" wait_for 10 connections_up 4
}

case_more_than_the_target_allows()
{
	must "connections 8" recovery_set connections 8
	eq "$(recovery connections)" 8 wanted
	eq "$(connections_shown)" 4 "connections"
	must "connections 4" recovery_set connections 4
}

case_each_one_lost()
{
	local i before

	must "lag" lag_on 2
	fio_start 60
	must "fio starts" fio_started
	for i in 0 1 2 3; do
		before=$(recovery recoveries)
		kill_by_knob $i
		must "recovered" wait_recoveries $((before + 1))
		must "opened again" wait_for 10 connections_up 4
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	lag_off
	nothing_lost
}

case_all_lost()
{
	local before

	before=$(recovery recoveries)
	must "lag" lag_on 2
	fio_start 60
	must "fio starts" fio_started
	must "kill" kill_by_ss
	# One that fails while another is recovered is recovered with it.
	must "recovered" wait_recoveries $((before + 1))
	must "opened again" wait_for 10 connections_up 4
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	lag_off
	nothing_lost
}

# The commands of the others never wait for a NOP that is not answered.
case_one_in_the_dark()
{
	local before

	before=$(recovery recoveries)
	must "silence" sh -c "
		nft add table inet erl2_hole &&
		nft add chain inet erl2_hole out '{ type filter hook output priority 0; }' &&
		nft add rule inet erl2_hole out tcp dport $PORT tcp sport \
			$(ss -Htn state established "( dport = :$PORT )" | head -n 1 |
				awk '{ print $3 }' | sed 's/.*://') counter drop"
	must "recovered" wait_recoveries $((before + 1)) 20
	blackhole_off
	must "opened again" wait_for 10 connections_up 4
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
	nothing_lost
}

case_second_portal()
{
	must "add_portal" recovery_set add_portal 127.0.0.2:3260
	must_fail_with 1 "add_portal again" recovery_set add_portal 127.0.0.2:3260
	must "connections 1" recovery_set connections 1
	must "one is up" wait_for 10 connections_up 1
	must "connections 3" recovery_set connections 3
	must "three are up" wait_for 10 connections_up 3
	eq "$(conn_recovery portal 0)" "$PORTAL" "portal of connection 0"
	eq "$(conn_recovery portal 1)" 127.0.0.2:3260 "portal of connection 1"
	eq "$(conn_recovery portal 2)" "$PORTAL" "portal of connection 2"
}

case_iscsid_started_again()
{
	fio_start 60
	must "fio starts" fio_started
	must "kill iscsid" iscsid_kill
	must "iscsid" iscsid_start
	must "iscsid has the session again" wait_for 15 session_synced
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	must "three are up" connections_up 3
	must "session -P 3" iadm -m session -P 3
	nothing_lost
}

case_logout()
{
	must "logout" logout
	must "no connection is left" sh -c "! ls $ISCSI_CLASS/iscsi_connection/ | grep -q ."
	must "unload" driver_unload
}

run_cases set_up case_further_ones_share_the_work case_knob_under_load \
	case_more_than_the_target_allows case_each_one_lost case_all_lost \
	case_one_in_the_dark case_second_portal case_iscsid_started_again case_logout
