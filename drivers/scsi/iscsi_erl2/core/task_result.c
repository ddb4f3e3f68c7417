// SPDX-License-Identifier: GPL-2.0
/*
 * How a command ends for the SCSI layer.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/erl2.h"
#include "core/points.h"
#include "core/task.h"
#include "core/task_result.h"
#include "core/trace.h"
#include "proto/rerun.h"

/* How much of what a read was to bring, by its status, is not there. */
static u32 pdu_missing(const struct erl2_task *task, u32 expected)
{
	u32 good = task->in_end;

	if (unlikely(task->flags & ERL2_TASK_LEVEL1 && task->l1.damaged))
		good = min(good, task->l1.bad_from);
	return good < expected ? expected - good : 0;
}

/* Does the sense data say that all is well with the data? */
static bool pdu_sense_is_good(const struct scsi_cmnd *sc)
{
	struct scsi_sense_hdr sshdr;

	if (!scsi_normalize_sense(sc->sense_buffer, SCSI_SENSE_BUFFERSIZE,
				  &sshdr))
		return true;
	/* NO SENSE with filemark, end of medium or a wrong length says more. */
	return sshdr.sense_key == RECOVERED_ERROR ||
	       (sshdr.sense_key == NO_SENSE && !(sc->sense_buffer[2] & 0xe0));
}

/**
 * erl2_pdu_result() - the result of a command out of its status
 * @task: SCSI task that the caller claimed; its sense data is in place
 * @st: its status
 *
 * Context: any.
 * Return: the scsi_cmnd result.
 */
int erl2_pdu_result(struct erl2_task *task, const struct erl2_status *st)
{
	struct scsi_cmnd *sc = task->sc;
	u32 expected = task->data_len, missing;
	u8 status = st->status;

	/* It was never executed: nothing to be careful about. */
	if (st->refused)
		return DID_ERROR << 16;
	/* RFC 7143 11.4.3: all other fields mean nothing then */
	if (st->response != ISCSI_STATUS_CMD_COMPLETED)
		return erl2_task_unknown(task, DID_ERROR);
	if ((st->flags & ISCSI_FLAG_CMD_OVERFLOW) &&
	    (st->flags & ISCSI_FLAG_CMD_UNDERFLOW))
		return DID_BAD_TARGET << 16 | status;
	if (st->flags & ISCSI_FLAG_CMD_UNDERFLOW) {
		if (st->resid > task->data_len)
			return DID_BAD_TARGET << 16 | status;
		scsi_set_resid(sc, st->resid);
		expected -= st->resid;
	}
	if (sc->sc_data_direction != DMA_FROM_DEVICE)
		return DID_OK << 16 | status;
	missing = pdu_missing(task, expected);
	if (likely(!missing))
		return DID_OK << 16 | status;
	/* Whoever looks at the data looks no further than it goes. */
	scsi_set_resid(sc, task->data_len - expected + missing);
	if (scsi_status_is_good(status) ||
	    (task->flags & ERL2_TASK_LEVEL1 && task->l1.damaged) ||
	    (status == SAM_STAT_CHECK_CONDITION && pdu_sense_is_good(sc))) {
		/*
		 * RFC 7143 7.8, 7.9, 11.4.7.2: a status that says that all is
		 * well, but data is missing: "protocol service CRC error".
		 */
		scsi_build_sense(sc, 0, ABORTED_COMMAND, 0x47, 0x05);
		return sc->result;
	}
	return DID_OK << 16 | status;
}

/**
 * erl2_task_complete() - give a claimed command back to the SCSI layer
 * @task: SCSI task that the caller claimed
 * @result: scsi_cmnd result
 *
 * Context: any; no conn->lock held. rcu_read_lock() or session->ending since
 * the task was claimed: the error handler waits for the end of both before it
 * lets the SCSI layer use the command again.
 */
void erl2_task_complete(struct erl2_task *task, int result)
{
	struct scsi_cmnd *sc = task->sc;

	erl2_point_atomic(ERL2_POINT_DONE);
	sc->result = result;
	erl2_task_release(task);
	scsi_done(sc);
}

/**
 * erl2_task_unknown() - the result of a command whose outcome is unknown
 * @task: SCSI task that the caller claimed
 * @again: DID_* that lets the SCSI layer run it again
 *
 * RFC 7143 10.6 and common sense: what must not run twice is not handed to a
 * layer that may rerun it. DID_ABORT is final there.
 *
 * Context: any.
 * Return: scsi_cmnd result.
 */
int erl2_task_unknown(const struct erl2_task *task, int again)
{
	if (erl2_may_rerun(task->sc->device->type, task->sc->cmnd))
		return again << 16;
	return DID_ABORT << 16;
}

/**
 * erl2_session_lose_task() - hand a command with unknown outcome back
 * @task: SCSI task that the caller claimed
 *
 * Context: any; no locks below session->mutex held.
 */
void erl2_session_lose_task(struct erl2_task *task)
{
	int result = erl2_task_unknown(task, DID_TRANSPORT_DISRUPTED);

	trace_task_lost(task->conn, task, result);
	atomic64_inc(&task->conn->session->stats.tasks_lost);
	erl2_task_complete(task, result);
}
