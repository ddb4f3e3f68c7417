/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which connection a command goes to (RFC 7143 4.2.5.1).
 */
#ifndef _ERL2_ALLEGIANCE_H
#define _ERL2_ALLEGIANCE_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_session;

struct erl2_conn *erl2_session_leading(struct erl2_session *s);
unsigned int erl2_recovery_sort(struct erl2_conn *from, struct erl2_conn *to);
void erl2_recovery_yield(struct erl2_conn *from, struct erl2_conn *to,
			 bool free);
void erl2_mcs_route(struct erl2_session *s);
struct erl2_conn *erl2_mcs_pick(struct erl2_session *s, unsigned int hwq);
bool erl2_mcs_batches(const struct erl2_session *s);
void erl2_mcs_window_grew(struct erl2_session *s);
struct erl2_conn *erl2_mcs_survivor(struct erl2_session *s,
				    const struct erl2_conn *but);
struct erl2_conn *erl2_mcs_any_up(struct erl2_session *s);
void erl2_session_drop_cid(struct erl2_session *s, u16 cid, unsigned int t2w,
			   unsigned int t2r);
void erl2_session_drop_all(struct erl2_conn *but, unsigned int t2w,
			   unsigned int t2r);

#endif /* _ERL2_ALLEGIANCE_H */
