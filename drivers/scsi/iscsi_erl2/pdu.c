// SPDX-License-Identifier: GPL-2.0
/*
 * What a PDU from the target does.
 *
 * Nothing in it is believed before it was checked here: a malformed PDU ends
 * the session's connections (RFC 7143 7.7), a hole in a numbering ends this
 * connection, and what refers to a task that is no more is dropped.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>

#include "async.h"
#include "compat/unaligned.h"
#include "erl2.h"
#include "mcs.h"
#include "nop.h"
#include "pdu.h"
#include "serial.h"
#include "session.h"
#include "snack.h"
#include "trace.h"

static int pdu_format_error(struct erl2_conn *conn, const char *what)
{
	conn->stats.format_errs++;
	erl2_conn_err(conn, "format error in a PDU with opcode 0x%02x: %s\n",
		      conn->rx.head[0] & ISCSI_OPCODE_MASK, what);
	erl2_conn_fail(conn, ERL2_FAIL_FORMAT);
	return -EPROTO;
}

static int pdu_sequence_error(struct erl2_conn *conn, const char *what,
			      u32 got, u32 expected)
{
	erl2_conn_err(conn, "%s %u came, %u was expected\n", what, got,
		      expected);
	erl2_conn_fail(conn, ERL2_FAIL_SEQUENCE);
	return -EPROTO;
}

/**
 * erl2_pdu_check() - look at a header before its data is taken
 * @conn: connection, the header is in @conn->rx.head
 *
 * Context: socket lock held.
 * Return: 0, or a negative errno; the connection has failed then.
 */
int erl2_pdu_check(struct erl2_conn *conn)
{
	struct iscsi_hdr *h = (struct iscsi_hdr *)conn->rx.head;

	switch (h->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_NOOP_IN:
	case ISCSI_OP_SCSI_CMD_RSP:
	case ISCSI_OP_SCSI_TMFUNC_RSP:
	case ISCSI_OP_TEXT_RSP:
	case ISCSI_OP_SCSI_DATA_IN:
	case ISCSI_OP_LOGOUT_RSP:
	case ISCSI_OP_R2T:
	case ISCSI_OP_ASYNC_EVENT:
	case ISCSI_OP_REJECT:
		break;
	default:
		return pdu_format_error(conn, "unknown opcode");
	}
	/* RFC 7143 13.12: MaxRecvDataSegmentLength binds the target */
	if (conn->rx.data_len > conn->keys.max_recv)
		return pdu_format_error(conn, "data segment too long");
	if (h->hlength)
		return pdu_format_error(conn, "additional header segment");
	return 0;
}

/**
 * erl2_pdu_data_in() - find the place for the data of a Data-In
 * @conn: connection, the header is in @conn->rx.head
 *
 * Context: socket lock held.
 * Return: 0, or a negative errno; the connection has failed then.
 */
int erl2_pdu_data_in(struct erl2_conn *conn)
{
	struct iscsi_data_rsp *h = (struct iscsi_data_rsp *)conn->rx.head;
	u32 offset = be32_to_cpu(h->offset);
	u32 datasn = be32_to_cpu(h->datasn);
	u32 len = conn->rx.data_len;
	struct erl2_task *task;
	u32 data_len, exp, end;
	bool open, in;

	spin_lock(&conn->lock);
	task = erl2_task_find(conn, be32_to_cpu((__force __be32)h->itt));
	if (!task || !task->sc) {
		/* It was aborted or given up: the bytes go nowhere. */
		spin_unlock(&conn->lock);
		return 0;
	}
	in = task->sc->sc_data_direction == DMA_FROM_DEVICE;
	data_len = task->data_len;
	open = task->flags & ERL2_TASK_SN_OPEN;
	exp = task->exp_datasn;
	end = task->in_end;
	spin_unlock(&conn->lock);

	if (len && (!in || offset > data_len || len > data_len - offset))
		return pdu_format_error(conn, "data outside of the buffer");
	/* A status-only Data-In has no data and no use for its DataSN. */
	if (!len)
		return 0;
	if (!open && erl2_sn_after(datasn, exp))
		return pdu_sequence_error(conn, "DataSN", datasn, exp);
	/*
	 * RFC 7143 7.2.2: after a reassignment the target may send again any
	 * part of the data, cut as it likes; only a gap is wrong.
	 */
	if (offset > end)
		return pdu_sequence_error(conn, "Buffer Offset", offset, end);

	conn->rx.task = task;
	conn->rx.offset = offset;
	return 0;
}

