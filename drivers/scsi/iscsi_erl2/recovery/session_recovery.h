/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session recovery (RFC 7143 7.1.4.4).
 */
#ifndef _ERL2_SESSION_RECOVERY_H
#define _ERL2_SESSION_RECOVERY_H

struct erl2_session;

int erl2_reinstate(struct erl2_session *s);

#endif /* _ERL2_SESSION_RECOVERY_H */
