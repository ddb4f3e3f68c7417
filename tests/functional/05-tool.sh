#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tools/iscsi-erl2 on trees made up for it: what it shows, what it writes where,
# and that nothing missing, odd or vanishing makes it fall over. It is the same
# everywhere, so the slowest guest need not run it.
# guests: uml

TESTS=$(cd "$(dirname "$0")/.." && pwd)
. "$TESTS/lib/ktap_helpers.sh"
set -u
export LC_ALL=C
unset ISCSI_ERL2_SYSFS

WORK=$(mktemp -d /tmp/erl2-tool.XXXXXX)
trap 'rm -rf "$WORK"' EXIT
SYS=$WORK/sys
TOOL=${ERL2_BIN:-}/iscsi-erl2
if [ ! -x "$TOOL" ]; then
	TOOL=$WORK/iscsi-erl2
	make -s -C "$TESTS/../tools" OUT="$WORK" >&2 ||
		ktap_exit_fail_msg "the tool does not build"
fi

FAILED=0

fail()
{
	ktap_print_msg "FAIL: $*"
	FAILED=1
}

# run WANTED-STATUS ARGUMENT...: the output is in $OUT and $ERR afterwards
run()
{
	local want=$1 rc
	shift

	timeout 20 "$TOOL" --sysfs "$SYS" "$@" > "$WORK/out" 2> "$WORK/err"
	rc=$?
	OUT=$(cat "$WORK/out") ERR=$(cat "$WORK/err")
	[ $rc -eq "$want" ] ||
		fail "iscsi-erl2 $*: exit status $rc, not $want: $ERR"
}

is()
{
	[ "$1" = "$2" ] && return
	fail "differs from what is expected:"
	diff <(echo "$1") <(echo "$2") | sed 's/^/# /'
}

has()
{
	case $1 in
	*"$2"*) ;;
	*) fail "no '$2' in: $1" ;;
	esac
}

# put FILE VALUE
put()
{
	[ -d "$SYS/${1%/*}" ] || mkdir -p "$SYS/${1%/*}"
	printf '%s\n' "$2" > "$SYS/$1"
}

# session N [ATTRIBUTE=VALUE...]: a complete session with one connection
session()
{
	local n=$1 a
	local s=class/iscsi_session/session$n c=class/iscsi_connection/connection$n:0
	shift

	put "$s/targetname" "iqn.2025-01.org.example:disk$n"
	put "$s/recovery_tmo" 120
	for a in state=up error_recovery_level=2 connections=1 time2wait=0 \
			time2retain=60 login_timeout=15 logout_timeout=16 \
			reassign_timeout=17 reconnect_delay=100 \
			reconnect_delay_max=5000 recoveries=3 reinstatements=0 \
			tasks_reassigned=12 tasks_retried=4 tasks_lost=0 \
			last_recovery_us=14210 "$@"; do
		put "$s/recovery/${a%%=*}" "${a#*=}"
	done
	put "$c/recovery/state" logged_in
	put "$c/recovery/portal" 192.0.2.1:3260
	put "$c/recovery/tasks" 8
	put "$c/recovery/fail" ""
}

empty()
{
	rm -rf "$SYS"
	mkdir -p "$SYS/module/iscsi_erl2"
}

case_help()
{
	local c

	run 0 help
	for c in status fail connections trace help --json --watch --wait; do
		has "$OUT" "$c"
	done
	run 0 --help
}

case_wrong_command_lines()
{
	empty
	run 2 nonsense
	has "$ERR" nonsense
	run 2 status --frobnicate
	run 2 --watch 0
	run 2 --watch -1
	run 2 fail
	run 2 fail x
	run 2 fail 1:x
	run 2 fail 1 2
	run 2 fail 1 --wait soon
	run 2 connections 1
	run 2 connections 1 two
	run 2 connections 1:0 2
	run 2 trace --nonsense
	run 2 --sysfs
}

case_not_loaded()
{
	rm -rf "$SYS"
	run 1
	is "$OUT" "iscsi_erl2 is not loaded"
	run 1 --json
	is "$OUT" '{"loaded":false,"sessions":[]}'
}

case_no_sessions()
{
	empty
	run 0 status
	is "$OUT" "no sessions"
	run 0 --json
	is "$OUT" '{"loaded":true,"sessions":[]}'
}

