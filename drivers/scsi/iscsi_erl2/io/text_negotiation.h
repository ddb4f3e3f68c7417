/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Negotiation in full-feature phase (RFC 7143 6.4).
 */
#ifndef _ERL2_TEXT_NEGOTIATION_H
#define _ERL2_TEXT_NEGOTIATION_H

#include <linux/types.h>

struct erl2_conn;

void erl2_negotiate(struct erl2_conn *conn);
bool erl2_negotiate_response(struct erl2_conn *conn);

#endif /* _ERL2_TEXT_NEGOTIATION_H */
