/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of a session of several connections.
 */
#ifndef _ERL2_SESSION_END_H
#define _ERL2_SESSION_END_H

#include <linux/types.h>

struct erl2_login;
struct erl2_session;
struct sockaddr_storage;

bool erl2_session_several(struct erl2_session *s);
void erl2_session_await_close(struct erl2_session *s);
void erl2_session_end_begin(struct erl2_session *s);
bool erl2_session_end_others(struct erl2_session *s, struct erl2_conn *via,
			     bool last);
bool erl2_session_end(struct erl2_session *s, struct erl2_login *l);
int erl2_session_end_rest(struct erl2_session *s,
			  const struct sockaddr_storage *to,
			  struct erl2_login *l, unsigned int *tries);

#endif /* _ERL2_SESSION_END_H */
