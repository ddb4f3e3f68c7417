/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control exchanges that are waited for.
 */
#ifndef _ERL2_EXCHANGE_H
#define _ERL2_EXCHANGE_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_ctl;
struct iscsi_logout_rsp;

int erl2_ctl_send(struct erl2_conn *conn, struct erl2_ctl *ctl);
int erl2_ctl_wait(struct erl2_ctl *ctl, unsigned long timeout);
int erl2_conn_logout(struct erl2_conn *via, u8 reason,
		     struct erl2_conn *of, struct iscsi_logout_rsp *rsp);
int erl2_conn_leave(struct erl2_conn *conn, unsigned long timeout, bool last,
		    struct iscsi_logout_rsp *rsp);
int erl2_conn_logout_self(struct erl2_conn *conn, u8 reason,
			  struct iscsi_logout_rsp *rsp);
int erl2_session_leave(struct erl2_conn *via, unsigned long timeout,
		       struct iscsi_logout_rsp *rsp);
int erl2_session_last_logout(struct erl2_conn *via,
			     struct iscsi_logout_rsp *rsp);

#endif /* _ERL2_EXCHANGE_H */
