#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The main job, to look at: a disk over iSCSI under load, its TCP connection
# killed four times, first with this driver and then with the stock initiator
# on the same target. Runs in a guest; "make demo" brings it there.
#
# ERL2_DEMO_DRIVERS="stock" shows the stock initiator only.

. "$(dirname "$0")/../lib/common.sh"

TOOL=$BIN/iscsi-erl2
OUT=${ERL2_OUT:-$WORK}
DRIVERS=${ERL2_DEMO_DRIVERS:-erl2 stock}
# So long without an answer to a NOP before a silent connection counts as dead:
# interval and timeout, in seconds, for both initiators. 5 and 5 by default.
NOP=2

# seconds of each drill, odd: the connection is killed just before half of it
RST_SECONDS=7
SILENCE_SECONDS=15

declare -A RESULT	# driver.what -> figure
BOLD='' DIM='' OFF=''
[ "${ERL2_COLOR:-0}" = 0 ] || BOLD=$'\e[1m' DIM=$'\e[2m' OFF=$'\e[0m'

say()
{
	printf '%s\n' "$*"
}

title()
{
	printf '\n%s%s%s\n' "$BOLD" "$*" "$OFF"
	printf '%s\n' "$*" | sed 's/./-/g'
}

# show COMMAND...: as an administrator would type it
show()
{
	printf '%s# %s%s\n' "$DIM" "$*" "$OFF"
	"$@" 2>&1 | sed 's/^/    /'
	return "${PIPESTATUS[0]}"
}

give_up()
{
	say "DEMO FAILED: $*"
	dmesg | tail -n 20 | sed 's/^/    kernel: /'
	exit 1
}

initiator()
{
	case $DRIVER in
	erl2)	echo "iscsi_erl2" ;;
	stock)	echo "iscsi_tcp (stock)" ;;
	esac
}

# Commands that the initiator gave back to the SCSI layer to be run again.
commands_failed()
{
	grep -c 'scsi_dispatch_cmd_done:.*host=DID_TRANSPORT_DISRUPTED' $TRACING/trace
}

# reset: the initiator's end of the TCP connection is destroyed, the target gets
# a RST. Only TCP is looked through: the other protocols' modules would have to
# be loaded first.
reset()
{
	ss -t -n -K state established "( dport = :$PORT )" | grep -q "$PORT"
}

# silence: packets of the connections that are there now vanish, both ways
silence()
{
	blackhole_on new
}

# timeline FILE: the trace of one drill for people, many commands in one line
timeline()
{
	"$TOOL" trace --file "$1" > "$1.txt" || return
	awk '
	function flush() {
		if (!n)
			return
		printf "    %12s  %d command%s: %s\n", since, n, n == 1 ? "" : "s", what
		n = 0
	}
	function same(w) {
		if (w != what)
			flush()
		if (!n++) {
			since = $2 " " $3
			what = w
		}
	}
	NR == 1 { next }
	$2 !~ /^\+/ { next }
	/TASK REASSIGN sent/	{ sent++; if (sent == 1) first = $2 " " $3; next }
	/TASK REASSIGN answered: complete/ { answered++; next }
	/never arrived, sent again/ { same("never arrived at the target, sent again"); next }
	/state / { next }	# the steps below say it
	/login, / { next }
	{
		line = $0
		# after the connection comes the sentence
		sub(/^ *[0-9.]+ +\+[0-9.]+ ms +[0-9:]+ +/, "", line)
		if (line ~ /^RECOVERED/ && sent)
			printf "    %12s  %d command%s: TASK REASSIGN sent, %d answered \"complete\"\n",
				first, sent, sent == 1 ? "" : "s", answered
		flush()
		printf "    %12s  %s\n", $2 " " $3, line
		if (line ~ /^RECOVERED/)
			sent = answered = 0
	}
	END { flush() }
	' "$1.txt"
}

