// SPDX-License-Identifier: GPL-2.0
/*
 * Socket -> PDU: cuts the byte stream into PDUs, checks digests, puts read
 * data straight into the command's pages. pdu.c says what a PDU does.
 */
#include <linux/highmem.h>
#include <linux/skbuff.h>
#include <net/tcp.h>
#include <scsi/scsi_cmnd.h>

#include "core/conn.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "core/task.h"
#include "core/trace.h"
#include "io/pdu.h"
#include "io/receive.h"
#include "io/within_connection.h"
#include "proto/digest.h"

enum { RX_HEAD, RX_DATA, RX_PAD, RX_DDIGEST };

#define RX_DISCARD	2	/* the PDU is complete, and does not count */

/**
 * erl2_rx_reset() - wait for the first byte of a PDU
 * @conn: connection without a socket, or with its lock held
 *
 * Context: any.
 */
void erl2_rx_reset(struct erl2_conn *conn)
{
	conn->rx.phase = RX_HEAD;
	conn->rx.need = sizeof(struct iscsi_hdr);
	conn->rx.have = 0;
	conn->rx.task = NULL;
}

/* Copy to the task's pages; the range was checked against the buffer. */
static int rx_to_task(struct erl2_conn *conn, struct sk_buff *skb,
		      unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;
	struct erl2_sg_pos *p = &rx->task->in;

	erl2_sg_seek(p, rx->task->sc, rx->offset + rx->have);
	while (len) {
		unsigned int start = p->sg->offset + p->sg_off;
		unsigned int n = min(len, p->sg->length - p->sg_off);
		void *dst;
		int err;

		n = min_t(unsigned int, n, PAGE_SIZE - offset_in_page(start));
		dst = kmap_local_page(sg_page(p->sg) + (start >> PAGE_SHIFT));
		err = skb_copy_bits(skb, off, dst + offset_in_page(start), n);
		if (!err && conn->keys.data_digest)
			rx->crc = erl2_digest_add(rx->crc,
						  dst + offset_in_page(start),
						  n);
		kunmap_local(dst);
		if (err)
			return err;
		erl2_sg_step(p, n);
		off += n;
		len -= n;
	}
	return 0;
}

/* Data segment of anything but a Data-In: what exceeds the buffer is lost. */
static int rx_to_buf(struct erl2_conn *conn, struct sk_buff *skb,
		     unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;
	unsigned int have = rx->have;

	while (len) {
		u8 *dst = rx->buf + have % ERL2_RX_BUF_LEN;
		unsigned int n = min_t(unsigned int, len, ERL2_RX_BUF_LEN -
				       have % ERL2_RX_BUF_LEN);

		/* Beyond the buffer it only serves the digest. */
		if (have >= ERL2_RX_BUF_LEN) {
			dst = rx->buf + ERL2_RX_BUF_LEN;
			n = min_t(unsigned int, len, ERL2_RX_SCRATCH_LEN);
		}
		if (skb_copy_bits(skb, off, dst, n))
			return -EFAULT;
		if (conn->keys.data_digest)
			rx->crc = erl2_digest_add(rx->crc, dst, n);
		have += n;
		off += n;
		len -= n;
	}
	return 0;
}

