// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: lifetime, state, what concerns all connections.
 */
#include <linux/net.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/config.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/session.h"
#include "proto/cmdsn.h"
#include "proto/keys.h"
#include "proto/login.h"

static const char *const session_states[] = {
	[ERL2_SESSION_FREE] = "free",
	[ERL2_SESSION_UP] = "up",
	[ERL2_SESSION_RECOVERING] = "recovering",
	[ERL2_SESSION_REINSTATING] = "reinstating",
	[ERL2_SESSION_FAILED] = "failed",
};

/**
 * erl2_session_state_name() - what `state` in sysfs shows
 * @state: state
 *
 * Context: any.
 * Return: the name.
 */
const char *erl2_session_state_name(enum erl2_session_state state)
{
	return session_states[state];
}

/**
 * erl2_session_init() - set up a session
 * @s: dd_data of @cls, all zero
 * @cls: the class's object
 * @shost: its SCSI host
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; on error nothing is left to release.
 */
int erl2_session_init(struct erl2_session *s, struct iscsi_cls_session *cls,
		      struct Scsi_Host *shost)
{
	s->cls = cls;
	s->shost = shost;
	mutex_init(&s->mutex);
	mutex_init(&s->blocking);
	mutex_init(&s->ending);
	spin_lock_init(&s->lock);
	INIT_LIST_HEAD(&s->conns);
	INIT_LIST_HEAD(&s->graves);
	INIT_LIST_HEAD(&s->spare);
	init_waitqueue_head(&s->wait);
	erl2_cmdsn_init(&s->sn, 1);
	atomic_set(&s->eh_users, 1);

	s->tun.login_timeout = 15;
	s->tun.logout_timeout = 15;
	s->tun.reassign_timeout = 10;
	s->tun.reconnect_delay = 2;
	s->tun.reconnect_delay_max = 5000;
	s->tun.connections = erl2_param_connections;
	s->tun.time2wait_max = 60;
	s->node.abort_tmo = 15;
	s->node.lu_reset_tmo = 30;
	s->node.tgt_reset_tmo = 30;

	s->cmds_max = shost->can_queue;
	s->nr_slots = s->cmds_max + ERL2_CTL_TASKS;
	s->slots = kvcalloc(s->nr_slots, sizeof(*s->slots), GFP_KERNEL);
	s->ctl = kcalloc(ERL2_CTL_TASKS, sizeof(*s->ctl), GFP_KERNEL);
	s->login_room = erl2_login_room();
	s->login = kzalloc(sizeof(*s->login), GFP_KERNEL);
	s->secrets = kzalloc(sizeof(*s->secrets), GFP_KERNEL);
	s->wq = alloc_workqueue("iscsi_erl2_%u", WQ_MEM_RECLAIM | WQ_UNBOUND,
				0, shost->host_no);
	if (s->slots && s->ctl && s->login_room && s->login && s->secrets &&
	    s->wq)
		return 0;
	erl2_session_destroy(s);
	return -ENOMEM;
}

/**
 * erl2_session_destroy() - release what a session holds
 * @s: stopped session without connections
 *
 * Context: may sleep.
 */
void erl2_session_destroy(struct erl2_session *s)
{
	struct erl2_conn *conn, *next;

	if (s->wq)
		destroy_workqueue(s->wq);
	list_for_each_entry_safe(conn, next, &s->spare, node)
		erl2_conn_free(conn);
	kvfree(s->login_room);
	kfree(s->login);
	kfree_sensitive(s->secrets);
	kvfree(s->reassign);
	kfree(s->ctl);
	kvfree(s->slots);
	if (s->net)
		put_net(s->net);
	kfree(s->node.targetname);
	kfree(s->node.initiatorname);
	kfree(s->node.initiatoralias);
	kfree(s->node.ifacename);
	kfree(s->node.netdev);
	kfree(s->node.hwaddress);
	kfree(s->node.persistent_address);
	kfree_sensitive(s->node.chap);
}

/**
 * erl2_session_add_conn() - a connection joins its session
 * @s: session
 * @conn: connection
 *
 * Context: may sleep.
 */
void erl2_session_add_conn(struct erl2_session *s, struct erl2_conn *conn)
{
	spin_lock_bh(&s->lock);
	list_add_tail_rcu(&conn->node, &s->conns);
	WRITE_ONCE(s->nr_conns, s->nr_conns + 1);
	spin_unlock_bh(&s->lock);
}

/**
 * erl2_session_del_conn() - a connection leaves its session
 * @s: session
 * @conn: connection without a socket
 *
 * Context: may sleep.
 */
void erl2_session_del_conn(struct erl2_session *s, struct erl2_conn *conn)
{
	spin_lock_bh(&s->lock);
	list_del_rcu(&conn->node);
	WRITE_ONCE(s->nr_conns, s->nr_conns - 1);
	spin_unlock_bh(&s->lock);
	synchronize_rcu();
}

