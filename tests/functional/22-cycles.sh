#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Login, I/O, logout, unload, again and again: nothing is left behind, and the
# kernel log stays quiet.
#
# guests: uml debug

. "$(dirname "$0")/../lib/common.sh"

# An emulated machine takes a second or two for each.
[ "$ERL2_GUEST-$SAN" = uml-0 ] && CYCLES=25 || CYCLES=12
CYCLES=${ERL2_CYCLES:-$CYCLES}

set_up()
{
	must "target" lio_up || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start || return
	must "record" node_new
}

cycle()
{
	must "driver" driver_load || return
	must "login" login || return
	must "disk" wait_disk || return
	must "write" dd if=/dev/zero of="$DISK" bs=64k count=8 oflag=direct || return
	if [ "$1" = killed ] && need_erl2; then
		kill_by_ss || fail "no connection to kill"
		must "recovered" wait_recoveries 1 || return
	fi
	must "read" dd if="$DISK" of=/dev/null bs=64k count=8 iflag=direct || return
	must "logout" logout || return
	must "unload" driver_unload
}

# Bytes in the kernel's slabs that are not given back under pressure.
slab_kb()
{
	echo 3 > /proc/sys/vm/drop_caches
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}

# cycles KIND
cycles()
{
	local i before after

	must "unload" driver_unload
	cycle "$1" || return	# what is allocated once and for all
	cycle "$1" || return
	before=$(slab_kb)
	for ((i = 0; i < CYCLES; i++)); do
		cycle "$1" || return
	done
	after=$(slab_kb)
	msg "$CYCLES cycles: unreclaimable slabs $before kB before, $after kB after"
	# A leak of one task or one socket in each would be 1 kB and more; what the
	# system itself needs comes and goes.
	le $((after - before)) $((1024 + CYCLES * 16)) "kB more in the slabs"
	eq "$(driver_caches)" "" "caches left"
	! kmsg_since | grep -E 'WARNING|BUG|Call Trace|leak' || fail "kernel log"
	must "driver" driver_load
}

case_login_IO_logout_unload()
{
	cycles plain
}

case_with_a_recovery_in_each()
{
	cycles killed
}

run_cases set_up case_login_IO_logout_unload case_with_a_recovery_in_each
