// SPDX-License-Identifier: GPL-2.0
/*
 * Within-connection recovery, RFC 7143 7.1.4.2: a PDU of the target that is
 * missing or damaged is asked for by SNACK (11.16). This file: holes in StatSN;
 * within_command.c: holes in DataSN and R2TSN.
 *
 * Commands whose status came behind a hole wait in conn->snack.held, since
 * nothing there may be acknowledged (7.9), and what is not acknowledged has to
 * be recoverable by TASK REASSIGN. Commands whose status came before all of
 * their data wait there too.
 *
 * Nothing here is reached while all comes in order, or at level 0.
 */
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/erl2.h"
#include "core/task.h"
#include "core/task_result.h"
#include "io/snack.h"
#include "io/within_command.h"
#include "io/within_connection.h"
#include "proto/gaps.h"
#include "proto/serial.h"
#include "proto/statsn.h"

/* The command waits for its end, and needs no R2T served for that. */
static void snack_hold(struct erl2_conn *conn, struct erl2_task *task)
{
	if (conn->tx.burst == task)
		conn->tx.burst = NULL;
	task->r2t_count = 0;
	task->l1.held = true;
	list_move_tail(&task->node, &conn->snack.held);
}

static void snack_send_status(struct erl2_conn *conn, u32 statsn, u32 n)
{
	erl2_snack_send(conn, ISCSI_FLAG_SNACK_TYPE_STATUS, RESERVED_ITT,
			cpu_to_be32(ISCSI_RESERVED_TAG), statsn, n, 0);
}

/* Does a command with this StatSN wait for its data? */
static struct erl2_task *snack_holder(struct erl2_conn *conn, u32 statsn)
{
	struct erl2_task *task;

	list_for_each_entry(task, &conn->snack.held, node)
		if (task->l1.st.statsn == statsn)
			return task;
	return NULL;
}

static bool snack_seen(struct erl2_conn *conn, u32 statsn)
{
	return test_bit(statsn - conn->exp_statsn, conn->snack.seen);
}

/* Statuses up to, and not including, @end are known to have been sent. */
static void snack_statuses_missing(struct erl2_conn *conn, u32 end)
{
	u32 first = conn->snack.next;

	/* RFC 7143 D.3.2: asked for once, here, and then by the clock only */
	conn->snack.next = end;
	snack_send_status(conn, first, end - first);
}

/**
 * erl2_snack_statsn() - take a StatSN that is not the one expected, or any
 *	while something is missing
 * @conn: connection
 * @h: header of a PDU with a StatSN of its own
 *
 * Context: socket lock held; level 1 or 2.
 * Return: 0 if the PDU counts, 1 if it is a duplicate, or a negative errno; the
 * connection has failed then.
 */
int erl2_snack_statsn(struct erl2_conn *conn, const struct iscsi_hdr *h)
{
	struct erl2_snack *sn = &conn->snack;
	u32 statsn = be32_to_cpu(h->statsn);
	int ret = 0;

	if (erl2_sn_before(statsn, conn->exp_statsn))
		return 1;

	spin_lock(&conn->lock);
	erl2_snack_begin(conn);
	/* RFC 7143 4.2.2.2: beyond a limit of ours recovery starts */
	if (statsn - conn->exp_statsn >= ERL2_STATSN_WINDOW) {
		erl2_snack_give_up(conn, "too many statuses are missing",
				   statsn);
		ret = -EPROTO;
	} else if (!erl2_sn_before(statsn, sn->next)) {
		if (statsn != sn->next)
			snack_statuses_missing(conn, statsn);
		sn->next = statsn + 1;
	} else {
		/* What waits has its status: this is a duplicate. */
		if (snack_seen(conn, statsn) || snack_holder(conn, statsn))
			ret = 1;
		else
			erl2_snack_progress(conn);
	}
	if (!ret)
		__set_bit(statsn - conn->exp_statsn, sn->seen);
	spin_unlock(&conn->lock);
	return ret;
}

