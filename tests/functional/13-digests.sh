#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# HeaderDigest and DataDigest, None and CRC32C, in all four combinations, with
# data verified, and with a connection killed in each of them.

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "target" lio_up || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

# try_digests HEADER DATA
try_digests()
{
	local header=$1 data=$2 yes=CRC32C

	must "login with $header and $data" new_session \
		"node.conn[0].iscsi.HeaderDigest" "$header" \
		"node.conn[0].iscsi.DataDigest" "$data" || return
	eq "$(conn header_digest)" "$([ "$header" = $yes ] && echo 1 || echo 0)" header_digest
	eq "$(conn data_digest)" "$([ "$data" = $yes ] && echo 1 || echo 0)" data_digest
	fio_start 60
	must "fio starts" fio_started
	kill_by_ss || fail "no connection to kill"
	if need_erl2; then
		must "recovered" wait_recoveries 1
		eq "$(recovery reinstatements)" 0 reinstatements
	fi
	must "I/O goes on" disk_works_on
	must "data verified" fio_stop
	eq "$(iadm -m session -r "$SID" -s | sed -n 's/.*digest_err: *\([0-9]*\).*/\1/p')" 0 \
		digest_err
	must "logout" logout
}

case_no_digests()
{
	try_digests None None
}

case_header_digest()
{
	try_digests CRC32C None
}

case_data_digest()
{
	try_digests None CRC32C
}

case_both_digests()
{
	try_digests CRC32C CRC32C
}

case_offered_but_not_demanded()
{
	must "login" new_session "node.conn[0].iscsi.HeaderDigest" "None,CRC32C" || return
	# The target takes the first of the list that it can do (RFC 7143, 6.2.1).
	eq "$(conn header_digest)" 0 header_digest
	must "logout" logout
	must "login" new_session "node.conn[0].iscsi.HeaderDigest" "CRC32C,None" || return
	eq "$(conn header_digest)" 1 header_digest
	must "logout" logout
}

case_demanded_but_not_offered_by_the_target()
{
	must "target without digests" lio_down
	must "target without digests" lio_up digest=None
	must "record" node_new
	must "record" node_set "node.conn[0].iscsi.HeaderDigest" CRC32C \
		node.session.initial_login_retry_max 1 "node.conn[0].timeo.login_timeout" 5
	iadm -m node -T "$IQN" -p "$PORTAL" --login > "$WORK/login" 2>&1 &&
		fail "logged in with a digest that the target does not have"
	eq "$(sessions)" "" sessions
}

run_cases set_up case_no_digests case_header_digest case_data_digest \
	case_both_digests case_offered_but_not_demanded \
	case_demanded_but_not_offered_by_the_target
