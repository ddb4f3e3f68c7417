// SPDX-License-Identifier: GPL-2.0
/*
 * Outages: I/O waits above, recovery_tmo runs, commands end.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/points.h"
#include "core/session.h"
#include "core/task.h"
#include "core/task_result.h"
#include "core/trace.h"

/* I/O is not stopped from above for a recovery that is over sooner. */
#define BLOCK_GRACE	msecs_to_jiffies(250)

/**
 * erl2_session_block() - I/O waits above, and recovery_tmo runs
 * @s: session; it may be blocked already
 *
 * Context: may sleep; not for the network.
 */
void erl2_session_block(struct erl2_session *s)
{
	mutex_lock(&s->blocking);
	if (!test_and_set_bit(ERL2_SESSION_BLOCKED, &s->flags))
		iscsi_block_session(s->cls);
	mutex_unlock(&s->blocking);
}

static void session_block_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(to_delayed_work(work),
					      struct erl2_session, block);

	erl2_point(ERL2_POINT_BLOCK);
	erl2_session_block(s);
}

/**
 * erl2_session_unblock_new() - a session that iscsid has just started gets I/O
 * @s: session
 *
 * One that is blocked again already is for recovery to unblock.
 *
 * Context: may sleep; not for the network.
 */
void erl2_session_unblock_new(struct erl2_session *s)
{
	mutex_lock(&s->blocking);
	if (!test_bit(ERL2_SESSION_BLOCKED, &s->flags)) {
		erl2_point(ERL2_POINT_START);
		iscsi_unblock_session(s->cls);
	}
	mutex_unlock(&s->blocking);
}

/**
 * erl2_session_begin_outage() - I/O stands still from now on
 * @s: session
 * @state: ERL2_SESSION_RECOVERING or _REINSTATING
 *
 * A short outage the SCSI layer never sees: commands wait in our queues. A
 * longer one blocks the session, which starts recovery_tmo. While another
 * connection works there is none, unless that is about to be closed with all
 * others for a new session.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_begin_outage(struct erl2_session *s,
			       enum erl2_session_state state)
{
	bool now = s->cls->recovery_tmo == 0;

	if (!test_bit(ERL2_SESSION_BLOCKED, &s->flags) &&
	    (state == ERL2_SESSION_REINSTATING || !erl2_mcs_survivor(s, NULL)))
		queue_delayed_work(erl2_tx_wq, &s->block,
				   now ? 0 : BLOCK_GRACE);
	erl2_session_set_state(s, state);
}

/**
 * erl2_session_io_resumes() - there is a connection for new commands again
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_io_resumes(struct erl2_session *s)
{
	cancel_delayed_work_sync(&s->block);
	mutex_lock(&s->blocking);
	clear_bit(ERL2_SESSION_EXPIRED, &s->flags);
	if (test_and_clear_bit(ERL2_SESSION_BLOCKED, &s->flags))
		iscsi_unblock_session(s->cls);
	mutex_unlock(&s->blocking);
}

/**
 * erl2_session_end_outage() - all is well again
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_end_outage(struct erl2_session *s)
{
	erl2_point(ERL2_POINT_OUTAGE_END);
	erl2_session_set_state(s, ERL2_SESSION_UP);
	erl2_session_io_resumes(s);
}

/**
 * erl2_session_fail_all() - end all commands, sent or not
 * @s: session
 * @result: what the SCSI layer is told
 *
 * Context: may sleep; no locks below session->mutex held.
 */
void erl2_session_fail_all(struct erl2_session *s, int result)
{
	unsigned int i;

	mutex_lock(&s->ending);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && erl2_session_take_task(task, ERL2_TAKE_REVOKE)) {
			trace_task_lost(task->conn, task, result);
			erl2_task_complete(task, result);
		}
	}
	mutex_unlock(&s->ending);
}

/**
 * erl2_session_expire() - recovery_tmo ran out: I/O has waited long enough
 * @s: session
 *
 * The commands end here although the target may still execute them. Nothing is
 * sent for them any more, and only a new session, which ends them there too, can
 * follow. One that has begun meanwhile has sent what ends here.
 *
 * Context: may sleep, not for the network.
 */
void erl2_session_expire(struct erl2_session *s)
{
	unsigned int begun;

	erl2_point(ERL2_POINT_EXPIRE);
	set_bit(ERL2_SESSION_EXPIRED, &s->flags);
	erl2_session_err(s, "no connection for recovery_tmo = %d s: I/O fails now, reconnecting goes on\n",
			 s->cls->recovery_tmo);
	do {
		begun = READ_ONCE(s->begun);
		set_bit(ERL2_SESSION_LOST, &s->flags);
		wake_up_all(&s->wait);
		erl2_session_fail_conns(s, ERL2_FAIL_EXPIRED);
		erl2_session_fail_all(s, DID_TRANSPORT_FAILFAST << 16);
	} while (begun != READ_ONCE(s->begun));
	/* What this interrupted may have been the end of the outage. */
	queue_work(s->wq, &s->recovery);
}

/**
 * erl2_outage_init() - set up what blocks a session
 * @s: session
 *
 * Context: any.
 */
void erl2_outage_init(struct erl2_session *s)
{
	INIT_DELAYED_WORK(&s->block, session_block_work);
}
