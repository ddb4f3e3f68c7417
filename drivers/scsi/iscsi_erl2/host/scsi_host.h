/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SCSI host of a session.
 */
#ifndef _ERL2_SCSI_HOST_H
#define _ERL2_SCSI_HOST_H

#include <linux/types.h>
#include <scsi/scsi_host.h>

struct Scsi_Host;
struct scsi_transport_template;

struct Scsi_Host *erl2_host_alloc(struct scsi_transport_template *t,
				  u16 cmds_max, u16 qdepth);
void erl2_host_added(struct Scsi_Host *shost);

#endif /* _ERL2_SCSI_HOST_H */
