// SPDX-License-Identifier: GPL-2.0
/*
 * Supervision of a connection: pings, and what has stood still too long.
 */
#include <net/tcp.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "io/command_retry.h"
#include "io/keepalive.h"
#include "io/nop.h"
#include "io/send.h"
#include "io/snack.h"
#include "proto/conn_state.h"

/* How long TCP may refuse every byte where NOPs are switched off. */
#define SEND_TIMEOUT	(30 * HZ)

/*
 * A ping whose answer stands behind data that still comes may take longer than
 * noop_out_timeout, but not more than that many times.
 */
#define PING_AGE_MAX	4

/* The ping ended: by an answer, a Reject, or with its connection. */
static void nop_done(struct erl2_ctl *ctl)
{
	struct erl2_conn *conn = ctl->task.conn;

	lockdep_assert_held(&conn->lock);
	if (!ctl->status)
		conn->snack.ponged = conn->ping_sent;
	conn->ping = NULL;
	erl2_ctl_put(conn->session, ctl);
}

/* Returns true if a ping was queued. */
static bool nop_ping(struct erl2_conn *conn)
{
	struct erl2_ctl *ctl = erl2_ctl_get(conn->session);

	lockdep_assert_held(&conn->lock);
	if (!ctl)
		return false;
	erl2_nop_header(&ctl->hdr);
	ctl->notify = nop_done;
	if (erl2_ctl_queue(conn, ctl)) {
		erl2_ctl_put(conn->session, ctl);
		return false;
	}
	conn->ping = ctl;
	conn->ping_sent = jiffies;
	return true;
}

/**
 * erl2_nop_pending() - is the connection being tested right now?
 * @conn: connection
 *
 * Starts a test if there was silence since the last one, so that the SCSI
 * error handler is only asked about a connection known to work.
 *
 * Context: any; no conn->lock held.
 * Return: true while the outcome is open.
 */
bool erl2_nop_pending(struct erl2_conn *conn)
{
	const struct erl2_node *node = &conn->session->node;
	bool pending, sent = false;

	if (!node->ping_tmo)
		return false;

	spin_lock_bh(&conn->lock);
	if (!conn->ping && conn->state == ERL2_CONN_LOGGED_IN &&
	    time_after(jiffies, conn->last_recv + node->recv_tmo * HZ))
		sent = nop_ping(conn);
	pending = conn->ping;
	spin_unlock_bh(&conn->lock);
	if (sent)
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	return pending;
}

/* What TCP got through to the target shows that the connection works, too. */
static void nop_note_acked(struct erl2_conn *conn, struct sock *sk)
{
	u64 acked = tcp_sk(sk)->bytes_acked;

	if (acked - conn->acked_octets < ERL2_MOVED)
		return;
	conn->acked_octets = acked;
	conn->last_moved = jiffies;
}

/*
 * Is there no hope for an answer to the ping any more? A few bytes now and then do
 * not show that the target means to answer.
 */
static bool nop_is_lost(const struct erl2_conn *conn, unsigned long tmo)
{
	if (!time_after(jiffies, conn->ping_sent + tmo))
		return false;
	return time_after(jiffies, READ_ONCE(conn->last_moved) + tmo) ||
	       time_after(jiffies, conn->ping_sent + PING_AGE_MAX * tmo);
}

/* What is wrong with the connection, if anything. Under erl2_conn_own(). */
static enum erl2_reason nop_check(struct erl2_conn *conn, bool *sent)
{
	const struct erl2_node *node = &conn->session->node;
	unsigned long limit = SEND_TIMEOUT;

	if (conn->ping) {
		if (nop_is_lost(conn, node->ping_tmo * HZ))
			return ERL2_FAIL_NOP_TIMEOUT;
	} else if (node->ping_tmo && node->recv_tmo &&
		   time_after_eq(jiffies, conn->last_recv +
				 node->recv_tmo * HZ)) {
		*sent = nop_ping(conn);
	}

