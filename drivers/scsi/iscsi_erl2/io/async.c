// SPDX-License-Identifier: GPL-2.0
/*
 * Asynchronous Messages (RFC 7143 11.9): what the target tells on its own.
 */
#include <scsi/scsi_common.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_transport_iscsi.h>

#include "compat/unaligned.h"
#include "core/allegiance.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "core/task.h"
#include "core/trace.h"
#include "io/async.h"
#include "io/nop.h"
#include "io/text_negotiation.h"
#include "proto/conn_state.h"
#include "proto/iscsi_ext.h"
#include "proto/keys.h"

/*
 * Seconds in which the commands of a connection may end that the target wants to be
 * logged out, however long it would wait.
 */
#define DRAIN_MAX	30

/* Unit attentions of which the SCSI layer tells user space; ASCQ 0xff: any. */
static const struct {
	u8 asc;
	u8 ascq;
	enum scsi_device_event event;
} async_events[] = {
	{ 0x29, 0xff, SDEV_EVT_POWER_ON_RESET_OCCURRED },
	{ 0x2a, 0x01, SDEV_EVT_MODE_PARAMETER_CHANGE_REPORTED },
	{ 0x2a, 0x06, SDEV_EVT_ALUA_STATE_CHANGE_REPORTED },
	{ 0x2a, 0x09, SDEV_EVT_CAPACITY_CHANGE_REPORTED },
	{ 0x38, 0x07, SDEV_EVT_SOFT_THRESHOLD_REACHED_REPORTED },
	{ 0x3f, 0x03, SDEV_EVT_INQUIRY_CHANGE_REPORTED },
	{ 0x3f, 0x0e, SDEV_EVT_LUN_CHANGE_REPORTED },
};

/*
 * Sense data of a unit, without a command that it could come with: RFC 7143
 * 11.9.1. The SCSI layer tells user space of it, as of any unit attention.
 */
static void async_scsi_event(struct erl2_conn *conn, struct scsi_lun *lun)
{
	u32 have = min_t(u32, conn->rx.data_len, ERL2_RX_BUF_LEN);
	struct iscsi_cls_session *cls = conn->session->cls;
	struct Scsi_Host *shost = conn->session->shost;
	struct scsi_sense_hdr sense;
	struct scsi_device *sdev;
	unsigned long flags;
	unsigned int i;
	u32 len;

	/* Behind its length, RFC 7143 11.9.4; the rest is the vendor's. */
	len = have < 2 ? 0 : min_t(u32, get_unaligned_be16(conn->rx.buf),
				   have - 2);
	if (!scsi_normalize_sense(conn->rx.buf + 2, len, &sense))
		return;
	erl2_conn_info(conn, "SCSI asynchronous event, sense key %u, %02x/%02x\n",
		       sense.sense_key, sense.asc, sense.ascq);
	if (sense.sense_key != UNIT_ATTENTION)
		return;
	for (i = 0; i < ARRAY_SIZE(async_events); i++) {
		if (sense.asc != async_events[i].asc ||
		    (sense.ascq != async_events[i].ascq &&
		     async_events[i].ascq != 0xff))
			continue;
		/* The lock keeps the device. */
		spin_lock_irqsave(shost->host_lock, flags);
		sdev = __scsi_device_lookup(shost, 0, cls->target_id,
					    scsilun_to_int(lun));
		if (sdev) {
			set_bit(async_events[i].event, sdev->pending_events);
			schedule_work(&sdev->event_work);
		}
		spin_unlock_irqrestore(shost->host_lock, flags);
	}
}

/* The target drops this connection, or all of them. */
static int async_dropped(struct erl2_conn *conn, unsigned int t2w,
			 unsigned int t2r)
{
	spin_lock(&conn->lock);
	erl2_conn_fail_locked(conn, ERL2_FAIL_ASYNC);
	/*
	 * RFC 7143 11.9.1: Parameter2 and Parameter3 are Time2Wait and
	 * Time2Retain of this failure, in place of the negotiated values.
	 */
	conn->t2w = t2w;
	conn->t2r = t2r;
	spin_unlock(&conn->lock);
	return -ECONNRESET;
}

static void async_logout_requested(struct erl2_conn *conn, u16 seconds)
{
	spin_lock(&conn->lock);
	if (conn->state == ERL2_CONN_LOGGED_IN) {
		erl2_conn_set_state(conn, ERL2_CONN_LOGOUT_REQUESTED);
		/* RFC 7143 11.9.1: within these seconds, and some are needed. */
		conn->logout_by = jiffies + HZ *
			min_t(unsigned int, max_t(u16, seconds, 1) - 1,
			      DRAIN_MAX);
		erl2_conn_wake_recovery(conn->session);
	}
	spin_unlock(&conn->lock);
}

/*
 * The target ends all tasks of a unit, mostly because of what somebody else
 * asked for. RFC 7143 11.9.1: no more data for its R2Ts, then say so. (11.9.3
 * calls the LUN reserved here; the event makes no sense without.) How the
 * tasks end is told by their status, a TMF Response, or a unit attention.
 */
static void async_tasks_terminated(struct erl2_conn *conn,
				   const struct scsi_lun *lun)
{
	if (conn->session->keys.reporting != ERL2_REPORT_FAST_ABORT) {
		/* It must not be sent then (11.9.1): standard semantics hold */
		erl2_conn_info(conn, "asynchronous event 5 without FastAbort ignored\n");
		return;
	}
	spin_lock(&conn->lock);
	erl2_task_hush(conn, lun);
	spin_unlock(&conn->lock);
	erl2_nop_acknowledge(conn, lun);
}

/**
 * erl2_async_message() - act on an Asynchronous Message
 * @conn: connection, the PDU is in @conn->rx
 *
 * Context: socket lock held.
 * Return: 0, or a negative errno if this connection is not to be used any more.
 */
int erl2_async_message(struct erl2_conn *conn)
{
	struct iscsi_async *h = (struct iscsi_async *)conn->rx.head;
	u16 p1 = be16_to_cpu(h->param1);
	u16 p2 = be16_to_cpu(h->param2);
	u16 p3 = be16_to_cpu(h->param3);

	trace_async_message(conn, h->async_event, p1, p2, p3);

	switch (h->async_event) {
	case ISCSI_ASYNC_MSG_SCSI_EVENT:
		async_scsi_event(conn, &h->lun);
		return 0;
	case ISCSI_ASYNC_MSG_REQUEST_LOGOUT:
		erl2_conn_info(conn, "target asks for a logout within %u s\n",
			       p3);
		async_logout_requested(conn, p3);
		return 0;
	case ISCSI_ASYNC_MSG_DROPPING_CONNECTION:
		erl2_conn_info(conn, "target says it drops connection %u\n",
			       p1);
		if (p1 == conn->cid)
			return async_dropped(conn, p2, p3);
		erl2_session_drop_cid(conn->session, p1, p2, p3);
		return 0;
	case ISCSI_ASYNC_MSG_DROPPING_ALL_CONNECTIONS:
		erl2_conn_info(conn, "target says it drops all connections\n");
		erl2_session_drop_all(conn, p2, p3);
		return async_dropped(conn, p2, p3);
	case ISCSI_ASYNC_MSG_PARAM_NEGOTIATION:
		erl2_negotiate(conn);
		return 0;
	case ERL2_ASYNC_TASK_TERMINATION:
		async_tasks_terminated(conn, &h->lun);
		return 0;
	default:
		erl2_conn_info(conn, "asynchronous event %u ignored\n",
			       h->async_event);
		return 0;
	}
}
