// SPDX-License-Identifier: GPL-2.0
/*
 * Task management for the SCSI error handler.
 *
 * The error handler waits for recovery and recovery never waits for the error
 * handler. What is lost with a connection is asked again on the next.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "erl2.h"
#include "host.h"
#include "mcs.h"
#include "nop.h"
#include "session.h"
#include "task.h"
#include "tmf.h"

/* How often a request is repeated because its connection failed. */
#define TMF_TRIES	4

/* Wait until the session works. 0, or what the error handler is to return. */
static int tmf_wait_session(struct erl2_session *s, struct scsi_cmnd *sc)
{
	int err;

	/* While the session is blocked: until it is not, or recovery_tmo. */
	err = iscsi_block_scsi_eh(sc);
	if (err)
		return err;
	wait_event(s->wait, READ_ONCE(s->state) == ERL2_SESSION_UP ||
		   s->flags & (BIT(ERL2_SESSION_EXPIRED) |
			       BIT(ERL2_SESSION_STOP) |
			       BIT(ERL2_SESSION_GAVE_UP)));
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
	if (function != ISCSI_TM_FUNC_TARGET_WARM_RESET)
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

/* Was the command ended meanwhile, or never sent and taken back now? */
static bool tmf_task_over(struct erl2_task *task)
{
	if (READ_ONCE(task->state) == ERL2_TASK_FREE)
		return true;
	if (READ_ONCE(task->flags) & ERL2_TASK_SENT)
		return false;
	/*
	 * Not sent: it can just be taken back. Should sending be faster, the
	 * target has it, and it is aborted like any other.
	 */
	return erl2_session_kill_unsent(task);
}

/**
 * erl2_eh_timed_out() - a command takes long
 * @sc: command
 *
 * While its connection is being tested or recovered its time does not count.
 *
 * Context: work queue of the block layer.
 * Return: SCSI_EH_RESET_TIMER to wait on, SCSI_EH_NOT_HANDLED for the error handler.
 */
enum scsi_timeout_action erl2_eh_timed_out(struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	struct erl2_task *task = scsi_cmd_priv(sc);
	struct erl2_conn *conn = READ_ONCE(task->conn);

	if (READ_ONCE(s->cls->state) == ISCSI_SESSION_FREE)
		return SCSI_EH_NOT_HANDLED;
	if (READ_ONCE(s->state) != ERL2_SESSION_UP ||
	    !conn || READ_ONCE(conn->state) != ERL2_CONN_LOGGED_IN)
		return SCSI_EH_RESET_TIMER;
	/* Not sent yet: the target has no room for it. Others make some. */
	if (!(READ_ONCE(task->flags) & ERL2_TASK_SENT))
		return SCSI_EH_RESET_TIMER;
	/* Its data was moving until now. */
	if (time_before(jiffies, READ_ONCE(task->progress) +
			scsi_cmd_to_rq(sc)->timeout / 2) &&
	    task->in_end + task->exp_r2tsn)
		return SCSI_EH_RESET_TIMER;
	if (erl2_nop_pending(conn))
		return SCSI_EH_RESET_TIMER;
	return SCSI_EH_NOT_HANDLED;
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
	unsigned int tries;
	int ret;

	for (tries = 0; tries < TMF_TRIES; tries++) {
		ret = tmf_wait_session(s, sc);
		if (ret) {
			erl2_session_kill_task(task);
			return ret;
		}
		if (tmf_task_over(task))
			return SUCCESS;

		ret = tmf_exchange(READ_ONCE(task->conn),
				   ISCSI_TM_FUNC_ABORT_TASK, sc->device, task,
				   s->node.abort_tmo);
		/*
		 * Immediate requests die with the connection (RFC 7143 7.14);
		 * with the task reassigned it is asked again.
		 */
		if (ret == -ECONNRESET || ret == -ENOTCONN || ret == -EBUSY)
			continue;
		if (ret == ISCSI_TMF_RSP_COMPLETE) {
			erl2_session_kill_task(task);
			return SUCCESS;
		}
		/* "No such task": its status crossed the request, or a fault */
		if (ret == ISCSI_TMF_RSP_NO_TASK && tmf_task_over(task))
			return SUCCESS;
		break;
	}
	sdev_printk(KERN_ERR, sc->device, "%s: ABORT TASK failed: %d\n",
		    ERL2_NAME, ret);
	return FAILED;
}

/* A reset went through: end what it covered. @sdev NULL: the whole target. */
static void tmf_end_tasks(struct erl2_session *s, struct scsi_device *sdev)
{
	unsigned int i;

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || !(READ_ONCE(task->flags) & ERL2_TASK_SENT))
			continue;
		if (sdev && task->sc->device->lun != sdev->lun)
			continue;
		if (erl2_session_kill_task(task))
			erl2_task_complete(task, DID_ERROR << 16);
	}
}

static int tmf_reset(struct scsi_cmnd *sc, u8 function, int seconds)
{
	struct erl2_session *s = erl2_host_session(sc->device->host);
	bool lun = function == ISCSI_TM_FUNC_LOGICAL_UNIT_RESET;
	unsigned int tries;
	int ret;

	for (tries = 0; tries < TMF_TRIES; tries++) {
		ret = tmf_wait_session(s, sc);
		if (ret)
			return ret;
		ret = tmf_exchange(erl2_mcs_any_up(s), function,
				   sc->device, NULL, seconds);
		if (ret == -ECONNRESET || ret == -ENOTCONN || ret == -EBUSY)
			continue;
		if (ret == ISCSI_TMF_RSP_COMPLETE) {
			tmf_end_tasks(s, lun ? sc->device : NULL);
			return SUCCESS;
		}
		break;
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

	return tmf_reset(sc, ISCSI_TM_FUNC_LOGICAL_UNIT_RESET,
			 s->node.lu_reset_tmo);
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

	return tmf_reset(sc, ISCSI_TM_FUNC_TARGET_WARM_RESET,
			 s->node.tgt_reset_tmo);
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
	int ret = tmf_wait_session(s, sc);

	if (ret)
		return ret;
	erl2_session_err(s, "error handler asks for a new session\n");
	set_bit(ERL2_SESSION_RESET, &s->flags);
	erl2_conn_fail(erl2_session_leading(s), ERL2_FAIL_EH);
	queue_work(s->wq, &s->recovery);
	wait_event(s->wait, !test_bit(ERL2_SESSION_RESET, &s->flags) ||
		   s->flags & (BIT(ERL2_SESSION_EXPIRED) |
			       BIT(ERL2_SESSION_STOP) |
			       BIT(ERL2_SESSION_GAVE_UP)));
	ret = tmf_wait_session(s, sc);
	return ret ?: SUCCESS;
}