/**
 * erl2_snack_next_statsn() - the target says which StatSN comes next
 * @conn: connection
 * @statsn: StatSN out of a NOP-In that has none of its own
 *
 * RFC 7143 7.1.4.2: what lies below and did not come is lost. A number that
 * makes no sense is none of our business.
 *
 * Context: socket lock held; level 1 or 2.
 */
void erl2_snack_next_statsn(struct erl2_conn *conn, u32 statsn)
{
	u32 next = conn->snack.busy ? conn->snack.next : conn->exp_statsn;

	if (!erl2_sn_after(statsn, next) ||
	    statsn - conn->exp_statsn >= ERL2_STATSN_WINDOW)
		return;
	spin_lock(&conn->lock);
	erl2_snack_begin(conn);
	snack_statuses_missing(conn, statsn);
	spin_unlock(&conn->lock);
}

/**
 * erl2_snack_unsettle() - a status has come, but must not be acknowledged yet
 * @conn: connection
 * @statsn: its StatSN, taken with the PDU that is being processed
 *
 * Context: socket lock held.
 */
void erl2_snack_unsettle(struct erl2_conn *conn, u32 statsn)
{
	/* It was the one expected: nothing has been sent since. */
	if (erl2_sn_before(statsn, conn->exp_statsn))
		conn->exp_statsn = statsn;
	else
		__clear_bit(statsn - conn->exp_statsn, conn->snack.seen);
}

/* How far the data of a read must reach, going by its status. */
static u32 snack_data_end(const struct erl2_task *task,
			  const struct erl2_status *st)
{
	if (st->flags & ISCSI_FLAG_CMD_UNDERFLOW)
		return task->data_len - min(st->resid, task->data_len);
	return st->status ? ERL2_GAP_OPEN : task->data_len;
}

/**
 * erl2_snack_status() - must the status of a command wait?
 * @conn: connection
 * @task: SCSI task
 * @st: its status
 *
 * It waits for its own data (RFC 7143 11.4.8, 7.9), and for all statuses before
 * it. erl2_snack_settle() ends the command then.
 *
 * Context: socket lock and conn->lock held; level 1 or 2.
 * Return: true if the command is not to be completed now.
 */
bool erl2_snack_status(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st)
{
	struct erl2_level1 *l1 = erl2_snack_level1(task);
	u32 sn = task->exp_datasn;
	unsigned int first;

	lockdep_assert_held(&conn->lock);

	if (task->sc->sc_data_direction != DMA_FROM_DEVICE) {
		/*
		 * The status ends a write: R2Ts that did not come will not be
		 * served. ExpDataSN says nothing (RFC 7143 11.4.8), though
		 * targets of RFC 3720 count R2Ts in it.
		 */
		l1->gaps.nr = 0;
		erl2_data_shut(conn, task);
	} else if (erl2_sn_after(st->exp_datasn, sn)) {
		u32 end = snack_data_end(task, st);

		if (!erl2_data_add_gap(conn, task, sn, st->exp_datasn - sn,
				       task->in_end, end)) {
			erl2_snack_unsettle(conn, st->statsn);
			return true;
		}
		task->exp_datasn = st->exp_datasn;
		if (end != ERL2_GAP_OPEN)
			task->in_end = max(task->in_end, end);
		erl2_data_ask(conn, task, sn, st->exp_datasn - sn);
	}

	l1->st = *st;
	if (l1->gaps.nr) {
		erl2_snack_unsettle(conn, st->statsn);
		snack_hold(conn, task);
		return true;
	}
	if (!conn->snack.busy)
		return false;
	first = find_first_zero_bit(conn->snack.seen, ERL2_STATSN_WINDOW);
	if (erl2_sn_after(conn->exp_statsn + first, st->statsn))
		return false;
	snack_hold(conn, task);
	return true;
}

/**
 * erl2_snack_finish() - end a command from where that cannot be done at once
 * @conn: connection
 * @task: SCSI task
 * @st: its status, with a StatSN that is settled
 *
 * Context: socket lock and conn->lock held, while a PDU is processed.
 */
