// SPDX-License-Identifier: GPL-2.0
/*
 * Connection recovery, RFC 7143 7.1.4.3: from the failure to the verdict over
 * each command. reassign.c continues those the target has.
 */
#include <linux/sched/mm.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/points.h"
#include "core/session.h"
#include "core/trace.h"
#include "io/send.h"
#include "proto/cmdsn.h"
#include "proto/conn_state.h"
#include "proto/login.h"
#include "recovery/conn_recovery.h"
#include "recovery/connect.h"
#include "recovery/exchange.h"
#include "recovery/portal.h"
#include "recovery/reassign.h"
#include "recovery/recovery_view.h"

/*
 * Recoveries in a row without a single command completed: something in what
 * we resend breaks the connection each time.
 */
#define FUTILE_MAX	16

/* Explicit logouts of a connection before a new session is the way out. */
#define LOGOUT_TRIES	4

/* For the target to close a connection that it has logged out. */
#define FIN_TIMEOUT	(1 * HZ)

/**
 * erl2_recovery_tell() - say once why a connection failed
 * @conn: failed connection
 *
 * When there is time for it: on a serial console a line takes longer than a
 * recovery, and I/O would wait for both.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_recovery_tell(struct erl2_conn *conn)
{
	if (conn->untold)
		erl2_conn_err(conn, "failed: %s; recovering it\n",
			      erl2_reason_name(conn->untold));
	conn->untold = ERL2_FAIL_NONE;
}

/**
 * erl2_recovery_possible() - may a connection be recovered?
 * @s: session
 * @conn: failed connection
 *
 * Context: may sleep; session->mutex held.
 * Return: false if its tasks ended with it, or nothing comes of it any more.
 */
bool erl2_recovery_possible(struct erl2_session *s, struct erl2_conn *conn)
{
	if (s->keys.erl < 2 || erl2_session_is_lost(s))
		return false;
	/* RFC 7143 13.16: nothing was retained */
	if (!conn->t2r && !conn->logged_out)
		return false;
	if (s->futile >= FUTILE_MAX) {
		erl2_session_err(s, "%u recoveries in a row brought no command to its end, starting a new session\n",
				 s->futile);
		return false;
	}
	return true;
}

/*
 * Was this login the first the target heard of the loss? LIO then drops the old
 * connection and refuses the new one all the same: the next one is welcome.
 */
static bool login_was_the_news(const struct erl2_login *l)
{
	return l->status_class == ISCSI_STATUS_CLS_INITIATOR_ERR &&
	       l->status_detail == ISCSI_LOGIN_STATUS_ISID_ERROR;
}

/*
 * A login failed. Is there any sense in trying it again? RFC 7143 11.13.5;
 * 0x0206 is what a target says that has not noticed the loss yet.
 */
static bool login_may_be_repeated(int err, const struct erl2_login *l)
{
	return err != -EINTR &&
	       (!l->status_class || login_was_the_news(l) ||
		l->status_class == ISCSI_STATUS_CLS_TARGET_ERR);
}

/* One attempt to reinstate the connection, RFC 7143 6.3.4. */
static int recovery_login(struct erl2_conn *conn,
			  const struct sockaddr_storage *to,
			  struct erl2_login *l)
{
	/*
	 * Same CID, the session's TSIH: the implicit recovery logout. It is
	 * complete with the last Login Response.
	 */
	return erl2_conn_open(conn, ERL2_LOGIN_REINSTATE, to, l,
			      &conn->login_sock);
}

