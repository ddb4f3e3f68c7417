/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many connections per session.
 */
#ifndef _ERL2_MCS_H
#define _ERL2_MCS_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_session;
struct sockaddr_storage;
struct work_struct;

struct erl2_conn *erl2_mcs_create(struct erl2_session *s, u32 number);
void erl2_mcs_remove(struct erl2_conn *conn);
void erl2_mcs_reap(struct erl2_session *s);
void erl2_mcs_remove_extra(struct erl2_session *s);
struct erl2_conn *erl2_mcs_pick(struct erl2_session *s, unsigned int hwq);
bool erl2_mcs_batches(const struct erl2_session *s);
void erl2_mcs_kick(struct erl2_session *s);
void erl2_mcs_window_grew(struct erl2_session *s);
struct erl2_conn *erl2_mcs_survivor(struct erl2_session *s,
				    const struct erl2_conn *but);
struct erl2_conn *erl2_mcs_any_up(struct erl2_session *s);
void erl2_mcs_portal(struct erl2_conn *conn, unsigned int attempt,
		     struct sockaddr_storage *to);
bool erl2_mcs_adjust(struct erl2_session *s);
bool erl2_mcs_settled(struct erl2_session *s);
void erl2_mcs_reset(struct erl2_session *s);
int erl2_mcs_set(struct erl2_session *s, unsigned int n);
int erl2_mcs_add_portal(struct erl2_session *s,
			const struct sockaddr_storage *ss);
void erl2_mcs_cut_work(struct work_struct *work);
void erl2_mcs_retry_work(struct work_struct *work);

#endif /* _ERL2_MCS_H */
