#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
echo "TAP version 13"
echo "1..2"
echo "ok 1 one thing works"
echo "not ok 2 another does not"
exit 1
