#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# RFC 7143 4.2.3 and 11.9, RFC 7144: what goes with aborts and resets, with
# Async Messages, pings and logouts, on one connection.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# Half of them in each guest: together they would take too long everywhere.
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios 'f*' 'g*'
