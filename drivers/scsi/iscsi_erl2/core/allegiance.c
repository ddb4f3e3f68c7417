// SPDX-License-Identifier: GPL-2.0
/*
 * Which connection a command goes to, and how it changes that (RFC 7143 4.2.5.1,
 * 7.2.1).
 */
#include <scsi/scsi_cmnd.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/task.h"
#include "core/trace.h"
#include "proto/conn_state.h"
#include "proto/task_verdict.h"

/**
 * erl2_session_leading() - the connection iscsid knows
 * @s: session
 *
 * Context: any; the connection lives as long as its session.
 * Return: the leading connection or NULL before it was created.
 */
struct erl2_conn *erl2_session_leading(struct erl2_session *s)
{
	return list_first_or_null_rcu(&s->conns, struct erl2_conn, node);
}

static unsigned int allegiance_sort_locked(struct erl2_conn *from,
					   struct erl2_conn *to)
{
	struct erl2_session *s = from->session;
	unsigned int retried = 0, i;

	lockdep_assert_held(&from->lock);
	lockdep_assert_held(&to->lock);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (!task || task->conn != from)
			continue;
		spin_lock(&s->lock);
		switch (erl2_decide(&s->sn, task->flags & ERL2_TASK_SENT,
				    false, task->cmdsn)) {
		case ERL2_RETRY:
			erl2_task_rewind(task);
			erl2_task_move(task, to);
			erl2_task_requeue(to, task);
			task->flags &= ~ERL2_TASK_GUESS;
			trace_task_retry(to, task);
			retried++;
			break;
		case ERL2_REASSIGN:
			list_del_init(&task->node);
			erl2_task_set_state(task, ERL2_TASK_HELD);
			task->flags &= ~(ERL2_TASK_ASKED | ERL2_TASK_AGAIN |
					 ERL2_TASK_RETRY | ERL2_TASK_GUESS);
			erl2_task_move(task, to);
			break;
		default:
			WARN_ON_ONCE(task->state != ERL2_TASK_QUEUED);
			erl2_task_move(task, to);
			if (from != to)
				list_move_tail(&task->node, &to->cmdq);
			break;
		}
		spin_unlock(&s->lock);
	}
	return retried;
}

/**
 * erl2_recovery_sort() - what becomes of the commands of a logged-out connection?
 * @from: connection without a socket; ExpCmdSN is known
 * @to: where they all go; @from itself when that was reinstated
 *
 * RFC 7143 7.2.1: only now can that be told.
 *
 * Context: may sleep; session->mutex held.
 * Return: how many are sent again with their CmdSN.
 */
unsigned int erl2_recovery_sort(struct erl2_conn *from, struct erl2_conn *to)
{
	unsigned int retried;

	spin_lock_bh(&from->lock);
	if (from == to) {
		retried = allegiance_sort_locked(from, to);
	} else {
		/* Only one takes two of these: we hold session->mutex. */
		spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
		retried = allegiance_sort_locked(from, to);
		erl2_conn_set_state(from, ERL2_CONN_FREE);
		spin_unlock(&to->lock);
	}
	spin_unlock_bh(&from->lock);
	atomic64_add(retried, &from->session->stats.tasks_retried);
	return retried;
}

/**
 * erl2_recovery_yield() - commands that were not sent go to another connection
 * @from: connection that does not work, or is not to be used any more
 * @to: one that takes them
 * @free: nothing of @from is left at the target
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_recovery_yield(struct erl2_conn *from, struct erl2_conn *to,
			 bool free)
{
	struct erl2_task *task, *next;
	struct sock *sk;

	lockdep_assert_held(&from->session->mutex);

	sk = erl2_conn_own(from);
	spin_lock_nested(&to->lock, SINGLE_DEPTH_NESTING);
	list_for_each_entry_safe(task, next, &from->cmdq, node) {
		if (task->flags & ERL2_TASK_SENT)
			continue;
		erl2_task_move(task, to);
		list_move_tail(&task->node, &to->cmdq);
	}
	if (free)
		erl2_conn_set_state(from, ERL2_CONN_FREE);
	spin_unlock(&to->lock);
	erl2_conn_disown(from, sk);
	queue_delayed_work(erl2_tx_wq, &to->tx_work, 0);
}

/**
 * erl2_mcs_route() - choose anew which connections commands are dealt out to
 * @s: session whose list of connections, or one that leaves, has changed
 *
 * Context: may sleep; session->mutex held, or the session is stopped.
 */
void erl2_mcs_route(struct erl2_session *s)
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
 * erl2_session_drop_cid() - the target dropped another connection
 * @s: session
 * @cid: its CID
 * @t2w: Time2Wait for it
 * @t2r: Time2Retain for it
 *
 * Context: any; no conn->lock held.
 */
void erl2_session_drop_cid(struct erl2_session *s, u16 cid, unsigned int t2w,
			   unsigned int t2r)
{
	struct erl2_conn *conn;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node) {
		if (conn->cid != cid)
			continue;
		spin_lock_bh(&conn->lock);
		if (erl2_conn_is_up(conn))
			erl2_conn_fail_locked(conn, ERL2_FAIL_ASYNC);
		/*
		 * RFC 7143 7.5.1: for a loss that TCP has told already these
		 * times count, too, as long as nothing was done about it.
		 */
		if (conn->state == ERL2_CONN_CLEANUP_WAIT &&
		    !conn->retain_valid) {
			conn->t2w = t2w;
			conn->t2r = t2r;
		}
		spin_unlock_bh(&conn->lock);
	}
	rcu_read_unlock();
}

/**
 * erl2_session_drop_all() - the target dropped all connections
 * @but: the one the news came on: its caller sees to it
 * @t2w: Time2Wait
 * @t2r: Time2Retain
 *
 * Context: any; no conn->lock held.
 */
void erl2_session_drop_all(struct erl2_conn *but, unsigned int t2w,
			   unsigned int t2r)
{
	struct erl2_session *s = but->session;
	struct erl2_conn *conn;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		if (conn != but)
			erl2_session_drop_cid(s, conn->cid, t2w, t2r);
	rcu_read_unlock();
}
