// SPDX-License-Identifier: GPL-2.0
/*
 * Many connections per session (RFC 7143 4.2.5.1, 6.3.3): opening them behind
 * the leading one, removing them, choosing one for a command.
 */
#include <linux/rculist.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "connect.h"
#include "erl2.h"
#include "mcs.h"
#include "recovery.h"
#include "send.h"
#include "session.h"
#include "sysfs.h"
#include "trace.h"

/*
 * Logins of a further connection that the target refused, after which it is asked
 * once a minute only (RFC 7143 11.13.5, 0x0206 and 0x0208: go on with fewer). The
 * first ones may mean that it has not noticed yet what we have closed.
 */
#define REFUSALS_QUICK	4
#define REFUSED_PAUSE	60	/* s */

/* The commands of a hardware queue go to one of these connections. */
static void mcs_route(struct erl2_session *s)
{
	unsigned int i, n = 0;
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (!conn->leaving && n < ERL2_CONNS_MAX)
			WRITE_ONCE(s->routes[n++], conn);
	WRITE_ONCE(s->nr_routes, n);
	for (i = n; i < ERL2_CONNS_MAX; i++)
		WRITE_ONCE(s->routes[i], NULL);
	/* Whoever chose by the old table has queued and sent by then. */
	synchronize_rcu();
}

