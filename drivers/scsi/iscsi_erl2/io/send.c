// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks and control PDUs -> socket.
 *
 * Everything here runs under the socket lock, which makes senders take turns
 * and keeps receiving out. An idle connection is served by the CPU that
 * submits; the work item only goes on where that had to stop.
 */
#include <linux/highmem.h>
#include <linux/sched/mm.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>

#include "compat/net.h"
#include "core/conn.h"
#include "core/control.h"
#include "core/erl2.h"
#include "core/pdu_state.h"
#include "core/task.h"
#include "core/trace.h"
#include "io/send.h"
#include "io/snack.h"
#include "io/within_connection.h"
#include "proto/cmdsn.h"
#include "proto/conn_state.h"
#include "proto/digest.h"
#include "proto/iscsi_ext.h"
#include "proto/keys.h"

/* What one run sends before it lets others have the socket. */
#define TX_BUDGET	(256 * 1024)

/* What is sent at a time while a receive on another CPU has to spin. */
#define TX_SLICE	(16 * 1024)

/**
 * erl2_tx_reset() - forget the PDU being sent
 * @conn: connection without a socket, or with its lock held
 *
 * Context: any.
 */
void erl2_tx_reset(struct erl2_conn *conn)
{
	conn->tx.phase = ERL2_TX_IDLE;
	conn->tx.task = NULL;
	conn->tx.starts = NULL;
	conn->tx.burst = NULL;
	conn->tx.broken = false;
}

/* The header is complete: digest, padding and what follows. */
static void tx_start(struct erl2_conn *conn, unsigned int head_len,
		     struct erl2_task *task, u32 offset, u32 data_len)
{
	struct erl2_tx *tx = &conn->tx;
	struct iscsi_hdr *h = (struct iscsi_hdr *)tx->head;

	hton24(h->dlength, data_len);
	trace_pdu_send(conn, h);

	if (conn->keys.header_digest) {
		erl2_digest_put(erl2_digest_add(ERL2_DIGEST_INIT, tx->head,
						head_len),
				tx->head + head_len);
		head_len += ERL2_DIGEST_LEN;
	}
	/* How long TCP takes nothing counts from here. */
	conn->last_sent = jiffies;
	tx->head_len = head_len;
	tx->task = task;
	tx->text = NULL;
	tx->offset = offset;
	tx->data_len = data_len;
	tx->trailer_len = 0;
	if (data_len) {
		unsigned int pad = -data_len & (ISCSI_PAD_LEN - 1);

		memset(tx->trailer, 0, pad);
		tx->trailer_len = pad;
		if (conn->keys.data_digest)
			tx->trailer_len += ERL2_DIGEST_LEN;
		tx->crc = ERL2_DIGEST_INIT;
	}
	tx->sent = 0;
	tx->phase = ERL2_TX_HEADER;
}

static __be32 tx_statsn(struct erl2_conn *conn)
{
	conn->acked_statsn = conn->exp_statsn;
	return cpu_to_be32(conn->exp_statsn);
}

/* Drop SNACKs that come too late. */
static void tx_drop_stale(struct erl2_conn *conn)
{
	struct erl2_task *task, *next;

	list_for_each_entry_safe(task, next, &conn->ctlq, node) {
		if (erl2_snack_stale(conn, task))
			erl2_ctl_finish(container_of(task, struct erl2_ctl,
						     task), NULL, 0);
	}
}

