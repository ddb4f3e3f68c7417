#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Requests of the transport class that iscsid does not make, or not then: for a
# session without a connection, and for a connection that it does not know.
#
# guests: uml uml-san

. "$(dirname "$0")/../lib/scenarios.sh"

refused()
{
	must_fail_with 1 "$*" ask "$@"
	grep -q 'error -' "$WORK/must" || fail "$*: $(cat "$WORK/must")"
}

# The zone of a link-local address is looked up in the net of the session's socket.
case_portal_before_there_is_a_socket()
{
	local sid portal

	sid=$(ask create)
	[ -n "$sid" ] || fail "no session" || return
	for portal in '[fe80::1%lo]:3260' '[fe80::1%nowhere]:3260' 192.0.2.1:3260; do
		# shellcheck disable=SC2016
		timeout 5 sh -c 'echo "$1" > "$2"' sh "$portal" \
			"$ISCSI_CLASS/iscsi_session/session$sid/recovery/add_portal" \
			2> "$WORK/portal"
		# 137 and above: the kernel has killed it
		le $? 2 "exit status of add_portal $portal"
	done
	must "the session goes" ask destroy "$sid"
	must_fail_with 1 "an oops" grep -q 'NULL pointer\|Oops\|BUG:' <<< "$(kmsg_since)"
}

case_connections_that_iscsid_does_not_know()
{
	: > "$WORK/quiet.scn"
	must "parameter" driver_param connections 2
	must "target" target_start "$WORK/quiet.scn" || return
	must "session" new_session || return
	must "two connections" wait_for 20 connections_up 2
	refused create-conn "$SID" 5
	refused bind "$SID" 1
	refused logout "$SID" 1
	refused login "$SID" 1
	ask start "$SID" 1 > "$WORK/ask"
	ask destroy-conn "$SID" 1 > "$WORK/ask"
	pause 1
	eq "$(recovery state)" up state
	eq "$(recovery reinstatements)" 0 reinstatements
	must "two connections" connections_up 2
	must "I/O" timeout $((20 * SLOW)) dd if="$DISK" of=/dev/null bs=4k count=1 iflag=direct
	must "logout" logout
	target_over netlink
}

run_cases set_up case_connections_that_iscsid_does_not_know \
	case_portal_before_there_is_a_socket
