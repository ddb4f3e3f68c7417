// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: tags and ITTs, queues, progress, completion.
 */
#include <linux/scatterlist.h>
#include <net/sock.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "decide.h"
#include "points.h"
#include "send.h"
#include "serial.h"
#include "session.h"
#include "snack.h"
#include "task.h"

static struct erl2_slot *task_slot(struct erl2_session *s, u32 itt)
{
	return &s->slots[itt & ERL2_TAG_MASK];
}

/**
 * erl2_task_find() - the task an ITT from the wire stands for
 * @conn: connection the PDU came on
 * @itt: its ITT in host order
 *
 * Context: any; conn->lock held.
 * Return: the task, or NULL if there is none with this ITT whose allegiance
 * is to @conn.
 */
struct erl2_task *erl2_task_find(struct erl2_conn *conn, u32 itt)
{
	struct erl2_session *s = conn->session;
	struct erl2_task *task;

	lockdep_assert_held(&conn->lock);

	if ((itt & ERL2_TAG_MASK) >= s->nr_slots)
		return NULL;

	task = READ_ONCE(task_slot(s, itt)->task);
	if (!task || READ_ONCE(task->conn) != conn || task->itt != itt ||
	    task->state == ERL2_TASK_FREE || task->state == ERL2_TASK_ENDING)
		return NULL;
	return task;
}

/*
 * A command that was to be sent again, since its CmdSN seemed to be lost, turns
 * out to be with the target: ExpCmdSN has passed it. It is not sent again.
 */
static bool task_was_taken(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_session *s = conn->session;
	bool accepted;

	if (task->state != ERL2_TASK_QUEUED || !(task->flags & ERL2_TASK_RETRY))
		return false;
	spin_lock(&s->lock);
	accepted = erl2_cmdsn_accepted(&s->sn, task->cmdsn);
	spin_unlock(&s->lock);
	if (!accepted)
		return false;
	list_del_init(&task->node);
	task->flags &= ~(ERL2_TASK_RETRY | ERL2_TASK_GUESS);
	task->state = ERL2_TASK_ACTIVE;
	return true;
}

/**
 * erl2_task_live() - the task of an ITT from the wire, if the target can have it
 * @conn: connection the PDU came on
 * @itt: its ITT in host order
 *
 * A PDU about a task counts only if the task was sent over this connection, or
 * TASK REASSIGN was, and waits for nothing but the target. What the target says
 * of any other is made up, or late.
 *
 * Context: any; conn->lock held.
 * Return: the task, or NULL if PDUs with this ITT count for nothing.
 */
struct erl2_task *erl2_task_live(struct erl2_conn *conn, u32 itt)
{
	struct erl2_task *task = erl2_task_find(conn, itt);

	if (!task)
		return NULL;
	if (unlikely(task->state != ERL2_TASK_ACTIVE &&
		     task->state != ERL2_TASK_REASSIGNING &&
		     !task_was_taken(conn, task)))
		return NULL;
	/* Its request has not left yet. */
	return likely(conn->tx.starts != task) ? task : NULL;
}

/**
 * erl2_task_has_status() - is the status of a task here already?
 * @task: SCSI task
 *
 * Context: any; conn->lock of its connection held.
 * Return: true if it waits only for what is missing before the status.
 */
bool erl2_task_has_status(const struct erl2_task *task)
{
	return task->flags & ERL2_TASK_LEVEL1 && task->l1.held;
}

/**
 * erl2_ctl_find() - the control exchange that a response belongs to
 * @conn: connection the response came on
 * @rsp: the response
 *
 * Context: any; conn->lock held.
 * Return: the exchange, or NULL if @conn has none with this ITT, its request was
 * of another kind, was not sent yet, or wants no answer.
 */
