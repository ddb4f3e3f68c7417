# SPDX-License-Identifier: GPL-2.0
#
# What the functional tests share. A test script sources this, defines one
# function per test case, and ends with
#
#	run_cases "what is tested" case_function ...
#
# A case fails when it calls fail (the helpers eq, ge, le, must do), and it goes
# on unless it says "|| return". Whatever happens, on_exit leaves a clean system:
# no session, no module, no target.
#
# ERL2_DRIVER=stock runs a script with the kernel's own iscsi_tcp instead.

# shellcheck shell=bash
# shellcheck disable=SC2034	# many of the variables are for the scripts
# shellcheck disable=SC2119,SC2120	# arguments are optional
# shellcheck disable=SC2015	# A && B || C: C is meant for both

set -u
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$TESTS/lib/ktap_helpers.sh"

case ${ERL2_GUEST:-} in
qemu|uml) ;;
*)	ktap_exit_fail_msg "this changes the whole system: it runs in a guest only (tests/vm/run, tests/uml/run)" ;;
esac

DRIVER=${ERL2_DRIVER:-erl2}	# erl2 or stock
SAN=${ERL2_SAN:-0}		# 1: sanitizers, timings mean nothing
BIN=${ERL2_BIN:-}		# built test programs
# A debug kernel in an emulated machine is slow: stretch limits, not loads.
SLOW=1
[ "$SAN" = 0 ] || SLOW=4
# What only ends a test that hangs is stretched by the machine's own speed, too.
PATIENCE_FACTOR=$((SLOW * ${ERL2_STRETCH:-1}))

IQN=iqn.2025-01.org.example:erl2
TGT_IQN=iqn.2025-01.org.example:tgt
INITIATOR=iqn.2025-01.org.example:initiator
PORTAL=127.0.0.1:3260
PORT=3260
TGT_PORTAL=127.0.0.1:3270
SECRET=not-so-secret-1
MUTUAL_SECRET=not-so-secret-2

WORK=$(mktemp -d /tmp/erl2-test.XXXXXX)
TRACING=/sys/kernel/tracing
ISCSI_CLASS=/sys/class

SID=''		# number of the session under test
DISK='' SG=''	# its disk, /dev/sdX and /dev/sgN: see wait_disk
CASE_FAILED=0
BACKGROUND=()	# pids to end at exit

# ---------------------------------------------------------------- assertions

msg()
{
	ktap_print_msg "$@"
}

# A case may call this many times; it has failed then.
fail()
{
	msg "FAIL: $*"
	CASE_FAILED=1
	return 1
}

# must "what" COMMAND...: runs it, its output is shown only when it fails
must()
{
	must_fail_with 0 "$@"
}

# must_fail_with RC "what" COMMAND...     (RC: "19|24" where both will do)
must_fail_with()
{
	local want=$1 what=$2 rc
	shift 2

	# not in a subshell: many of the commands set variables
	"$@" > "$WORK/must" 2>&1
	rc=$?
	if ! [[ $rc =~ ^($want)$ ]]; then
		tail -n 8 "$WORK/must" | sed 's/^/# | /'
		fail "$what: '$*' exited with $rc, not with $want"
	fi
}

eq()
{
	[ "$1" = "$2" ] || fail "$3: '$1', expected '$2'"
}

ge()
{
	[ "$1" -ge "$2" ] 2>/dev/null || fail "$3: '$1', expected at least $2"
}

le()
{
	[ "$1" -le "$2" ] 2>/dev/null || fail "$3: '$1', expected at most $2"
}

# A process costs much on a slow kernel: what is done often does without.

# pause SECONDS: like sleep; nothing is ever written into that pipe
exec {PAUSE_FD}<> <(:)
pause()
{
	local nothing

	read -r -t "$1" -u "$PAUSE_FD" nothing
	return 0
}

# value_of FILE: sets VALUE to its first line
VALUE=''
value_of()
{
	VALUE=''
	{ IFS= read -r VALUE < "$1"; } 2>/dev/null
}

# wait_for SECONDS COMMAND...: until it succeeds; the time is stretched on
# slow kernels.
wait_for()
{
	local limit=$(($1 * PATIENCE_FACTOR)) start=$SECONDS
	shift

	until "$@" > /dev/null 2>&1; do
		[ $((SECONDS - start)) -lt $limit ] || return 1
		pause 0.1
	done
}

