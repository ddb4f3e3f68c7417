// SPDX-License-Identifier: GPL-2.0
/*
 * Task management for the SCSI error handler.
 *
 * The error handler waits for recovery and recovery never waits for the error
 * handler. What is lost with a connection is asked again on the next.
 *
 * Of RFC 7144, where the target knows it: QUERY TASK before an abort, and
 * I_T NEXUS RESET before a new session. The others have no user here.
 */
#include <linux/delay.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "compat/scsi.h"
#include "core/allegiance.h"
#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/session.h"
#include "core/task.h"
#include "core/task_result.h"
#include "host/error_handler.h"
#include "io/keepalive.h"
#include "io/send.h"
#include "proto/cmdsn.h"
#include "proto/conn_state.h"
#include "proto/iscsi_ext.h"
#include "proto/keys.h"
#include "proto/rerun.h"
#include "recovery/exchange.h"

/* How often a request is repeated because its connection failed. */
#define TMF_TRIES	4

/* Pause, in ms, before a request that was rejected for lack of room goes again. */
#define TMF_PAUSE	50

/* Such pauses for a connection that is about to be replaced, at the most. */
#define TMF_PAUSES	200

/* Seconds for an I_T NEXUS RESET, whose answer need not come. */
#define NEXUS_RESET_TMO	5

/*
 * How often the timer of a command starts again while the session works: a target
 * that is about to answer has done so by then.
 */
#define TIMER_RESTARTS	5

/* Is nothing to be expected from this session any more? */
static bool tmf_session_over(struct erl2_session *s)
{
	return s->flags & (BIT(ERL2_SESSION_EXPIRED) | BIT(ERL2_SESSION_STOP));
}

/*
 * Wait until the session works. 0, or what the error handler is to return.
 * Where it is left to iscsid to log in again the session is blocked, so that
 * recovery_tmo ends the wait.
 */
static int tmf_wait_session(struct erl2_session *s, struct scsi_cmnd *sc)
{
	int err;

	/* While the session is blocked: until it is not, or recovery_tmo. */
	err = iscsi_block_scsi_eh(sc);
	if (err)
		return err;
	wait_event(s->wait, READ_ONCE(s->state) == ERL2_SESSION_UP ||
		   tmf_session_over(s));
	return READ_ONCE(s->state) == ERL2_SESSION_UP ? 0 : FAST_IO_FAIL;
}

/* One exchange. Returns the response code or a negative errno. */
static int tmf_exchange(struct erl2_conn *conn, u8 function,
			struct scsi_device *sdev, struct erl2_task *task,
			int seconds)
{
	struct erl2_session *s = conn->session;
	struct erl2_ctl *ctl = erl2_ctl_get(s);
	struct iscsi_tm *h;
	int err;

	if (!ctl)
		return -EBUSY;
	h = (struct iscsi_tm *)&ctl->hdr;
	h->opcode = ISCSI_OP_SCSI_TMFUNC | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL | function;
	h->rtt = (__force itt_t)cpu_to_be32(ISCSI_RESERVED_TAG);
	/* RFC 7143 11.5.3, RFC 7144 6.3.1: reserved for what has no LUN */
	if (sdev)
		int_to_scsilun(sdev->lun, &h->lun);
	if (task) {
		h->rtt = (__force itt_t)cpu_to_be32(task->itt);
		h->refcmdsn = cpu_to_be32(task->cmdsn);
	}
	err = erl2_ctl_send(conn, ctl);
	if (!err)
		err = erl2_ctl_wait(ctl, seconds * HZ);
	if (!err)
		err = ((struct iscsi_tm_rsp *)&ctl->rsp)->response;
	erl2_ctl_put(s, ctl);
	return err;
}

/*
 * Is the request to be made again? Immediate ones die with their connection
 * (RFC 7143 7.14), and a target that has no room for one more says so with
 * Reject 0x06 (11.17.1).
 */
static bool tmf_again(int ret)
{
	if (ret == -EBUSY || ret == -ENOTCONN)
		msleep(TMF_PAUSE);
	return ret == -ECONNRESET || ret == -ENOTCONN || ret == -EBUSY;
}

/*
 * Does the error handler own this command? Then it frees or reuses it as soon
 * as it hears that it may, whatever the driver still wanted to do with it.
 */
static bool tmf_eh_owns(const struct scsi_cmnd *sc)
{
	return test_bit(SCMD_STATE_COMPLETE, &sc->state);
}

/*
 * End commands before the error handler is told of success or of the end of
 * the session: its own, and with @sent all that the target had. @sdev NULL:
 * those of all units.
 */
