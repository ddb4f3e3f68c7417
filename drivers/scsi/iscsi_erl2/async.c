// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous Messages (RFC 7143 11.9): what the target tells on its own.
 */
#include <scsi/scsi_transport_iscsi.h>

#include "async.h"
#include "erl2.h"
#include "nop.h"
#include "session.h"
#include "task.h"
#include "trace.h"

/* RFC 7143 11.9.1, Task Termination; not in <scsi/iscsi_proto.h> */
#define ERL2_ASYNC_TASK_TERMINATION	5

/* RFC 7143 11.10: one Text Request at a time; the one pending will do. */
static bool async_text_pending(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	lockdep_assert_held(&conn->lock);

	for (i = s->cmds_max; i < s->nr_slots; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && task->conn == conn &&
		    (container_of(task, struct erl2_ctl, task)->hdr.opcode &
		     ISCSI_OPCODE_MASK) == ISCSI_OP_TEXT)
			return true;
	}
	return false;
}

/* Queue an empty Text Request: the answer to "negotiate" (11.9.1, event 4). */
static void async_negotiate(struct erl2_conn *conn)
{
	struct erl2_ctl *ctl = erl2_ctl_get(conn->session);
	struct iscsi_text *h;

	if (!ctl)
		return;
	h = (struct iscsi_text *)&ctl->hdr;
	h->opcode = ISCSI_OP_TEXT | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL;
	h->ttt = cpu_to_be32(ISCSI_RESERVED_TAG);
	ctl->notify = erl2_ctl_release;

	spin_lock(&conn->lock);
	if (async_text_pending(conn) || erl2_ctl_queue(conn, ctl))
		erl2_ctl_put(conn->session, ctl);
	spin_unlock(&conn->lock);
	conn->tx_wanted = true;
}

/* The target drops this connection, or all of them. */
static int async_dropped(struct erl2_conn *conn, unsigned int t2w,
			 unsigned int t2r)
{
	spin_lock(&conn->lock);
	erl2_conn_fail_locked(conn, ERL2_FAIL_ASYNC);
	/*
	 * RFC 7143 11.9.1: Parameter2 and Parameter3 are Time2Wait and
	 * Time2Retain of this failure, in place of the negotiated values.
	 */
	conn->t2w = t2w;
	conn->t2r = t2r;
	spin_unlock(&conn->lock);
	return -ECONNRESET;
}

static void async_logout_requested(struct erl2_conn *conn, u16 seconds)
{
	struct erl2_session *s = conn->session;

	spin_lock(&conn->lock);
	if (conn->state == ERL2_CONN_LOGGED_IN) {
		erl2_conn_set_state(conn, ERL2_CONN_LOGOUT_REQUESTED);
		conn->logout_by = jiffies + seconds * HZ;
		queue_work(s->wq, &s->recovery);
		wake_up(&s->wait);
	}
	spin_unlock(&conn->lock);
}

/*
 * The target ends all tasks of a unit, mostly because of what somebody else
 * asked for. RFC 7143 11.9.1: no more data for its R2Ts, then say so. (11.9.3
 * calls the LUN reserved here; the event makes no sense without.) How the
 * tasks end is told by their status, a TMF Response, or a unit attention.
 */
static void async_tasks_terminated(struct erl2_conn *conn,
				   const struct scsi_lun *lun)
{
	if (conn->session->keys.reporting != ERL2_REPORT_FAST_ABORT) {
		/* It must not be sent then (11.9.1): standard semantics hold */
		erl2_conn_info(conn, "asynchronous event 5 without FastAbort ignored\n");
		return;
	}
	spin_lock(&conn->lock);
	erl2_task_hush(conn, lun);
	spin_unlock(&conn->lock);
	erl2_nop_acknowledge(conn, lun);
}

/**
 * erl2_async_message() - act on an Asynchronous Message
 * @conn: connection, the PDU is in @conn->rx
 *
 * Context: socket lock held.
 * Return: 0, or a negative errno if this connection is not to be used any more.
 */
int erl2_async_message(struct erl2_conn *conn)
{
	struct iscsi_async *h = (struct iscsi_async *)conn->rx.head;
	u16 p1 = be16_to_cpu(h->param1);
	u16 p2 = be16_to_cpu(h->param2);
	u16 p3 = be16_to_cpu(h->param3);

	trace_async_message(conn, h->async_event, p1, p2, p3);

	switch (h->async_event) {
	case ISCSI_ASYNC_MSG_SCSI_EVENT:
		/* RFC 7143 11.9.2: sense data of a unit, for whom it concerns */
		erl2_conn_info(conn, "SCSI asynchronous event\n");
		return 0;
	case ISCSI_ASYNC_MSG_REQUEST_LOGOUT:
		erl2_conn_info(conn, "target asks for a logout within %u s\n",
			       p3);
		async_logout_requested(conn, p3);
		return 0;
	case ISCSI_ASYNC_MSG_DROPPING_CONNECTION:
		erl2_conn_info(conn, "target says it drops connection %u\n",
			       p1);
		if (p1 == conn->cid)
			return async_dropped(conn, p2, p3);
		erl2_session_drop_cid(conn->session, p1, p2, p3);
		return 0;
	case ISCSI_ASYNC_MSG_DROPPING_ALL_CONNECTIONS:
		erl2_conn_info(conn, "target says it drops all connections\n");
		erl2_session_drop_all(conn, p2, p3);
		return async_dropped(conn, p2, p3);
	case ISCSI_ASYNC_MSG_PARAM_NEGOTIATION:
		async_negotiate(conn);
		return 0;
	case ERL2_ASYNC_TASK_TERMINATION:
		async_tasks_terminated(conn, &h->lun);
		return 0;
	default:
		erl2_conn_info(conn, "asynchronous event %u ignored\n",
			       h->async_event);
		return 0;
	}
}
