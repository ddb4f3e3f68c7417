#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a lost connection costs a session that has others: its own commands two
# round trips, those of the others nothing.
#
# guests: qemu

. "$(dirname "$0")/../lib/common.sh"

DELAY=100		# ms each way
SLACK=150000		# us: less than one round trip more

set_up()
{
	must "target" lio_up max_connections=4 || return
	must "driver" driver_load connections=4 || return
	must "iscsid" iscsid_start || return
	must "login" new_session || return
	must "four connections" wait_for 10 connections_up 4
}

# One for the Logout, one for the TASK REASSIGNs: the median of three, for an
# emulated machine stands still now and then.
case_two_round_trips()
{
	local i before us tasks all=()

	must "lag" lag_on $DELAY
	for i in 1 2 3; do
		fio_start 60
		must "fio starts" fio_started
		sleep 1
		before=$(recovery recoveries)
		tasks=$(recovery tasks_reassigned)
		kill_by_knob $i
		must "recovered" wait_recoveries $((before + 1))
		us=$(recovery last_recovery_us)
		msg "connection $i: $us us," \
			"$(($(recovery tasks_reassigned) - tasks)) tasks reassigned"
		ge "$(recovery tasks_reassigned)" $((tasks + 1)) "tasks_reassigned"
		all+=("$us")
		must "data verified" fio_stop
		must "opened again" wait_for 10 connections_up 4
	done
	lag_off
	mapfile -t all < <(printf '%s\n' "${all[@]}" | sort -n)
	le "${all[1]}" $((4 * DELAY * 1000 + SLACK)) "median of last_recovery_us"
}

# p99 SECONDS: sets P99, in us, of random reads
p99()
{
	fio --name=p99 --filename="$DISK" --ioengine=libaio --direct=1 --rw=randread \
		--bs=4k --iodepth=8 --time_based --runtime="$1" --output-format=terse \
		> "$WORK/p99" 2>&1 || fail "fio exits with $?"
	P99=$(tail -n 1 "$WORK/p99" | tr ';' '\n' |
		sed -n 's/^99\.000000%=\([0-9]*\)$/\1/p' | head -n 1)
}

case_the_others_do_not_wait()
{
	local quiet killer before

	p99 8
	quiet=$P99
	before=$(recovery recoveries)
	(for i in 1 2 3 1 2 3; do
		sleep 1
		kill_by_knob $i
	done) &
	killer=$!
	p99 8
	wait $killer
	must "recovered" wait_recoveries $((before + 6))
	msg "p99 of a read: $quiet us, with a connection lost each second $P99 us"
	le "$P99" $((2 * quiet)) "p99 with losses"
	eq "$(recovery reinstatements)" 0 reinstatements
}

run_cases set_up case_two_round_trips case_the_others_do_not_wait
