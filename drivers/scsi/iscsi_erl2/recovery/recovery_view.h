/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What there is to recover, and when.
 */
#ifndef _ERL2_RECOVERY_VIEW_H
#define _ERL2_RECOVERY_VIEW_H

#include <linux/ktime.h>
#include <linux/types.h>

struct erl2_conn;
struct erl2_session;

bool erl2_session_is_lost(struct erl2_session *s);
bool erl2_recovery_news(struct erl2_session *s);
struct erl2_conn *erl2_recovery_requested(struct erl2_session *s);
int erl2_recovery_wait_until(struct erl2_session *s, ktime_t until,
			     bool requests);
bool erl2_recovery_takes_too_long(struct erl2_session *s, unsigned int t2w);
ktime_t erl2_recovery_limit(struct erl2_conn *conn);
ktime_t erl2_recovery_due(struct erl2_conn *conn);
struct erl2_conn *erl2_recovery_next(struct erl2_session *s);
bool erl2_recovery_is_due(struct erl2_session *s);
bool erl2_recovery_wanted(struct erl2_session *s);

#endif /* _ERL2_RECOVERY_VIEW_H */
