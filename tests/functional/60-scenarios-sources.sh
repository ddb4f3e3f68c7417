#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every way in which a connection can fail, one connection in the session.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# Half of them in each guest: together they would take too long everywhere.
# guests: uml

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios '0*' '1*' '2*'