struct erl2_ctl *erl2_ctl_find(struct erl2_conn *conn,
			       const struct iscsi_hdr *rsp)
{
	struct erl2_task *task;
	struct erl2_ctl *ctl;

	task = erl2_task_live(conn, be32_to_cpu((__force __be32)rsp->itt));
	if (!task || task->sc)
		return NULL;
	ctl = container_of(task, struct erl2_ctl, task);
	/* The opcode of a response is the request's with this bit set. */
	if (((ctl->hdr.opcode ^ rsp->opcode) & ISCSI_OPCODE_MASK) !=
	    ISCSI_OP_NOOP_IN)
		return NULL;
	return ctl;
}

/**
 * erl2_task_elsewhere() - is an ITT from the wire a task of another connection?
 * @conn: connection the PDU came on
 * @itt: its ITT in host order
 *
 * Context: any; a snapshot, without the other connection's lock: the ITT was on
 * the wire, so that it has long been settled which connection it is about.
 * Return: true if the task's allegiance is to another connection than @conn.
 */
bool erl2_task_elsewhere(struct erl2_conn *conn, u32 itt)
{
	struct erl2_session *s = conn->session;
	struct erl2_task *task;

	if ((itt & ERL2_TAG_MASK) >= s->nr_slots)
		return false;
	task = READ_ONCE(task_slot(s, itt)->task);
	return task && READ_ONCE(task->itt) == itt &&
	       READ_ONCE(task->conn) != conn;
}

/* An ITT for the next use of a tag; never the reserved value: tags < mask. */
static u32 slot_itt(struct erl2_session *s, unsigned int tag)
{
	return s->slots[tag].uses++ << ERL2_TAG_BITS | tag;
}

static void task_forget_progress(struct erl2_task *task)
{
	task->r2t_head = 0;
	task->r2t_count = 0;
	task->exp_datasn = 0;
	task->exp_r2tsn = 0;
	task->acked = 0;
	task->in_end = 0;
	task->unsol_left = 0;
	task->flags &= ~(ERL2_TASK_SN_OPEN | ERL2_TASK_REASSIGNED |
			 ERL2_TASK_HUSHED | ERL2_TASK_LEVEL1 |
			 ERL2_TASK_PLUGGING);
	task->in.sg = NULL;
	task->out.sg = NULL;
}

/**
 * erl2_task_init_cmd() - set up the task of a new SCSI command
 * @s: session
 * @sc: command, its task is scsi_cmd_priv()
 *
 * Context: any; @sc belongs to the caller.
 * Return: 0, or -EINVAL if the command cannot be expressed in iSCSI.
 */
int erl2_task_init_cmd(struct erl2_session *s, struct scsi_cmnd *sc)
{
	struct erl2_task *task = scsi_cmd_priv(sc);

	if (sc->sc_data_direction == DMA_BIDIRECTIONAL ||
	    sc->cmd_len > sizeof(sc->cmnd))
		return -EINVAL;

	/* The SCSI layer has been told of its end, so nobody has it any more. */
	WARN_ON_ONCE(task->state != ERL2_TASK_FREE);
	INIT_LIST_HEAD(&task->node);
	task->sc = sc;
	task->itt = slot_itt(s, scsi_cmd_to_rq(sc)->tag);
	task->flags = 0;
	task->tries = 0;
	task->resent = 0;
	task->restarts = 0;
	task->data_len = scsi_bufflen(sc);
	task_forget_progress(task);
	return 0;
}

/* Sender and receiver are kept off the SCSI tasks of this connection. */
static void task_assert_owned(const struct erl2_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	lockdep_assert(!conn->sk || lockdep_sock_is_held(conn->sk));
}

/*
 * Nothing that comes is written to the task's buffer any more, and no sequence of
 * Data-Outs goes on. A PDU that is half sent is completed.
 */
static void task_detach(struct erl2_conn *conn, struct erl2_task *task)
{
	if (conn->rx.task == task)
		conn->rx.task = NULL;
	if (conn->tx.burst == task)
		conn->tx.burst = NULL;
	task->r2t_head = 0;
	task->r2t_count = 0;
	task->unsol_left = 0;
}

/**
 * erl2_task_rewind() - forget all progress, as for a command never sent
 * @task: SCSI task
 *
 * Context: any; erl2_conn_own() of its connection.
 */
