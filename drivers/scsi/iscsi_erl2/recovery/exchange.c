// SPDX-License-Identifier: GPL-2.0
/*
 * One request, one response: control exchanges that are waited for.
 */
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/points.h"
#include "core/session.h"
#include "io/send.h"
#include "recovery/exchange.h"
#include "recovery/recovery_view.h"

/* For a Logout that a connection's recovery would have to wait for. */
#define SELF_TIMEOUT	(2UL * HZ)

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

/* Answered, or ended with its connection. */
static void logout_answered(struct erl2_ctl *ctl)
{
	struct erl2_session *s = ctl->task.conn->session;

	/* Behind this the exchange is its waiter's, who may use it anew. */
	complete(&ctl->done);
	erl2_point_atomic(ERL2_POINT_LOGOUT);
	wake_up(&s->wait);
}

/**
 * enum logout_wait - what ends the wait for a Logout Response before its time
 * @LOGOUT_NEWS: that another connection fails, which comes first
 * @LOGOUT_STOP: that the session is to stop
 * @LOGOUT_LAST: only that iscsid has lost its patience
 */
enum logout_wait {
	LOGOUT_NEWS,
	LOGOUT_STOP,
	LOGOUT_LAST,
};

/* Is it pointless to wait for the answer? */
static bool logout_interrupted(struct erl2_session *s, enum logout_wait wait)
{
	if (wait == LOGOUT_NEWS && erl2_recovery_news(s))
		return true;
	if (wait != LOGOUT_LAST && erl2_session_interrupted(s))
		return true;
	return test_bit(ERL2_SESSION_TERM, &s->flags);
}

/* One Logout exchange. -EAGAIN when another connection failed meanwhile. */
static int conn_logout(struct erl2_conn *via, u8 reason, struct erl2_conn *of,
		       unsigned long timeout, enum logout_wait wait,
		       struct iscsi_logout_rsp *rsp)
{
	struct erl2_session *s = via->session;
	struct erl2_ctl *ctl = erl2_ctl_get(s);
	struct iscsi_logout *h;
	int err;

	if (!ctl)
		return -EBUSY;
	h = (struct iscsi_logout *)&ctl->hdr;
	/*
	 * Immediate: behind the hole that a lost command left in the CmdSNs
	 * the target would not look at it (RFC 7143 4.2.2.1, 11.14).
	 */
	h->opcode = ISCSI_OP_LOGOUT | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL | reason;
	/* RFC 7143 11.14.3: reserved when the session is closed */
	if (reason != ISCSI_LOGOUT_REASON_CLOSE_SESSION)
		h->cid = cpu_to_be16(of->cid);
	if (of != via) {
		/* RFC 7143 11.14.4: of the connection that is removed */
		h->exp_statsn = cpu_to_be32(of->exp_statsn);
		ctl->exp_statsn_set = true;
	}

	ctl->notify = logout_answered;
	err = erl2_ctl_send(via, ctl);
	if (!err) {
		/* Its end is for recovery to make, which may be our caller. */
		wait_event_timeout(s->wait, completion_done(&ctl->done) ||
				   !erl2_conn_is_up(via) ||
				   logout_interrupted(s, wait), timeout);
		err = erl2_ctl_wait(ctl, 0);
		if (err && !erl2_conn_is_up(via))
			err = -ECONNRESET;
		else if (err && wait == LOGOUT_NEWS && erl2_recovery_news(s))
			err = -EAGAIN;
	}
	if (!err)
		memcpy(rsp, &ctl->rsp, sizeof(*rsp));
	erl2_ctl_put(s, ctl);
	return err;
}

/**
 * erl2_conn_logout() - one Logout exchange
 * @via: connection that carries it
 * @reason: ISCSI_LOGOUT_REASON_*
 * @of: connection it is about; may be @via
 * @rsp: the answer
 *
 * Context: may sleep; session->mutex held. erl2_session_stop() cuts it short.
 * Return: 0 with an answer in @rsp, otherwise a negative errno.
 */
int erl2_conn_logout(struct erl2_conn *via, u8 reason, struct erl2_conn *of,
		     struct iscsi_logout_rsp *rsp)
{
	return conn_logout(via, reason, of,
			   via->session->tun.logout_timeout * HZ, LOGOUT_NEWS,
			   rsp);
}

/**
 * erl2_conn_logout_self() - log a connection that works out over itself
 * @conn: connection
 * @reason: ISCSI_LOGOUT_REASON_*
 * @rsp: the answer
 *
 * Is brought to its end though others fail meanwhile: whether the target has done
 * it would be unknown otherwise. They wait, but not long.
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 with an answer in @rsp, otherwise a negative errno.
 */
int erl2_conn_logout_self(struct erl2_conn *conn, u8 reason,
			  struct iscsi_logout_rsp *rsp)
{
	unsigned long limit = conn->session->tun.logout_timeout * HZ;

	return conn_logout(conn, reason, conn, min(limit, SELF_TIMEOUT),
			   LOGOUT_STOP, rsp);
}

/**
 * erl2_session_leave() - log the session out, to begin a new one
 * @via: connection that carries it; nothing is sent on the others
 * @timeout: jiffies for the answer; not more than logout_timeout
 * @rsp: the answer
 *
 * Ends when the session is to stop.
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 with an answer in @rsp, otherwise a negative errno.
 */
int erl2_session_leave(struct erl2_conn *via, unsigned long timeout,
		       struct iscsi_logout_rsp *rsp)
{
	unsigned long limit = via->session->tun.logout_timeout * HZ;

	return conn_logout(via, ISCSI_LOGOUT_REASON_CLOSE_SESSION, via,
			   min(timeout, limit), LOGOUT_STOP, rsp);
}

/**
 * erl2_session_last_logout() - log the session out, for good
 * @via: connection that carries it; nothing is sent on the others
 * @rsp: the answer
 *
 * Waits although the session is stopped, unless it is torn down.
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 with an answer in @rsp, otherwise a negative errno.
 */
int erl2_session_last_logout(struct erl2_conn *via,
			     struct iscsi_logout_rsp *rsp)
{
	return conn_logout(via, ISCSI_LOGOUT_REASON_CLOSE_SESSION, via,
			   via->session->tun.logout_timeout * HZ, LOGOUT_LAST,
			   rsp);
}

/**
 * erl2_conn_leave() - log a connection out over itself, with its commands
 * @conn: connection
 * @timeout: jiffies for the answer
 * @last: the session is over, stopped or not
 * @rsp: the answer
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 with an answer in @rsp, otherwise a negative errno.
 */
int erl2_conn_leave(struct erl2_conn *conn, unsigned long timeout, bool last,
		    struct iscsi_logout_rsp *rsp)
{
	return conn_logout(conn, ISCSI_LOGOUT_REASON_CLOSE_CONNECTION, conn,
			   timeout, last ? LOGOUT_LAST : LOGOUT_STOP, rsp);
}
