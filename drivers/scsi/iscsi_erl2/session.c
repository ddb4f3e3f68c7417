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

#include "decide.h"
#include "erl2.h"
#include "host.h"
#include "mcs.h"
#include "points.h"
#include "recovery.h"
#include "send.h"
#include "session.h"
#include "socket.h"
#include "trace.h"

/* I/O is not stopped from above for a recovery that is over sooner. */
#define BLOCK_GRACE	msecs_to_jiffies(250)

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

static void session_block_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(to_delayed_work(work),
					      struct erl2_session, block);

	erl2_point(ERL2_POINT_BLOCK);
	erl2_session_block(s);
}

/**
 * erl2_session_block() - I/O waits above, and recovery_tmo runs
 * @s: session; it may be blocked already
 *
 * Context: may sleep; not for the network.
 */
void erl2_session_block(struct erl2_session *s)
{
	mutex_lock(&s->blocking);
	if (!test_and_set_bit(ERL2_SESSION_BLOCKED, &s->flags))
		iscsi_block_session(s->cls);
	mutex_unlock(&s->blocking);
}

/**
 * erl2_session_unblock_new() - a session that iscsid has just started gets I/O
 * @s: session
 *
 * One that is blocked again already is for recovery to unblock.
 *
 * Context: may sleep; not for the network.
 */
void erl2_session_unblock_new(struct erl2_session *s)
{
	mutex_lock(&s->blocking);
	if (!test_bit(ERL2_SESSION_BLOCKED, &s->flags)) {
		erl2_point(ERL2_POINT_START);
		iscsi_unblock_session(s->cls);
	}
	mutex_unlock(&s->blocking);
}

static void session_calm_work(struct work_struct *work)
{
	erl2_host_pace(container_of(to_delayed_work(work), struct erl2_session,
				    calm)->shost, false);
}

/*
 * The queues' limits may be locked by whoever waits for I/O, so that recovery must
 * not wait for them.
 */
