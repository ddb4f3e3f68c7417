/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many connections per session.
 */
#ifndef _ERL2_MCS_H
#define _ERL2_MCS_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_session;

void erl2_mcs_init(struct erl2_session *s);
struct erl2_conn *erl2_mcs_create(struct erl2_session *s, u32 number);
void erl2_mcs_remove(struct erl2_conn *conn);
void erl2_mcs_reap(struct erl2_session *s);
void erl2_mcs_remove_extra(struct erl2_session *s);
bool erl2_mcs_adjust(struct erl2_session *s);
bool erl2_mcs_settled(struct erl2_session *s);
int erl2_mcs_set(struct erl2_session *s, unsigned int n);

#endif /* _ERL2_MCS_H */
