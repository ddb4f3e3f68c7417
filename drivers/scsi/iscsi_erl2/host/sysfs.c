// SPDX-License-Identifier: GPL-2.0
/*
 * The `recovery` groups below iscsi_session and iscsi_connection; each
 * attribute is described in Documentation/ABI/testing/sysfs-class-iscsi-erl2.
 *
 * Nothing here takes session->mutex to read: recovery holds it while it waits
 * for the network, and that is when people look. Plain numbers are read and
 * written as they are. Removing a group waits for its readers and writers, so
 * the session and the connection outlive every call made here.
 */
#include <linux/device.h>
#include <linux/inet.h>
#include <linux/sysfs.h>
#include <net/ipv6.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/class_group.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/session.h"
#include "host/sysfs.h"
#include "proto/conn_state.h"
#include "recovery/mcs.h"
#include "recovery/portal.h"

#define TIMEOUT_MAX	3600	/* s, as for the times of RFC 7143 13.15 */
#define DELAY_MAX	600000	/* ms */

/*
 * The group hangs on the transport class's object, a child of the class
 * session or connection.
 */
static struct erl2_session *to_session(struct device *dev)
{
	return iscsi_dev_to_session(dev->parent)->dd_data;
}

static struct erl2_conn *to_conn(struct device *dev)
{
	return iscsi_dev_to_conn(dev->parent)->dd_data;
}

#define ERL2_ATTR_RO(owner, name)					\
	static struct device_attribute owner##_attr_##name =		\
		__ATTR(name, 0444, owner##_##name##_show, NULL)

#define ERL2_ATTR_RW(owner, name)					\
	static struct device_attribute owner##_attr_##name =		\
		__ATTR(name, 0644, owner##_##name##_show,		\
		       owner##_##name##_store)

#define ERL2_ATTR_WO(owner, name)					\
	static struct device_attribute owner##_attr_##name =		\
		__ATTR(name, 0200, NULL, owner##_##name##_store)

/* Parse a number from @min to @max; say what is allowed if it is not one. */
static int parse(struct device *dev, const char *name, const char *buf,
		 unsigned int min, unsigned int max, const char *unit,
		 unsigned int *val)
{
	if (!kstrtouint(buf, 10, val) && *val >= min && *val <= max)
		return 0;
	dev_err_ratelimited(dev, "%s: must be %u to %u%s\n", name, min, max,
			    unit);
	return -EINVAL;
}

static ssize_t session_state_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	struct erl2_session *s = to_session(dev);

	return sysfs_emit(buf, "%s\n",
			  erl2_session_state_name(READ_ONCE(s->state)));
}

ERL2_ATTR_RO(session, state);

static ssize_t session_error_recovery_level_show(struct device *dev,
						 struct device_attribute *attr,
						 char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_session(dev)->keys.erl));
}

ERL2_ATTR_RO(session, error_recovery_level);

static ssize_t session_time2wait_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_session(dev)->keys.time2wait));
}

/*
 * The target was promised that we wait this long and not longer than that for
 * the other one (RFC 7143 13.15, 13.16): waiting more and coming back sooner
 * is all that we may decide alone. A new session starts with the same wish.
 */
static ssize_t session_time2wait_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct erl2_session *s = to_session(dev);
	unsigned int val;
	int err;

	err = parse(dev, "time2wait (may only be raised)", buf,
		    READ_ONCE(s->keys.time2wait), TIMEOUT_MAX, " seconds",
		    &val);
	if (err)
		return err;
	WRITE_ONCE(s->keys.time2wait, val);
	WRITE_ONCE(s->offer.time2wait, val);
	return count;
}

ERL2_ATTR_RW(session, time2wait);

static ssize_t session_time2retain_show(struct device *dev,
					struct device_attribute *attr,
					char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_session(dev)->keys.time2retain));
}

static ssize_t session_time2retain_store(struct device *dev,
					 struct device_attribute *attr,
					 const char *buf, size_t count)
{
	struct erl2_session *s = to_session(dev);
	unsigned int val;
	int err;

	err = parse(dev, "time2retain (may only be lowered)", buf, 0,
		    READ_ONCE(s->keys.time2retain), " seconds", &val);
	if (err)
		return err;
	WRITE_ONCE(s->keys.time2retain, val);
	WRITE_ONCE(s->offer.time2retain, val);
	return count;
}

ERL2_ATTR_RW(session, time2retain);