	if (node->ping_tmo && node->recv_tmo)
		limit = (node->ping_tmo + node->recv_tmo) * HZ;
	if (READ_ONCE(conn->tx.phase) != ERL2_TX_IDLE &&
	    time_after(jiffies, READ_ONCE(conn->last_sent) + limit))
		return ERL2_FAIL_SEND_TIMEOUT;
	return ERL2_FAIL_NONE;
}

/* Has a command or an answer to a SNACK been lost? True: send something. */
static bool nop_level1(struct erl2_conn *conn)
{
	if (READ_ONCE(conn->snack.busy) &&
	    time_after(jiffies, READ_ONCE(conn->snack.since) +
		       ERL2_SNACK_TIMEOUT)) {
		WRITE_ONCE(conn->snack.due, true);
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	}
	switch (erl2_retry_stalled(conn)) {
	case ERL2_STALL_ASK:
		return !conn->ping && nop_ping(conn);
	case ERL2_STALL_RETRIED:
		return true;
	default:
		return false;
	}
}

/*
 * Has the target statuses that it keeps for us although we have them? On a
 * connection with nothing to send it would have them for ever, and with several
 * connections a reset waits for that (RFC 7143 4.2.2.2, 4.2.3.3).
 */
static bool nop_owes_ack(struct erl2_conn *conn)
{
	return conn->session->keys.erl &&
	       READ_ONCE(conn->acked_statsn) != READ_ONCE(conn->exp_statsn) &&
	       time_after_eq(jiffies, READ_ONCE(conn->last_sent) + HZ);
}

/* When to look again: at the latest in a second, at once when time is up. */
static unsigned long nop_next(struct erl2_conn *conn)
{
	const struct erl2_node *node = &conn->session->node;
	unsigned long due;

	if (!node->ping_tmo || !node->recv_tmo)
		return HZ;
	if (conn->ping) {
		due = conn->ping_sent;
		if (time_after(conn->last_moved, due))
			due = conn->last_moved;
		due += node->ping_tmo * HZ + 1;
	} else {
		due = conn->last_recv + node->recv_tmo * HZ;
	}
	return clamp_t(long, due - jiffies, 1, HZ);
}

/**
 * keepalive_work() - look after a connection, once a second or more often
 * @work: timer of a connection
 *
 * Context: work queue.
 */
static void keepalive_work(struct work_struct *work)
{
	struct erl2_conn *conn = container_of(to_delayed_work(work),
					      struct erl2_conn, timer);
	enum erl2_reason reason = ERL2_FAIL_NONE;
	bool sent = false, ack = false, up;
	unsigned long next;
	struct sock *sk;

	/* A command that was lost is queued again from here. */
	sk = erl2_conn_own(conn);
	if (sk)
		nop_note_acked(conn, sk);
	up = conn->state == ERL2_CONN_LOGGED_IN ||
	     conn->state == ERL2_CONN_LOGOUT_REQUESTED;
	if (up)
		reason = nop_check(conn, &sent);
	if (up && !reason)
		sent |= nop_level1(conn);
	if (reason) {
		conn->stats.timeout_errs++;
		erl2_conn_fail_locked(conn, reason);
	} else if (up && !sent) {
		ack = nop_owes_ack(conn);
	}
	next = nop_next(conn);
	erl2_conn_disown(conn, sk);

	if (ack) {
		static const struct scsi_lun none;

		erl2_nop_reply(conn, &none, cpu_to_be32(ISCSI_RESERVED_TAG));
	}
	if (sent || ack)
		erl2_conn_xmit(conn);
	if (up && !reason)
		queue_delayed_work(erl2_tx_wq, &conn->timer, next);
}

/**
 * erl2_keepalive_init() - set up the supervision of a new connection
 * @conn: connection
 *
 * Context: any.
 */
void erl2_keepalive_init(struct erl2_conn *conn)
{
	INIT_DELAYED_WORK(&conn->timer, keepalive_work);
}