skip_case()
{
	msg "skipped: $*"
	CASE_SKIPPED=1
}

need_erl2()
{
	[ "$DRIVER" = erl2 ]
}

# ------------------------------------------------------------ the kernel log

kmsg_mark()
{
	KMSG_MARK="erl2-test $$ $RANDOM"
	echo "$KMSG_MARK" > /dev/kmsg
}

# The log since the last mark. The markers stay in the log, so awk finds them.
kmsg_since()
{
	dmesg | awk -v m="${KMSG_MARK:-}" 'index($0, m) { n = 0; next }
		{ line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }'
}

# ---------------------------------------------------------------- the driver

driver_module()
{
	if [ "$DRIVER" = erl2 ]; then
		echo iscsi_erl2
	else
		echo iscsi_tcp
	fi
}

driver_loaded()
{
	[ -d "/sys/module/$(driver_module)" ]
}

# insmod knows no dependencies; asking for them takes time on a slow machine.
declare -A DEPENDENCIES
load_dependencies()
{
	local dep

	[ -n "${DEPENDENCIES[$1]:-}" ] ||
		DEPENDENCIES[$1]=$(modinfo -F depends "$1" | tr , ' ')
	for dep in ${DEPENDENCIES[$1]}; do
		[ -d "/sys/module/$dep" ] || modprobe "$dep" || return 1
	done
}

# driver_load [PARAMETER=VALUE]...   (parameters mean nothing to iscsi_tcp)
driver_load()
{
	# No udev here that would load them for a new device.
	[ -d /sys/bus/scsi/drivers/sd ] || modprobe -q sd_mod
	[ -d /sys/class/scsi_generic ] || modprobe -q sg
	if [ "$DRIVER" = stock ]; then
		rm -f /etc/modprobe.d/erl2-test.conf
		modprobe iscsi_tcp
		return
	fi
	[ -f "${ERL2_KO:-}" ] || {
		echo "ERL2_KO: no such file '${ERL2_KO:-}'"
		return 1
	}
	# A test of the wrong driver would be worse than none: iscsid loads
	# iscsi_tcp by itself where the transport is missing.
	mkdir -p /etc/modprobe.d
	echo "install iscsi_tcp /bin/false" > /etc/modprobe.d/erl2-test.conf
	load_dependencies "$ERL2_KO" && insmod "$ERL2_KO" "$@"
}

# Caches of the driver that the slab allocator still knows.
driver_caches()
{
	{ cat /proc/slabinfo; ls /sys/kernel/slab; } 2>/dev/null | grep -o 'iscsi_erl2[^ ]*'
}

# Sessions hold references until the last of their devices has gone.
driver_unload()
{
	local i

	driver_loaded || return 0
	for ((i = 0; i < 50 * PATIENCE_FACTOR; i++)); do
		rmmod "$(driver_module)" 2> "$WORK/rmmod.err" && return 0
		sleep 0.1
	done
	cat "$WORK/rmmod.err"
	return 1
}

# driver_reload [PARAMETER=VALUE]...
driver_reload()
{
	driver_unload && driver_load "$@"
}

# A parameter of a loaded module, for new sessions.
driver_param()
{
	[ "$DRIVER" = stock ] || echo "$2" > "/sys/module/iscsi_erl2/parameters/$1"
}

# -------------------------------------------------------------------- iscsid

ISCSID_PID=''

# The node records and the configuration of the machine stay as they are: a
# tmpfs of our own lies over /etc/iscsi.
isolate_etc_iscsi()
{
	grep -q '^erl2-test /etc/iscsi ' /proc/mounts && return
	mkdir -p /etc/iscsi /run/lock/iscsi
	mount -t tmpfs erl2-test /etc/iscsi || return 1
	echo "InitiatorName=$INITIATOR" > /etc/iscsi/initiatorname.iscsi
	cat > /etc/iscsi/iscsid.conf <<-CONF
		iscsid.startup = /bin/false
		node.startup = manual
		node.leading_login = No
		node.session.timeo.replacement_timeout = 120
		node.conn[0].timeo.login_timeout = 15
		node.conn[0].timeo.logout_timeout = 15
		node.conn[0].timeo.noop_out_interval = 5
		node.conn[0].timeo.noop_out_timeout = 5
		node.session.err_timeo.abort_timeout = 15
		node.session.err_timeo.lu_reset_timeout = 30
		node.session.err_timeo.tgt_reset_timeout = 30
		node.session.initial_login_retry_max = 2
		node.session.cmds_max = 128
		node.session.queue_depth = 32
		node.session.iscsi.InitialR2T = No
		node.session.iscsi.ImmediateData = Yes
		node.session.iscsi.FirstBurstLength = 262144
		node.session.iscsi.MaxBurstLength = 16776192
		node.conn[0].iscsi.MaxRecvDataSegmentLength = 262144
		node.session.iscsi.FastAbort = Yes
		node.session.scan = auto
		discovery.sendtargets.reopen_max = 1
		discovery.sendtargets.timeo.login_timeout = 5
	CONF
}

