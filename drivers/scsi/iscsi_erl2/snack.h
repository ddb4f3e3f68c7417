/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SNACK Requests (RFC 7143 11.16).
 */
#ifndef _ERL2_SNACK_H
#define _ERL2_SNACK_H

struct erl2_conn;
struct erl2_task;
struct iscsi_data_rsp;

void erl2_snack_data_ack(struct erl2_conn *conn,
			 const struct iscsi_data_rsp *rsp,
			 const struct erl2_task *task);

#endif /* _ERL2_SNACK_H */
