/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a task.
 */
#ifndef _ERL2_TASK_STATE_H
#define _ERL2_TASK_STATE_H

#include <linux/types.h>

/**
 * enum erl2_task_state - where a task stands
 * @ERL2_TASK_FREE: not in use
 * @ERL2_TASK_QUEUED: waits in a connection's queue for its first transmission
 * @ERL2_TASK_ACTIVE: on its way to the target or executing there
 * @ERL2_TASK_HELD: its connection failed; waits for recovery's verdict
 * @ERL2_TASK_REASSIGNING: TASK REASSIGN sent, no answer yet
 * @ERL2_TASK_ENDING: claimed, its owner has not let go of it yet
 */
enum erl2_task_state {
	ERL2_TASK_FREE,
	ERL2_TASK_QUEUED,
	ERL2_TASK_ACTIVE,
	ERL2_TASK_HELD,
	ERL2_TASK_REASSIGNING,
	ERL2_TASK_ENDING,
	ERL2_TASK_NR_STATES
};

bool erl2_task_transition_ok(enum erl2_task_state from,
			     enum erl2_task_state to);

#endif /* _ERL2_TASK_STATE_H */
