#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run-guest.sh [TEST]...: runs test scripts one after the other in a guest
# (default: TEST_PROGS of the Makefile), each within the time limit of
# "settings", and prints what they print as nested KTAP.  A test that leaves a
# splat in the kernel's log fails, whatever it says of itself; so does one that
# ends without the results that it planned.  kmemleak, where there is one, has
# the last word.  Exit status 0: no failure.
#
# What happened to each is in $ERL2_OUT/results as well, for the host to count:
#	begin SCRIPT | pass|fail|skip SCRIPT NAME | end SCRIPT

set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${ERL2_OUT:-/tmp/erl2-results}
mkdir -p "$out"

limit=$(sed -n 's/^timeout=//p' "$here/settings")
limit=${ERL2_TEST_TIMEOUT:-$limit}
# The checks of a debug kernel cost; in an emulated machine they cost dearly.
case ${ERL2_GUEST:-}-${ERL2_SAN:-0} in
qemu-1)	limit=$((limit * 6)) ;;
*-1)	limit=$((limit * 2)) ;;
esac
# A slow machine is late, not wrong.
limit=$((limit * ${ERL2_STRETCH:-1}))

# What no healthy kernel says.  "cut here" heads every WARN and BUG, and most
# other reports end in a call trace.
splats='cut here|Call Trace:|\bBUG:|\bWARNING: |Oops|KASAN|UBSAN|ODEBUG|DEBUG_LOCKS_WARN'
splats+='|INFO: (task|rcu|trying|lockdep|possible)|possible (circular|recursive|irq)'
splats+='|inconsistent lock state|suspicious RCU|refcount_t|list_(add|del) corruption'
splats+='|general protection|unable to handle|soft lockup|hard LOCKUP|blocked for more than'
splats+='|new suspected memory leaks|Objects remaining|kmem_cache_destroy|Kernel panic'
splats+='|scheduling while atomic|sleeping function called|unregister_netdevice: waiting'
splats+='|Slab corruption|Poison overwritten|Bad page|rcu: INFO|UAF|stack guard page'

record()
{
	echo "$*" >> "$out/results"
}

# The log since the mark that the test's start left.
#
# Without one report: scsi_transport_iscsi removes targets on a work queue that
# may reclaim memory, and device_del() flushes a work item of power management
# on one that may not. The kernel's own, whatever the driver; seen once.
log_since()
{
	dmesg | awk -v mark="erl2-test: $1" '
		index($0, mark) { n = 0; delete line; next }
		{ line[++n] = $0 }
		/cut here/ { from = n; stock = 0 }
		/WQ_MEM_RECLAIM iscsi_ctrl_.*:__iscsi_unbind_session .* is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work/ { stock = 1 }
		/end trace/ && stock { n = from - 1; stock = 0 }
		END { for (i = 1; i <= n; i++) print line[i] }'
}

# count SCRIPT LOG: records the results that are in its output; sets $seen,
# $planned and $failed.
count()
{
	local line name

	seen=0 failed=0
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$2" | head -n 1)
	while IFS= read -r line; do
		name=$(sed -E 's/^(not )?ok +[0-9]* *(- )?//' <<< "$line")
		seen=$((seen + 1))
		case $line in
		"not ok"*)	record fail "$1" "$name"; failed=$((failed + 1)) ;;
		*"# SKIP"*)	record skip "$1" "$name" ;;
		*)		record pass "$1" "$name" ;;
		esac
	done < <(grep -aE '^(not )?ok( |$)' "$2")
	if grep -aqE '^1\.\.0 +# *SKIP' "$2"; then
		record skip "$1" "$(sed -n 's/^1\.\.0 *# *SKIP *//p' "$2" | head -n 1)"
	fi
}

# complain SCRIPT WHAT: a failure that the script did not report itself.
complain()
{
	echo "  # run-guest: $2"
	record fail "$1" "$2"
	failed=$((failed + 1))
}

