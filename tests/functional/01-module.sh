#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Loading and unloading: parameters, the name taken by iscsi_tcp, sessions that
# hold the module.

. "$(dirname "$0")/../lib/common.sh"

PARAMETERS=/sys/module/iscsi_erl2/parameters
TRANSPORTS=/sys/class/iscsi_transport

set_up()
{
	must "target" lio_up
}

case_load_and_unload()
{
	must "load" driver_load || return
	[ -d $TRANSPORTS/tcp ] || fail "no transport 'tcp'"
	eq "$(cat $TRANSPORTS/tcp/handle | wc -w)" 1 "handle"
	must "unload" rmmod iscsi_erl2
	[ ! -d $TRANSPORTS/tcp ] || fail "transport 'tcp' is still there"
	! kmsg_since | grep -iE 'warn|bug|call trace' || fail "kernel log"
}

case_parameters_have_their_defaults()
{
	must "load" driver_load || return
	eq "$(cat $PARAMETERS/error_recovery_level)" 2 error_recovery_level
	eq "$(cat $PARAMETERS/connections)" 1 connections
	eq "$(cat $PARAMETERS/time2wait)" 0 time2wait
	eq "$(cat $PARAMETERS/time2retain)" 60 time2retain
	eq "$(cat $PARAMETERS/transport)" tcp transport
	must "unload" driver_unload
}

refused_at_load()
{
	if driver_load "$1" > "$WORK/load" 2>&1; then
		fail "loaded with $1"
		driver_unload
	fi
	# what insmod says for EINVAL
	grep -qiE "invalid (argument|parameters)" "$WORK/load" ||
		fail "$1: $(cat "$WORK/load")"
	! driver_loaded || fail "$1: the module is loaded"
}

case_bad_parameters_are_refused_at_load()
{
	local bad

	for bad in error_recovery_level=3 error_recovery_level=-1 \
			connections=0 connections=9 time2wait=-2 time2wait=3601 \
			time2retain=-2 time2retain=3601 error_recovery_level=x; do
		refused_at_load $bad
	done
}

case_good_parameters_are_taken()
{
	local good

	for good in error_recovery_level=0 connections=8 time2wait=-1 \
			time2wait=3600 time2retain=-1 time2retain=3600; do
		must "load" driver_load $good || continue
		eq "$(cat "$PARAMETERS/${good%%=*}")" "${good##*=}" "${good%%=*}"
		must "unload" driver_unload
	done
}

case_parameters_at_run_time()
{
	must "load" driver_load || return
	must "good value" driver_param error_recovery_level 1
	eq "$(cat $PARAMETERS/error_recovery_level)" 1 error_recovery_level
	must_fail_with 1 "bad value" driver_param error_recovery_level 3
	must_fail_with 1 "bad value" driver_param connections 0
	must_fail_with 1 "bad value" driver_param time2wait -2
	eq "$(cat $PARAMETERS/error_recovery_level)" 1 "error_recovery_level afterwards"
	must "unload" driver_unload
}

case_refused_while_iscsi_tcp_has_the_name()
{
	local log

	rm -f /etc/modprobe.d/erl2-test.conf
	must "iscsi_tcp" modprobe iscsi_tcp || return
	kmsg_mark
	if driver_load > "$WORK/load" 2>&1; then
		fail "loaded beside iscsi_tcp"
		driver_unload
	fi
	grep -qi "device or resource busy" "$WORK/load" || fail "$(cat "$WORK/load")"
	log=$(kmsg_since)
	msg "log: $log"
	eq "$(grep -c iscsi_erl2 <<< "$log")" 1 "lines in the log"
	grep -i iscsi_erl2 <<< "$log" | grep -q iscsi_tcp || fail "the line does not name iscsi_tcp"
	! grep -qE 'Call Trace|duplicate filename' <<< "$log" || fail "stack trace in the log"
	[ -d $TRANSPORTS/tcp ] || fail "iscsi_tcp has lost its transport"
	must "iscsi_tcp unloads" modprobe -r iscsi_tcp
}

case_side_by_side_under_another_name()
{
	rm -f /etc/modprobe.d/erl2-test.conf
	must "iscsi_tcp" modprobe iscsi_tcp || return
	must "load as ocs" driver_load transport=ocs
	[ -d $TRANSPORTS/ocs ] || fail "no transport 'ocs'"
	[ -d $TRANSPORTS/tcp ] || fail "no transport 'tcp'"
	must "unload" driver_unload
	must "iscsi_tcp unloads" modprobe -r iscsi_tcp
}

case_unload_is_refused_while_a_session_is_up()
{
	must "load" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session || return
	must_fail_with 1 "rmmod" rmmod iscsi_erl2
	must "I/O goes on" dd if="$DISK" of=/dev/null bs=4k count=4 iflag=direct
	must "logout" logout
	must "unload" driver_unload
}

case_loaded_and_unloaded_many_times()
{
	local i

	for ((i = 0; i < 10; i++)); do
		must "load" driver_load || return
		must "unload" rmmod iscsi_erl2 || return
	done
	eq "$(driver_caches)" "" "caches left"
}

run_cases set_up case_load_and_unload case_parameters_have_their_defaults \
	case_bad_parameters_are_refused_at_load case_good_parameters_are_taken \
	case_parameters_at_run_time case_refused_while_iscsi_tcp_has_the_name \
	case_side_by_side_under_another_name \
	case_unload_is_refused_while_a_session_is_up \
	case_loaded_and_unloaded_many_times
