// SPDX-License-Identifier: GPL-2.0
/*
 * TASK REASSIGN: commands the target has go on over another connection
 * (RFC 7143 7.2.2, 11.5, 11.6).
 */
#include <linux/slab.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_transport_iscsi.h>

#include "connect.h"
#include "decide.h"
#include "erl2.h"
#include "recovery.h"
#include "send.h"
#include "session.h"
#include "task.h"
#include "trace.h"

/*
 * Requests in flight: so many commands are back after one round trip. RFC 7143
 * 4.2.2.1 promises room for one immediate task management request; most targets
 * take more, and those that do not say so with Reject 0x06, after which it is
 * one at a time.
 */
#define REASSIGN_WINDOW	64

/* Pause before a request that was rejected for lack of room goes again. */
#define REASSIGN_PAUSE	10

/**
 * struct reassign - the reassignment of one connection's tasks
 * @conn: connection they go to
 * @from: connection they come from, if that was logged out over @conn
 * @relogout: the target still sees them there: log it out once more
 * @slot: requests in flight, NULL where none is
 * @itt: task of each
 * @sent: jiffies when each was sent
 * @window: how many may be in flight now
 */
struct reassign {
	struct erl2_conn *conn;
	struct erl2_conn *from;
	bool relogout;
	struct erl2_ctl *slot[REASSIGN_WINDOW];
	u32 itt[REASSIGN_WINDOW];
	unsigned long sent[REASSIGN_WINDOW];
	unsigned int window;
};

/* The task goes on over its new connection. conn->lock held. */
static void reassign_continue(struct erl2_task *task)
{
	task->state = ERL2_TASK_ACTIVE;
	task->tries = 0;
	task->flags &= ~ERL2_TASK_ASKED;
	task->progress = jiffies;
	trace_task_reassign(task->conn, task, task->exp_datasn,
			    ISCSI_TMF_RSP_COMPLETE);
	atomic64_inc(&task->conn->session->stats.tasks_reassigned);
}

/*
 * The answer is here, in the receive path: a positive one takes effect now,
 * since data and status of the task may be next in the stream.
 */
static void reassign_answered(struct erl2_ctl *ctl)
{
	struct erl2_conn *conn = ctl->task.conn;
	struct iscsi_tm *req = (struct iscsi_tm *)&ctl->hdr;
	struct iscsi_tm_rsp *rsp = (struct iscsi_tm_rsp *)&ctl->rsp;
	struct erl2_task *task;

	if (!ctl->status && rsp->response == ISCSI_TMF_RSP_COMPLETE) {
		task = erl2_task_find(conn, be32_to_cpu((__force __be32)
							req->rtt));
		if (task && task->state == ERL2_TASK_REASSIGNING)
			reassign_continue(task);
	}
	complete(&ctl->done);
	wake_up(&conn->session->wait);
}

