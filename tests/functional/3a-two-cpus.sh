#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What another processor does at the same moment. The driver is delayed where it
# must not sleep (see points.c), so that one processor is not enough.
#
# guests: qemu debug

. "$(dirname "$0")/../lib/races.sh"

set_up_cpus()
{
	set_up_points
	ge "$(nproc)" 2 processors
}

# The answer to a Logout wakes its waiter, who is done with the exchange at once.
case_logout_answered_and_forgotten()
{
	local PATIENCE=60

	begin 2 2 < /dev/null || return
	must "login" login || return
	must "two connections" wait_for 20 connections_up 2
	must "disk" wait_disk
	must "delay" delay logout 2000 1
	background recovery_set connections 1
	must "the answer" wait_for 10 passed logout
	# Wakes who waits.
	kill_by_knob 0
	must "one connection" wait_for 20 connections_up 1
	must "the session is up" wait_for 15 recovery_is state up
	must "the disk works" write_once
	over
}

# A session is stopped when a command is about to be queued: it ends with all others,
# and not by its timeout.
case_command_queued_as_the_session_stops()
{
	begin 1 2 < /dev/null || return
	must "login" login || return
	must "disk" wait_disk
	echo 120 > "/sys/block/${DISK##*/}/device/timeout"
	must "delay" delay queue 2000 1
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none 2> "$WORK/dd"
	must "a command" wait_for 10 passed queue
	ask stop "$SID" 0 1 || fail "stop_conn fails"
	must "the command has ended" wait_for 15 gone "$BG_PID"
	over
}

# Much at the same time, with all delays armed for a moment each.
case_storm()
{
	local PATIENCE=60 end name

	begin 3 2 <<-SCN || return
		set latency 2000
		at 300 login every=$((700 * SLOW)) jitter=400 : rst random
		at 900 login every=$((1500 * SLOW)) jitter=900 : async 2 random
	SCN
	must "login" login || return
	must "three connections" wait_for 20 connections_up 3
	must "disk" wait_disk
	fio_start $((15 / SLOW + 1)) --bsrange=4k-128k --iodepth=16
	must "I/O" fio_started
	for name in take hand_back install remove; do
		delay "$name" 3
	done
	delay 'done' 1
	end=$((SECONDS + 12))
	while [ $SECONDS -lt $end ] && fio_running; do
		recovery_set connections 2
		sg_reset -d "$DISK" > /dev/null 2>&1
		ask stats "$SID" 1 200
		recovery_set connections 3
		kill_by_knob 0
		pause 0.3
	done
	disarm
	must "data" fio_finish 90
	over
}

run_cases set_up_cpus case_logout_answered_and_forgotten case_command_queued_as_the_session_stops \
	case_storm
