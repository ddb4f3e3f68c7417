#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Exactly once: numbered writes while the connection is reset again and again.
# Below the target, at the block device that backs the LUN, each is seen once,
# and behind all those that had completed before it was submitted.
#
# iscsi_tcp does not pass this (ERL2_DRIVER=stock shows it): what was in flight
# when the connection died is sent again as new commands.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

WRITES=${ERL2_ONCE_WRITES:-10000}
RESETS=${ERL2_ONCE_RESETS:-20}	# at most

set_up()
{
	# A place for each write, every other block.
	must "RAM disk" modprobe brd rd_nr=1 rd_size=$((WRITES * 8 + 4096)) || return
	must "target" lio_up backstore=iblock device=/dev/ram0 \
		header_digest=None data_digest=None || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session node.session.iscsi.DefaultTime2Wait 0
}

script_clean_up()
{
	# The target lets go of it before: see lio_down below.
	lio_down && { ! [ -d /sys/module/brd ] || wait_for 5 rmmod brd; }
}

case_numbered_writes_with_resets()
{
	local devno pid i killed=0

	devno=$(cat /sys/block/ram0/dev)
	# Requests and responses are under way all the time, so that each
	# reset finds commands that are executed but not answered.
	must "lag" lag_on 3 || return
	TRACE_KB=16384 trace_start block:block_bio_queue || fail "no trace" || return
	"$BIN/once" write -n "$WRITES" -d 16 -r "${ERL2_ONCE_RATE:-1500}" -l "$WORK/once.log" "$DISK" \
		> "$WORK/once" 2>&1 &
	pid=$!
	BACKGROUND+=("$pid")
	for ((i = 0; i < RESETS; i++)); do
		sleep 1
		alive "$pid" || break
		! need_erl2 || wait_for 10 recovery_is state up
		! kill_by_ss || killed=$((killed + 1))
	done
	wait_for 60 gone "$pid" || fail "the writes do not come to an end" || return
	wait "$pid" || fail "once write exited with $?"
	sed 's/^/# | /' "$WORK/once"
	echo 0 > "$TRACING"/tracing_on
	cat "$TRACING"/trace > "$WORK/trace"
	trace_stop

	# The reset of an idle connection would prove nothing.
	ge "$killed" 3 "connections reset while writes were going on"
	must "exactly once, in order" "$BIN/once" check -n "$WRITES" \
		-l "$WORK/once.log" -t "$WORK/trace" -m "${devno/:/,}"
	need_erl2 || return 0
	must "recovered" wait_recoveries "$killed"
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	ge $(($(recovery tasks_reassigned) + $(recovery tasks_retried))) 1 \
		"commands continued"
}

run_cases set_up case_numbered_writes_with_resets
