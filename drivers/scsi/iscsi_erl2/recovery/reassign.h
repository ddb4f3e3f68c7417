/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TASK REASSIGN: commands go on over another connection.
 */
#ifndef _ERL2_REASSIGN_H
#define _ERL2_REASSIGN_H

#include <linux/ktime.h>

struct erl2_conn;
struct erl2_reassign;

struct erl2_reassign *erl2_reassign_room(unsigned int tasks);
int erl2_reassign_tasks(struct erl2_conn *conn, struct erl2_conn *from,
			ktime_t deadline);

#endif /* _ERL2_REASSIGN_H */
