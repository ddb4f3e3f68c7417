#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# CHAP, one-way and mutual, with every digest that both sides know, each chosen
# by the node record (node.session.auth.chap_algs).
#
# guests: uml uml-san debug

. "$(dirname "$0")/../lib/common.sh"

DEBUG=/sys/kernel/debug/dynamic_debug/control

set_up()
{
	must "target" lio_up "chap=someone:$SECRET" "chap_mutual=target:$MUTUAL_SECRET" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "record" node_new
	must "CHAP" node_set node.session.auth.authmethod CHAP \
		node.session.auth.username someone node.session.auth.password "$SECRET" \
		node.session.initial_login_retry_max 1
	# LIO tells the digest it has chosen only as a debugging message.
	[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
	echo 'func chap_check_algorithm +p' > $DEBUG || fail "no dynamic debug"
}

script_clean_up()
{
	echo 'func chap_check_algorithm -p' > $DEBUG
}

# try_digest NAME KERNEL-NAME
try_digest()
{
	must "$1" node_set node.session.auth.chap_algs "$1"
	kmsg_mark
	must "login with $1" login || return
	eq "$(kmsg_since | sed -n 's/.*Selected \(.*\) Algorithm.*/\1/p' | sort -u)" \
		"$2" "digest chosen"
	must "logout" logout
}

try_all_digests()
{
	try_digest MD5 md5
	try_digest SHA1 sha1
	try_digest SHA256 sha256
	try_digest SHA3-256 sha3-256
	# In the order of the list: the target takes the first it knows.
	try_digest SHA256,MD5 sha256
	try_digest MD5,SHA3-256 md5
}

case_one_way_with_every_digest()
{
	try_all_digests
}

case_mutual_with_every_digest()
{
	must "mutual" node_set node.session.auth.username_in target \
		node.session.auth.password_in "$MUTUAL_SECRET"
	try_all_digests
}

case_secrets_are_not_for_everybody()
{
	local file

	must "login" login || return
	for file in password password_in; do
		must "root reads $file" grep -q secret "$ISCSI_CLASS/iscsi_session/session$SID/$file"
		must_fail_with 1 "nobody reads $file" setpriv --reuid 65534 --clear-groups \
			cat "$ISCSI_CLASS/iscsi_session/session$SID/$file"
	done
	eq "$(session username)" someone username
	must "logout" logout
	must_fail_with 1 "secrets in dmesg" \
		sh -c "dmesg | grep -q -e '$SECRET' -e '$MUTUAL_SECRET'"
}

case_target_with_the_wrong_secret_is_refused()
{
	must "another secret" node_set node.session.auth.password_in not-what-it-has
	# 19 is iscsid's own verdict, 24 the kernel's
	must_fail_with "19|24" "login" iadm -m node -T "$IQN" -p "$PORTAL" --login
	eq "$(sessions)" "" "sessions"
	must "the right one" node_set node.session.auth.password_in "$MUTUAL_SECRET"
	must "login" login
	must "logout" logout
}

case_wrong_secret_of_ours_is_refused()
{
	must "another secret" node_set node.session.auth.password not-what-it-has
	must_fail_with 24 "login" iadm -m node -T "$IQN" -p "$PORTAL" --login
	eq "$(sessions)" "" "sessions"
}

run_cases set_up case_one_way_with_every_digest case_mutual_with_every_digest \
	case_secrets_are_not_for_everybody \
	case_target_with_the_wrong_secret_is_refused \
	case_wrong_secret_of_ours_is_refused
