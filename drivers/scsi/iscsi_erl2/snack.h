/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Within-connection recovery: SNACK (RFC 7143 11.16).
 */
#ifndef _ERL2_SNACK_H
#define _ERL2_SNACK_H

#include <linux/jiffies.h>
#include <linux/types.h>
#include <scsi/iscsi_proto.h>

/* A SNACK that brought nothing for so long is sent again. */
#define ERL2_SNACK_TIMEOUT	(2 * HZ)

struct erl2_conn;
struct erl2_ctl;
struct erl2_level1;
struct erl2_status;
struct erl2_task;
struct iscsi_hdr;

void erl2_snack_give_up(struct erl2_conn *conn, const char *why, u32 sn);
struct erl2_level1 *erl2_snack_level1(struct erl2_task *task);
void erl2_snack_begin(struct erl2_conn *conn);
void erl2_snack_progress(struct erl2_conn *conn);
struct erl2_ctl *erl2_snack_send(struct erl2_conn *conn, u8 type, itt_t itt,
				 __be32 ttt, u32 begrun, u32 run, u32 task_itt);
bool erl2_snack_once_more(struct erl2_conn *conn, u32 sn);
int erl2_snack_statsn(struct erl2_conn *conn, const struct iscsi_hdr *h);
void erl2_snack_next_statsn(struct erl2_conn *conn, u32 statsn);
bool erl2_snack_status(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st);
void erl2_snack_finish(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st);
void erl2_snack_settle(struct erl2_conn *conn);
void erl2_snack_unsettle(struct erl2_conn *conn, u32 statsn);
int erl2_snack_damaged(struct erl2_conn *conn);
void erl2_snack_rejected(struct erl2_conn *conn, const struct iscsi_hdr *bad,
			 u8 reason);
void erl2_snack_overdue(struct erl2_conn *conn);
bool erl2_snack_stale(struct erl2_conn *conn, struct erl2_task *task);
void erl2_snack_forget(struct erl2_task *task);
void erl2_snack_cut(struct erl2_task *task);
void erl2_snack_reset(struct erl2_conn *conn);

#endif /* _ERL2_SNACK_H */