void erl2_task_rewind(struct erl2_task *task)
{
	task_assert_owned(task->conn);

	if (task->flags & ERL2_TASK_LEVEL1)
		erl2_snack_forget(task);
	task_detach(task->conn, task);
	task_forget_progress(task);
}

/**
 * erl2_task_resume() - get ready to go on after TASK REASSIGN
 * @task: SCSI task
 *
 * Context: erl2_conn_own() of its connection.
 */
void erl2_task_resume(struct erl2_task *task)
{
	task_assert_owned(task->conn);

	/*
	 * RFC 7143 7.2.2, appendix E.1: R2Ts of the old connection are void,
	 * unsolicited data is not continued; the target asks again for what it
	 * misses, under whatever R2TSN and DataSN it starts with.
	 */
	task_detach(task->conn, task);
	/* Nothing below may be asked for again: ExpDataSN acknowledged it. */
	task->acked = task->exp_datasn;
	task->flags |= ERL2_TASK_SN_OPEN | ERL2_TASK_REASSIGNED;
	task->flags &= ~(ERL2_TASK_HUSHED | ERL2_TASK_PLUGGING);
	list_del_init(&task->node);
}

/**
 * erl2_task_hold() - the target does not continue a task: nothing of it counts
 * @task: SCSI task in REASSIGNING
 *
 * Context: erl2_conn_own() of its connection.
 */
void erl2_task_hold(struct erl2_task *task)
{
	task_assert_owned(task->conn);

	erl2_snack_cut(task);
	task_detach(task->conn, task);
	list_del_init(&task->node);
	task->state = ERL2_TASK_HELD;
}

/**
 * erl2_task_queue() - give a task to a connection for its first transmission
 * @conn: connection it becomes allegiant to
 * @task: SCSI or control task
 *
 * Context: any; conn->lock held.
 */
void erl2_task_queue(struct erl2_conn *conn, struct erl2_task *task)
{
	lockdep_assert_held(&conn->lock);

	/* A task stands in one queue, and once. */
	if (WARN_ON_ONCE(!list_empty(&task->node)))
		return;
	WRITE_ONCE(task->conn, conn);
	task->state = ERL2_TASK_QUEUED;
	task->progress = jiffies;
	/* Who finds it in its slot finds what was written before, too. */
	smp_store_release(&task_slot(conn->session, task->itt)->task, task);
	list_add_tail(&task->node, task->sc ? &conn->cmdq : &conn->ctlq);
}

/**
 * erl2_task_requeue() - put a command back at the head of the line
 * @conn: connection of allegiance
 * @task: SCSI task that has a CmdSN the target has not taken
 *
 * Context: any; conn->lock held.
 */
void erl2_task_requeue(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_task *t;

	lockdep_assert_held(&conn->lock);

	task->state = ERL2_TASK_QUEUED;
	task->flags |= ERL2_TASK_RETRY;

	/* In CmdSN order, before everything that has no CmdSN yet. */
	list_for_each_entry(t, &conn->cmdq, node)
		if (!(t->flags & ERL2_TASK_SENT) ||
		    erl2_sn_before(task->cmdsn, t->cmdsn))
			break;
	list_move_tail(&task->node, &t->node);
}

/**
 * erl2_task_move() - a task goes to another connection
 * @task: SCSI task, of which nothing is under way over its connection
 * @to: where it goes; may be where it is
 *
 * Context: any; erl2_conn_own() of its connection, lock of @to held.
 */
void erl2_task_move(struct erl2_task *task, struct erl2_conn *to)
{
	struct erl2_conn *from = task->conn;

	task_assert_owned(from);
	lockdep_assert_held(&to->lock);
	WARN_ON_ONCE(from->rx.task == task || from->tx.task == task ||
		     from->tx.burst == task);
	WRITE_ONCE(task->conn, to);
}

/**
 * erl2_task_claim() - take a task off the driver's hands: the target has ended it
 * @task: task
 *
 * Whoever gets true is the only one who completes it, and nothing in the
 * driver refers to it any more. If a PDU of it is half sent, zeros follow.
 *
 * Context: any; erl2_conn_own() of its connection; for a control task conn->lock.
 * Return: true if the task was in use.
 */
