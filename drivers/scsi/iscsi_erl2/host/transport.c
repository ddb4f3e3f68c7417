// SPDX-License-Identifier: GPL-2.0
/*
 * The scsi_transport_iscsi face: what iscsid and iscsiadm see.
 *
 * Most of this runs under the class's rx_queue_mutex, which every other
 * netlink request waits for: nothing here waits for the network.
 */
#include <linux/file.h>
#include <linux/inet.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <scsi/scsi.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/erl2.h"
#include "core/outage.h"
#include "core/session.h"
#include "host/iscsid_login.h"
#include "host/scsi_host.h"
#include "host/sysfs.h"
#include "host/transport.h"
#include "host/transport_param.h"
#include "host/transport_stats.h"
#include "io/socket.h"
#include "recovery/connect.h"
#include "recovery/mcs.h"
#include "recovery/recovery_work.h"

static struct scsi_transport_template *erl2_template;

static struct iscsi_transport erl2_transport;

/*
 * A session is over, whatever it was doing. Waits for neither target nor network;
 * iscsid may bind another socket to it later. Under rx_queue_mutex, so that no
 * bind_conn() comes between.
 */
static void session_term(struct erl2_session *s)
{
	set_bit(ERL2_SESSION_TERM, &s->flags);
	/* Those who wait for an answer over a connection go on now. */
	erl2_session_fail_conns(s, ERL2_FAIL_EH);
	erl2_session_stop(s);
	erl2_frontdoor_stop(s);
	/* What had just failed may have queued it once more. */
	cancel_work_sync(&s->recovery);
	erl2_session_close(s, false);
	erl2_session_fail_all(s, DID_NO_CONNECT << 16);
}

static struct iscsi_cls_session *
erl2_create_session(struct iscsi_endpoint *ep, u16 cmds_max,
		    u16 qdepth, u32 initial_cmdsn)
{
	struct iscsi_cls_session *cls;
	struct erl2_session *s;
	struct Scsi_Host *shost;

	if (ep)
		return NULL;
	/* An unload with sessions alive would pull the class's callbacks. */
	if (!try_module_get(THIS_MODULE))
		return NULL;

	shost = erl2_host_alloc(erl2_template, cmds_max, qdepth);
	if (!shost)
		goto put_module;
	if (scsi_add_host(shost, NULL))
		goto put_host;
	erl2_host_added(shost);
	cls = iscsi_alloc_session(shost, &erl2_transport,
				  sizeof(struct erl2_iscsid_session));
	if (!cls)
		goto remove_host;
	s = cls->dd_data;
	if (erl2_session_init(s, cls, shost))
		goto free_session;
	erl2_outage_init(s);
	if (erl2_recovery_init(s))
		goto destroy;
	((struct erl2_host *)shost_priv(shost))->session = s;
	erl2_frontdoor_init(s);
	if (iscsi_add_session(cls, 0))
		goto destroy;
	if (erl2_sysfs_add_session(s))
		goto remove_session;
	return cls;

remove_session:
	iscsi_remove_session(cls);
destroy:
	/* Nothing can come in any more when the session is gone. */
	scsi_remove_host(shost);
	erl2_session_destroy(s);
	iscsi_free_session(cls);
	goto put_host;
free_session:
	iscsi_free_session(cls);
remove_host:
	scsi_remove_host(shost);
put_host:
	scsi_host_put(shost);
put_module:
	module_put(THIS_MODULE);
	return NULL;
}

static void erl2_destroy_session(struct iscsi_cls_session *cls)
{
	struct erl2_session *s = cls->dd_data;
	struct Scsi_Host *shost = s->shost;

	session_term(s);
	/* Recovery or iscsid may have begun another session until just now. */
	cancel_delayed_work_sync(&s->block);
	cancel_delayed_work_sync(&s->calm);
	erl2_sysfs_remove_session(s);
	iscsi_remove_session(cls);
	/* What waited for I/O, or for the session, does so no longer. */
	cancel_work_sync(&s->devices);
	atomic_dec(&s->eh_users);
	wait_event(s->wait, !atomic_read(&s->eh_users));
	/* The class's timer may have run out until just now. */
	cancel_work_sync(&s->recovery);
	scsi_remove_host(shost);
	erl2_session_destroy(s);
	iscsi_free_session(cls);
	scsi_host_put(shost);
	module_put(THIS_MODULE);
}

