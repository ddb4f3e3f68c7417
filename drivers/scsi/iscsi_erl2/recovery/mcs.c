// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections per session (RFC 7143 4.2.5.1, 6.3.3): opening them behind
 * the leading one, removing them.
 */
#include <linux/rculist.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/class_group.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/session.h"
#include "io/keepalive.h"
#include "io/send.h"
#include "io/socket.h"
#include "proto/conn_state.h"
#include "proto/login.h"
#include "recovery/conn_recovery.h"
#include "recovery/connect.h"
#include "recovery/mcs.h"
#include "recovery/portal.h"
#include "recovery/recovery_view.h"

/* The class has shown the object: it is freed under rx_queue_mutex only. */
static void mcs_bury(struct erl2_session *s, struct iscsi_cls_conn *cls)
{
	spin_lock_bh(&s->lock);
	list_add(&cls->conn_list, &s->graves);
	spin_unlock_bh(&s->lock);
}

/**
 * mcs_retire_conn() - make a connection a spare one
 * @conn: connection without tasks that its session does not list any more
 *
 * Context: may sleep; no locks below rx_queue_mutex held but session->mutex.
 */
static void mcs_retire_conn(struct erl2_conn *conn)
{
	erl2_socket_release(conn, false);
	cancel_delayed_work_sync(&conn->timer);
	cancel_delayed_work_sync(&conn->tx_work);
	conn->cls = NULL;
	list_add(&conn->node, &conn->session->spare);
}

/* A connection that is in no list. */
static struct erl2_conn *mcs_spare(struct erl2_session *s)
{
	struct erl2_conn *conn;

	conn = list_first_entry_or_null(&s->spare, struct erl2_conn, node);
	if (conn) {
		list_del_init(&conn->node);
		return conn;
	}
	conn = erl2_conn_alloc(s);
	if (!conn)
		return NULL;
	erl2_tx_init(conn);
	erl2_keepalive_init(conn);
	return conn;
}

/**
 * erl2_mcs_create() - make a connection, not logged in
 * @s: session
 * @number: its number in sysfs, and its first CID
 *
 * Context: may sleep; session->mutex held, or the session is stopped.
 * Return: the connection, or NULL.
 */
struct erl2_conn *erl2_mcs_create(struct erl2_session *s, u32 number)
{
	struct iscsi_cls_conn *cls;
	struct erl2_conn *conn;

	cls = iscsi_alloc_conn(s->cls, 0, number);
	if (!cls)
		return NULL;
	conn = mcs_spare(s);
	if (!conn)
		goto put;
	erl2_conn_init(conn, cls, number);
	if (iscsi_add_conn(cls))
		goto spare;
	if (erl2_class_add_group(&cls->dev, "iscsi_connection", s->conn_group))
		goto remove;
	erl2_session_add_conn(s, conn);
	erl2_mcs_route(s);
	return conn;

remove:
	iscsi_remove_conn(cls);
	mcs_retire_conn(conn);
	mcs_bury(s, cls);
	return NULL;
spare:
	mcs_retire_conn(conn);
put:
	iscsi_put_conn(cls);
	return NULL;
}

/**
 * erl2_mcs_remove() - take a connection out of its session
 * @conn: connection without a socket and without tasks
 *
 * Context: may sleep; session->mutex held, or the session is stopped.
 */
void erl2_mcs_remove(struct erl2_conn *conn)
{
	struct iscsi_cls_conn *cls = conn->cls;
	struct erl2_session *s = conn->session;

	erl2_class_remove_group(&cls->dev, "iscsi_connection", s->conn_group);
	iscsi_remove_conn(cls);
	conn->leaving = true;
	erl2_mcs_route(s);
	erl2_session_del_conn(s, conn);
	mcs_retire_conn(conn);
	mcs_bury(s, cls);
}

/**
 * erl2_mcs_reap() - free what is left of connections in the transport class
 * @s: session
 *
 * Context: may sleep; under rx_queue_mutex, in no call for such a connection.
 */
void erl2_mcs_reap(struct erl2_session *s)
{
	struct iscsi_cls_conn *cls, *next;
	LIST_HEAD(graves);

	if (list_empty_careful(&s->graves))
		return;
	spin_lock_bh(&s->lock);
	list_splice_init(&s->graves, &graves);
	spin_unlock_bh(&s->lock);
	list_for_each_entry_safe(cls, next, &graves, conn_list)
		iscsi_put_conn(cls);
}

/**
 * erl2_mcs_remove_extra() - take all but the leading connection away
 * @s: stopped session whose connections are closed
 *
 * Context: may sleep.
 */
