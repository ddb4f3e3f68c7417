#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Outages end: what the target says of times is heeded in bounds, and what it does
# not answer is not waited for one by one.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios 'i*'
