/* SPDX-License-Identifier: GPL-2.0 */
/*
 * StatSN, RFC 7143 4.2.2.2.
 */
#ifndef _ERL2_STATSN_H
#define _ERL2_STATSN_H

#include <linux/types.h>
#include <scsi/iscsi_proto.h>

#define ERL2_STATSN_WINDOW	256	/* statuses behind a hole we keep track of */

/**
 * erl2_pdu_has_statsn() - does the PDU carry a StatSN of its own?
 * @h: its header
 *
 * RFC 7143 4.2.2.2, 11.4.9, 11.8.3, 11.19.2.
 *
 * Context: any.
 * Return: true if it uses one up.
 */
static inline bool erl2_pdu_has_statsn(const struct iscsi_hdr *h)
{
	switch (h->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_SCSI_DATA_IN:
		return h->flags & ISCSI_FLAG_DATA_STATUS;
	case ISCSI_OP_NOOP_IN:
		return h->itt != RESERVED_ITT;
	case ISCSI_OP_R2T:
		return false;
	default:
		return true;
	}
}

#endif /* _ERL2_STATSN_H */
