// SPDX-License-Identifier: GPL-2.0
/*
 * ISCSI_PARAM_* and ISCSI_HOST_PARAM_*: iscsid's node record in, sysfs out.
 *
 * What login negotiates iscsid only tells us back; those values are not taken
 * from it.
 */
#include <linux/etherdevice.h>
#include <linux/inet.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/erl2.h"
#include "core/session.h"
#include "host/transport_param.h"
#include "proto/chap.h"

static int set_string(struct erl2_session *s, char **to, const char *value)
{
	char *new = kstrdup(value, GFP_KERNEL), *old;

	if (!new)
		return -ENOMEM;
	/* Readers look under the lock or are ended before the session is. */
	spin_lock_bh(&s->lock);
	old = *to;
	if (old && !strcmp(old, new))
		swap(old, new);
	else
		*to = new;
	spin_unlock_bh(&s->lock);
	if (old != *to)
		kfree(old);
	else
		kfree(new);
	return 0;
}

static int set_int(int *to, const char *value)
{
	int n, err = kstrtoint(value, 0, &n);

	if (!err && n < 0)
		err = -EINVAL;
	if (!err)
		WRITE_ONCE(*to, n);
	return err;
}

static int set_secret(struct erl2_session *s, size_t offset,
		      const char *value)
{
	struct erl2_chap_secrets *chap = s->node.chap, *new = NULL;
	ssize_t len;

	if (!chap) {
		/* Only an empty password: nothing to keep. */
		if (!*value)
			return 0;
		new = kzalloc(sizeof(*new), GFP_KERNEL);
		if (!new)
			return -ENOMEM;
		chap = new;
	}
	/* A login may be about to copy them. */
	spin_lock_bh(&s->lock);
	len = strscpy((char *)chap + offset, value, ERL2_CHAP_SECRET_LEN);
	s->node.chap = chap;
	spin_unlock_bh(&s->lock);
	return len < 0 ? -EINVAL : 0;
}

/**
 * erl2_set_param() - a value out of iscsid's node record
 * @cls_conn: leading connection
 * @param: which
 * @buf: value as text
 * @buflen: its length
 *
 * Context: may sleep; under rx_queue_mutex.
 * Return: 0, -ENODATA for what we do not know, or another errno.
 */
int erl2_set_param(struct iscsi_cls_conn *cls_conn, enum iscsi_param param,
		   char *buf, int buflen)
{
	struct erl2_conn *conn = cls_conn->dd_data;
	struct erl2_session *s = conn->session;
	struct erl2_node *node = &s->node;
	int n, err;

	switch (param) {
	case ISCSI_PARAM_TARGET_NAME:
		/* The name is the session: a re-login does not change it. */
		return node->targetname ? 0 :
		       set_string(s, &node->targetname, buf);
	case ISCSI_PARAM_INITIATOR_NAME:
		return node->initiatorname ? 0 :
		       set_string(s, &node->initiatorname, buf);
	case ISCSI_PARAM_IFACE_NAME:
		return set_string(s, &node->ifacename, buf);
	case ISCSI_PARAM_PERSISTENT_ADDRESS:
		return set_string(s, &node->persistent_address, buf);
	case ISCSI_PARAM_PERSISTENT_PORT:
		return set_int(&node->persistent_port, buf);
	case ISCSI_PARAM_USERNAME:
		return set_secret(s, offsetof(struct erl2_chap_secrets, name),
				  buf);
	case ISCSI_PARAM_PASSWORD:
		return set_secret(s, offsetof(struct erl2_chap_secrets, secret),
				  buf);
	case ISCSI_PARAM_USERNAME_IN:
		return set_secret(s, offsetof(struct erl2_chap_secrets,
					      name_in), buf);
	case ISCSI_PARAM_PASSWORD_IN:
		return set_secret(s, offsetof(struct erl2_chap_secrets,
					      secret_in), buf);
	case ISCSI_PARAM_FAST_ABORT:
		err = kstrtoint(buf, 0, &n);
		if (!err)
			node->fast_abort = n;
		return err;
	case ISCSI_PARAM_ABORT_TMO:
		return set_int(&node->abort_tmo, buf);
	case ISCSI_PARAM_LU_RESET_TMO:
		return set_int(&node->lu_reset_tmo, buf);
	case ISCSI_PARAM_TGT_RESET_TMO:
		return set_int(&node->tgt_reset_tmo, buf);
	case ISCSI_PARAM_PING_TMO:
		return set_int(&node->ping_tmo, buf);
	case ISCSI_PARAM_RECV_TMO:
		return set_int(&node->recv_tmo, buf);
	/* Login's results, told back to us: we know better. */
	case ISCSI_PARAM_MAX_RECV_DLENGTH:
	case ISCSI_PARAM_MAX_XMIT_DLENGTH:
	case ISCSI_PARAM_HDRDGST_EN:
	case ISCSI_PARAM_DATADGST_EN:
	case ISCSI_PARAM_INITIAL_R2T_EN:
	case ISCSI_PARAM_MAX_R2T:
	case ISCSI_PARAM_IMM_DATA_EN:
	case ISCSI_PARAM_FIRST_BURST:
	case ISCSI_PARAM_MAX_BURST:
	case ISCSI_PARAM_PDU_INORDER_EN:
	case ISCSI_PARAM_DATASEQ_INORDER_EN:
	case ISCSI_PARAM_ERL:
	case ISCSI_PARAM_EXP_STATSN:
	case ISCSI_PARAM_TPGT:
	case ISCSI_PARAM_TARGET_ALIAS:
	case ISCSI_PARAM_DISCOVERY_SESS:
		return 0;
	default:
		return -ENODATA;
	}
}

