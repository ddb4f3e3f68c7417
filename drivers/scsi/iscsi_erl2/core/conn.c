// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: lifetime and the states of RFC 7143 8.1.
 */
#include <linux/slab.h>
#include <net/sock.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "core/points.h"
#include "core/trace.h"
#include "proto/conn_state.h"

struct workqueue_struct *erl2_tx_wq;

static const char *const reason_names[ERL2_FAIL_NR] = {
	[ERL2_FAIL_NONE] = "none",
	[ERL2_FAIL_SOCKET] = "socket error",
	[ERL2_FAIL_CLOSED] = "closed by the target",
	[ERL2_FAIL_SEND_TIMEOUT] = "nothing could be sent",
	[ERL2_FAIL_NOP_TIMEOUT] = "no answer to a NOP-Out",
	[ERL2_FAIL_HEADER_DIGEST] = "header digest error",
	[ERL2_FAIL_DATA_DIGEST] = "data digest error",
	[ERL2_FAIL_SEQUENCE] = "hole in the target's numbering",
	[ERL2_FAIL_REJECT] = "command rejected",
	[ERL2_FAIL_FORMAT] = "format error",
	[ERL2_FAIL_ASYNC] = "dropped by the target",
	[ERL2_FAIL_DRILL] = "drill",
	[ERL2_FAIL_LOGIN] = "lost during recovery",
	[ERL2_FAIL_EH] = "error handler",
	[ERL2_FAIL_EXPIRED] = "recovery_tmo ran out",
};

/**
 * erl2_reason_name() - why a connection failed, for people
 * @reason: reason
 *
 * Context: any.
 * Return: the text.
 */
const char *erl2_reason_name(enum erl2_reason reason)
{
	return reason < ERL2_FAIL_NR ? reason_names[reason] : "unknown";
}

/**
 * erl2_conn_alloc() - allocate a connection
 * @s: session that will own it
 *
 * Context: may sleep.
 * Return: a spare connection, or NULL.
 */
struct erl2_conn *erl2_conn_alloc(struct erl2_session *s)
{
	struct erl2_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	conn->rx.buf = kmalloc(ERL2_RX_BUF_LEN + ERL2_RX_SCRATCH_LEN,
			       GFP_KERNEL);
	if (!conn->rx.buf) {
		kfree(conn);
		return NULL;
	}
	INIT_LIST_HEAD(&conn->node);
	conn->session = s;
	spin_lock_init(&conn->lock);
	conn->state = ERL2_CONN_FREE;
	INIT_LIST_HEAD(&conn->ctlq);
	INIT_LIST_HEAD(&conn->dataq);
	INIT_LIST_HEAD(&conn->cmdq);
	INIT_LIST_HEAD(&conn->snack.held);
	return conn;
}

/**
 * erl2_conn_free() - free a connection
 * @conn: retired connection of a session that nobody can reach any more
 *
 * Context: may sleep.
 */
void erl2_conn_free(struct erl2_conn *conn)
{
	kfree(conn->rx.buf);
	kfree(conn);
}

/**
 * erl2_conn_init() - a spare connection gets its name
 * @conn: spare connection
 * @cls: the class's object
 * @cid: CID
 *
 * Context: may sleep.
 */
void erl2_conn_init(struct erl2_conn *conn, struct iscsi_cls_conn *cls, u16 cid)
{
	conn->cls = cls;
	cls->dd_data = conn;
	conn->cid = cid;
	conn->hold = false;
	conn->reason = ERL2_FAIL_NONE;
	conn->retain_valid = false;
	conn->leaving = false;
	conn->logged_out = false;
	conn->logout_open = false;
	conn->logout_tries = 0;
	conn->add_tries = 0;
	conn->add_after = jiffies;
	conn->add_asked = false;
	conn->barred = false;
	conn->cid_used = false;
	memset(&conn->stats, 0, sizeof(conn->stats));
	memset(&conn->portal, 0, sizeof(conn->portal));
	memset(&conn->local, 0, sizeof(conn->local));
}

/**
 * erl2_conn_set_state() - change the RFC 7143 8.1 state
 * @conn: connection
 * @state: new state; what 8.1 does not allow is refused, with a warning
 *
 * Context: any; conn->lock held.
 */
void erl2_conn_set_state(struct erl2_conn *conn, enum erl2_conn_state state)
{
	lockdep_assert_held(&conn->lock);

	if (conn->state == state)
		return;
	if (WARN_ONCE(!erl2_conn_transition_ok(conn->state, state),
		      "connection from %s to %s\n",
		      erl2_conn_state_name(conn->state),
		      erl2_conn_state_name(state)))
		return;
	trace_conn_state(conn, conn->state, state);
	conn->state = state;
}

/**
 * erl2_conn_wake_recovery() - there is something to do about a connection
 * @s: session; the connection's state says what
 *
 * Context: any; conn->lock held.
 */
