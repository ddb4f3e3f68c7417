/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks and control PDUs -> socket.
 */
#ifndef _ERL2_SEND_H
#define _ERL2_SEND_H

#include <linux/workqueue.h>

struct erl2_conn;

void erl2_tx_reset(struct erl2_conn *conn);
void erl2_conn_xmit(struct erl2_conn *conn);
void erl2_tx_work(struct work_struct *work);

#endif /* _ERL2_SEND_H */
