// SPDX-License-Identifier: GPL-2.0
/*
 * Connection recovery, RFC 7143 7.1.4.3: from the failure to the verdict over
 * each command. reassign.c continues those the target has, reinstate.c is
 * what is left when a connection cannot be recovered.
 */
#include <linux/sched/mm.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_transport_iscsi.h>

#include "connect.h"
#include "decide.h"
#include "erl2.h"
#include "recovery.h"
#include "session.h"
#include "socket.h"
#include "trace.h"

/*
 * Recoveries in a row without a single command completed: something in what
 * we resend breaks the connection each time.
 */
#define FUTILE_MAX	16

/* Redirections followed before a login counts as failed. */
#define REDIRECTS_MAX	4

/* Is a new session the only way, whatever becomes of the connection? */
static bool session_is_lost(struct erl2_session *s)
{
	return test_bit(ERL2_SESSION_LOST, &s->flags) ||
	       test_bit(ERL2_SESSION_RESET, &s->flags);
}

/* Wait until a point in time; -EINTR to stop, -ESTALE for a lost session. */
static int recovery_wait_until(struct erl2_session *s, ktime_t until)
{
	ktime_t left = ktime_sub(until, ktime_get());

	if (left > 0)
		wait_event_hrtimeout(s->wait, erl2_session_interrupted(s) ||
				     session_is_lost(s), left);
	if (erl2_session_interrupted(s))
		return -EINTR;
	return session_is_lost(s) ? -ESTALE : 0;
}

/* May the connection be recovered, or did its tasks end with it? */
static bool recovery_possible(struct erl2_session *s, struct erl2_conn *conn)
{
	if (s->keys.erl < 2 || session_is_lost(s))
		return false;
	/* RFC 7143 13.16: nothing was retained */
	if (!conn->t2r)
		return false;
	if (s->futile >= FUTILE_MAX) {
		erl2_session_err(s, "%u recoveries in a row brought no command to its end, starting a new session\n",
				 s->futile);
		return false;
	}
	return true;
}

/*
 * A login failed. Is there any sense in trying it again? RFC 7143 11.13.5;
 * 0x0206 is what a target says that has not noticed the loss yet.
 */
static bool login_may_be_repeated(int err, const struct erl2_login *l)
{
	if (err == -EINTR)
		return false;
	if (!l->status_class)
		return true;
	if (l->status_class == ISCSI_STATUS_CLS_INITIATOR_ERR)
		return l->status_detail == ISCSI_LOGIN_STATUS_ISID_ERROR;
	return l->status_class == ISCSI_STATUS_CLS_TARGET_ERR;
}

/* One attempt to reinstate the connection, RFC 7143 6.3.4. */
static int recovery_login(struct erl2_conn *conn,
			  const struct sockaddr_storage *to,
			  struct erl2_login *l)
{
	struct erl2_session *s = conn->session;
	struct socket *sock;
	int err;

	memset(l, 0, sizeof(*l));
	err = erl2_socket_connect(s, to, s->tun.login_timeout * HZ,
				  &sock);
	if (err)
		return err;
	/*
	 * Same CID, the session's TSIH: the implicit recovery logout. It is
	 * complete with the last Login Response.
	 */
	err = erl2_conn_login(conn, ERL2_LOGIN_REINSTATE, sock, l);
	if (err) {
		erl2_socket_abort(sock);
		erl2_socket_close(sock, false);
		return err;
	}
	conn->login_sock = sock;
	return 0;
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
		if (err == -EREMOTE && hops++ < REDIRECTS_MAX &&
		    !erl2_target_address(s, l->target_address, &to))
			continue;
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
				conn->retain_until)) {
			erl2_conn_err(conn, "not back within Time2Retain, starting a new session\n");
			return -ETIMEDOUT;
		}
		err = recovery_wait_until(s, ktime_add_ms(ktime_get(), delay));
		if (err)
			return err;
		delay = min(delay * 2, s->tun.reconnect_delay_max);
	}
}

/*
 * The old connection is logged out and ExpCmdSN is known: what becomes of each
 * command? RFC 7143 7.2.1: only now can that be told.
 */
static void recovery_sort(struct erl2_conn *conn, unsigned int *retried)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	spin_lock_bh(&conn->lock);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || task->conn != conn)
			continue;
		spin_lock(&s->lock);
		switch (erl2_decide(&s->sn, task->flags & ERL2_TASK_SENT,
				    false, task->cmdsn)) {
		case ERL2_RETRY:
			erl2_task_rewind(task);
			erl2_task_requeue(conn, task);
			trace_task_retry(conn, task);
			(*retried)++;
			break;
		case ERL2_REASSIGN:
			list_del_init(&task->node);
			task->state = ERL2_TASK_HELD;
			task->flags &= ~ERL2_TASK_ASKED;
			break;
		default:
			break;
		}
		spin_unlock(&s->lock);
	}
	spin_unlock_bh(&conn->lock);
	atomic64_add(*retried, &s->stats.tasks_retried);
}

/*
 * Recover one connection. Returns 0 when its commands go on, -EAGAIN when it
 * failed again, -EINTR to stop, another errno if only a new session helps.
 */