static int show_string(struct erl2_session *s, char *const *str, char *buf)
{
	int n;

	spin_lock_bh(&s->lock);
	n = sysfs_emit(buf, "%s\n", *str ?: "");
	spin_unlock_bh(&s->lock);
	return n;
}

static int show_address(const struct sockaddr_storage *ss, char *buf)
{
	if (ss->ss_family == AF_INET)
		return sysfs_emit(buf, "%pI4\n",
				  &((struct sockaddr_in *)ss)->sin_addr);
	if (ss->ss_family == AF_INET6)
		return sysfs_emit(buf, "%pI6\n",
				  &((struct sockaddr_in6 *)ss)->sin6_addr);
	return -ENOTCONN;
}

static int show_port(const struct sockaddr_storage *ss, char *buf)
{
	/* The port is at the same place in both families. */
	return sysfs_emit(buf, "%u\n",
			  ntohs(((struct sockaddr_in *)ss)->sin_port));
}

/**
 * erl2_get_conn_param() - an attribute of a connection
 * @cls_conn: connection
 * @param: which
 * @buf: a page
 *
 * Context: may sleep.
 * Return: length or a negative errno.
 */
int erl2_get_conn_param(struct iscsi_cls_conn *cls_conn,
			enum iscsi_param param, char *buf)
{
	struct erl2_conn *conn = cls_conn->dd_data;
	struct erl2_session *s = conn->session;

	switch (param) {
	case ISCSI_PARAM_MAX_RECV_DLENGTH:
		return sysfs_emit(buf, "%u\n", conn->keys.max_recv);
	case ISCSI_PARAM_MAX_XMIT_DLENGTH:
		return sysfs_emit(buf, "%u\n", conn->keys.max_xmit);
	case ISCSI_PARAM_HDRDGST_EN:
		return sysfs_emit(buf, "%d\n", conn->keys.header_digest);
	case ISCSI_PARAM_DATADGST_EN:
		return sysfs_emit(buf, "%d\n", conn->keys.data_digest);
	case ISCSI_PARAM_IFMARKER_EN:
	case ISCSI_PARAM_OFMARKER_EN:
		return sysfs_emit(buf, "0\n");
	case ISCSI_PARAM_EXP_STATSN:
		return sysfs_emit(buf, "%u\n", READ_ONCE(conn->exp_statsn));
	case ISCSI_PARAM_PERSISTENT_ADDRESS:
		return show_string(s, &s->node.persistent_address, buf);
	case ISCSI_PARAM_PERSISTENT_PORT:
		return sysfs_emit(buf, "%d\n", s->node.persistent_port);
	case ISCSI_PARAM_CONN_ADDRESS:
		return show_address(&conn->portal, buf);
	case ISCSI_PARAM_CONN_PORT:
		return show_port(&conn->portal, buf);
	case ISCSI_PARAM_LOCAL_IPADDR:
		return show_address(&conn->local, buf);
	case ISCSI_PARAM_LOCAL_PORT:
		return show_port(&conn->local, buf);
	case ISCSI_PARAM_PING_TMO:
		return sysfs_emit(buf, "%d\n", s->node.ping_tmo);
	case ISCSI_PARAM_RECV_TMO:
		return sysfs_emit(buf, "%d\n", s->node.recv_tmo);
	default:
		return -ENODATA;
	}
}

/**
 * erl2_get_session_param() - an attribute of a session
 * @cls: session
 * @param: which
 * @buf: a page
 *
 * Context: may sleep.
 * Return: length or a negative errno.
 */
