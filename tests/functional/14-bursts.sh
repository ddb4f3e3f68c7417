#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# InitialR2T, ImmediateData and the burst lengths in their combinations: sysfs
# shows what was negotiated, and data written in requests smaller and larger than
# each of the limits is read back.
#
# guests: uml uml-san debug

. "$(dirname "$0")/../lib/common.sh"

set_up()
{
	must "target" lio_up initial_r2t=No immediate_data=Yes first_burst=262144 \
		max_burst=1048576 || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

yes_no()
{
	[ "$1" = 1 ] && echo Yes || echo No
}

# One write and one read of every size around the limits, at odd places.
verify_sizes()
{
	must "verify" fio --name=v --filename="$DISK" --thread --ioengine=libaio --direct=1 \
		--rw=randwrite --bsrange=512-"$1" --blockalign=512 --iodepth=4 --size="$2" \
		--randrepeat=0 --norandommap --serialize_overlap=1 --fallocate=none \
		--verify=crc32c --verify_fatal=1 --do_verify=1
}

# try_keys INITIALR2T IMMEDIATEDATA FIRSTBURST MAXBURST MAXRECV
try_keys()
{
	must "login" new_session \
		node.session.iscsi.InitialR2T "$(yes_no "$1")" \
		node.session.iscsi.ImmediateData "$(yes_no "$2")" \
		node.session.iscsi.FirstBurstLength "$3" \
		node.session.iscsi.MaxBurstLength "$4" \
		"node.conn[0].iscsi.MaxRecvDataSegmentLength" "$5" || return
	# RFC 7143, 13.10: the result is the OR; 13.11: the AND; 13.13, 13.14: the
	# lesser number; 13.12 is declared.
	eq "$(session initial_r2t)" "$1" "InitialR2T"
	eq "$(session immediate_data)" "$2" "ImmediateData"
	# 13.14: FirstBurstLength means nothing with InitialR2T=Yes, ImmediateData=No
	[ "$1$2" = 10 ] || eq "$(session first_burst_len)" "$3" "FirstBurstLength"
	eq "$(session max_burst_len)" "$4" "MaxBurstLength"
	eq "$(conn max_recv_dlength)" "$5" "MaxRecvDataSegmentLength"
	verify_sizes "$6" "$7"
	must "logout" logout
}

case_small_bursts_all_unsolicited()
{
	try_keys 0 1 4096 8192 8192 64k 4M
}

case_small_bursts_no_immediate_data()
{
	try_keys 0 0 4096 8192 8192 64k 4M
}

case_small_bursts_immediate_data_then_R2T()
{
	try_keys 1 1 4096 8192 8192 64k 4M
}

case_small_bursts_R2T_only()
{
	try_keys 1 0 4096 8192 8192 64k 4M
}

case_odd_bursts()
{
	try_keys 0 1 7680 10752 2560 64k 4M
}

case_large_bursts_all_unsolicited()
{
	try_keys 0 1 262144 1048576 262144 512k 16M
}

case_large_bursts_no_immediate_data()
{
	try_keys 0 0 65536 262144 262144 512k 16M
}

case_large_bursts_immediate_data_then_R2T()
{
	try_keys 1 1 65536 262144 65536 512k 16M
}

case_large_bursts_R2T_only()
{
	try_keys 1 0 65536 1048576 65536 512k 16M
}

run_cases set_up case_small_bursts_all_unsolicited \
	case_small_bursts_no_immediate_data \
	case_small_bursts_immediate_data_then_R2T case_small_bursts_R2T_only \
	case_odd_bursts case_large_bursts_all_unsolicited \
	case_large_bursts_no_immediate_data \
	case_large_bursts_immediate_data_then_R2T case_large_bursts_R2T_only