bool erl2_task_claim(struct erl2_task *task)
{
	struct erl2_conn *conn = task->conn;

	lockdep_assert_held(&conn->lock);

	if (task->state == ERL2_TASK_FREE || task->state == ERL2_TASK_ENDING)
		return false;

	if (task->sc)
		task_assert_owned(conn);
	list_del_init(&task->node);
	if (unlikely(task->flags & ERL2_TASK_LEVEL1))
		erl2_snack_forget(task);
	WRITE_ONCE(task_slot(conn->session, task->itt)->task, NULL);
	if (conn->rx.task == task)
		conn->rx.task = NULL;
	if (conn->tx.task == task)
		conn->tx.task = NULL;
	if (conn->tx.burst == task)
		conn->tx.burst = NULL;
	if (conn->tx.starts == task)
		conn->tx.starts = NULL;
	/* Of a control task nothing is left: its slot is put by whoever has it. */
	WRITE_ONCE(task->state, task->sc ? ERL2_TASK_ENDING : ERL2_TASK_FREE);
	return true;
}

/**
 * erl2_task_revoke() - take a task off the driver's hands without the target's word
 * @task: SCSI task
 *
 * As erl2_task_claim(), but the target may still execute the command: what is
 * half sent must not be completed with zeros, which it would write. Nothing
 * leaves over this connection any more then.
 *
 * Context: any; erl2_conn_own() of its connection.
 * Return: true if the task was in use.
 */
bool erl2_task_revoke(struct erl2_task *task)
{
	struct erl2_conn *conn = task->conn;
	bool half = conn->sk && (conn->tx.task == task ||
				 (conn->tx.burst == task &&
				  conn->tx.unsolicited));

	if (!erl2_task_claim(task))
		return false;
	if (half) {
		conn->tx.broken = true;
		erl2_conn_fail_locked(conn, ERL2_FAIL_EH);
	}
	return true;
}

/**
 * erl2_task_release() - let go of a claimed command
 * @task: SCSI task that the caller claimed, and does not touch any more
 *
 * Context: any.
 */
void erl2_task_release(struct erl2_task *task)
{
	/* Behind this its owner may use it again. */
	smp_store_release(&task->state, ERL2_TASK_FREE);
}

/**
 * erl2_task_complete() - give a claimed command back to the SCSI layer
 * @task: SCSI task that the caller claimed
 * @result: scsi_cmnd result
 *
 * Context: any; no conn->lock held. rcu_read_lock() or session->ending since
 * the task was claimed: the error handler waits for the end of both before it
 * lets the SCSI layer use the command again.
 */
void erl2_task_complete(struct erl2_task *task, int result)
{
	struct scsi_cmnd *sc = task->sc;

	erl2_point_atomic(ERL2_POINT_DONE);
	sc->result = result;
	erl2_task_release(task);
	scsi_done(sc);
}

/**
 * erl2_task_unknown() - the result of a command whose outcome is unknown
 * @task: SCSI task that the caller claimed
 * @again: DID_* that lets the SCSI layer run it again
 *
 * RFC 7143 10.6 and common sense: what must not run twice is not handed to a
 * layer that may rerun it. DID_ABORT is final there.
 *
 * Context: any.
 * Return: scsi_cmnd result.
 */
int erl2_task_unknown(const struct erl2_task *task, int again)
{
	if (erl2_may_rerun(task->sc->device->type, task->sc->cmnd))
		return again << 16;
	return DID_ABORT << 16;
}

/**
 * erl2_task_hush() - serve no R2Ts of tasks that are about to end
 * @conn: connection
 * @lun: their logical unit; NULL: all
 *
 * RFC 7143 4.2.3.4 and 11.9.1 (event 5). A Data-Out that has been begun is
 * brought to its end.
 *
 * Context: erl2_conn_own() of @conn.
 */
