/* SPDX-License-Identifier: GPL-2.0 */
/*
 * NOP-Out and NOP-In, and the supervision of a silent connection.
 */
#ifndef _ERL2_NOP_H
#define _ERL2_NOP_H

#include <linux/types.h>

struct erl2_conn;
struct iscsi_hdr;
struct scsi_lun;

void erl2_nop_header(struct iscsi_hdr *hdr);
void erl2_nop_reply(struct erl2_conn *conn, const struct scsi_lun *lun,
		    __be32 ttt);
void erl2_nop_acknowledge(struct erl2_conn *conn, const struct scsi_lun *lun);
int erl2_nop_from_target(struct erl2_conn *conn);

#endif /* _ERL2_NOP_H */
