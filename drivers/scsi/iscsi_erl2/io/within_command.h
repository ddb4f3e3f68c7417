/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Within-command recovery: Data-Ins and R2Ts that are missing.
 */
#ifndef _ERL2_WITHIN_COMMAND_H
#define _ERL2_WITHIN_COMMAND_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_task;
struct iscsi_data_rsp;

void erl2_data_ask(struct erl2_conn *conn, struct erl2_task *task, u32 sn,
		   u32 n);
bool erl2_data_add_gap(struct erl2_conn *conn, struct erl2_task *task, u32 sn,
		       u32 n, u32 off, u32 end);
void erl2_data_sequence(struct erl2_task *task, u32 datasn, bool final);
bool erl2_data_came(struct erl2_conn *conn, struct erl2_task *task, u32 datasn,
		    u32 offset, u32 len);
bool erl2_data_r2t(struct erl2_conn *conn, struct erl2_task *task, u32 r2tsn);
void erl2_data_ack(struct erl2_conn *conn, const struct iscsi_data_rsp *rsp,
		   struct erl2_task *task);
void erl2_data_damaged(struct erl2_conn *conn, struct erl2_task *task,
		       u32 datasn, u32 offset, u32 len);
void erl2_data_refused(struct erl2_conn *conn, struct erl2_task *task,
		       u8 reason);
void erl2_data_again(struct erl2_conn *conn, struct erl2_task *task);

#endif /* _ERL2_WITHIN_COMMAND_H */