void erl2_task_hush(struct erl2_conn *conn, const struct scsi_lun *lun)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	task_assert_owned(conn);

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		/* What waits to plug a hole in the CmdSNs is still sent. */
		if (!task || task->conn != conn ||
		    task->state != ERL2_TASK_ACTIVE)
			continue;
		/* It has its status, and is queued for that. */
		if (erl2_task_has_status(task))
			continue;
		if (lun && task->sc->device->lun !=
		    scsilun_to_int((struct scsi_lun *)lun))
			continue;
		task->flags |= ERL2_TASK_HUSHED;
		list_del_init(&task->node);
		if (conn->tx.burst == task && !conn->tx.unsolicited)
			conn->tx.burst = NULL;
	}
}

/**
 * erl2_task_unhush() - tasks go on after all
 * @conn: connection; the caller sees that it sends
 * @sdev: their logical unit; NULL: all
 *
 * Context: erl2_conn_own() of @conn.
 */
void erl2_task_unhush(struct erl2_conn *conn, const struct scsi_device *sdev)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	task_assert_owned(conn);

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || task->conn != conn ||
		    !(task->flags & ERL2_TASK_HUSHED) ||
		    (sdev && task->sc->device != sdev))
			continue;
		task->flags &= ~ERL2_TASK_HUSHED;
		/* One that has its status stands in the list for that. */
		if (task->state == ERL2_TASK_ACTIVE && task->r2t_count &&
		    conn->tx.burst != task && list_empty(&task->node))
			list_add_tail(&task->node, &conn->dataq);
	}
}

/**
 * erl2_sg_seek() - go to a place in a command's buffer
 * @p: cursor, all zero at first
 * @sc: the command
 * @offset: byte to go to; must be below the buffer's length
 *
 * Context: any; the cursor belongs to the caller.
 */
void erl2_sg_seek(struct erl2_sg_pos *p, struct scsi_cmnd *sc, u32 offset)
{
	if (!p->sg || offset < p->pos) {
		p->sg = scsi_sglist(sc);
		p->sg_off = 0;
		p->pos = 0;
	}
	if (offset > p->pos)
		erl2_sg_step(p, offset - p->pos);
}

/**
 * erl2_sg_step() - move a cursor forward
 * @p: cursor that has been placed by erl2_sg_seek()
 * @len: bytes, at most up to the end of the buffer
 *
 * Context: any; the cursor belongs to the caller.
 */
void erl2_sg_step(struct erl2_sg_pos *p, unsigned int len)
{
	p->pos += len;
	p->sg_off += len;
	while (p->sg && p->sg_off >= p->sg->length) {
		p->sg_off -= p->sg->length;
		p->sg = sg_next(p->sg);
	}
}

static struct erl2_ctl *ctl_get(struct erl2_session *s, unsigned int from)
{
	struct erl2_ctl *ctl = NULL;
	unsigned int i;

	spin_lock_bh(&s->lock);
	i = find_next_zero_bit(s->ctl_used, ERL2_CTL_TASKS, from);
	if (i < ERL2_CTL_TASKS) {
		__set_bit(i, s->ctl_used);
		ctl = &s->ctl[i];
	}
	spin_unlock_bh(&s->lock);
	if (!ctl)
		return NULL;

	memset(ctl, 0, sizeof(*ctl));
	INIT_LIST_HEAD(&ctl->task.node);
	init_completion(&ctl->done);
	ctl->task.itt = slot_itt(s, s->cmds_max + i);
	return ctl;
}

/**
 * erl2_ctl_get() - get a free control slot
 * @s: session
 *
 * Context: any; takes session->lock.
 * Return: the slot with a fresh ITT, or NULL if all are in use.
 */
struct erl2_ctl *erl2_ctl_get(struct erl2_session *s)
{
	return ctl_get(s, 0);
}

/**
 * erl2_ctl_get_minor() - get a control slot for what the target asks for
 * @s: session
 *
 * However much it asks, slots are left for pings, task management and logouts.
 *
 * Context: any; takes session->lock.
 * Return: the slot with a fresh ITT, or NULL if there are too many already.
 */