static struct iscsi_cls_conn *erl2_create_conn(struct iscsi_cls_session *cls,
					       u32 cid)
{
	struct erl2_session *s = cls->dd_data;
	struct erl2_conn *conn;

	/* iscsid has one connection per session; all others are ours. */
	if (erl2_session_leading(s))
		return NULL;
	conn = erl2_mcs_create(s, cid);
	return conn ? conn->cls : NULL;
}

/* Let go of a socket of iscsid's that is not going to be used. */
static void drop_bound(struct erl2_conn *conn)
{
	struct socket *sock = xchg(&conn->bound, NULL);

	if (sock)
		erl2_socket_close(sock, true);
}

/*
 * The leading connection, if @cls_conn is its. iscsid knows no other one; an
 * object of another one may be all that is left of a connection.
 */
static struct erl2_conn *to_leading(struct iscsi_cls_conn *cls_conn)
{
	struct erl2_conn *conn = cls_conn->dd_data;

	return conn->cls == cls_conn &&
	       conn == erl2_session_leading(conn->session) ? conn : NULL;
}

static void erl2_destroy_conn(struct iscsi_cls_conn *cls_conn)
{
	struct erl2_conn *conn = to_leading(cls_conn);
	struct erl2_session *s;

	if (!conn)
		return;
	s = conn->session;
	session_term(s);
	drop_bound(conn);
	erl2_mcs_remove_extra(s);
	erl2_mcs_remove(conn);
	erl2_mcs_reap(s);
}

/* Does the session live on its own, whatever iscsid thinks it has to do? */
static bool session_is_ours(struct erl2_session *s)
{
	return READ_ONCE(s->state) != ERL2_SESSION_FREE &&
	       !test_bit(ERL2_SESSION_GAVE_UP, &s->flags);
}

static int erl2_bind_conn(struct iscsi_cls_session *cls,
			  struct iscsi_cls_conn *cls_conn,
			  u64 transport_fd, int is_leading)
{
	struct erl2_conn *conn = to_leading(cls_conn);
	struct erl2_session *s = cls->dd_data;
	struct socket *sock;
	struct sock *sk;
	int err;

	if (!conn || conn->session != s)
		return -EINVAL;
	erl2_mcs_reap(s);
	sock = sockfd_lookup((int)transport_fd, &err);
	if (!sock)
		return err;
	sk = sock->sk;
	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    sk->sk_type != SOCK_STREAM || sk->sk_protocol != IPPROTO_TCP) {
		erl2_conn_err(conn, "iscsid's socket is not plain TCP\n");
		erl2_socket_close(sock, true);
		return -EPROTONOSUPPORT;
	}
	if (session_is_ours(s)) {
		/*
		 * iscsid was restarted and thinks it has to log in again. The
		 * session has what it needs; a target that handles one login
		 * at a time must not wait for this connection to speak.
		 */
		erl2_socket_abort(sock);
		erl2_socket_close(sock, true);
		return 0;
	}

	/*
	 * Another attempt at a login that iscsid gave up (it stops the
	 * connection before it tries again). Cleared here, under the mutex
	 * that a teardown holds as well, it cannot undo that one's stop.
	 */
	clear_bit(ERL2_SESSION_TERM, &s->flags);
	clear_bit(ERL2_SESSION_STOP, &s->flags);

	/* What every later socket of the session copies. */
	if (!s->net)
		s->net = get_net(sock_net(sk));
	s->bound_dev_if = sk->sk_bound_dev_if;
	kernel_getpeername(sock, (struct sockaddr *)&conn->portal);
	kernel_getsockname(sock, (struct sockaddr *)&conn->local);

	drop_bound(conn);
	xchg(&conn->bound, sock);
	return 0;
}

static int erl2_start_conn(struct iscsi_cls_conn *cls_conn)
{
	struct erl2_conn *conn = to_leading(cls_conn);

	if (conn && READ_ONCE(cls_conn->state) != ISCSI_CONN_FAILED)
		erl2_session_unblock_new(conn->session);
	return 0;
}

