// SPDX-License-Identifier: GPL-2.0
/*
 * Logins and logouts of a session's connections.
 */
#include <linux/inet.h>
#include <linux/string.h>
#include <net/sock.h>
#include <scsi/scsi.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/points.h"
#include "core/session.h"
#include "core/trace.h"
#include "io/socket.h"
#include "proto/cmdsn.h"
#include "proto/conn_state.h"
#include "proto/login.h"
#include "recovery/connect.h"

/* A connection that lived so long was one. */
#define CONN_LIVED	(5 * HZ)

/* Deaths in a row behind which it is opened once a minute only. */
#define CONN_DEAD_MAX	12

static void conn_state(struct erl2_conn *conn, enum erl2_conn_state state)
{
	spin_lock_bh(&conn->lock);
	erl2_conn_set_state(conn, state);
	spin_unlock_bh(&conn->lock);
}

/* While another connection may do as well, one login is not worth its time. */
static unsigned long login_timeout(struct erl2_session *s,
				   enum erl2_login_kind kind)
{
	unsigned long timeout = s->tun.login_timeout * HZ;

	if (kind == ERL2_LOGIN_END && erl2_mcs_survivor(s, NULL))
		timeout = min(timeout, 2UL * HZ);
	return timeout;
}

/**
 * erl2_conn_login() - go through the Login Phase on a fresh socket
 * @conn: connection without a socket
 * @kind: what the login is for
 * @sock: connected socket, stays the caller's
 * @l: filled here; holds the outcome
 *
 * Context: may sleep; session->mutex held. erl2_session_stop() cuts it short.
 * Return: 0 or what erl2_login() says; -EINTR if the session is to stop.
 */
int erl2_conn_login(struct erl2_conn *conn, enum erl2_login_kind kind,
		    struct socket *sock, struct erl2_login *l)
{
	struct erl2_session *s = conn->session;
	enum erl2_conn_state old = conn->state;
	int err;

	lockdep_assert_held(&s->mutex);

	memset(l, 0, sizeof(*l));
	l->kind = kind;
	l->initiator_name = s->node.initiatorname;
	l->initiator_alias = s->node.initiatoralias;
	l->target_name = s->node.targetname;
	/* iscsid may write new ones at any time. */
	spin_lock_bh(&s->lock);
	if (s->node.chap) {
		*s->secrets = *s->node.chap;
		l->secrets = s->secrets;
	}
	spin_unlock_bh(&s->lock);
	memcpy(l->isid, s->isid, sizeof(l->isid));
	l->cid = conn->cid;
	l->timeout = login_timeout(s, kind);
	l->offer = &s->offer;
	if (kind == ERL2_LOGIN_LEADING) {
		l->cmdsn = 1;
	} else {
		l->tsih = s->tsih;
		l->tpgt = s->tpgt;
		l->keys = s->keys;
		spin_lock_bh(&s->lock);
		l->cmdsn = s->sn.next;
		spin_unlock_bh(&s->lock);
	}
	/* RFC 7143 11.12.9: acknowledges what the lost connection brought */
	if (kind == ERL2_LOGIN_REINSTATE || kind == ERL2_LOGIN_END)
		l->exp_statsn = conn->exp_statsn;

	erl2_socket_reserve(sock);
	err = erl2_session_watch(s, sock);
	if (err)
		goto wipe;
	conn_state(conn, ERL2_CONN_IN_LOGIN);
	conn->stats.login_pdus++;
	err = erl2_login(l, s->login_room, sock);
	erl2_session_watch(s, NULL);
	trace_login(conn, kind, err, l->status_class, l->status_detail);
	if (erl2_session_interrupted(s))
		err = -EINTR;
	/* RFC 7143 6.3.1: all of a session in one portal group */
	if (!err && kind != ERL2_LOGIN_LEADING && l->tpgt != s->tpgt) {
		snprintf(l->why, sizeof(l->why),
			 "portal group %u, the session's is %u", l->tpgt,
			 s->tpgt);
		err = -EPROTO;
	}
	if (err || kind == ERL2_LOGIN_END)
		conn_state(conn, old);
wipe:
	l->secrets = NULL;
	memzero_explicit(s->secrets, sizeof(*s->secrets));
	return err;
}

/**
 * erl2_conn_open() - connect to a portal and log in there
 * @conn: connection without a socket
 * @kind: what the login is for
 * @to: portal
 * @l: filled here; holds the outcome
 * @res: the socket, on success
 *
 * Context: may sleep; session->mutex held. erl2_session_stop() cuts it short.
 * Return: 0, or what erl2_socket_connect() or erl2_conn_login() says.
 */
int erl2_conn_open(struct erl2_conn *conn, enum erl2_login_kind kind,
		   const struct sockaddr_storage *to, struct erl2_login *l,
		   struct socket **res)
{
	struct erl2_session *s = conn->session;
	struct socket *sock;
	int err;

	memset(l, 0, sizeof(*l));
	err = erl2_socket_connect(s, to, login_timeout(s, kind), &sock);
	if (err)
		return err;
	/* What brings I/O back has the reserves: the disk may be the swap disk. */
	WARN_ON_ONCE(kind != ERL2_LOGIN_ADD &&
		     (!(current->flags & PF_MEMALLOC) ||
		      !sock_flag(sock->sk, SOCK_MEMALLOC)));
	err = erl2_conn_login(conn, kind, sock, l);
	if (err) {
		erl2_socket_abort(sock);
		erl2_socket_close(sock, false);
		return err;
	}
	*res = sock;
	return 0;
}