int erl2_get_session_param(struct iscsi_cls_session *cls,
			   enum iscsi_param param, char *buf)
{
	struct erl2_session *s = cls->dd_data;
	const struct erl2_chap_secrets *chap = s->node.chap;

	switch (param) {
	case ISCSI_PARAM_TARGET_NAME:
		return show_string(s, &s->node.targetname, buf);
	case ISCSI_PARAM_INITIATOR_NAME:
		return show_string(s, &s->node.initiatorname, buf);
	case ISCSI_PARAM_IFACE_NAME:
		return show_string(s, &s->node.ifacename, buf);
	case ISCSI_PARAM_TARGET_ALIAS:
		return sysfs_emit(buf, "%s\n", s->target_alias);
	case ISCSI_PARAM_TPGT:
		return sysfs_emit(buf, "%u\n", s->tpgt);
	case ISCSI_PARAM_TSID:
		return sysfs_emit(buf, "%u\n", s->tsih);
	case ISCSI_PARAM_ISID:
		return sysfs_emit(buf, "%*phN\n", (int)sizeof(s->isid),
				  s->isid);
	/* The class lets only CAP_SYS_ADMIN read these four. */
	case ISCSI_PARAM_USERNAME:
		return sysfs_emit(buf, "%s\n", chap ? chap->name : "");
	case ISCSI_PARAM_USERNAME_IN:
		return sysfs_emit(buf, "%s\n", chap ? chap->name_in : "");
	case ISCSI_PARAM_PASSWORD:
		return sysfs_emit(buf, "%s\n", chap ? chap->secret : "");
	case ISCSI_PARAM_PASSWORD_IN:
		return sysfs_emit(buf, "%s\n", chap ? chap->secret_in : "");
	case ISCSI_PARAM_FAST_ABORT:
		return sysfs_emit(buf, "%d\n", s->node.fast_abort);
	case ISCSI_PARAM_ABORT_TMO:
		return sysfs_emit(buf, "%d\n", s->node.abort_tmo);
	case ISCSI_PARAM_LU_RESET_TMO:
		return sysfs_emit(buf, "%d\n", s->node.lu_reset_tmo);
	case ISCSI_PARAM_TGT_RESET_TMO:
		return sysfs_emit(buf, "%d\n", s->node.tgt_reset_tmo);
	case ISCSI_PARAM_INITIAL_R2T_EN:
		return sysfs_emit(buf, "%d\n", s->keys.initial_r2t);
	case ISCSI_PARAM_MAX_R2T:
		return sysfs_emit(buf, "%u\n", s->keys.max_r2t);
	case ISCSI_PARAM_IMM_DATA_EN:
		return sysfs_emit(buf, "%d\n", s->keys.immediate_data);
	case ISCSI_PARAM_FIRST_BURST:
		return sysfs_emit(buf, "%u\n", s->keys.first_burst);
	case ISCSI_PARAM_MAX_BURST:
		return sysfs_emit(buf, "%u\n", s->keys.max_burst);
	case ISCSI_PARAM_PDU_INORDER_EN:
		return sysfs_emit(buf, "%d\n", s->keys.pdu_in_order);
	case ISCSI_PARAM_DATASEQ_INORDER_EN:
		return sysfs_emit(buf, "%d\n", s->keys.seq_in_order);
	case ISCSI_PARAM_ERL:
		/*
		 * Told of a higher level iscsid no longer acts on errors; the
		 * true one stands in recovery/error_recovery_level.
		 */
		return sysfs_emit(buf, "0\n");
	case ISCSI_PARAM_DEF_TIME2WAIT:
		return sysfs_emit(buf, "%u\n", s->keys.time2wait);
	case ISCSI_PARAM_DEF_TIME2RETAIN:
		return sysfs_emit(buf, "%u\n", s->keys.time2retain);
	case ISCSI_PARAM_DISCOVERY_SESS:
		return sysfs_emit(buf, "0\n");
	default:
		return -ENODATA;
	}
}

/**
 * erl2_get_host_param() - an attribute of a host
 * @shost: host
 * @param: which
 * @buf: a page
 *
 * Context: may sleep.
 * Return: length or a negative errno.
 */
int erl2_get_host_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			char *buf)
{
	struct erl2_session *s = erl2_host_session(shost);
	struct erl2_conn *conn;

	if (!s)
		return -ENOTCONN;
	switch (param) {
	case ISCSI_HOST_PARAM_NETDEV_NAME:
		return show_string(s, &s->node.netdev, buf);
	case ISCSI_HOST_PARAM_HWADDRESS:
		return show_string(s, &s->node.hwaddress, buf);
	case ISCSI_HOST_PARAM_INITIATOR_NAME:
		return show_string(s, &s->node.initiatorname, buf);
	case ISCSI_HOST_PARAM_IPADDRESS:
		conn = erl2_session_leading(s);
		return conn ? show_address(&conn->local, buf) : -ENOTCONN;
	default:
		return -ENODATA;
	}
}