void erl2_mcs_remove_extra(struct erl2_session *s)
{
	struct erl2_conn *lead = erl2_session_leading(s), *conn, *next;

	list_for_each_entry_safe(conn, next, &s->conns, node)
		if (conn != lead)
			erl2_mcs_remove(conn);
}

/* A CID that was never used, or not for a long time; low ones are first CIDs. */
static u16 mcs_new_cid(struct erl2_session *s)
{
	struct erl2_conn *conn;
	u16 cid;

again:
	cid = s->next_cid++;
	if (cid < ERL2_CONNS_MAX)
		goto again;
	list_for_each_entry(conn, &s->conns, node)
		if (conn->cid == cid)
			goto again;
	return cid;
}

static int mcs_login(struct erl2_conn *conn, struct erl2_login *l)
{
	struct sockaddr_storage to;
	struct socket *sock;
	int err;

	erl2_mcs_portal(conn, conn->add_tries, &to);
	err = erl2_conn_open(conn, ERL2_LOGIN_ADD, &to, l, &sock);
	if (!err)
		erl2_conn_go(conn, sock, false, l);
	return err;
}

static void mcs_adding(struct erl2_session *s, bool adding)
{
	spin_lock_bh(&s->lock);
	WRITE_ONCE(s->adding, adding);
	s->cutting = false;
	spin_unlock_bh(&s->lock);
	/* Pairs with queue_work() in erl2_conn_fail_locked(): one sees the other. */
	smp_mb();
}

/* When to try it again; says so once, and when the reason changes. */
static void mcs_open_failed(struct erl2_conn *conn, const struct erl2_login *l,
			    int err)
{
	bool refused = l->status_class == ISCSI_STATUS_CLS_INITIATOR_ERR ||
		       l->status_class == ISCSI_STATUS_CLS_TARGET_ERR ||
		       err == -EPROTO;
	u16 status = l->status_class << 8 | l->status_detail;
	bool barred = conn->barred;

	conn->add_tries++;
	erl2_conn_add_later(conn, refused &&
			    conn->add_tries >= ERL2_ADD_QUICK);
	if (conn->add_tries == 5 || conn->barred != barred ||
	    (conn->barred && conn->add_status != status))
		erl2_conn_err(conn, "login of a further connection failed: %s (%d), %s\n",
			      l->why, err, conn->barred ?
			      "going on without it, trying it once a minute" :
			      "trying it now and then");
	conn->add_status = status;
}

/* Open one more connection; what fails is tried again later. */
static void mcs_open(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	struct erl2_login *l = s->login;
	int err;

	/*
	 * After a login that came to no end, the target may be ahead of us and
	 * have the connection: the same CID again (RFC 7143 6.3.4) cleans up
	 * there, a new one would leave it behind until its retention time ends.
	 */
	if (conn->cid_used)
		conn->cid = mcs_new_cid(s);
	conn->cid_used = false;
	mcs_adding(s, true);
	err = erl2_recovery_wanted(s) ? -EINTR : mcs_login(conn, l);
	mcs_adding(s, false);

	if (!err) {
		conn->barred = false;
		WRITE_ONCE(conn->cls->state, ISCSI_CONN_UP);
		erl2_conn_info(conn, "logged in, CID %u\n", conn->cid);
	} else if (!erl2_recovery_wanted(s)) {
		mcs_open_failed(conn, l, err);
	}
}

static unsigned int mcs_wanted(struct erl2_session *s)
{
	return min_t(unsigned int, READ_ONCE(s->tun.connections),
		     max_t(unsigned int, s->keys.max_connections, 1));
}

static unsigned int mcs_count(struct erl2_session *s)
{
	struct erl2_conn *conn;
	unsigned int n = 0;

	list_for_each_entry(conn, &s->conns, node)
		n += !conn->leaving;
	return n;
}

/* The lowest number that no connection of the session has. */
static u32 mcs_number(struct erl2_session *s)
{
	struct erl2_conn *conn;
	u32 number = 0;

again:
	list_for_each_entry(conn, &s->conns, node)
		if (conn->cls->cid == number) {
			number++;
			goto again;
		}
	return number;
}

/* The connection that goes when there are too many: the youngest. */
static struct erl2_conn *mcs_last(struct erl2_session *s)
{
	struct erl2_conn *conn;

	list_for_each_entry_reverse(conn, &s->conns, node)
		if (!conn->leaving)
			return conn;
	return NULL;
}

