#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Stop the tgtds that setup.sh started, and remove their disks.
# usage: teardown.sh [ID]...        all of them where none is named

set -u

[ $# -gt 0 ] || set -- /run/erl2-tgt.*
for state in "$@"; do
	state=/run/erl2-tgt.${state##*erl2-tgt.}
	[ -d "$state" ] || continue
	pid=$(cat "$state/pid" 2>/dev/null)
	if [ -n "$pid" ]; then
		# With sessions open tgtd takes a polite request as a joke.
		kill -KILL "$pid" 2>/dev/null
		while [ -d "/proc/$pid" ] &&
		      ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do
			sleep 0.05
		done
	fi
	rm -rf "$state"
done
