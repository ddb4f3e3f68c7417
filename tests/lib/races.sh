# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by the tests of what happens at the same moment: the driver is delayed in
# one place (see points.c) until the other thing has happened.

# shellcheck source=scenarios.sh
. "$(dirname "${BASH_SOURCE[0]}")/scenarios.sh"

POINT=/sys/module/iscsi_erl2/parameters/point
PATIENCE=3	# recovery_tmo

NODE=("node.conn[0].timeo.noop_out_interval" 0
	"node.conn[0].timeo.noop_out_timeout" 0
	"node.conn[0].timeo.logout_timeout" 3)

# delay NAME MS [TIMES]
delay()
{
	echo "$*" > $POINT
}

# passed NAME [TIMES]: it was passed since it was armed
passed()
{
	local hits

	hits=$(sed -n "s/^$1 //p" $POINT)
	[ "${hits:-0}" -ge "${2:-1}" ]
}

disarm()
{
	local name

	while read -r name _; do
		echo "$name 0" > $POINT
	done <<< "$(< $POINT)"
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
	must "record" node_set node.session.timeo.replacement_timeout "$PATIENCE" "${NODE[@]}"
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

# iscsid may be about to log in once more.
logged_out()
{
	no_session || iadm -m node -T "$IQN" -p "$PORTAL" --logout > "$WORK/logout" 2>&1
	no_session
}

over()
{
	local name=${FUNCNAME[1]}

	disarm
	blackhole_off
	wait_for 40 logged_out || fail "the session stays"
	SID=''
	target_over "$name"
}

write_once()
{
	timeout $((20 * SLOW)) dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
}