iscsid_listening()
{
	grep -q '@ISCSIADM_ABSTRACT_NAMESPACE' /proc/net/unix
}

iscsid_start()
{
	isolate_etc_iscsi || return 1
	setsid iscsid -f -d "${ISCSID_DEBUG:-1}" < /dev/null \
		>> "$WORK/iscsid.log" 2>&1 &
	ISCSID_PID=$!
	wait_for 15 iscsid_listening || {
		tail -n 5 "$WORK/iscsid.log"
		return 1
	}
}

alive()
{
	value_of "/proc/$1/stat" && [[ $VALUE != *") Z "* ]]
}

gone()
{
	! alive "$1"
}

# It may be asleep and not hear the SIGTERM (seen with 2.1.8).
iscsid_stop()
{
	[ -n "$ISCSID_PID" ] || return 0
	kill -TERM "$ISCSID_PID" 2>/dev/null
	wait_for 1 gone "$ISCSID_PID" || kill -KILL "$ISCSID_PID"
	wait "$ISCSID_PID" 2>/dev/null
	ISCSID_PID=''
	! iscsid_listening
}

iscsid_kill()
{
	kill -KILL "$ISCSID_PID"
	wait "$ISCSID_PID" 2>/dev/null
	ISCSID_PID=''
}

iadm()
{
	timeout -k 5 $((60 * PATIENCE_FACTOR)) iscsiadm "$@"
}

# discover [PORTAL] [IQN]: writes node records
discover()
{
	iadm -m discovery -t sendtargets -p "${1:-$PORTAL}" > "$WORK/discovery" 2>&1 &&
		grep -q " ${2:-$IQN}\$" "$WORK/discovery" || {
		cat "$WORK/discovery"
		return 1
	}
}

NODE_IS=''	# what new_session made of the record

