/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Within-connection recovery: holes in StatSN (RFC 7143 7.1.4.2).
 */
#ifndef _ERL2_WITHIN_CONNECTION_H
#define _ERL2_WITHIN_CONNECTION_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_status;
struct erl2_task;
struct iscsi_hdr;

int erl2_snack_statsn(struct erl2_conn *conn, const struct iscsi_hdr *h);
void erl2_snack_next_statsn(struct erl2_conn *conn, u32 statsn);
void erl2_snack_unsettle(struct erl2_conn *conn, u32 statsn);
bool erl2_snack_status(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st);
void erl2_snack_finish(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st);
void erl2_snack_settle(struct erl2_conn *conn);
int erl2_snack_damaged(struct erl2_conn *conn);
void erl2_snack_rejected(struct erl2_conn *conn, const struct iscsi_hdr *bad,
			 u8 reason);
void erl2_snack_overdue(struct erl2_conn *conn);
void erl2_snack_reset(struct erl2_conn *conn);

#endif /* _ERL2_WITHIN_CONNECTION_H */
