#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What an administrator does all day with iscsiadm: discovery, login, a look at
# the session, rescan, logout. Two LUNs, two portals, one of them IPv6.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "target" lio_up luns=2 portals="127.0.0.1:3260 [::1]:3260" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

case_discovery_finds_both_portals()
{
	must "discovery" discover || return
	must "IPv4 portal" grep -q "^127.0.0.1:3260,1 $IQN\$" "$WORK/discovery"
	must "IPv6 portal" grep -q "^\[::1\]:3260,1 $IQN\$" "$WORK/discovery"
}

case_login_attaches_both_disks()
{
	must "login" login || return
	must "second LUN" wait_disk 1
	must "first LUN" wait_disk 0
	eq "$(cat "/sys/block/${DISK##*/}/size")" $((64 << 11)) "sectors"
	eq "$(session state)" LOGGED_IN "session state"
}

case_parameters_in_sysfs()
{
	eq "$(session targetname)" "$IQN" targetname
	eq "$(session initiatorname)" "$INITIATOR" initiatorname
	eq "$(session tpgt)" 1 tpgt
	eq "$(session erl)" 0 "ErrorRecoveryLevel as iscsid may see it"
	eq "$(session ifacename)" default ifacename
	eq "$(conn address)" 127.0.0.1 address
	eq "$(conn port)" 3260 port
	eq "$(conn persistent_address)" 127.0.0.1 persistent_address
	eq "$(conn header_digest)" 0 header_digest
	eq "$(conn ping_tmo)" 5 ping_tmo
	eq "$(session recovery_tmo)" 120 recovery_tmo
	# RFC 7143, 13.14: FirstBurstLength is the lesser of both sides' values
	eq "$(session first_burst_len)" 65536 first_burst_len
	eq "$(session immediate_data)" 1 immediate_data
	eq "$(session initial_r2t)" 1 "initial_r2t (LIO wants it)"
	eq "$(conn max_xmit_dlength)" 262144 "target's MaxRecvDataSegmentLength"
}

case_session_P3_shows_all_of_it()
{
	local out=$WORK/P3 line

	iadm -m session -P 3 > "$out" 2>&1 || fail "session -P 3 exits with $?"
	for line in "Target: $IQN" "Current Portal: 127.0.0.1:3260,1" \
			"Iface Transport: tcp" "Iface Initiatorname: $INITIATOR" \
			"iSCSI Session State: LOGGED_IN" \
			"iSCSI Connection State: LOGGED IN" \
			"Internal iscsid Session State: NO CHANGE" \
			"HeaderDigest: None" "DataDigest: None" \
			"MaxRecvDataSegmentLength: 262144" "FirstBurstLength: 65536" \
			"ImmediateData: Yes" "InitialR2T: Yes" \
			"Attached scsi disk ${DISK##*/}" "State: running"; do
		grep -qF "$line" "$out" || fail "no '$line' in session -P 3"
	done
	[ "$CASE_FAILED" -eq 0 ] || sed 's/^/# | /' "$out"
}

case_session_s_counts_the_PDUs()
{
	local out=$WORK/stats

	must "a read" dd if="$DISK" of=/dev/null bs=64k count=4 iflag=direct
	iadm -m session -r "$SID" -s > "$out" 2>&1 || fail "session -s exits with $?"
	ge "$(sed -n 's/.*scsicmd_pdus: *\([0-9]*\).*/\1/p' "$out")" 4 scsicmd_pdus
	ge "$(sed -n 's/.*rxdata_octets: *\([0-9]*\).*/\1/p' "$out")" 262144 rxdata_octets
	eq "$(sed -n 's/.*digest_err: *\([0-9]*\).*/\1/p' "$out")" 0 digest_err
	need_erl2 || return 0
	for name in recoveries reinstatements tasks_reassigned tasks_retried tasks_lost; do
		eq "$(sed -n "s/.*$name: *\([0-9]*\).*/\1/p" "$out")" 0 "statistic $name"
	done
	[ "$CASE_FAILED" -eq 0 ] || sed 's/^/# | /' "$out"
}

case_recovery_group_in_sysfs()
{
	local name

	eq "$(recovery error_recovery_level)" 2 error_recovery_level
	eq "$(recovery connections)" 1 connections
	eq "$(recovery time2wait)" 0 time2wait
	eq "$(recovery time2retain)" 60 time2retain
	eq "$(recovery state)" up state
	eq "$(conn_recovery state)" logged_in "connection state"
	eq "$(conn_recovery portal)" 127.0.0.1:3260 portal
	for name in recoveries reinstatements tasks_reassigned tasks_retried tasks_lost; do
		eq "$(recovery "$name")" 0 "$name"
	done
}

case_written_data_is_read_back()
{
	must "pattern" dd if=/dev/urandom of="$WORK/data" bs=1M count=8 status=none
	must "write" dd if="$WORK/data" of="$DISK" bs=1M oflag=direct status=none
	must "read and compare" cmp -n 8388608 "$WORK/data" "$DISK"
	must "write in odd places" dd if="$WORK/data" of="$DISK" bs=512 count=77 seek=3001 oflag=direct status=none
	must "read" dd if="$DISK" of="$WORK/back" bs=512 count=77 skip=3001 iflag=direct status=none
	must "compare" cmp -n $((77 * 512)) "$WORK/data" "$WORK/back"
}

case_rescan()
{
	must "rescan of the session" iadm -m session -r "$SID" --rescan
	must "rescan of all" iadm -m session --rescan
	must "disk is still there" wait_disk 0
}

case_second_login_is_refused()
{
	# ISCSI_ERR_SESS_EXISTS
	must_fail_with 15 "login to the same portal" \
		iadm -m node -T "$IQN" -p "$PORTAL" --login
	eq "$(sessions | wc -w)" 1 "sessions"
}

case_logout()
{
	local start=$SECONDS

	must "logout" logout
	# Without an answer iscsid waits for logout_timeout (15 s) and then says
	# that all was well.
	le $((SECONDS - start)) $((5 * SLOW)) "seconds that the logout took"
	eq "$(sessions)" "" "sessions after logout"
	must_fail_with 21 "session list" iadm -m session
}

case_IPv6_portal()
{
	PORTAL='[::1]:3260'
	must "login" new_session
	# iscsi_tcp writes the zeros out
	eq "$(conn address | sed 's/^\(0000:\)*0001$/::1/')" ::1 address
	must "a read" dd if="$DISK" of=/dev/null bs=64k count=4 iflag=direct
	! need_erl2 || eq "$(conn_recovery portal)" '[::1]:3260' portal
	must "logout" logout
	PORTAL=127.0.0.1:3260
}

case_both_portals_at_once()
{
	must "login everywhere" iadm -m node -T "$IQN" --login
	eq "$(sessions | wc -w)" 2 sessions
	must "logout everywhere" iadm -m node -T "$IQN" --logout
	eq "$(sessions | wc -w)" 0 sessions
}

cases=(case_discovery_finds_both_portals case_login_attaches_both_disks
	case_parameters_in_sysfs case_session_P3_shows_all_of_it
	case_session_s_counts_the_PDUs)
! need_erl2 || cases+=(case_recovery_group_in_sysfs)
run_cases set_up "${cases[@]}" case_written_data_is_read_back case_rescan \
	case_second_login_is_refused case_logout case_IPv6_portal \
	case_both_portals_at_once