case_status()
{
	empty
	session 1 connections=2
	mkdir -p "$SYS/class/iscsi_session/session1/device/target3:0:0/3:0:0:0/block/sdb"
	put class/iscsi_connection/connection1:1/recovery/state cleanup_wait
	put class/iscsi_connection/connection1:1/recovery/portal '[2001:db8::1]:3260'
	put class/iscsi_connection/connection1:1/recovery/tasks 0
	run 0 status
	is "$OUT" "session1  iqn.2025-01.org.example:disk1  up
    recovery level 2, time2wait 0 s, time2retain 60 s, recovery_tmo 120 s
    disks sdb
    connections 2 of 2 wanted
          CID  STATE             TASKS  PORTAL
            0  logged_in             8  192.0.2.1:3260
            1  cleanup_wait          0  [2001:db8::1]:3260
    commands 12 reassigned, 4 retried, 0 lost
    3 recoveries, 0 reinstatements, the last recovery took 14.2 ms"
}

case_status_as_JSON()
{
	empty
	session 1
	mkdir -p "$SYS"/class/iscsi_session/session1/device/target3:0:0/3:0:0:{0,1}/block
	mkdir "$SYS/class/iscsi_session/session1/device/target3:0:0/3:0:0:0/block/sdb"
	run 0 --json
	is "$OUT" '{"loaded":true,"sessions":[{"sid":1,"target":"iqn.2025-01.org.example:disk1","state":"up","recovery_tmo":120,"error_recovery_level":2,"connections_wanted":1,"time2wait":0,"time2retain":60,"login_timeout":15,"logout_timeout":16,"reassign_timeout":17,"reconnect_delay":100,"reconnect_delay_max":5000,"recoveries":3,"reinstatements":0,"tasks_reassigned":12,"tasks_retried":4,"tasks_lost":0,"last_recovery_us":14210,"disks":["sdb"],"connections":[{"cid":0,"state":"logged_in","portal":"192.0.2.1:3260","tasks":8}]}]}'
}

case_times_are_readable()
{
	local pair

	empty
	for pair in "0=0 us" "999=999 us" "1234=1.23 ms" "56789=56.8 ms" \
			"345678=346 ms" "2003000=2.00 s" "61000000=1 min 1 s"; do
		session 1 "last_recovery_us=${pair%%=*}"
		run 0
		has "$OUT" "took ${pair#*=}"
	done
	session 1 recoveries=1 reinstatements=1
	run 0
	has "$OUT" "1 recovery, 1 reinstatement,"
	session 1 recoveries=0
	run 0
	has "$OUT" "0 recoveries, 0 reinstatements"
	[[ $OUT != *took* ]] || fail "a last recovery, but there was none: $OUT"
}

case_sessions_in_order_and_those_of_others()
{
	empty
	session 10
	session 2
	put class/iscsi_session/session3/targetname iqn.2025-01.org.example:stock
	run 0
	is "$(echo "$OUT" | grep session)" \
"session2  iqn.2025-01.org.example:disk2  up
session10  iqn.2025-01.org.example:disk10  up
1 session of other drivers"
	run 0 --json
	[[ $OUT == *'"sid":2,'*'"sid":10,'* ]] || fail "wrong order: $OUT"
	[[ $OUT != *stock* ]] || fail "shows another driver's session: $OUT"
}

case_missing_files()
{
	empty
	mkdir -p "$SYS/class/iscsi_session/session1/recovery" \
		"$SYS/class/iscsi_connection/connection1:0"
	run 0
	has "$OUT" "session1  ?  ?"
	has "$OUT" "recovery level ?, time2wait ? s"
	has "$OUT" "    0  ?"
	run 0 --json
	has "$OUT" '{"sid":1,"target":null,"state":null,"recovery_tmo":null,"error_recovery_level":null,'
	has "$OUT" '"connections":[{"cid":0,"state":null,"portal":null,"tasks":null}]'
}

case_odd_contents()
{
	empty
	session 1 recoveries=99999999999999999999 tasks_lost=-3 tasks_retried=x1 \
		tasks_reassigned=
	put class/iscsi_session/session1/recovery_tmo off
	put class/iscsi_session/session1/targetname 'a"b\c'$'\x01'
	mkdir -p "$SYS/class/iscsi_session/sessionx" \
		"$SYS/class/iscsi_session/session1x/recovery" \
		"$SYS/class/iscsi_connection/connection11:0" \
		"$SYS/class/iscsi_connection/connection1:"
	run 0 --json
	has "$OUT" '"target":"a\"b\\c\u0001"'
	has "$OUT" '"recovery_tmo":"off"'
	has "$OUT" '"recoveries":null'
	has "$OUT" '"tasks_lost":null'
	has "$OUT" '"tasks_retried":null'
	has "$OUT" '"tasks_reassigned":null'
	is "$(grep -o '"cid"' <<< "$OUT" | wc -l)" 1
	run 0
	has "$OUT" "recovery_tmo off"

	# longer than any buffer
	put class/iscsi_session/session1/targetname "$(printf 'x%.0s' {1..5000})"
	mkdir -p "$SYS/class/iscsi_connection/connection1:"{1..300} \
		"$SYS/class/iscsi_session/session1/device/target1:0:0/1:0:0:"{1..300}"/block/sdx"
	run 0
	has "$OUT" "connections 301 of 1 wanted"
	SYS=$SYS/$(printf 'y%.0s' {1..200})/$(printf 'y%.0s' {1..4000}) run 1
}

