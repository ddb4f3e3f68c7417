// SPDX-License-Identifier: GPL-2.0
/*
 * Within-command recovery, RFC 7143 7.1.4.1: Data-Ins and R2Ts that are missing
 * or damaged. The gaps are in task->l1; data behind one is kept. snack.c does
 * the asking.
 *
 * Nothing here is reached while all comes in order, or at level 0, but for
 * DataACK.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>

#include "core/erl2.h"
#include "core/task.h"
#include "io/snack.h"
#include "io/within_command.h"
#include "proto/datain.h"
#include "proto/gaps.h"
#include "proto/serial.h"

#define DATA_FAR	1024	/* no hole is that wide: the number is wrong */

static void data_open(struct erl2_conn *conn, struct erl2_task *task)
{
	erl2_snack_begin(conn);
	if (!task->l1.open)
		conn->snack.open++;
	task->l1.open = true;
}

static void data_send(struct erl2_conn *conn, struct erl2_task *task, u32 sn,
		      u32 n)
{
	erl2_snack_send(conn, ISCSI_FLAG_SNACK_TYPE_DATA,
			(__force itt_t)cpu_to_be32(task->itt),
			cpu_to_be32(ISCSI_RESERVED_TAG), sn, n, task->itt);
}

/* A DataACK of this command that waits to be sent. */
static struct erl2_ctl *data_queued_ack(struct erl2_conn *conn,
					const struct erl2_task *task)
{
	struct erl2_task *t;

	list_for_each_entry(t, &conn->ctlq, node) {
		struct erl2_ctl *ctl = container_of(t, struct erl2_ctl, task);

		if ((ctl->hdr.opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_SNACK &&
		    (ctl->hdr.flags & ISCSI_FLAG_SNACK_TYPE_MASK) ==
		    ISCSI_FLAG_SNACK_TYPE_DATA_ACK &&
		    (u32)(unsigned long)ctl->arg == task->itt)
			return ctl;
	}
	return NULL;
}

static void data_send_ack(struct erl2_conn *conn, struct erl2_task *task,
			  __be32 ttt)
{
	struct erl2_ctl *ctl = data_queued_ack(conn, task);
	struct iscsi_snack *h;

	if (ctl) {
		/* It acknowledges all below, so that one is enough. */
		h = (struct iscsi_snack *)&ctl->hdr;
		h->ttt = ttt;
		h->begrun = cpu_to_be32(task->exp_datasn);
	} else {
		ctl = erl2_snack_send(conn, ISCSI_FLAG_SNACK_TYPE_DATA_ACK,
				      RESERVED_ITT, ttt, task->exp_datasn, 0,
				      task->itt);
	}
	if (!ctl)
		return;
	/* RFC 7143 11.16.5: LUN and TTT of the Data-In; it is the task's LUN */
	int_to_scsilun(task->sc->device->lun, &ctl->hdr.lun);
	task->acked = task->exp_datasn;
}

/**
 * erl2_data_ask() - ask for a run of Data-Ins or R2Ts, if that is allowed
 * @conn: connection
 * @task: SCSI task with a gap there
 * @sn: number of the first
 * @n: how many
 *
 * Context: socket lock and conn->lock held.
 */
void erl2_data_ask(struct erl2_conn *conn, struct erl2_task *task, u32 sn,
		   u32 n)
{
	bool in = task->sc->sc_data_direction == DMA_FROM_DEVICE;

	if (!in) {
		data_send(conn, task, sn, n);
	} else if (erl2_sn_before(sn, task->acked)) {
		/* RFC 7143 7.2.2, 11.16.2 */
		erl2_snack_give_up(conn, "acknowledged data is missing", sn);
	} else if (conn->session->keys.seq_in_order &&
		   erl2_sn_before(sn, task->l1.seq_sn)) {
		/* RFC 7143 13.19: only the last sequence may be asked for */
		erl2_snack_give_up(conn, "data of an old sequence is missing",
				   sn);
	} else {
		data_send(conn, task, sn, n);
	}
}

/**
 * erl2_data_add_gap() - note that Data-Ins or R2Ts are missing
 * @conn: connection
 * @task: SCSI task
 * @sn: number of the first
 * @n: how many
 * @off: Buffer Offset of the first byte missing; 0 for R2Ts
 * @end: Buffer Offset behind the last byte missing, or ERL2_GAP_OPEN; 0 for R2Ts
 *
 * Context: socket lock and conn->lock held.
 * Return: false if that is too much: the connection has failed, and what is
 * behind the gap must not count.
 */
bool erl2_data_add_gap(struct erl2_conn *conn, struct erl2_task *task, u32 sn,
		       u32 n, u32 off, u32 end)
{
	struct erl2_level1 *l1 = erl2_snack_level1(task);

	if (n > DATA_FAR || erl2_gaps_add(&l1->gaps, sn, n, off, end)) {
		erl2_snack_give_up(conn, "too much of a command is missing",
				   sn);
		return false;
	}
	data_open(conn, task);
	return true;
}

/**
 * erl2_data_sequence() - note where a sequence of Data-Ins begins
 * @task: SCSI task with ERL2_TASK_LEVEL1
 * @datasn: DataSN of the Data-In that came, the highest so far
 * @final: it has the F bit
 *
 * Context: conn->lock held.
 */
void erl2_data_sequence(struct erl2_task *task, u32 datasn, bool final)
{
	struct erl2_level1 *l1 = &task->l1;

	if (datasn == l1->fin_sn)
		l1->seq_sn = datasn;
	if (final)
		l1->fin_sn = datasn + 1;
}

/* All of a command is here that was missing. */
static void data_filled(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_level1 *l1 = &task->l1;

	erl2_data_shut(conn, task);
	if (l1->ack_due)
		data_send_ack(conn, task, l1->ack_ttt);
	l1->ack_due = false;
	l1->seq_sn = 0;
	if (l1->held && !erl2_sn_before(l1->st.statsn, conn->exp_statsn))
		__set_bit(l1->st.statsn - conn->exp_statsn, conn->snack.seen);
}

/**
 * erl2_data_came() - take a whole Data-In that was not the next one
 * @conn: connection
 * @task: its task
 * @datasn: DataSN: behind the one expected, or one that was missing
 * @offset: Buffer Offset
 * @len: length of its data, which is in place: erl2_datain_place() has said so
 *
 * Context: socket lock and conn->lock held; level 1 or 2.
 * Return: false if the connection failed over it.
 */
bool erl2_data_came(struct erl2_conn *conn, struct erl2_task *task, u32 datasn,
		    u32 offset, u32 len)
{
	struct erl2_level1 *l1 = erl2_snack_level1(task);
	u32 first = task->exp_datasn;

	lockdep_assert_held(&conn->lock);

	if (erl2_sn_after(datasn, first)) {
		/* RFC 7143 11.7.5: the offset of one without data says nothing. */
		if (!erl2_data_add_gap(conn, task, first, datasn - first,
				       task->in_end, len ? offset : ERL2_GAP_OPEN))
			return false;
		task->exp_datasn = datasn + 1;
		if (len)
			task->in_end = offset + len;
		erl2_data_ask(conn, task, first, datasn - first);
		return true;
	}
	switch (erl2_gaps_fill(&l1->gaps, datasn, offset, len)) {
	case 0:
		/* The end of the last gap may not have been known. */
		if (len)
			task->in_end = max(task->in_end, offset + len);
		erl2_snack_progress(conn);
		if (!l1->gaps.nr)
			data_filled(conn, task);
		break;
	case -ENOENT:
		break;
	default:
		erl2_snack_give_up(conn, "a Data-In sent again does not fit",
				   datasn);
		return false;
	}
	return true;
}

/**
 * erl2_data_r2t() - take an R2TSN that is not the next one
 * @conn: connection
 * @task: its task
 * @r2tsn: R2TSN
 *
 * RFC 7143 7.9: a hole is asked for, a duplicate dropped. The R2T behind a hole
 * is good all the same; with an order of sequences agreed on it is the target's
 * own attempt to get over the loss.
 *
 * Context: socket lock and conn->lock held; level 1 or 2.
 * Return: true if the R2T is to be served.
 */
bool erl2_data_r2t(struct erl2_conn *conn, struct erl2_task *task, u32 r2tsn)
{
	u32 first = task->exp_r2tsn;

	lockdep_assert_held(&conn->lock);

	if (erl2_sn_after(r2tsn, first)) {
		if (!erl2_data_add_gap(conn, task, first, r2tsn - first, 0, 0))
			return false;
		task->exp_r2tsn = r2tsn + 1;
		erl2_data_ask(conn, task, first, r2tsn - first);
		return true;
	}
	if (!(task->flags & ERL2_TASK_LEVEL1) ||
	    erl2_gaps_fill(&task->l1.gaps, r2tsn, 0, 0))
		return false;
	erl2_snack_progress(conn);
	if (!task->l1.gaps.nr)
		data_filled(conn, task);
	return true;
}

/**
 * erl2_data_ack() - acknowledge read data on the target's demand
 * @conn: connection
 * @rsp: Data-In with the A bit
 * @task: its task, NULL if it has ended
 *
 * RFC 7143 11.7.2 makes the answer a duty, 11.16.2 lets it be left out;
 * always to answer is right by both. With data missing before it the answer
 * has to wait (11.16.2).
 *
 * Context: socket lock held; level 1 or 2.
 */
void erl2_data_ack(struct erl2_conn *conn, const struct iscsi_data_rsp *rsp,
		   struct erl2_task *task)
{
	spin_lock(&conn->lock);
	if (!task || conn->rx.task != task) {
		/* It has ended. */
	} else if (task->flags & ERL2_TASK_LEVEL1 &&
		   (task->l1.gaps.nr || task->l1.damaged)) {
		task->l1.ack_due = true;
		task->l1.ack_ttt = rsp->ttt;
	} else {
		data_send_ack(conn, task, rsp->ttt);
	}
	spin_unlock(&conn->lock);
}

/**
 * erl2_data_damaged() - a Data-In came with a wrong data digest
 * @conn: connection, which knows what was to become of it
 * @task: SCSI task
 * @datasn: DataSN, as a hint
 * @offset: Buffer Offset, likewise
 * @len: length of its data, which was written there
 *
 * What was written over does not count as good any more, erl2_datain_place() has
 * seen to that: it was missing, or lies behind all that did not. So the range is a
 * gap now. Should the hints be wrong, what comes does not fit there.
 *
 * Context: socket lock and conn->lock held; level 1 or 2.
 */
void erl2_data_damaged(struct erl2_conn *conn, struct erl2_task *task,
		       u32 datasn, u32 offset, u32 len)
{
	u32 first = task->exp_datasn;

	if (conn->rx.place == ERL2_DATAIN_FILL) {
		if (erl2_snack_once_more(conn, datasn))
			erl2_data_ask(conn, task, datasn, 1);
		return;
	}
	if (conn->rx.place == ERL2_DATAIN_RESTART) {
		task->flags &= ~ERL2_TASK_SN_OPEN;
		task->exp_datasn = datasn;
		first = datasn;
	}
	if (!erl2_data_add_gap(conn, task, first, datasn + 1 - first,
			       task->in_end, offset + len))
		return;
	task->exp_datasn = datasn + 1;
	task->in_end = offset + len;
	erl2_data_ask(conn, task, first, datasn + 1 - first);
}

/**
 * erl2_data_refused() - the target rejects a Data or R2T SNACK
 * @conn: connection
 * @task: SCSI task that something is missing of
 * @reason: reason of the Reject
 *
 * Context: socket lock and conn->lock held.
 */
void erl2_data_refused(struct erl2_conn *conn, struct erl2_task *task,
		       u8 reason)
{
	struct erl2_level1 *l1 = &task->l1;

	if (conn->session->keys.erl < 2 &&
	    reason == ISCSI_REASON_DATA_SNACK_REJECT) {
		/*
		 * RFC 7143 7.8 a: the status ends the command, now or later,
		 * and for a read it is made one that says what happened. One
		 * command in error is less than the whole session. At level 2
		 * it need not come to that.
		 */
		if (!l1->damaged && l1->gaps.nr)
			l1->bad_from = l1->gaps.gap[0].off;
		l1->damaged = true;
		l1->ack_due = false;
		l1->gaps.nr = 0;
		data_filled(conn, task);
		return;
	}
	erl2_snack_give_up(conn, "target will not send again what is missing",
			   reason);
}

/**
 * erl2_data_again() - ask once more for all that is missing of a command
 * @conn: connection
 * @task: SCSI task with ERL2_TASK_LEVEL1
 *
 * Context: socket lock and conn->lock held.
 */
void erl2_data_again(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_level1 *l1 = &task->l1;
	unsigned int i;

	for (i = 0; i < l1->gaps.nr; i++)
		erl2_data_ask(conn, task, l1->gaps.gap[i].sn,
			      l1->gaps.gap[i].n);
}
