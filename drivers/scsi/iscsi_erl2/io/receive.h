/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket -> PDU -> task.
 */
#ifndef _ERL2_RECEIVE_H
#define _ERL2_RECEIVE_H

#include <linux/list.h>
#include <linux/types.h>

struct erl2_conn;
struct sock;

void erl2_rx_reset(struct erl2_conn *conn);
void erl2_rx_run(struct erl2_conn *conn, struct sock *sk);

#endif /* _ERL2_RECEIVE_H */
