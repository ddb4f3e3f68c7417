// SPDX-License-Identifier: GPL-2.0
/*
 * Negotiation in full-feature phase (RFC 7143 6.4): the target asks for it, we
 * send Text Requests until it has said all. Of what it may say then, one thing
 * matters to us, its MaxRecvDataSegmentLength (13.12). Our requests are empty but
 * for answers to keys that we do not know.
 */
#include <scsi/scsi_transport_iscsi.h>

#include "core/control.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "io/text_negotiation.h"
#include "proto/keys.h"
#include "proto/text.h"

/* What a Text Response counts at least: empty ones come to an end as well. */
#define TEXT_LEAST	256

/* RFC 7143 11.10: one Text Request at a time; the one pending will do. */
static bool negotiate_pending(struct erl2_conn *conn)
{
	struct erl2_session *s = conn->session;
	unsigned int i;

	lockdep_assert_held(&conn->lock);

	for (i = s->cmds_max; i < s->nr_slots; i++) {
		struct erl2_task *task = READ_ONCE(s->slots[i].task);

		if (task && task->conn == conn &&
		    (container_of(task, struct erl2_ctl, task)->hdr.opcode &
		     ISCSI_OPCODE_MASK) == ISCSI_OP_TEXT)
			return true;
	}
	return false;
}

/**
 * erl2_negotiate() - let the target say what it wants to negotiate
 * @conn: connection, the target has asked on it (RFC 7143 11.9.1, event 4)
 *
 * Queues an empty Text Request.
 *
 * Context: socket lock held.
 */
void erl2_negotiate(struct erl2_conn *conn)
{
	struct erl2_ctl *ctl = erl2_ctl_get_minor(conn->session);
	struct iscsi_text *h;

	if (!ctl)
		return;
	h = (struct iscsi_text *)&ctl->hdr;
	h->opcode = ISCSI_OP_TEXT | ISCSI_OP_IMMEDIATE;
	h->flags = ISCSI_FLAG_CMD_FINAL;
	h->ttt = cpu_to_be32(ISCSI_RESERVED_TAG);
	ctl->notify = erl2_ctl_release;

	spin_lock(&conn->lock);
	if (negotiate_pending(conn) || erl2_ctl_queue(conn, ctl))
		erl2_ctl_put(conn->session, ctl);
	spin_unlock(&conn->lock);
	conn->tx_wanted = true;
}

/*
 * RFC 7143 6.2: a key that we do not know is answered NotUnderstood, and what is
 * an answer itself is not answered. Of those we know none is up for negotiation
 * now.
 */
static void negotiate_unknown(struct erl2_conn *conn, char *key)
{
	char *value = strchr(key, '=');

	if (!value || value == key)
		return;
	*value++ = '\0';
	if (erl2_key_find(key) == ERL2_KEY_UNKNOWN &&
	    strcmp(value, "NotUnderstood"))
		erl2_text_add(&conn->answer, key, "NotUnderstood");
}

/*
 * One pair is complete; of those that do not fit the key is there, which is
 * never longer than 63 bytes (RFC 7143 6.1).
 */
static void negotiate_pair(struct erl2_conn *conn, struct erl2_ctl *ctl)
{
	bool whole = ctl->pair_len < sizeof(ctl->pair) - 1;

	ctl->pair[ctl->pair_len] = '\0';
	/* RFC 7143 7.12: a negotiation that failed changes nothing. */
	if (whole && erl2_keys_declared(ctl->pair, &ctl->max_xmit))
		erl2_conn_err(conn, "target declares a bad MaxRecvDataSegmentLength, it stays %u\n",
			      conn->keys.max_xmit);
	negotiate_unknown(conn, ctl->pair);
}

/*
 * RFC 7143 6.1, 6.2: a text may be cut anywhere, so that pairs are put
 * together byte by byte.
 */
static void negotiate_read(struct erl2_conn *conn, struct erl2_ctl *ctl)
{
	u32 have = min_t(u32, conn->rx.data_len, ERL2_RX_BUF_LEN);
	u32 i;

	for (i = 0; i < have; i++) {
		if (!conn->rx.buf[i]) {
			negotiate_pair(conn, ctl);
			ctl->pair_len = 0;
		} else if (ctl->pair_len < sizeof(ctl->pair) - 1) {
			ctl->pair[ctl->pair_len++] = conn->rx.buf[i];
		}
	}
	/* The rest was not kept: there may be keys in it. */
	if (conn->rx.data_len > have)
		conn->answer.overflow = true;
}

/**
 * erl2_negotiate_response() - take a Text Response
 * @conn: connection, the response is in @conn->rx and keeps the format
 *
 * Without the F bit: asks for the rest, RFC 7143 6.4, 11.10.2, 11.11.4, by a
 * request which has the F bit as the first one had, with Target Transfer Tag and
 * LUN of the response. There is no word of an end of this: what goes on and on is
 * given up.
 *
 * With the F bit: what was declared takes effect.
 *
 * Context: socket lock held, as whoever sends holds it.
 * Return: true if the exchange goes on, false if it is to end.
 */
bool erl2_negotiate_response(struct erl2_conn *conn)
{
	struct iscsi_text_rsp *h = (struct iscsi_text_rsp *)conn->rx.head;
	struct erl2_ctl *ctl;
	bool more = false;

	spin_lock(&conn->lock);
	ctl = erl2_ctl_find(conn, (struct iscsi_hdr *)h);
	if (!ctl)
		goto out;
	if (!ctl->continues)
		erl2_text_init(&conn->answer, conn->answer_buf,
			       sizeof(conn->answer_buf));
	negotiate_read(conn, ctl);
	/* RFC 7143 6.2: until the end of its text has come we have to be silent. */
	ctl->continues = h->flags & ISCSI_FLAG_TEXT_CONTINUE;
	ctl->data_len = ctl->continues ? 0 : conn->answer.len;
	if (h->flags & ISCSI_FLAG_CMD_FINAL) {
		if (!ctl->max_xmit)
			goto out;
		erl2_conn_info(conn, "target's MaxRecvDataSegmentLength is %u now\n",
			       ctl->max_xmit);
		conn->keys.max_xmit = ctl->max_xmit;
		goto out;
	}
	ctl->text += max_t(u32, conn->rx.data_len, TEXT_LEAST);
	if (ctl->text > ERL2_TEXT_MAX || conn->answer.overflow) {
		erl2_conn_err(conn, "text exchange without an end, or with too many keys, given up\n");
		goto out;
	}
	ctl->hdr.lun = ((struct iscsi_hdr *)h)->lun;
	((struct iscsi_text *)&ctl->hdr)->ttt = h->ttt;
	more = !erl2_ctl_queue(conn, ctl);
	conn->tx_wanted |= more;
out:
	spin_unlock(&conn->lock);
	return more;
}
