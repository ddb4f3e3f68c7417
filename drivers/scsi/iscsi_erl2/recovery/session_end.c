// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a session of several connections, before a new one with the same
 * ISID takes its place (RFC 7143 6.3.5).
 *
 * A login with TSIH 0 would end them all at once. LIO up to 7.3 at least walks
 * its list of connections then, lets go of the lock for each of them, and
 * follows a link of one that went meanwhile: its kernel panics. So they end one
 * by one, and nothing is left to reinstate:
 *
 * - Connections that failed here may be in use there. A login with the TSIH and
 *   the CID of one ends it (RFC 7143 6.3.4), and LIO answers when it is off the
 *   list; the login then goes no further. Below level 2 LIO ends the session
 *   with any of its connections. A session that has begun to end it does not
 *   find any more, neither for such a login, status 0x020a, nor for one with
 *   TSIH 0.
 * - Where a connection works the session is logged out over it (RFC 7143
 *   11.14). LIO walks its list then, too, and sends the answer before: nothing
 *   is closed here until it has closed its end. But with eight connections it
 *   was seen to meet one that had gone all the same, so that the others are
 *   logged out first, each over itself, which takes no walk.
 */
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/session.h"
#include "io/socket.h"
#include "proto/conn_state.h"
#include "proto/login.h"
#include "recovery/connect.h"
#include "recovery/exchange.h"
#include "recovery/session_end.h"

/* For a survivor that may be silent: I/O waits. */
#define END_TIMEOUT	(2 * HZ)

/* For the target to close the next connection, with commands and without. */
#define FIN_TIMEOUT_BUSY	(3 * HZ)

#define FIN_TIMEOUT		(1 * HZ)

/* For all but one, with commands. */
#define FIN_TIMEOUT_OTHERS	(2 * HZ)

/* For all of them, where somebody waits for the logout. */
#define FIN_TIMEOUT_ALL		(4 * HZ)

/* Logins in a row that came to no answer, before it is tried without them. */
#define END_TRIES	3

/* A target that ends the whole session needs a moment from the first close. */
static const unsigned int end_pauses[] = { 10, 20, 40, 80 };

#define END_GONE	1	/* the target knows nothing of the session */

/**
 * erl2_session_several() - may the target have more than one connection?
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 * Return: true if so.
 */
bool erl2_session_several(struct erl2_session *s)
{
	lockdep_assert_held(&s->mutex);
	return !list_empty(&s->conns) && !list_is_singular(&s->conns);
}

static unsigned int end_count_up(struct erl2_session *s)
{
	struct erl2_conn *conn;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		n += erl2_conn_is_up(conn);
	rcu_read_unlock();
	return n;
}

/* Does the target have commands, whose end it may wait for? */
static bool end_busy(struct erl2_session *s)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (erl2_conn_tasks_sent(conn))
			return true;
	return false;
}

/**
 * erl2_session_await_close() - let the target close first
 * @s: session that the target ends
 *
 * RFC 7143 11.14: its FIN is to be received, if possible. LIO closes one
 * connection after the other; other targets may never do it. Ends at once when
 * the session is to stop, unless it was to do so before.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_await_close(struct erl2_session *s)
{
	unsigned long timeout = end_busy(s) ? FIN_TIMEOUT_BUSY : FIN_TIMEOUT;
	unsigned long deadline = jiffies + FIN_TIMEOUT_ALL;
	bool stopped = erl2_session_interrupted(s);
	unsigned int up;

	do {
		up = end_count_up(s);
		if (!up || test_bit(ERL2_SESSION_TERM, &s->flags) ||
		    (!stopped && erl2_session_interrupted(s)) ||
		    (stopped && time_after(jiffies, deadline)))
			return;
	} while (wait_event_timeout(s->wait, end_count_up(s) != up ||
				    (!stopped && erl2_session_interrupted(s)),
				    timeout));
}

/**
 * erl2_session_end_begin() - send no more commands in a session
 * @s: session that cannot be continued
 *
 * Connections that work stay up: what they still bring counts.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_end_begin(struct erl2_session *s)
{
	struct erl2_conn *via = erl2_mcs_survivor(s, NULL), *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (conn->sock && !erl2_conn_is_up(conn))
			erl2_conn_close(conn, false);
	if (!via) {
		erl2_session_silence(s, NULL);
		return;
	}
	list_for_each_entry(conn, &s->conns, node) {
		spin_lock_bh(&conn->lock);
		conn->hold = true;
		spin_unlock_bh(&conn->lock);
	}
}

/**
 * erl2_session_end_others() - log out all connections but one
 * @s: session that is about to be logged out
 * @via: the one that is to carry the Logout of the session
 * @last: the session is over, stopped or not
 *
 * Does not wait for a target that is silent for longer than for one answer.
 *
 * Context: may sleep; session->mutex held.
 * Return: false for a target that does not close what it has logged out (RFC 7143
 * 11.14 lets it), so that there is no sense in waiting for it once more.
 */
