#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A real WARN() where the kernel has lkdtm, the look of one elsewhere.
echo "1..1"
if modprobe lkdtm 2>/dev/null; then
	echo WARNING > /sys/kernel/debug/provoke-crash/DIRECT
else
	echo "WARNING: CPU: 0 PID: 1 at drivers/none.c:1 nothing+0x0/0x0" > /dev/kmsg
fi
echo "ok 1 all is well, it says"
