// SPDX-License-Identifier: GPL-2.0
/*
 * NOP-Out and NOP-In, and the supervision of a silent connection.
 */
#include <net/tcp.h>

#include "core/control.h"
#include "core/erl2.h"
#include "io/nop.h"
#include "io/within_connection.h"

/**
 * erl2_nop_header() - the header of a NOP-Out that asks for an answer
 * @hdr: header, all zero
 *
 * Context: any.
 */
void erl2_nop_header(struct iscsi_hdr *hdr)
{
	struct iscsi_nopout *h = (struct iscsi_nopout *)hdr;

	h->opcode = ISCSI_OP_NOOP_OUT | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL;
	h->ttt = cpu_to_be32(ISCSI_RESERVED_TAG);
}

/**
 * erl2_nop_reply() - queue a NOP-Out that asks for no answer
 * @conn: connection; the caller sees that it sends
 * @lun: LUN
 * @ttt: Target Transfer Tag, in wire order
 *
 * Context: any; no conn->lock held. With no exchange free it is left out.
 */
void erl2_nop_reply(struct erl2_conn *conn, const struct scsi_lun *lun,
		    __be32 ttt)
{
	struct erl2_ctl *ctl = erl2_ctl_get_minor(conn->session);
	struct iscsi_nopout *out;

	if (!ctl)
		return;
	erl2_nop_header(&ctl->hdr);
	out = (struct iscsi_nopout *)&ctl->hdr;
	out->itt = RESERVED_ITT;
	out->ttt = ttt;
	out->lun = *lun;
	ctl->no_reply = true;

	spin_lock_bh(&conn->lock);
	if (erl2_ctl_queue(conn, ctl))
		erl2_ctl_put(conn->session, ctl);
	spin_unlock_bh(&conn->lock);
}

/**
 * erl2_nop_acknowledge() - tell the target that an Async Message 5 was heeded
 * @conn: connection it came on
 * @lun: its LUN
 *
 * RFC 7143 11.9.1: a NOP-Out with no tag at all, whose ExpStatSN says it.
 *
 * Context: socket lock held.
 */
void erl2_nop_acknowledge(struct erl2_conn *conn, const struct scsi_lun *lun)
{
	erl2_nop_reply(conn, lun, cpu_to_be32(ISCSI_RESERVED_TAG));
	conn->tx_wanted = true;
}

/**
 * erl2_nop_from_target() - answer a NOP-In
 * @conn: connection, the PDU is in @conn->rx
 *
 * Context: socket lock held.
 * Return: 0; a ping that finds no slot stays unanswered, the target repeats it.
 */
int erl2_nop_from_target(struct erl2_conn *conn)
{
	struct iscsi_nopin *in = (struct iscsi_nopin *)conn->rx.head;

	if (conn->session->keys.erl)
		erl2_snack_next_statsn(conn, be32_to_cpu(in->statsn));

	/* RFC 7143 11.19.2: no TTT, no answer: it only moves the window */
	if (in->ttt == cpu_to_be32(ISCSI_RESERVED_TAG))
		return 0;
	/* RFC 7143 11.18: TTT and LUN copied, no ITT: nothing comes back */
	erl2_nop_reply(conn, &in->lun, in->ttt);
	conn->tx_wanted = true;
	return 0;
}