/* Try until it works, the retention time is over, or trying is pointless. */
static int recovery_reconnect(struct erl2_conn *conn, struct erl2_login *l)
{
	struct erl2_session *s = conn->session;
	unsigned int delay = s->tun.reconnect_delay;
	struct sockaddr_storage to = conn->portal;
	unsigned int attempt, hops = 0;
	int err;

	for (attempt = 1; ; attempt++) {
		err = recovery_login(conn, &to, l);
		trace_recovery_login(conn, attempt, err, l->status_class,
				     l->status_detail);
		if (!err) {
			trace_recovery_logout(conn, true, 0);
			return 0;
		}
		/*
		 * RFC 7143 11.13.5: the target, or this portal of it, is to be
		 * found elsewhere.
		 */
		if (err == -EREMOTE && hops++ < ERL2_REDIRECTS_MAX &&
		    !erl2_target_address(s, l->target_address, &to))
			continue;
		if (attempt == 1 && login_was_the_news(l))
			continue;
		erl2_recovery_tell(conn);
		/* No answer at all: perhaps another portal has one. */
		if (!l->status_class)
			erl2_mcs_portal(conn, attempt, &to);
		/*
		 * A target that has not noticed the loss yet refuses the first
		 * attempts; that is nothing to tell people about.
		 */
		if (attempt > 4 || !login_may_be_repeated(err, l))
			erl2_conn_err(conn, "attempt %u to reconnect failed: %s (%d)\n",
				      attempt, l->why, err);
		if (!login_may_be_repeated(err, l))
			return err;
		if (ktime_after(ktime_add_ms(ktime_get(), delay),
				min(conn->retain_until,
				    erl2_recovery_limit(conn)))) {
			erl2_conn_err(conn, "not back within Time2Retain, starting a new session\n");
			return -ETIMEDOUT;
		}
		err = erl2_recovery_wait_until(s, ktime_add_ms(ktime_get(), delay),
					       false);
		if (err)
			return err;
		delay = min(delay * 2, s->tun.reconnect_delay_max);
	}
}

/* The answer to a recovery Logout. 0, -EAGAIN to try otherwise, -ESTALE. */
static int recovery_logged_out(struct erl2_conn *conn,
			       const struct iscsi_logout_rsp *rsp)
{
	unsigned int t2w = be16_to_cpu(rsp->t2wait);
	unsigned int t2r = be16_to_cpu(rsp->t2retain);
	ktime_t now = ktime_get();

	switch (rsp->response) {
	case ISCSI_LOGOUT_CID_NOT_FOUND:
		/*
		 * The one before may have been heard, and only its answer
		 * lost. Its tasks tell: the target has them or it has not.
		 */
		if (!conn->logout_open)
			break;
		conn->logged_out = true;
		conn->move_after = now;
		return 0;
	case ISCSI_LOGOUT_SUCCESS:
		/*
		 * RFC 7143 11.15.4: no Time2Retain, no tasks. But LIO leaves
		 * both fields empty and keeps them.
		 */
		if ((t2w && !t2r) ||
		    erl2_recovery_takes_too_long(conn->session, t2w))
			return -ESTALE;
		conn->logged_out = true;
		conn->move_after = ktime_add_ms(now, t2w * MSEC_PER_SEC);
		if (t2r)
			conn->retain_until =
				ktime_add_ms(conn->move_after,
					     t2r * MSEC_PER_SEC);
		return 0;
	case ISCSI_LOGOUT_CLEANUP_FAILED:
		/* RFC 7143 11.15.1: once more, after Time2Wait */
		spin_lock_bh(&conn->lock);
		conn->failed_at = now;
		conn->t2w = t2w;
		spin_unlock_bh(&conn->lock);
		if (++conn->logout_tries < LOGOUT_TRIES)
			return -EAGAIN;
		break;
	}
	erl2_conn_err(conn, "target does not log it out for recovery (response %u), starting a new session\n",
		      rsp->response);
	return -ESTALE;
}

/* Log a failed connection out over one that works, RFC 7143 11.14. */
static int recovery_logout(struct erl2_conn *conn, struct erl2_conn *via)
{
	struct iscsi_logout_rsp rsp;
	int err;

	trace_recovery_logout(conn, false, -1);
	err = erl2_conn_logout(via, ISCSI_LOGOUT_REASON_RECOVERY, conn, &rsp);
	if (!err) {
		trace_recovery_logout(conn, false, rsp.response);
		return recovery_logged_out(conn, &rsp);
	}
	conn->logout_open = true;
	/* RFC 7143 8.2.2, M3: the next one that works, or a same-CID login */
	if (err != -ECONNRESET && err != -ENOTCONN && err != -EAGAIN) {
		erl2_conn_err(conn, "logout for recovery got no answer (%d), trying a login\n",
			      err);
		conn->logout_tries++;
	}
	return -EAGAIN;
}

