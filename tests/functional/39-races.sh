#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What may happen at the same moment does: the driver is delayed in one place (see
# points.c) until the other thing has happened.
#
# guests: uml-san debug

. "$(dirname "$0")/../lib/races.sh"

# recovery_tmo ran out just before the target came back: commands have ended that
# the new session may have sent already, so that only one more session will do.
case_recovery_tmo_runs_out_as_the_outage_ends()
{
	begin 1 0 < /dev/null || return
	must "login" login || return
	must "disk" wait_disk
	must "silence" blackhole_on
	must "delay" delay expire $((6000 * SLOW)) 1
	kill_by_knob 0
	must "recovery_tmo" wait_for $((PATIENCE + 7)) passed expire
	blackhole_off
	must "the new session" wait_for 30 recovery_reached reinstatements 1
	must "recovery_tmo is told of" wait_for 15 said 'I/O fails now'
	must "one more session" wait_for 15 recovery_reached reinstatements 2
	must "the session is up" wait_for 15 recovery_is state up
	must "the class says so" wait_for 5 state_is LOGGED_IN
	must "the disk works" write_once
	over
}

# The same where the recovery is done and nobody has been told.
case_recovery_tmo_runs_out_before_all_is_well()
{
	begin 1 0 < /dev/null || return
	must "login" login || return
	must "disk" wait_disk
	must "silence" blackhole_on
	must "delay" delay outage_end $(((PATIENCE + 4) * 1000 * SLOW)) 1
	kill_by_knob 0
	pause 1
	blackhole_off
	must "the new session" wait_for 30 passed outage_end
	must "recovery_tmo is told of" wait_for 15 said 'I/O fails now'
	must "one more session" wait_for 20 recovery_reached reinstatements 2
	must "the session is up" wait_for 15 recovery_is state up
	must "the class says so" wait_for 5 state_is LOGGED_IN
	must "the disk works" write_once
	over
}

# iscsid's start of a new session comes when its connection is lost again: it must
# not end the block of that outage.
case_connection_lost_before_start_conn()
{
	begin 1 2 <<-'SCN' || return
		at 300 login times=1 : refuse every ; rst all
	SCN
	kmsg_mark
	must "delay" delay start $((20000 * SLOW)) 1
	background iadm -m node -T "$IQN" -p "$PORTAL" --login > "$WORK/login" 2>&1
	must "a session" wait_for 20 session_there || return
	must "start_conn" wait_for 20 passed start
	must "recovery" wait_for 10 recovery_is state recovering
	# By now the outage is long enough for a block.
	pause 1
	delay start 0
	must "the session is blocked" wait_for 10 state_is FAILED
	pause 0.5
	state_is FAILED || fail "session state $VALUE in an outage"
	must "recovery_tmo runs out" wait_for $((PATIENCE + 5)) said 'I/O fails now'
	must "iscsiadm has ended" wait_for 60 gone "$BG_PID"
	over
}

# What ends without the target's word is not brought to its end on the wire: a write
# that stands still in the middle of a Data-Out when recovery_tmo runs out.
case_recovery_tmo_runs_out_in_a_data_out()
{
	local wmem

	wmem=$(< /proc/sys/net/ipv4/tcp_wmem)
	echo "4096 16384 16384" > /proc/sys/net/ipv4/tcp_wmem
	begin 1 2 <<-'SCN' || return
		set rcvbuf 8192
		set r2t_timeout 60000
		key InitialR2T Yes
		key ImmediateData No
		key MaxRecvDataSegmentLength 65536
		on rx ScsiCmd edtl=12288 nth=1 : noreply
		on tx R2t edtl=65536 nth=1 : rst
		on rx Tmf fn=8 nth=1 : drop
		on tx R2t edtl=65536 nth=2 : deaf ; wait 6000 ; resume
		expect rx DataOut count 0
	SCN
	must "login" login || return
	must "disk" wait_disk
	must "delay" delay reinstate 60000 1
	background dd if="$DISK" of=/dev/null bs=12k count=1 iflag=direct status=none 2> "$WORK/dd"
	pause 0.3
	background dd if=/dev/zero of="$DISK" bs=64k count=1 oflag=direct status=none 2> "$WORK/dd"
	must "the write ends" wait_for $((PATIENCE + 6)) gone "$BG_PID"
	must "a new session is about to begin" wait_for 5 passed reinstate
	# The target reads on.
	pause 5
	disarm
	must "the new session" wait_for 30 recovery_reached reinstatements 1
	echo "$wmem" > /proc/sys/net/ipv4/tcp_wmem
	over
	grep -q 'blocks_once=0 ' "$WORK/report" || fail "the target has a write that failed"
}

