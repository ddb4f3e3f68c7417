/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connection recovery (RFC 7143 7.1.4.3).
 */
#ifndef _ERL2_CONN_RECOVERY_H
#define _ERL2_CONN_RECOVERY_H

#include <linux/ktime.h>
#include <linux/types.h>

struct erl2_conn;
struct erl2_session;

void erl2_recovery_tell(struct erl2_conn *conn);
bool erl2_recovery_possible(struct erl2_session *s, struct erl2_conn *conn);
int erl2_recovery_conn(struct erl2_conn *conn);
void erl2_recovery_requested_logout(struct erl2_conn *conn);
void erl2_recovery_remove(struct erl2_conn *conn);

#endif /* _ERL2_CONN_RECOVERY_H */