/* What recovery did, for counters, traces and people. */
static void recovery_report(struct erl2_conn *conn, s64 reassigned,
			    unsigned int retried, s64 lost)
{
	struct erl2_session *s = conn->session;
	s64 us = ktime_us_delta(ktime_get(), conn->outage_at);

	conn->retain_valid = false;
	conn->logout_tries = 0;
	conn->logout_open = false;
	/* Nothing had failed: it was only to go. */
	if (conn->reason == ERL2_FAIL_NONE) {
		erl2_conn_info(conn, "removed: %lld commands reassigned, %u resent\n",
			       reassigned, retried);
		return;
	}
	atomic64_set(&s->stats.last_recovery_us, us);
	atomic64_inc(&s->stats.recoveries);
	trace_recovery_end(s, us, reassigned, retried, lost);
	erl2_recovery_tell(conn);
	erl2_conn_info(conn, "recovered: %lld commands reassigned, %u resent, %lld lost, after %lld us\n",
		       reassigned, retried, lost, us);
}

/* Move the commands of a logged-out connection to one that works. */
static int recovery_move(struct erl2_conn *conn, struct erl2_conn *via)
{
	struct erl2_session *s = conn->session;
	s64 reassigned = atomic64_read(&s->stats.tasks_reassigned);
	s64 lost = atomic64_read(&s->stats.tasks_lost);
	ktime_t limit = erl2_recovery_limit(conn);
	unsigned int retried;
	int err;

	conn->logged_out = false;
	erl2_conn_reopen(conn);
	retried = erl2_recovery_sort(conn, via);
	erl2_conn_xmit(via);

	err = erl2_reassign_tasks(via, conn, min(conn->retain_until, limit));
	if (err) {
		/*
		 * They are allegiant to @via now as far as we are concerned,
		 * and their time runs since the first failure.
		 */
		if (!via->retain_valid) {
			via->retain_valid = true;
			via->retain_until = conn->retain_until;
			via->outage_at = conn->outage_at;
		}
		return err;
	}
	reassigned = atomic64_read(&s->stats.tasks_reassigned) - reassigned;
	lost = atomic64_read(&s->stats.tasks_lost) - lost;
	/* One without commands may come and go: that is not the session's end. */
	s->futile += reassigned || retried;
	recovery_report(conn, reassigned, retried, lost);
	erl2_conn_xmit(via);
	return 0;
}

/* Reinstate a connection: none survived to log it out (RFC 7143 6.3.4). */
static int recovery_reinstate(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	s64 reassigned = atomic64_read(&s->stats.tasks_reassigned);
	s64 lost = atomic64_read(&s->stats.tasks_lost);
	struct erl2_login *l = s->login;
	unsigned int retried;
	int err;

	err = recovery_reconnect(conn, l);
	if (err)
		return err;

	conn->logged_out = false;
	erl2_conn_window(conn, l);
	retried = erl2_recovery_sort(conn, conn);

	/* Retries plug the holes first; new commands wait for the verdicts. */
	conn->hold = true;
	erl2_conn_go(conn, conn->login_sock, false, l);
	conn->login_sock = NULL;

	err = erl2_reassign_tasks(conn, NULL, min(conn->retain_until,
						  erl2_recovery_limit(conn)));
	if (err)
		return err;

	reassigned = atomic64_read(&s->stats.tasks_reassigned) - reassigned;
	lost = atomic64_read(&s->stats.tasks_lost) - lost;

	spin_lock_bh(&conn->lock);
	conn->hold = false;
	spin_unlock_bh(&conn->lock);
	erl2_conn_xmit(conn);
	erl2_session_io_resumes(s);
	recovery_report(conn, reassigned, retried, lost);
	return 0;
}

