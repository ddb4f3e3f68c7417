// SPDX-License-Identifier: GPL-2.0
/*
 * What a PDU from the target does.
 *
 * Nothing in it is believed before it was checked here: a malformed PDU ends
 * the session's connections (RFC 7143 7.7), a hole in a numbering ends this
 * connection at level 0 and is the business of snack.c and data.c above, and
 * what refers to a task that is no more is dropped.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_eh.h>

/* A read that is continued with the wrong data that often ends the session. */
#define MISFITS_MAX	3

#include "compat/unaligned.h"
#include "core/allegiance.h"
#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "core/task.h"
#include "core/task_result.h"
#include "core/trace.h"
#include "io/async.h"
#include "io/command_retry.h"
#include "io/nop.h"
#include "io/pdu.h"
#include "io/text_negotiation.h"
#include "io/within_command.h"
#include "io/within_connection.h"
#include "proto/cmdsn.h"
#include "proto/datain.h"
#include "proto/gaps.h"
#include "proto/keys.h"
#include "proto/serial.h"
#include "proto/statsn.h"

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

/*
 * A response to no task of its kind here. The task may have been aborted or
 * given up: nothing to be said then. But RFC 7143 4.2.5.1: what belongs to a
 * task comes on the connection of its allegiance. It cannot be just late: what
 * a task has left is always a connection that was closed before.
 */
