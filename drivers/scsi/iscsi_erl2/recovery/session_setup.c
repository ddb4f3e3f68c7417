// SPDX-License-Identifier: GPL-2.0
/*
 * Begin and end of a session.
 */
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "compat/scsi.h"
#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/points.h"
#include "core/session.h"
#include "core/task.h"
#include "core/task_result.h"
#include "io/socket.h"
#include "proto/cmdsn.h"
#include "proto/login.h"
#include "recovery/connect.h"
#include "recovery/exchange.h"
#include "recovery/session_end.h"
#include "recovery/session_setup.h"

/*
 * How soon devices see commands that are to be repeated. To the SCSI layer such a
 * command means that the device is busy: it waits a few milliseconds
 * max_device_blocked times if none other is in flight. That is right for a TASK
 * SET FULL. What a lost session hands back must be sent as soon as the new one is
 * up.
 */
static void session_pace(struct Scsi_Host *shost, bool at_once)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, shost)
		sdev->max_device_blocked = at_once ? 1 :
					   SCSI_DEFAULT_DEVICE_BLOCKED;
}

static void session_calm_work(struct work_struct *work)
{
	session_pace(container_of(to_delayed_work(work), struct erl2_session,
				  calm)->shost, false);
}

/* A new session may have digests where none were before. */
static void session_stable_writes(struct erl2_session *s)
{
	struct scsi_device *sdev;

	if (erl2_session_wants_stable_writes(s))
		shost_for_each_device(sdev, s->shost)
			erl2_compat_stable_writes_later(sdev);
}

/*
 * The queues' limits may be locked by whoever waits for I/O, so that recovery must
 * not wait for them.
 */
static void session_devices_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session,
					      devices);

	session_stable_writes(s);
}

/*
 * Has the target none of a command that was sent? It said so, or its ExpCmdSN did,
 * and has not passed it since. erl2_conn_own() of its connection.
 */
static bool session_not_taken(struct erl2_session *s,
			      const struct erl2_task *task)
{
	bool accepted;

	if (task->state != ERL2_TASK_QUEUED ||
	    !(task->flags & ERL2_TASK_RETRY) || task->flags & ERL2_TASK_GUESS)
		return false;
	spin_lock(&s->lock);
	accepted = erl2_cmdsn_accepted(&s->sn, task->cmdsn);
	spin_unlock(&s->lock);
	return !accepted;
}

/*
 * Take a command that must not go out in a new session as if it were new: the target
 * may have it, or the error handler has it.
 */
static bool session_take_sent(struct erl2_task *task)
{
	struct erl2_conn *conn;
	bool mine, moved;
	struct sock *sk;

	do {
		conn = READ_ONCE(task->conn);
		mine = false;
		erl2_point(ERL2_POINT_HAND_BACK);
		sk = erl2_conn_own(conn);
		moved = task->conn != conn;
		if (!moved) {
			if (session_not_taken(conn->session, task))
				task->flags &= ~(ERL2_TASK_RETRY |
						 ERL2_TASK_SENT);
			if (task->flags & ERL2_TASK_SENT ||
			    test_bit(SCMD_STATE_COMPLETE, &task->sc->state))
				mine = erl2_task_revoke(task);
		}
		erl2_conn_disown(conn, sk);
	} while (moved);
	return mine;
}

/**
 * session_hand_back() - end all commands the target has or may have
 * @s: session whose connections have no sockets
 *
 * Commands that were never sent, or of which the target said so, stay in
 * their queues for the next session, which is to begin now.
 *
 * Context: may sleep; session->mutex held.
 */
static void session_hand_back(struct erl2_session *s)
{
	unsigned int i;

	session_pace(s->shost, true);
	mod_delayed_work(erl2_tx_wq, &s->calm, HZ);

	mutex_lock(&s->ending);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && session_take_sent(task))
			erl2_session_lose_task(task);
	}
	mutex_unlock(&s->ending);
}

/**
 * session_reset_conns() - a new session begins with its leading connection alone
 * @s: session without sockets
 *
 * Context: may sleep; session->mutex held.
 */
static void session_reset_conns(struct erl2_session *s)
{
	struct erl2_conn *lead = erl2_session_leading(s), *conn;

	list_for_each_entry(conn, &s->conns, node) {
		conn->hold = false;
		conn->logged_out = false;
		conn->logout_open = false;
		conn->logout_tries = 0;
		conn->retain_valid = false;
		if (conn != lead) {
			erl2_conn_reopen(conn);
			erl2_recovery_yield(conn, lead, true);
			continue;
		}
		conn->add_tries = 0;
		conn->add_after = jiffies;
		conn->barred = false;
	}
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
	session_hand_back(s);
	session_reset_conns(s);
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
	bool closes;

	erl2_session_stop(s);
	mutex_lock(&s->mutex);
	conn = erl2_mcs_any_up(s);
	if (conn && erl2_conn_is_up(conn)) {
		closes = erl2_session_end_others(s, conn, true);
		erl2_session_silence(s, conn);
		err = erl2_session_last_logout(conn, &rsp);
		/* See session_end.c for what LIO does otherwise. */
		if (!err && closes && erl2_session_several(s))
			erl2_session_await_close(s);
	}
	erl2_session_close(s, !err);
	mutex_unlock(&s->mutex);
	erl2_session_fail_all(s, DID_NO_CONNECT << 16);
	return 0;
}

/**
 * erl2_session_setup_init() - set up what follows the begin of a session
 * @s: session
 *
 * Context: any.
 */
void erl2_session_setup_init(struct erl2_session *s)
{
	INIT_DELAYED_WORK(&s->calm, session_calm_work);
	INIT_WORK(&s->devices, session_devices_work);
}
