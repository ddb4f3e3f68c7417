// SPDX-License-Identifier: GPL-2.0
/*
 * TASK REASSIGN: commands the target has go on over another connection
 * (RFC 7143 7.2.2, 11.5, 11.6).
 */
#include <linux/mm.h>
#include <linux/sort.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/session.h"
#include "core/task.h"
#include "core/task_result.h"
#include "core/trace.h"
#include "io/send.h"
#include "proto/cmdsn.h"
#include "proto/serial.h"
#include "proto/task_verdict.h"
#include "recovery/exchange.h"
#include "recovery/reassign.h"

/*
 * Requests in flight: so many commands are back after one round trip. RFC 7143
 * 4.2.2.1 promises room for one immediate task management request; most targets
 * take more, and those that do not say so with Reject 0x06, after which it is
 * one at a time.
 */
#define REASSIGN_WINDOW	64

/* Pause before a request that was rejected for lack of room goes again. */
#define REASSIGN_PAUSE	10

/*
 * Recoveries in which a task is asked for that then has to be aborted. If ABORT TASK
 * was not answered in any of them only a new session ends it.
 */
#define REASSIGN_ABORTS	2

/**
 * struct reassign_slot - a request in flight
 * @ctl: the exchange, NULL where none is in flight
 * @itt: the task it is about
 * @sent: jiffies when it was sent
 * @lun: the LUN was in it
 * @abort: it is an ABORT TASK: the target has the task, but will not let it go on
 * @response: with @abort: what it said to TASK REASSIGN
 */
struct reassign_slot {
	struct erl2_ctl *ctl;
	u32 itt;
	unsigned long sent;
	bool lun;
	bool abort;
	u8 response;
};

/**
 * struct reassign_todo - a task that waits for its request
 * @itt: its ITT
 * @cmdsn: its CmdSN
 * @lun: the LUN is to be in it
 * @abort: ABORT TASK is due, and not TASK REASSIGN
 * @response: as in struct reassign_slot
 */
struct reassign_todo {
	u32 itt;
	u32 cmdsn;
	bool lun;
	bool abort;
	u8 response;
};

/**
 * struct erl2_reassign - the reassignment of one connection's tasks
 * @conn: connection they go to
 * @from: connection they come from, if that was logged out over @conn
 * @relogout: the target still sees them there: log it out once more
 * @slot: requests in flight
 * @busy: how many
 * @window: how many may be in flight now
 * @room: entries of @todo; a task stands there once at the most
 * @head: first used entry of @todo
 * @count: used entries
 * @todo: ring of tasks that wait for their request, in CmdSN order at first
 */
struct erl2_reassign {
	struct erl2_conn *conn;
	struct erl2_conn *from;
	bool relogout;
	struct reassign_slot slot[REASSIGN_WINDOW];
	unsigned int busy;
	unsigned int window;
	unsigned int room;
	unsigned int head;
	unsigned int count;
	struct reassign_todo todo[];
};

/**
 * erl2_reassign_room() - memory for the reassignment of a session's tasks
 * @tasks: how many there are at the most
 *
 * Context: may sleep.
 * Return: the memory, to be freed by kvfree(), or NULL.
 */
struct erl2_reassign *erl2_reassign_room(unsigned int tasks)
{
	struct erl2_reassign *r;

	r = kvzalloc(struct_size(r, todo, tasks), GFP_KERNEL);
	if (r)
		r->room = tasks;
	return r;
}

static void reassign_later(struct erl2_reassign *r,
			   const struct reassign_todo *t)
{
	if (WARN_ON_ONCE(r->count == r->room))
		return;
	r->todo[(r->head + r->count++) % r->room] = *t;
}

/* The task goes on over its new connection. conn->lock held. */
static void reassign_continue(struct erl2_task *task)
{
	erl2_task_set_state(task, ERL2_TASK_ACTIVE);
	task->tries = 0;
	task->flags &= ~(ERL2_TASK_ASKED | ERL2_TASK_AGAIN);
	task->progress = jiffies;
	trace_task_reassign(task->conn, task, task->exp_datasn,
			    ISCSI_TMF_RSP_COMPLETE);
	atomic64_inc(&task->conn->session->stats.tasks_reassigned);
}

/*
 * The answer is here, in the receive path, and takes effect now: data and status of
 * the task may be next in the stream. They count only if it was positive.
 */
