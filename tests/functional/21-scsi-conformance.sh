#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libiscsi's SCSI tests through a disk of ours and through one of iscsi_tcp, on
# the same LUN: each test must have the same verdict.

. "$(dirname "$0")/../lib/common.sh"

SUITES=${CU_TESTS:-LINUX.*}

# LIO complains loudly of each command that is refused: thousands of lines.
set_up()
{
	must "target" lio_up size=128M || return
	dmesg -n 3
	# In the flood a real fault could leave the log before anybody has seen it.
	background sh -c "exec dmesg --follow-new > '$WORK/follow'"
}

script_clean_up()
{
	dmesg -n 4
}

case_kernel_log_is_quiet()
{
	local faults

	faults=$(grep -E 'BUG|WARNING|Call Trace|Oops|iscsi_erl2|conn error' "$WORK/follow")
	eq "$faults" "" "faults in the kernel log"
	# for those who look later
	[ -z "$faults" ] || head -n 50 <<< "$faults" > /dev/kmsg
}

# verdicts DRIVER OUTPUT-FILE: one line for each test and its verdict
verdicts()
{
	local DRIVER=$1

	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session || return
	timeout $((300 * SLOW)) iscsi-test-cu --dataloss --verbose --test "$SUITES" "$SG" \
		> "$WORK/cu.$1" 2>&1
	msg "$1: iscsi-test-cu exited with $?"
	# "  Test: Simple ... passed", with the test's messages in between
	awk '/^Suite: / { suite = $2 }
		/^ *Test: / { if (test) print suite, test, verdict
			test = $2; verdict = "no verdict" }
		/passed$/ { verdict = "passed" }
		/FAILED/ { verdict = "FAILED" }
		/\[SKIPPED\]/ { skipped[suite, test] = 1 }
		END { if (test) print suite, test, verdict }' "$WORK/cu.$1" > "$2"
	must "logout" logout
	must "iscsid ends" iscsid_stop
	must "unload" driver_unload
}

case_same_verdicts_as_iscsi_tcp()
{
	verdicts stock "$WORK/expected"
	ge "$(wc -l < "$WORK/expected")" 100 "tests run through iscsi_tcp"
	verdicts "$DRIVER" "$WORK/got"
	msg "$(sort "$WORK/got" | awk '{ n[$NF]++ } END { for (v in n) printf "%s: %d  ", v, n[v] }')"
	must "same verdicts" diff "$WORK/expected" "$WORK/got"
}

run_cases set_up case_same_verdicts_as_iscsi_tcp case_kernel_log_is_quiet