/* Does the PDU carry a StatSN of its own? RFC 7143 11.x.x, 4.2.2.2. */
static bool pdu_has_statsn(const struct iscsi_hdr *h)
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

/* Returns 0 to go on, 1 for a duplicate, a negative errno for a hole. */
static int pdu_take_statsn(struct erl2_conn *conn, struct iscsi_hdr *h)
{
	u32 statsn = be32_to_cpu(h->statsn);

	if (!pdu_has_statsn(h))
		return 0;
	if (erl2_sn_before(statsn, conn->exp_statsn))
		return 1;
	/*
	 * The status in between is lost; nothing behind the hole may be
	 * acknowledged (RFC 7143 7.9), so this one is lost with it.
	 */
	if (statsn != conn->exp_statsn)
		return pdu_sequence_error(conn, "StatSN", statsn,
					  conn->exp_statsn);
	conn->exp_statsn++;
	return 0;
}

static void pdu_take_window(struct erl2_conn *conn, struct iscsi_hdr *h)
{
	struct erl2_session *s = conn->session;
	bool grew;

	spin_lock(&s->lock);
	grew = erl2_cmdsn_update(&s->sn, be32_to_cpu(h->exp_statsn),
				 be32_to_cpu(h->max_statsn));
	spin_unlock(&s->lock);
	if (!grew)
		return;
	if (!list_empty(&conn->cmdq))
		conn->tx_wanted = true;
	erl2_mcs_window_grew(s);
}

/* Sense data behind its length, RFC 7143 11.4.7. */
static void pdu_sense(struct erl2_conn *conn, struct scsi_cmnd *sc)
{
	u32 have = min_t(u32, conn->rx.data_len, ERL2_RX_BUF_LEN);
	u32 len;

	if (have < 2)
		return;
	len = min3((u32)get_unaligned_be16(conn->rx.buf), have - 2,
		   (u32)SCSI_SENSE_BUFFERSIZE);
	memcpy(sc->sense_buffer, conn->rx.buf + 2, len);
}

/* The result of a command out of its status, residual and data. */
static int pdu_result(struct erl2_task *task, u8 flags, u8 status, u32 residual)
{
	struct scsi_cmnd *sc = task->sc;
	u32 expected = task->data_len;

	if ((flags & ISCSI_FLAG_CMD_OVERFLOW) &&
	    (flags & ISCSI_FLAG_CMD_UNDERFLOW))
		return DID_BAD_TARGET << 16 | status;
	if (flags & ISCSI_FLAG_CMD_UNDERFLOW) {
		if (residual > task->data_len)
			return DID_BAD_TARGET << 16 | status;
		scsi_set_resid(sc, residual);
		expected -= residual;
	}
	if (status == SAM_STAT_GOOD &&
	    sc->sc_data_direction == DMA_FROM_DEVICE &&
	    task->in_end < expected) {
		/*
		 * RFC 7143 7.9, 11.4.7.2: good status but data is missing:
		 * never GOOD; "protocol service CRC error" says it.
		 */
		scsi_build_sense(sc, 0, ABORTED_COMMAND, 0x47, 0x05);
		return sc->result;
	}
	return DID_OK << 16 | status;
}

/* Claim the task that an answer is for, with a count of what moved on. */
static struct erl2_task *pdu_claim(struct erl2_conn *conn, __be32 itt)
{
	struct erl2_task *task;

	spin_lock(&conn->lock);
	task = erl2_task_find(conn, be32_to_cpu(itt));
	if (task && (!task->sc || !erl2_task_claim(task)))
		task = NULL;
	spin_unlock(&conn->lock);
	return task;
}

static int pdu_scsi_response(struct erl2_conn *conn)
{
	struct iscsi_scsi_rsp *h = (struct iscsi_scsi_rsp *)conn->rx.head;
	struct erl2_task *task;
	int result;

	conn->stats.rsp_pdus++;
	task = pdu_claim(conn, (__force __be32)h->itt);
	if (!task)
		return 0;
	WRITE_ONCE(conn->session->futile, 0);

	if (h->response != ISCSI_STATUS_CMD_COMPLETED) {
		/* RFC 7143 11.4.3: the status field means nothing then */
		erl2_task_complete(task, erl2_task_unknown(task, DID_ERROR));
		return 0;
	}
	result = pdu_result(task, h->flags, h->cmd_status,
			    be32_to_cpu(h->residual_count));
	if (h->cmd_status == SAM_STAT_CHECK_CONDITION)
		pdu_sense(conn, task->sc);
	erl2_task_complete(task, result);
	return 0;
}

