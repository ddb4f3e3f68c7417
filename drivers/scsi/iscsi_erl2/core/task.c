// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: tags and ITTs, queues, progress, completion.
 */
#include <linux/scatterlist.h>
#include <net/sock.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "core/conn.h"
#include "core/erl2.h"
#include "core/task.h"
#include "proto/cmdsn.h"
#include "proto/gaps.h"
#include "proto/serial.h"

static struct erl2_slot *task_slot(struct erl2_session *s, u32 itt)
{
	return &s->slots[itt & ERL2_TAG_MASK];
}

/**
 * erl2_task_set_state() - change the state of a task
 * @task: SCSI or control task
 * @state: new state; what makes no sense is refused, with a warning
 *
 * Context: any; the lock of its connection held.
 */
void erl2_task_set_state(struct erl2_task *task, enum erl2_task_state state)
{
	if (WARN_ONCE(!erl2_task_transition_ok(task->state, state),
		      "task from state %u to %u\n", task->state, state))
		return;
	WRITE_ONCE(task->state, state);
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
	erl2_task_set_state(task, ERL2_TASK_ACTIVE);
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

/**
 * erl2_slot_itt() - an ITT for the next use of a tag
 * @s: session
 * @tag: tag of a command, or number of a control slot behind them
 *
 * Context: any; the tag belongs to the caller.
 * Return: the ITT; never the reserved value, as tags are below the mask.
 */
u32 erl2_slot_itt(struct erl2_session *s, unsigned int tag)
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
	task->itt = erl2_slot_itt(s, scsi_cmd_to_rq(sc)->tag);
	task->flags = 0;
	task->tries = 0;
	task->resent = 0;
	task->restarts = 0;
	task->misfits = 0;
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
 * erl2_data_shut() - nothing of a command is missing any more
 * @conn: connection
 * @task: SCSI task with ERL2_TASK_LEVEL1
 *
 * Context: conn->lock held.
 */
void erl2_data_shut(struct erl2_conn *conn, struct erl2_task *task)
{
	if (task->l1.open)
		conn->snack.open--;
	task->l1.open = false;
}

/**
 * erl2_snack_forget() - a command ends, complete or not
 * @task: SCSI task with ERL2_TASK_LEVEL1
 *
 * Context: conn->lock held.
 */
void erl2_snack_forget(struct erl2_task *task)
{
	lockdep_assert_held(&task->conn->lock);

	erl2_data_shut(task->conn, task);
	task->l1.held = false;
	task->l1.gaps.nr = 0;
}

/**
 * erl2_snack_cut() - what counts of a task is the unbroken run from its start
 * @task: SCSI task, which its connection does not continue
 *
 * The data behind a gap is forgotten (RFC 7143 11.5.6), and so is a status that
 * waited.
 *
 * Context: conn->lock held.
 */
void erl2_snack_cut(struct erl2_task *task)
{
	const struct erl2_gaps *gaps = &task->l1.gaps;
	unsigned int i;

	lockdep_assert_held(&task->conn->lock);

	if (!(task->flags & ERL2_TASK_LEVEL1))
		return;
	if (gaps->nr && task->sc->sc_data_direction == DMA_FROM_DEVICE) {
		task->exp_datasn = gaps->gap[0].sn;
		for (i = 0; i < gaps->nr; i++)
			task->in_end = min(task->in_end, gaps->gap[i].off);
	} else if (gaps->nr) {
		task->exp_r2tsn = gaps->gap[0].sn;
	}
	if (task->l1.held)
		list_del_init(&task->node);
	erl2_snack_forget(task);
	task->flags &= ~ERL2_TASK_LEVEL1;
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
	erl2_task_set_state(task, ERL2_TASK_HELD);
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
	erl2_task_set_state(task, ERL2_TASK_QUEUED);
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

	erl2_task_set_state(task, ERL2_TASK_QUEUED);
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
	erl2_task_set_state(task, task->sc ? ERL2_TASK_ENDING : ERL2_TASK_FREE);
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
	WARN_ON_ONCE(!erl2_task_transition_ok(task->state, ERL2_TASK_FREE));
	/* Behind this its owner may use it again. */
	smp_store_release(&task->state, ERL2_TASK_FREE);
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

/**
 * erl2_session_take_task() - take a command from the driver, wherever it is
 * @task: SCSI task, possibly completed meanwhile
 * @how: why
 *
 * Context: may sleep; no locks below session->ending held.
 * Return: true if the caller has it now and has to complete or release it.
 */
bool erl2_session_take_task(struct erl2_task *task, enum erl2_take how)
{
	struct erl2_conn *conn;
	bool mine, moved;
	struct sock *sk;

	do {
		conn = READ_ONCE(task->conn);
		if (!conn)
			return false;
		mine = false;
		sk = erl2_conn_own(conn);
		/* Recovery may have moved it meanwhile. */
		moved = task->conn != conn;
		if (moved)
			;
		else if (how == ERL2_TAKE_REVOKE)
			mine = erl2_task_revoke(task);
		else if (how == ERL2_TAKE_ENDED ||
			 !(task->flags & ERL2_TASK_SENT))
			mine = erl2_task_claim(task);
		erl2_conn_disown(conn, sk);
	} while (moved);
	return mine;
}

/**
 * erl2_snack_level1() - what a command needs once something of it was lost
 * @task: SCSI task
 *
 * Context: conn->lock held.
 * Return: @task->l1, which is valid from now on.
 */
struct erl2_level1 *erl2_snack_level1(struct erl2_task *task)
{
	if (!(task->flags & ERL2_TASK_LEVEL1)) {
		memset(&task->l1, 0, sizeof(task->l1));
		task->flags |= ERL2_TASK_LEVEL1;
	}
	return &task->l1;
}
