#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What takes more than one disk, or another name, with the scripted target: a
# reset is about one logical unit, nothing overtakes it, and names are as long
# as RFC 7143 lets them be.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

# begin ARG...: the target by $WORK/scenario, a session with it
begin()
{
	driver_param time2wait 0
	driver_param connections 1
	: > "$WORK/report"
	must "target" target_start "$WORK/scenario" "$@" || return
	must "session" new_session
}

# The session ends, and the judge has nothing to say.
end()
{
	must "logout" logout
	target_over "$1"
}

# So many writes have reached the target.
written()
{
	[ "$(grep -c '< ScsiCmd.*cdb=2a' "$WORK/log")" -ge "$1" ]
}

# Both units have a slow command when the first one is reset. That one's comes
# again, the other one's goes on and ends by itself. A read waits for room in the
# window, which comes while the reset is under way: RFC 7143 11.5.1 does not say
# what becomes of a command behind a reset, so there is none.
case_LUN_reset_is_about_one_unit()
{
	local one two disk pids=() pid

	cat > "$WORK/scenario" <<-END
		set window 3
		on rx ScsiCmd lun=1 op=0x2a nth=1 : stall 9000
		on rx ScsiCmd lun=1 op=0x2a nth=2 : stall 1000
		on rx ScsiCmd lun=0 op=0x2a nth=1 : stall 20000
		on rx Tmf fn=5 nth=1 : hold 1500
		expect rx ScsiCmd lun=0 op=0x2a count 2
		expect rx ScsiCmd lun=1 op=0x2a count 2
		expect rx Tmf fn=5 lun=0 count 1
		expect rx Tmf count 1
	END
	begin --lun ram:16m || return
	must "second disk" wait_disk 1
	two=$DISK
	must "first disk" wait_disk 0
	one=$DISK

	for disk in "$two" "$two" "$one"; do
		background dd if=/dev/zero of="$disk" bs=4k count=1 oflag=direct status=none
		pids+=("$BG_PID")
		wait_for 5 written ${#pids[@]}
	done
	background dd if="$two" of=/dev/null bs=4k count=1 iflag=direct status=none
	pids+=("$BG_PID")
	sleep 0.2
	must "reset" sg_reset --no-escalate --device "$SG"
	! gone "${pids[0]}" || fail "the reset ended a command of the other unit"
	for pid in "${pids[@]}"; do
		must "a command comes to its end" wait_for 20 gone "$pid"
		wait "$pid" || fail "a command fails"
	done
	awk '/< Tmf/ { behind = 1 }
		/> TmfRsp/ { behind = 0 }
		/< ScsiCmd/ && behind { print }' "$WORK/log" > "$WORK/behind"
	[ ! -s "$WORK/behind" ] || fail "behind the reset: $(head -n 1 "$WORK/behind")"
	end units
}

# RFC 7143 4.2.7.1: 223 bytes, through iscsiadm, iscsid and the Login. The target
# takes no other name than its own.
case_target_name_of_223_bytes()
{
	local IQN

	IQN=iqn.2025-01.org.example:$(printf '%0199d' 7)
	eq ${#IQN} 223 "length"
	: > "$WORK/scenario"
	begin || return
	eq "$(cat "$ISCSI_CLASS/iscsi_session/session$SID/targetname")" "$IQN" "targetname"
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct status=none
	must "recovery" kill_by_knob
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct status=none
	eq "$(recovery recoveries)" 1 recoveries
	end name
}

run_cases set_up case_LUN_reset_is_about_one_unit case_target_name_of_223_bytes