/* Does this request end many tasks, without waiting for their data? */
static bool tx_is_fast_abort(struct erl2_conn *conn, const struct iscsi_hdr *h)
{
	if (conn->session->keys.reporting != ERL2_REPORT_FAST_ABORT ||
	    (h->opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_SCSI_TMFUNC)
		return false;
	switch (h->flags & ISCSI_FLAG_TM_FUNC_MASK) {
	case ISCSI_TM_FUNC_LOGICAL_UNIT_RESET:
	case ISCSI_TM_FUNC_TARGET_WARM_RESET:
	case ERL2_TM_FUNC_NEXUS_RESET:
		return true;
	default:
		return false;
	}
}

/* The next control PDU; NULL if none may go now. */
static struct erl2_task *tx_next_control(struct erl2_conn *conn)
{
	struct erl2_task *task;

	task = list_first_entry_or_null(&conn->ctlq, struct erl2_task, node);
	/*
	 * Unsolicited data is brought to its end first: RFC 7143 4.2.3.4 a)
	 * allows none behind the request, and should the target refuse that,
	 * it waits for the rest.
	 */
	if (task && conn->tx.burst && conn->tx.unsolicited &&
	    tx_is_fast_abort(conn, &container_of(task, struct erl2_ctl,
						 task)->hdr))
		return NULL;
	return task;
}

static void tx_control(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_ctl *ctl = container_of(task, struct erl2_ctl, task);
	struct iscsi_nopout *h = (struct iscsi_nopout *)conn->tx.head;
	bool snack = (ctl->hdr.opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_SNACK;

	memcpy(h, &ctl->hdr, sizeof(*h));
	/* A SNACK is no task: its tag is of what it asks for. It has no CmdSN. */
	if (h->itt != RESERVED_ITT && !snack)
		h->itt = (__force itt_t)cpu_to_be32(task->itt);

	/*
	 * Control PDUs are immediate: they carry the current CmdSN and do not
	 * use it up (RFC 7143 4.2.2.1), so losing one leaves no hole; but for
	 * one that plugs a hole.
	 */
	if (!snack && !ctl->cmdsn_set) {
		spin_lock(&conn->session->lock);
		h->cmdsn = cpu_to_be32(conn->session->sn.next);
		spin_unlock(&conn->session->lock);
	}
	if (!ctl->exp_statsn_set)
		h->exp_statsn = tx_statsn(conn);
	tx_start(conn, sizeof(*h), NULL, 0, ctl->data_len);
	conn->tx.text = conn->answer_buf;
	conn->tx.starts = task;

	switch (h->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_NOOP_OUT:
		conn->stats.noptx_pdus++;
		break;
	case ISCSI_OP_SCSI_TMFUNC:
		conn->stats.tmf_pdus++;
		/* RFC 7143 4.2.3.4 a); only LU RESET is about a single unit */
		if (tx_is_fast_abort(conn, &ctl->hdr))
			erl2_task_hush(conn, (ctl->hdr.flags &
					      ISCSI_FLAG_TM_FUNC_MASK) ==
				       ISCSI_TM_FUNC_LOGICAL_UNIT_RESET ?
				       &h->lun : NULL);
		break;
	case ISCSI_OP_LOGOUT:
		conn->stats.logout_pdus++;
		/* RFC 7143 11.14: nothing follows a Logout Request. */
		if (!ctl->exp_statsn_set)
			erl2_conn_set_state(conn, ERL2_CONN_IN_LOGOUT);
		break;
	}

	if (ctl->no_reply) {
		erl2_ctl_finish(ctl, NULL, 0);
	} else {
		list_del_init(&task->node);
		erl2_task_set_state(task, ERL2_TASK_ACTIVE);
	}
}

static void tx_dataout(struct erl2_conn *conn, struct erl2_task *task,
		       __be32 ttt, u32 offset, u32 datasn, u32 len, bool final)
{
	struct iscsi_data *h = (struct iscsi_data *)conn->tx.head;

	memset(h, 0, sizeof(*h));
	h->opcode = ISCSI_OP_SCSI_DATA_OUT;
	h->flags = final ? ISCSI_FLAG_CMD_FINAL : 0;
	/* RFC 7143 11.7.4: reserved in unsolicited data */
	if (ttt != cpu_to_be32(ISCSI_RESERVED_TAG))
		int_to_scsilun(task->sc->device->lun, &h->lun);
	h->itt = (__force itt_t)cpu_to_be32(task->itt);
	h->ttt = ttt;
	h->exp_statsn = tx_statsn(conn);
	h->datasn = cpu_to_be32(datasn);
	h->offset = cpu_to_be32(offset);
	conn->stats.dataout_pdus++;
	tx_start(conn, sizeof(*h), task, offset, len);
}

/* The next PDU of a sequence of Data-Outs; conn->tx.burst is its task. */
static void tx_burst(struct erl2_conn *conn)
{
	struct erl2_task *task = conn->tx.burst;
	struct erl2_r2t *r2t;
	u32 len;

	if (conn->tx.unsolicited) {
		len = min(task->unsol_left, conn->keys.max_xmit);
		task->unsol_left -= len;
		tx_dataout(conn, task, cpu_to_be32(ISCSI_RESERVED_TAG),
			   task->unsol_off, task->unsol_datasn++, len,
			   !task->unsol_left);
		task->unsol_off += len;
		if (task->unsol_left)
			return;
	} else {
		r2t = &task->r2t[task->r2t_head];
		len = min(r2t->left, conn->keys.max_xmit);
		r2t->left -= len;
		tx_dataout(conn, task, r2t->ttt, r2t->offset, r2t->datasn++,
			   len, !r2t->left);
		r2t->offset += len;
		if (r2t->left)
			return;
		task->r2t_head = (task->r2t_head + 1) % ERL2_MAX_R2T;
		task->r2t_count--;
	}
	/* The sequence is out; an R2T may have come meanwhile. */
	conn->tx.burst = NULL;
	if (task->r2t_count && !(task->flags & ERL2_TASK_HUSHED) &&
	    list_empty(&task->node))
		list_add_tail(&task->node, &conn->dataq);
}

/* Extended CDB AHS, RFC 7143 11.2.2.3. Returns its length. */
static unsigned int tx_long_cdb(struct scsi_cmnd *sc, u8 *p)
{
	unsigned int rest = sc->cmd_len - ISCSI_CDB_SIZE;
	unsigned int len = ALIGN(4 + rest, 4);
	struct iscsi_ecdb_ahdr *ahs = (struct iscsi_ecdb_ahdr *)p;

	memset(p, 0, len);
	ahs->ahslength = cpu_to_be16(rest + 1);
	ahs->ahstype = ISCSI_AHSTYPE_CDB;
	memcpy(ahs->ecdb, sc->cmnd + ISCSI_CDB_SIZE, rest);
	return len;
}

static void tx_command(struct erl2_conn *conn, struct erl2_task *task)
{
	struct iscsi_scsi_req *h = (struct iscsi_scsi_req *)conn->tx.head;
	const struct erl2_keys *keys = &conn->session->keys;
	struct scsi_cmnd *sc = task->sc;
	unsigned int head_len = sizeof(*h);
	u32 imm = 0;

	memset(h, 0, sizeof(*h));
	h->opcode = ISCSI_OP_SCSI_CMD;
	h->flags = ISCSI_ATTR_SIMPLE;
	int_to_scsilun(sc->device->lun, &h->lun);
	h->itt = (__force itt_t)cpu_to_be32(task->itt);
	h->data_length = cpu_to_be32(task->data_len);
	h->cmdsn = cpu_to_be32(task->cmdsn);
	h->exp_statsn = tx_statsn(conn);
	memcpy(h->cdb, sc->cmnd, min_t(unsigned int, sc->cmd_len,
				       ISCSI_CDB_SIZE));
	if (sc->cmd_len > ISCSI_CDB_SIZE) {
		unsigned int ahs = tx_long_cdb(sc, conn->tx.head + head_len);

		h->hlength = ahs / 4;
		head_len += ahs;
	}

	if (sc->sc_data_direction == DMA_TO_DEVICE) {
		u32 first = min(task->data_len, keys->first_burst);

		/* RFC 7143 13.10, 13.11: what may go without an R2T */
		h->flags |= ISCSI_FLAG_CMD_WRITE;
		if (keys->immediate_data)
			imm = min(first, conn->keys.max_xmit);
		if (!keys->initial_r2t)
			task->unsol_left = first - imm;
		task->unsol_off = imm;
		task->unsol_datasn = 0;
	} else if (sc->sc_data_direction == DMA_FROM_DEVICE) {
		h->flags |= ISCSI_FLAG_CMD_READ;
	}
	if (task->unsol_left) {
		conn->tx.burst = task;
		conn->tx.unsolicited = true;
	} else {
		h->flags |= ISCSI_FLAG_CMD_FINAL;
	}

	list_del_init(&task->node);
	erl2_task_set_state(task, ERL2_TASK_ACTIVE);
	conn->stats.cmd_pdus++;
	tx_start(conn, head_len, task, 0, imm);
	conn->tx.starts = task;
}

/* May this command go out now? Gives it its CmdSN, as late as possible. */
static bool tx_take_cmdsn(struct erl2_conn *conn, struct erl2_task *task)
{
	struct erl2_session *s = conn->session;
	bool open;

	if (task->flags & ERL2_TASK_RETRY) {
		/* RFC 7143 7.2.1: plugs a hole, so it is inside the window */
		task->flags &= ~ERL2_TASK_RETRY;
		return true;
	}
	if (conn->hold || conn->state != ERL2_CONN_LOGGED_IN)
		return false;

	spin_lock(&s->lock);
	open = !s->resets && erl2_cmdsn_open(&s->sn);
	WRITE_ONCE(conn->starved, !open);
	if (open) {
		task->cmdsn = s->sn.next++;
		task->flags |= ERL2_TASK_SENT;
	}
	spin_unlock(&s->lock);
	return open;
}

/* Choose the next PDU. Returns false if there is nothing to send. */
static bool tx_next(struct erl2_conn *conn)
{
	struct erl2_task *task;
	bool found = true;

	spin_lock(&conn->lock);
	tx_drop_stale(conn);
	task = tx_next_control(conn);
	if (conn->state != ERL2_CONN_LOGGED_IN &&
	    conn->state != ERL2_CONN_LOGOUT_REQUESTED) {
		found = false;
	} else if (task) {
		tx_control(conn, task);
	} else if (conn->tx.burst) {
		tx_burst(conn);
	} else if (!list_empty(&conn->dataq)) {
		/*
		 * Before new commands: the target holds resources for its
		 * R2Ts and watches the clock.
		 */
		task = list_first_entry(&conn->dataq, struct erl2_task, node);
		list_del_init(&task->node);
		conn->tx.burst = task;
		conn->tx.unsolicited = false;
		tx_burst(conn);
	} else if (!list_empty(&conn->cmdq)) {
		task = list_first_entry(&conn->cmdq, struct erl2_task, node);
		found = tx_take_cmdsn(conn, task);
		if (found)
			tx_command(conn, task);
	} else {
		found = false;
	}
	spin_unlock(&conn->lock);
	return found;
}

static int tx_bytes(struct sock *sk, void *p, unsigned int len, int flags)
{
	struct msghdr msg = { .msg_flags = flags };
	struct kvec kv = { .iov_base = p, .iov_len = len };

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &kv, 1, len);
	return tcp_sendmsg_locked(sk, &msg, len);
}

/* Digest of what TCP took; segments of a scatterlist can be several pages. */
static u32 tx_digest(u32 crc, struct page *page, unsigned int off,
		     unsigned int len)
{
	while (len) {
		unsigned int n = min_t(unsigned int, len, PAGE_SIZE - off);
		void *p = kmap_local_page(page);

		crc = erl2_digest_add(crc, p + off, n);
		kunmap_local(p);
		page++;
		off = 0;
		len -= n;
	}
	return crc;
}

static bool tx_pages_ok(struct page *page, unsigned int off, unsigned int len)
{
	unsigned int i, n = DIV_ROUND_UP(off + len, PAGE_SIZE);

	for (i = 0; i < n; i++)
		if (!sendpage_ok(page + i))
			return false;
	return true;
}

/* Send from the task's buffer; returns bytes taken or a negative errno. */
static int tx_data(struct erl2_conn *conn, struct sock *sk, int flags)
{
	struct erl2_tx *tx = &conn->tx;
	struct erl2_task *task = tx->task;
	unsigned int left = tx->data_len - tx->sent;
	unsigned int off = 0, len;
	struct page *page;
	int ret;

	if (tx->text) {
		ret = tx_bytes(sk, (void *)tx->text + tx->sent, left, flags);
		if (ret > 0 && conn->keys.data_digest)
			tx->crc = erl2_digest_add(tx->crc, tx->text + tx->sent,
						  ret);
		return ret;
	}
	if (!task) {
		/* The task ended under way; its PDU still has a length. */
		page = ZERO_PAGE(0);
		len = min_t(unsigned int, left, PAGE_SIZE);
	} else {
		struct erl2_sg_pos *p = &task->out;

		erl2_sg_seek(p, task->sc, tx->offset + tx->sent);
		off = p->sg->offset + p->sg_off;
		page = sg_page(p->sg) + (off >> PAGE_SHIFT);
		off &= ~PAGE_MASK;
		len = min(left, p->sg->length - p->sg_off);
	}
	if (len < left)
		flags |= MSG_MORE;

	if (tx_pages_ok(page, off, len)) {
		ret = erl2_compat_send_page(sk, page, off, len, flags);
	} else {
		/* Slab memory must not go into an skb: copy it. */
		void *p;

		if (len > PAGE_SIZE - off) {
			len = PAGE_SIZE - off;
			flags |= MSG_MORE;
		}
		p = kmap_local_page(page);
		ret = tx_bytes(sk, p + off, len, flags);
		kunmap_local(p);
	}
	if (ret > 0) {
		if (conn->keys.data_digest)
			tx->crc = tx_digest(tx->crc, page, off, ret);
		if (task)
			erl2_sg_step(&task->out, ret);
	}
	return ret;
}

/*
 * Send what is left of the current PDU. Returns 0 when it is out, -EBUSY when
 * @limit bytes are.
 */
static int tx_pdu(struct erl2_conn *conn, struct sock *sk, unsigned int *bytes,
		  unsigned int limit)
{
	struct erl2_tx *tx = &conn->tx;
	const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	int more = tx->burst ? MSG_MORE : 0;
	int ret;

	while (tx->phase != ERL2_TX_IDLE) {
		unsigned int len = 0;

		if (unlikely(tx->broken))
			return -EPIPE;
		if (*bytes >= limit)
			return -EBUSY;
		switch (tx->phase) {
		case ERL2_TX_HEADER:
			len = tx->head_len;
			ret = tx_bytes(sk, tx->head + tx->sent, len - tx->sent,
				       flags | (tx->data_len ? MSG_MORE : more));
			break;
		case ERL2_TX_DATA:
			len = tx->data_len;
			ret = tx_data(conn, sk, flags |
				      (tx->trailer_len ? MSG_MORE : more));
			break;
		default:
			len = tx->trailer_len;
			ret = tx_bytes(sk, tx->trailer + tx->sent,
				       len - tx->sent, flags | more);
			break;
		}
		if (ret < 0)
			return ret;
		if (!ret)
			return -EPIPE;

		conn->last_sent = jiffies;
		conn->stats.tx_octets += ret;
		*bytes += ret;
		tx->sent += ret;
		if (tx->sent < len)
			continue;

		tx->sent = 0;
		if (tx->phase == ERL2_TX_HEADER)
			tx->starts = NULL;
		if (tx->phase == ERL2_TX_HEADER && tx->data_len) {
			tx->phase = ERL2_TX_DATA;
		} else if (tx->phase == ERL2_TX_DATA && tx->trailer_len) {
			tx->phase = ERL2_TX_TRAILER;
			if (conn->keys.data_digest) {
				unsigned int pad = tx->trailer_len -
						   ERL2_DIGEST_LEN;

				tx->crc = erl2_digest_add(tx->crc, tx->trailer,
							  pad);
				erl2_digest_put(tx->crc, tx->trailer + pad);
			}
		} else {
			tx->phase = ERL2_TX_IDLE;
			tx->task = NULL;
		}
	}
	return 0;
}

/*
 * Send as much as the socket takes, but not much more than @limit bytes. Socket
 * locked, softirqs disabled. Returns 0 when nothing is left that may be sent now,
 * -EBUSY at the limit, -EAGAIN when the socket is full, another errno when the
 * connection failed.
 */
static int tx_run(struct erl2_conn *conn, unsigned int limit)
{
	struct sock *sk = conn->sk;
	unsigned int bytes = 0;
	int ret = 0;

	while (conn->tx.phase != ERL2_TX_IDLE || tx_next(conn)) {
		ret = tx_pdu(conn, sk, &bytes, limit);
		if (!ret && bytes >= limit)
			ret = -EBUSY;
		if (ret)
			break;
	}
	if (ret && ret != -EAGAIN && ret != -EBUSY)
		erl2_conn_fail(conn, ERL2_FAIL_SOCKET);
	return ret;
}

/* Go on later where a run stopped. */
static void tx_later(struct erl2_conn *conn, struct sock *sk, int ret)
{
	if (ret == -EBUSY)
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	else if (ret == -EAGAIN && !sk->sk_wmem_queued)
		/* No memory, and no ACK will come to wake us up. */
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 1);
}

