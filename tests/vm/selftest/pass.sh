#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
echo "TAP version 13"
echo "1..2"
echo "ok 1 a thing that works"
echo "ok 2 a thing that is not there # SKIP"