static void erl2_stop_conn(struct iscsi_cls_conn *cls_conn, int flag)
{
	struct erl2_conn *conn = to_leading(cls_conn);

	if (!conn)
		return;
	if (flag == STOP_CONN_RECOVER) {
		/*
		 * From a restarted iscsid, for a session that works or that
		 * recovery is busy with: it stays as it is. When we have given
		 * up there is nothing left to stop.
		 */
		drop_bound(conn);
		return;
	}
	session_term(conn->session);
}

static void erl2_unbind_conn(struct iscsi_cls_conn *cls_conn, bool is_active)
{
}

static int erl2_send_pdu(struct iscsi_cls_conn *cls_conn,
			 struct iscsi_hdr *hdr, char *data, u32 len)
{
	struct erl2_conn *conn = to_leading(cls_conn);

	return conn ? erl2_frontdoor_pdu(conn, hdr, data, len) : -EINVAL;
}

static void erl2_get_stats(struct iscsi_cls_conn *cls_conn,
			   struct iscsi_stats *stats)
{
	struct erl2_conn *conn = cls_conn->dd_data;

	erl2_stats_fill(conn, stats);
	if (to_leading(cls_conn))
		erl2_mcs_reap(conn->session);
}

static void erl2_recovery_timedout(struct iscsi_cls_session *cls)
{
	erl2_session_expire(cls->dd_data);
}

static struct iscsi_transport erl2_transport = {
	.owner			= THIS_MODULE,
	/*
	 * Not CAP_LOGIN_OFFLOAD, not CAP_TEXT_NEGO: with either iscsiadm's
	 * discovery over a transport called tcp breaks. Not CAP_RECOVERY_L2:
	 * an iscsid that knows of it no longer reacts to errors.
	 */
	.caps			= CAP_RECOVERY_L0 | CAP_MULTI_R2T | CAP_HDRDGST |
				  CAP_DATADGST | CAP_DATA_PATH_OFFLOAD,
	.create_session		= erl2_create_session,
	.destroy_session	= erl2_destroy_session,
	.create_conn		= erl2_create_conn,
	.bind_conn		= erl2_bind_conn,
	.unbind_conn		= erl2_unbind_conn,
	.start_conn		= erl2_start_conn,
	.stop_conn		= erl2_stop_conn,
	.destroy_conn		= erl2_destroy_conn,
	.set_param		= erl2_set_param,
	.get_conn_param		= erl2_get_conn_param,
	.get_session_param	= erl2_get_session_param,
	.get_host_param		= erl2_get_host_param,
	.set_host_param		= erl2_set_host_param,
	.send_pdu		= erl2_send_pdu,
	.get_stats		= erl2_get_stats,
	.session_recovery_timedout = erl2_recovery_timedout,
	.attr_is_visible	= erl2_attr_is_visible,
};

/* Is the name taken? The class itself would say so with a stack trace. */
static bool transport_exists(const char *name)
{
	struct path path;
	char *file;
	int err;

	file = kasprintf(GFP_KERNEL, "/sys/class/iscsi_transport/%s", name);
	if (!file)
		return false;
	err = kern_path(file, LOOKUP_FOLLOW, &path);
	if (!err)
		path_put(&path);
	kfree(file);
	return !err;
}

/**
 * erl2_transport_register() - appear to user space
 * @name: transport name
 *
 * Context: may sleep.
 * Return: 0, -EBUSY if the name is taken, or -ENOMEM.
 */
int erl2_transport_register(const char *name)
{
	if (transport_exists(name)) {
		pr_err("transport \"%s\" is in use (iscsi_tcp loaded?): unload that first, or load with transport=NAME\n",
		       name);
		return -EBUSY;
	}
	erl2_transport.name = (char *)name;
	erl2_template = iscsi_register_transport(&erl2_transport);
	return erl2_template ? 0 : -ENOMEM;
}

/**
 * erl2_transport_unregister() - disappear; no session is left
 *
 * Context: may sleep.
 */
void erl2_transport_unregister(void)
{
	iscsi_unregister_transport(&erl2_transport);
}
