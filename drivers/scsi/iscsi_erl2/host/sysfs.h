/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The `recovery` groups below iscsi_session and iscsi_connection.
 */
#ifndef _ERL2_SYSFS_H
#define _ERL2_SYSFS_H

struct erl2_session;

int erl2_sysfs_add_session(struct erl2_session *s);
void erl2_sysfs_remove_session(struct erl2_session *s);

#endif /* _ERL2_SYSFS_H */
