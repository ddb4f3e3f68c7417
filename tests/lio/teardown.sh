#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Take down the LIO iSCSI targets that setup.sh made, whatever is left of them.
# usage: teardown.sh [--modules] [IQN]...        all targets where none is named
#
# --modules also unloads the fix-up module (when no target is left).
# Exits 0 when there is nothing left, also when there was nothing.

set -u

CORE=/sys/kernel/config/target/core
ISCSI=/sys/kernel/config/target/iscsi

modules=0
if [ "${1:-}" = --modules ]; then
	modules=1
	shift
fi

# rmdir in configfs is what frees an object; what is not there needs no removal.
remove()
{
	local path

	for path in "$@"; do
		[ -d "$path" ] || continue
		rmdir "$path" || status=1
	done
}

# A session that waits for its initiator would never be closed, nor its ACL be
# freed: it gets the time to end by itself (Time2Retain).
await_failed_sessions()
{
	local i

	for ((i = 0; i < 300; i++)); do
		grep -qs 'SESS_STATE_FAILED' "$1"/acls/*/info || return 0
		sleep 0.1
	done
}

teardown_target()
{
	local iqn=$1 tpg acl
	local tag=${iqn##*:}

	for tpg in "$ISCSI/$iqn"/tpgt_*; do
		[ -d "$tpg" ] || continue
		await_failed_sessions "$tpg"
		# Stops the logins; the portals' removal ends the sessions.
		echo 0 > "$tpg/enable"
		remove "$tpg"/np/*
		for acl in "$tpg"/acls/*; do
			[ -d "$acl" ] || continue
			rm -f "$acl"/lun_*/*port*
			remove "$acl"/lun_* "$acl"
		done
		find "$tpg/lun" -mindepth 2 -maxdepth 2 -type l -delete 2>/dev/null
		remove "$tpg"/lun/lun_* "$tpg"
	done
	remove "$ISCSI/$iqn" "$CORE"/*/"$tag".[0-9]*
}

status=0
if [ $# -eq 0 ]; then
	for dir in "$ISCSI"/iqn.* "$ISCSI"/eui.* "$ISCSI"/naa.*; do
		[ -d "$dir" ] && set -- "$@" "${dir##*/}"
	done
fi
for iqn in "$@"; do
	teardown_target "$iqn"
done
for dir in "$CORE"/*_0; do
	[ -d "$dir" ] || continue
	rmdir "$dir" 2>/dev/null || true	# in use by another target
done

if [ $modules -eq 1 ] && [ -d /sys/module/lio_fixup ]; then
	rmmod lio_fixup || status=1
fi
exit $status