# The error handler takes a command back that was not sent, and the connection is
# replaced just when it has got hold of the old socket.
case_connection_replaced_as_a_command_is_taken_back()
{
	begin 1 2 <<-'SCN' || return
		set window 1
		on rx ScsiCmd op=0x2a nth=1 : config window 0
	SCN
	must "login" login || return
	must "disk" wait_disk
	echo 1 > "/sys/block/${DISK##*/}/device/timeout"
	no_retries
	must "the last command" write_once
	background dd if=/dev/zero of="$DISK" bs=4k count=1 oflag=direct status=none 2> "$WORK/dd"
	# Restarted five times, then the error handler is asked.
	pause 4
	# The first one is the connection's timer.
	must "delay" delay take 60000 2
	must "the error handler" wait_for 20 passed take 2
	kill_by_knob 0
	must "the new connection" wait_for 20 recovery_reached recoveries 1
	disarm
	pause 2
	eq "$(recovery state)" up state
	over
}

# iscsid's patience ends while the socket of its login is being installed.
case_stop_conn_while_a_socket_is_installed()
{
	begin 1 2 < /dev/null || return
	must "delay" delay install 60000 1
	background iadm -m node -T "$IQN" -p "$PORTAL" --login > "$WORK/login" 2>&1
	must "a session" wait_for 20 session_there || return
	must "the socket" wait_for 20 passed install
	background ask stop "$SID" 0 1
	pause 2
	disarm
	must "stop_conn ends" wait_for 10 gone "$BG_PID"
	wait "$BG_PID" || fail "stop_conn fails"
	# iscsid tries it once more.
	must "disk" wait_disk
	over
}

# `connections` is lowered, and the one that is to stay fails at that moment.
case_survivor_lost_as_a_connection_is_removed()
{
	begin 2 2 < /dev/null || return
	must "login" login || return
	must "two connections" wait_for 20 connections_up 2
	must "disk" wait_disk
	must "delay" delay remove 60000 1
	background recovery_set connections 1
	must "removal" wait_for 20 passed remove
	kill_by_knob 0
	pause 1
	disarm
	must "one connection" wait_for 20 connections_up 1
	must "the session is up" wait_for 15 recovery_is state up
	must "the disk works" write_once
	eq "$(recovery reinstatements)" 0 reinstatements
	over
}

# A connection's statistics are asked for while it is removed and made again.
case_statistics_of_a_connection_that_goes()
{
	local i

	begin 2 2 < /dev/null || return
	must "login" login || return
	must "two connections" wait_for 20 connections_up 2
	# Not by ask(): it is to be killed.
	background "$BIN/netlink" "$(cat "$ISCSI_CLASS/iscsi_transport/tcp/handle")" \
		stats "$SID" 1 1000000
	for i in 1 2 3 4 5 6; do
		recovery_set connections 1
		must "one connection" wait_for 20 connections_up 1 || break
		recovery_set connections 2
		must "two connections" wait_for 20 connections_up 2 || break
	done
	alive "$BG_PID" || fail "nobody asked"
	kill "$BG_PID"
	over
}

# A digest that is offered may be in use in the next session, whatever this one has.
case_stable_pages_for_a_digest_that_may_come()
{
	begin 1 2 <<-'SCN' || return
		key DataDigest None
	SCN
	must "record" node_set "node.conn[0].iscsi.DataDigest" CRC32C,None
	must "login" login || return
	must "disk" wait_disk
	eq "$(cat "/sys/block/${DISK##*/}/queue/stable_writes")" 1 stable_writes
	over
	begin 1 2 <<-'SCN' || return
		key DataDigest None
	SCN
	must "record" node_set "node.conn[0].iscsi.DataDigest" None
	must "login" login || return
	must "disk" wait_disk
	eq "$(cat "/sys/block/${DISK##*/}/queue/stable_writes")" 0 stable_writes
	over
}

run_cases set_up_points case_recovery_tmo_runs_out_as_the_outage_ends \
	case_recovery_tmo_runs_out_before_all_is_well \
	case_connection_lost_before_start_conn \
	case_recovery_tmo_runs_out_in_a_data_out \
	case_connection_replaced_as_a_command_is_taken_back \
	case_stop_conn_while_a_socket_is_installed \
	case_survivor_lost_as_a_connection_is_removed \
	case_statistics_of_a_connection_that_goes \
	case_stable_pages_for_a_digest_that_may_come