struct erl2_ctl *erl2_ctl_get_minor(struct erl2_session *s)
{
	return ctl_get(s, ERL2_CTL_MAJOR);
}

/**
 * erl2_ctl_put() - free a control slot
 * @s: session
 * @ctl: the slot; must not be under way any more
 *
 * Context: any; takes session->lock.
 */
void erl2_ctl_put(struct erl2_session *s, struct erl2_ctl *ctl)
{
	spin_lock_bh(&s->lock);
	erl2_poison(ctl, sizeof(*ctl));
	__clear_bit(ctl - s->ctl, s->ctl_used);
	spin_unlock_bh(&s->lock);
}

/**
 * erl2_ctl_queue() - queue a control PDU; the caller sees that it is sent
 * @conn: connection to send it on
 * @ctl: the exchange, @ctl->hdr filled in but for ITT and numbers
 *
 * Context: any; conn->lock held.
 * Return: 0, or -ENOTCONN if the connection is not in Full Feature Phase.
 */
int erl2_ctl_queue(struct erl2_conn *conn, struct erl2_ctl *ctl)
{
	lockdep_assert_held(&conn->lock);

	if (conn->state != ERL2_CONN_LOGGED_IN &&
	    conn->state != ERL2_CONN_LOGOUT_REQUESTED)
		return -ENOTCONN;
	erl2_task_queue(conn, &ctl->task);
	return 0;
}

/**
 * erl2_ctl_send() - send a control PDU
 * @conn: connection to send it on
 * @ctl: the exchange, @ctl->hdr filled in but for ITT and numbers
 *
 * Context: process context, no locks held; does not sleep.
 * Return: 0, or -ENOTCONN if the connection is not in Full Feature Phase.
 */
int erl2_ctl_send(struct erl2_conn *conn, struct erl2_ctl *ctl)
{
	int err;

	spin_lock_bh(&conn->lock);
	err = erl2_ctl_queue(conn, ctl);
	spin_unlock_bh(&conn->lock);
	if (!err)
		erl2_conn_xmit(conn);
	return err;
}

/**
 * erl2_ctl_finish() - end a control exchange
 * @ctl: the exchange
 * @rsp: header of the response, NULL if there is none
 * @status: 0 with a response, a negative errno without
 *
 * Context: any; conn->lock of its connection held.
 */
void erl2_ctl_finish(struct erl2_ctl *ctl, const struct iscsi_hdr *rsp,
		     int status)
{
	if (!erl2_task_claim(&ctl->task))
		return;
	/* Nobody waits for it. */
	if (ctl->no_reply) {
		erl2_ctl_release(ctl);
		return;
	}
	if (rsp)
		ctl->rsp = *rsp;
	ctl->status = status;
	if (ctl->notify)
		ctl->notify(ctl);
	else
		complete(&ctl->done);
}

/**
 * erl2_ctl_release() - notify callback of an exchange nobody waits for
 * @ctl: the exchange
 *
 * Context: any; conn->lock of its connection held.
 */
void erl2_ctl_release(struct erl2_ctl *ctl)
{
	erl2_ctl_put(ctl->task.conn->session, ctl);
}

/**
 * erl2_ctl_wait() - wait for the end of a control exchange
 * @ctl: the exchange, sent by erl2_ctl_send()
 * @timeout: jiffies
 *
 * Context: may sleep; no locks below session->mutex held.
 * Return: 0 with the response in @ctl->rsp, -ETIMEDOUT, or what ended it
 * (-ECONNRESET: the connection failed).
 */
int erl2_ctl_wait(struct erl2_ctl *ctl, unsigned long timeout)
{
	struct erl2_conn *conn = ctl->task.conn;

	if (!wait_for_completion_timeout(&ctl->done, timeout)) {
		spin_lock_bh(&conn->lock);
		erl2_ctl_finish(ctl, NULL, -ETIMEDOUT);
		spin_unlock_bh(&conn->lock);
	}
	return ctl->status;
}
