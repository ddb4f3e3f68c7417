// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a task.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include "proto/task_state.h"

/* A SCSI command ends by way of ENDING, a control exchange at once. */
static const u8 task_transitions[ERL2_TASK_NR_STATES] = {
	[ERL2_TASK_FREE] = BIT(ERL2_TASK_QUEUED),
	[ERL2_TASK_QUEUED] = BIT(ERL2_TASK_ACTIVE) | BIT(ERL2_TASK_HELD) |
		BIT(ERL2_TASK_ENDING) | BIT(ERL2_TASK_FREE),
	[ERL2_TASK_ACTIVE] = BIT(ERL2_TASK_QUEUED) | BIT(ERL2_TASK_HELD) |
		BIT(ERL2_TASK_ENDING) | BIT(ERL2_TASK_FREE),
	[ERL2_TASK_HELD] = BIT(ERL2_TASK_REASSIGNING) |
		BIT(ERL2_TASK_QUEUED) | BIT(ERL2_TASK_ENDING),
	[ERL2_TASK_REASSIGNING] = BIT(ERL2_TASK_ACTIVE) |
		BIT(ERL2_TASK_HELD) | BIT(ERL2_TASK_QUEUED) |
		BIT(ERL2_TASK_ENDING),
	[ERL2_TASK_ENDING] = BIT(ERL2_TASK_FREE),
};

/**
 * erl2_task_transition_ok() - may a task change its state so?
 * @from: the present state
 * @to: the next one
 *
 * Context: any.
 * Return: true if so; no change is always allowed.
 */
bool erl2_task_transition_ok(enum erl2_task_state from,
			     enum erl2_task_state to)
{
	if (from >= ERL2_TASK_NR_STATES || to >= ERL2_TASK_NR_STATES)
		return false;
	return from == to || task_transitions[from] & BIT(to);
}
