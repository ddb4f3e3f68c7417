#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Times are bounded. The target is silent for ever, or says much and does nothing:
# every I/O ends within recovery_tmo and some seconds, iscsiadm answers another
# session within a second meanwhile, and a logout returns within logout_timeout and
# some seconds.
#
# guests: uml

. "$(dirname "$0")/../lib/scenarios.sh"

PATIENCE=3	# recovery_tmo
LOGOUT=5	# logout_timeout
GRACE=5		# what each bound has on top
PINGS=3		# until a ping has shown that a connection is dead
TIMERS=7	# until a SCSI timeout of a second is believed

OTHER_IQN=iqn.2025-01.org.example:other
OTHER_PORTAL=127.0.0.1:3261
OTHER_SID=''
OTHER_MS=0	# what one iscsiadm takes here
OTHER_SINCE=0	# when it was there
OTHER_QUICK=0	# attempts at a further connection in the first seconds

NODE=(node.session.timeo.replacement_timeout "$PATIENCE"
	"node.conn[0].timeo.noop_out_interval" 1
	"node.conn[0].timeo.noop_out_timeout" 1
	"node.conn[0].timeo.logout_timeout" "$LOGOUT"
	node.session.err_timeo.abort_timeout 2
	node.session.err_timeo.lu_reset_timeout 2
	node.session.err_timeo.tgt_reset_timeout 2)
NO_PINGS=("node.conn[0].timeo.noop_out_interval" 0 "node.conn[0].timeo.noop_out_timeout" 0)

# ------------------------------------------------------------- another session