void erl2_conn_wake_recovery(struct erl2_session *s)
{
	queue_work(s->wq, &s->recovery);
	/* Recovery must not wait for the login of a further connection. */
	if (READ_ONCE(s->adding))
		queue_work(erl2_tx_wq, &s->cut);
	wake_up(&s->wait);
}

/**
 * erl2_conn_fail_locked() - a connection is not to be used any more
 * @conn: connection
 * @reason: why
 *
 * Only marks it and wakes recovery; idempotent: the first reason counts. A
 * connection that is not in Full Feature Phase is somebody's business already.
 *
 * Context: any; conn->lock held.
 */
void erl2_conn_fail_locked(struct erl2_conn *conn, enum erl2_reason reason)
{
	struct erl2_session *s = conn->session;

	lockdep_assert_held(&conn->lock);

	switch (conn->state) {
	case ERL2_CONN_LOGGED_IN:
	case ERL2_CONN_IN_LOGOUT:
	case ERL2_CONN_LOGOUT_REQUESTED:
		break;
	default:
		return;
	}
	conn->reason = reason;
	conn->failed_at = ktime_get();
	conn->t2w = s->keys.time2wait;
	conn->t2r = s->keys.time2retain;
	erl2_conn_set_state(conn, ERL2_CONN_CLEANUP_WAIT);

	/* RFC 7143 7.7: a format error is nothing a connection recovers from */
	if (reason == ERL2_FAIL_FORMAT)
		set_bit(ERL2_SESSION_LOST, &s->flags);
	erl2_conn_wake_recovery(s);
}

/**
 * erl2_conn_fail() - a connection is not to be used any more
 * @conn: connection
 * @reason: why
 *
 * Context: any but hard interrupt; no conn->lock held.
 */
void erl2_conn_fail(struct erl2_conn *conn, enum erl2_reason reason)
{
	spin_lock_bh(&conn->lock);
	erl2_conn_fail_locked(conn, reason);
	spin_unlock_bh(&conn->lock);
}

/**
 * erl2_conn_is_up() - may PDUs be taken from this connection?
 * @conn: connection
 *
 * Context: any; a snapshot unless conn->lock is held.
 * Return: true in Full Feature Phase, Logout included.
 */
bool erl2_conn_is_up(struct erl2_conn *conn)
{
	switch (READ_ONCE(conn->state)) {
	case ERL2_CONN_LOGGED_IN:
	case ERL2_CONN_IN_LOGOUT:
	case ERL2_CONN_LOGOUT_REQUESTED:
		return true;
	default:
		return false;
	}
}

/**
 * erl2_conn_get_sk() - get hold of a connection's socket
 * @conn: connection
 *
 * Context: any but hard interrupt; no conn->lock held.
 * Return: the socket with a reference for the caller, or NULL.
 */
struct sock *erl2_conn_get_sk(struct erl2_conn *conn)
{
	struct sock *sk;

	spin_lock_bh(&conn->lock);
	sk = conn->sk;
	if (sk)
		sock_hold(sk);
	spin_unlock_bh(&conn->lock);
	return sk;
}

/**
 * erl2_conn_own() - keep sender and receiver off a connection's tasks
 * @conn: connection
 *
 * Takes the lock of its socket, if there is one, and conn->lock. A socket that
 * comes or goes meanwhile is noticed.
 *
 * Context: may sleep; no conn->lock, no socket lock held. Both are held on
 * return, and softirqs disabled.
 * Return: what erl2_conn_disown() wants; NULL if there is no socket.
 */
struct sock *erl2_conn_own(struct erl2_conn *conn)
	__acquires(&conn->lock)
{
	struct sock *sk;

	for (;;) {
		sk = erl2_conn_get_sk(conn);
		erl2_point(ERL2_POINT_TAKE);
		if (sk)
			lock_sock(sk);
		spin_lock_bh(&conn->lock);
		if (conn->sk == sk)
			return sk;
		erl2_conn_disown(conn, sk);
	}
}

/**
 * erl2_conn_disown() - let sender and receiver go on
 * @conn: connection
 * @sk: what erl2_conn_own() returned
 *
 * Context: may sleep.
 */
void erl2_conn_disown(struct erl2_conn *conn, struct sock *sk)
	__releases(&conn->lock)
{
	spin_unlock_bh(&conn->lock);
	if (sk) {
		release_sock(sk);
		sock_put(sk);
	}
}

/**
 * erl2_conn_tasks() - count the commands allegiant to a connection
 * @conn: connection
 *
 * Context: any; a snapshot.
 * Return: the number.
 */
unsigned int erl2_conn_tasks(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i, n = 0;

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && READ_ONCE(task->conn) == conn)
			n++;
	}
	return n;
}

/**
 * erl2_conn_tasks_sent() - does the target have commands of this connection?
 * @conn: connection
 *
 * Context: any; a snapshot.
 * Return: true if one was sent and has not ended.
 */
bool erl2_conn_tasks_sent(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && READ_ONCE(task->conn) == conn &&
		    READ_ONCE(task->flags) & ERL2_TASK_SENT)
			return true;
	}
	return false;
}
