#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Logins that must fail, with the exit codes iscsiadm has for them (its manual
# page; what ERL2_DRIVER=stock gives). No session may be left behind, and the
# next good login works.
#
# guests: uml qemu debug

. "$(dirname "$0")/../lib/common.sh"

CLOSED_PORTAL=127.0.0.1:3299

set_up()
{
	must "target" lio_up "chap=someone:$SECRET" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "record" node_new
	must "fewer attempts" node_set node.session.initial_login_retry_max 1 \
		"node.conn[0].timeo.login_timeout" 5
}

login_must_fail_with()
{
	must_fail_with "$1" "$2" iadm -m node -T "$IQN" -p "$PORTAL" --login
	eq "$(ls "$ISCSI_CLASS/iscsi_session" 2>/dev/null)" "" "sessions left behind"
	eq "$(ls "$ISCSI_CLASS/iscsi_host" 2>/dev/null)" "" "hosts left behind"
}

case_CHAP_demanded_and_none_given()
{
	login_must_fail_with 24 "login without CHAP"
}

case_wrong_secret()
{
	must "CHAP" node_set node.session.auth.authmethod CHAP \
		node.session.auth.username someone node.session.auth.password wrong-secret-9
	login_must_fail_with 24 "wrong secret"
}

case_wrong_user_name()
{
	must "CHAP" node_set node.session.auth.username nobody \
		node.session.auth.password "$SECRET"
	login_must_fail_with 24 "wrong user name"
}

case_target_that_does_not_know_itself()
{
	# The target has no secret for the other direction.
	must "CHAP" node_set node.session.auth.username someone \
		node.session.auth.username_in back node.session.auth.password_in "$MUTUAL_SECRET"
	login_must_fail_with "$MUTUAL_REFUSED" "mutual CHAP that the target cannot do"
	must "one-way again" node_set node.session.auth.username_in '' \
		node.session.auth.password_in ''
}

case_login_works_after_the_failures()
{
	must "login" login
	must "logout" logout
}

case_no_such_target()
{
	local IQN=iqn.2025-01.org.example:none

	must "record" node_new
	must "fewer attempts" node_set node.session.initial_login_retry_max 1 \
		"node.conn[0].timeo.login_timeout" 3
	login_must_fail_with "$NO_TARGET" "login to an unknown target"
}

case_nobody_listens()
{
	local PORTAL=$CLOSED_PORTAL

	must "record" node_new
	must "fewer attempts" node_set node.session.initial_login_retry_max 1 \
		"node.conn[0].timeo.login_timeout" 3
	login_must_fail_with "$NO_PORTAL" "login to a closed port"
	must_fail_with "$NO_ANSWER" "discovery at a closed port" \
		iadm -m discovery -t sendtargets -p "$CLOSED_PORTAL"
}

somebody_listens()
{
	[ -n "$(ss -Hltn "sport = :${CLOSED_PORTAL##*:}")" ]
}

case_target_never_answers()
{
	local PORTAL=$CLOSED_PORTAL

	# It accepts the connection and that is all.
	background python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 3299))
c = s.accept()
time.sleep(600)'
	must "record" node_new
	must "fewer attempts" node_set node.session.initial_login_retry_max 1 \
		"node.conn[0].timeo.login_timeout" 3
	must "a listener" wait_for 10 somebody_listens
	login_must_fail_with "$NO_ANSWER" "login without an answer"
	kill "$BG_PID"
}

case_login_works_after_all_of_them()
{
	must "login" login
	must "disk" wait_disk
	must "a read" dd if="$DISK" of=/dev/null bs=4k count=4 iflag=direct
	must "logout" logout
}

case_no_secret_in_the_kernel_log()
{
	must_fail_with 1 "secrets in dmesg" sh -c "dmesg | grep -q -e '$SECRET' -e '$MUTUAL_SECRET' -e wrong-secret-9"
}

# iscsid finds fault with the target's CHAP response itself and says 19; where the
# kernel logs in, it is the kernel's verdict (24).
MUTUAL_REFUSED='19|24'
NO_TARGET=8 NO_PORTAL=8 NO_ANSWER=11
run_cases set_up case_CHAP_demanded_and_none_given case_wrong_secret \
	case_wrong_user_name case_target_that_does_not_know_itself \
	case_login_works_after_the_failures case_no_such_target \
	case_nobody_listens case_target_never_answers \
	case_login_works_after_all_of_them case_no_secret_in_the_kernel_log