# Sessions appear and vanish while it looks.
case_races()
{
	local i=0 rc end=$((SECONDS + 6))

	empty
	while :; do
		session 1
		session 2 connections=2
		rm -rf "$SYS/class"
	done > /dev/null 2>&1 &
	while [ $SECONDS -lt $end ] || [ $i -lt 5 ]; do
		i=$((i + 1))
		timeout 20 "$TOOL" --sysfs "$SYS" status > /dev/null 2>&1
		rc=$?
		[ $rc -lt 2 ] || { fail "exit status $rc in round $i"; break; }
		timeout 20 "$TOOL" --sysfs "$SYS" fail 1 > /dev/null 2>&1
		rc=$?
		[ $rc -lt 3 ] || { fail "fail: exit status $rc in round $i"; break; }
	done
	kill $!
	wait $! 2> /dev/null
}

case_watch()
{
	local lines

	empty
	session 1
	timeout 2 "$TOOL" --sysfs "$SYS" --json --watch 0.1 > "$WORK/out"
	lines=$(wc -l < "$WORK/out")
	[ "$lines" -ge 3 ] || fail "$lines looks in 2 s at 0.1 s"
	is "$(sort -u "$WORK/out" | wc -l)" 1
	timeout 2 "$TOOL" --sysfs "$SYS" status --watch 0.1 > "$WORK/out"
	lines=$(grep -c ^session1 "$WORK/out")
	[ "$lines" -ge 3 ] || fail "$lines looks in 2 s at 0.1 s"
}

case_fail()
{
	local c=$SYS/class/iscsi_connection

	empty
	session 1
	run 0 fail 1
	is "$OUT" "connection1:0 reset"
	is "$(cat "$c/connection1:0/recovery/fail")" 1

	session 1
	put class/iscsi_connection/connection1:4/recovery/fail ""
	run 2 fail session1
	has "$ERR" "name one: 1:0 1:4"
	run 0 fail session1:4
	is "$(cat "$c/connection1:4/recovery/fail")" 1
	is "$(cat "$c/connection1:0/recovery/fail")" ""

	run 1 fail 7
	has "$ERR" "no such session"
	run 1 fail 1:9
	has "$ERR" "no such session"
}

case_fail_and_wait()
{
	local r=class/iscsi_session/session1/recovery

	empty
	session 1
	(
		until grep -q 1 "$SYS/class/iscsi_connection/connection1:0/recovery/fail"; do
			sleep 0.05
		done
		put $r/state recovering
		sleep 0.3
		put $r/tasks_reassigned 15
		put $r/tasks_retried 5
		put $r/last_recovery_us 250000
		put $r/recoveries 4
		put $r/state up
	) 2> /dev/null &
	run 0 fail 1 --wait 15
	wait $!
	has "$OUT" "session1: recovered in 250 ms, commands: 3 reassigned, 1 retried, 0 lost"

	run 1 fail 1 --wait 0.3
	has "$ERR" "not recovered"
}

case_connections()
{
	local f=$SYS/class/iscsi_session/session1/recovery/connections

	empty
	session 1
	run 0 connections 1 4
	is "$(cat "$f")" 4
	run 0 connections session1 2
	is "$(cat "$f")" 2
	run 1 connections 9 2
	[ ! -e "$SYS/class/iscsi_session/session9" ] || fail "created session9"
}

case_root_by_environment()
{
	empty
	session 5
	OUT=$(ISCSI_ERL2_SYSFS=$SYS "$TOOL" status)
	has "$OUT" session5
	OUT=$(ISCSI_ERL2_SYSFS=/nonexistent "$TOOL" status --sysfs "$SYS")
	has "$OUT" session5
}

