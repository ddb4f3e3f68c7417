// SPDX-License-Identifier: GPL-2.0
/*
 * A command that the target did not take leaves a hole in the CmdSNs, behind
 * which nothing is executed any more (RFC 7143 4.2.2.1). Above level 0 it is
 * plugged here, over the same connection (7.2.1, 7.3).
 */
#include <scsi/iscsi_proto.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/task.h"
#include "core/trace.h"
#include "io/command_retry.h"
#include "io/within_connection.h"
#include "proto/iscsi_ext.h"

#define RETRY_MAX	3		/* retries of one command */
#define STALL_TIMEOUT	(2 * HZ)

/* The target drops what else comes of the command: send no more of it. */
static void retry_stop_sending(struct erl2_conn *conn, struct erl2_task *task)
{
	if (conn->tx.burst == task)
		conn->tx.burst = NULL;
	if (conn->rx.task == task)
		conn->rx.task = NULL;
	list_del_init(&task->node);
	task->unsol_left = 0;
	task->r2t_count = 0;
}

/*
 * Send the command again, with its CmdSN, tag and all (7.2.1). A target that
 * has it after all ignores the second one (4.2.2.1).
 */
static bool retry_command(struct erl2_conn *conn, struct erl2_task *task)
{
	if (task->resent >= RETRY_MAX)
		return false;
	task->resent++;
	retry_stop_sending(conn, task);
	erl2_task_rewind(task);
	erl2_task_requeue(conn, task);
	task->flags &= ~ERL2_TASK_GUESS;
	trace_task_retry(conn, task);
	atomic64_inc(&conn->session->stats.tasks_retried);
	/* A ping answered before proves nothing about this one. */
	conn->snack.stall_since = jiffies;
	conn->tx_wanted = true;
	return true;
}

/* The hole is plugged, so the command can end. */
static void retry_plugged(struct erl2_ctl *ctl)
{
	struct erl2_conn *conn = ctl->task.conn;
	struct erl2_task *task;

	lockdep_assert_held(&conn->lock);

	task = erl2_task_live(conn, (u32)(unsigned long)ctl->arg);
	if (!ctl->status && task && !erl2_task_has_status(task)) {
		struct erl2_status st = {
			.statsn = conn->exp_statsn - 1,
			.refused = true,
		};

		erl2_snack_finish(conn, task, &st);
	} else if (ctl->status && ctl->status != -ECONNRESET) {
		erl2_conn_fail_locked(conn, ERL2_FAIL_REJECT);
	}
	erl2_ctl_put(conn->session, ctl);
}

/* A ping takes a CmdSN, of the command @itt or of none. */
static bool retry_ping(struct erl2_conn *conn, u32 cmdsn, u32 itt)
{
	struct iscsi_nopout *h;
	struct erl2_ctl *ctl;

	ctl = erl2_ctl_get_minor(conn->session);
	if (!ctl)
		return false;
	h = (struct iscsi_nopout *)&ctl->hdr;
	h->opcode = ISCSI_OP_NOOP_OUT;
	h->flags = ISCSI_FLAG_CMD_FINAL;
	h->ttt = cpu_to_be32(ISCSI_RESERVED_TAG);
	h->cmdsn = cpu_to_be32(cmdsn);
	ctl->cmdsn_set = true;
	ctl->notify = retry_plugged;
	ctl->arg = (void *)(unsigned long)itt;
	if (erl2_ctl_queue(conn, ctl)) {
		erl2_ctl_put(conn->session, ctl);
		return false;
	}
	conn->tx_wanted = true;
	return true;
}

/*
 * The command must not be sent again. A ping takes its CmdSN; once that is
 * answered the command ends in an error, which is nothing to be careful about:
 * it was never executed. Until then it stays, so that its CmdSN is not
 * forgotten if the connection fails.
 */
static bool retry_plug(struct erl2_conn *conn, struct erl2_task *task)
{
	if (!retry_ping(conn, task->cmdsn, task->itt))
		return false;
	retry_stop_sending(conn, task);
	task->flags |= ERL2_TASK_PLUGGING;
	conn->snack.stall_since = jiffies;
	return true;
}

/**
 * erl2_retry_rejected() - the target rejects a SCSI command
 * @conn: connection
 * @task: the command
 * @reason: reason of the Reject
 *
 * Context: socket lock and conn->lock held, while a PDU is processed.
 * Return: false if this connection cannot go on.
 */
