/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control exchanges of the driver itself: pings, task management, logouts.
 */
#ifndef _ERL2_CONTROL_H
#define _ERL2_CONTROL_H

struct erl2_conn;
struct erl2_ctl;
struct erl2_session;
struct iscsi_hdr;

struct erl2_ctl *erl2_ctl_find(struct erl2_conn *conn,
			       const struct iscsi_hdr *rsp);
struct erl2_ctl *erl2_ctl_get(struct erl2_session *s);
struct erl2_ctl *erl2_ctl_get_minor(struct erl2_session *s);
void erl2_ctl_put(struct erl2_session *s, struct erl2_ctl *ctl);
int erl2_ctl_queue(struct erl2_conn *conn, struct erl2_ctl *ctl);
void erl2_ctl_finish(struct erl2_ctl *ctl, const struct iscsi_hdr *rsp,
		     int status);
void erl2_ctl_release(struct erl2_ctl *ctl);

#endif /* _ERL2_CONTROL_H */
