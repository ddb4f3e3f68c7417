#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connection recovery at level 2 against LIO: the connection dies in every way
# that a network has, under a load that verifies its data. Each time it is
# recovered, no session is reinstated, and every interrupted command is accounted for.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "target" lio_up luns=2 || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session "node.conn[0].timeo.noop_out_interval" 1 \
		"node.conn[0].timeo.noop_out_timeout" 2 || return
	must "disk" wait_disk 0 || return
	eq "$(recovery error_recovery_level)" 2 "negotiated level"
}

commands_continued()
{
	echo $(($(recovery tasks_reassigned) + $(recovery tasks_retried)))
}

# drill_once WHAT COMMAND...: runs it under load and sees that one connection
# recovery follows and nothing else
drill_once()
{
	local what=$1 before lost
	shift

	before=$(recovery recoveries)
	lost=$(recovery tasks_lost)
	fio_start 60
	must "fio starts" fio_started
	must "$what" "$@"
	must "recovered" wait_recoveries $((before + 1))
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(recovery recoveries)" $((before + 1)) recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" "$lost" tasks_lost
	ge "$(recovery last_recovery_us)" 1 last_recovery_us
	eq "$(recovery state)" up state
	eq "$(conn_recovery state)" logged_in "connection state"
	eq "$(session state)" LOGGED_IN "session state"
}

# drill WHAT COMMAND...: with commands in flight, of 16 that fio has for us. Now
# and then it is just busy with those that have ended, all of them; on one
# processor without preemption that may be so each time.
drill()
{
	local before try

	before=$(commands_continued)
	for try in 1 2 3; do
		drill_once "$@"
		[ "$ERL2_GUEST" = qemu ] || return 0
		[ "$CASE_FAILED" -eq 0 ] || return 0
		[ "$(commands_continued)" -eq "$before" ] || return 0
	done
	fail "no command was reassigned or retried in $try recoveries"
}

case_socket_destroyed_by_ss()
{
	must "lag" lag_on 10
	drill "kill" kill_by_ss
	lag_off
}

case_fail_knob()
{
	must "lag" lag_on 10
	drill "kill" kill_by_knob
	lag_off
}

# The target's end of the connection is destroyed: a RST comes in.
kill_target_end()
{
	ss -K state established "( sport = :$PORT )" > "$WORK/ss" 2>&1
	[ "$(wc -l < "$WORK/ss")" -ge 2 ]
}

case_RST_from_the_target()
{
	must "lag" lag_on 10
	drill "kill" kill_target_end
	lag_off
}

# Only a NOP-Out without an answer tells.
case_silence_noticed_by_NOP()
{
	drill "silence" blackhole_on new
	blackhole_off
}

case_silence_of_the_whole_network()
{
	local before

	before=$(recovery recoveries)
	fio_start 60
	must "fio starts" fio_started
	must "silence" blackhole_on all
	sleep 6
	eq "$(recovery state)" recovering "state during the silence"
	blackhole_off
	must "recovered" wait_recoveries $((before + 1))
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(recovery reinstatements)" 0 reinstatements
}

case_no_connection_for_some_seconds()
{
	local before

	before=$(recovery recoveries)
	fio_start 60
	must "fio starts" fio_started
	must "connections are refused" refuse_on
	kill_by_knob
	sleep 3
	eq "$(recovery state)" recovering "state meanwhile"
	eq "$(recovery recoveries)" "$before" "recoveries meanwhile"
	blackhole_off
	must "recovered" wait_recoveries $((before + 1))
	must "data verified" fio_stop
	eq "$(recovery reinstatements)" 0 reinstatements
}

case_idle_connection()
{
	local before

	before=$(recovery recoveries)
	kill_by_ss || fail "no connection to kill"
	must "recovered" wait_recoveries $((before + 1))
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
}

case_killed_again_during_recovery()
{
	local before i

	before=$(recovery recoveries)
	must "lag" lag_on 10
	fio_start 60
	must "fio starts" fio_started
	# At any step of the login, of the reassignment, and just behind it.
	for i in 0.01 0.03 0.05 0.08 0.12 0.02; do
		kill_by_knob
		sleep $i
	done
	must "recovered" wait_recoveries $((before + 1))
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	lag_off
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
}

case_tracepoints_and_statistics_agree_with_the_counters()
{
	local before_r before_t before_n stats name i

	before_n=$(recovery recoveries)
	before_r=$(recovery tasks_reassigned)
	before_t=$(recovery tasks_retried)
	must "lag" lag_on 10
	must "trace" trace_start || return
	fio_start 60
	must "fio starts" fio_started
	for i in 1 2 3; do
		kill_by_knob
		must "recovered" wait_recoveries $((before_n + i))
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	lag_off
	echo 0 > "$TRACING/tracing_on"
	eq "$(recovery recoveries)" $((before_n + 3)) recoveries
	eq "$(trace_count recovery_begin)" 3 "recovery_begin events"
	eq "$(trace_count recovery_end)" 3 "recovery_end events"
	ge "$(trace_count recovery_login)" 3 "recovery_login events"
	ge "$(trace_count conn_state)" 6 "conn_state events"
	eq "$(trace_reassigned)" $(($(recovery tasks_reassigned) - before_r)) \
		"reassignments granted in the trace"
	eq "$(trace_count task_retry)" $(($(recovery tasks_retried) - before_t)) \
		"task_retry events"
	trace_stop
	stats=$(iadm -m session -r "$SID" -s)
	for name in recoveries reinstatements tasks_reassigned tasks_retried tasks_lost; do
		eq "$(sed -n "s/.*$name: *\([0-9]*\).*/\1/p" <<< "$stats")" "$(recovery $name)" \
			"statistic $name"
	done
}

case_session_is_untouched_for_iscsid()
{
	local out=$WORK/P3

	iadm -m session -P 3 > "$out" 2>&1 || fail "session -P 3 exits with $?"
	grep -q 'Internal iscsid Session State: NO CHANGE' "$out" || fail "iscsid has noticed"
	! grep -q 'Kernel reported' "$WORK/iscsid.log" || fail "iscsid was told of an error"
	must "logout" logout
}

# LIO wants the LUN in a TASK REASSIGN, where RFC 7143 11.5.3 has none.
case_another_logical_unit()
{
	must "disk" wait_disk 1 || return
	must "lag" lag_on 10
	drill "kill" kill_by_ss
	lag_off
	must "disk" wait_disk 0
}

run_cases set_up case_socket_destroyed_by_ss case_fail_knob case_RST_from_the_target \
	case_silence_noticed_by_NOP case_silence_of_the_whole_network \
	case_no_connection_for_some_seconds case_idle_connection \
	case_killed_again_during_recovery \
	case_tracepoints_and_statistics_agree_with_the_counters \
	case_another_logical_unit case_session_is_untouched_for_iscsid
