#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The names that scripts hold on to: attributes as Documentation/ABI says,
# custom statistics in iscsiadm, tracepoints, and the tool on a real session.

. "$(dirname "$0")/../lib/common.sh"

TOOL=$BIN/iscsi-erl2
ABI=$TESTS/../Documentation/ABI/testing/sysfs-class-iscsi-erl2

set_up()
{
	must "target" lio_up || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session
}

# "path access" of each attribute documented, for the session under test
documented()
{
	awk -v sid="$SID" '
	/^What:/ { path = $2; sub(/<N>/, sid, path); sub(/<C>/, 0, path); seen = 0 }
	/^Description:/ { seen = 1; next }
	seen == 1 && NF { seen = 2; print path, substr($1, 2, 2) }
	' "$ABI"
}

case_attributes_are_those_documented()
{
	local path access mode group

	while read -r path access; do
		case $access in
		RO) mode=444 ;;
		RW) mode=644 ;;
		WO) mode=200 ;;
		esac
		eq "$(stat -c %a "$path" 2>&1)" $mode "mode of $path"
		[ $access = WO ] || must "read $path" cat "$path"
	done < <(documented)

	for group in iscsi_session/session$SID iscsi_connection/connection$SID:0; do
		# shellcheck disable=SC2012	# names without surprises
		eq "$(ls "$ISCSI_CLASS/$group/recovery" | sort | tr '\n' ' ')" \
			"$(documented | sed -n "s|^.*/$group/recovery/\([^ ]*\) .*|\1|p" |
				sort | tr '\n' ' ')" "attributes of $group"
	done
}

case_values_of_a_healthy_session()
{
	eq "$(recovery state)" up state
	eq "$(recovery error_recovery_level)" 2 level
	eq "$(recovery connections)" 1 connections
	eq "$(recovery last_recovery_us)" 0 last_recovery_us
	eq "$(conn_recovery state)" logged_in "connection's state"
	eq "$(conn_recovery portal)" "$PORTAL" portal
	eq "$(conn_recovery tasks)" 0 tasks
}

# tool ARGUMENT...: its output is in $WORK/tool
tool()
{
	"$TOOL" "$@" > "$WORK/tool" 2>&1 || {
		cat "$WORK/tool"
		return 1
	}
}

# Only the kernel's log can tell why.
case_a_refused_value_is_explained()
{
	kmsg_mark
	must_fail_with 1 "connections 9" recovery_set connections 9
	must_fail_with 1 "add_portal without port" recovery_set add_portal 192.0.2.1
	must_fail_with 1 "reconnect_delay above the largest" \
		recovery_set reconnect_delay 600000
	must "range of connections" sh -c \
		"dmesg | grep -q 'session$SID: connections: must be 1 to 8'"
	must "form of a portal" sh -c \
		"dmesg | grep -q 'session$SID: add_portal: must be ADDR:PORT'"
	must "range of reconnect_delay" sh -c \
		"dmesg | grep -q 'session$SID: reconnect_delay: must be 1 to 5000 ms'"
}

case_malformed_portals()
{
	local portal

	# EINVAL, not EOPNOTSUPP: refused by their form
	for portal in '' : 192.0.2.1: :3260 192.0.2.1:0 192.0.2.1:65536 192.0.2.1:x \
			192.0.2.1:0x10 2001:db8::1:3260 '[2001:db8::1]' '[2001:db8::1:3260' \
			'[2001:db8::1]x:3260' '[192.0.2.1]:3260' 192.0.2:3260 host:3260 \
			"$(printf 'x%.0s' {1..300}):1"; do
		kmsg_mark
		must_fail_with 1 "'$portal'" recovery_set add_portal "$portal"
		grep -q 'Invalid argument' "$WORK/must" || fail "'$portal': $(cat "$WORK/must")"
	done
}