bool erl2_retry_rejected(struct erl2_conn *conn, struct erl2_task *task,
			 u8 reason)
{
	lockdep_assert_held(&conn->lock);

	if (!conn->session->keys.erl)
		return false;
	/* Told twice: it is in the queue already, or a ping has its CmdSN. */
	if (task->state != ERL2_TASK_ACTIVE || task->flags & ERL2_TASK_PLUGGING)
		return true;

	switch (reason) {
	case ISCSI_REASON_DATA_DIGEST_ERROR:
	case ISCSI_REASON_IMM_CMD_REJECT:
	case ERL2_REASON_LONG_OP:
		if (retry_command(conn, task))
			return true;
		/* A connection that damages it each time is given up, once. */
		if (reason == ISCSI_REASON_DATA_DIGEST_ERROR &&
		    task->resent == RETRY_MAX) {
			task->resent++;
			return false;
		}
		return retry_plug(conn, task);
	case ISCSI_REASON_TASK_IN_PROGRESS:
		/* It has the tag in use: only recovery can tell for what. */
	case ERL2_REASON_WAIT_LOGOUT:
		/* Nothing can be plugged here any more (11.9.1). */
		return false;
	default:
		return retry_plug(conn, task);
	}
}

/*
 * The command with this CmdSN, if the target should have it by now. @gone: there is
 * none any more, on no connection.
 */
static struct erl2_task *retry_find(struct erl2_conn *conn, u32 cmdsn,
				    bool *gone)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	*gone = true;
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || !(READ_ONCE(task->flags) & ERL2_TASK_SENT) ||
		    READ_ONCE(task->cmdsn) != cmdsn)
			continue;
		*gone = false;
		if (READ_ONCE(task->conn) == conn &&
		    task->state == ERL2_TASK_ACTIVE)
			return task;
	}
	return NULL;
}

/**
 * erl2_retry_stalled() - has a command been lost on its way?
 * @conn: connection, asked about once a second
 *
 * RFC 7143 7.1.4.2, D.3.2: ExpCmdSN stands still at a command sent long ago. A
 * ping that was sent later and is answered shows that the target has come past
 * the place where the command should have been, so that a retry is not just
 * impatience. Without pings there is no such proof, and no retry.
 *
 * Context: erl2_conn_own() of @conn.
 * Return: what happened, or what to do about it.
 */
enum erl2_stall erl2_retry_stalled(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	struct erl2_snack *sn = &conn->snack;
	struct erl2_task *task;
	bool open, gone;
	u32 exp;

	lockdep_assert_held(&conn->lock);

	if (!s->keys.erl || conn->hold || !s->node.ping_tmo)
		return ERL2_STALL_NONE;
	spin_lock(&s->lock);
	exp = s->sn.exp;
	open = exp != s->sn.next;
	spin_unlock(&s->lock);

	if (!open || exp != sn->stall_sn || !sn->stall_since) {
		sn->stall_sn = exp;
		sn->stall_since = jiffies;
		return ERL2_STALL_NONE;
	}
	if (time_before(jiffies, sn->stall_since + STALL_TIMEOUT))
		return ERL2_STALL_NONE;
	task = retry_find(conn, exp, &gone);
	/* One connection is enough to plug what belongs to none. */
	if (!task && (!gone || erl2_mcs_any_up(s) != conn))
		return ERL2_STALL_NONE;
	/* Still being sent, of course it was not taken. */
	if (task && (conn->tx.task == task || conn->tx.burst == task))
		return ERL2_STALL_NONE;
	/* It was taken, whatever ExpCmdSN says: the target works at it. */
	if (task && (conn->rx.task == task || task->exp_datasn ||
		     task->exp_r2tsn || erl2_task_has_status(task)))
		return ERL2_STALL_NONE;
	if (!time_after(sn->ponged, sn->stall_since))
		return ERL2_STALL_ASK;

	sn->stall_since = jiffies;
	/* It has ended, by a reset say, and the target does not have it. */
	if (!task) {
		erl2_conn_info(conn, "CmdSN %u was lost, a ping takes it\n",
			       exp);
		return retry_ping(conn, exp, ISCSI_RESERVED_TAG) ?
		       ERL2_STALL_RETRIED : ERL2_STALL_NONE;
	}
	/* The ping that plugs it was lost as well: the next connection decides. */
	if (task->flags & ERL2_TASK_PLUGGING) {
		erl2_conn_fail_locked(conn, ERL2_FAIL_SEQUENCE);
		return ERL2_STALL_NONE;
	}
	erl2_conn_info(conn, "CmdSN %u was lost, sending it again\n", exp);
	if (retry_command(conn, task)) {
		/* It may be slow and not lost: a new session must not run it. */
		task->flags |= ERL2_TASK_GUESS;
		return ERL2_STALL_RETRIED;
	}
	erl2_conn_fail_locked(conn, ERL2_FAIL_SEQUENCE);
	return ERL2_STALL_NONE;
}
