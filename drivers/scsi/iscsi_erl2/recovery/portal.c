// SPDX-License-Identifier: GPL-2.0
/*
 * Where to connect to.
 */
#include <linux/if.h>
#include <linux/inet.h>
#include <linux/string.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/allegiance.h"
#include "core/erl2.h"
#include "recovery/portal.h"

/**
 * erl2_target_address() - where a redirection leads
 * @s: session
 * @str: TargetAddress, ADDR[:PORT][,TPGT], IPv6 in brackets; is cut up
 * @ss: the address
 *
 * Context: may sleep.
 * Return: 0, or -EINVAL; names instead of addresses are for iscsid to resolve.
 */
int erl2_target_address(struct erl2_session *s, char *str,
			struct sockaddr_storage *ss)
{
	char *addr = str, *port = NULL, *p;

	p = strchr(str, ',');
	if (p)
		*p = '\0';
	if (*addr == '[') {
		addr++;
		p = strchr(addr, ']');
		if (!p)
			return -EINVAL;
		*p++ = '\0';
		if (*p == ':')
			port = p + 1;
	} else {
		p = strchr(addr, ':');
		if (p) {
			*p = '\0';
			port = p + 1;
		}
	}
	return inet_pton_with_scope(s->net, AF_UNSPEC, addr,
				    port ?: __stringify(ISCSI_LISTEN_PORT), ss);
}

/**
 * erl2_mcs_portal() - where to open a connection
 * @conn: connection
 * @attempt: how many failed before
 * @to: the portal
 *
 * Connections are dealt out to the portals in turn; where one does not answer
 * the next one is tried.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_mcs_portal(struct erl2_conn *conn, unsigned int attempt,
		     struct sockaddr_storage *to)
{
	struct erl2_conn *lead = erl2_session_leading(conn->session);
	struct erl2_session *s = conn->session;
	unsigned int i, n = READ_ONCE(s->nr_portals);

	if (!attempt && conn->portal.ss_family != AF_UNSPEC) {
		*to = conn->portal;
		return;
	}
	i = (conn->cls->cid + attempt) % (n + 1);
	*to = i ? s->portals[i - 1] : lead->portal;
}

/**
 * erl2_mcs_add_portal() - name one more portal for connections
 * @s: session
 * @ss: its address
 *
 * Context: may sleep; no locks held.
 * Return: 0, -ENOSPC if there are too many, -EEXIST if it is known.
 */
int erl2_mcs_add_portal(struct erl2_session *s,
			const struct sockaddr_storage *ss)
{
	unsigned int i;
	int err = 0;

	spin_lock_bh(&s->lock);
	for (i = 0; i < s->nr_portals; i++)
		if (!memcmp(&s->portals[i], ss, sizeof(*ss)))
			err = -EEXIST;
	if (!err && s->nr_portals == ARRAY_SIZE(s->portals))
		err = -ENOSPC;
	if (!err) {
		s->portals[s->nr_portals] = *ss;
		WRITE_ONCE(s->nr_portals, s->nr_portals + 1);
	}
	spin_unlock_bh(&s->lock);
	if (err == -ENOSPC)
		erl2_session_err(s, "add_portal: not more than %zu portals\n",
				 ARRAY_SIZE(s->portals));
	return err;
}

/**
 * erl2_reinstate_portal() - where to log in for a new session
 * @conn: leading connection; its portal is set
 * @attempt: how many logins were tried, this one included
 *
 * Where the last one was; every other time the address of the node record, in
 * case a redirection led to a portal that is gone.
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_reinstate_portal(struct erl2_conn *conn, unsigned int attempt)
{
	struct erl2_session *s = conn->session;
	struct sockaddr_storage ss;
	char addr[INET6_ADDRSTRLEN + IFNAMSIZ] = "", port[8];

	if (attempt & 1)
		return;
	/* iscsid may write it at any time. */
	spin_lock_bh(&s->lock);
	if (s->node.persistent_address)
		strscpy(addr, s->node.persistent_address, sizeof(addr));
	spin_unlock_bh(&s->lock);
	snprintf(port, sizeof(port), "%d", READ_ONCE(s->node.persistent_port));
	if (!inet_pton_with_scope(s->net, AF_UNSPEC, addr, port, &ss))
		conn->portal = ss;
}
