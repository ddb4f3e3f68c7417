#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Connection recovery with what may be negotiated beside it: CHAP and digests,
# Time2Wait, small bursts, IPv6, and with its knobs in sysfs.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

V6_PORTAL='[::1]:3260'

set_up()
{
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

# with_target SETTING...: a new target
with_target()
{
	lio_down && lio_up "$@"
}

# recoveries_under_load N KILL-COMMAND...
recoveries_under_load()
{
	local n=$1 i
	shift

	must "lag" lag_on 10
	fio_start 60
	must "fio starts" fio_started
	for ((i = 1; i <= n; i++)); do
		must "kill" "$@"
		must "recovered" wait_recoveries $i || break
		must "I/O goes on" disk_works_on
	done
	must "data verified" fio_stop
	lag_off
	eq "$(recovery recoveries)" "$n" recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	ge $(($(recovery tasks_reassigned) + $(recovery tasks_retried))) 1 "commands continued"
}

case_CHAP_and_digests()
{
	must "target" with_target "chap=someone:$SECRET" "chap_mutual=target:$MUTUAL_SECRET" \
		digest=CRC32C || return
	must "login" new_session node.session.auth.authmethod CHAP \
		node.session.auth.username someone node.session.auth.password "$SECRET" \
		node.session.auth.username_in target \
		node.session.auth.password_in "$MUTUAL_SECRET" \
		node.session.auth.chap_algs SHA3-256 \
		"node.conn[0].iscsi.HeaderDigest" CRC32C \
		"node.conn[0].iscsi.DataDigest" CRC32C || return
	recoveries_under_load 3 kill_by_ss
	eq "$(conn header_digest)$(conn data_digest)" 11 "digests after recovery"
	must "logout" logout
	must_fail_with 1 "secrets in dmesg" \
		sh -c "dmesg | grep -q -e '$SECRET' -e '$MUTUAL_SECRET'"
}

case_immediate_and_unsolicited_data()
{
	must "target" with_target initial_r2t=No immediate_data=Yes || return
	# LIO rejects the rest of unsolicited data that began on a lost connection
	# and drops the connection, so what is unsolicited is immediate here.
	must "login" new_session node.session.iscsi.FirstBurstLength 65536 || return
	recoveries_under_load 3 kill_by_ss
	must "logout" logout
}

case_small_bursts()
{
	must "target" with_target || return
	must "login" new_session node.session.iscsi.FirstBurstLength 4096 \
		node.session.iscsi.MaxBurstLength 8192 \
		"node.conn[0].iscsi.MaxRecvDataSegmentLength" 4096 || return
	recoveries_under_load 3 kill_by_ss
	must "logout" logout
}

case_IPv6()
{
	must "target" with_target portals="$V6_PORTAL" || return
	PORTAL=$V6_PORTAL
	must "login" new_session || return
	recoveries_under_load 2 kill_by_ss
	eq "$(conn_recovery portal)" "$V6_PORTAL" portal
	must "logout" logout
	use_lio
}

case_Time2Wait_is_waited()
{
	must "target" with_target time2wait=2 || return
	must "login" new_session || return
	eq "$(recovery time2wait)" 2 "negotiated time2wait"
	recoveries_under_load 1 kill_by_ss
	ge "$(recovery last_recovery_us)" 2000000 last_recovery_us
	[ "$SAN" = 1 ] || le "$(recovery last_recovery_us)" 3500000 last_recovery_us
	must "logout" logout
}

case_time2wait_may_be_raised_and_time2retain_lowered()
{
	must "target" with_target time2wait=1 time2retain=30 || return
	must "login" new_session || return
	eq "$(recovery time2wait)" 1 time2wait
	eq "$(recovery time2retain)" 30 time2retain
	must "raise time2wait" recovery_set time2wait 2
	must "lower time2retain" recovery_set time2retain 20
	must_fail_with 1 "lower time2wait below what was negotiated" recovery_set time2wait 0
	must_fail_with 1 "raise time2retain above what was negotiated" \
		recovery_set time2retain 31
	eq "$(recovery time2wait)" 2 time2wait
	eq "$(recovery time2retain)" 20 time2retain
	recoveries_under_load 1 kill_by_knob
	ge "$(recovery last_recovery_us)" 2000000 last_recovery_us
	must "logout" logout
}

case_knobs_keep_what_is_written()
{
	local knob

	must "target" with_target || return
	must "login" new_session || return
	for knob in login_timeout logout_timeout reassign_timeout; do
		must "$knob" recovery_set $knob 7
		eq "$(recovery $knob)" 7 $knob
		must_fail_with 1 "$knob: 0" recovery_set $knob 0
		must_fail_with 1 "$knob: x" recovery_set $knob x
		eq "$(recovery $knob)" 7 "$knob afterwards"
	done
	must "reconnect_delay_max" recovery_set reconnect_delay_max 3000
	must "reconnect_delay" recovery_set reconnect_delay 50
	eq "$(recovery reconnect_delay)" 50 reconnect_delay
	eq "$(recovery reconnect_delay_max)" 3000 reconnect_delay_max
	must_fail_with 1 "a level is not written" recovery_set error_recovery_level 0
	recoveries_under_load 1 kill_by_knob
	must "logout" logout
}

run_cases set_up case_CHAP_and_digests case_immediate_and_unsolicited_data \
	case_small_bursts case_IPv6 case_Time2Wait_is_waited \
	case_time2wait_may_be_raised_and_time2retain_lowered \
	case_knobs_keep_what_is_written