case_fail_knob_by_the_tool()
{
	must "tool" tool fail "$SID" --wait
	must "says what it did" grep -qE "^session$SID: recovered in [0-9.]+ [mu]?s, commands: [0-9]+ reassigned, [0-9]+ retried, 0 lost" \
		"$WORK/tool"
	must "tool" tool fail "$SID" --wait
	eq "$(recovery recoveries)" 2 recoveries
	ge "$(recovery last_recovery_us)" 1 last_recovery_us
}

case_custom_statistics_in_iscsiadm()
{
	local name

	must "session -s" iadm -m session -r "$SID" -s
	iadm -m session -r "$SID" -s > "$WORK/stats"
	for name in recoveries reinstatements tasks_reassigned tasks_retried tasks_lost \
			last_recovery_us; do
		eq "$(sed -n "s/^[[:space:]]*$name: //p" "$WORK/stats")" "$(recovery $name)" $name
	done
	ge "$(sed -n 's/^[[:space:]]*rxdata_octets: //p' "$WORK/stats")" 512 rxdata_octets
	ge "$(sed -n 's/^[[:space:]]*scsicmd_pdus: //p' "$WORK/stats")" 1 scsicmd_pdus
	ge "$(sed -n 's/^[[:space:]]*login_pdus: //p' "$WORK/stats")" 1 login_pdus
}

case_status_of_the_tool()
{
	must "status" tool status
	must "session" grep -q "^session$SID  $IQN  up\$" "$WORK/tool"
	must "disk" grep -q "disks ${DISK##*/}\$" "$WORK/tool"
	must "JSON" tool --json
	must "JSON" grep -q "\"sid\":$SID,\"target\":\"$IQN\",\"state\":\"up\"" "$WORK/tool"
	must_fail_with 1 "unknown attributes" grep null "$WORK/tool"
}

case_live_trace()
{
	must "tracefs" tracefs_mounted || return
	background "$TOOL" trace --pdus > "$WORK/trace" 2>&1
	must "instance" wait_for 10 grep -q 'WHAT HAPPENED' "$WORK/trace"
	eq "$(find $TRACING/instances -mindepth 1 -maxdepth 1 | wc -l)" 1 instances
	must "drill" tool fail "$SID" --wait
	must "read" dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
	must "end is shown" wait_for 10 grep -q RECOVERED "$WORK/trace"
	must "PDUs" wait_for 10 grep -q -- '<- data_in' "$WORK/trace"
	kill -INT "$BG_PID"
	must "ends" wait_for 10 gone "$BG_PID"
	eq "$(find $TRACING/instances -mindepth 1 -maxdepth 1 | wc -l)" 0 instances
	for words in "CONNECTION FAILED: drill" "attempt [0-9]* to reconnect: ok" \
			"implicit logout" "state logged_in -> cleanup_wait" \
			"login, connection reinstatement: ok" "-> scsi_command" \
			"<- data_in"; do
		must "$words" grep -q -- "$words" "$WORK/trace"
	done
	# every code has its name
	must_fail_with 1 "numbers for names" grep -E 'FAILED: [0-9]|state [0-9]|[<>]- 0x' "$WORK/trace"
}

# Attributes are read while their session goes away.
case_readers_and_logout()
{
	local i readers=()

	for i in 1 2; do
		# shellcheck disable=SC2031
		background sh -c "while :; do cat $ISCSI_CLASS/iscsi_*/*/recovery/*; '$TOOL' --json; done"
		readers+=("$BG_PID")
	done > /dev/null 2>&1
	for i in 1 2 3 4; do
		must "logout" logout
		must "login" login
		must "disk" wait_disk
		must "drill" kill_by_knob
	done
	kill -KILL "${readers[@]}"
	must "recovered" wait_for 15 recovery_is state up
	must "logout" logout
}

run_cases set_up case_attributes_are_those_documented case_values_of_a_healthy_session \
	case_a_refused_value_is_explained case_malformed_portals case_fail_knob_by_the_tool \
	case_custom_statistics_in_iscsiadm case_status_of_the_tool case_live_trace \
	case_readers_and_logout
