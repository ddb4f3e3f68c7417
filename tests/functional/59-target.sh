#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The scripted target itself, before the driver is judged by it: a raw initiator
# keeps the rules (the target must too, and the judge must be silent), and breaks
# them one by one (the judge must say so). No driver here.
#
# guests: uml

. "$(dirname "$0")/../lib/common.sh"

exec python3 "$TESTS/target/selftest.py" "$BIN/erl2-target"
