#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 70-sweep.sh with three connections and three commands at a time: what is lost on
# one goes on over the others.
#
# guests: uml

SWEEP_CONNECTIONS=3 exec "$(dirname "$0")/70-sweep.sh"