void erl2_snack_finish(struct erl2_conn *conn, struct erl2_task *task,
		       const struct erl2_status *st)
{
	struct erl2_level1 *l1 = erl2_snack_level1(task);

	lockdep_assert_held(&conn->lock);

	erl2_snack_begin(conn);
	erl2_data_shut(conn, task);
	l1->gaps.nr = 0;
	l1->st = *st;
	snack_hold(conn, task);
}

/* The next command that has waited long enough, off the driver's hands. */
static struct erl2_task *snack_take_ready(struct erl2_conn *conn)
{
	struct erl2_task *task;

	list_for_each_entry(task, &conn->snack.held, node) {
		const struct erl2_level1 *l1 = &task->l1;

		if (!l1->gaps.nr &&
		    erl2_sn_before(l1->st.statsn, conn->exp_statsn) &&
		    erl2_task_claim(task))
			return task;
	}
	return NULL;
}

/**
 * erl2_snack_settle() - acknowledge and complete what waits no longer
 * @conn: connection that is busy with recovery
 *
 * Context: socket lock held; no conn->lock held. May complete commands.
 */
void erl2_snack_settle(struct erl2_conn *conn)
{
	struct erl2_snack *sn = &conn->snack;
	struct erl2_task *task;
	unsigned int n;

	n = find_first_zero_bit(sn->seen, ERL2_STATSN_WINDOW);
	if (n) {
		bitmap_shift_right(sn->seen, sn->seen, n, ERL2_STATSN_WINDOW);
		conn->exp_statsn += n;
	}
	for (;;) {
		rcu_read_lock();
		spin_lock(&conn->lock);
		task = snack_take_ready(conn);
		if (!task && conn->exp_statsn == sn->next && !sn->open &&
		    list_empty(&sn->held))
			WRITE_ONCE(sn->busy, false);
		spin_unlock(&conn->lock);
		if (task)
			erl2_task_complete(task, erl2_pdu_result(task,
								 &task->l1.st));
		rcu_read_unlock();
		if (!task)
			break;
	}
}

static void snack_status_damaged(struct erl2_conn *conn, u32 statsn)
{
	if (statsn - conn->exp_statsn >= ERL2_STATSN_WINDOW)
		return;
	erl2_snack_begin(conn);
	if (!erl2_sn_before(statsn, conn->snack.next))
		snack_statuses_missing(conn, statsn + 1);
	else if (!snack_seen(conn, statsn) && erl2_snack_once_more(conn, statsn))
		snack_send_status(conn, statsn, 1);
}

/**
 * erl2_snack_damaged() - a PDU came with a wrong data digest
 * @conn: connection, the PDU is in @conn->rx
 *
 * RFC 7143 7.8: it is dropped with its header: no StatSN, ExpCmdSN or MaxCmdSN
 * of it counts. Tag and number serve only as a hint what to ask for: were they
 * wrong the target would reject the SNACK.
 *
 * A wrong header digest is another matter: where the next PDU begins nobody
 * can tell then, so that it costs the connection at every level.
 *
 * Context: socket lock held.
 * Return: 0 if the connection goes on, otherwise a negative errno.
 */
int erl2_snack_damaged(struct erl2_conn *conn)
{
	struct iscsi_data_rsp *h = (struct iscsi_data_rsp *)conn->rx.head;
	struct erl2_task *task = conn->rx.task;

	if (!conn->session->keys.erl) {
		erl2_conn_fail(conn, ERL2_FAIL_DATA_DIGEST);
		return -EIO;
	}
	erl2_conn_info(conn, "data digest error in a PDU with opcode 0x%02x\n",
		       h->opcode & ISCSI_OPCODE_MASK);
	spin_lock(&conn->lock);
	if (task)
		erl2_data_damaged(conn, task, be32_to_cpu(h->datasn),
				  conn->rx.offset, conn->rx.data_len);
	else if (erl2_pdu_has_statsn((struct iscsi_hdr *)h))
		snack_status_damaged(conn, be32_to_cpu(h->statsn));
	spin_unlock(&conn->lock);
	return erl2_conn_is_up(conn) ? 0 : -ENOTCONN;
}