/* An attribute that just stands for a member of struct erl2_tunables. */
#define ERL2_TUNABLE(name, min, max, unit)				\
static unsigned int *session_##name(struct device *dev)			\
{									\
	return &to_session(dev)->tun.name;				\
}									\
									\
static ssize_t session_##name##_show(struct device *dev,		\
				     struct device_attribute *attr,	\
				     char *buf)				\
{									\
	return sysfs_emit(buf, "%u\n", READ_ONCE(*session_##name(dev))); \
}									\
									\
static ssize_t session_##name##_store(struct device *dev,		\
				      struct device_attribute *attr,	\
				      const char *buf, size_t count)	\
{									\
	unsigned int val;						\
	int err;							\
									\
	err = parse(dev, #name, buf, min, max, unit, &val);		\
	if (err)							\
		return err;						\
	WRITE_ONCE(*session_##name(dev), val);				\
	return count;							\
}

ERL2_TUNABLE(time2wait_max, 0, TIMEOUT_MAX, " seconds")
ERL2_ATTR_RW(session, time2wait_max);

ERL2_TUNABLE(login_timeout, 1, TIMEOUT_MAX, " seconds")
ERL2_ATTR_RW(session, login_timeout);

ERL2_TUNABLE(logout_timeout, 1, TIMEOUT_MAX, " seconds")
ERL2_ATTR_RW(session, logout_timeout);

ERL2_TUNABLE(reassign_timeout, 1, TIMEOUT_MAX, " seconds")
ERL2_ATTR_RW(session, reassign_timeout);

ERL2_TUNABLE(reconnect_delay, 1,
	     READ_ONCE(to_session(dev)->tun.reconnect_delay_max), " ms")
ERL2_ATTR_RW(session, reconnect_delay);

ERL2_TUNABLE(reconnect_delay_max,
	     READ_ONCE(to_session(dev)->tun.reconnect_delay), DELAY_MAX,
	     " ms")
ERL2_ATTR_RW(session, reconnect_delay_max);

static ssize_t session_connections_show(struct device *dev,
					struct device_attribute *attr,
					char *buf)
{
	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(to_session(dev)->tun.connections));
}

static ssize_t session_connections_store(struct device *dev,
					 struct device_attribute *attr,
					 const char *buf, size_t count)
{
	unsigned int val;
	int err;

	err = parse(dev, "connections", buf, 1, ERL2_CONNS_MAX, "", &val);
	if (!err)
		err = erl2_mcs_set(to_session(dev), val);
	return err ?: count;
}

ERL2_ATTR_RW(session, connections);

/* ADDR:PORT, with brackets around an IPv6 address */
static int parse_portal(struct net *net, const char *buf,
			struct sockaddr_storage *ss)
{
	char text[INET6_ADDRSTRLEN + sizeof("[%]:65535") + IFNAMSIZ];
	char *addr, *port, *end;

	if (strscpy(text, buf, sizeof(text)) < 0)
		return -EINVAL;
	addr = strim(text);
	port = strrchr(addr, ':');
	if (!port)
		return -EINVAL;
	*port++ = '\0';
	/* kstrtou16() would take octal, hexadecimal and no number at all */
	if (*port < '1' || *port > '9')
		return -EINVAL;

	memset(ss, 0, sizeof(*ss));
	if (*addr != '[')
		return inet_pton_with_scope(net, AF_INET, addr, port, ss);

	end = strchr(++addr, ']');
	if (!end || end[1])
		return -EINVAL;
	*end = '\0';
	return inet_pton_with_scope(net, AF_INET6, addr, port, ss);
}

static ssize_t session_add_portal_store(struct device *dev,
					struct device_attribute *attr,
					const char *buf, size_t count)
{
	struct erl2_session *s = to_session(dev);
	struct sockaddr_storage ss;
	int err;

	/* The namespace comes with iscsid's first socket. */
	if (!s->net) {
		dev_err_ratelimited(dev, "add_portal: log in first\n");
		return -ENOTCONN;
	}
	if (parse_portal(s->net, buf, &ss)) {
		dev_err_ratelimited(dev, "add_portal: must be ADDR:PORT or [ADDR]:PORT for IPv6\n");
		return -EINVAL;
	}
	err = erl2_mcs_add_portal(s, &ss);
	return err ?: count;
}

ERL2_ATTR_WO(session, add_portal);

#define ERL2_COUNTER(name)						\
static ssize_t session_##name##_show(struct device *dev,		\
				     struct device_attribute *attr,	\
				     char *buf)				\
{									\
	s64 val = atomic64_read(&to_session(dev)->stats.name);		\
									\
	return sysfs_emit(buf, "%lld\n", val);				\
}

ERL2_COUNTER(recoveries)
ERL2_ATTR_RO(session, recoveries);

ERL2_COUNTER(reinstatements)
ERL2_ATTR_RO(session, reinstatements);

ERL2_COUNTER(tasks_reassigned)
ERL2_ATTR_RO(session, tasks_reassigned);

ERL2_COUNTER(tasks_retried)
ERL2_ATTR_RO(session, tasks_retried);

ERL2_COUNTER(tasks_lost)
ERL2_ATTR_RO(session, tasks_lost);

ERL2_COUNTER(last_recovery_us)
ERL2_ATTR_RO(session, last_recovery_us);

static struct attribute *session_attrs[] = {
	&session_attr_state.attr,
	&session_attr_error_recovery_level.attr,
	&session_attr_connections.attr,
	&session_attr_add_portal.attr,
	&session_attr_time2wait.attr,
	&session_attr_time2retain.attr,
	&session_attr_time2wait_max.attr,
	&session_attr_login_timeout.attr,
	&session_attr_logout_timeout.attr,
	&session_attr_reassign_timeout.attr,
	&session_attr_reconnect_delay.attr,
	&session_attr_reconnect_delay_max.attr,
	&session_attr_recoveries.attr,
	&session_attr_reinstatements.attr,
	&session_attr_tasks_reassigned.attr,
	&session_attr_tasks_retried.attr,
	&session_attr_tasks_lost.attr,
	&session_attr_last_recovery_us.attr,
	NULL
};

static const struct attribute_group session_group = {
	.name = "recovery",
	.attrs = session_attrs,
};

static ssize_t conn_state_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct erl2_conn *conn = to_conn(dev);

	return sysfs_emit(buf, "%s\n",
			  erl2_conn_state_name(READ_ONCE(conn->state)));
}

