// SPDX-License-Identifier: GPL-2.0
/*
 * SNACK Requests (RFC 7143 11.16).
 */
#include <linux/string.h>

#include "erl2.h"
#include "session.h"
#include "snack.h"
#include "task.h"

/**
 * erl2_snack_data_ack() - acknowledge read data on the target's demand
 * @conn: connection
 * @rsp: Data-In with the A bit
 * @task: its task, NULL if it has ended
 *
 * RFC 7143 11.7.2 makes the answer a duty, 11.16.2 lets it be left out;
 * always to answer is right by both.
 *
 * Context: socket lock held.
 */
void erl2_snack_data_ack(struct erl2_conn *conn,
			 const struct iscsi_data_rsp *rsp,
			 const struct erl2_task *task)
{
	struct erl2_ctl *ctl;
	struct iscsi_snack *h;

	if (!task)
		return;
	ctl = erl2_ctl_get(conn->session);
	if (!ctl)
		return;

	h = (struct iscsi_snack *)&ctl->hdr;
	h->opcode = ISCSI_OP_SNACK;
	h->flags = ISCSI_FLAG_CMD_FINAL | ISCSI_FLAG_SNACK_TYPE_DATA_ACK;
	/* RFC 7143 11.16: LUN and TTT copied, ITT reserved, RunLength 0 */
	memcpy(h->lun, &rsp->lun, sizeof(h->lun));
	h->itt = RESERVED_ITT;
	h->ttt = rsp->ttt;
	h->begrun = cpu_to_be32(task->exp_datasn);
	ctl->no_reply = true;
	ctl->arg = (void *)(unsigned long)task->itt;

	spin_lock(&conn->lock);
	if (erl2_ctl_queue(conn, ctl))
		erl2_ctl_put(conn->session, ctl);
	spin_unlock(&conn->lock);
	conn->tx_wanted = true;
}
