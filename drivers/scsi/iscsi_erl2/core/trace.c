// SPDX-License-Identifier: GPL-2.0
/*
 * The bodies of the tracepoints in trace.h.
 */
#include "core/erl2.h"

#define CREATE_TRACE_POINTS
#include "core/trace.h"