static void reassign_answered(struct erl2_ctl *ctl)
{
	struct erl2_conn *conn = ctl->task.conn;
	struct iscsi_tm *req = (struct iscsi_tm *)&ctl->hdr;
	struct iscsi_tm_rsp *rsp = (struct iscsi_tm_rsp *)&ctl->rsp;
	struct erl2_task *task;

	task = erl2_task_find(conn, be32_to_cpu((__force __be32)req->rtt));
	if (!task || task->state != ERL2_TASK_REASSIGNING)
		;
	else if (!ctl->status && (rsp->response == ISCSI_TMF_RSP_COMPLETE ||
				  (rsp->response == ISCSI_TMF_RSP_TASK_ALLEGIANT &&
				   task->flags & ERL2_TASK_ASKED)))
		reassign_continue(task);
	else if (ctl->status != -ETIMEDOUT && ctl->status != -ECONNRESET)
		erl2_task_hold(task);
	complete(&ctl->done);
	wake_up(&conn->session->wait);
}

static struct iscsi_tm *reassign_header(struct erl2_ctl *ctl, u8 function,
					u32 itt)
{
	struct iscsi_tm *h = (struct iscsi_tm *)&ctl->hdr;

	h->opcode = ISCSI_OP_SCSI_TMFUNC | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL | function;
	h->rtt = (__force itt_t)cpu_to_be32(itt);
	ctl->notify = reassign_answered;
	return h;
}

/* Ask for the task. erl2_conn_own(). Returns 0 or an errno. */
static int reassign_ask(struct erl2_conn *conn, struct erl2_ctl *ctl,
			struct erl2_task *task, bool lun)
{
	struct iscsi_tm *h;
	u32 exp_sn;
	int err;

	if (task->state != ERL2_TASK_HELD && !(task->flags & ERL2_TASK_AGAIN))
		return -ENOENT;
	/*
	 * RFC 7143 7.2.2: ExpDataSN acknowledges Data-Ins, and R2Ts of a
	 * write. 0 would mean "as last acknowledged" (11.5.6), not "nothing".
	 */
	exp_sn = task->sc->sc_data_direction == DMA_TO_DEVICE ?
		 task->exp_r2tsn : task->exp_datasn;
	/* What is missing is not acknowledged. */
	if (task->flags & ERL2_TASK_LEVEL1 && task->l1.gaps.nr)
		exp_sn = task->l1.gaps.gap[0].sn;
	/* RFC 7143 11.5.3, 11.5.5: LUN and RefCmdSN are reserved */
	h = reassign_header(ctl, ISCSI_TM_FUNC_TASK_REASSIGN, task->itt);
	if (lun)
		int_to_scsilun(task->sc->device->lun, &h->lun);
	h->exp_datasn = cpu_to_be32(exp_sn);
	err = erl2_ctl_queue(conn, ctl);
	if (err)
		return err;
	/* Asked once more, what came of it meanwhile counts on. */
	if (task->state == ERL2_TASK_HELD)
		erl2_task_resume(task);
	erl2_task_set_state(task, ERL2_TASK_REASSIGNING);
	task->flags &= ~ERL2_TASK_AGAIN;
	task->tries++;
	trace_task_reassign(conn, task, exp_sn, -1);
	return 0;
}

/*
 * The target has the task but will not let it go on here. Before its command
 * may end for the SCSI layer the target must be done with it: RFC 7143 11.5.1,
 * after the logout ABORT TASK may come over any connection.
 */
static int reassign_abort(struct erl2_conn *conn, struct erl2_ctl *ctl,
			  struct erl2_task *task)
{
	struct iscsi_tm *h;

	h = reassign_header(ctl, ISCSI_TM_FUNC_ABORT_TASK, task->itt);
	int_to_scsilun(task->sc->device->lun, &h->lun);
	h->refcmdsn = cpu_to_be32(task->cmdsn);
	return erl2_ctl_queue(conn, ctl);
}

/* Send one request. Returns 0, -ENOENT if there is no need, or an errno. */
static int reassign_send(struct erl2_reassign *r, struct reassign_slot *slot,
			 const struct reassign_todo *t)
{
	struct erl2_conn *conn = r->conn;
	struct erl2_session *s = conn->session;
	struct erl2_ctl *ctl = erl2_ctl_get(s);
	struct erl2_task *task;
	struct sock *sk;
	int err = -ENOENT;

	if (!ctl)
		return -EBUSY;
	sk = erl2_conn_own(conn);
	task = erl2_task_find(conn, t->itt);
	if (task)
		err = t->abort ? reassign_abort(conn, ctl, task) :
				 reassign_ask(conn, ctl, task, t->lun);
	erl2_conn_disown(conn, sk);
	if (err) {
		erl2_ctl_put(s, ctl);
		return err;
	}
	*slot = (struct reassign_slot) {
		.ctl = ctl,
		.itt = t->itt,
		.sent = jiffies,
		.lun = t->lun,
		.abort = t->abort,
		.response = t->response,
	};
	r->busy++;
	return 0;
}

