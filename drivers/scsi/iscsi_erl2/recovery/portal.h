/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where to connect to.
 */
#ifndef _ERL2_PORTAL_H
#define _ERL2_PORTAL_H

struct erl2_conn;
struct erl2_session;
struct sockaddr_storage;

int erl2_target_address(struct erl2_session *s, char *str,
			struct sockaddr_storage *ss);
void erl2_mcs_portal(struct erl2_conn *conn, unsigned int attempt,
		     struct sockaddr_storage *to);
int erl2_mcs_add_portal(struct erl2_session *s,
			const struct sockaddr_storage *ss);
void erl2_reinstate_portal(struct erl2_conn *conn, unsigned int attempt);

#endif /* _ERL2_PORTAL_H */
