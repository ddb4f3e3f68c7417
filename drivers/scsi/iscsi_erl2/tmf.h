/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Task management for the SCSI error handler.
 */
#ifndef _ERL2_TMF_H
#define _ERL2_TMF_H

#include "compat/scsi.h"

/* Functions of RFC 7144 6.3 that are used; <scsi/iscsi_proto.h> has none */
#define ERL2_TM_FUNC_QUERY_TASK		9
#define ERL2_TM_FUNC_NEXUS_RESET	11

struct scsi_cmnd;

enum scsi_timeout_action erl2_eh_timed_out(struct scsi_cmnd *sc);
bool erl2_eh_should_retry(struct scsi_cmnd *sc);
int erl2_eh_abort(struct scsi_cmnd *sc);
int erl2_eh_lu_reset(struct scsi_cmnd *sc);
int erl2_eh_target_reset(struct scsi_cmnd *sc);
int erl2_eh_host_reset(struct scsi_cmnd *sc);

#endif /* _ERL2_TMF_H */
