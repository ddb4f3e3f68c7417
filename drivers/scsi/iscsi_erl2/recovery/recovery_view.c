// SPDX-License-Identifier: GPL-2.0
/*
 * What there is to recover, and when.
 */
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/erl2.h"
#include "core/session.h"
#include "proto/conn_state.h"
#include "recovery/recovery_view.h"

/* Seconds that a recovery may take at least, see erl2_recovery_limit(). */
#define RECOVERY_LEAST	5

/**
 * erl2_session_is_lost() - is a new session the only way?
 * @s: session
 *
 * Context: any.
 * Return: true if so, whatever becomes of its connections.
 */
bool erl2_session_is_lost(struct erl2_session *s)
{
	return test_bit(ERL2_SESSION_LOST, &s->flags) ||
	       test_bit(ERL2_SESSION_RESET, &s->flags);
}

/**
 * erl2_recovery_news() - did a connection fail that was not closed yet?
 * @s: session
 *
 * That comes first.
 *
 * Context: may sleep; session->mutex held.
 * Return: true if so.
 */
bool erl2_recovery_news(struct erl2_session *s)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (READ_ONCE(conn->state) == ERL2_CONN_CLEANUP_WAIT &&
		    conn->sock)
			return true;
	return false;
}

/**
 * erl2_recovery_requested() - a connection that the target wants logged out
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 * Return: the connection, or NULL.
 */
struct erl2_conn *erl2_recovery_requested(struct erl2_session *s)
{
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node)
		if (conn->state == ERL2_CONN_LOGOUT_REQUESTED)
			return conn;
	return NULL;
}

/**
 * erl2_recovery_wait_until() - wait until a point in time
 * @s: session
 * @until: the point
 * @requests: a connection that is to be logged out ends the wait
 *
 * Context: may sleep; session->mutex held.
 * Return: 0, -EINTR to stop, -ESTALE for a lost session, -EAGAIN when another
 * connection failed meanwhile.
 */
int erl2_recovery_wait_until(struct erl2_session *s, ktime_t until,
			     bool requests)
{
	ktime_t left = ktime_sub(until, ktime_get());

	if (left > 0)
		wait_event_hrtimeout(s->wait, erl2_session_interrupted(s) ||
				     erl2_session_is_lost(s) || erl2_recovery_news(s) ||
				     (requests && erl2_recovery_requested(s)),
				     left);
	if (erl2_session_interrupted(s))
		return -EINTR;
	if (erl2_session_is_lost(s))
		return -ESTALE;
	return erl2_recovery_news(s) ? -EAGAIN : 0;
}

/**
 * erl2_recovery_takes_too_long() - does the target want more patience than the
 *	administrator has?
 * @s: session
 * @t2w: Time2Wait of the target, in seconds
 *
 * Its commands would stand still that long.
 *
 * Context: any.
 * Return: true if so.
 */
bool erl2_recovery_takes_too_long(struct erl2_session *s, unsigned int t2w)
{
	return t2w > READ_ONCE(s->tun.time2wait_max);
}

/**
 * erl2_recovery_limit() - until when a connection may be recovered
 * @conn: failed connection
 *
 * Its commands wait as long as recovery_tmo, which does not run while other
 * connections work.
 *
 * Context: may sleep; session->mutex held.
 * Return: the time, KTIME_MAX for no limit.
 */
ktime_t erl2_recovery_limit(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	int tmo = READ_ONCE(s->cls->recovery_tmo);

	if (tmo < 0)
		return KTIME_MAX;
	return ktime_add_ms(conn->retain_valid ? conn->outage_at :
						 conn->failed_at,
			    max(tmo, RECOVERY_LEAST) * MSEC_PER_SEC);
}

/**
 * erl2_recovery_due() - when something may be done about a failed connection
 * @conn: failed connection
 *
 * Context: may sleep; session->mutex held.
 * Return: the time.
 */
ktime_t erl2_recovery_due(struct erl2_conn *conn)
{
	ktime_t due;

	/* RFC 7143 11.15.3: what the Logout Response said */
	if (conn->logged_out)
		return conn->move_after;
	/* RFC 7143 7.5: neither logout nor reassignment before Time2Wait */
	spin_lock_bh(&conn->lock);
	due = ktime_add_ms(conn->failed_at, conn->t2w * MSEC_PER_SEC);
	spin_unlock_bh(&conn->lock);
	return due;
}

/* The lower, the surer that the target still has this CID. */
static unsigned int recovery_doubt(const struct erl2_conn *conn)
{
	return conn->logged_out ? 2 : conn->logout_open;
}

/**
 * erl2_recovery_next() - the failed connection to do something about next
 * @s: session
 *
 * The one that is due first, but if none works one that is not logged out,
 * since its login comes first.
 *
 * Context: may sleep; session->mutex held.
 * Return: the connection, or NULL.
 */
struct erl2_conn *erl2_recovery_next(struct erl2_session *s)
{
	struct erl2_conn *conn, *best = NULL;
	bool up = erl2_mcs_survivor(s, NULL);

	list_for_each_entry(conn, &s->conns, node) {
		if (conn->state != ERL2_CONN_CLEANUP_WAIT)
			continue;
		if (!best ||
		    (!up && recovery_doubt(conn) < recovery_doubt(best))) {
			best = conn;
			continue;
		}
		if (!up && recovery_doubt(conn) > recovery_doubt(best))
			continue;
		if (ktime_before(erl2_recovery_due(conn), erl2_recovery_due(best)))
			best = conn;
	}
	return best;
}

/**
 * erl2_recovery_is_due() - may something be done about a failed connection now?
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 * Return: true if so.
 */
bool erl2_recovery_is_due(struct erl2_session *s)
{
	struct erl2_conn *conn = erl2_recovery_next(s);

	return conn && !ktime_after(erl2_recovery_due(conn), ktime_get());
}

/**
 * erl2_recovery_wanted() - is there something more urgent than what goes on?
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 * Return: true if recovery has to do something.
 */
bool erl2_recovery_wanted(struct erl2_session *s)
{
	return erl2_recovery_requested(s) || erl2_recovery_next(s) ||
	       erl2_session_is_lost(s) || erl2_session_interrupted(s);
}