static void session_devices_work(struct work_struct *work)
{
	struct erl2_session *s = container_of(work, struct erl2_session,
					      devices);

	erl2_host_stable_writes(s->shost);
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
	INIT_WORK(&s->recovery, erl2_recovery_work);
	INIT_WORK(&s->cut, erl2_mcs_cut_work);
	INIT_DELAYED_WORK(&s->retry, erl2_mcs_retry_work);
	INIT_DELAYED_WORK(&s->block, session_block_work);
	INIT_DELAYED_WORK(&s->calm, session_calm_work);
	INIT_WORK(&s->devices, session_devices_work);
	erl2_cmdsn_init(&s->sn, 1);

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
	s->reassign = erl2_reassign_room(s->cmds_max);
	s->wq = alloc_workqueue("iscsi_erl2_%u", WQ_MEM_RECLAIM | WQ_UNBOUND,
				0, shost->host_no);
	if (s->slots && s->ctl && s->login_room && s->login && s->secrets &&
	    s->reassign && s->wq)
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
 * erl2_session_begin_outage() - I/O stands still from now on
 * @s: session
 * @state: ERL2_SESSION_RECOVERING or _REINSTATING
 *
 * A short outage the SCSI layer never sees: commands wait in our queues. A
 * longer one blocks the session, which starts recovery_tmo. While another
 * connection works there is none, unless that is about to be closed with all
 * others for a new session.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_begin_outage(struct erl2_session *s,
			       enum erl2_session_state state)
{
	bool now = s->cls->recovery_tmo == 0;

	if (!test_bit(ERL2_SESSION_BLOCKED, &s->flags) &&
	    (state == ERL2_SESSION_REINSTATING || !erl2_mcs_survivor(s, NULL)))
		queue_delayed_work(erl2_tx_wq, &s->block,
				   now ? 0 : BLOCK_GRACE);
	erl2_session_set_state(s, state);
}

/**
 * erl2_session_io_resumes() - there is a connection for new commands again
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_io_resumes(struct erl2_session *s)
{
	cancel_delayed_work_sync(&s->block);
	mutex_lock(&s->blocking);
	clear_bit(ERL2_SESSION_EXPIRED, &s->flags);
	if (test_and_clear_bit(ERL2_SESSION_BLOCKED, &s->flags))
		iscsi_unblock_session(s->cls);
	mutex_unlock(&s->blocking);
}

/**
 * erl2_session_end_outage() - all is well again
 * @s: session
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_end_outage(struct erl2_session *s)
{
	erl2_point(ERL2_POINT_OUTAGE_END);
	erl2_session_set_state(s, ERL2_SESSION_UP);
	erl2_session_io_resumes(s);
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
 * erl2_session_take_task() - take a command from the driver, wherever it is
 * @task: SCSI task, possibly completed meanwhile
 * @how: why
 *
 * Context: may sleep; no locks below session->ending held.
 * Return: true if the caller has it now and has to complete or release it.
 */
bool erl2_session_take_task(struct erl2_task *task, enum erl2_take how)
{
	struct erl2_conn *conn;
	bool mine, moved;
	struct sock *sk;

	do {
		conn = READ_ONCE(task->conn);
		if (!conn)
			return false;
		mine = false;
		sk = erl2_conn_own(conn);
		/* Recovery may have moved it meanwhile. */
		moved = task->conn != conn;
		if (moved)
			;
		else if (how == ERL2_TAKE_REVOKE)
			mine = erl2_task_revoke(task);
		else if (how == ERL2_TAKE_ENDED ||
			 !(task->flags & ERL2_TASK_SENT))
			mine = erl2_task_claim(task);
		erl2_conn_disown(conn, sk);
	} while (moved);
	return mine;
}

/**
 * erl2_session_lose_task() - hand a command with unknown outcome back
 * @task: SCSI task that the caller claimed
 *
 * Context: any; no locks below session->mutex held.
 */
void erl2_session_lose_task(struct erl2_task *task)
{
	int result = erl2_task_unknown(task, DID_TRANSPORT_DISRUPTED);

	trace_task_lost(task->conn, task, result);
	atomic64_inc(&task->conn->session->stats.tasks_lost);
	erl2_task_complete(task, result);
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
 * erl2_session_hand_back() - end all commands the target has or may have
 * @s: session whose connections have no sockets
 *
 * Commands that were never sent, or of which the target said so, stay in
 * their queues for the next session, which is to begin now.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_session_hand_back(struct erl2_session *s)
{
	unsigned int i;

	erl2_host_pace(s->shost, true);
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
 * erl2_session_fail_all() - end all commands, sent or not
 * @s: session
 * @result: what the SCSI layer is told
 *
 * Context: may sleep; no locks below session->mutex held.
 */
void erl2_session_fail_all(struct erl2_session *s, int result)
{
	unsigned int i;

	mutex_lock(&s->ending);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && erl2_session_take_task(task, ERL2_TAKE_REVOKE)) {
			trace_task_lost(task->conn, task, result);
			erl2_task_complete(task, result);
		}
	}
	mutex_unlock(&s->ending);
}

/**
 * erl2_session_expire() - recovery_tmo ran out: I/O has waited long enough
 * @s: session
 *
 * The commands end here although the target may still execute them. Nothing is
 * sent for them any more, and only a new session, which ends them there too, can
 * follow. One that has begun meanwhile has sent what ends here.
 *
 * Context: may sleep, not for the network.
 */
void erl2_session_expire(struct erl2_session *s)
{
	unsigned int begun;

	erl2_point(ERL2_POINT_EXPIRE);
	set_bit(ERL2_SESSION_EXPIRED, &s->flags);
	erl2_session_err(s, "no connection for recovery_tmo = %d s: I/O fails now, reconnecting goes on\n",
			 s->cls->recovery_tmo);
	do {
		begun = READ_ONCE(s->begun);
		set_bit(ERL2_SESSION_LOST, &s->flags);
		wake_up_all(&s->wait);
		erl2_session_fail_conns(s, ERL2_FAIL_EXPIRED);
		erl2_session_fail_all(s, DID_TRANSPORT_FAILFAST << 16);
	} while (begun != READ_ONCE(s->begun));
	/* What this interrupted may have been the end of the outage. */
	queue_work(s->wq, &s->recovery);
}
