#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What may happen at the same moment does: the driver is delayed in one place (see
# points.c) until the other thing has happened.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

POINT=/sys/module/iscsi_erl2/parameters/point
PATIENCE=3	# recovery_tmo

NODE=(node.session.timeo.replacement_timeout "$PATIENCE"
	"node.conn[0].timeo.noop_out_interval" 0
	"node.conn[0].timeo.noop_out_timeout" 0
	"node.conn[0].timeo.logout_timeout" 3)

# delay NAME MS [TIMES]
delay()
{
	echo "$*" > $POINT
}

# passed NAME: it was passed since it was armed
passed()
{
	local hits

	hits=$(sed -n "s/^$1 //p" $POINT)
	[ "${hits:-0}" -ge 1 ]
}

set_up_points()
{
	set_up
	[ "$CASE_FAILED" -ne 0 ] || must "a driver built for tests" test -w $POINT
}

# begin CONNECTIONS LEVEL: a session, its scenario on stdin
begin()
{
	cat > "$WORK/race.scn"
	echo "set blackhole 1" >> "$WORK/race.scn"
	: > "$WORK/report"
	must "parameter" driver_param time2wait 0 || return
	must "parameter" driver_param time2retain 60 || return
	must "parameter" driver_param connections "$1" || return
	must "parameter" driver_param error_recovery_level "$2" || return
	must "target" target_start "$WORK/race.scn" || return
	must "record" node_new || return
	must "record" node_set "${NODE[@]}"
}

said()
{
	kmsg_since | grep -q "$1"
}

state_is()
{
	value_of "$ISCSI_CLASS/iscsi_session/session$SID/state" && [ "$VALUE" = "$1" ]
}

session_there()
{
	find_sessions
	SID=${SIDS[*]: -1}
	[ -n "$SID" ]
}

no_session()
{
	find_sessions
	[ ${#SIDS[@]} = 0 ]
}

over()
{
	local name=${FUNCNAME[1]}

	echo "start 0" > $POINT
	echo "expire 0" > $POINT
	echo "outage_end 0" > $POINT
	echo "block 0" > $POINT
	blackhole_off
	no_session || iadm -m node -T "$IQN" -p "$PORTAL" --logout > "$WORK/logout" 2>&1
	wait_for 20 no_session || fail "the session stays"
	SID=''
	target_over "$name"
}

write_once()
{
	timeout $((20 * SLOW)) dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
}

# recovery_tmo ran out just before the target came back: commands have ended that
# the new session may have sent already, so that only one more session will do.
case_recovery_tmo_runs_out_as_the_outage_ends()
{
	begin 1 0 < /dev/null || return
	must "login" login || return
	must "disk" wait_disk
	must "silence" blackhole_on
	must "delay" delay expire $((6000 * SLOW)) 1
	kill_by_knob 0
	must "recovery_tmo" wait_for $((PATIENCE + 7)) passed expire
	blackhole_off
	must "the new session" wait_for 30 recovery_reached reinstatements 1
	must "recovery_tmo is told of" wait_for 15 said 'I/O fails now'
	must "one more session" wait_for 15 recovery_reached reinstatements 2
	must "the session is up" wait_for 15 recovery_is state up
	must "the class says so" wait_for 5 state_is LOGGED_IN
	must "the disk works" write_once
	over
}

# The same where the recovery is done and nobody has been told.
case_recovery_tmo_runs_out_before_all_is_well()
{
	begin 1 0 < /dev/null || return
	must "login" login || return
	must "disk" wait_disk
	must "silence" blackhole_on
	must "delay" delay outage_end $(((PATIENCE + 4) * 1000 * SLOW)) 1
	kill_by_knob 0
	pause 1
	blackhole_off
	must "the new session" wait_for 30 passed outage_end
	must "recovery_tmo is told of" wait_for 15 said 'I/O fails now'
	must "one more session" wait_for 20 recovery_reached reinstatements 2
	must "the session is up" wait_for 15 recovery_is state up
	must "the class says so" wait_for 5 state_is LOGGED_IN
	must "the disk works" write_once
	over
}

# iscsid's start of a new session comes when its connection is lost again: it must
# not end the block of that outage.
case_connection_lost_before_start_conn()
{
	begin 1 2 <<-'SCN' || return
		at 300 login times=1 : refuse every ; rst all
	SCN
	kmsg_mark
	must "delay" delay start $((20000 * SLOW)) 1
	background iadm -m node -T "$IQN" -p "$PORTAL" --login > "$WORK/login" 2>&1
	must "a session" wait_for 20 session_there || return
	must "start_conn" wait_for 20 passed start
	must "recovery" wait_for 10 recovery_is state recovering
	# By now the outage is long enough for a block.
	pause 1
	delay start 0
	must "the session is blocked" wait_for 10 state_is FAILED
	pause 0.5
	state_is FAILED || fail "session state $VALUE in an outage"
	must "recovery_tmo runs out" wait_for $((PATIENCE + 5)) said 'I/O fails now'
	must "iscsiadm has ended" wait_for 60 gone "$BG_PID"
	over
}

run_cases set_up_points case_recovery_tmo_runs_out_as_the_outage_ends \
	case_recovery_tmo_runs_out_before_all_is_well \
	case_connection_lost_before_start_conn
