#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The target is away for longer than recovery_tmo (node.session.timeo.
# replacement_timeout): I/O waits for so long and then fails upward, and not
# earlier. When the target is back so is the disk, without anybody's help.
#
# guests: uml uml-san debug

. "$(dirname "$0")/../lib/common.sh"

PATIENCE=5

set_up()
{
	must "target" lio_up time2retain=3 || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session node.session.timeo.replacement_timeout $PATIENCE || return
	eq "$(session recovery_tmo)" $PATIENCE recovery_tmo
}

# A ping may have met the refusal before.
cut_off()
{
	kill_by_ss || ! recovery_is state up || fail "no connection to kill"
}

read_in_background()
{
	background sh -c "dd if=$DISK of=/dev/null bs=4k count=1 iflag=direct > $WORK/dd 2>&1"
}

reads_again()
{
	timeout 5 dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
}

case_IO_waits_and_then_fails()
{
	local start waited

	must "connections are refused" refuse_on
	cut_off
	start=$SECONDS
	read_in_background
	sleep 2
	alive "$BG_PID" || fail "I/O has failed before recovery_tmo"
	must "I/O fails upward" wait_for $((PATIENCE * 3)) gone "$BG_PID"
	waited=$((SECONDS - start))
	wait "$BG_PID" && fail "a read from a target that is gone has succeeded"
	msg "I/O failed after $waited s"
	ge "$waited" $((PATIENCE - 1)) "seconds until the failure"
	must "the session is still tried" test -n "$(sessions)"
	must "I/O fails at once now" wait_for 5 fails_at_once
}

fails_at_once()
{
	# ENXIO when it is the opening that fails already
	! timeout 2 dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct 2> "$WORK/dd" &&
		grep -qE 'Input/output error|No such device or address' "$WORK/dd"
}

case_disk_is_back_when_the_target_is()
{
	sleep 2
	blackhole_off
	must "reads again" wait_for 20 reads_again
	eq "$(session state)" LOGGED_IN "session state"
	eq "$(cat "/sys/block/${DISK##*/}/device/state")" running "device state"
	! need_erl2 || eq "$(recovery state)" up state
	fio_start 3
	must "data verified" fio_finish
}

case_it_works_a_second_time()
{
	case_IO_waits_and_then_fails
	case_disk_is_back_when_the_target_is
}

# LIO gives a lost connection up after two seconds; from then on its session
# waits for us, for three, and that is when it is taken down.
case_target_is_built_anew_meanwhile()
{
	must "connections are refused" refuse_on
	cut_off
	sleep 3.5
	must "target goes" lio_down
	sleep 4
	must "target comes" lio_up time2retain=3
	case_disk_is_back_when_the_target_is
}

case_logout_while_the_target_is_gone()
{
	must "connections are refused" refuse_on
	cut_off
	sleep 1
	# iscsiadm may well say that the target did not answer; but the session goes.
	iadm -m node -T "$IQN" -p "$PORTAL" --logout > "$WORK/logout" 2>&1
	msg "iscsiadm --logout exits with $?"
	wait_for 30 no_session || fail "the session stays"
	blackhole_off
	SID=''
	must "login again" new_session
	must "logout" logout
}

no_session()
{
	[ -z "$(sessions)" ]
}

run_cases set_up case_IO_waits_and_then_fails case_disk_is_back_when_the_target_is \
	case_it_works_a_second_time case_target_is_built_anew_meanwhile \
	case_logout_while_the_target_is_gone