static void tmf_end_tasks(struct erl2_session *s, struct scsi_device *sdev,
			  bool sent)
{
	unsigned int i;

	mutex_lock(&s->ending);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || (sdev && task->sc->device != sdev))
			continue;
		if (!tmf_eh_owns(task->sc) &&
		    !(sent && READ_ONCE(task->flags) & ERL2_TASK_SENT))
			continue;
		if (erl2_session_take_task(task, sent ? ERL2_TAKE_ENDED :
					   ERL2_TAKE_REVOKE))
			erl2_task_complete(task,
					   erl2_task_unknown(task, DID_ERROR));
	}
	mutex_unlock(&s->ending);
}

/* The error handler has the command itself: it needs no completion. */
static bool tmf_take(struct erl2_task *task, enum erl2_take how)
{
	if (!erl2_session_take_task(task, how))
		return false;
	erl2_task_release(task);
	return true;
}

/*
 * What the error handler is told. Unless it failed it uses the command again, so
 * that nobody else may: who has claimed it completes it under RCU or under
 * session->ending.
 */
static int tmf_over(struct erl2_session *s, struct scsi_cmnd *sc, int ret)
{
	struct erl2_task *task = scsi_cmd_priv(sc);

	if (ret == FAILED)
		return ret;
	synchronize_rcu();
	mutex_lock(&s->ending);
	mutex_unlock(&s->ending);
	if (WARN_ON_ONCE(READ_ONCE(task->state) != ERL2_TASK_FREE))
		return FAILED;
	return ret;
}

/* Was the command ended meanwhile, or never sent and taken back now? */
static bool tmf_task_over(struct erl2_task *task)
{
	u8 state = READ_ONCE(task->state);

	if (state == ERL2_TASK_FREE || state == ERL2_TASK_ENDING)
		return true;
	if (READ_ONCE(task->flags) & ERL2_TASK_SENT)
		return false;
	/*
	 * Not sent: it can just be taken back. Should sending be faster, the
	 * target has it, and it is aborted like any other.
	 */
	return tmf_take(task, ERL2_TAKE_UNSENT);
}

/*
 * Does a command wait for recovery? Not for ever: outages that follow upon each other
 * do not add up to more than two times recovery_tmo.
 */
static bool tmf_in_outage(struct erl2_session *s, struct erl2_task *task)
{
	unsigned long end = task->sc->jiffies_at_alloc +
			    (1 + TIMER_RESTARTS) *
			    scsi_cmd_to_rq(task->sc)->timeout;
	struct erl2_conn *conn = READ_ONCE(task->conn);
	int tmo = READ_ONCE(s->cls->recovery_tmo);

	if (READ_ONCE(s->state) == ERL2_SESSION_UP)
		return false;
	if (tmo >= 0 && time_after(jiffies, end + 2 * tmo * HZ))
		return false;
	/* One over a connection that works has nothing to wait for. */
	return test_bit(ERL2_SESSION_BLOCKED, &s->flags) || !conn ||
	       READ_ONCE(conn->state) != ERL2_CONN_LOGGED_IN;
}

/* Is the device about to go, and whoever removes it waiting? */
static bool tmf_device_goes(const struct scsi_device *sdev)
{
	return sdev->sdev_state == SDEV_CANCEL || sdev->sdev_state == SDEV_DEL;
}

/* May a command that timed out wait on, since it may end by itself? */
static bool tmf_may_wait(struct erl2_conn *conn, struct erl2_task *task)
{
	unsigned int timeout = scsi_cmd_to_rq(task->sc)->timeout;

	if (!conn || (READ_ONCE(conn->state) != ERL2_CONN_LOGGED_IN &&
		      READ_ONCE(conn->state) != ERL2_CONN_LOGOUT_REQUESTED))
		return true;
	/* Not sent yet: the target has no room for it. Others make some. */
	if (!(READ_ONCE(task->flags) & ERL2_TASK_SENT))
		return true;
	/* Its data was moving until now. */
	if (time_before(jiffies, READ_ONCE(task->progress) + timeout / 2) &&
	    task->in_end + task->exp_r2tsn)
		return true;
	return erl2_nop_pending(conn);
}

/**
 * erl2_eh_timed_out() - a command takes long
 * @sc: command
 *
 * While the session is being recovered its time does not count: recovery_tmo does.
 * While its connection is being tested, or its data moves, it may take some times
 * longer.
 *
 * Context: work queue of the block layer.
 * Return: SCSI_EH_RESET_TIMER to wait on, SCSI_EH_NOT_HANDLED for the error handler.
 */
enum scsi_timeout_action erl2_eh_timed_out(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	struct erl2_task *task = scsi_cmd_priv(sc);

	if (READ_ONCE(s->cls->state) == ISCSI_SESSION_FREE)
		return SCSI_EH_NOT_HANDLED;
	if (tmf_in_outage(s, task))
		return SCSI_EH_RESET_TIMER;
	if (task->restarts >= TIMER_RESTARTS || tmf_device_goes(sc->device) ||
	    !tmf_may_wait(READ_ONCE(task->conn), task))
		return SCSI_EH_NOT_HANDLED;
	task->restarts++;
	return SCSI_EH_RESET_TIMER;
}

