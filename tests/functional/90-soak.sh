#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# SOAK seconds of fio, 4 jobs of random reads and writes of 4k to 256k with
# verification, the connection reset every 2 s; plain, and with CHAP and CRC32C.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

SOAK=${SOAK:-15}
EVERY=2

set_up()
{
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

soak()
{
	local killed

	must "trace" trace_start iscsi_erl2:recovery_end || return
	FIO_RATE=''
	fio_start $((SOAK * 4 + 60)) --numjobs=4 --bsrange=4k-256k --size=15M \
		--offset_increment=15M
	must "fio starts" fio_started
	# It reads a little as well, and resets the connection meanwhile.
	must "zero read errors" "$BIN/stall" -t "$SOAK" -i $EVERY -d 1 -k "$PORT" "$DISK"
	killed=$(sed -n 's/.*events=\([0-9]*\).*/\1/p' "$WORK/must")
	msg "stall: $(tail -n 1 "$WORK/must")"
	must "recovered" wait_recoveries "$killed" 20
	must "I/O goes on" disk_works_on
	must "zero I/O errors, zero verify errors" fio_stop
	msg "$killed resets, $(recovery recoveries) recoveries," \
		"$(recovery tasks_reassigned) tasks reassigned," \
		"$(recovery tasks_retried) retried, last took $(recovery last_recovery_us) us"
	ge "$killed" $((SOAK * 5 / 12 / SLOW)) "resets"
	eq "$(recovery recoveries)" "$killed" recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	eq "$(trace_count recovery_end)" "$killed" "recovery_end events"
	trace_stop
	ge $(($(recovery tasks_reassigned) + $(recovery tasks_retried))) 1 "commands continued"
	must "logout" logout
}

case_plain()
{
	must "target" lio_up || return
	must "login" new_session || return
	soak
	must "target" lio_down
}

case_CHAP_and_digests()
{
	must "target" lio_up "chap=someone:$SECRET" || return
	must "login" new_session node.session.auth.authmethod CHAP \
		node.session.auth.username someone node.session.auth.password "$SECRET" \
		"node.conn[0].iscsi.HeaderDigest" CRC32C \
		"node.conn[0].iscsi.DataDigest" CRC32C || return
	soak
}

run_cases set_up case_plain case_CHAP_and_digests