/* Send one request. Returns 0, -ENOENT if the task is gone, or an errno. */
static int reassign_send(struct reassign *r, unsigned int n, u32 itt)
{
	struct erl2_conn *conn = r->conn;
	struct erl2_session *s = conn->session;
	struct erl2_ctl *ctl = erl2_ctl_get(s);
	struct erl2_task *task;
	struct iscsi_tm *h;
	u32 exp_sn = 0;
	int err = -ENOENT;

	if (!ctl)
		return -EBUSY;

	spin_lock_bh(&conn->lock);
	task = erl2_task_find(conn, itt);
	if (task && task->state == ERL2_TASK_HELD) {
		/*
		 * RFC 7143 7.2.2: ExpDataSN acknowledges Data-Ins, and R2Ts of
		 * a write. 0 would mean "as last acknowledged" (11.5.6), not
		 * "nothing".
		 */
		exp_sn = task->sc->sc_data_direction == DMA_TO_DEVICE ?
			 task->exp_r2tsn : task->exp_datasn;
		h = (struct iscsi_tm *)&ctl->hdr;
		h->opcode = ISCSI_OP_SCSI_TMFUNC | ISCSI_OP_IMMEDIATE;
		h->flags = ISCSI_FLAG_CMD_FINAL | ISCSI_TM_FUNC_TASK_REASSIGN;
		/* RFC 7143 11.5.3, 11.5.5: LUN and RefCmdSN are reserved */
		h->rtt = (__force itt_t)cpu_to_be32(itt);
		h->exp_datasn = cpu_to_be32(exp_sn);
		ctl->notify = reassign_answered;
		err = erl2_ctl_queue(conn, ctl);
		if (!err) {
			erl2_task_resume(task);
			task->state = ERL2_TASK_REASSIGNING;
			task->tries++;
			trace_task_reassign(conn, task, exp_sn, -1);
		}
	}
	spin_unlock_bh(&conn->lock);
	if (err) {
		erl2_ctl_put(s, ctl);
		return err;
	}
	r->slot[n] = ctl;
	r->itt[n] = itt;
	r->sent[n] = jiffies;
	return 0;
}

/*
 * The target has the task but will not let it go on here. Before its command
 * may end for the SCSI layer the target must be done with it: RFC 7143 11.5.1,
 * after the logout ABORT TASK may come over any connection. A status it still
 * owes comes before the answer and ends the task as ever.
 */
static int reassign_abort(struct erl2_conn *conn, u32 itt)
{
	struct erl2_session *s = conn->session;
	struct erl2_ctl *ctl = erl2_ctl_get(s);
	struct erl2_task *task;
	struct iscsi_tm *h;
	int err = -ENOENT;
	u8 response;

	if (!ctl)
		return -EBUSY;
	h = (struct iscsi_tm *)&ctl->hdr;
	h->opcode = ISCSI_OP_SCSI_TMFUNC | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL | ISCSI_TM_FUNC_ABORT_TASK;
	h->rtt = (__force itt_t)cpu_to_be32(itt);

	spin_lock_bh(&conn->lock);
	task = erl2_task_find(conn, itt);
	if (task) {
		int_to_scsilun(task->sc->device->lun, &h->lun);
		h->refcmdsn = cpu_to_be32(task->cmdsn);
		err = erl2_ctl_queue(conn, ctl);
	}
	spin_unlock_bh(&conn->lock);
	if (!err) {
		erl2_conn_xmit(conn);
		err = erl2_ctl_wait(ctl, s->tun.reassign_timeout * HZ);
	}
	response = ((struct iscsi_tm_rsp *)&ctl->rsp)->response;
	if (!err && response != ISCSI_TMF_RSP_COMPLETE &&
	    response != ISCSI_TMF_RSP_NO_TASK)
		err = -EREMOTEIO;
	erl2_ctl_put(s, ctl);
	return err;
}

/* End a task that cannot go on. Returns 0 or an errno to end with. */
static int reassign_give_up(struct erl2_conn *conn, u32 itt, u8 response)
{
	struct erl2_task *task;
	bool mine = false;
	int err;

	if (response != ISCSI_TMF_RSP_NO_TASK) {
		err = reassign_abort(conn, itt);
		if (err == -ECONNRESET || err == -ENOTCONN)
			return -EAGAIN;
		if (err && err != -ENOENT)
			return -ESTALE;
	}
	erl2_conn_err(conn, "target does not continue command ITT 0x%x (response %u), its outcome is unknown\n",
		      itt, response);

	spin_lock_bh(&conn->lock);
	task = erl2_task_find(conn, itt);
	if (task)
		mine = erl2_task_claim(task);
	spin_unlock_bh(&conn->lock);
	if (mine)
		erl2_session_lose_task(task);
	return 0;
}

