/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which commands may be executed twice.
 */
#ifndef _ERL2_RERUN_H
#define _ERL2_RERUN_H

#include <linux/types.h>

bool erl2_may_rerun(u8 scsi_type, const u8 *cdb);

#endif /* _ERL2_RERUN_H */