/* Is anything of this run of statuses still missing? */
static bool snack_status_missing(struct erl2_conn *conn, u32 begrun, u32 run)
{
	u32 sn;

	if (!conn->snack.busy)
		return false;
	for (sn = conn->exp_statsn; sn != conn->snack.next; sn++)
		if (sn - begrun < run && !snack_seen(conn, sn) &&
		    !snack_holder(conn, sn))
			return true;
	return false;
}

/**
 * erl2_snack_rejected() - the target rejects a SNACK
 * @conn: connection
 * @bad: the SNACK, as the target returns it
 * @reason: the reason
 *
 * Context: socket lock and conn->lock held.
 */
void erl2_snack_rejected(struct erl2_conn *conn, const struct iscsi_hdr *bad,
			 u8 reason)
{
	const struct iscsi_snack *h = (const struct iscsi_snack *)bad;
	struct erl2_task *task;

	lockdep_assert_held(&conn->lock);

	switch (h->flags & ISCSI_FLAG_SNACK_TYPE_MASK) {
	case ISCSI_FLAG_SNACK_TYPE_STATUS:
		if (snack_status_missing(conn, be32_to_cpu(h->begrun),
					 be32_to_cpu(h->runlength)))
			erl2_snack_give_up(conn, "target rejects Status SNACK",
					   be32_to_cpu(h->begrun));
		break;
	case ISCSI_FLAG_SNACK_TYPE_DATA:
		task = erl2_task_live(conn,
				      be32_to_cpu((__force __be32)h->itt));
		/* It may have come by itself. */
		if (task && task->flags & ERL2_TASK_LEVEL1 && task->l1.open)
			erl2_data_refused(conn, task, reason);
		break;
	default:
		/* A DataACK the target has no use for */
		break;
	}
}

static void snack_statuses_again(struct erl2_conn *conn)
{
	u32 sn, first = conn->exp_statsn, n = 0;

	for (sn = first; sn != conn->snack.next; sn++) {
		if (!snack_seen(conn, sn) && !snack_holder(conn, sn)) {
			if (!n++)
				first = sn;
		} else if (n) {
			snack_send_status(conn, first, n);
			n = 0;
		}
	}
	if (n)
		snack_send_status(conn, first, n);
}

/**
 * erl2_snack_overdue() - what was asked for does not come: ask again
 * @conn: connection
 *
 * Context: socket lock held; no conn->lock held.
 */
void erl2_snack_overdue(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	WRITE_ONCE(conn->snack.due, false);
	if (!conn->snack.busy || !erl2_conn_is_up(conn))
		return;

	spin_lock(&conn->lock);
	if (++conn->snack.tries >= ERL2_SNACK_TRIES) {
		erl2_snack_give_up(conn, "target does not answer SNACKs",
				   conn->exp_statsn);
		goto out;
	}
	conn->snack.since = jiffies;
	snack_statuses_again(conn);
	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && READ_ONCE(task->conn) == conn &&
		    task->flags & ERL2_TASK_LEVEL1)
			erl2_data_again(conn, task);
	}
out:
	spin_unlock(&conn->lock);
}

/**
 * erl2_snack_reset() - the connection is lost, and this recovery with it
 * @conn: connection
 *
 * Context: conn->lock held; no socket any more.
 */
void erl2_snack_reset(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	lockdep_assert_held(&conn->lock);

	for (i = 0; i < s->cmds_max; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && READ_ONCE(task->conn) == conn)
			erl2_snack_cut(task);
	}
	INIT_LIST_HEAD(&conn->snack.held);
	conn->snack.open = 0;
	conn->snack.due = false;
	conn->snack.stall_since = 0;
	WRITE_ONCE(conn->snack.busy, false);
}
