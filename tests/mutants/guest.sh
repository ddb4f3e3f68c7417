#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The scenarios that SCENARIOS names, of all there are: see run beside this.

. "$(dirname "$0")/../lib/scenarios.sh"

run_scenarios '*'