static int pdu_data_in(struct erl2_conn *conn)
{
	struct iscsi_data_rsp *h = (struct iscsi_data_rsp *)conn->rx.head;
	struct erl2_task *task = conn->rx.task;
	u32 datasn = be32_to_cpu(h->datasn);
	u32 end;

	conn->stats.datain_pdus++;
	if (task) {
		spin_lock(&conn->lock);
		/* Still ours? The error handler may have taken it. */
		if (conn->rx.task == task) {
			end = conn->rx.offset + conn->rx.data_len;
			if (task->flags & ERL2_TASK_SN_OPEN ||
			    datasn == task->exp_datasn)
				task->exp_datasn = datasn + 1;
			task->flags &= ~ERL2_TASK_SN_OPEN;
			if (end > task->in_end)
				task->in_end = end;
			task->progress = jiffies;
		}
		spin_unlock(&conn->lock);
	}
	if (!(h->flags & ISCSI_FLAG_DATA_STATUS)) {
		/* RFC 7143 11.7.2: valid only above level 0 */
		if (h->flags & ISCSI_FLAG_DATA_ACK && conn->session->keys.erl)
			erl2_snack_data_ack(conn, h, task);
		return 0;
	}
	/*
	 * With the status here ExpStatSN acknowledges the data as well; after
	 * that a DataACK must not be sent (RFC 7143 11.7.2).
	 */
	task = pdu_claim(conn, (__force __be32)h->itt);
	if (!task)
		return 0;
	WRITE_ONCE(conn->session->futile, 0);
	erl2_task_complete(task, pdu_result(task, h->flags, h->cmd_status,
					    be32_to_cpu(h->residual_count)));
	return 0;
}

static int pdu_r2t(struct erl2_conn *conn)
{
	struct iscsi_r2t_rsp *h = (struct iscsi_r2t_rsp *)conn->rx.head;
	const struct erl2_keys *keys = &conn->session->keys;
	u32 offset = be32_to_cpu(h->data_offset);
	u32 len = be32_to_cpu(h->data_length);
	u32 r2tsn = be32_to_cpu(h->r2tsn);
	const char *wrong = NULL;
	struct erl2_task *task;
	struct erl2_r2t *r2t;
	bool hole = false;
	u32 expected = 0;

	conn->stats.r2t_pdus++;
	spin_lock(&conn->lock);
	task = erl2_task_find(conn, be32_to_cpu((__force __be32)h->itt));
	if (!task || !task->sc)
		goto out;
	expected = task->exp_r2tsn;

	if (task->sc->sc_data_direction != DMA_TO_DEVICE)
		wrong = "R2T for a command that writes nothing";
	else if (!len || len > keys->max_burst)
		wrong = "R2T of a length that is not allowed";
	else if (offset > task->data_len || len > task->data_len - offset)
		wrong = "R2T outside of the buffer";
	else if (h->ttt == cpu_to_be32(ISCSI_RESERVED_TAG))
		wrong = "R2T without a Target Transfer Tag";
	if (wrong)
		goto out;

	if (task->flags & ERL2_TASK_SN_OPEN) {
		task->flags &= ~ERL2_TASK_SN_OPEN;
		expected = r2tsn;
	}
	if (r2tsn != expected) {
		/* RFC 7143 7.9: an old one again is dropped, a hole is not */
		hole = erl2_sn_after(r2tsn, expected);
		goto out;
	}
	if (task->r2t_count >= min_t(u32, keys->max_r2t, ERL2_MAX_R2T)) {
		wrong = "more R2Ts than MaxOutstandingR2T";
		goto out;
	}

	task->exp_r2tsn = r2tsn + 1;
	r2t = &task->r2t[(task->r2t_head + task->r2t_count) % ERL2_MAX_R2T];
	r2t->ttt = h->ttt;
	r2t->offset = offset;
	r2t->left = len;
	r2t->datasn = 0;
	if (!task->r2t_count++ && conn->tx.burst != task &&
	    !(task->flags & ERL2_TASK_HUSHED) && list_empty(&task->node))
		list_add_tail(&task->node, &conn->dataq);
	task->progress = jiffies;
	conn->tx_wanted = true;
out:
	spin_unlock(&conn->lock);
	if (hole)
		return pdu_sequence_error(conn, "R2TSN", r2tsn, expected);
	return wrong ? pdu_format_error(conn, wrong) : 0;
}

