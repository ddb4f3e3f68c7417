#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All well, and then not.
echo "1..1"
echo "ok 1 first"
exit 3
