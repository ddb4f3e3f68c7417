/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recovery: of connections (RFC 7143 7.1.4.3) and of sessions (7.1.4.4).
 */
#ifndef _ERL2_RECOVERY_H
#define _ERL2_RECOVERY_H

#include <linux/ktime.h>
#include <linux/workqueue.h>

struct erl2_conn;
struct erl2_reassign;
struct erl2_session;

void erl2_recovery_work(struct work_struct *work);
unsigned int erl2_recovery_sort(struct erl2_conn *from, struct erl2_conn *to);
void erl2_recovery_yield(struct erl2_conn *from, struct erl2_conn *to,
			 bool free);
void erl2_recovery_remove(struct erl2_conn *conn);
bool erl2_recovery_wanted(struct erl2_session *s);
struct erl2_reassign *erl2_reassign_room(unsigned int tasks);
int erl2_reassign_tasks(struct erl2_conn *conn, struct erl2_conn *from,
			ktime_t deadline);
int erl2_reinstate(struct erl2_session *s);

#endif /* _ERL2_RECOVERY_H */
