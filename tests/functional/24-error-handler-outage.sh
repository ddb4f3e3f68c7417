#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The SCSI error handler waits for recovery, and recovery never for it: a command
# has timed out, its connection dies under ABORT TASK, and the target does not come
# back. Whatever ends the session then (recovery_tmo, a logout) ends the error
# handler's wait as well, and no command is left behind.
#
# guests: uml uml-san

. "$(dirname "$0")/../lib/scenarios.sh"

# outage NODE-SETTING VALUE...: a write hangs, and so does the error handler
outage()
{
	cat > "$WORK/outage.scn"
	: > "$WORK/report"
	must "parameter" driver_param time2wait 0 || return
	must "parameter" driver_param time2retain 60 || return
	must "target" target_start "$WORK/outage.scn" || return
	must "session" new_session "$@" || return
	echo $((2 * SLOW)) > "/sys/block/${DISK##*/}/device/timeout"
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
	must "the connection dies under ABORT TASK" wait_for 15 grep -q 'lost: scenario' "$WORK/log"
}

outage_over()
{
	target_over "${FUNCNAME[1]}"
}

case_recovery_tmo_passes()
{
	outage node.session.timeo.replacement_timeout 3 <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 : stall 100000
		on rx Tmf fn=1 nth=1 : refuse every ; rst ; wait 10000 ; refuse 0
	SCN
	must "the write comes to an end" wait_for 8 gone "$BG_PID"
	! wait "$BG_PID" || fail "the write did not fail"
	must "the target is back" wait_for 20 recovery_is state up
	eq "$(recovery reinstatements)" 1 reinstatements
	must "the disk works" dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
	must "logout" logout
	outage_over
}

case_logout_while_the_error_handler_waits()
{
	local start

	# Removing a disk that is blocked takes until recovery_tmo unblocks it.
	outage node.session.timeo.replacement_timeout 5 <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 : stall 100000
		on rx Tmf fn=1 nth=1 : refuse every ; rst
	SCN
	must "recovery is under way" wait_for 5 recovery_is state recovering
	start=$SECONDS
	must "logout" logout
	le $((SECONDS - start)) $((15 * SLOW)) "seconds of the logout"
	must "the write comes to an end" wait_for 8 gone "$BG_PID"
	! wait "$BG_PID" || fail "the write did not fail"
	outage_over
}

case_target_forgets_the_session()
{
	outage <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 : stall 100000
		on rx Tmf fn=1 nth=1 : refuse every ; rst ; wait 3000 ; kill ; refuse 0
	SCN
	must "the write comes to an end" wait_for 20 gone "$BG_PID"
	wait "$BG_PID" || fail "the write failed"
	eq "$(recovery reinstatements)" 1 reinstatements
	must "logout" logout
	outage_over
}

run_cases set_up case_recovery_tmo_passes case_logout_while_the_error_handler_waits \
	case_target_forgets_the_session