static int recovery_conn(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int retried = 0;
	struct erl2_login *l;
	ktime_t failed_at, due;
	s64 reassigned, lost;
	int err;

	failed_at = conn->failed_at;
	due = ktime_add_ms(failed_at, conn->t2w * MSEC_PER_SEC);
	if (!conn->retain_valid) {
		/* RFC 7143 7.5: Time2Retain follows the Time2Wait period */
		conn->outage_at = failed_at;
		conn->retain_until = ktime_add_ms(due,
						  conn->t2r * MSEC_PER_SEC);
		conn->retain_valid = true;
	}
	reassigned = atomic64_read(&s->stats.tasks_reassigned);
	lost = atomic64_read(&s->stats.tasks_lost);
	s->futile++;

	/* RFC 7143 7.5: neither logout nor reassignment before Time2Wait */
	err = recovery_wait_until(s, due);
	if (err)
		return err;

	l = kmalloc(sizeof(*l), GFP_NOIO | __GFP_NOFAIL);
	err = recovery_reconnect(conn, l);
	if (err)
		goto out;

	spin_lock_bh(&s->lock);
	erl2_cmdsn_update(&s->sn, l->exp_cmdsn, l->max_cmdsn);
	spin_unlock_bh(&s->lock);
	recovery_sort(conn, &retried);

	/* Retries plug the holes first; new commands wait for the verdicts. */
	conn->hold = true;
	erl2_conn_go(conn, conn->login_sock, false, l);
	conn->login_sock = NULL;

	err = erl2_reassign_tasks(conn);
	if (err)
		goto out;

	conn->retain_valid = false;
	atomic64_set(&s->stats.last_recovery_us,
		     ktime_us_delta(ktime_get(), conn->outage_at));
	atomic64_inc(&s->stats.recoveries);
	reassigned = atomic64_read(&s->stats.tasks_reassigned) - reassigned;
	lost = atomic64_read(&s->stats.tasks_lost) - lost;
	trace_recovery_end(s, atomic64_read(&s->stats.last_recovery_us),
			   reassigned, retried, lost);
	erl2_conn_info(conn, "recovered: %lld commands reassigned, %u resent, %lld lost, after %lld us\n",
		       reassigned, retried, lost,
		       (s64)atomic64_read(&s->stats.last_recovery_us));

	spin_lock_bh(&conn->lock);
	conn->hold = false;
	spin_unlock_bh(&conn->lock);
	queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
out:
	kfree(l);
	return err;
}

/* Async event 1: let the commands end, then close as the target asked. */
static void recovery_requested_logout(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	struct iscsi_logout_rsp rsp;
	int err;

	while (erl2_conn_is_up(conn) && !erl2_session_interrupted(s) &&
	       erl2_conn_tasks_sent(conn) &&
	       time_before(jiffies, conn->logout_by - HZ))
		wait_event_timeout(s->wait, erl2_session_interrupted(s) ||
				   !erl2_conn_is_up(conn),
				   msecs_to_jiffies(20));

	/* The only connection: with it the session ends (RFC 7143 11.9.1). */
	err = erl2_conn_logout(conn, ISCSI_LOGOUT_REASON_CLOSE_SESSION, conn,
			       &rsp);
	spin_lock_bh(&conn->lock);
	if (erl2_conn_is_up(conn))
		erl2_conn_fail_locked(conn, ERL2_FAIL_ASYNC);
	conn->t2w = 0;
	if (!err && rsp.response == ISCSI_LOGOUT_SUCCESS)
		conn->t2w = be16_to_cpu(rsp.t2wait);
	spin_unlock_bh(&conn->lock);
	erl2_conn_close(conn, !err);
	set_bit(ERL2_SESSION_LOST, &s->flags);
}

/* The first connection recovery has to do something about. */
static struct erl2_conn *recovery_next(struct erl2_session *s)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (conn->state == ERL2_CONN_CLEANUP_WAIT ||
		    conn->state == ERL2_CONN_LOGOUT_REQUESTED)
			return conn;
	return NULL;
}

static int recovery_step(struct erl2_session *s, struct erl2_conn *conn)
{
	int err = -ESTALE;

	if (conn && conn->state == ERL2_CONN_LOGOUT_REQUESTED &&
	    !session_is_lost(s)) {
		recovery_requested_logout(conn);
	} else if (conn) {
		trace_recovery_begin(conn, conn->reason);
		erl2_conn_err(conn, "failed: %s; %s\n",
			      erl2_reason_name(conn->reason),
			      recovery_possible(s, conn) ?
			      "recovering it" : "starting a new session");
		/* RFC 7143 7.1.4.3: close our end before anything else */
		erl2_conn_close(conn, false);
	}

	if (conn && recovery_possible(s, conn)) {
		erl2_session_begin_outage(s, ERL2_SESSION_RECOVERING);
		err = recovery_conn(conn);
	}
	if (!err || err == -EAGAIN || err == -EINTR)
		return err;
	erl2_session_begin_outage(s, ERL2_SESSION_REINSTATING);
	return erl2_reinstate(s);
}

/**
 * erl2_recovery_work() - bring a session back to work
 * @work: recovery of a session
 *
 * Goes on until every connection is up, the kernel gives up, or the session
 * is to stop. A failure in the middle of it only makes it go round again.
 *
 * Context: work queue; takes session->mutex.
 */
void erl2_recovery_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session,
					      recovery);
	unsigned int noio = memalloc_noio_save();
	struct erl2_conn *conn;

	mutex_lock(&s->mutex);
	while (!erl2_session_interrupted(s) &&
	       !test_bit(ERL2_SESSION_GAVE_UP, &s->flags)) {
		conn = recovery_next(s);
		if (!conn && !(session_is_lost(s) &&
			       s->state != ERL2_SESSION_FREE))
			break;
		if (!recovery_step(s, conn) && !recovery_next(s) &&
		    !session_is_lost(s))
			erl2_session_end_outage(s);
	}
	mutex_unlock(&s->mutex);
	memalloc_noio_restore(noio);
}