/**
 * erl2_recovery_conn() - the next step for one failed connection
 * @conn: failed connection without a socket
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 when it was made, -EAGAIN when something failed again, -EINTR to
 * stop, another errno if only a new session helps.
 */
int erl2_recovery_conn(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	ktime_t due, limit;
	struct erl2_conn *via;
	int err;

	if (!conn->logged_out && erl2_recovery_takes_too_long(s, conn->t2w)) {
		erl2_conn_err(conn, "target wants a wait of %u s, time2wait_max is %u s: starting a new session\n",
			      conn->t2w, s->tun.time2wait_max);
		return -ESTALE;
	}
	due = erl2_recovery_due(conn);
	limit = erl2_recovery_limit(conn);
	if (ktime_after(due, ktime_get()))
		erl2_recovery_tell(conn);
	err = erl2_recovery_wait_until(s, min(due, limit), true);
	if (err)
		return err;
	if (ktime_after(ktime_get(), limit)) {
		erl2_conn_err(conn, "not recovered within recovery_tmo, starting a new session\n");
		return -ESTALE;
	}
	/* An Async Message may have asked for more patience meanwhile. */
	if (erl2_recovery_due(conn) != due)
		return -EAGAIN;
	/* A request to log out may have come, whose time is limited. */
	if (ktime_before(ktime_get(), due))
		return -EAGAIN;

	spin_lock_bh(&conn->lock);
	if (!conn->retain_valid) {
		/* RFC 7143 7.5: Time2Retain follows the Time2Wait period */
		conn->outage_at = conn->failed_at;
		conn->retain_until = ktime_add_ms(due,
						  conn->t2r * MSEC_PER_SEC);
		conn->retain_valid = true;
	}
	spin_unlock_bh(&conn->lock);

	via = erl2_mcs_survivor(s, conn);
	if (via && conn->logged_out)
		return recovery_move(conn, via);
	if (via && !conn->logout_tries)
		return recovery_logout(conn, via);
	s->futile++;
	return recovery_reinstate(conn);
}

/**
 * erl2_recovery_requested_logout() - log a connection out as the target asked
 * @conn: connection in LOGOUT_REQUESTED
 *
 * Async event 1: the commands end first. With other connections the session
 * goes on over these.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_recovery_requested_logout(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	struct erl2_conn *other = erl2_mcs_survivor(s, conn);
	struct iscsi_logout_rsp rsp;
	int err;

	if (other)
		erl2_recovery_yield(conn, other, false);
	else
		/* No new command may be sent until there is a new session. */
		erl2_session_begin_outage(s, ERL2_SESSION_RECOVERING);
	while (erl2_conn_is_up(conn) && !erl2_session_interrupted(s) &&
	       erl2_conn_tasks_sent(conn) &&
	       time_before(jiffies, conn->logout_by)) {
		wait_event_timeout(s->wait, erl2_session_interrupted(s) ||
				   !erl2_conn_is_up(conn) || erl2_recovery_news(s),
				   msecs_to_jiffies(20));
		if (erl2_recovery_news(s) || erl2_recovery_is_due(s))
			return;
	}
	if (!erl2_conn_is_up(conn) || erl2_session_interrupted(s))
		return;
	/* RFC 7143 11.14: a plain logout would end them, recovery does not. */
	if (other && s->keys.erl == 2 && erl2_conn_tasks_sent(conn)) {
		erl2_conn_fail(conn, ERL2_FAIL_ASYNC);
		return;
	}

	/* The only connection: with it the session ends (RFC 7143 11.9.1). */
	err = erl2_conn_logout(conn, other ?
			       ISCSI_LOGOUT_REASON_CLOSE_CONNECTION :
			       ISCSI_LOGOUT_REASON_CLOSE_SESSION, conn, &rsp);
	if (err == -EAGAIN)
		return;
	if (!err && rsp.response != ISCSI_LOGOUT_SUCCESS)
		err = -EREMOTEIO;
	if (other && err) {
		erl2_conn_fail(conn, ERL2_FAIL_ASYNC);
		return;
	}
	if (other && !erl2_conn_tasks_sent(conn)) {
		erl2_conn_close(conn, true);
		conn->add_after = jiffies + HZ *
			min_t(unsigned int, be16_to_cpu(rsp.t2wait),
			      READ_ONCE(s->tun.time2wait_max));
		erl2_recovery_yield(conn, other, true);
		return;
	}
	spin_lock_bh(&conn->lock);
	if (erl2_conn_is_up(conn))
		erl2_conn_fail_locked(conn, ERL2_FAIL_ASYNC);
	conn->t2w = err ? 0 : be16_to_cpu(rsp.t2wait);
	spin_unlock_bh(&conn->lock);
	erl2_conn_close(conn, !err);
	set_bit(ERL2_SESSION_LOST, &s->flags);
}

