#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Says nothing and is content with it.
exit 0