/*
 * Send one slice from where the caller is. Whoever wants the socket next gets it
 * behind this one: a receive that spins for it is not kept longer. Returns true
 * if there is more.
 */
static bool tx_slice(struct erl2_conn *conn, struct sock *sk, bool last)
{
	bool more = false;

	local_bh_disable();
	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	} else if (conn->sk == sk) {
		int ret = tx_run(conn, TX_SLICE);

		more = ret == -EBUSY && !last;
		if (!more)
			tx_later(conn, sk, ret);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	return more;
}

/**
 * erl2_conn_xmit() - send what is queued, at once if the connection is idle
 * @conn: connection
 *
 * Context: any but hard interrupt; no conn->lock, no socket lock held.
 */
void erl2_conn_xmit(struct erl2_conn *conn)
{
	unsigned int bytes = 0;
	struct sock *sk;

	/*
	 * A completion that submits (its socket's lock is held below us on
	 * the stack) must not come back to a socket, not to another one either.
	 * It runs in a softirq, or where only softirqs are disabled: threaded
	 * NAPI, busy polling, a tap device.
	 */
	if (in_softirq() || irqs_disabled()) {
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
		return;
	}

	sk = erl2_conn_get_sk(conn);
	if (!sk)
		return;

	do {
		bytes += TX_SLICE;
	} while (tx_slice(conn, sk, bytes >= TX_BUDGET));
	sock_put(sk);
}