/* Wait until the target has nothing of a connection any more. False: in vain. */
static bool recovery_drain(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;

	while (erl2_conn_tasks_sent(conn)) {
		if (erl2_recovery_wanted(s))
			return false;
		wait_event_timeout(s->wait, erl2_recovery_wanted(s),
				   msecs_to_jiffies(20));
	}
	return true;
}

/* A connection was removed at level 2: its commands go on elsewhere. */
static void recovery_removed(struct erl2_conn *conn,
			     const struct iscsi_logout_rsp *rsp)
{
	struct erl2_session *s = conn->session;

	spin_lock_bh(&conn->lock);
	conn->reason = ERL2_FAIL_NONE;
	conn->failed_at = ktime_get();
	conn->t2w = s->keys.time2wait;
	conn->t2r = s->keys.time2retain;
	erl2_conn_set_state(conn, ERL2_CONN_CLEANUP_WAIT);
	spin_unlock_bh(&conn->lock);
	conn->outage_at = conn->failed_at;
	conn->retain_until = ktime_add_ms(conn->failed_at,
					  (conn->t2w + conn->t2r) *
					  MSEC_PER_SEC);
	conn->retain_valid = true;
	/*
	 * LIO thinks that only the other connections may log one out for
	 * recovery. Now that its TCP connection is gone they may (11.14).
	 */
	if (rsp && recovery_logged_out(conn, rsp) == -ESTALE)
		set_bit(ERL2_SESSION_LOST, &s->flags);
}

/**
 * erl2_recovery_remove() - take a working connection out of use
 * @conn: connection beside which another one works; new commands avoid it
 *
 * RFC 7143 11.14: logged out for recovery, over itself. Nothing more is sent,
 * what still comes counts, and the commands go on elsewhere. Below level 2
 * they have to end first, and nothing is left to recover then.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_recovery_remove(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	struct erl2_conn *other = erl2_mcs_survivor(s, conn);
	u8 reason = ISCSI_LOGOUT_REASON_RECOVERY;
	struct iscsi_logout_rsp rsp;
	int err;

	erl2_point(ERL2_POINT_REMOVE);
	if (!other)
		return;
	erl2_recovery_yield(conn, other, false);
	if (s->keys.erl < 2) {
		reason = ISCSI_LOGOUT_REASON_CLOSE_CONNECTION;
		if (!recovery_drain(conn))
			return;
	}
	trace_recovery_logout(conn, false, -1);
	err = erl2_conn_logout_self(conn, reason, &rsp);
	if (!err)
		trace_recovery_logout(conn, false, rsp.response);
	else
		conn->logout_open = true;
	if (!err && rsp.response != ISCSI_LOGOUT_SUCCESS)
		err = -EREMOTEIO;
	/*
	 * RFC 7143 11.14: the target closes first. LIO takes it for the loss of
	 * the connection otherwise, and with it, below level 2, of the session.
	 */
	if (!err)
		wait_event_timeout(s->wait, !erl2_conn_is_up(conn) ||
				   erl2_recovery_news(s) || erl2_session_is_lost(s) ||
				   erl2_session_interrupted(s), FIN_TIMEOUT);
	erl2_conn_close(conn, !err);
	if (s->keys.erl == 2)
		recovery_removed(conn, err ? NULL : &rsp);
	else
		erl2_recovery_yield(conn, other, true);
}
