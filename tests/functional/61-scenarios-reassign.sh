#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every answer to TASK REASSIGN, and none.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# Half of them in each guest: together they would take too long everywhere.
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios '3*'
