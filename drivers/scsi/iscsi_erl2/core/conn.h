/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection: its state, its end, who may touch its tasks.
 */
#ifndef _ERL2_CONN_H
#define _ERL2_CONN_H

#include <linux/types.h>

#include "core/erl2.h"
#include "proto/conn_state.h"

struct iscsi_cls_conn;
struct sock;
struct workqueue_struct;

extern struct workqueue_struct *erl2_tx_wq;

const char *erl2_reason_name(enum erl2_reason reason);
struct erl2_conn *erl2_conn_alloc(struct erl2_session *s);
void erl2_conn_free(struct erl2_conn *conn);
void erl2_conn_init(struct erl2_conn *conn, struct iscsi_cls_conn *cls,
		    u16 cid);
void erl2_conn_set_state(struct erl2_conn *conn, enum erl2_conn_state state);
void erl2_conn_wake_recovery(struct erl2_session *s);
void erl2_conn_fail_locked(struct erl2_conn *conn, enum erl2_reason reason);
void erl2_conn_fail(struct erl2_conn *conn, enum erl2_reason reason);
bool erl2_conn_is_up(struct erl2_conn *conn);
struct sock *erl2_conn_get_sk(struct erl2_conn *conn);
struct sock *erl2_conn_own(struct erl2_conn *conn) __acquires(&conn->lock);
void erl2_conn_disown(struct erl2_conn *conn, struct sock *sk)
	__releases(&conn->lock);
unsigned int erl2_conn_tasks(struct erl2_conn *conn);
bool erl2_conn_tasks_sent(struct erl2_conn *conn);

#endif /* _ERL2_CONN_H */