# run NUMBER TEST
run()
{
	local path=$2 name=${2##*/} log status seen planned failed=0
	local pid tail_pid timer_pid stuck

	log=$out/$name.log
	record begin "$name"
	echo "# Subtest: $name"
	echo "erl2-test: $name" > /dev/kmsg

	timeout --kill-after=20 "$limit" "$path" < /dev/null > "$log" 2>&1 &
	pid=$!
	# Not a pipe, which a daemon that the test leaves behind would hold open.
	tail -s 0.1 -n +1 -f --pid=$pid "$log" 2>/dev/null | sed -u 's/^/  /' &
	tail_pid=$!
	sleep $((limit + 40)) &
	timer_pid=$!
	wait -n $pid $timer_pid
	status=$?
	stuck=0
	kill $timer_pid 2>/dev/null || stuck=1
	wait $timer_pid 2>/dev/null
	if [ $stuck = 1 ]; then
		# Asleep in the kernel for good: this guest is of no more use.
		[ ! -w /proc/sysrq-trigger ] || echo w > /proc/sysrq-trigger
		dmesg > "$out/dmesg"
		complain "$name" "does not die $limit s after its begin, not even of SIGKILL"
		record end "$name"
		echo "not ok $1 $name"
		echo "Bail out! $name is stuck in the kernel"
		exit 99
	fi
	wait $tail_pid

	count "$name" "$log"
	case $status in
	124|137)
		complain "$name" "stopped after $limit s" ;;
	0)
		[ "$seen" -gt 0 ] || grep -aqE '^1\.\.0 +# *SKIP' "$log" ||
			complain "$name" "ran no test" ;;
	*)
		[ "$failed" -gt 0 ] || complain "$name" "exited with $status" ;;
	esac
	[ "$seen" = "${planned:-$seen}" ] || [ "$status" != 0 ] ||
		complain "$name" "planned $planned tests, ran $seen"

	# What the script's end set off may take a moment to be said.
	sleep 0.3
	log_since "$name" > "$out/$name.dmesg"
	if grep -aqE "$splats" "$out/$name.dmesg"; then
		complain "$name" "splat in the kernel log: $(grep -aE "$splats" "$out/$name.dmesg" |
			grep -vm 1 'cut here')"
		grep -aE -m 3 -A 30 "$splats" "$out/$name.dmesg" | head -n 120 | sed 's/^/  # | /'
	fi

	record end "$name"
	if [ "$failed" = 0 ]; then
		echo "ok $1 $name"
	else
		echo "not ok $1 $name"
		total_failed=$((total_failed + 1))
	fi
}

kmemleak=/sys/kernel/debug/kmemleak

has_kmemleak()
{
	[ -w $kmemleak ] && echo scan=off 2>/dev/null > $kmemleak
}

# A block counts as leaked only after some seconds, and a scan may miss what a
# register or a stack still showed by accident: look twice.
#
# The kernel's target has leaks of its own: a connection that is reinstated while
# it falls apart by itself is never freed. What its two threads that allocate
# have lost counts only where the driver's functions are on the stack.
check_leaks()
{
	local failed=0 all

	echo "# Subtest: kmemleak"
	record begin kmemleak
	sleep 6
	echo scan > $kmemleak
	sleep 1
	echo scan > $kmemleak
	cat $kmemleak > "$out/kmemleak.all"
	awk 'function flush() {
			if (object !~ /comm "iscsi_(np|trx)"/ || object ~ /\[iscsi_erl2\]/)
				printf "%s", object
			object = ""
		}
		/^unreferenced object/ { flush() }
		{ object = object $0 "\n" }
		END { flush() }' "$out/kmemleak.all" > "$out/kmemleak.log"
	all=$(grep -c '^unreferenced object' "$out/kmemleak.all")
	[ "$all" = 0 ] || echo "  # $all objects leaked, those of the target included"
	if [ -s "$out/kmemleak.log" ]; then
		head -n 200 "$out/kmemleak.log" | sed 's/^/  # | /'
		complain kmemleak "$(grep -c '^unreferenced object' "$out/kmemleak.log") objects leaked"
		echo "not ok $1 kmemleak"
		total_failed=$((total_failed + 1))
	else
		record pass kmemleak "no object leaked"
		echo "ok $1 kmemleak"
	fi
	record end kmemleak
}

if [ $# = 0 ]; then
	mapfile -t tests < <(make --no-print-directory -s -C "$here" list)
	set -- "${tests[@]}"
fi

leaks=0
! has_kmemleak || [ "${ERL2_NO_KMEMLEAK:-}" = 1 ] || leaks=1

total_failed=0
number=0
echo "TAP version 13"
echo "1..$(($# + leaks))"
for t; do
	for path in "$t" "$here/$t" "$here/functional/$t"; do
		[ ! -f "$path" ] || break
	done
	number=$((number + 1))
	if [ -f "$path" ]; then
		run $number "$(realpath "$path")"
	else
		failed=0
		record begin "$t"
		complain "$t" "there is no such test"
		echo "not ok $number $t"
		record end "$t"
		total_failed=$((total_failed + 1))
	fi
done
[ $leaks = 0 ] || check_leaks $((number + 1))

dmesg > "$out/dmesg"
[ $total_failed = 0 ]