/* Move a task on by what the target said. Returns 0 or an errno to end with. */
static int reassign_verdict(struct reassign *r, u32 itt, int status,
			    u8 response)
{
	struct erl2_conn *conn = r->conn;
	struct erl2_session *s = conn->session;
	struct erl2_task *task;
	bool accepted, lost = false;
	int err = 0;

	spin_lock_bh(&conn->lock);
	task = erl2_task_find(conn, itt);
	if (!task || task->state != ERL2_TASK_REASSIGNING)
		goto out;	/* goes on, or was completed or aborted */
	trace_task_reassign(conn, task, task->exp_datasn,
			    status ? 255 : response);

	if (status == -EBUSY) {
		r->window = 1;
		task->state = ERL2_TASK_HELD;
		task->tries--;
		goto out;
	}
	if (status == -ETIMEDOUT || status == -EREMOTEIO) {
		/*
		 * The answer was lost or there is none. Asked again, a target
		 * that did hear us says "still allegiant", to this connection.
		 */
		task->flags |= ERL2_TASK_ASKED;
		task->state = ERL2_TASK_HELD;
		if (task->tries >= 3)
			err = -ESTALE;
		goto out;
	}
	if (response == ISCSI_TMF_RSP_TASK_ALLEGIANT &&
	    task->flags & ERL2_TASK_ASKED)
		response = ISCSI_TMF_RSP_COMPLETE;

	spin_lock(&s->lock);
	accepted = erl2_cmdsn_accepted(&s->sn, task->cmdsn);
	spin_unlock(&s->lock);
	switch (erl2_reassign_answer(response, accepted, task->tries)) {
	case ERL2_ANS_CONTINUE:
		reassign_continue(task);
		break;
	case ERL2_ANS_RETRY:
		erl2_task_rewind(task);
		erl2_task_requeue(conn, task);
		trace_task_retry(conn, task);
		atomic64_inc(&s->stats.tasks_retried);
		break;
	case ERL2_ANS_AGAIN:
		/* The logout had no effect: once more, or with a new login. */
		task->state = ERL2_TASK_HELD;
		if (r->from) {
			r->relogout = true;
		} else {
			erl2_conn_fail_locked(conn, ERL2_FAIL_LOGIN);
			err = -EAGAIN;
		}
		break;
	case ERL2_ANS_LOST:
		lost = true;
		break;
	default:
		erl2_conn_err(conn, "target cannot continue commands (response %u), starting a new session\n",
			      response);
		err = -ESTALE;
		break;
	}
out:
	spin_unlock_bh(&conn->lock);
	return lost ? reassign_give_up(conn, itt, response) : err;
}

/* Take back every request that is done; all of them if @all. */
static int reassign_collect(struct reassign *r, bool all)
{
	struct erl2_session *s = r->conn->session;
	unsigned long limit = s->tun.reassign_timeout * HZ;
	unsigned int n;
	int err = 0;

	for (n = 0; n < REASSIGN_WINDOW; n++) {
		struct erl2_ctl *ctl = r->slot[n];
		struct iscsi_tm_rsp *rsp;
		int ret;

		if (!ctl)
			continue;
		if (!completion_done(&ctl->done)) {
			if (!all && time_before(jiffies, r->sent[n] + limit))
				continue;
			spin_lock_bh(&r->conn->lock);
			erl2_ctl_finish(ctl, NULL, all ? -ECONNRESET :
					-ETIMEDOUT);
			spin_unlock_bh(&r->conn->lock);
		}
		rsp = (struct iscsi_tm_rsp *)&ctl->rsp;
		if (ctl->status != -ECONNRESET) {
			ret = reassign_verdict(r, r->itt[n], ctl->status,
					       rsp->response);
			if (ret && err != -ESTALE)
				err = ret;
		}
		r->slot[n] = NULL;
		erl2_ctl_put(s, ctl);
	}
	return err;
}

