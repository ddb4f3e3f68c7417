#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a target must not send, and must not bring us down with: answers to what
# was not asked, data that is none, numbers and tags of somebody else.
# The scenarios are in tests/scenarios, how they are run in tests/lib/scenarios.sh.
#
# guests: uml debug

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios 'h*'