other_login()
{
	local dir

	iadm -m node -T $OTHER_IQN -p $OTHER_PORTAL -o new > /dev/null &&
		iadm -m node -T $OTHER_IQN -p $OTHER_PORTAL --login || return
	for dir in "$ISCSI_CLASS"/iscsi_session/session*; do
		! value_of "$dir/targetname" || [ "$VALUE" != $OTHER_IQN ] ||
			OTHER_SID=${dir##*session}
	done
	[ -n "$OTHER_SID" ]
}

other_stats()
{
	local start=${EPOCHREALTIME/./}

	iadm -m session -r "$OTHER_SID" -s > "$WORK/other" 2>&1 || return
	OTHER_TOOK=$(((${EPOCHREALTIME/./} - start) / 1000))
}

# Refuses each further connection, for ever.
set_up_other()
{
	local i

	cat > "$WORK/other.scn" <<-'SCN'
		on rx Login tsih>0 every=1 : login 0x0208
	SCN
	"$TARGET" --listen $OTHER_PORTAL --iqn $OTHER_IQN --lun ram:8m \
		--scenario "$WORK/other.scn" --log "$WORK/other.log" \
		--report "$WORK/other.report" --ready "$WORK/other.ready" &
	BACKGROUND+=("$!")
	must "other target" wait_for 5 test -e "$WORK/other.ready" || return
	must "parameter" driver_param connections 2
	must "other session" other_login || return
	OTHER_SINCE=$SECONDS
	for i in 1 2 3; do
		must "its statistics" other_stats || return
		[ "$OTHER_TOOK" -le "$OTHER_MS" ] || OTHER_MS=$OTHER_TOOK
	done
	while [ $((SECONDS - OTHER_SINCE)) -lt 5 ]; do
		pause 0.5
	done
	OTHER_QUICK=$(other_tried)
	msg "statistics of another session take $OTHER_MS ms"
}

set_up_all()
{
	set_up
	[ "$CASE_FAILED" -ne 0 ] || set_up_other
}

# ---------------------------------------------------------------- one session

# begin CONNECTIONS LEVEL [NODE-SETTING VALUE]...: a session, its scenario on stdin
begin()
{
	local connections=$1 level=$2
	shift 2

	cat > "$WORK/outage.scn"
	echo "set blackhole 1" >> "$WORK/outage.scn"
	: > "$WORK/report"
	must "parameter" driver_param time2wait 0 || return
	must "parameter" driver_param time2retain 60 || return
	must "parameter" driver_param connections "$connections" || return
	must "parameter" driver_param error_recovery_level "$level" || return
	must "target" target_start "$WORK/outage.scn" || return
	must "session" new_session "${NODE[@]}" "$@" || return
	must "$connections connections" wait_for 20 connections_up "$connections" || return
	recovery_set logout_timeout $LOGOUT
	echo "$SLOW" > "/sys/block/${DISK##*/}/device/timeout"
}

# io_begins COUNT [DD-OPTION]...: so many I/Os
IO_PIDS=() IO_SINCE=0
io_begins()
{
	local i n=$1
	shift

	[ $# -gt 0 ] || set -- if=/dev/zero of="$DISK" bs=4k oflag=direct
	IO_PIDS=()
	for ((i = 0; i < n; i++)); do
		background dd "$@" count=1 status=none 2> "$WORK/dd.$i"
		IO_PIDS+=("$BG_PID")
	done
	IO_SINCE=$SECONDS
}

# io_ends SECONDS: all of them have ended so long after io_begins, with errors
io_ends()
{
	local limit=$(($1 * SLOW)) pid

	for pid in "${IO_PIDS[@]}"; do
		until gone "$pid"; do
			[ $((SECONDS - IO_SINCE)) -le $limit ] || {
				fail "I/O has not ended after $limit s, session $(recovery state)"
				return
			}
			pause 0.1
		done
		! wait "$pid" || fail "I/O did not fail"
	done
	msg "I/O ended after $((SECONDS - IO_SINCE)) s"
}

# logs_out: iscsiadm may say that the target did not answer; but the session goes.
# The other session is looked at all the time, for three times as long as it may
# take: who holds the class up does so when iscsid has lost its patience.
logs_out()
{
	local start=$SECONDS limit=$(((LOGOUT + GRACE + ${1:-0}) * SLOW)) longest=0 took

	background iadm -m node -T "$IQN" -p "$PORTAL" --logout > "$WORK/logout" 2>&1
	until gone "$BG_PID" && no_session; do
		[ $((SECONDS - start)) -le $((3 * limit)) ] || break
		other_stats || fail "another session is not answered"
		[ "$OTHER_TOOK" -le "$longest" ] || longest=$OTHER_TOOK
		pause 0.2
	done
	took=$((SECONDS - start))
	msg "logout: $took s, another session is answered within $longest ms"
	le $took $limit "seconds until the logout had ended"
	le "$longest" $((3 * OTHER_MS + 1000 * SLOW)) "ms until another session was answered"
}

# The target is there again for what still waits.
over()
{
	local name=${FUNCNAME[1]}

	blackhole_off
	target_over "$name"
	if ! no_session; then
		: > "$WORK/quiet.scn"
		target_start "$WORK/quiet.scn"
		wait_for 70 gone "$BG_PID"
		no_session || iadm -m node -T "$IQN" -p "$PORTAL" --logout > /dev/null 2>&1
		wait_for 20 no_session || fail "the session stays"
		target_stop
	fi
	SID=''
}

# ----------------------------------- recovery_tmo runs whenever there is an outage

silence_at_level()
{
	begin 2 "$1" "${NO_PINGS[@]}" < /dev/null || return
	must "silence" blackhole_on
	kill_by_knob 0
	io_begins 2
	io_ends $((PATIENCE + GRACE))
	logs_out
}

case_two_connections_at_level_0()
{
	silence_at_level 0
	over
}

case_two_connections_at_level_1()
{
	silence_at_level 1
	over
}

# The connection works when the error handler asks for a new session.
case_host_reset()
{
	begin 1 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a every=1 : noreply
		on rx Tmf fn=1 every=1 : respond 5
		on rx Tmf fn=5 every=1 : respond 5
		on rx Tmf fn=6 nth=1 : refuse every ; wait 1 ; respond 5
	SCN
	io_begins 1
	io_ends $((TIMERS + PATIENCE + GRACE))
	logs_out
	over
}

# RFC 7143 7.7: a format error on one of two connections ends the session.
case_format_error()
{
	begin 2 2 <<-'SCN' || return
		on tx DataIn edtl=65536 nth=1 before : set off=99999999 ; refuse every
	SCN
	io_begins 1 if="$DISK" of=/dev/null bs=64k iflag=direct
	io_ends $((PATIENCE + GRACE))
	logs_out
	over
}

# RFC 7143 11.15.1: the target does not log it out for recovery.
case_recovery_logout_refused()
{
	begin 2 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a every=1 : noreply
		on rx Logout reason=2 nth=1 : refuse every ; respond 1 0 20
	SCN
	io_begins 2
	pause 0.5
	kill_by_knob 1
	io_ends $((PATIENCE + GRACE + 1))
	logs_out
	over
}

# ------------------------------------------------- aborts in a recovery, RFC 7143 7.2.2

reassign_refused()
{
	begin 2 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a every=1 : noreply
		on rx Tmf fn=8 every=1 : respond 255
		on rx Tmf fn=1 every=1 : drop
	SCN
	echo 60 > "/sys/block/${DISK##*/}/device/timeout"
	recovery_set reassign_timeout 60
	io_begins 8
	pause 1
	kill_by_knob 1
	must "ABORT TASK" wait_for 10 grep -q 'Tmf.* fn=1 ' "$WORK/log"
}

case_connection_lost_while_aborts_are_waited_for()
{
	reassign_refused || return
	must "silence" blackhole_on
	IO_SINCE=$SECONDS
	io_ends $((PINGS + PATIENCE + GRACE))
	logs_out
	over
}

case_logout_while_aborts_are_waited_for()
{
	reassign_refused || return
	logs_out
	IO_SINCE=$SECONDS
	io_ends 1
	over
}

case_logout_while_a_recovery_logout_is_waited_for()
{
	begin 2 2 <<-'SCN' || return
		on rx Logout reason=2 every=1 : drop
	SCN
	recovery_set logout_timeout 60
	kill_by_knob 1
	must "recovery logout" wait_for 10 grep -q 'Logout' "$WORK/log"
	logs_out
	over
}

# iscsid loses its patience first, and stops what still waits for the answer.
case_logout_of_three_silent_connections()
{
	local file

	begin 3 2 "${NO_PINGS[@]}" < /dev/null || return
	recovery_set logout_timeout 60
	# No SYNCHRONIZE CACHE, which the error handler would have to end first.
	for file in "/sys/block/${DISK##*/}/device/scsi_disk"/*/cache_type; do
		echo "temporary write through" > "$file"
	done
	must "silence" blackhole_on
	logs_out
	over
}

# ------------------------------------------------------- the target keeps us waiting

# RFC 7143 11.18: no answer to the ping, but a NOP-In now and then.
case_chatter_instead_of_an_answer()
{
	begin 1 2 "node.conn[0].timeo.noop_out_timeout" 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 label=dead : noreply ; refuse every
		on rx NopOut after=dead every=1 : drop
		on rx ScsiCmd after=dead every=1 optional : noreply
		on rx Tmf after=dead every=1 optional : drop
		on rx Logout after=dead every=1 optional : drop
		at 100 login every=1500 : nopin
	SCN
	io_begins 1
	io_ends $((TIMERS + PINGS + PATIENCE + GRACE))
	logs_out
	over
}

# RFC 7143 11.8: one R2T after the other for the same data.
case_R2Ts_for_ever()
{
	begin 1 2 <<-'SCN' || return
		key InitialR2T Yes
		key ImmediateData No
		set r2t_timeout 300
		on rx DataOut every=1 : drop
	SCN
	no_retries
	io_begins 1 if=/dev/zero of="$DISK" bs=64k oflag=direct
	io_ends $((TIMERS + PATIENCE + GRACE))
	logs_out
	over
}

# RFC 7143 4.2.2.1: MaxCmdSN stays where it is.
case_closed_window()
{
	begin 1 2 <<-'SCN' || return
		set window 1
		on rx ScsiCmd op=0x2a nth=1 : config window 0
	SCN
	no_retries
	dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none
	io_begins 2
	io_ends $((TIMERS + PATIENCE + GRACE))
	# The disk's cache is flushed before: the SCSI layer tries it three times.
	logs_out 10
	over
}

# RFC 7143 11.9.1: a logout within 18 hours, and commands that do not end.
case_logout_requested_some_day()
{
	begin 1 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 : noreply ; async 1 0 0 65535
	SCN
	no_retries
	io_begins 1
	io_ends $((TIMERS + PATIENCE + GRACE))
	logs_out
	over
}

case_logout_while_a_logout_is_requested()
{
	begin 1 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a nth=1 : noreply ; async 1 0 0 65535
	SCN
	echo 60 > "/sys/block/${DISK##*/}/device/timeout"
	io_begins 1
	must "the request" wait_for 5 grep -q Async "$WORK/log"
	logs_out
	IO_SINCE=$SECONDS
	io_ends 1
	over
}

# RFC 7143 11.9.1: a connection is lost, and its commands may go on after 18 hours.
case_time2wait_of_18_hours()
{
	begin 2 2 <<-'SCN' || return
		on rx ScsiCmd op=0x2a every=1 : noreply
		on rx ScsiCmd op=0x2a cid=1 nth=1 : refuse every ; async 2 1 65535 65535 ; rst
	SCN
	io_begins 4
	io_ends $((TIMERS + PATIENCE + GRACE))
	logs_out
	over
}

# ------------------------------------------------ RFC 7143 11.13.5: go on with fewer

# The first connection is the leading one's.
other_tried()
{
	echo $(($(grep -c ' connection from ' "$WORK/other.log") - 1))
}

case_refused_connection_is_tried_once_a_minute()
{
	local tried

	le "$OTHER_QUICK" 6 "attempts in the first seconds"
	while [ $((SECONDS - OTHER_SINCE)) -lt 66 ]; do
		pause 1
	done
	tried=$(other_tried)
	msg "$OTHER_QUICK attempts in the first seconds, $tried in $((SECONDS - OTHER_SINCE)) s"
	ge "$tried" $((OTHER_QUICK + 1)) "attempts after a minute"
	le "$tried" $((OTHER_QUICK + (SECONDS - OTHER_SINCE) / 55 + 1)) "attempts since then"
	# While its target is there: a flush behind that waits for recovery_tmo.
	must "logout" iadm -m node -T $OTHER_IQN -p $OTHER_PORTAL --logout
}

run_cases set_up_all case_two_connections_at_level_0 case_two_connections_at_level_1 \
	case_host_reset case_format_error case_recovery_logout_refused \
	case_connection_lost_while_aborts_are_waited_for \
	case_logout_while_aborts_are_waited_for \
	case_logout_while_a_recovery_logout_is_waited_for \
	case_logout_of_three_silent_connections \
	case_chatter_instead_of_an_answer case_R2Ts_for_ever case_closed_window \
	case_logout_requested_some_day case_logout_while_a_logout_is_requested \
	case_time2wait_of_18_hours case_refused_connection_is_tried_once_a_minute