/* The lowest CmdSN among the tasks that still wait to be asked for. */
static bool reassign_next(struct erl2_conn *conn, u32 *itt)
{
	struct erl2_session *s = conn->session;
	struct erl2_task *best = NULL;
	unsigned int i;

	spin_lock_bh(&conn->lock);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || task->conn != conn ||
		    task->state != ERL2_TASK_HELD)
			continue;
		if (!best || (s32)(task->cmdsn - best->cmdsn) < 0)
			best = task;
	}
	if (best)
		*itt = best->itt;
	spin_unlock_bh(&conn->lock);
	return best;
}

static bool reassign_any_done(struct reassign *r)
{
	unsigned int n;

	for (n = 0; n < REASSIGN_WINDOW; n++)
		if (r->slot[n] && completion_done(&r->slot[n]->done))
			return true;
	return false;
}

static unsigned int reassign_in_flight(struct reassign *r)
{
	unsigned int n, count = 0;

	for (n = 0; n < REASSIGN_WINDOW; n++)
		count += !!r->slot[n];
	return count;
}

/* Fill the window. Returns true while there is or may be more to do. */
static bool reassign_fill(struct reassign *r)
{
	unsigned int n;
	u32 itt;

	for (n = 0; n < REASSIGN_WINDOW; n++) {
		if (r->slot[n] || reassign_in_flight(r) >= r->window)
			continue;
		if (!reassign_next(r->conn, &itt))
			break;
		reassign_send(r, n, itt);
	}
	if (reassign_in_flight(r)) {
		erl2_conn_xmit(r->conn);
		return true;
	}
	return reassign_next(r->conn, &itt);
}

/* "Still allegiant": the logout is repeated, whatever it brings. */
static void reassign_relogout(struct reassign *r)
{
	struct iscsi_logout_rsp rsp;
	int err;

	r->relogout = false;
	err = erl2_conn_logout(r->conn, ISCSI_LOGOUT_REASON_RECOVERY, r->from,
			       &rsp);
	trace_recovery_logout(r->from, false, err ?: rsp.response);
}

/**
 * erl2_reassign_tasks() - continue all held tasks over their new connection
 * @conn: connection in Full Feature Phase; recovery has sorted its tasks
 * @from: connection they were allegiant to, if that was logged out over @conn
 * @deadline: end of the time for which the target keeps them
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 when all have a verdict, -EAGAIN when the connection failed again,
 * -EINTR to stop, -ESTALE when only a new session helps.
 */
int erl2_reassign_tasks(struct erl2_conn *conn, struct erl2_conn *from,
			ktime_t deadline)
{
	struct erl2_session *s = conn->session;
	struct reassign *r;
	int err = 0;

	r = kzalloc(sizeof(*r), GFP_NOIO | __GFP_NOFAIL);
	r->conn = conn;
	r->from = from;
	r->window = REASSIGN_WINDOW;

	while (!err && reassign_fill(r)) {
		unsigned long tick = HZ / 10;

		/* All rejected for lack of room, or no slot: breathe. */
		if (!reassign_in_flight(r))
			tick = msecs_to_jiffies(REASSIGN_PAUSE);
		wait_event_timeout(s->wait, reassign_any_done(r) ||
				   !erl2_conn_is_up(conn) ||
				   erl2_session_interrupted(s) ||
				   test_bit(ERL2_SESSION_LOST, &s->flags),
				   tick);
		err = reassign_collect(r, false);
		if (err)
			break;
		if (erl2_session_interrupted(s))
			err = -EINTR;
		else if (test_bit(ERL2_SESSION_LOST, &s->flags) ||
			 ktime_after(ktime_get(), deadline))
			err = -ESTALE;
		else if (!erl2_conn_is_up(conn))
			err = -EAGAIN;
		else if (r->relogout)
			reassign_relogout(r);
	}
	reassign_collect(r, true);
	if (!err && !erl2_conn_is_up(conn))
		err = -EAGAIN;
	kfree(r);
	return err;
}
