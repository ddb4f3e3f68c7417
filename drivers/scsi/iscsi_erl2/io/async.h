/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asynchronous Messages (RFC 7143 11.9).
 */
#ifndef _ERL2_ASYNC_H
#define _ERL2_ASYNC_H

#include <linux/types.h>

struct erl2_conn;

int erl2_async_message(struct erl2_conn *conn);

#endif /* _ERL2_ASYNC_H */
