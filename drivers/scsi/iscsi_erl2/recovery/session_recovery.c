// SPDX-License-Identifier: GPL-2.0
/*
 * Session recovery, RFC 7143 7.1.4.4, 6.3.5: a new session with the same ISID
 * takes the place of the one that cannot be continued.
 */
#include <linux/if.h>
#include <linux/inet.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/points.h"
#include "core/session.h"
#include "core/trace.h"
#include "proto/conn_state.h"
#include "proto/login.h"
#include "recovery/connect.h"
#include "recovery/portal.h"
#include "recovery/session_end.h"
#include "recovery/session_recovery.h"
#include "recovery/session_setup.h"

/*
 * RFC 7143 11.13.5: will the same login be refused for ever? "Not found" may
 * be a target that is just being set up again, while I/O still waits for it.
 */
static bool reinstate_hopeless(struct erl2_session *s,
			       const struct erl2_login *l)
{
	if (l->status_class != ISCSI_STATUS_CLS_INITIATOR_ERR)
		return false;
	switch (l->status_detail) {
	case ISCSI_LOGIN_STATUS_ISID_ERROR:
		return false;
	case ISCSI_LOGIN_STATUS_TGT_NOT_FOUND:
		return test_bit(ERL2_SESSION_EXPIRED, &s->flags);
	default:
		return true;
	}
}

/* One login with TSIH 0, redirections followed. */
static int reinstate_login(struct erl2_conn *conn, struct erl2_login *l)
{
	struct erl2_session *s = conn->session;
	struct sockaddr_storage to = conn->portal;
	unsigned int hops;
	int err;

	for (hops = 0; hops < ERL2_REDIRECTS_MAX; hops++) {
		err = erl2_conn_open(conn, ERL2_LOGIN_LEADING, &to, l,
				     &conn->login_sock);
		if (err != -EREMOTE)
			return err;
		if (erl2_target_address(s, l->target_address, &to))
			return -EREMOTE;
	}
	return err;
}

/* Leave it to iscsid. Commands wait on, as long as recovery_tmo lets them. */
static void reinstate_give_up(struct erl2_session *s, struct erl2_conn *conn,
			      const struct erl2_login *l)
{
	erl2_session_err(s, "target refuses a new session (status 0x%02x%02x), leaving it to iscsid\n",
			 l->status_class, l->status_detail);
	set_bit(ERL2_SESSION_GAVE_UP, &s->flags);
	erl2_session_set_state(s, ERL2_SESSION_FAILED);
	erl2_session_block(s);
	iscsi_conn_error_event(conn->cls, ISCSI_ERR_CONN_FAILED);
}

/*
 * RFC 7143 7.5: the implicit logout has to wait for Time2Wait, too, but not for
 * longer than the administrator has patience.
 */
static int reinstate_wait(struct erl2_session *s, ktime_t *failed_at)
{
	ktime_t due = 0, after;
	struct erl2_conn *conn;

	list_for_each_entry(conn, &s->conns, node) {
		if (READ_ONCE(conn->state) != ERL2_CONN_CLEANUP_WAIT ||
		    !conn->reason)
			continue;
		after = ktime_add_ms(conn->failed_at, conn->t2w * MSEC_PER_SEC);
		if (conn->t2w <= READ_ONCE(s->tun.time2wait_max) &&
		    ktime_after(after, due))
			due = after;
		if (ktime_before(conn->failed_at, *failed_at))
			*failed_at = conn->failed_at;
	}
	return erl2_session_sleep(s, max_t(s64, 0, ktime_ms_delta(due,
								  ktime_get())));
}

/*
 * Nothing of the old session is to be left at the target, where it had several
 * connections; the only one ends with the login that takes its place. Returns
 * 1 when that is so, 0 when it has to be seen to, -EINTR to stop.
 */
static int reinstate_end(struct erl2_session *s, struct erl2_login *l,
			 ktime_t *failed_at)
{
	struct erl2_conn *lead = erl2_session_leading(s);
	bool several = erl2_session_several(s), ended = true;
	int err;

	if (several) {
		erl2_session_end_begin(s);
	} else {
		erl2_conn_fail(lead, ERL2_FAIL_EH);
		erl2_conn_close(lead, false);
	}
	set_bit(ERL2_SESSION_LOST, &s->flags);
	err = reinstate_wait(s, failed_at);
	/* Whoever stops the session closes what is left of it. */
	if (err)
		return err;
	if (several) {
		ended = erl2_session_end(s, l);
		/* The last connection that worked is gone. */
		erl2_session_begin_outage(s, ERL2_SESSION_REINSTATING);
		if (!ended)
			err = reinstate_wait(s, failed_at);
	}
	if (err || erl2_session_interrupted(s))
		return -EINTR;
	return ended;
}

/**
 * erl2_reinstate() - replace the session by a new one
 * @s: session that cannot be continued
 *
 * Context: may sleep; session->mutex held.
 * Return: 0 with a new session, -EINTR to stop, -EACCES when iscsid was told.
 */
int erl2_reinstate(struct erl2_session *s)
{
	struct erl2_conn *lead = erl2_session_leading(s);
	unsigned int delay = s->tun.reconnect_delay;
	unsigned int attempt, tries = 0;
	ktime_t failed_at = ktime_get();
	struct erl2_login *l = s->login;
	int ended, err;

	erl2_point(ERL2_POINT_REINSTATE);
	ended = reinstate_end(s, l, &failed_at);
	err = ended < 0 ? ended : 0;
	for (attempt = 1; !err; attempt++) {
		erl2_reinstate_portal(lead, attempt);
		if (!ended)
			err = erl2_session_end_rest(s, &lead->portal, l,
						    &tries);
		if (!err) {
			ended = true;
			err = reinstate_login(lead, l);
		}
		trace_session_reinstate(s, attempt, err);
		if (!err || err == -EINTR)
			break;
		if (attempt > 2)
			erl2_session_err(s, "attempt %u to log in again failed: %s (%d)\n",
					 attempt, l->why, err);
		if (reinstate_hopeless(s, l)) {
			reinstate_give_up(s, lead, l);
			err = -EACCES;
			break;
		}
		err = erl2_session_sleep(s, delay);
		if (err)
			break;
		delay = min(delay * 2, s->tun.reconnect_delay_max);
	}

	if (!err) {
		atomic64_inc(&s->stats.reinstatements);
		s->futile = 0;
		erl2_session_start(s, lead, lead->login_sock, false, l);
		lead->login_sock = NULL;
		erl2_session_info(s, "new session after %lld ms\n",
				  ktime_ms_delta(ktime_get(), failed_at));
	}
	return err;
}
