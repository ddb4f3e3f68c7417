#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Where the connection cannot be recovered the session is reinstated, in the
# kernel, without iscsid, and without an I/O error: level 0 (LIO, tgt, by module
# parameter), Time2Retain passed, the target has lost the session.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

reinstated()
{
	[ "$(recovery reinstatements)" -ge "$1" ] && recovery_is state up
}

# reinstatements_under_load N: the connection is killed, the session reinstated
reinstatements_under_load()
{
	local n=$1 i

	must "lag" lag_on 2
	fio_start 60
	must "fio starts" fio_started
	for ((i = 1; i <= n; i++)); do
		kill_by_ss || fail "no connection to kill"
		must "reinstated" wait_for 15 reinstated $i || break
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	lag_off
	eq "$(recovery reinstatements)" "$n" reinstatements
	eq "$(recovery recoveries)" 0 recoveries
	eq "$(recovery tasks_reassigned)" 0 tasks_reassigned
	# what was in flight has been handed back to the SCSI layer, and sent again
	ge "$(recovery tasks_lost)" 1 tasks_lost
	! grep -q 'Kernel reported' "$WORK/iscsid.log" || fail "iscsid was told of an error"
}

case_module_offers_level_0()
{
	must "target" lio_up || return
	must "parameter" driver_param error_recovery_level 0
	must "login" new_session || return
	eq "$(recovery error_recovery_level)" 0 "negotiated level"
	reinstatements_under_load 3
	must "logout" logout
	must "parameter" driver_param error_recovery_level 2
}

case_target_offers_level_0()
{
	must "target" lio_down
	must "target" lio_up erl=0 || return
	must "login" new_session || return
	eq "$(recovery error_recovery_level)" 0 "negotiated level"
	reinstatements_under_load 2
	must "logout" logout
}

case_target_offers_level_1()
{
	must "target" lio_down
	must "target" lio_up erl=1 || return
	must "login" new_session || return
	eq "$(recovery error_recovery_level)" 1 "negotiated level"
	reinstatements_under_load 2
	must "logout" logout
}

case_tgt()
{
	must "target" tgt_up || return
	use_tgt
	must "login" new_session || return
	eq "$(recovery error_recovery_level)" 0 "negotiated level"
	reinstatements_under_load 3
	must "logout" logout
	use_lio
	tgt_down
}

case_Time2Retain_passes()
{
	must "target" lio_down
	must "target" lio_up time2retain=3 || return
	must "login" new_session || return
	eq "$(recovery time2retain)" 3 "negotiated time2retain"
	fio_start 60
	must "fio starts" fio_started
	must "connections are refused" refuse_on
	kill_by_knob
	sleep 6
	eq "$(recovery state)" reinstating "state when Time2Retain has passed"
	blackhole_off
	must "reinstated" wait_for 20 reinstated 1
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(recovery recoveries)" 0 recoveries
	must "logout" logout
}

case_target_has_forgotten_the_session()
{
	must "target" lio_down
	must "disk" truncate -s 64M "$WORK/disk"
	must "target" lio_up backstore=fileio "device=$WORK/disk" || return
	must "login" new_session || return
	fio_start 60
	must "fio starts" fio_started
	# The target's host restarts: its sessions are gone, its data are not.
	must "target stops" lio_down
	sleep 1
	must "target starts" lio_up backstore=fileio "device=$WORK/disk"
	must "reinstated" wait_for 30 reinstated 1
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	must "logout" logout
	must "target" lio_down
}

run_cases set_up case_module_offers_level_0 case_target_offers_level_0 \
	case_target_offers_level_1 case_tgt case_Time2Retain_passes \
	case_target_has_forgotten_the_session