/* All of the header is here: where does the data go? */
static int rx_header_done(struct erl2_conn *conn)
{
	struct iscsi_hdr *h = (struct iscsi_hdr *)conn->rx.head;
	struct erl2_rx *rx = &conn->rx;
	int err;

	if (conn->keys.header_digest) {
		unsigned int len = rx->need - ERL2_DIGEST_LEN;

		if (!erl2_digest_ok(erl2_digest_add(ERL2_DIGEST_INIT, rx->head,
						    len), rx->head + len)) {
			/*
			 * RFC 7143 7.8: the length may be what is wrong, and
			 * there are no markers any more to find the next PDU
			 * by. No SNACK helps: the connection is recovered, or
			 * below level 2 the session.
			 */
			conn->stats.digest_errs++;
			erl2_conn_fail(conn, ERL2_FAIL_HEADER_DIGEST);
			return -EIO;
		}
	}
	trace_pdu_recv(conn, h);

	rx->data_len = ntoh24(h->dlength);
	err = erl2_pdu_check(conn);
	if (!err && (h->opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_SCSI_DATA_IN)
		err = erl2_pdu_data_in(conn);
	if (err)
		return err;

	rx->have = 0;
	if (!rx->data_len)
		return 1;
	rx->crc = ERL2_DIGEST_INIT;
	rx->need = rx->data_len;
	rx->phase = RX_DATA;
	return 0;
}

static int rx_head(struct erl2_conn *conn, struct sk_buff *skb,
		   unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;
	struct iscsi_hdr *h = (struct iscsi_hdr *)rx->head;

	if (skb_copy_bits(skb, off, rx->head + rx->have, len))
		return -EFAULT;
	rx->have += len;
	if (rx->have < rx->need)
		return 0;
	if (rx->need == sizeof(*h)) {
		rx->need += h->hlength * 4;
		if (conn->keys.header_digest)
			rx->need += ERL2_DIGEST_LEN;
		if (rx->have < rx->need)
			return 0;
	}
	return rx_header_done(conn);
}

static int rx_data(struct erl2_conn *conn, struct sk_buff *skb,
		   unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;
	u8 op = rx->head[0] & ISCSI_OPCODE_MASK;
	int err = 0;

	if (rx->task)
		err = rx_to_task(conn, skb, off, len);
	else if (op != ISCSI_OP_SCSI_DATA_IN || conn->keys.data_digest)
		err = rx_to_buf(conn, skb, off, len);
	if (err)
		return err;

	rx->have += len;
	if (rx->have < rx->need)
		return 0;
	rx->have = 0;
	rx->need = -rx->data_len & (ISCSI_PAD_LEN - 1);
	rx->phase = RX_PAD;
	if (rx->need)
		return 0;
	rx->phase = RX_DDIGEST;
	rx->need = ERL2_DIGEST_LEN;
	return conn->keys.data_digest ? 0 : 1;
}

static int rx_pad(struct erl2_conn *conn, struct sk_buff *skb,
		  unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;
	u8 pad[ISCSI_PAD_LEN];

	if (skb_copy_bits(skb, off, pad, len))
		return -EFAULT;
	if (conn->keys.data_digest)
		rx->crc = erl2_digest_add(rx->crc, pad, len);
	rx->have += len;
	if (rx->have < rx->need)
		return 0;
	rx->have = 0;
	rx->phase = RX_DDIGEST;
	rx->need = ERL2_DIGEST_LEN;
	return conn->keys.data_digest ? 0 : 1;
}

static int rx_ddigest(struct erl2_conn *conn, struct sk_buff *skb,
		      unsigned int off, unsigned int len)
{
	struct erl2_rx *rx = &conn->rx;

	if (skb_copy_bits(skb, off, rx->ddigest + rx->have, len))
		return -EFAULT;
	rx->have += len;
	if (rx->have < rx->need)
		return 0;
	if (erl2_digest_ok(rx->crc, rx->ddigest))
		return 1;
	conn->stats.digest_errs++;
	return erl2_snack_damaged(conn) ?: RX_DISCARD;
}

/*
 * Take one stretch of bytes. Returns 1 or RX_DISCARD when the PDU is complete, 0
 * when more bytes are needed, a negative errno when the connection failed.
 */
static int rx_step(struct erl2_conn *conn, struct sk_buff *skb,
		   unsigned int off, unsigned int len)
{
	switch (conn->rx.phase) {
	case RX_HEAD:
		return rx_head(conn, skb, off, len);
	case RX_DATA:
		return rx_data(conn, skb, off, len);
	case RX_PAD:
		return rx_pad(conn, skb, off, len);
	default:
		return rx_ddigest(conn, skb, off, len);
	}
}

static int rx_actor(read_descriptor_t *desc, struct sk_buff *skb,
		    unsigned int off, size_t len)
{
	struct erl2_conn *conn = desc->arg.data;
	size_t done = 0;

	while (done < len) {
		unsigned int n = min_t(size_t, len - done,
				       conn->rx.need - conn->rx.have);
		int ret = rx_step(conn, skb, off + done, n);

		done += n;
		if (ret > 0) {
			ret = ret == RX_DISCARD ? 0 : erl2_pdu_process(conn);
			erl2_rx_reset(conn);
		}
		if (ret < 0) {
			desc->error = ret;
			desc->count = 0;
			break;
		}
	}
	conn->stats.rx_octets += done;
	conn->last_recv = jiffies;
	conn->rx_credit += done;
	if (conn->rx_credit >= ERL2_MOVED) {
		conn->rx_credit = 0;
		conn->last_moved = conn->last_recv;
	}
	return done;
}

/**
 * erl2_rx_run() - take all bytes that have come
 * @conn: connection
 * @sk: its socket, locked (either kind)
 *
 * Context: any but hard interrupt; socket lock held; does not sleep. Completes
 * commands, and has the work item send what the PDUs call for.
 */
void erl2_rx_run(struct erl2_conn *conn, struct sock *sk)
{
	read_descriptor_t desc = { .arg.data = conn, .count = 1 };

	if (!erl2_conn_is_up(conn))
		return;
	tcp_read_sock(sk, &desc, rx_actor);
	if (!desc.error && conn->tx_wanted) {
		conn->tx_wanted = false;
		/*
		 * Not from here: below us on the stack may be a target that
		 * sends over the loopback interface, and the whole way down
		 * through TCP once more is too much for one stack where
		 * softirqs have none of their own.
		 */
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	}
}