/* The target is done with the task: end it. */
static void reassign_lose(struct erl2_conn *conn, u32 itt, u8 response)
{
	struct erl2_session *s = conn->session;
	struct erl2_task *task;
	bool mine = false;
	struct sock *sk;

	erl2_conn_err(conn, "target does not continue command ITT 0x%x (response %u), its outcome is unknown\n",
		      itt, response);
	mutex_lock(&s->ending);
	sk = erl2_conn_own(conn);
	task = erl2_task_find(conn, itt);
	if (task)
		mine = erl2_task_claim(task);
	erl2_conn_disown(conn, sk);
	if (mine)
		erl2_session_lose_task(task);
	mutex_unlock(&s->ending);
}

/* The answer to ABORT TASK. Returns 0 or an errno to end with. */
static int reassign_aborted(struct erl2_reassign *r,
			    const struct reassign_slot *slot, int status,
			    u8 response)
{
	struct reassign_todo t = {
		.itt = slot->itt,
		.abort = true,
		.response = slot->response,
	};

	switch (status) {
	case 0:
		if (response != ISCSI_TMF_RSP_COMPLETE &&
		    response != ISCSI_TMF_RSP_NO_TASK)
			return -ESTALE;
		reassign_lose(r->conn, slot->itt, slot->response);
		return 0;
	case -EBUSY:
		r->window = 1;
		reassign_later(r, &t);
		return 0;
	case -ETIMEDOUT:
		/* Another connection may bring the answer. */
		erl2_conn_err(r->conn, "target does not answer ABORT TASK for ITT 0x%x\n",
			      slot->itt);
		erl2_conn_fail(r->conn, ERL2_FAIL_LOGIN);
		return -EAGAIN;
	default:
		return -ESTALE;
	}
}

/*
 * What follows from the answer to TASK REASSIGN, if the task still waits for it.
 * erl2_conn_own(). Returns 0 or an errno to end with; @t is what to do next.
 */
static int reassign_judge(struct erl2_reassign *r, struct erl2_task *task,
			  int status, u8 response, struct reassign_todo *t,
			  enum erl2_answer *answer)
{
	struct erl2_conn *conn = r->conn;
	struct erl2_session *s = conn->session;
	bool accepted;

	*answer = ERL2_ANS_CONTINUE;
	t->cmdsn = task->cmdsn;
	if (status == -EBUSY) {
		r->window = 1;
		task->tries--;
		reassign_later(r, t);
		return 0;
	}
	if (status == -ETIMEDOUT || status == -EREMOTEIO) {
		/*
		 * The answer was lost or there is none. Asked again, a target
		 * that did hear us says "still allegiant", to this connection.
		 * Until then what it sends of the task counts.
		 */
		task->flags |= ERL2_TASK_ASKED | ERL2_TASK_AGAIN;
		if (task->tries >= 3)
			return -ESTALE;
		reassign_later(r, t);
		return 0;
	}
	spin_lock(&s->lock);
	accepted = erl2_cmdsn_accepted(&s->sn, task->cmdsn);
	spin_unlock(&s->lock);
	*answer = erl2_reassign_answer(response, accepted, task->tries);
	switch (*answer) {
	case ERL2_ANS_CONTINUE:
		/* It did so when the answer came. */
		return 0;
	case ERL2_ANS_RETRY:
		erl2_task_rewind(task);
		erl2_task_requeue(conn, task);
		trace_task_retry(conn, task);
		atomic64_inc(&s->stats.tasks_retried);
		return 0;
	case ERL2_ANS_AGAIN:
		/* The logout had no effect: once more, or with a new login. */
		if (r->from) {
			r->relogout = true;
			reassign_later(r, t);
			return 0;
		}
		erl2_conn_fail_locked(conn, ERL2_FAIL_LOGIN);
		return -EAGAIN;
	case ERL2_ANS_LOST:
		/*
		 * RFC 7143 11.5.3 reserves the LUN, but LIO compares it with
		 * that of the command and rejects what has none.
		 */
		if (response == ISCSI_TMF_RSP_REJECTED && !t->lun &&
		    task->sc->device->lun) {
			*answer = ERL2_ANS_CONTINUE;
			task->tries--;
			t->lun = true;
			reassign_later(r, t);
			return 0;
		}
		if (task->tries > REASSIGN_ABORTS)
			return -ESTALE;
		return 0;
	default:
		erl2_conn_err(conn, "target cannot continue commands (response %u), starting a new session\n",
			      response);
		return -ESTALE;
	}
}

