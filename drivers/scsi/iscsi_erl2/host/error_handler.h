/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Task management for the SCSI error handler.
 */
#ifndef _ERL2_ERROR_HANDLER_H
#define _ERL2_ERROR_HANDLER_H

#include <linux/types.h>

#include "compat/scsi.h"

struct scsi_cmnd;

enum scsi_timeout_action erl2_eh_timed_out(struct scsi_cmnd *sc);
bool erl2_eh_should_retry(struct scsi_cmnd *sc);
int erl2_eh_abort(struct scsi_cmnd *sc);
int erl2_eh_lu_reset(struct scsi_cmnd *sc);
int erl2_eh_target_reset(struct scsi_cmnd *sc);
int erl2_eh_host_reset(struct scsi_cmnd *sc);

#endif /* _ERL2_ERROR_HANDLER_H */
