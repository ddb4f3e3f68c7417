// SPDX-License-Identifier: GPL-2.0
/*
 * SNACKs (RFC 7143 11.16): what all requests for something missing have in common.
 */
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/task.h"
#include "io/snack.h"
#include "proto/statsn.h"

/**
 * erl2_snack_give_up() - no SNACK helps
 * @conn: connection
 * @why: what is wrong
 * @sn: number that goes with it
 *
 * The one place that says what follows then: the connection is given up.
 * Recovery continues its commands at level 2, and starts a new session at level
 * 1.
 *
 * Context: conn->lock held.
 */
void erl2_snack_give_up(struct erl2_conn *conn, const char *why, u32 sn)
{
	lockdep_assert_held(&conn->lock);

	erl2_conn_err(conn, "%s (%u)\n", why, sn);
	erl2_conn_fail_locked(conn, ERL2_FAIL_SEQUENCE);
}

/**
 * erl2_snack_begin() - from here on something is missing
 * @conn: connection
 *
 * Context: socket lock held.
 */
void erl2_snack_begin(struct erl2_conn *conn)
{
	struct erl2_snack *sn = &conn->snack;

	if (sn->busy)
		return;
	sn->next = conn->exp_statsn;
	bitmap_zero(sn->seen, ERL2_STATSN_WINDOW);
	sn->since = jiffies;
	sn->tries = 0;
	WRITE_ONCE(sn->busy, true);
}

/**
 * erl2_snack_progress() - something that was missing came
 * @conn: connection
 *
 * Context: socket lock held.
 */
void erl2_snack_progress(struct erl2_conn *conn)
{
	conn->snack.since = jiffies;
	conn->snack.tries = 0;
}

/**
 * erl2_snack_send() - queue a SNACK
 * @conn: connection
 * @type: ISCSI_FLAG_SNACK_TYPE_*
 * @itt: Initiator Task Tag
 * @ttt: Target Transfer Tag
 * @begrun: BegRun
 * @run: RunLength
 * @task_itt: ITT of the task it is about, for erl2_snack_stale()
 *
 * Context: socket lock and conn->lock held.
 * Return: the control slot, for the LUN of a DataACK; NULL if all are in use:
 * the timer will repeat the SNACK.
 */
struct erl2_ctl *erl2_snack_send(struct erl2_conn *conn, u8 type, itt_t itt,
				 __be32 ttt, u32 begrun, u32 run, u32 task_itt)
{
	struct erl2_ctl *ctl = erl2_ctl_get_minor(conn->session);
	struct iscsi_snack *h;

	lockdep_assert_held(&conn->lock);
	if (!ctl)
		return NULL;
	h = (struct iscsi_snack *)&ctl->hdr;
	h->opcode = ISCSI_OP_SNACK;
	h->flags = ISCSI_FLAG_CMD_FINAL | type;
	h->itt = itt;
	h->ttt = ttt;
	h->begrun = cpu_to_be32(begrun);
	h->runlength = cpu_to_be32(run);
	ctl->no_reply = true;
	ctl->arg = (void *)(unsigned long)task_itt;
	if (erl2_ctl_queue(conn, ctl)) {
		erl2_ctl_put(conn->session, ctl);
		return NULL;
	}
	conn->tx_wanted = true;
	return ctl;
}

/**
 * erl2_snack_once_more() - may what came damaged be asked for once more?
 * @conn: connection
 * @sn: its number
 *
 * Context: socket lock and conn->lock held.
 * Return: false if that is enough: the connection has failed.
 */
bool erl2_snack_once_more(struct erl2_conn *conn, u32 sn)
{
	if (conn->snack.tries++ < ERL2_SNACK_TRIES)
		return true;
	erl2_snack_give_up(conn, "what was sent again is damaged each time",
			   sn);
	return false;
}

/**
 * erl2_snack_stale() - is there no sense any more in this SNACK?
 * @conn: connection
 * @task: control task that waits to be sent
 *
 * With the task's status settled ExpStatSN acknowledges its data, and RFC 7143
 * 11.7.2 and 11.16.1 want no SNACK for it after that.
 *
 * Context: conn->lock held.
 * Return: true for a SNACK about a task that has ended.
 */
bool erl2_snack_stale(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_ctl *ctl = container_of(task, struct erl2_ctl, task);

	if ((ctl->hdr.opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_SNACK ||
	    (ctl->hdr.flags & ISCSI_FLAG_SNACK_TYPE_MASK) ==
	    ISCSI_FLAG_SNACK_TYPE_STATUS)
		return false;
	return !erl2_task_live(conn, (u32)(unsigned long)ctl->arg);
}