/**
 * tx_resume_work() - send what could not be sent inline
 * @work: tx_work of a connection
 *
 * Context: work queue.
 */
static void tx_resume_work(struct work_struct *work)
{
	struct erl2_conn *conn = container_of(to_delayed_work(work),
					      struct erl2_conn, tx_work);
	unsigned int noreclaim = memalloc_noreclaim_save();
	struct sock *sk = erl2_conn_get_sk(conn);

	if (sk) {
		lock_sock(sk);
		/* conn->lock is taken inside, and from softirqs as well */
		local_bh_disable();
		/* Is it still this connection's? */
		if (conn->sk == sk) {
			if (READ_ONCE(conn->snack.due))
				erl2_snack_overdue(conn);
			tx_later(conn, sk, tx_run(conn, TX_BUDGET));
		}
		local_bh_enable();
		release_sock(sk);
		sock_put(sk);
	}
	memalloc_noreclaim_restore(noreclaim);
}

/**
 * erl2_mcs_kick() - send what a run of the queue left on several connections
 * @s: session
 *
 * Context: as erl2_conn_xmit().
 */
void erl2_mcs_kick(struct erl2_session *s)
{
	struct erl2_conn *conn;

	rcu_read_lock();
	list_for_each_entry_rcu(conn, &s->conns, node)
		if (!list_empty_careful(&conn->cmdq))
			erl2_conn_xmit(conn);
	rcu_read_unlock();
}

/**
 * erl2_tx_init() - set up the sender of a new connection
 * @conn: connection
 *
 * Context: any.
 */
void erl2_tx_init(struct erl2_conn *conn)
{
	INIT_DELAYED_WORK(&conn->tx_work, tx_resume_work);
	erl2_tx_reset(conn);
}