/* Make as many connections as are wanted, or mark those that are too many. */
static void mcs_count_adjust(struct erl2_session *s)
{
	unsigned int n = mcs_count(s), wanted = mcs_wanted(s);
	struct erl2_conn *conn;

	for (; n < wanted; n++) {
		conn = erl2_mcs_create(s, mcs_number(s));
		if (!conn) {
			erl2_session_err(s, "no memory for a further connection\n");
			return;
		}
		erl2_mcs_portal(conn, 0, &conn->portal);
	}
	for (; n > wanted; n--) {
		conn = mcs_last(s);
		/* Not the last one that works. */
		if (!erl2_mcs_survivor(s, conn))
			break;
		conn->leaving = true;
		erl2_mcs_route(s);
	}
}

/**
 * erl2_mcs_adjust() - one step towards the wanted number of connections
 * @s: session with nothing to recover
 *
 * Context: may sleep; session->mutex held.
 * Return: true if there may be more to do at once.
 */
bool erl2_mcs_adjust(struct erl2_session *s)
{
	unsigned long next = 0;
	struct erl2_conn *conn;

	mcs_count_adjust(s);
	list_for_each_entry(conn, &s->conns, node) {
		if (conn->state == ERL2_CONN_FREE && conn->leaving) {
			erl2_recovery_yield(conn, erl2_mcs_any_up(s), true);
			erl2_mcs_remove(conn);
			wake_up_all(&s->wait);
			return true;
		}
		if (conn->leaving && conn->state == ERL2_CONN_LOGGED_IN &&
		    erl2_mcs_survivor(s, conn)) {
			erl2_recovery_remove(conn);
			return true;
		}
		if (conn->state != ERL2_CONN_FREE || conn->leaving)
			continue;
		if (conn->add_asked ||
		    time_after_eq(jiffies, conn->add_after)) {
			if (conn->add_asked)
				conn->add_tries = 0;
			WRITE_ONCE(conn->add_asked, false);
			mcs_open(conn);
			wake_up_all(&s->wait);
			return true;
		}
		if (!next || time_before(conn->add_after, next))
			next = conn->add_after;
	}
	if (next)
		mod_delayed_work(erl2_tx_wq, &s->retry,
				 max_t(long, next - jiffies, 1));
	return false;
}

/**
 * erl2_mcs_settled() - is there nothing left to open or to remove?
 * @s: session
 *
 * Context: any; a snapshot.
 * Return: true if so, or if that needs time.
 */
bool erl2_mcs_settled(struct erl2_session *s)
{
	unsigned int wanted = mcs_wanted(s), n = 0;
	struct erl2_conn *conn;
	bool settled = true;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node) {
		n++;
		if (READ_ONCE(conn->leaving) ||
		    (READ_ONCE(conn->state) != ERL2_CONN_LOGGED_IN &&
		     !READ_ONCE(conn->barred) && !READ_ONCE(conn->add_tries)))
			settled = false;
	}
	rcu_read_unlock();
	return settled && n == wanted;
}

/**
 * erl2_mcs_set() - change the wanted number of connections
 * @s: session
 * @n: number, 1 to ERL2_CONNS_MAX
 *
 * Waits a moment for the connections to be opened or removed, since that is
 * what one looks for next.
 *
 * Context: may sleep; no locks held.
 * Return: 0.
 */
int erl2_mcs_set(struct erl2_session *s, unsigned int n)
{
	struct erl2_conn *conn;

	WRITE_ONCE(s->tun.connections, n);
	if (READ_ONCE(s->state) == ERL2_SESSION_FREE)
		return 0;
	if (n > READ_ONCE(s->keys.max_connections))
		erl2_session_info(s, "the target allows %u connections\n",
				  s->keys.max_connections);
	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		/* Whoever asks for them wants them to be tried now. */
		if (READ_ONCE(conn->state) == ERL2_CONN_FREE)
			WRITE_ONCE(conn->add_asked, true);
	rcu_read_unlock();
	queue_work(s->wq, &s->recovery);
	wait_event_killable_timeout(s->wait, erl2_mcs_settled(s) ||
				    erl2_session_interrupted(s), 5 * HZ);
	return 0;
}

/**
 * mcs_cut_work() - end the login of a further connection
 * @work: cut of a session, in which a connection failed meanwhile
 *
 * Context: work queue.
 */
static void mcs_cut_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session, cut);

	erl2_session_abort_login(s, true);
}

/**
 * mcs_retry_work() - it is time to try a login again
 * @work: retry of a session
 *
 * Context: work queue.
 */
static void mcs_retry_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(to_delayed_work(work),
					      struct erl2_session, retry);

	queue_work(s->wq, &s->recovery);
}

/**
 * erl2_mcs_init() - set up the care for connections
 * @s: session
 *
 * Context: any.
 */
void erl2_mcs_init(struct erl2_session *s)
{
	INIT_WORK(&s->cut, mcs_cut_work);
	INIT_DELAYED_WORK(&s->retry, mcs_retry_work);
}