/**
 * erl2_conn_window() - take the command window that a login brought
 * @conn: connection that has logged in
 * @l: outcome of the login
 *
 * Others may wait for it, and what brings it to them may come too late to be news.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_conn_window(struct erl2_conn *conn, const struct erl2_login *l)
{
	struct erl2_session *s = conn->session;
	bool grew;

	spin_lock_bh(&s->lock);
	grew = erl2_cmdsn_update(&s->sn, l->exp_cmdsn, l->max_cmdsn);
	spin_unlock_bh(&s->lock);
	if (grew)
		erl2_mcs_window_grew(s);
}

/**
 * erl2_conn_go() - Full Feature Phase begins
 * @conn: connection without a socket
 * @sock: socket after a successful login, becomes the connection's
 * @file: it is iscsid's
 * @l: outcome of the login
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_conn_go(struct erl2_conn *conn, struct socket *sock, bool file,
		  const struct erl2_login *l)
{
	conn->keys = l->keys;
	conn->exp_statsn = l->exp_statsn;
	conn->acked_statsn = l->exp_statsn;
	erl2_conn_window(conn, l);

	conn->cid_used = true;
	erl2_socket_install(conn, sock, file);
	erl2_point(ERL2_POINT_INSTALL);
	conn->opened_at = jiffies;
	conn->opened_pdus = conn->stats.rsp_pdus + conn->stats.datain_pdus;
	conn_state(conn, ERL2_CONN_LOGGED_IN);
	erl2_socket_start(conn);
}

/**
 * erl2_conn_add_later() - when to log a further connection in again
 * @conn: connection; its add_tries count what came to nothing, 0: at once
 * @barred: only once a minute
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_conn_add_later(struct erl2_conn *conn, bool barred)
{
	struct erl2_session *s = conn->session;
	unsigned int delay = 0;

	conn->barred = barred;
	if (barred)
		delay = ERL2_ADD_PAUSE * MSEC_PER_SEC;
	else if (conn->add_tries)
		delay = min_t(u64, (u64)s->tun.reconnect_delay <<
			      min(conn->add_tries, 20U),
			      s->tun.reconnect_delay_max);
	conn->add_after = jiffies + msecs_to_jiffies(delay);
}

/**
 * erl2_conn_reopen() - when to open a further connection again that was lost
 * @conn: connection that is not in use
 *
 * At once, unless it died before it brought anything: a target or a path that
 * lets logins through and nothing else would have us open it for ever.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_conn_reopen(struct erl2_conn *conn)
{
	if (conn->stats.rsp_pdus + conn->stats.datain_pdus !=
	    conn->opened_pdus ||
	    time_after(jiffies, conn->opened_at + CONN_LIVED))
		conn->add_tries = 0;
	else
		conn->add_tries++;
	erl2_conn_add_later(conn, conn->add_tries >= CONN_DEAD_MAX);
	if (conn->add_tries == CONN_DEAD_MAX)
		erl2_conn_err(conn, "was lost after each of %u logins, trying it once a minute\n",
			      conn->add_tries);
}

/**
 * erl2_conn_close() - close a connection's socket and end its control PDUs
 * @conn: connection
 * @graceful: after a Logout
 *
 * Its commands stay allegiant to it.
 *
 * Context: may sleep; session->mutex held, or the session is stopped.
 */
void erl2_conn_close(struct erl2_conn *conn, bool graceful)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	erl2_socket_release(conn, graceful);

	/*
	 * Immediate PDUs die with their connection (RFC 7143 7.14), and what
	 * the target was owed on it is never sent elsewhere.
	 */
	for (i = s->cmds_max; i < s->nr_slots; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task)
			continue;
		spin_lock_bh(&conn->lock);
		if (s->slots[i].task == task && task->conn == conn) {
			struct erl2_ctl *ctl = container_of(task,
							    struct erl2_ctl,
							    task);

			erl2_ctl_finish(ctl, NULL, -ECONNRESET);
		}
		spin_unlock_bh(&conn->lock);
	}
}

/**
 * erl2_session_silence() - send nothing more
 * @s: session
 * @but: connection that is to carry the Logout, or NULL
 *
 * RFC 7143 11.14: behind the Logout of a session nothing is sent at all.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_silence(struct erl2_session *s, const struct erl2_conn *but)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node) {
		spin_lock_bh(&conn->lock);
		if (conn != but && erl2_conn_is_up(conn))
			erl2_conn_set_state(conn, ERL2_CONN_IN_LOGOUT);
		spin_unlock_bh(&conn->lock);
	}
}

/**
 * erl2_session_close() - close all connections of a session that is over
 * @s: stopped session
 * @graceful: after a Logout
 *
 * Context: may sleep; session->mutex held, or nobody else uses the session.
 */
void erl2_session_close(struct erl2_session *s, bool graceful)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node) {
		erl2_conn_close(conn, graceful);
		conn_state(conn, ERL2_CONN_FREE);
	}
	erl2_session_set_state(s, ERL2_SESSION_FREE);
}
