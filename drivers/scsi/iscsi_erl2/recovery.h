/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recovery: of connections (RFC 7143 7.1.4.3) and of sessions (7.1.4.4).
 */
#ifndef _ERL2_RECOVERY_H
#define _ERL2_RECOVERY_H

#include <linux/workqueue.h>

struct erl2_conn;
struct erl2_session;

void erl2_recovery_work(struct work_struct *work);
int erl2_reassign_tasks(struct erl2_conn *conn);
int erl2_reinstate(struct erl2_session *s);

#endif /* _ERL2_RECOVERY_H */