# node_set NAME VALUE...: in the record of the target under test
node_set()
{
	local settings=()

	NODE_IS=''
	[ $# -ge 2 ] || return 0
	while [ $# -ge 2 ]; do
		settings+=(-n "$1" -v "$2")
		shift 2
	done
	iadm -m node -T "$IQN" -p "$PORTAL" -o update "${settings[@]}"
}

node_new()
{
	NODE_IS=''
	[ ! -e "/etc/iscsi/nodes/$IQN" ] ||
		iadm -m node -T "$IQN" -p "$PORTAL" -o delete > /dev/null 2>&1
	iadm -m node -T "$IQN" -p "$PORTAL" -o new > /dev/null
}

# find_sessions: sets SIDS to the sessions of the target under test, by number
SIDS=()
find_sessions()
{
	local dir

	SIDS=()
	for dir in "$ISCSI_CLASS"/iscsi_session/session*; do
		! value_of "$dir/targetname" || [ "$VALUE" != "$IQN" ] ||
			SIDS+=("${dir##*session}")
	done
}

sessions()
{
	find_sessions
	[ ${#SIDS[@]} = 0 ] || printf '%s\n' "${SIDS[@]}"
}

# login: through iscsid; sets SID
login()
{
	iadm -m node -T "$IQN" -p "$PORTAL" --login || return
	find_sessions
	SID=${SIDS[*]: -1}
	[ -n "$SID" ] || {
		echo "iscsiadm has logged in, but there is no session in sysfs"
		return 1
	}
}

logout()
{
	iadm -m node -T "$IQN" -p "$PORTAL" --logout || return
	SID=''
}

# The record as iscsiadm made it, for the target RECORD_OF in the file RECORD_FILE.
NODE_RECORD='' RECORD_OF='' RECORD_FILE=''

# node_rewrite [NAME VALUE]...: the fresh record with these settings, as three
# calls of iscsiadm would leave it; each costs half a second on a slow kernel.
node_rewrite()
{
	local line text='' name address
	local -A wanted=()

	if [ "$RECORD_OF" != "$IQN $PORTAL" ] || [ ! -f "$RECORD_FILE" ]; then
		node_new || return
		# An IPv6 address is there without its brackets.
		address=${PORTAL%:*}
		address=${address#[} address=${address%]}
		for RECORD_FILE in "/etc/iscsi/nodes/$IQN/$address,${PORTAL##*:},"*/default \
				"/etc/iscsi/nodes/$IQN/$address,${PORTAL##*:}"; do
			[ ! -f "$RECORD_FILE" ] || break
		done
		NODE_RECORD=$(< "$RECORD_FILE") || return
		RECORD_OF="$IQN $PORTAL"
	fi
	while [ $# -ge 2 ]; do
		wanted["$1"]=$2
		shift 2
	done
	while IFS= read -r line; do
		name=${line%% = *}
		if [ "$line" = "# END RECORD" ]; then
			for name in "${!wanted[@]}"; do
				text+="$name = ${wanted[$name]}"$'\n'
			done
		elif [ -n "${wanted[$name]+set}" ]; then
			line="$name = ${wanted[$name]}"
			unset "wanted[$name]"
		fi
		text+=$line$'\n'
	done <<< "$NODE_RECORD"
	printf '%s' "$text" > "$RECORD_FILE"
}

# new_session [NODE-SETTING VALUE]...: a record without discovery, and log in.
# The record of the session before will do if it was the same.
new_session()
{
	if [ "$NODE_IS" != "$IQN $PORTAL $*" ]; then
		NODE_IS=''
		node_rewrite "$@" || return
		NODE_IS="$IQN $PORTAL $*"
	fi
	login && wait_disk
}

# find_disk [LUN]: sets DISK_NAME to the kernel's name of the disk (the first)
DISK_NAME=''
find_disk()
{
	local lun=${1:-*} dev

	# shellcheck disable=SC2231	# $lun may be a pattern
	for dev in "$ISCSI_CLASS/iscsi_session/session$SID"/device/target*/*:*:*:$lun/block/sd*; do
		DISK_NAME=${dev##*/}
		[ ! -e "$dev" ] || return 0
	done
	DISK_NAME=''
	return 1
}

disk_name()
{
	find_disk "$@" && echo "$DISK_NAME"
}

disk_ready()
{
	find_disk "$@" && [ -b "/dev/$DISK_NAME" ] &&
		value_of "/sys/block/$DISK_NAME/size" && [ "$VALUE" -gt 0 ]
}

# wait_disk [LUN]: sets DISK (/dev/sdX) and SG (/dev/sgN)
wait_disk()
{
	local sg

	wait_for 20 disk_ready "$@" || {
		echo "no disk in session '$SID'"
		return 1
	}
	DISK=/dev/$DISK_NAME
	for sg in "/sys/block/$DISK_NAME/device/scsi_generic"/sg*; do
		SG=/dev/${sg##*/}
	done
}

# ---------------------------------------------------- what the driver tells

# recovery NAME: a file of the session's recovery group
recovery()
{
	cat "$ISCSI_CLASS/iscsi_session/session$SID/recovery/$1"
}

# recovery_value NAME: the same into VALUE
recovery_value()
{
	value_of "$ISCSI_CLASS/iscsi_session/session$SID/recovery/$1"
}

recovery_set()
{
	echo "$2" > "$ISCSI_CLASS/iscsi_session/session$SID/recovery/$1"
}

# iscsid has taken up the sessions that it found.
session_synced()
{
	iadm -m session -P 1 2>/dev/null | grep -q 'Internal iscsid Session State: NO CHANGE'
}

# connections_up N: so many connections of the session are logged in
connections_up()
{
	local file n=0

	for file in "$ISCSI_CLASS/iscsi_connection/connection$SID:"*/recovery/state; do
		! value_of "$file" || [ "$VALUE" != logged_in ] || n=$((n + 1))
	done
	[ $n = "$1" ]
}

# conn_recovery NAME [CID]
conn_recovery()
{
	cat "$ISCSI_CLASS/iscsi_connection/connection$SID:${2:-0}/recovery/$1"
}

# session NAME / conn NAME: the class's own attributes
session()
{
	cat "$ISCSI_CLASS/iscsi_session/session$SID/$1"
}

conn()
{
	cat "$ISCSI_CLASS/iscsi_connection/connection$SID:${2:-0}/$1"
}

recovery_is()
{
	recovery_value "$1" && [ "$VALUE" = "$2" ]
}

recovery_reached()
{
	recovery_value "$1" && [ "$VALUE" -ge "$2" ]
}

session_is()
{
	value_of "$ISCSI_CLASS/iscsi_session/session$SID/state" && [ "$VALUE" = "$1" ]
}

# wait_recoveries N [SECONDS]: N recoveries completed and the session is up
wait_recoveries()
{
	wait_for "${2:-15}" recovery_reached recoveries "$1" &&
		wait_for 5 recovery_is state up || {
		echo "recoveries $(recovery recoveries), reinstatements $(recovery reinstatements), state $(recovery state)"
		return 1
	}
}

# ------------------------------------------------------ killing connections

# As the administrator's drill: the initiator's end of the TCP connection is
# destroyed, the target gets a RST.
kill_by_ss()
{
	ss -K state established "( dport = :${1:-$PORT} )" > "$WORK/ss" 2>&1
	# one heading, then a line for each socket that has been destroyed
	[ "$(wc -l < "$WORK/ss")" -ge 2 ]
}

kill_by_knob()
{
	echo 1 > "$ISCSI_CLASS/iscsi_connection/connection$SID:${1:-0}/recovery/fail"
}

# Nothing passes in either direction. "new" instead of "all" leaves a
# new connection alone: only the ones that are there now go silent.
blackhole_on()
{
	local scope=${1:-all} port=${2:-$PORT} sport

	nft add table inet erl2_hole || return
	nft add chain inet erl2_hole out '{ type filter hook output priority 0; }'
	if [ "$scope" = all ]; then
		nft add rule inet erl2_hole out tcp dport "$port" counter drop
		nft add rule inet erl2_hole out tcp sport "$port" counter drop
		return
	fi
	for sport in $(ss -Htn state established "( dport = :$port )" |
			sed 's/.*:\([0-9]*\) .*:'"$port"'.*/\1/'); do
		nft add rule inet erl2_hole out tcp sport "$sport" tcp dport "$port" counter drop
		nft add rule inet erl2_hole out tcp sport "$port" tcp dport "$sport" counter drop
	done
}

blackhole_off()
{
	nft delete table inet erl2_hole 2>/dev/null
}

# The target's host is there, but nothing listens any more.
refuse_on()
{
	nft add table inet erl2_hole || return
	nft add chain inet erl2_hole out '{ type filter hook output priority 0; }'
	nft add rule inet erl2_hole out tcp dport "${1:-$PORT}" counter reject with tcp reset
}

# lag_on MS: every packet takes so long, in either direction. Without it commands
# are so quick that few are in flight when a connection dies.
lag_on()
{
	modprobe -q sch_netem
	tc qdisc replace dev lo root netem limit 100000 delay "$1ms"
}

lag_off()
{
	tc qdisc del dev lo root 2>/dev/null
}

# -------------------------------------------- Login Requests on the wire

# Counts the segments that begin with a Login Request PDU to the target: byte 0
# is 0x43 or 0x03, version numbers 0, no AHS, and open-iscsi's vendor
# number in the ISID (RFC 7143, 11.12).
count_logins_start()
{
	nft delete table inet erl2_count 2>/dev/null
	nft add table inet erl2_count &&
	nft add chain inet erl2_count out '{ type filter hook output priority -10; }' &&
	nft add rule inet erl2_count out tcp dport "${1:-$PORT}" @ih,0,8 '& 0x3f == 0x03' \
		@ih,16,16 0 @ih,32,8 0 @ih,64,24 0x00023d counter
}

logins_counted()
{
	nft list table inet erl2_count | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}

# ------------------------------------------------------------------ tracefs

tracefs_mounted()
{
	[ -e $TRACING/trace ] || mount -t tracefs tracefs $TRACING
}

# trace_start [SYSTEM:EVENT]...: all of the driver's where none is named
trace_start()
{
	local event

	tracefs_mounted || return
	[ $# -gt 0 ] || set -- iscsi_erl2
	echo 0 > $TRACING/tracing_on
	echo > $TRACING/trace
	echo "${TRACE_KB:-2048}" > $TRACING/buffer_size_kb
	for event in "$@"; do
		echo 1 > "$TRACING/events/${event/://}/enable" || return
	done
	echo 1 > $TRACING/tracing_on
}

# trace_count EVENT: so many of them in the buffer
trace_count()
{
	grep -c " $1: " $TRACING/trace
}

# Reassignments that the target has answered. (The event is there twice: for the
# request and for its response.)
trace_reassigned()
{
	grep ' task_reassign: ' "$TRACING/trace" | grep -c 'response=complete'
}

trace_stop()
{
	[ -e $TRACING/tracing_on ] || return 0
	echo 0 > $TRACING/tracing_on
	# Events of a module make it busy while they are on.
	echo 0 > $TRACING/events/enable
}

# ------------------------------------------------------------------- targets

lio_up()
{
	"$TESTS/lio/setup.sh" "$@"
}

lio_down()
{
	"$TESTS/lio/teardown.sh" "$@"
}

tgt_up()
{
	"$TESTS/tgt/setup.sh" "$@"
}

tgt_down()
{
	"$TESTS/tgt/teardown.sh" "$@"
}

# From here on the tests are about tgtd's target.
use_tgt()
{
	IQN=$TGT_IQN PORTAL=$TGT_PORTAL PORT=${TGT_PORTAL##*:}
}

use_lio()
{
	IQN=iqn.2025-01.org.example:erl2 PORTAL=127.0.0.1:3260 PORT=3260
}

# ---------------------------------------------------------------------- load

# background COMMAND...: its pid is in BG_PID; on_exit ends it
background()
{
	"$@" &
	BG_PID=$!
	BACKGROUND+=("$BG_PID")
}

# fio_start SECONDS [FIO-OPTION]...: writes everywhere and reads each block back,
# in the background; a wrong byte or an I/O error ends it. fio_finish waits for
# its end, fio_stop does not. FIO_RATE: I/Os a second of each job; a disk as
# fast as its only CPU leaves no time for anything else.
FIO_PID='' FIO_IOS=0 FIO_RATE=800
fio_start()
{
	local seconds=$1
	shift

	FIO_IOS=$(disk_ios)
	fio --name=verify --filename="$DISK" --thread --ioengine=libaio --direct=1 \
		--rw=randrw --rwmixread=30 --bsrange=4k-64k --iodepth=8 --numjobs=2 \
		--size=16M --offset_increment=16M \
		--verify=crc32c --verify_fatal=1 --verify_backlog=64 --verify_state_save=0 \
		--time_based --runtime=$((seconds * SLOW)) --fallocate=none --group_reporting \
		${FIO_RATE:+--rate_iops=$FIO_RATE} \
		"$@" > "$WORK/fio.out" 2>&1 &
	FIO_PID=$!
	BACKGROUND+=("$FIO_PID")
}

fio_running()
{
	alive "$FIO_PID"
}

# I/Os that the disk has completed, reads and writes.
disk_ios()
{
	local stat

	read -r -a stat < "/sys/block/${DISK##*/}/stat"
	echo $((stat[0] + stat[4]))
}

disk_ios_since()
{
	local stat

	read -r -a stat < "/sys/block/${DISK##*/}/stat"
	[ $((stat[0] + stat[4])) -ge $(($1 + 30)) ]
}

# It works: fio takes seconds to start on a slow machine.
fio_started()
{
	wait_for 20 disk_ios_since "$FIO_IOS" && fio_running
}

# disk_works_on: I/O goes on from now
disk_works_on()
{
	wait_for "${1:-15}" disk_ios_since "$(disk_ios)"
}

# fio_finish [SECONDS]: waits for the end; fails on any error
fio_finish()
{
	local rc

	wait_for "${1:-60}" gone "$FIO_PID" || {
		tail -n 20 "$WORK/fio.out"
		echo "fio does not come to an end"
		kill -KILL "$FIO_PID"
		return 1
	}
	wait "$FIO_PID"
	rc=$?
	# 128: ended by a signal, see fio_stop
	if ! [[ $rc =~ ^(0|128)$ ]] || ! grep -q 'err= 0' "$WORK/fio.out"; then
		tail -n 20 "$WORK/fio.out"
		return 1
	fi
}

# fio_stop: fio has to be still running, and to have seen no error
fio_stop()
{
	fio_running || {
		tail -n 20 "$WORK/fio.out"
		echo "fio has ended before"
		return 1
	}
	kill -INT "$FIO_PID"
	fio_finish 30
}

# fio_run SECONDS [FIO-OPTION]...
fio_run()
{
	fio_start "$@" && fio_finish $(($1 * 2 + 30))
}

# ------------------------------------------------------------------ the frame

# Everything this script may have left. Says what would not go, and fails then.
clean_up()
{
	local status=0 pid

	trace_stop
	blackhole_off
	lag_off
	nft delete table inet erl2_count 2>/dev/null
	for pid in ${BACKGROUND[@]+"${BACKGROUND[@]}"}; do
		alive "$pid" && kill -KILL "$pid" 2>/dev/null
	done
	BACKGROUND=()
	if [ -n "$ISCSID_PID" ] && [ -n "$(ls "$ISCSI_CLASS/iscsi_session" 2>/dev/null)" ]; then
		iadm -m node --logoutall=all > "$WORK/logout" 2>&1 || {
			sed 's/^/# | /' "$WORK/logout"
			status=1
		}
	fi
	type -t script_clean_up > /dev/null && { script_clean_up || status=1; }
	iscsid_stop || { msg "iscsid does not end"; status=1; }
	driver_unload | sed 's/^/# | /'
	if driver_loaded; then
		msg "$(driver_module) cannot be unloaded"
		status=1
	fi
	"$TESTS/tgt/teardown.sh"
	"$TESTS/lio/teardown.sh" --modules 2>&1 | sed 's/^/# | /'
	[ "${PIPESTATUS[0]}" -eq 0 ] || status=1
	rm -f /etc/modprobe.d/erl2-test.conf
	! grep -q '^erl2-test /etc/iscsi ' /proc/mounts || umount /etc/iscsi || status=1
	return $status
}

CLEANED=0
on_exit()
{
	local rc=$?

	trap - EXIT
	[ $CLEANED -eq 1 ] || clean_up || msg "the system is not clean"
	rm -rf "$WORK"
	exit $rc
}
trap on_exit EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

# run_one DESCRIPTION FUNCTION
run_one()
{
	local start=$SECONDS

	CASE_FAILED=0 CASE_SKIPPED=0
	kmsg_mark
	"$2"
	if [ $CASE_FAILED -ne 0 ]; then
		kmsg_since | tail -n 15 | sed 's/^/# kernel: /'
		[ ! -s "$WORK/iscsid.log" ] ||
			tail -n 3 "$WORK/iscsid.log" | sed 's/^/# iscsid: /'
		ktap_test_fail "$1 ($((SECONDS - start)) s)"
	elif [ $CASE_SKIPPED -ne 0 ]; then
		ktap_test_skip "$1"
	else
		ktap_test_pass "$1 ($((SECONDS - start)) s)"
	fi
}

case_clean_up()
{
	CLEANED=1
	clean_up || fail "something is left"
	[ -z "$(ls "$ISCSI_CLASS/iscsi_session" 2>/dev/null)" ] ||
		fail "sessions are left: $(ls "$ISCSI_CLASS/iscsi_session")"
}

# run_cases SETUP-FUNCTION FUNCTION...: each function case_NAME is a test case;
# the set-up before and the cleaning-up behind them are tested as well. Where the
# set-up fails nothing else is tried.
run_cases()
{
	local setup=$1 fn name word cases=()
	shift

	for fn; do
		for word in ${CASES:-_}; do
			[[ $fn != *"$word"* ]] || cases+=("$fn")
		done
	done
	set -- "${cases[@]}"
	ktap_print_header
	ktap_set_plan $(($# + 2))
	msg "driver $(driver_module), guest $ERL2_GUEST, kernel $(uname -r)"
	run_one "set up" "$setup"
	if [ "$CASE_FAILED" -eq 0 ]; then
		for fn in "$@"; do
			name=${fn#case_}
			run_one "${name//_/ }" "$fn"
		done
	else
		for fn in "$@"; do
			name=${fn#case_}
			ktap_test_fail "${name//_/ } (not run)"
		done
	fi
	run_one "clean up" case_clean_up
	ktap_finished
}
