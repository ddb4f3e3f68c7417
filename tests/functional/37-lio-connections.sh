#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# LIO, stock and with the fix-up, lives through the end of sessions of several
# connections: one of them is lost, some, all, silently, their number is lowered,
# the error handler asks for a new session. LIO runs in the guest's own kernel:
# where it panics the guest does.
#
# The whole matrix (hours in QEMU):
#
#	ERL2_TEST_TIMEOUT=20000 tests/vm/run --build --timeout 20100 \
#		--env LIO_TIMES=20 --env LIO_FIXUP="no yes" --env LIO_LEVELS="0 1 2" \
#		--env LIO_CONNS="2 3 4 8" --env LIO_LOSSES="one some all dark shrunk reset" \
#		-- tests/run-guest.sh 37-lio-connections.sh
#
# guests: qemu

. "$(dirname "$0")/../lib/common.sh"

# Each cell is FIXUP:LEVEL:CONNECTIONS, each loss NAME or NAME*TIMES.
CELLS='no:0:2 no:0:4 no:1:8 yes:1:4 yes:2:4'
LOSSES=${LIO_LOSSES:-one*3 some all shrunk reset}
TIMES=${LIO_TIMES:-1}
# The processor is for the target, and for what looks at all this.
FIO_RATE=100

if [ -n "${LIO_FIXUP:-}${LIO_LEVELS:-}${LIO_CONNS:-}" ]; then
	CELLS=''
	for fixup in ${LIO_FIXUP:-no yes}; do
		for level in ${LIO_LEVELS:-0 1 2}; do
			for n in ${LIO_CONNS:-2 3 4 8}; do
				# Without the fix-up level 2 is LIO's end in any case.
				[ "$fixup:$level" = no:2 ] || CELLS+="$fixup:$level:$n "
			done
		done
	done
fi

set_up()
{
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

# fresh_target KEY=VALUE...: the fix-up is there, or it is not
fresh_target()
{
	local modules=()

	[ "$FIXUP" = yes ] || modules=(--modules)
	must "old target" lio_down ${modules[@]+"${modules[@]}"}
	must "target" lio_up "fixup=$FIXUP" "erl=$LEVEL" "max_connections=$CONNS" "$@"
}

log_in()
{
	must "parameter" driver_param connections "$CONNS"
	must "login" new_session "node.conn[0].timeo.noop_out_interval" 1 \
		"node.conn[0].timeo.noop_out_timeout" 2 || return
	must "$CONNS connections" wait_for 15 connections_up "$CONNS"
}

lose_one()
{
	kill_by_knob $(($1 % CONNS))
}

# Every other one, beginning with the first or with the second.
lose_some()
{
	local i

	for ((i = $1 % 2; i < CONNS; i += 2)); do
		kill_by_knob "$i"
	done
}

lose_all()
{
	kill_by_ss
}

# LIO hears nothing of it, not even the resets.
lose_dark()
{
	blackhole_on new
	wait_for 20 session_not_up
}

lose_shrunk()
{
	must "connections 1" recovery_set connections 1
	must "one is up" wait_for 15 connections_up 1
	must "connections $CONNS" recovery_set connections "$CONNS"
	must "all are up again" wait_for 20 connections_up "$CONNS"
}

lose_reset()
{
	must "host reset" sg_reset --no-escalate --host "$SG"
}

session_not_up()
{
	! recovery_is state up
}

# Something became of the loss, and all is well again.
settled()
{
	recovery_reached reinstatements $((REINSTATED + 1)) ||
		recovery_reached recoveries $((RECOVERED + 1)) || return
	recovery_is state up && connections_up "$CONNS"
}

# Before a loss: what settled looks for, and for the log of a panic.
mark()
{
	echo > /dev/kmsg "lio-connections: fix-up $FIXUP, level $LEVEL, $CONNS connections, $*"
	recovery_value reinstatements
	REINSTATED=$VALUE
	recovery_value recoveries
	RECOVERED=$VALUE
}

# new_sessions: sets NEW to how many there were since then
new_sessions()
{
	recovery_value reinstatements
	NEW=$((VALUE - REINSTATED))
}

# lose_times LOSS TIMES
lose_times()
{
	local loss=$1 i start=$SECONDS

	for ((i = 0; i < $2; i++)); do
		mark "$loss, $i"
		"lose_$loss" "$i"
		[ "$loss" = shrunk ] ||
			must "$loss lost: all is well again" wait_for 30 settled || return
		blackhole_off
		must "I/O goes on" disk_works_on 20 || return
		new_sessions
		case $loss:$LEVEL in
		shrunk:*)	eq $NEW 0 "new sessions for a number lowered" ;;
		reset:*|one:[01])	eq $NEW 1 "new sessions" ;;
		*:[01])		ge $NEW 1 "new sessions" ;;
		*)		eq $NEW 0 "new sessions" ;;
		esac
	done
	msg "$loss: $i times, $((SECONDS - start)) s"
}

cell()
{
	local loss times

	FIXUP=$1 LEVEL=$2 CONNS=$3
	fresh_target || return
	log_in || return
	fio_start 3600
	must "I/O begins" disk_works_on 60
	must "lag" lag_on 2
	for loss in $LOSSES; do
		times=$TIMES
		[[ $loss != *'*'* ]] || times=$((${loss#*\*} * TIMES))
		lose_times "${loss%\**}" "$times" || break
	done
	blackhole_off
	must "data verified" fio_stop
	lag_off
	mark logout
	must "logout" logout
}

# Level 2 falls back to a new session, without a connection that works.
case_Time2Retain_passes()
{
	local i

	FIXUP=yes LEVEL=2 CONNS=4
	fresh_target time2retain=2 || return
	log_in || return
	fio_start 3600
	must "I/O begins" disk_works_on 60
	for ((i = 0; i < TIMES; i++)); do
		mark "Time2Retain passes, $i"
		must "connections are refused" refuse_on
		# What was sent meanwhile has been answered by a reset.
		kill_by_ss
		must "Time2Retain is over" wait_for 10 recovery_is state reinstating
		blackhole_off
		must "all is well again" wait_for 30 settled || break
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	must "logout" logout
}

case_target_has_forgotten_the_session()
{
	local i disk=("backstore=fileio" "device=$WORK/disk")

	FIXUP=yes LEVEL=2 CONNS=4
	must "disk" truncate -s 64M "$WORK/disk"
	fresh_target "${disk[@]}" || return
	log_in || return
	fio_start 3600
	must "I/O begins" disk_works_on 60
	for ((i = 0; i < TIMES; i++)); do
		mark "session forgotten, $i"
		fresh_target "${disk[@]}" || break
		must "all is well again" wait_for 30 settled || break
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	must "logout" logout
	must "target" lio_down
}

cases=()
for c in $CELLS; do
	name=case_${c/:/_fixup_level_}
	name=${name/:/_connections_}
	eval "$name() { cell ${c//:/ }; }"
	cases+=("$name")
done
[ -n "${LIO_FIXUP:-}" ] && [[ $LIO_FIXUP != *yes* ]] ||
	cases+=(case_Time2Retain_passes case_target_has_forgotten_the_session)

run_cases set_up "${cases[@]}"