bool erl2_session_end_others(struct erl2_session *s, struct erl2_conn *via,
			     bool last)
{
	unsigned long timeout = end_busy(s) ? FIN_TIMEOUT_OTHERS : FIN_TIMEOUT;
	unsigned long deadline = jiffies + END_TIMEOUT;
	struct iscsi_logout_rsp rsp;
	struct erl2_conn *conn;
	bool any = false;
	unsigned int up;

	list_for_each_entry(conn, &s->conns, node) {
		long left = deadline - jiffies;

		if (conn == via || !erl2_conn_is_up(conn))
			continue;
		if (left <= 0 || erl2_conn_leave(conn, left, last, &rsp) ||
		    rsp.response != ISCSI_LOGOUT_SUCCESS)
			return true;
		/* The target has nothing of it any more. */
		conn->logged_out = true;
		any = true;
	}
	if (!any)
		return true;
	up = end_count_up(s);
	wait_event_timeout(s->wait, end_count_up(s) <= 1 ||
			   test_bit(ERL2_SESSION_TERM, &s->flags) ||
			   (!last && erl2_session_interrupted(s)), timeout);
	return end_count_up(s) <= 1 || end_count_up(s) != up;
}

/* Has the target this connection? Not if it was logged out. */
static bool end_may_exist(const struct erl2_conn *conn)
{
	if (conn->logged_out)
		return false;
	/* A login of its own may have come to no end here only. */
	return conn->state != ERL2_CONN_FREE || !conn->cid_used;
}

/*
 * End one connection at the target. Returns 0 when there is an answer,
 * END_GONE when it says that there is no session, -EINTR to stop, another
 * errno without an answer.
 */
static int end_conn(struct erl2_conn *conn, const struct sockaddr_storage *to,
		    struct erl2_login *l)
{
	struct socket *sock;
	int err;

	err = erl2_conn_open(conn, ERL2_LOGIN_END, to, l, &sock);
	if (!err) {
		erl2_socket_abort(sock);
		erl2_socket_close(sock, false);
		return 0;
	}
	if (l->status_class == ISCSI_STATUS_CLS_INITIATOR_ERR &&
	    l->status_detail == ISCSI_LOGIN_STATUS_NO_SESSION)
		return END_GONE;
	/* It may refuse for reasons of its own, or be unable to go on. */
	if (l->status_class || err == -EPROTO || err == -EKEYREJECTED)
		return 0;
	return err;
}

/* End those that do not work; what is returned is as of end_conn(). */
static int end_failed(struct erl2_session *s, const struct sockaddr_storage *to,
		      struct erl2_login *l)
{
	struct erl2_conn *conn;
	int ret;

	list_for_each_entry(conn, &s->conns, node) {
		if (erl2_conn_is_up(conn) || !end_may_exist(conn))
			continue;
		ret = end_conn(conn, to, l);
		if (ret)
			return ret;
	}
	return 0;
}

/* The same, and see whether the target then ends the others as well. */
static int end_failed_and_see(struct erl2_session *s,
			      const struct sockaddr_storage *to,
			      struct erl2_login *l)
{
	struct erl2_conn *conn;
	bool failed = false;
	unsigned int i;
	int ret;

	list_for_each_entry(conn, &s->conns, node)
		failed |= !erl2_conn_is_up(conn) && end_may_exist(conn);
	ret = end_failed(s, to, l);
	/* At level 2 a session survives its connections. */
	if (!failed || s->keys.erl == 2)
		return ret;
	for (i = 0; !ret && i < ARRAY_SIZE(end_pauses); i++) {
		ret = erl2_session_sleep(s, end_pauses[i]);
		if (!ret)
			ret = end_failed(s, to, l);
	}
	return ret;
}

/**
 * erl2_session_end() - end a session over what is left of it
 * @s: session, behind erl2_session_end_begin()
 * @l: room for logins
 *
 * Afterwards no connection has a socket.
 *
 * Context: may sleep; session->mutex held.
 * Return: true if nothing of the session is left at the target.
 */
bool erl2_session_end(struct erl2_session *s, struct erl2_login *l)
{
	struct erl2_conn *via = erl2_mcs_survivor(s, NULL), *conn;
	struct sockaddr_storage to;
	struct iscsi_logout_rsp rsp;
	int ret = -ENOTCONN;
	bool closes;

	if (via) {
		to = via->portal;
		ret = end_failed_and_see(s, &to, l);
		/* The commands of a connection end before it is closed. */
		if (ret == END_GONE)
			erl2_session_await_close(s);
	}
	if (!ret) {
		closes = erl2_session_end_others(s, via, false);
		erl2_session_silence(s, via);
		ret = erl2_session_leave(via, END_TIMEOUT, &rsp);
		if (!ret && rsp.response == ISCSI_LOGOUT_SUCCESS) {
			ret = END_GONE;
			if (closes)
				erl2_session_await_close(s);
		}
	}
	list_for_each_entry(conn, &s->conns, node) {
		erl2_conn_fail(conn, ERL2_FAIL_EH);
		erl2_conn_close(conn, ret == END_GONE);
		conn->hold = false;
	}
	return ret == END_GONE;
}

/**
 * erl2_session_end_rest() - end what the target may have of a session
 * @s: session without sockets
 * @to: portal
 * @l: room for logins; tells what went wrong
 * @tries: counts those that came to no answer
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 when a new session may begin, -EINTR to stop, another errno to try
 * again later.
 */
int erl2_session_end_rest(struct erl2_session *s,
			  const struct sockaddr_storage *to,
			  struct erl2_login *l, unsigned int *tries)
{
	int ret = end_failed(s, to, l);

	if (ret >= 0)
		return 0;
	/* Not even connected: then there is no login with TSIH 0 either. */
	if (ret == -EINTR || !l->why[0])
		return ret;
	return ++*tries < END_TRIES ? ret : 0;
}
