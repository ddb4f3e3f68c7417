/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Supervision of a connection: pings, and what has stood still too long.
 */
#ifndef _ERL2_KEEPALIVE_H
#define _ERL2_KEEPALIVE_H

#include <linux/types.h>

struct erl2_conn;

void erl2_keepalive_init(struct erl2_conn *conn);
bool erl2_nop_pending(struct erl2_conn *conn);

#endif /* _ERL2_KEEPALIVE_H */
