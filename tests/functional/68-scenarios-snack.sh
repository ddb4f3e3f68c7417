#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is lost or damaged costs one SNACK: levels 1 and 2 of a single connection.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios 'd*' 'e*'
