#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How long what comes waits for the socket while another processor sends, beside
# iscsi_tcp in the same guest: from tcp_v4_rcv() to tcp_rcv_established(), reads and
# writes of 256 KiB with digests at the same time. It is spun for (ours) or put in the
# backlog (iscsi_tcp); for the data it is the same.
#
# guests: qemu

. "$(dirname "$0")/../lib/common.sh"

EVENTS=$TRACING/events/kprobes

set_up()
{
	dmesg -n 1
	ge "$(nproc)" 2 processors
	must "target" lio_up || return
	{
		echo 'p:erl2_rcv tcp_v4_rcv skb=%di'
		echo 'p:erl2_est tcp_rcv_established skb=%si port=+12(%di):u16'
	} > "$TRACING/kprobe_events" || fail "no kprobes"
	# skc_dport as it is in memory
	echo "port == $(((PORT & 255) << 8 | PORT >> 8))" > "$EVENTS/erl2_est/filter" ||
		fail "no filter"
}

script_clean_up()
{
	echo 0 > "$EVENTS/enable"
	echo > "$TRACING/kprobe_events"
}

# measure DRIVER: sets WAITS to "number median p99 p99.9 longest", in us
measure()
{
	local DRIVER=$1

	WAITS=''
	must "$DRIVER" driver_load || return
	must "iscsid" iscsid_start || return
	must "login" new_session 'node.conn[0].iscsi.DataDigest' CRC32C || return
	echo 1 > "$TRACING/tracing_on"
	echo 65536 > "$TRACING/buffer_size_kb"
	echo > "$TRACING/trace"
	fio --name=wait --filename="$DISK" --thread --ioengine=libaio --direct=1 --rw=randrw \
		--bs=256k --iodepth=8 --size=32M --time_based --runtime=8 > "$WORK/fio" 2>&1 &
	BACKGROUND+=("$!")
	pause 3
	echo 1 > "$EVENTS/enable"
	wait "$!" || fail "I/O errors"
	echo 0 > "$EVENTS/enable"
	awk '{
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^[0-9]+\.[0-9]+:$/)
				now = $i + 0
			if ($i ~ /^skb=/)
				skb = $i
		}
	}
	/erl2_rcv:/ { since[skb] = now }
	/erl2_est:/ && skb in since {
		printf "%d\n", (now - since[skb]) * 1000000
		delete since[skb]
	}' "$TRACING/trace" | sort -n > "$WORK/waits"
	echo > "$TRACING/trace"
	WAITS=$(awk '{ a[NR] = $1 } END {
		print NR, a[int(NR / 2) + 1], a[int(NR * .99) + 1], a[int(NR * .999) + 1], a[NR]
	}' "$WORK/waits")
	msg "$DRIVER: number, median, 99 %, 99.9 %, longest (us): $WAITS"
	ge "${WAITS%% *}" 500 "packets"
	must "logout" logout
	must "iscsid ends" iscsid_stop
	must "unload" driver_unload
}

case_waits_beside_iscsi_tcp()
{
	local theirs ours

	measure stock
	read -r -a theirs <<< "$WAITS"
	measure "$DRIVER"
	read -r -a ours <<< "$WAITS"
	[ ${#theirs[@]} = 5 ] && [ ${#ours[@]} = 5 ] || return
	# A tick of the emulated processors' turns on top
	le "${ours[2]}" $((theirs[2] + theirs[2] / 4 + 200)) "99 % of the waits end after us"
	le "${ours[3]}" $((theirs[3] + theirs[3] / 4 + 1000)) "99.9 % of the waits end after us"
}

run_cases set_up case_waits_beside_iscsi_tcp
