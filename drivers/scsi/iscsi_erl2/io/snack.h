/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Within-connection recovery: SNACK (RFC 7143 11.16).
 */
#ifndef _ERL2_SNACK_H
#define _ERL2_SNACK_H

#include <linux/jiffies.h>
#include <linux/types.h>
#include <scsi/iscsi_proto.h>

struct erl2_conn;
struct erl2_ctl;
struct erl2_task;

/* A SNACK that brought nothing for so long is sent again. */
#define ERL2_SNACK_TIMEOUT	(2 * HZ)

#define ERL2_SNACK_TRIES	2	/* requests for the same thing */

void erl2_snack_give_up(struct erl2_conn *conn, const char *why, u32 sn);
void erl2_snack_begin(struct erl2_conn *conn);
void erl2_snack_progress(struct erl2_conn *conn);
struct erl2_ctl *erl2_snack_send(struct erl2_conn *conn, u8 type, itt_t itt,
				 __be32 ttt, u32 begrun, u32 run, u32 task_itt);
bool erl2_snack_once_more(struct erl2_conn *conn, u32 sn);
bool erl2_snack_stale(struct erl2_conn *conn, struct erl2_task *task);

#endif /* _ERL2_SNACK_H */
