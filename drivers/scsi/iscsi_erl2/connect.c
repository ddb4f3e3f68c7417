// SPDX-License-Identifier: GPL-2.0
/*
 * Logins and logouts of a session's connections.
 */
#include <linux/inet.h>
#include <linux/string.h>
#include <net/sock.h>
#include <scsi/scsi.h>
#include <scsi/scsi_transport_iscsi.h>

#include "connect.h"
#include "end.h"
#include "erl2.h"
#include "mcs.h"
#include "points.h"
#include "session.h"
#include "socket.h"
#include "task.h"
#include "trace.h"

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
 * erl2_target_address() - where a redirection leads
 * @s: session
 * @str: TargetAddress, ADDR[:PORT][,TPGT], IPv6 in brackets; is cut up
 * @ss: the address
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL; names instead of addresses are for iscsid to resolve.
 */
int erl2_target_address(struct erl2_session *s, char *str,
			struct sockaddr_storage *ss)
{
	char *addr = str, *port = NULL, *p;

	p = strchr(str, ',');
	if (p)
		*p = '\0';
	if (*addr == '[') {
		addr++;
		p = strchr(addr, ']');
		if (!p)
			return -EINVAL;
		*p++ = '\0';
		if (*p == ':')
			port = p + 1;
	} else {
		p = strchr(addr, ':');
		if (p) {
			*p = '\0';
			port = p + 1;
		}
	}
	return inet_pton_with_scope(s->net, AF_UNSPEC, addr,
				    port ?: __stringify(ISCSI_LISTEN_PORT), ss);
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
	struct erl2_session *s = conn->session;

	conn->keys = l->keys;
	conn->exp_statsn = l->exp_statsn;
	conn->acked_statsn = l->exp_statsn;
	spin_lock_bh(&s->lock);
	erl2_cmdsn_update(&s->sn, l->exp_cmdsn, l->max_cmdsn);
	spin_unlock_bh(&s->lock);

	conn->cid_used = true;
	erl2_socket_install(conn, sock, file);
	erl2_point(ERL2_POINT_INSTALL);
	conn_state(conn, ERL2_CONN_LOGGED_IN);
	erl2_socket_start(conn);
}

/**
 * erl2_session_start() - a new session is established
 * @s: session without sockets
 * @conn: its leading connection
 * @sock: socket after a successful leading login
 * @file: it is iscsid's
 * @l: outcome of the login
 *
 * Commands of a former session are handed back, those never sent go out.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_start(struct erl2_session *s, struct erl2_conn *conn,
			struct socket *sock, bool file,
			const struct erl2_login *l)
{
	lockdep_assert_held(&s->mutex);

	WRITE_ONCE(s->begun, s->begun + 1);
	erl2_session_hand_back(s);
	erl2_mcs_reset(s);
	s->tsih = l->tsih;
	s->tpgt = l->tpgt;
	s->keys = l->keys;
	strscpy(s->target_alias, l->target_alias, sizeof(s->target_alias));
	spin_lock_bh(&s->lock);
	erl2_cmdsn_init(&s->sn, l->cmdsn);
	spin_unlock_bh(&s->lock);

	clear_bit(ERL2_SESSION_LOST, &s->flags);
	clear_bit(ERL2_SESSION_RESET, &s->flags);
	clear_bit(ERL2_SESSION_GAVE_UP, &s->flags);
	conn->hold = false;
	queue_work(system_unbound_wq, &s->devices);
	erl2_conn_go(conn, sock, file, l);
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

/*
 * Is it pointless to wait for the answer? Once the session is to stop only its own
 * Logout, the last thing it does, is waited for, and not even that when iscsid has
 * lost its patience.
 */
static bool logout_interrupted(struct erl2_session *s, bool last)
{
	return test_bit(ERL2_SESSION_TERM, &s->flags) ||
	       (!last && erl2_session_interrupted(s));
}