/* The answer to one of our own control PDUs. */
static int pdu_control(struct erl2_conn *conn)
{
	struct iscsi_hdr *h = (struct iscsi_hdr *)conn->rx.head;
	struct erl2_task *task;

	spin_lock(&conn->lock);
	task = erl2_task_find(conn, be32_to_cpu((__force __be32)h->itt));
	if (task && !task->sc)
		erl2_ctl_finish(container_of(task, struct erl2_ctl, task), h,
				0);
	spin_unlock(&conn->lock);
	return 0;
}

static int pdu_nop_in(struct erl2_conn *conn)
{
	struct iscsi_nopin *h = (struct iscsi_nopin *)conn->rx.head;

	conn->stats.noprx_pdus++;
	if (h->itt == RESERVED_ITT) {
		/* RFC 7143 11.19: a ping of the target's brings no data */
		if (conn->rx.data_len)
			return pdu_format_error(conn, "ping with data");
		return erl2_nop_from_target(conn);
	}
	/* RFC 7143 7.7: an answer that is a question as well */
	if (h->ttt != cpu_to_be32(ISCSI_RESERVED_TAG))
		return pdu_format_error(conn, "both tags are set");
	return pdu_control(conn);
}

static int pdu_reject(struct erl2_conn *conn)
{
	struct iscsi_reject *h = (struct iscsi_reject *)conn->rx.head;
	struct iscsi_hdr *bad = (struct iscsi_hdr *)conn->rx.buf;
	struct erl2_task *task;
	bool command = false;
	u8 op;

	conn->stats.reject_pdus++;
	if (conn->rx.data_len < sizeof(*bad))
		return pdu_format_error(conn, "Reject without a header");
	op = bad->opcode & ISCSI_OPCODE_MASK;
	trace_pdu_reject(conn, h->reason, op);
	erl2_conn_err(conn, "target rejected a PDU with opcode 0x%02x, reason 0x%02x\n",
		      op, h->reason);

	spin_lock(&conn->lock);
	task = erl2_task_find(conn, be32_to_cpu((__force __be32)bad->itt));
	if (task && !task->sc) {
		/*
		 * RFC 7143 11.17.1: too many immediate commands (0x06): try
		 * again later; all else: there will be no other answer.
		 */
		erl2_ctl_finish(container_of(task, struct erl2_ctl, task),
				NULL, h->reason == ISCSI_REASON_IMM_CMD_REJECT ?
				-EBUSY : -EREMOTEIO);
	} else if (task && op == ISCSI_OP_SCSI_CMD) {
		command = true;
	}
	spin_unlock(&conn->lock);

	/*
	 * RFC 7143 7.3: a rejected command was not received, its CmdSN is a
	 * hole that only the same CmdSN plugs. Recovery knows how. A rejected
	 * Data-Out or SNACK leaves its task alive: the target goes on with an
	 * R2T or ends it with a response.
	 */
	if (command) {
		erl2_conn_fail(conn, ERL2_FAIL_REJECT);
		return -EIO;
	}
	return 0;
}

/**
 * erl2_pdu_process() - act on a complete PDU
 * @conn: connection, the PDU is in @conn->rx
 *
 * Context: socket lock held; does not sleep. May complete commands.
 * Return: 0, or a negative errno when the connection failed and nothing more
 * may be taken from it.
 */
int erl2_pdu_process(struct erl2_conn *conn)
{
	struct iscsi_hdr *h = (struct iscsi_hdr *)conn->rx.head;
	int ret;

	/* A drill or a timer may have failed the connection meanwhile. */
	if (!erl2_conn_is_up(conn))
		return -ENOTCONN;

	ret = pdu_take_statsn(conn, h);
	if (ret)
		return ret < 0 ? ret : 0;
	pdu_take_window(conn, h);

	switch (h->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_SCSI_CMD_RSP:
		return pdu_scsi_response(conn);
	case ISCSI_OP_SCSI_DATA_IN:
		return pdu_data_in(conn);
	case ISCSI_OP_R2T:
		return pdu_r2t(conn);
	case ISCSI_OP_NOOP_IN:
		return pdu_nop_in(conn);
	case ISCSI_OP_SCSI_TMFUNC_RSP:
		conn->stats.tmfrsp_pdus++;
		return pdu_control(conn);
	case ISCSI_OP_ASYNC_EVENT:
		conn->stats.async_pdus++;
		return erl2_async_message(conn);
	case ISCSI_OP_REJECT:
		return pdu_reject(conn);
	default:	/* Logout Response, Text Response */
		return pdu_control(conn);
	}
}
