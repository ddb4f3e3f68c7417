/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One session: lifetime, state, waiting.
 */
#ifndef _ERL2_SESSION_H
#define _ERL2_SESSION_H

#include <linux/types.h>
#include <scsi/scsi_host.h>

#include "core/erl2.h"

struct Scsi_Host;
struct iscsi_cls_session;
struct socket;

/**
 * struct erl2_host - private part of the Scsi_Host
 * @session: its session; set before the host can get commands
 */
struct erl2_host {
	struct erl2_session *session;
};

/**
 * erl2_host_session() - the session behind a host
 * @shost: host of ours
 *
 * Context: any.
 * Return: the session.
 */
static inline struct erl2_session *erl2_host_session(struct Scsi_Host *shost)
{
	return ((struct erl2_host *)shost_priv(shost))->session;
}

const char *erl2_session_state_name(enum erl2_session_state state);
int erl2_session_init(struct erl2_session *s, struct iscsi_cls_session *cls,
		      struct Scsi_Host *shost);
void erl2_session_destroy(struct erl2_session *s);
void erl2_session_add_conn(struct erl2_session *s, struct erl2_conn *conn);
void erl2_session_del_conn(struct erl2_session *s, struct erl2_conn *conn);
void erl2_session_set_state(struct erl2_session *s,
			    enum erl2_session_state state);
int erl2_session_watch(struct erl2_session *s, struct socket *sock);
bool erl2_session_interrupted(struct erl2_session *s);
int erl2_session_sleep(struct erl2_session *s, unsigned int ms);
void erl2_session_abort_login(struct erl2_session *s, bool added);
void erl2_session_stop(struct erl2_session *s);
void erl2_session_fail_conns(struct erl2_session *s, enum erl2_reason reason);
bool erl2_session_wants_stable_writes(const struct erl2_session *s);

#endif /* _ERL2_SESSION_H */
