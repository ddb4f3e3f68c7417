#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The SCSI error handler on a healthy connection: commands that time out are
# aborted, the LUN and the target are reset, and I/O goes on. The delay is made
# below the target: its block device is a device-mapper target that is suspended.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "RAM disk" modprobe brd rd_nr=1 rd_size=65536 || return
	must "device mapper" modprobe dm_mod || return
	must "device mapper" dmsetup --noudevsync --noudevrules create erl2slow \
		--table "0 131072 linear /dev/ram0 0" || return
	# nobody here makes /dev/mapper/erl2slow
	must "target" lio_up backstore=iblock \
		device="/dev/$(dmsetup info -c --noheadings -o blkdevname erl2slow)" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session node.session.err_timeo.abort_timeout 15 \
		node.session.err_timeo.lu_reset_timeout 15 \
		node.session.err_timeo.tgt_reset_timeout 15
}

script_clean_up()
{
	dmsetup --noudevsync resume erl2slow 2>/dev/null
	lio_down && dmsetup --noudevsync --noudevrules remove erl2slow &&
		wait_for 5 rmmod brd
}

statistic()
{
	iadm -m session -r "$SID" -s | sed -n "s/.*$1: *\([0-9]*\).*/\1/p"
}

no_recovery_happened()
{
	need_erl2 || return 0
	eq "$(recovery recoveries)" 0 recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery state)" up state
}

tmf_sent()
{
	[ "$(statistic tmfcmd_pdus)" -gt "$TMF_BEFORE" ]
}

# target_stands_still: until the initiator has sent a task management request.
# The SCSI timeout may have to pass several times: while the target answers NOPs
# there is more time first.
target_stands_still()
{
	TMF_BEFORE=$(statistic tmfcmd_pdus)
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	dmsetup --noudevsync suspend erl2slow || return
	"$@"
	wait_for 15 tmf_sent || fail "no task management request within 15 s"
	dmsetup --noudevsync resume erl2slow
	echo 30 > "/sys/block/${DISK##*/}/device/timeout"
}

write_in_background()
{
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
}

case_timed_out_command_is_aborted()
{
	must "target stands still" target_stands_still write_in_background
	must "the write comes to an end" wait_for 20 gone "$BG_PID"
	wait "$BG_PID" || fail "the write failed"
	no_recovery_happened
}

case_many_commands_time_out()
{
	fio_start 60
	must "fio starts" fio_started
	must "target stands still" target_stands_still :
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(cat "/sys/block/${DISK##*/}/device/state")" running "device state"
	no_recovery_happened
}

case_LUN_resets_under_load()
{
	TMF_BEFORE=$(statistic tmfcmd_pdus)
	fio_start 60
	must "fio starts" fio_started
	must "LUN reset" sg_reset --no-escalate --device "$SG"
	must "LUN reset" sg_reset --no-escalate --device "$SG"
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	must "task management requests were sent" tmf_sent
	no_recovery_happened
}

case_target_reset_that_the_target_refuses()
{
	# LIO allows nobody to do it in demo mode; a new session is what is left.
	fio_start 60
	must "fio starts" fio_started
	must "target reset" sg_reset --target "$SG"
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	must "session is up" wait_for 10 session_is LOGGED_IN
}

case_connection_lost_during_an_abort()
{
	must "session is new" logout
	must "session is new" new_session
	must "target stands still" target_stands_still write_in_background
	# Response and TMF response may be on their way: the connection dies under
	# them, or just behind them.
	kill_by_knob
	must "the write comes to an end" wait_for 40 gone "$BG_PID"
	wait "$BG_PID" || fail "the write failed"
	must "session is up" wait_for 10 recovery_is state up
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
}

cases=(case_timed_out_command_is_aborted case_many_commands_time_out
	case_LUN_resets_under_load case_target_reset_that_the_target_refuses)
! need_erl2 || cases+=(case_connection_lost_during_an_abort)
run_cases set_up "${cases[@]}"