case_trace_of_a_file()
{
	cat > "$WORK/trace" <<-'END'
	# tracer: nop
	#
	          bash: x-77      [001] .....  100.500000: login: session3 cid=0 kind=leading err=ok status=success
	     kworker/u4:1-77      [001] ..s1.  110.000000: recovery_begin: session3 cid=0 reason=socket_error
	     kworker/u4:1-77      [001] .....  110.000100: conn_state: session3 cid=0 logged_in -> cleanup_wait
	CPU:1 [LOST 3 EVENTS]
	     kworker/u4:1-77      [001] .....  110.000200: recovery_logout: session3 cid=0 implicit sent
	     kworker/u4:1-77      [001] .....  110.001000: recovery_login: session3 cid=0 attempt=1 err=ECONNREFUSED status=success
	     kworker/u4:1-77      [001] .....  110.002000: recovery_login: session3 cid=0 attempt=2 err=EIO status=too_many_connections
	     kworker/u4:1-77      [001] .....  110.003000: recovery_login: session3 cid=0 attempt=3 err=ok status=success
	     kworker/u4:1-77      [001] .....  110.004000: task_reassign: session3 cid=0 itt=0x00001003 cmdsn=811 lun=0 cdb=READ_10 exp_datasn=2 response=sent
	     kworker/u4:1-77      [001] .....  110.005000: task_reassign: session3 cid=0 itt=0x00001003 cmdsn=811 lun=0 cdb=READ_10 exp_datasn=2 response=complete
	     kworker/u4:1-77      [001] .....  110.006000: task_retry: session3 cid=0 itt=0x00001004 cmdsn=812 lun=1 cdb=WRITE_10
	     kworker/u4:1-77      [001] .....  110.007000: task_lost: session3 cid=0 itt=0x00001005 cmdsn=813 lun=1 cdb=WRITE_10 result=DID_TRANSPORT_DISRUPTED
	     kworker/u4:1-77      [001] .....  110.014210: recovery_end: session3 us=14210 reassigned=1 retried=1 lost=1
	     kworker/u4:1-77      [001] .....  120.000000: async_message: session3 cid=0 event=request_logout parameter1=0 parameter2=0 parameter3=10
	     kworker/u4:1-77      [001] .....  121.000000: pdu_reject: session3 cid=0 reason=task_in_progress pdu=snack
	     kworker/u4:1-77      [001] .....  122.000000: something_new: session3 cid=0 a=b
	END
	run 0 trace --file "$WORK/trace"
	is "$OUT" "    SECONDS  SINCE FAILED  CONN    WHAT HAPPENED
   0.000000                3:0     login, new session: ok
   9.500000       +0.0 ms  3:0     CONNECTION FAILED: socket error
   9.500100       +0.1 ms  3:0     state logged_in -> cleanup_wait
CPU:1 [LOST 3 EVENTS]
   9.500200       +0.2 ms  3:0     implicit logout of the failed connection by logging in with its CID
   9.501000       +1.0 ms  3:0     attempt 1 to reconnect: ECONNREFUSED
   9.502000       +2.0 ms  3:0     attempt 2 to reconnect: too many connections
   9.503000       +3.0 ms  3:0     attempt 3 to reconnect: ok
   9.504000       +4.0 ms  3:0     READ_10 lun 0, CmdSN 811, ITT 0x00001003: TASK REASSIGN sent, ExpDataSN 2
   9.505000       +5.0 ms  3:0     READ_10 lun 0, CmdSN 811, ITT 0x00001003: TASK REASSIGN answered: complete
   9.506000       +6.0 ms  3:0     WRITE_10 lun 1, CmdSN 812, ITT 0x00001004: never arrived, sent again
   9.507000       +7.0 ms  3:0     WRITE_10 lun 1, CmdSN 813, ITT 0x00001005: handed back to the SCSI layer with DID_TRANSPORT_DISRUPTED
   9.514210      +14.2 ms  3       RECOVERED in 14.2 ms: 1 command reassigned, 1 retried, 1 lost
  19.500000                3:0     Async Message from the target: request logout (0, 0, 10)
  20.500000                3:0     target rejected a PDU (snack): task in progress
  21.500000                3:0     something_new a=b"
	run 1 trace --file "$WORK/nonexistent"
}

case_trace_survives_anything()
{
	head -c 200000 /dev/urandom > "$WORK/noise"
	printf '%s\n' ': session' ': session1' '1: : session1 cid=' ' 1.0: x: session1' \
		'x 1.0: recovery_begin: session9' ' : : session1' > "$WORK/bits"
	run 0 trace --file "$WORK/noise"
	run 0 trace --file "$WORK/bits"
	run 0 trace --file /dev/null
}

case_trace_without_tracefs_or_driver()
{
	empty
	run 1 trace
	has "$ERR" "no tracefs"
	mkdir -p "$SYS/kernel/tracing/events" "$SYS/kernel/tracing/instances"
	run 1 trace
	has "$ERR" "not loaded"
	# an instance that cannot be used is removed again
	mkdir -p "$SYS/kernel/tracing/events/iscsi_erl2"
	run 1 trace
	is "$(ls "$SYS/kernel/tracing/instances")" ""
}

CASES=$(declare -F | sed -n 's/^declare -f case_//p')
ktap_print_header
ktap_set_plan "$(wc -w <<< "$CASES")"
for CASE in $CASES; do
	FAILED=0
	"case_$CASE"
	if [ $FAILED -eq 0 ]; then
		ktap_test_pass "${CASE//_/ }"
	else
		ktap_test_fail "${CASE//_/ }"
	fi
done
ktap_finished
