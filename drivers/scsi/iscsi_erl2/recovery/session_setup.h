/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Begin and end of a session.
 */
#ifndef _ERL2_SESSION_SETUP_H
#define _ERL2_SESSION_SETUP_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_login;
struct erl2_session;
struct socket;

void erl2_session_setup_init(struct erl2_session *s);
void erl2_session_start(struct erl2_session *s, struct erl2_conn *conn,
			struct socket *sock, bool file,
			const struct erl2_login *l);
int erl2_session_login(struct erl2_session *s, struct erl2_login *l);
int erl2_session_logout(struct erl2_session *s);

#endif /* _ERL2_SESSION_SETUP_H */
