#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Many connections per session.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios 'm*'