/**
 * erl2_eh_should_retry() - may a command that was aborted run once more?
 * @sc: command
 *
 * What the target did of it before nobody knows (RFC 7143 10.6).
 *
 * Context: error handler.
 * Return: true if a second execution does no harm, and somebody wants it.
 */
bool erl2_eh_should_retry(struct scsi_cmnd *sc)
{
	return erl2_may_rerun(sc->device->type, sc->cmnd) &&
	       !tmf_device_goes(sc->device);
}

/*
 * RFC 7144 6.3: is the task with the target? Returns true only if it certainly
 * is not: nobody has it, and its CmdSN leaves no hole.
 */
static bool tmf_query_says_gone(struct erl2_task *task, int *ret)
{
	struct erl2_conn *conn = READ_ONCE(task->conn);
	struct erl2_session *s = conn->session;
	bool accepted;

	if (s->keys.level < ERL2_LEVEL_7144)
		return false;
	*ret = tmf_exchange(conn, ERL2_TM_FUNC_QUERY_TASK, task->sc->device,
			    task, s->node.abort_tmo);
	if (*ret != ISCSI_TMF_RSP_COMPLETE)
		return false;
	spin_lock_bh(&s->lock);
	accepted = erl2_cmdsn_accepted(&s->sn, task->cmdsn);
	spin_unlock_bh(&s->lock);
	return accepted;
}

/* One attempt at an abort. Returns the response code or a negative errno. */
static int tmf_abort(struct erl2_task *task)
{
	struct erl2_session *s = READ_ONCE(task->conn)->session;
	int ret = 0;

	/*
	 * "Not in the task set": a status it had came before this answer, so
	 * there is nothing left to abort, or to wait for.
	 */
	if (tmf_query_says_gone(task, &ret))
		return ISCSI_TMF_RSP_COMPLETE;
	if (tmf_again(ret))
		return ret;
	return tmf_exchange(READ_ONCE(task->conn), ISCSI_TM_FUNC_ABORT_TASK,
			    task->sc->device, task, s->node.abort_tmo);
}

/**
 * erl2_eh_abort() - abort one command
 * @sc: command
 *
 * Context: error handler; may sleep.
 * Return: SUCCESS, FAILED or FAST_IO_FAIL.
 */
int erl2_eh_abort(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	struct erl2_task *task = scsi_cmd_priv(sc);
	unsigned int tries, pauses = 0;
	int ret;

	for (tries = 0; tries < TMF_TRIES; tries++) {
		ret = tmf_wait_session(s, sc);
		if (ret) {
			tmf_take(task, ERL2_TAKE_REVOKE);
			return tmf_over(s, sc, ret);
		}
		if (tmf_task_over(task))
			return tmf_over(s, sc, SUCCESS);

		/* With the task reassigned meanwhile it is asked there. */
		ret = tmf_abort(task);
		if (tmf_again(ret)) {
			/* Its connection is being closed, or logged out. */
			if (ret == -ENOTCONN && pauses++ < TMF_PAUSES)
				tries--;
			continue;
		}
		if (ret == ISCSI_TMF_RSP_COMPLETE) {
			tmf_take(task, ERL2_TAKE_ENDED);
			return tmf_over(s, sc, SUCCESS);
		}
		/* "No such task": its status crossed the request, or a fault */
		if (ret == ISCSI_TMF_RSP_NO_TASK && tmf_task_over(task))
			return tmf_over(s, sc, SUCCESS);
		break;
	}
	sdev_printk(KERN_ERR, sc->device, "%s: ABORT TASK failed: %d\n",
		    ERL2_NAME, ret);
	return FAILED;
}

/*
 * The target does not do what it was asked for: the tasks go on, and so does
 * their data. Without an answer nobody knows, and they stay silent.
 */
static void tmf_refused(struct erl2_conn *conn, struct scsi_device *sdev)
{
	struct sock *sk = erl2_conn_own(conn);

	erl2_task_unhush(conn, sdev);
	erl2_conn_disown(conn, sk);
	erl2_conn_xmit(conn);
}

/*
 * While a reset is under way no new command is sent. RFC 7143 11.5.1 leaves it
 * open what becomes of one behind the reset; to be ended here while it executes
 * there, and be run again, it must not be.
 */
static void tmf_hold_commands(struct erl2_session *s, bool hold)
{
	spin_lock_bh(&s->lock);
	if (hold)
		s->resets++;
	else
		s->resets--;
	spin_unlock_bh(&s->lock);
	if (!hold)
		erl2_mcs_kick(s);
}

