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

case_timed_out_command_is_aborted()
{
	local before

	before=$(statistic tmfcmd_pdus)
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	must "target is slow" dmsetup --noudevsync suspend erl2slow
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct
	sleep 3
	must "target is well again" dmsetup --noudevsync resume erl2slow
	must "the write comes to an end" wait_for 20 gone "$BG_PID"
	wait "$BG_PID" || fail "the write failed"
	ge "$(statistic tmfcmd_pdus)" $((before + 1)) "task management requests"
	echo 30 > "/sys/block/${DISK##*/}/device/timeout"
	no_recovery_happened
}

case_many_commands_time_out()
{
	local before

	before=$(statistic tmfcmd_pdus)
	fio_start 6 --serialize_overlap=1
	must "fio starts" fio_started
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	must "target is slow" dmsetup --noudevsync suspend erl2slow
	sleep 3
	must "target is well again" dmsetup --noudevsync resume erl2slow
	must "data verified" fio_finish
	ge "$(statistic tmfcmd_pdus)" $((before + 1)) "task management requests"
	echo 30 > "/sys/block/${DISK##*/}/device/timeout"
	eq "$(cat "/sys/block/${DISK##*/}/device/state")" running "device state"
	no_recovery_happened
}

case_resets_under_load()
{
	local before

	before=$(statistic tmfcmd_pdus)
	fio_start 6
	must "fio starts" fio_started
	must "LUN reset" sg_reset --no-escalate --device "$SG"
	must "target reset" sg_reset --no-escalate --target "$SG"
	must "LUN reset" sg_reset --no-escalate --device "$SG"
	must "data verified" fio_finish
	ge "$(statistic tmfcmd_pdus)" $((before + 2)) "task management requests"
	no_recovery_happened
}

case_host_reset_under_load()
{
	fio_start 6
	must "fio starts" fio_started
	# The last step of the error handler: a new session (or connection).
	must "host reset" sg_reset --no-escalate --host "$SG"
	must "data verified" fio_finish
	must "logged in again" wait_for 10 session_is LOGGED_IN
}

case_connection_lost_during_an_abort()
{
	need_erl2 || return 0
	must "session is new" logout
	must "session is new" new_session
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	must "target is slow" dmsetup --noudevsync suspend erl2slow
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct
	sleep 2.5
	kill_by_knob
	sleep 0.5
	must "target is well again" dmsetup --noudevsync resume erl2slow
	must "the write comes to an end" wait_for 40 gone "$BG_PID"
	wait "$BG_PID" || fail "the write failed"
	must "session is up" wait_for 10 recovery_is state up
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
}

run_cases set_up case_timed_out_command_is_aborted case_many_commands_time_out \
	case_resets_under_load case_host_reset_under_load \
	case_connection_lost_during_an_abort