/**
 * erl2_set_host_param() - a host value from iscsid
 * @shost: host
 * @param: which
 * @buf: value as text
 * @buflen: its length
 *
 * Context: may sleep; under rx_queue_mutex.
 * Return: 0 or a negative errno.
 */
int erl2_set_host_param(struct Scsi_Host *shost, enum iscsi_host_param param,
			char *buf, int buflen)
{
	struct erl2_session *s = erl2_host_session(shost);

	switch (param) {
	case ISCSI_HOST_PARAM_NETDEV_NAME:
		return set_string(s, &s->node.netdev, buf);
	case ISCSI_HOST_PARAM_HWADDRESS:
		return set_string(s, &s->node.hwaddress, buf);
	case ISCSI_HOST_PARAM_INITIATOR_NAME:
		return s->node.initiatorname ? 0 :
		       set_string(s, &s->node.initiatorname, buf);
	default:
		return 0;
	}
}

/**
 * erl2_attr_is_visible() - which attributes of the class we have
 * @param_type: ISCSI_PARAM or ISCSI_HOST_PARAM
 * @param: which
 *
 * Context: any.
 * Return: mode of the attribute, 0 to hide it.
 */
umode_t erl2_attr_is_visible(int param_type, int param)
{
	if (param_type == ISCSI_HOST_PARAM) {
		switch (param) {
		case ISCSI_HOST_PARAM_NETDEV_NAME:
		case ISCSI_HOST_PARAM_HWADDRESS:
		case ISCSI_HOST_PARAM_IPADDRESS:
		case ISCSI_HOST_PARAM_INITIATOR_NAME:
			return 0444;
		default:
			return 0;
		}
	}
	if (param_type != ISCSI_PARAM)
		return 0;

	switch (param) {
	case ISCSI_PARAM_PASSWORD:
	case ISCSI_PARAM_PASSWORD_IN:
		return 0400;
	case ISCSI_PARAM_MAX_RECV_DLENGTH:
	case ISCSI_PARAM_MAX_XMIT_DLENGTH:
	case ISCSI_PARAM_HDRDGST_EN:
	case ISCSI_PARAM_DATADGST_EN:
	case ISCSI_PARAM_IFMARKER_EN:
	case ISCSI_PARAM_OFMARKER_EN:
	case ISCSI_PARAM_EXP_STATSN:
	case ISCSI_PARAM_PERSISTENT_ADDRESS:
	case ISCSI_PARAM_PERSISTENT_PORT:
	case ISCSI_PARAM_CONN_ADDRESS:
	case ISCSI_PARAM_CONN_PORT:
	case ISCSI_PARAM_LOCAL_IPADDR:
	case ISCSI_PARAM_LOCAL_PORT:
	case ISCSI_PARAM_PING_TMO:
	case ISCSI_PARAM_RECV_TMO:
	case ISCSI_PARAM_TARGET_NAME:
	case ISCSI_PARAM_INITIATOR_NAME:
	case ISCSI_PARAM_IFACE_NAME:
	case ISCSI_PARAM_TARGET_ALIAS:
	case ISCSI_PARAM_TPGT:
	case ISCSI_PARAM_TSID:
	case ISCSI_PARAM_ISID:
	case ISCSI_PARAM_USERNAME:
	case ISCSI_PARAM_USERNAME_IN:
	case ISCSI_PARAM_FAST_ABORT:
	case ISCSI_PARAM_ABORT_TMO:
	case ISCSI_PARAM_LU_RESET_TMO:
	case ISCSI_PARAM_TGT_RESET_TMO:
	case ISCSI_PARAM_INITIAL_R2T_EN:
	case ISCSI_PARAM_MAX_R2T:
	case ISCSI_PARAM_IMM_DATA_EN:
	case ISCSI_PARAM_FIRST_BURST:
	case ISCSI_PARAM_MAX_BURST:
	case ISCSI_PARAM_PDU_INORDER_EN:
	case ISCSI_PARAM_DATASEQ_INORDER_EN:
	case ISCSI_PARAM_ERL:
	case ISCSI_PARAM_DEF_TIME2WAIT:
	case ISCSI_PARAM_DEF_TIME2RETAIN:
	case ISCSI_PARAM_DISCOVERY_SESS:
		return 0444;
	default:
		return 0;
	}
}