/*
 * A reset that user space has asked for holds no command in the queue: the session
 * waits for it before it goes, and lets no other one begin. Whoever has the device
 * has the memory of the session.
 */
static bool tmf_enter(struct erl2_session *s)
{
	return atomic_inc_not_zero(&s->eh_users);
}

static int tmf_leave(struct erl2_session *s, int ret)
{
	if (atomic_dec_and_test(&s->eh_users))
		wake_up_all(&s->wait);
	return ret;
}

static int tmf_reset(struct scsi_cmnd *sc, u8 function, int seconds)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	bool lun = function == ISCSI_TM_FUNC_LOGICAL_UNIT_RESET;
	struct scsi_device *sdev = lun ? sc->device : NULL;
	unsigned int tries, pauses = 0;
	struct erl2_conn *conn;
	int ret;

	for (tries = 0; tries < TMF_TRIES; tries++) {
		ret = tmf_wait_session(s, sc);
		if (ret) {
			tmf_end_tasks(s, NULL, false);
			return tmf_over(s, sc, ret);
		}
		conn = erl2_mcs_any_up(s);
		if (!conn)
			break;
		tmf_hold_commands(s, true);
		ret = tmf_exchange(conn, function, sdev, NULL, seconds);
		if (ret == ISCSI_TMF_RSP_COMPLETE)
			tmf_end_tasks(s, sdev, true);
		tmf_hold_commands(s, false);
		if (ret == ISCSI_TMF_RSP_COMPLETE)
			return tmf_over(s, sc, SUCCESS);
		if (ret != -ETIMEDOUT)
			tmf_refused(conn, sdev);
		if (!tmf_again(ret))
			break;
		if (ret == -ENOTCONN && pauses++ < TMF_PAUSES)
			tries--;
	}
	sdev_printk(KERN_ERR, sc->device, "%s: %s RESET failed: %d\n",
		    ERL2_NAME, lun ? "LOGICAL UNIT" : "TARGET WARM", ret);
	return FAILED;
}

/**
 * erl2_eh_lu_reset() - reset the logical unit of a command
 * @sc: command
 *
 * Context: error handler; may sleep.
 * Return: SUCCESS, FAILED or FAST_IO_FAIL.
 */
int erl2_eh_lu_reset(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);

	if (!tmf_enter(s))
		return FAST_IO_FAIL;
	return tmf_leave(s, tmf_reset(sc, ISCSI_TM_FUNC_LOGICAL_UNIT_RESET,
				      s->node.lu_reset_tmo));
}

/**
 * erl2_eh_target_reset() - reset the target of a command
 * @sc: command
 *
 * Context: error handler; may sleep.
 * Return: SUCCESS, FAILED or FAST_IO_FAIL.
 */
int erl2_eh_target_reset(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);

	if (!tmf_enter(s))
		return FAST_IO_FAIL;
	return tmf_leave(s, tmf_reset(sc, ISCSI_TM_FUNC_TARGET_WARM_RESET,
				      s->node.tgt_reset_tmo));
}

static int tmf_new_session(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	int ret = tmf_wait_session(s, sc);
	struct erl2_conn *conn;

	if (ret)
		goto out;
	erl2_session_err(s, "error handler asks for a new session\n");
	/* From here on a connection that fails means a new session as well. */
	set_bit(ERL2_SESSION_RESET, &s->flags);
	wake_up_all(&s->wait);
	/*
	 * RFC 7144 6.3: has the target end all tasks now, rather than when a
	 * login replaces the session, and drop the connections at once. So the
	 * answer may not come.
	 */
	conn = erl2_mcs_any_up(s);
	if (conn && s->keys.level >= ERL2_LEVEL_7144)
		tmf_exchange(conn, ERL2_TM_FUNC_NEXUS_RESET, NULL, NULL,
			     NEXUS_RESET_TMO);
	/* Nothing to do if the loss of a connection has started it. */
	queue_work(s->wq, &s->recovery);
	wait_event(s->wait, !test_bit(ERL2_SESSION_RESET, &s->flags) ||
		   tmf_session_over(s));
	ret = tmf_wait_session(s, sc);
out:
	tmf_end_tasks(s, NULL, false);
	return tmf_over(s, sc, ret ?: SUCCESS);
}

/**
 * erl2_eh_host_reset() - the last resort: a new session
 * @sc: command
 *
 * Context: error handler; may sleep.
 * Return: SUCCESS, FAILED or FAST_IO_FAIL.
 */
int erl2_eh_host_reset(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);

	if (!tmf_enter(s))
		return FAST_IO_FAIL;
	return tmf_leave(s, tmf_new_session(sc));
}
