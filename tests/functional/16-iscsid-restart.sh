#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# iscsid is killed and started again while I/O runs: sessions and disks stay, and
# nothing is logged in again on the wire. While it is away the connection
# is recovered without it.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "target" lio_up || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session
}

case_login_requests_are_counted()
{
	# The measuring instrument first: it sees a login when there is one.
	must "counter" count_logins_start
	must "logout" logout
	must "login" login
	must "disk" wait_disk
	ge "$(logins_counted)" 1 "Login Requests seen during a login"
}

case_killed_and_started_again_under_load()
{
	local name=${DISK##*/}

	fio_start 60
	must "fio starts" fio_started
	must "counter" count_logins_start
	iscsid_kill
	sleep 1
	must "iscsid" iscsid_start
	must "iscsid has the session again" wait_for 15 session_synced
	sleep 2
	eq "$(logins_counted)" 0 "Login Requests on the wire"
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(disk_name)" "$name" disk
	eq "$(session state)" LOGGED_IN "session state"
	if need_erl2; then
		eq "$(recovery recoveries)" 0 recoveries
		eq "$(recovery reinstatements)" 0 reinstatements
	fi
}

case_connection_lost_while_iscsid_is_away()
{
	local recoveries=0

	need_erl2 && recoveries=$(recovery recoveries)
	fio_start 60
	must "fio starts" fio_started
	iscsid_kill
	kill_by_ss || fail "no connection to kill"
	must "recovered without iscsid" wait_recoveries $((recoveries + 1))
	must "iscsid" iscsid_start
	must "iscsid has the session again" wait_for 15 session_synced
	must "data verified" fio_stop
	eq "$(recovery reinstatements)" 0 reinstatements
}

case_logout_after_the_restart()
{
	must "logout" logout
	must "login" login
	must "disk" wait_disk
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=4 iflag=direct
}

case_logout_of_a_session_that_was_found()
{
	iscsid_kill
	must "iscsid" iscsid_start
	must "iscsid has the session again" wait_for 15 session_synced
	must "logout" logout
	eq "$(sessions)" "" sessions
}

run_cases set_up case_login_requests_are_counted \
	case_killed_and_started_again_under_load \
	case_connection_lost_while_iscsid_is_away case_logout_after_the_restart \
	case_logout_of_a_session_that_was_found