static int pdu_no_task(struct erl2_conn *conn, const struct erl2_task *task,
		       itt_t itt)
{
	if (task)
		return pdu_format_error(conn, "its task is of another kind");
	if (erl2_task_elsewhere(conn, be32_to_cpu((__force __be32)itt)))
		return pdu_format_error(conn, "its task is on another connection");
	return 0;
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

/*
 * What becomes of a Data-In? Behind this its bytes are written to where they
 * belong: what they write over is not known to be good any more.
 */
static enum erl2_datain pdu_place(struct erl2_conn *conn,
				  struct erl2_task *task, u32 datasn,
				  u32 offset, u32 len)
{
	bool level1 = unlikely(task->flags & ERL2_TASK_LEVEL1);
	struct erl2_datain_view v = {
		.exp_sn = task->exp_datasn,
		.good = task->in_end,
		.gaps = level1 ? &task->l1.gaps : NULL,
		.restart = task->flags & ERL2_TASK_SN_OPEN,
		.over = level1 && task->l1.held,
		.level = conn->session->keys.erl,
	};
	enum erl2_datain place;

	if (likely(datasn == v.exp_sn && offset == v.good && !level1 &&
		   !v.restart))
		return ERL2_DATAIN_NEXT;
	place = erl2_datain_place(&v, datasn, offset, len);
	if (place == ERL2_DATAIN_RESTART && len) {
		task->exp_datasn = datasn;
		task->in_end = offset;
	}
	return place;
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
	enum erl2_datain place = ERL2_DATAIN_DROP;
	struct erl2_task *task;
	u32 exp, end;
	bool in, fits;

	spin_lock(&conn->lock);
	task = erl2_task_live(conn, be32_to_cpu((__force __be32)h->itt));
	if (!task || !task->sc) {
		/* The bytes go nowhere. */
		spin_unlock(&conn->lock);
		return pdu_no_task(conn, task, h->itt);
	}
	in = task->sc->sc_data_direction == DMA_FROM_DEVICE;
	fits = in && offset <= task->data_len &&
	       len <= task->data_len - offset;
	exp = task->exp_datasn;
	end = task->in_end;
	if (fits || (in && !len))
		place = pdu_place(conn, task, datasn, offset, len);
	/* RFC 7143 7.2.2: a target that cannot continue a read never will. */
	if (unlikely(place == ERL2_DATAIN_BAD_OFFSET) &&
	    task->flags & ERL2_TASK_REASSIGNED &&
	    ++task->misfits >= MISFITS_MAX)
		set_bit(ERL2_SESSION_LOST, &conn->session->flags);
	spin_unlock(&conn->lock);

	if (len && !fits)
		return pdu_format_error(conn, "data outside of the buffer");
	switch (place) {
	case ERL2_DATAIN_DROP:
		return 0;
	case ERL2_DATAIN_BAD_SN:
		return pdu_sequence_error(conn, "DataSN", datasn, exp);
	case ERL2_DATAIN_BAD_OFFSET:
		return pdu_sequence_error(conn, "Buffer Offset", offset, end);
	default:
		conn->rx.task = task;
		conn->rx.place = place;
		conn->rx.offset = offset;
		return 0;
	}
}

/* Returns 0 to go on, 1 for a duplicate, a negative errno for a hole. */
static int pdu_take_statsn(struct erl2_conn *conn, struct iscsi_hdr *h)
{
	u32 statsn = be32_to_cpu(h->statsn);

	if (!erl2_pdu_has_statsn(h))
		return 0;
	if (likely(statsn == conn->exp_statsn && !conn->snack.busy)) {
		conn->exp_statsn++;
		return 0;
	}
	if (conn->session->keys.erl)
		return erl2_snack_statsn(conn, h);
	if (erl2_sn_before(statsn, conn->exp_statsn))
		return 1;
	/*
	 * The status in between is lost; nothing behind the hole may be
	 * acknowledged (RFC 7143 7.9), so this one is lost with it.
	 */
	return pdu_sequence_error(conn, "StatSN", statsn, conn->exp_statsn);
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

/* A command has its status: complete it, unless that has to wait. */
static int pdu_status(struct erl2_conn *conn, itt_t itt,
		      const struct erl2_status *st)
{
	struct erl2_task *task;

	/* From the claim on the error handler waits for the end of this. */
	rcu_read_lock();
	spin_lock(&conn->lock);
	task = erl2_task_live(conn, be32_to_cpu((__force __be32)itt));
	if (!task || !task->sc) {
		spin_unlock(&conn->lock);
		rcu_read_unlock();
		return pdu_no_task(conn, task, itt);
	}
	/* The first one counts. */
	if (unlikely(erl2_task_has_status(task)))
		goto none;
	if (!st->in_data && st->status == SAM_STAT_CHECK_CONDITION &&
	    st->response == ISCSI_STATUS_CMD_COMPLETED)
		pdu_sense(conn, task->sc);
	if (unlikely(conn->snack.busy ||
		     erl2_sn_after(st->exp_datasn, task->exp_datasn)) &&
	    conn->session->keys.erl && erl2_snack_status(conn, task, st))
		goto none;
	if (!erl2_task_claim(task))
		goto none;
	spin_unlock(&conn->lock);

	WRITE_ONCE(conn->session->futile, 0);
	erl2_task_complete(task, erl2_pdu_result(task, st));
	rcu_read_unlock();
	return 0;
none:
	spin_unlock(&conn->lock);
	rcu_read_unlock();
	return 0;
}

static int pdu_scsi_response(struct erl2_conn *conn)
{
	struct iscsi_scsi_rsp *h = (struct iscsi_scsi_rsp *)conn->rx.head;
	struct erl2_status st = {
		.statsn = be32_to_cpu(h->statsn),
		.resid = be32_to_cpu(h->residual_count),
		.response = h->response,
		.flags = h->flags,
		.status = h->cmd_status,
	};

	conn->stats.rsp_pdus++;
	/* RFC 7143 11.4.8: of no meaning with another response */
	if (h->response == ISCSI_STATUS_CMD_COMPLETED)
		st.exp_datasn = be32_to_cpu(h->exp_datasn);
	return pdu_status(conn, h->itt, &st);
}

/* Note the data of a Data-In. False: the connection failed over it. */
static bool pdu_data_take(struct erl2_conn *conn, struct erl2_task *task,
			  const struct iscsi_data_rsp *h, u32 datasn)
{
	u32 offset = conn->rx.offset, len = conn->rx.data_len;

	switch (conn->rx.place) {
	case ERL2_DATAIN_NEXT:
	case ERL2_DATAIN_RESTART:
		task->exp_datasn = datasn + 1;
		/* RFC 7143 11.7.5: the offset of one without data says nothing. */
		if (!len)
			break;
		task->flags &= ~ERL2_TASK_SN_OPEN;
		if (unlikely(task->flags & ERL2_TASK_LEVEL1))
			erl2_gaps_close(&task->l1.gaps, offset);
		task->in_end = offset + len;
		break;
	default:
		if (!erl2_data_came(conn, task, datasn, offset, len))
			return false;
		break;
	}
	if (unlikely(task->flags & ERL2_TASK_LEVEL1) &&
	    datasn + 1 == task->exp_datasn)
		erl2_data_sequence(task, datasn,
				   h->flags & ISCSI_FLAG_CMD_FINAL);
	if (len)
		task->progress = jiffies;
	return true;
}

static int pdu_data_in(struct erl2_conn *conn)
{
	struct iscsi_data_rsp *h = (struct iscsi_data_rsp *)conn->rx.head;
	struct erl2_task *task = conn->rx.task;
	u32 datasn = be32_to_cpu(h->datasn);
	struct erl2_status st;

	conn->stats.datain_pdus++;
	if (task) {
		spin_lock(&conn->lock);
		/* Still ours? Recovery may have taken it. */
		if (conn->rx.task == task &&
		    !pdu_data_take(conn, task, h, datasn))
			goto failed;
		spin_unlock(&conn->lock);
	}
	if (!(h->flags & ISCSI_FLAG_DATA_STATUS)) {
		/* RFC 7143 11.7.2: valid only above level 0 */
		if (h->flags & ISCSI_FLAG_DATA_ACK && conn->session->keys.erl)
			erl2_data_ack(conn, h, task);
		return 0;
	}
	/* RFC 7143 11.7.3: an error has its sense data in a SCSI Response */
	if (h->cmd_status == SAM_STAT_CHECK_CONDITION)
		return pdu_format_error(conn, "CHECK CONDITION in a Data-In");
	/*
	 * With the status here ExpStatSN acknowledges the data as well; after
	 * that a DataACK must not be sent (RFC 7143 11.7.2).
	 */
	st = (struct erl2_status) {
		.statsn = be32_to_cpu(h->statsn),
		.resid = be32_to_cpu(h->residual_count),
		.in_data = true,
		.flags = h->flags,
		.status = h->cmd_status,
	};
	return pdu_status(conn, h->itt, &st);
failed:
	if (h->flags & ISCSI_FLAG_DATA_STATUS)
		erl2_snack_unsettle(conn, be32_to_cpu(h->statsn));
	spin_unlock(&conn->lock);
	return -EPROTO;
}

/* What is wrong with an R2T for this task, if anything. conn->lock held. */
static const char *r2t_wrong(struct erl2_conn *conn, const struct erl2_task *task,
			     const struct iscsi_r2t_rsp *h)
{
	u32 offset = be32_to_cpu(h->data_offset);
	u32 len = be32_to_cpu(h->data_length);
	struct scsi_lun lun;

	int_to_scsilun(task->sc->device->lun, &lun);
	if (task->sc->sc_data_direction != DMA_TO_DEVICE)
		return "R2T for a command that writes nothing";
	if (!len || len > conn->session->keys.max_burst)
		return "R2T of a length that is not allowed";
	if (offset > task->data_len || len > task->data_len - offset)
		return "R2T outside of the buffer";
	if (h->ttt == cpu_to_be32(ISCSI_RESERVED_TAG))
		return "R2T without a Target Transfer Tag";
	if (conn->rx.data_len)
		return "R2T with data";
	if (memcmp(&lun, &h->lun, sizeof(lun)))
		return "R2T for another logical unit";
	return NULL;
}

static int pdu_r2t(struct erl2_conn *conn)
{
	struct iscsi_r2t_rsp *h = (struct iscsi_r2t_rsp *)conn->rx.head;
	const struct erl2_keys *keys = &conn->session->keys;
	u32 offset = be32_to_cpu(h->data_offset);
	u32 len = be32_to_cpu(h->data_length);
	u32 r2tsn = be32_to_cpu(h->r2tsn);
	const char *wrong = NULL;
	u32 limit = ERL2_MAX_R2T;
	struct erl2_task *task;
	struct erl2_r2t *r2t;
	bool hole = false;
	u32 expected = 0;

	conn->stats.r2t_pdus++;
	spin_lock(&conn->lock);
	task = erl2_task_live(conn, be32_to_cpu((__force __be32)h->itt));
	if (!task || !task->sc) {
		spin_unlock(&conn->lock);
		return pdu_no_task(conn, task, h->itt);
	}
	/* With its status here it wants no data any more. */
	if (unlikely(erl2_task_has_status(task)))
		goto out;
	expected = task->exp_r2tsn;
	wrong = r2t_wrong(conn, task, h);
	if (wrong)
		goto out;

	if (task->flags & ERL2_TASK_SN_OPEN) {
		task->flags &= ~ERL2_TASK_SN_OPEN;
		expected = r2tsn;
	}
	if (likely(r2tsn == expected)) {
		task->exp_r2tsn = r2tsn + 1;
	} else if (!keys->erl) {
		/* RFC 7143 7.9: an old one again is dropped, a hole is not */
		hole = erl2_sn_after(r2tsn, expected);
		goto out;
	} else if (!erl2_data_r2t(conn, task, r2tsn)) {
		goto out;
	}
	/*
	 * RFC 7143 7.8: above level 0 a recovery R2T may come while the one
	 * before, for the same data, is still being served, or waits for that.
	 * Of too many the last ones are left to the target to repeat.
	 */
	if (!keys->erl)
		limit = min_t(u32, keys->max_r2t, limit);
	if (task->r2t_count >= limit) {
		if (!keys->erl)
			wrong = "more R2Ts than MaxOutstandingR2T";
		goto out;
	}

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
	struct erl2_task *task = NULL;
	struct erl2_ctl *ctl;

	spin_lock(&conn->lock);
	ctl = erl2_ctl_find(conn, h);
	if (ctl)
		erl2_ctl_finish(ctl, h, 0);
	else
		task = erl2_task_live(conn, be32_to_cpu((__force __be32)h->itt));
	spin_unlock(&conn->lock);
	return ctl ? 0 : pdu_no_task(conn, task, h->itt);
}

static int pdu_text(struct erl2_conn *conn)
{
	struct iscsi_text_rsp *h = (struct iscsi_text_rsp *)conn->rx.head;
	bool final = h->flags & ISCSI_FLAG_CMD_FINAL;

	/* RFC 7143 11.11.2; the tag of a final one is ignored (11.10.4) */
	if (final && h->flags & ISCSI_FLAG_TEXT_CONTINUE)
		return pdu_format_error(conn, "final text that continues");
	/* RFC 7143 11.11.1 */
	if (!final && h->ttt == cpu_to_be32(ISCSI_RESERVED_TAG))
		return pdu_format_error(conn, "text that is to go on has no Target Transfer Tag");
	if (erl2_negotiate_response(conn))
		return 0;
	return pdu_control(conn);
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
	bool lost = false;
	u8 op;

	conn->stats.reject_pdus++;
	if (conn->rx.data_len < sizeof(*bad))
		return pdu_format_error(conn, "Reject without a header");
	op = bad->opcode & ISCSI_OPCODE_MASK;
	trace_pdu_reject(conn, h->reason, op);
	erl2_conn_err(conn, "target rejected a PDU with opcode 0x%02x, reason 0x%02x\n",
		      op, h->reason);

	spin_lock(&conn->lock);
	task = erl2_task_live(conn, be32_to_cpu((__force __be32)bad->itt));
	if (task && !task->sc) {
		/*
		 * RFC 7143 11.17.1: too many immediate commands (0x06): try
		 * again later; all else: there will be no other answer.
		 */
		erl2_ctl_finish(container_of(task, struct erl2_ctl, task),
				NULL, h->reason == ISCSI_REASON_IMM_CMD_REJECT ?
				-EBUSY : -EREMOTEIO);
	} else if (op == ISCSI_OP_SNACK) {
		erl2_snack_rejected(conn, bad, h->reason);
	} else if (task && op == ISCSI_OP_SCSI_CMD &&
		   !erl2_task_has_status(task)) {
		/*
		 * RFC 7143 7.3: a rejected command was not received, its CmdSN
		 * is a hole that only the same CmdSN plugs.
		 */
		lost = !erl2_retry_rejected(conn, task, h->reason);
		if (lost)
			erl2_conn_fail_locked(conn, ERL2_FAIL_REJECT);
	}
	/*
	 * A rejected Data-Out leaves its task alive, whatever the reason: the
	 * target goes on with a recovery R2T, and nothing is sent again before
	 * that, or it ends the task with a response (7.3, 7.8).
	 */
	spin_unlock(&conn->lock);
	return lost ? -EIO : 0;
}

static int pdu_act(struct erl2_conn *conn, struct iscsi_hdr *h)
{
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
	case ISCSI_OP_TEXT_RSP:
		return pdu_text(conn);
	default:	/* Logout Response */
		return pdu_control(conn);
	}
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

	ret = pdu_act(conn, h);
	if (unlikely(conn->snack.busy) && !ret)
		erl2_snack_settle(conn);
	return ret;
}