# drill N NAME SECONDS FUNCTION: kills the connection under load and shows what
# that did
drill()
{
	local n=$1 name=$2 seconds=$3 kill=$4 stall failed

	say
	say "Drill $n: $name"
	trace_on || give_up "no tracing"
	kmsg_mark
	{
		declare -p PORT WORK
		declare -f reset silence blackhole_on
		echo "$kill && touch $WORK/killed"
	} > "$WORK/kill"
	rm -f "$WORK/killed"
	# A second reader, which notes when I/Os complete, beside the load.
	"$BIN/stall" -d 4 -g 1000000 -t "$seconds" -i $((seconds / 2)) \
		-e "exec bash $WORK/kill > $WORK/kill.out 2>&1" "$DISK" > "$WORK/stall" 2>&1 ||
		give_up "I/O errors: $(cat "$WORK/stall")"
	[ -e "$WORK/killed" ] && grep -q 'events=1 ' "$WORK/stall" ||
		give_up "the connection was not killed: $(cat "$WORK/kill.out" "$WORK/stall")"
	echo 0 > $TRACING/tracing_on
	cat $TRACING/trace > "$OUT/$DRIVER-drill$n.trace"
	failed=$(commands_failed)
	blackhole_off

	stall=$(sed -n 's/.*max_stall_ms=//p' "$WORK/stall")
	if [ "$DRIVER" = erl2 ]; then
		timeline "$OUT/$DRIVER-drill$n.trace"
	else
		kmsg_since | sed -nE 's/^\[ *([0-9.]+)\] *(.*conn error.*|.*ping timeout.*|.*session recovery.*)/\1 \2/p' |
			awk '{ sub(/, last rx.*/, ""); if (!t) t = $1; s = $1; $1 = ""
			       printf "    %+9.1f ms %s\n", (s - t) * 1000, $0 }'
	fi
	say "    => I/O stood still for $stall ms; commands given back to be run again: $failed"
	fio_running || give_up "the load has ended: $(tail -n 5 "$WORK/fio.out")"
	RESULT[$DRIVER.stall.$n]=$stall
	RESULT[$DRIVER.failed]=$((${RESULT[$DRIVER.failed]:-0} + failed))
}

trace_on()
{
	local event

	trace_start scsi:scsi_dispatch_cmd_done || return
	echo 'result != 0' > $TRACING/events/scsi/scsi_dispatch_cmd_done/filter
	[ "$DRIVER" = erl2 ] || return 0
	for event in $TRACING/events/iscsi_erl2/*/; do
		case $event in
		*/pdu_send/|*/pdu_recv/) ;;
		*) echo 1 > "${event}enable" || return ;;
		esac
	done
}

# It ends as if its time were up, and says how it went.
stop_load()
{
	fio_running && kill -INT "$FIO_PID"
	wait_for 60 gone "$FIO_PID" || return
	wait "$FIO_PID" 2> /dev/null
	grep -q 'err= 0' "$WORK/fio.out" && ! grep -qE 'err=[ ]*[1-9]|verify:.*(bad|failed)' "$WORK/fio.out"
}