/* The class has shown the object: it is freed under rx_queue_mutex only. */
static void mcs_bury(struct erl2_session *s, struct iscsi_cls_conn *cls)
{
	spin_lock_bh(&s->lock);
	list_add(&cls->conn_list, &s->graves);
	spin_unlock_bh(&s->lock);
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
	conn = list_first_entry_or_null(&s->spare, struct erl2_conn, node);
	if (conn)
		list_del_init(&conn->node);
	else
		conn = erl2_conn_alloc(s);
	if (!conn)
		goto put;
	erl2_conn_init(conn, cls, number);
	if (iscsi_add_conn(cls))
		goto spare;
	if (erl2_sysfs_add_conn(conn))
		goto remove;
	erl2_session_add_conn(s, conn);
	mcs_route(s);
	return conn;

remove:
	iscsi_remove_conn(cls);
	erl2_conn_retire(conn);
	mcs_bury(s, cls);
	return NULL;
spare:
	erl2_conn_retire(conn);
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

	erl2_sysfs_remove_conn(conn);
	iscsi_remove_conn(cls);
	conn->leaving = true;
	mcs_route(s);
	erl2_session_del_conn(s, conn);
	erl2_conn_retire(conn);
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

/* Has every connection a hardware queue of its own? */
static bool mcs_queue_each(const struct erl2_session *s, unsigned int n)
{
	return s->shost->nr_hw_queues >= n;
}

/**
 * erl2_mcs_pick() - choose the connection for a command
 * @s: session
 * @hwq: hardware queue it came through
 *
 * One that works, if there is any; otherwise one that is being recovered.
 *
 * Context: rcu_read_lock(); the caller looks at its state again under its lock.
 * Return: the connection.
 */
struct erl2_conn *erl2_mcs_pick(struct erl2_session *s, unsigned int hwq)
{
	unsigned int n = READ_ONCE(s->nr_routes), i, start = hwq;
	struct erl2_conn *conn, *best = NULL;

	if (likely(n <= 1))
		return erl2_session_leading(s);

	/* A lost update only makes two commands take the same connection. */
	if (!mcs_queue_each(s, n)) {
		start = READ_ONCE(s->turn);
		WRITE_ONCE(s->turn, start + 1);
	}
	for (i = 0; i < n; i++) {
		enum erl2_conn_state state;

		conn = READ_ONCE(s->routes[(start + i) % n]);
		if (!conn)
			continue;
		state = READ_ONCE(conn->state);
		if (state == ERL2_CONN_LOGGED_IN) {
			if (!READ_ONCE(conn->hold))
				return conn;
			best = conn;
		} else if (!best && state != ERL2_CONN_FREE) {
			best = conn;
		}
	}
	return best ?: erl2_session_leading(s);
}

/**
 * erl2_mcs_batches() - do commands of one queue run share a connection?
 * @s: session
 *
 * Context: any.
 * Return: true if sending may wait for the last command of a run.
 */
bool erl2_mcs_batches(const struct erl2_session *s)
{
	return likely(READ_ONCE(s->nr_routes) <= 1);
}

/**
 * erl2_mcs_kick() - send what a run of the queue left on several connections
 * @s: session
 *
 * Context: as erl2_conn_xmit().
 */
void erl2_mcs_kick(struct erl2_session *s)
{
	struct erl2_conn *conn;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		if (!list_empty_careful(&conn->cmdq))
			erl2_conn_xmit(conn);
	rcu_read_unlock();
}

/**
 * erl2_mcs_window_grew() - there is room for commands again
 * @s: session
 *
 * MaxCmdSN is the session's, whichever connection brought it (RFC 7143
 * 4.2.2.1); the others may wait for it and hear nothing.
 *
 * Context: any; no session->lock held.
 */
void erl2_mcs_window_grew(struct erl2_session *s)
{
	struct erl2_conn *conn;

	/* One that leaves is no route, and brings room all the same. */
	if (likely(READ_ONCE(s->nr_conns) <= 1))
		return;
	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		if (READ_ONCE(conn->starved))
			queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	rcu_read_unlock();
}

/**
 * erl2_mcs_survivor() - a connection that works beside one that does not
 * @s: session
 * @but: connection that is not meant, or NULL
 *
 * Context: may sleep; session->mutex held.
 * Return: the one last heard of, or NULL.
 */
struct erl2_conn *erl2_mcs_survivor(struct erl2_session *s,
				    const struct erl2_conn *but)
{
	struct erl2_conn *conn, *best = NULL;

	list_for_each_entry(conn, &s->conns, node) {
		if (conn == but || conn->leaving ||
		    READ_ONCE(conn->state) != ERL2_CONN_LOGGED_IN)
			continue;
		if (!best || time_after(conn->last_recv, best->last_recv))
			best = conn;
	}
	return best;
}

/**
 * erl2_mcs_any_up() - a connection for what concerns the whole session
 * @s: session
 *
 * Context: any.
 * Return: one that works, if there is any, otherwise the leading one, or NULL
 * before that was created.
 */
struct erl2_conn *erl2_mcs_any_up(struct erl2_session *s)
{
	struct erl2_conn *conn, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		if (READ_ONCE(conn->state) == ERL2_CONN_LOGGED_IN) {
			found = conn;
			break;
		}
	if (!found)
		found = erl2_session_leading(s);
	rcu_read_unlock();
	return found;
}

/**
 * erl2_mcs_portal() - where to open a connection
 * @conn: connection
 * @attempt: how many failed before
 * @to: the portal
 *
 * Connections are dealt out to the portals in turn; where one does not answer
 * the next one is tried.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_mcs_portal(struct erl2_conn *conn, unsigned int attempt,
		     struct sockaddr_storage *to)
{
	struct erl2_conn *lead = erl2_session_leading(conn->session);
	struct erl2_session *s = conn->session;
	unsigned int i, n = READ_ONCE(s->nr_portals);

	if (!attempt && conn->portal.ss_family != AF_UNSPEC) {
		*to = conn->portal;
		return;
	}
	i = (conn->cls->cid + attempt) % (n + 1);
	*to = i ? s->portals[i - 1] : lead->portal;
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
}

/* When to try it again; says so once, and when the reason changes. */
static void mcs_open_failed(struct erl2_conn *conn, const struct erl2_login *l,
			    int err)
{
	bool refused = l->status_class == ISCSI_STATUS_CLS_INITIATOR_ERR ||
		       l->status_class == ISCSI_STATUS_CLS_TARGET_ERR ||
		       err == -EPROTO;
	u16 status = l->status_class << 8 | l->status_detail;
	struct erl2_session *s = conn->session;
	bool barred = conn->barred;
	unsigned int delay;

	conn->add_tries++;
	conn->barred = refused && conn->add_tries >= REFUSALS_QUICK;
	if (conn->barred)
		delay = REFUSED_PAUSE * MSEC_PER_SEC;
	else
		delay = min_t(u64, (u64)s->tun.reconnect_delay <<
			      min(conn->add_tries, 20U),
			      s->tun.reconnect_delay_max);
	conn->add_after = jiffies + msecs_to_jiffies(delay);
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
		conn->add_tries = 0;
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
		mcs_route(s);
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
 * erl2_mcs_reset() - a new session begins with its leading connection alone
 * @s: session without sockets
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_mcs_reset(struct erl2_session *s)
{
	struct erl2_conn *lead = erl2_session_leading(s), *conn;

	list_for_each_entry(conn, &s->conns, node) {
		conn->hold = false;
		conn->logged_out = false;
		conn->logout_open = false;
		conn->logout_tries = 0;
		conn->retain_valid = false;
		conn->add_tries = 0;
		conn->add_after = jiffies;
		conn->barred = false;
		if (conn != lead)
			erl2_recovery_yield(conn, lead, true);
	}
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
 * erl2_mcs_add_portal() - name one more portal for connections
 * @s: session
 * @ss: its address
 *
 * Context: may sleep; no locks held.
 * Return: 0, -ENOSPC if there are too many, -EEXIST if it is known.
 */
int erl2_mcs_add_portal(struct erl2_session *s,
			const struct sockaddr_storage *ss)
{
	unsigned int i;
	int err = 0;

	spin_lock_bh(&s->lock);
	for (i = 0; i < s->nr_portals; i++)
		if (!memcmp(&s->portals[i], ss, sizeof(*ss)))
			err = -EEXIST;
	if (!err && s->nr_portals == ARRAY_SIZE(s->portals))
		err = -ENOSPC;
	if (!err) {
		s->portals[s->nr_portals] = *ss;
		WRITE_ONCE(s->nr_portals, s->nr_portals + 1);
	}
	spin_unlock_bh(&s->lock);
	if (err == -ENOSPC)
		erl2_session_err(s, "add_portal: not more than %zu portals\n",
				 ARRAY_SIZE(s->portals));
	return err;
}

/**
 * erl2_mcs_cut_work() - end the login of a further connection
 * @work: cut of a session, in which a connection failed meanwhile
 *
 * Context: work queue.
 */
void erl2_mcs_cut_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session, cut);

	erl2_session_abort_login(s, true);
}

/**
 * erl2_mcs_retry_work() - it is time to try a login again
 * @work: retry of a session
 *
 * Context: work queue.
 */
void erl2_mcs_retry_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(to_delayed_work(work),
					      struct erl2_session, retry);

	queue_work(s->wq, &s->recovery);
}
