/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SCSI host of a session.
 */
#ifndef _ERL2_HOST_H
#define _ERL2_HOST_H

#include <scsi/scsi_host.h>

struct erl2_session;
struct scsi_transport_template;

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

struct Scsi_Host *erl2_host_alloc(struct scsi_transport_template *t,
				  u16 cmds_max, u16 qdepth);
void erl2_host_added(struct Scsi_Host *shost);
void erl2_host_stable_writes(struct Scsi_Host *shost);
void erl2_host_pace(struct Scsi_Host *shost, bool at_once);

#endif /* _ERL2_HOST_H */