round()
{
	local n

	DRIVER=$1
	title "$(initiator): login and load"
	# the same for both: nobody waits on purpose before coming back
	lio_up erl=2 time2wait=0 time2retain=60 size=64M || give_up "no target"
	driver_load || give_up "no $(driver_module)"
	iscsid_start > /dev/null || give_up "no iscsid"

	show iscsiadm -m discovery -t sendtargets -p $PORTAL || give_up "discovery"
	node_set node.session.iscsi.DefaultTime2Wait 0 \
		"node.conn[0].timeo.noop_out_interval" $NOP \
		"node.conn[0].timeo.noop_out_timeout" $NOP || give_up "node record"
	show iscsiadm -m node -T "$IQN" -p $PORTAL --login || give_up "login"
	SID=$(sessions | tail -n 1)
	wait_disk || give_up "no disk"
	say "    The disk is $DISK, driven by $(driver_module)."
	[ "$DRIVER" != erl2 ] ||
		say "    Negotiated ErrorRecoveryLevel: $(recovery error_recovery_level)"

	say "    Load: fio, 1 job, 8 deep, random writes and reads of 4k to 64k; every"
	say "    block written is read back and its checksum compared."
	fio_start 3600 --numjobs=1 --size=32M || give_up "fio"
	fio_started || give_up "fio: $(tail -n 5 "$WORK/fio.out")"

	# What the drills need of the kernel is loaded before them.
	ss -t -n > /dev/null
	blackhole_on && blackhole_off || give_up "nft"

	for n in 1 2 3; do
		drill $n "the TCP connection is reset (ss -K)" $RST_SECONDS reset
	done
	drill 4 "the network swallows every packet of the connection (nftables)" \
		$SILENCE_SECONDS silence
	trace_stop

	say
	stop_load || give_up "fio reports errors: $(tail -n 20 "$WORK/fio.out")"
	read -r RESULT[$DRIVER.read] RESULT[$DRIVER.write] < <(
		sed -n 's/.*issued rwts: total=\([0-9]*\),\([0-9]*\),.*/\1 \2/p' "$WORK/fio.out" |
		awk '{ r += $1; w += $2 } END { print r, w }')
	RESULT[$DRIVER.errors]=$(sed -n 's/.*err= *\([0-9]*\).*/\1/p' "$WORK/fio.out" | sort -n | tail -n 1)
	say "fio: ${RESULT[$DRIVER.write]} blocks written, ${RESULT[$DRIVER.read]} read" \
		"and verified, errors: ${RESULT[$DRIVER.errors]}"
	cp "$WORK/fio.out" "$OUT/$DRIVER-fio.txt"
	if [ "$DRIVER" = erl2 ]; then
		say
		show "$TOOL" status
		"$TOOL" --json > "$OUT/status.json"
		RESULT[erl2.recoveries]=$(recovery recoveries)
		RESULT[erl2.reinstatements]=$(recovery reinstatements)
		RESULT[erl2.lost]=$(recovery tasks_lost)
		say
	fi
	show iscsiadm -m node -T "$IQN" -p $PORTAL --logout || give_up "logout"
	SID=''
	clean_up 2> "$WORK/clean_up" || give_up "clean up: $(cat "$WORK/clean_up")"
}

table()
{
	local n d what row

	title "Side by side"
	say "Same guest, same target, same load; the target's level is 2 for both, but the"
	say "stock initiator knows level 0 only. The figures are of this run."
	say
	printf '    %-46s' ""
	for d in $DRIVERS; do
		DRIVER=$d
		printf '%20s' "$(initiator)"
	done
	echo
	for n in 1 2 3 4; do
		what="connection reset: I/O stood still, ms"
		[ $n != 4 ] || what="packets vanish: I/O stood still, ms"
		printf '    %-46s' "drill $n, $what"
		for d in $DRIVERS; do
			printf '%20s' "${RESULT[$d.stall.$n]:-?}"
		done
		echo
	done
	for row in "failed:commands thrown back and run again" \
			"errors:errors seen by fio" "read:blocks read and verified"; do
		printf '    %-46s' "${row#*:}"
		for d in $DRIVERS; do
			printf '%20s' "${RESULT[$d.${row%%:*}]:-?}"
		done
		echo
	done
	say
	say "Of the last drill, up to $((2 * NOP)) s pass before either initiator notices the silence"
	say "(node.conn[0].timeo.noop_out_interval and _timeout, here $NOP s and $NOP s)."
}

title "iscsi_erl2: what happens to I/O when the TCP connection dies"
say "Guest: Linux $(uname -r); target: the kernel's own (LIO) at ErrorRecoveryLevel 2,"
say "on the loopback interface; initiator: iscsid and iscsiadm as Debian ships them,"
say "$(iscsiadm --version)."

for d in $DRIVERS; do
	round "$d"
done
table

status=0
if [ -n "${RESULT[erl2.recoveries]:-}" ]; then
	[ "${RESULT[erl2.recoveries]}" -ge 4 ] && [ "${RESULT[erl2.reinstatements]}" -eq 0 ] &&
		[ "${RESULT[erl2.lost]}" -eq 0 ] || {
		say "NOT AS IT SHOULD BE: recoveries ${RESULT[erl2.recoveries]}," \
			"reinstatements ${RESULT[erl2.reinstatements]}, commands lost ${RESULT[erl2.lost]}"
		status=1
	}
fi
exit $status
