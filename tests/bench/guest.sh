#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh speed|instructions ROUNDS: the measurements of "make bench", inside
# a guest: this driver and the stock one in turns on the same target. Leaves
# lines "driver row ios seconds idle" in $ERL2_OUT/results.
#
# ERL2_BENCH_DRIVERS="stock stock" compares the stock driver with itself;
# ERL2_BENCH_LEVEL is the ErrorRecoveryLevel of this driver's sessions (2).

. "$(dirname "$0")/../lib/common.sh"

MODE=$1
ROUNDS=$2
DRIVERS=${ERL2_BENCH_DRIVERS:-erl2 stock}
OUT=${ERL2_OUT:-$WORK}

# name, options of ioload, I/Os to count instructions of
ROWS=(
	"randread-4k-1    -b 4096 -d 1        4000"
	"randwrite-4k-1   -b 4096 -d 1 -w     4000"
	"randread-4k-32   -b 4096 -d 32       8000"
	"randwrite-4k-32  -b 4096 -d 32 -w    8000"
	"read-256k        -b 262144 -d 4 -s    500"
	"write-256k       -b 262144 -d 4 -s -w 500"
)
SECONDS_EACH=${ERL2_BENCH_SECONDS:-1.5}

give_up()
{
	echo "bench: $*" >&2
	dmesg | tail -n 15 >&2
	exit 1
}

# measure NAME: all rows with the driver that is loaded
measure()
{
	local row options count

	for row in "${ROWS[@]}"; do
		read -r -a options <<< "$row"
		row=${options[0]}
		count=${options[-1]}
		options=("${options[@]:1:${#options[@]}-2}")
		# caches and congestion windows get warm
		"$BIN/ioload" "${options[@]}" -n $((count / 4)) "$DISK" > /dev/null ||
			give_up "I/O errors"
		if [ "$MODE" = instructions ]; then
			options+=(-n "$count")
		else
			options+=(-t "$SECONDS_EACH")
		fi
		"$BIN/ioload" "${options[@]}" "$DISK" > "$WORK/row" ||
			give_up "I/O errors"
		sed -E "s/^ios=([0-9]+) seconds=([0-9.]+) idle=([0-9.]+)\$/$1 $row \1 \2 \3/" "$WORK/row" \
			>> "$OUT/results"
	done
}

rm -f "$OUT/results"
lio_up erl=2 time2wait=0 time2retain=60 size=128M || give_up "no target"
# What is not measured must not be in the way: nobody pings, nobody sorts.
for ((round = 1; round <= ROUNDS; round++)); do
	nth=0
	for DRIVER in $DRIVERS; do
		nth=$((nth + 1))
		echo "    round $round of $ROUNDS: $(driver_module)"
		driver_load error_recovery_level="${ERL2_BENCH_LEVEL:-2}" || give_up "no $(driver_module)"
		iscsid_start > /dev/null || give_up "no iscsid"
		new_session "node.conn[0].timeo.noop_out_interval" 0 \
			"node.conn[0].timeo.noop_out_timeout" 0 > "$WORK/login" 2>&1 ||
			give_up "login: $(cat "$WORK/login")"
		echo none > "/sys/block/${DISK##*/}/queue/scheduler"
		measure "$nth.$DRIVER"
		logout > /dev/null || give_up "logout"
		iscsid_stop 2> /dev/null || give_up "iscsid does not end"
		driver_unload || give_up "$(driver_module) cannot be unloaded"
	done
done