ERL2_ATTR_RO(conn, state);

static ssize_t conn_tasks_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", erl2_conn_tasks(to_conn(dev)));
}

ERL2_ATTR_RO(conn, tasks);

static ssize_t conn_portal_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct erl2_conn *conn = to_conn(dev);
	struct sockaddr_storage ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

	/* A redirection may change it in the middle of recovery. */
	spin_lock_bh(&conn->lock);
	ss = conn->portal;
	spin_unlock_bh(&conn->lock);

	if (ss.ss_family == AF_UNSPEC)
		return sysfs_emit(buf, "\n");
	/* A link-local address is of no use without its interface. */
	if (ss.ss_family == AF_INET6 && in6->sin6_scope_id)
		return sysfs_emit(buf, "[%pI6c%%%u]:%u\n", &in6->sin6_addr,
				  in6->sin6_scope_id, ntohs(in6->sin6_port));
	return sysfs_emit(buf, "%pISpc\n", &ss);
}

ERL2_ATTR_RO(conn, portal);

static ssize_t conn_fail_store(struct device *dev,
			       struct device_attribute *attr, const char *buf,
			       size_t count)
{
	erl2_conn_fail(to_conn(dev), ERL2_FAIL_DRILL);
	return count;
}

ERL2_ATTR_WO(conn, fail);

static struct attribute *conn_attrs[] = {
	&conn_attr_state.attr,
	&conn_attr_tasks.attr,
	&conn_attr_portal.attr,
	&conn_attr_fail.attr,
	NULL
};

static const struct attribute_group conn_group = {
	.name = "recovery",
	.attrs = conn_attrs,
};

/**
 * erl2_sysfs_add_session() - show a session's `recovery` group
 * @s: session that the transport class has already added
 *
 * Context: process context.
 * Return: 0 or a negative errno.
 */
int erl2_sysfs_add_session(struct erl2_session *s)
{
	s->conn_group = &conn_group;
	return erl2_class_add_group(&s->cls->dev, "iscsi_session", &session_group);
}

/**
 * erl2_sysfs_remove_session() - take a session's `recovery` group away
 * @s: session with the group, which the transport class has not removed yet
 *
 * Context: process context. Waits for whoever is inside an attribute: the
 * caller holds nothing that a write to `connections` or `add_portal` wants.
 */
void erl2_sysfs_remove_session(struct erl2_session *s)
{
	erl2_class_remove_group(&s->cls->dev, "iscsi_session", &session_group);
}
