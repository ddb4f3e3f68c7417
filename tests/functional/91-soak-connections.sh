#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# SOAK seconds of fio with verification over four connections, of which a random
# one is lost every half second: reset, in the dark, or dropped by the target,
# while others are opened and removed. Against LIO and against the scripted
# target, whose judge has nothing to say.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

SOAK=${SOAK:-15}
NOPS=("node.conn[0].timeo.noop_out_interval" 1 "node.conn[0].timeo.noop_out_timeout" 1)

set_up()
{
	mkdir -p "$KEEP"
	must "driver" driver_load connections=4 || return
	must "iscsid" iscsid_start
}

# A random one of the connections: its port on our side.
random_port()
{
	local ports

	mapfile -t ports < <(ss -Htn state established "( dport = :$PORT )" |
		awk '{ print $3 }' | sed 's/.*://')
	[ ${#ports[@]} -gt 0 ] && echo "${ports[RANDOM % ${#ports[@]}]}"
}

# One thing that goes wrong, or that an administrator does.
trouble()
{
	local port

	case $((RANDOM % 6)) in
	0)	recovery_set connections $((RANDOM % 3 + 2)) ;;
	1)	recovery_set connections 4 ;;
	2)	kill_by_knob 0 ;;
	3)	port=$(random_port) || return
		nft -f - <<-EOF
			table inet erl2_hole {
				chain out {
					type filter hook output priority 0;
					tcp dport $PORT tcp sport $port drop
					tcp sport $PORT tcp dport $port drop
				}
			}
		EOF
		sleep 2.5
		blackhole_off ;;
	*)	port=$(random_port) || return
		ss -K state established "( sport = :$port )" ;;
	esac
}

troubles()
{
	local end=$((SECONDS + SOAK))

	RANDOM=7
	while [ $SECONDS -lt $end ]; do
		sleep 0.5
		trouble
	done > "$WORK/troubles" 2>&1
}

load_begins()
{
	FIO_RATE=''
	fio_start $((SOAK * 4 + 60)) --numjobs=3 --bsrange=4k-256k --size=15M \
		--offset_increment=15M
	must "fio starts" fio_started
}

load_ends()
{
	must "works again" wait_for 20 recovery_is state up
	must "I/O goes on" disk_works_on
	must "zero I/O errors, zero verify errors" fio_stop
	msg "$(recovery recoveries) recoveries, $(recovery tasks_reassigned) tasks" \
		"reassigned, $(recovery tasks_retried) retried," \
		"last took $(recovery last_recovery_us) us"
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
}

case_LIO()
{
	must "target" lio_up max_connections=4 || return
	must "login" new_session "${NOPS[@]}" || return
	must "four connections" wait_for 10 connections_up 4
	must "lag" lag_on 1
	load_begins
	troubles
	lag_off
	load_ends
	ge "$(recovery recoveries)" $((SOAK / 6 / SLOW)) recoveries
	must "logout" logout
	must "target" lio_down
}

case_scripted_target()
{
	must "parameter" driver_param connections 4
	cat > "$WORK/soak.scn" <<-EOF
		seed 7
		set blackhole 1
		at 500 login every=1500 jitter=200 : rst random
		at 1000 login every=1500 jitter=200 : async 2 random
		at 1500 login every=3000 jitter=200 : silence random
		at 3000 login every=3000 jitter=200 : fin random
	EOF
	: > "$WORK/report"
	must "target" target_start "$WORK/soak.scn" || return
	must "login" new_session "${NOPS[@]}" || return
	must "four connections" wait_for 10 connections_up 4
	load_begins
	sleep "$SOAK"
	# The trouble goes on, so "all is well" is a matter of a moment.
	must "works again" wait_for 20 recovery_is state up
	must "I/O goes on" disk_works_on
	must "zero I/O errors, zero verify errors" fio_stop
	msg "$(recovery recoveries) recoveries, $(recovery tasks_reassigned) tasks" \
		"reassigned, $(recovery tasks_retried) retried"
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	ge "$(recovery recoveries)" $((SOAK / 2 / SLOW)) recoveries
	must "logout" logout
	target_over soak
}

run_cases set_up case_LIO case_scripted_target
