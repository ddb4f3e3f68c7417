#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# libiscsi's SCSI tests through a disk of ours and through one of iscsi_tcp, on
# the same LUN: each test must have the same verdict.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

# All of them take minutes in an emulated machine: there it is one suite of each
# kind. User Mode Linux runs all.
if [ -n "${ERL2_CU_SUITES:-}" ]; then
	read -ra SUITES <<< "$ERL2_CU_SUITES"
elif [ "$ERL2_GUEST" = uml ]; then
	SUITES=('LINUX.*')
else
	SUITES=(LINUX.Inquiry LINUX.Mandatory LINUX.ModeSense6 LINUX.Read10
		LINUX.ReadCapacity16 LINUX.TestUnitReady LINUX.Write16 LINUX.Unmap
		LINUX.Verify12 LINUX.WriteVerify10)
fi

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

	faults=$(grep -E 'BUG|WARNING|Call Trace|Oops|conn error|recovering|new session' "$WORK/follow")
	eq "$faults" "" "faults in the kernel log"
	# for those who look later
	[ -z "$faults" ] || head -n 50 <<< "$faults" > /dev/kmsg
}

# verdicts DRIVER OUTPUT-FILE: one line for each test and its verdict
verdicts()
{
	local DRIVER=$1 suite

	: > "$WORK/cu.$1"
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session || return
	for suite in "${SUITES[@]}"; do
		timeout $((200 * SLOW)) iscsi-test-cu --dataloss --verbose --test "$suite" \
			"$SG" >> "$WORK/cu.$1" 2>&1
		[ $? -lt 124 ] || fail "iscsi-test-cu does not come to an end with $suite"
	done
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
	ge "$(wc -l < "$WORK/expected")" 40 "tests run through iscsi_tcp"
	verdicts "$DRIVER" "$WORK/got"
	msg "$(sort "$WORK/got" | awk '{ n[$NF]++ } END { for (v in n) printf "%s: %d  ", v, n[v] }')"
	ge "$(grep -c passed "$WORK/got")" 30 "tests passed"
	must "same verdicts" diff "$WORK/expected" "$WORK/got"
}

run_cases set_up case_same_verdicts_as_iscsi_tcp case_kernel_log_is_quiet