/**
 * erl2_session_set_state() - change what `state` shows
 * @s: session
 * @state: new state
 *
 * Context: any; session->mutex held except before the first login.
 */
void erl2_session_set_state(struct erl2_session *s,
			    enum erl2_session_state state)
{
	WRITE_ONCE(s->state, state);
	wake_up_all(&s->wait);
}

/**
 * erl2_session_watch() - make a socket known to erl2_session_stop()
 * @s: session
 * @sock: socket about to be waited for, or NULL when that is over
 *
 * Context: any.
 * Return: 0, or -EINTR if the session is to stop.
 */
int erl2_session_watch(struct erl2_session *s, struct socket *sock)
{
	int err = 0;

	spin_lock_bh(&s->lock);
	if (sock && (test_bit(ERL2_SESSION_STOP, &s->flags) ||
		     (s->adding && s->cutting)))
		err = -EINTR;
	else
		s->login_sock = sock;
	spin_unlock_bh(&s->lock);
	if (!sock)
		wake_up_all(&s->wait);
	return err;
}

/**
 * erl2_session_interrupted() - is waiting pointless?
 * @s: session
 *
 * Context: any.
 * Return: true if recovery has to end.
 */
bool erl2_session_interrupted(struct erl2_session *s)
{
	return test_bit(ERL2_SESSION_STOP, &s->flags);
}

/**
 * erl2_session_sleep() - wait in recovery
 * @s: session
 * @ms: milliseconds
 *
 * Context: may sleep; session->mutex held.
 * Return: 0, or -EINTR if the session is to stop.
 */
int erl2_session_sleep(struct erl2_session *s, unsigned int ms)
{
	if (ms)
		wait_event_hrtimeout(s->wait, erl2_session_interrupted(s),
				     ms_to_ktime(ms));
	return erl2_session_interrupted(s) ? -EINTR : 0;
}

/**
 * erl2_session_abort_login() - make a login under way fail
 * @s: session
 * @added: only if it is one of a further connection
 *
 * Context: may sleep, shortly.
 */
void erl2_session_abort_login(struct erl2_session *s, bool added)
{
	struct sock *sk = NULL;

	/* The lock keeps the socket: its user says so before closing it. */
	spin_lock_bh(&s->lock);
	/* One that is just about to begin must not. */
	s->cutting |= added && s->adding;
	if (s->login_sock && (s->adding || !added)) {
		sk = s->login_sock->sk;
		sock_hold(sk);
		/* It may be about to wait for a connection. */
		WRITE_ONCE(sk->sk_sndtimeo, 1);
	}
	spin_unlock_bh(&s->lock);
	if (sk) {
		tcp_abort(sk, EINTR);
		sock_put(sk);
	}
}

/**
 * erl2_session_stop() - end recovery and whatever waits for the network
 * @s: session that is about to go, or to be logged out
 *
 * No command is queued any more behind this.
 *
 * Context: may sleep, shortly; may be called under rx_queue_mutex.
 */
void erl2_session_stop(struct erl2_session *s)
{
	set_bit(ERL2_SESSION_STOP, &s->flags);
	/* Whoever has not seen that has queued its command by then. */
	synchronize_rcu();
	wake_up_all(&s->wait);
	erl2_session_abort_login(s, false);
	cancel_delayed_work_sync(&s->retry);
	cancel_work_sync(&s->cut);
	cancel_work_sync(&s->recovery);
}

/**
 * erl2_session_fail_conns() - nothing leaves over any connection any more
 * @s: session
 * @reason: why
 *
 * Marks them failed and resets their TCP connections: what was handed to TCP is
 * not sent again either, so that its pages are their owners' again.
 *
 * Context: may sleep, not for the network; no locks below session->mutex held.
 */
void erl2_session_fail_conns(struct erl2_session *s, enum erl2_reason reason)
{
	/* Those that leave are there beside the new ones for a while. */
	struct sock *sks[2 * ERL2_CONNS_MAX];
	struct erl2_conn *conn;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node) {
		erl2_conn_fail(conn, reason);
		if (n < ARRAY_SIZE(sks)) {
			sks[n] = erl2_conn_get_sk(conn);
			n += !!sks[n];
		}
	}
	rcu_read_unlock();
	while (n--) {
		tcp_abort(sks[n], ECONNABORTED);
		sock_put(sks[n]);
	}
}

/**
 * erl2_session_wants_stable_writes() - may data be under a digest?
 * @s: session
 *
 * A digest is made while the data is sent from where it is; a later connection
 * may have digests even if this one has not.
 *
 * Context: any.
 * Return: true if a digest is offered.
 */
bool erl2_session_wants_stable_writes(const struct erl2_session *s)
{
	const u8 *d = s->offer.data_digest;

	return d[0] == ERL2_DIGEST_CRC32C || d[1] == ERL2_DIGEST_CRC32C;
}
