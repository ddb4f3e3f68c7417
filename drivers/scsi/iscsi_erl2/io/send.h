/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks and control PDUs -> socket.
 */
#ifndef _ERL2_SEND_H
#define _ERL2_SEND_H

struct erl2_conn;
struct erl2_session;

void erl2_tx_init(struct erl2_conn *conn);
void erl2_tx_reset(struct erl2_conn *conn);
void erl2_conn_xmit(struct erl2_conn *conn);
void erl2_mcs_kick(struct erl2_session *s);

#endif /* _ERL2_SEND_H */
