// SPDX-License-Identifier: GPL-2.0
/*
 * Commands change their connection (RFC 7143 4.2.5.1, 7.2.1).
 */
#include <scsi/scsi_cmnd.h>

#include "decide.h"
#include "erl2.h"
#include "recovery.h"
#include "session.h"
#include "task.h"
#include "trace.h"

static unsigned int allegiance_sort_locked(struct erl2_conn *from,
					   struct erl2_conn *to)
{
	struct erl2_session *s = from->session;
	unsigned int retried = 0, i;

	lockdep_assert_held(&from->lock);
	lockdep_assert_held(&to->lock);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || task->conn != from)
			continue;
		spin_lock(&s->lock);
		switch (erl2_decide(&s->sn, task->flags & ERL2_TASK_SENT,
				    false, task->cmdsn)) {
		case ERL2_RETRY:
			erl2_task_rewind(task);
			erl2_task_move(task, to);
			erl2_task_requeue(to, task);
			task->flags &= ~ERL2_TASK_GUESS;
			trace_task_retry(to, task);
			retried++;
			break;
		case ERL2_REASSIGN:
			list_del_init(&task->node);
			task->state = ERL2_TASK_HELD;
			task->flags &= ~(ERL2_TASK_ASKED | ERL2_TASK_AGAIN |
					 ERL2_TASK_RETRY | ERL2_TASK_GUESS);
			erl2_task_move(task, to);
			break;
		default:
			WARN_ON_ONCE(task->state != ERL2_TASK_QUEUED);
			erl2_task_move(task, to);
			if (from != to)
				list_move_tail(&task->node, &to->cmdq);
			break;
		}
		spin_unlock(&s->lock);
	}
	return retried;
}

/**
 * erl2_recovery_sort() - what becomes of the commands of a logged-out connection?
 * @from: connection without a socket; ExpCmdSN is known
 * @to: where they all go; @from itself when that was reinstated
 *
 * RFC 7143 7.2.1: only now can that be told.
 *
 * Context: may sleep; session->mutex held.
 * Return: how many are sent again with their CmdSN.
 */
unsigned int erl2_recovery_sort(struct erl2_conn *from, struct erl2_conn *to)
{
	unsigned int retried;

	spin_lock_bh(&from->lock);
	if (from == to) {
		retried = allegiance_sort_locked(from, to);
	} else {
		/* Only one takes two of these: we hold session->mutex. */
		spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
		retried = allegiance_sort_locked(from, to);
		erl2_conn_set_state(from, ERL2_CONN_FREE);
		spin_unlock(&to->lock);
	}
	spin_unlock_bh(&from->lock);
	atomic64_add(retried, &from->session->stats.tasks_retried);
	return retried;
}

/**
 * erl2_recovery_yield() - commands that were not sent go to another connection
 * @from: connection that does not work, or is not to be used any more
 * @to: one that takes them
 * @free: nothing of @from is left at the target
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_recovery_yield(struct erl2_conn *from, struct erl2_conn *to,
			 bool free)
{
	struct erl2_task *task, *next;
	struct sock *sk;

	lockdep_assert_held(&from->session->mutex);

	sk = erl2_conn_own(from);
	spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	list_for_each_entry_safe(task, next, &from->cmdq, node) {
		if (task->flags & ERL2_TASK_SENT)
			continue;
		erl2_task_move(task, to);
		list_move_tail(&task->node, &to->cmdq);
	}
	if (free)
		erl2_conn_set_state(from, ERL2_CONN_FREE);
	spin_unlock(&to->lock);
	erl2_conn_disown(from, sk);
	queue_delayed_work(erl2_tx_wq, &to->tx_work, 0);
}