/* Move a task on by what the target said. Returns 0 or an errno to end with. */
static int reassign_verdict(struct erl2_reassign *r,
			    const struct reassign_slot *slot, int status,
			    u8 response)
{
	struct reassign_todo t = { .itt = slot->itt, .lun = slot->lun };
	struct erl2_conn *conn = r->conn;
	enum erl2_answer answer = ERL2_ANS_CONTINUE;
	struct erl2_task *task;
	u32 itt = slot->itt;
	struct sock *sk;
	int err = 0;

	sk = erl2_conn_own(conn);
	task = erl2_task_find(conn, itt);
	/* Otherwise it goes on, or was completed or aborted. */
	if (task && (task->state == ERL2_TASK_REASSIGNING ||
		     task->state == ERL2_TASK_HELD)) {
		trace_task_reassign(conn, task, task->exp_datasn,
				    status ? 255 : response);
		err = reassign_judge(r, task, status, response, &t, &answer);
	}
	erl2_conn_disown(conn, sk);
	if (err || answer != ERL2_ANS_LOST)
		return err;
	if (response == ISCSI_TMF_RSP_NO_TASK) {
		reassign_lose(conn, itt, response);
	} else {
		t.abort = true;
		t.response = response;
		reassign_later(r, &t);
	}
	return 0;
}

/* Take back every request that is done; all of them if @all. */
static int reassign_collect(struct erl2_reassign *r, bool all)
{
	struct erl2_session *s = r->conn->session;
	unsigned long limit = s->tun.reassign_timeout * HZ;
	unsigned int n;
	int err = 0;

	for (n = 0; n < REASSIGN_WINDOW; n++) {
		struct reassign_slot slot = r->slot[n];
		struct erl2_ctl *ctl = slot.ctl;
		int ret = 0, status;
		u8 response;

		if (!ctl)
			continue;
		if (!completion_done(&ctl->done)) {
			if (!all && time_before(jiffies, slot.sent + limit))
				continue;
			spin_lock_bh(&r->conn->lock);
			erl2_ctl_finish(ctl, NULL, all ? -ECONNRESET :
					-ETIMEDOUT);
			spin_unlock_bh(&r->conn->lock);
		}
		status = ctl->status;
		response = ((struct iscsi_tm_rsp *)&ctl->rsp)->response;
		r->slot[n].ctl = NULL;
		r->busy--;
		erl2_ctl_put(s, ctl);
		if (status == -ECONNRESET)
			continue;
		if (slot.abort)
			ret = reassign_aborted(r, &slot, status, response);
		else
			ret = reassign_verdict(r, &slot, status, response);
		if (ret && err != -ESTALE)
			err = ret;
	}
	return err;
}

static int reassign_cmp(const void *a, const void *b)
{
	const struct reassign_todo *x = a, *y = b;

	return erl2_sn_before(x->cmdsn, y->cmdsn) ? -1 : x->cmdsn != y->cmdsn;
}

/* Which tasks wait to be asked for? In the order of their CmdSNs. */
static void reassign_list(struct erl2_reassign *r)
{
	struct erl2_conn *conn = r->conn;
	struct erl2_session *s = conn->session;
	unsigned int i;

	r->head = 0;
	r->count = 0;
	spin_lock_bh(&conn->lock);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && task->conn == conn &&
		    task->state == ERL2_TASK_HELD && r->count < r->room)
			r->todo[r->count++] = (struct reassign_todo) {
				.itt = task->itt,
				.cmdsn = task->cmdsn,
			};
	}
	spin_unlock_bh(&conn->lock);
	sort(r->todo, r->count, sizeof(r->todo[0]), reassign_cmp, NULL);
}

static bool reassign_any_done(struct erl2_reassign *r)
{
	unsigned int n;

	for (n = 0; n < REASSIGN_WINDOW; n++)
		if (r->slot[n].ctl && completion_done(&r->slot[n].ctl->done))
			return true;
	return false;
}

/* Fill the window. Returns true while there is or may be more to do. */
static bool reassign_fill(struct erl2_reassign *r)
{
	unsigned int n = 0;
	int err;

	while (r->count && r->busy < r->window && n < REASSIGN_WINDOW) {
		struct reassign_todo t = r->todo[r->head];

		if (r->slot[n].ctl) {
			n++;
			continue;
		}
		r->head = (r->head + 1) % r->room;
		r->count--;
		err = reassign_send(r, &r->slot[n], &t);
		if (err && err != -ENOENT) {
			/* With no exchange free, or no connection, it waits. */
			reassign_later(r, &t);
			break;
		}
	}
	if (r->busy)
		erl2_conn_xmit(r->conn);
	return r->busy || r->count;
}

/* "Still allegiant": the logout is repeated, whatever it brings. */
static void reassign_relogout(struct erl2_reassign *r)
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
	struct erl2_reassign *r = s->reassign;
	int err = 0;

	lockdep_assert_held(&s->mutex);

	r->conn = conn;
	r->from = from;
	r->relogout = false;
	r->window = REASSIGN_WINDOW;
	reassign_list(r);

	while (!err && reassign_fill(r)) {
		unsigned long tick = HZ / 10;

		/* All rejected for lack of room, or no slot: breathe. */
		if (!r->busy)
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
	return err;
}
