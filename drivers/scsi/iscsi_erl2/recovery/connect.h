/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logins and logouts of a session's connections.
 */
#ifndef _ERL2_CONNECT_H
#define _ERL2_CONNECT_H

#include <linux/types.h>

#include "proto/login.h"

struct erl2_conn;
struct erl2_session;
struct sockaddr_storage;
struct socket;

/* Redirections followed before a login counts as failed. */
/*
 * Logins of a further connection that came to nothing, after which it is tried once
 * a minute only (RFC 7143 11.13.5, 0x0206 and 0x0208: go on with fewer). The first
 * ones may mean that the target has not noticed yet what we have closed.
 */
#define ERL2_ADD_QUICK		4
#define ERL2_ADD_PAUSE		60	/* s */

#define ERL2_REDIRECTS_MAX	4

int erl2_conn_login(struct erl2_conn *conn, enum erl2_login_kind kind,
		    struct socket *sock, struct erl2_login *l);
int erl2_conn_open(struct erl2_conn *conn, enum erl2_login_kind kind,
		   const struct sockaddr_storage *to, struct erl2_login *l,
		   struct socket **res);
void erl2_conn_go(struct erl2_conn *conn, struct socket *sock, bool file,
		  const struct erl2_login *l);
void erl2_conn_window(struct erl2_conn *conn, const struct erl2_login *l);
void erl2_conn_add_later(struct erl2_conn *conn, bool barred);
void erl2_conn_reopen(struct erl2_conn *conn);
void erl2_conn_close(struct erl2_conn *conn, bool graceful);
void erl2_session_silence(struct erl2_session *s, const struct erl2_conn *but);
void erl2_session_close(struct erl2_session *s, bool graceful);

#endif /* _ERL2_CONNECT_H */