/* One Logout exchange; @last: it is the last thing a session does. */
static int conn_logout(struct erl2_conn *via, u8 reason, struct erl2_conn *of,
		       unsigned long timeout, bool last,
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
				   logout_interrupted(s, last), timeout);
		err = erl2_ctl_wait(ctl, 0);
		if (err && !erl2_conn_is_up(via))
			err = -ECONNRESET;
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
			   via->session->tun.logout_timeout * HZ, false, rsp);
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
			   min(timeout, limit), false, rsp);
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
 * erl2_session_login() - the login iscsid asks for
 * @s: session
 * @l: filled here; holds the outcome for iscsid
 *
 * If iscsid was restarted the session is up, or being recovered, and stays as
 * it is: nothing goes on the wire.
 *
 * Context: may sleep; takes session->mutex.
 * Return: 0 or a negative errno as erl2_login() gives it.
 */
int erl2_session_login(struct erl2_session *s, struct erl2_login *l)
{
	struct erl2_conn *conn;
	struct socket *sock;
	int err;

	/* A recovery may hold the mutex for long; iscsid need not wait. */
	if (READ_ONCE(s->state) != ERL2_SESSION_FREE &&
	    !test_bit(ERL2_SESSION_GAVE_UP, &s->flags)) {
		memset(l, 0, sizeof(*l));
		l->keys = s->keys;
		l->tsih = s->tsih;
		l->tpgt = s->tpgt;
		return 0;
	}

	mutex_lock(&s->mutex);
	conn = erl2_session_leading(s);
	sock = conn ? xchg(&conn->bound, NULL) : NULL;
	if (!sock) {
		mutex_unlock(&s->mutex);
		return -ENOTCONN;
	}
	erl2_conn_close(conn, false);
	err = erl2_conn_login(conn, ERL2_LOGIN_LEADING, sock, l);
	if (err) {
		erl2_conn_err(conn, "login failed: %s (%d)\n", l->why, err);
		erl2_socket_close(sock, true);
	} else {
		erl2_session_start(s, conn, sock, true, l);
		erl2_session_end_outage(s);
		/* Further connections follow on their own. */
		queue_work(s->wq, &s->recovery);
	}
	mutex_unlock(&s->mutex);
	return err;
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

/**
 * erl2_session_term() - a session is over, whatever it was doing
 * @s: session
 *
 * Waits for neither target nor network. iscsid may bind another socket to it
 * later.
 *
 * Context: may sleep, shortly; under rx_queue_mutex, so that no bind_conn() comes
 * between.
 */
void erl2_session_term(struct erl2_session *s)
{
	set_bit(ERL2_SESSION_TERM, &s->flags);
	/* Those who wait for an answer over a connection go on now. */
	erl2_session_fail_conns(s, ERL2_FAIL_EH);
	erl2_session_stop(s);
	erl2_frontdoor_stop(s);
	/* What had just failed may have queued it once more. */
	cancel_work_sync(&s->recovery);
	erl2_session_close(s, false);
	erl2_session_fail_all(s, DID_NO_CONNECT << 16);
}

/**
 * erl2_session_logout() - the logout iscsid asks for
 * @s: session
 *
 * Ends a recovery under way. Whatever the target says, the session is over.
 *
 * Context: may sleep; takes session->mutex.
 * Return: 0.
 */
int erl2_session_logout(struct erl2_session *s)
{
	struct iscsi_logout_rsp rsp;
	struct erl2_conn *conn;
	int err = -ENOTCONN;

	erl2_session_stop(s);
	mutex_lock(&s->mutex);
	conn = erl2_mcs_any_up(s);
	if (conn && erl2_conn_is_up(conn)) {
		erl2_session_silence(s, conn);
		err = conn_logout(conn, ISCSI_LOGOUT_REASON_CLOSE_SESSION, conn,
				  s->tun.logout_timeout * HZ, true, &rsp);
		/* See end.c for what LIO does otherwise. */
		if (!err && erl2_session_several(s))
			erl2_session_await_close(s);
	}
	erl2_session_close(s, !err);
	mutex_unlock(&s->mutex);
	erl2_session_fail_all(s, DID_NO_CONNECT << 16);
	return 0;
}
