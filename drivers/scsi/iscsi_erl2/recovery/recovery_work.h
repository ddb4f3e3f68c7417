/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The work that brings a session back.
 */
#ifndef _ERL2_RECOVERY_WORK_H
#define _ERL2_RECOVERY_WORK_H

struct erl2_session;

int erl2_recovery_init(struct erl2_session *s);

#endif /* _ERL2_RECOVERY_WORK_H */
