// SPDX-License-Identifier: GPL-2.0
/*
 * The work that brings a session back, and keeps its connections.
 */
#include <linux/sched/mm.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/session.h"
#include "core/trace.h"
#include "proto/conn_state.h"
#include "recovery/conn_recovery.h"
#include "recovery/connect.h"
#include "recovery/mcs.h"
#include "recovery/reassign.h"
#include "recovery/recovery_view.h"
#include "recovery/recovery_work.h"
#include "recovery/session_recovery.h"
#include "recovery/session_setup.h"

/* RFC 7143 7.1.4.3: close our end of what failed before anything else. */
static void recovery_close_failed(struct erl2_session *s)
{
	struct erl2_conn *conn, *other;

	list_for_each_entry(conn, &s->conns, node) {
		if (READ_ONCE(conn->state) != ERL2_CONN_CLEANUP_WAIT ||
		    !conn->sock)
			continue;
		trace_recovery_begin(conn, conn->reason);
		conn->untold = conn->reason;
		if (!erl2_recovery_possible(s, conn)) {
			erl2_conn_err(conn, "failed: %s; starting a new session\n",
				      erl2_reason_name(conn->untold));
			conn->untold = ERL2_FAIL_NONE;
		}
		erl2_conn_close(conn, false);
		conn->hold = false;
	}
	/* What was not sent need not wait for the recovery, or for a login. */
	list_for_each_entry(conn, &s->conns, node) {
		if (list_empty(&conn->cmdq) ||
		    (conn->state != ERL2_CONN_CLEANUP_WAIT &&
		     conn->state != ERL2_CONN_FREE))
			continue;
		other = erl2_mcs_survivor(s, conn);
		if (other)
			erl2_recovery_yield(conn, other, false);
	}
}

/* One thing that has to be recovered. Returns false when there is nothing. */
static bool recovery_round(struct erl2_session *s)
{
	struct erl2_conn *conn;
	int err = -ESTALE;

	if (s->state == ERL2_SESSION_FREE)
		return false;

	recovery_close_failed(s);
	if (!erl2_session_is_lost(s)) {
		conn = erl2_recovery_requested(s);
		if (conn && !erl2_recovery_is_due(s)) {
			erl2_recovery_requested_logout(conn);
			return true;
		}
		conn = erl2_recovery_next(s);
		if (!conn) {
			if (s->state != ERL2_SESSION_UP)
				erl2_session_end_outage(s);
			return false;
		}
		if (erl2_recovery_possible(s, conn)) {
			erl2_session_begin_outage(s, ERL2_SESSION_RECOVERING);
			err = erl2_recovery_conn(conn);
			if (err)
				erl2_recovery_tell(conn);
		}
		if (!err || err == -EAGAIN || err == -EINTR)
			return true;
	}
	erl2_session_begin_outage(s, ERL2_SESSION_REINSTATING);
	erl2_reinstate(s);
	return true;
}

/*
 * One thing that has to be done. Returns false when there is nothing. What brings
 * I/O back may use the memory kept for emergencies, since it may be what frees
 * some; to have more connections is not that urgent.
 */
static bool recovery_step(struct erl2_session *s)
{
	unsigned int noreclaim = memalloc_noreclaim_save();
	bool more = recovery_round(s);

	memalloc_noreclaim_restore(noreclaim);
	if (more)
		return true;
	return s->state == ERL2_SESSION_UP && !erl2_session_is_lost(s) &&
	       erl2_mcs_adjust(s);
}

/**
 * recovery_work() - bring a session back to work
 * @work: recovery of a session
 *
 * Goes on until every connection is up, the kernel gives up, or the session
 * is to stop. A failure in the middle of it only makes it go round again.
 *
 * Context: work queue; takes session->mutex.
 */
static void recovery_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session,
					      recovery);
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&s->mutex);
	while (!erl2_session_interrupted(s) &&
	       !test_bit(ERL2_SESSION_GAVE_UP, &s->flags) &&
	       recovery_step(s))
		cond_resched();
	mutex_unlock(&s->mutex);
	memalloc_noio_restore(noio);
}

/**
 * erl2_recovery_init() - set up a session's recovery
 * @s: session
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM. erl2_session_destroy() frees what it allocates.
 */
int erl2_recovery_init(struct erl2_session *s)
{
	INIT_WORK(&s->recovery, recovery_work);
	erl2_session_setup_init(s);
	erl2_mcs_init(s);
	s->reassign = erl2_reassign_room(s->cmds_max);
	return s->reassign ? 0 : -ENOMEM;
}
