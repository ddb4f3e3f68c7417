// SPDX-License-Identifier: GPL-2.0
/* One SCSI command's iSCSI life: data out, execution, data in, status. */
#include <stdlib.h>

#include "target.h"

#define MAX_TRANSFER	(64u << 20)

/* ---- which bytes have come ---- */

void span_add(struct task *t, u32 off, u32 len)
{
	struct span s = { off, off + len };
	unsigned int i, k;

	if (!len)
		return;
	/* Swallow everything that s touches, then put s in its place. */
	for (i = 0; i < t->nr_got && t->got[i].end < s.off; i++)
		;
	for (k = i; k < t->nr_got && t->got[k].off <= s.end; k++) {
		if (t->got[k].off < s.off)
			s.off = t->got[k].off;
		if (t->got[k].end > s.end)
			s.end = t->got[k].end;
	}
	if (k == i) {
		t->got = xrealloc(t->got, (t->nr_got + 1) * sizeof(s));
		memmove(t->got + i + 1, t->got + i,
			(t->nr_got - i) * sizeof(s));
		t->nr_got++;
	} else {
		memmove(t->got + i + 1, t->got + k,
			(t->nr_got - k) * sizeof(s));
		t->nr_got -= k - i - 1;
	}
	t->got[i] = s;
}

u32 span_first_gap(const struct task *t, u32 from)
{
	unsigned int i;

	for (i = 0; i < t->nr_got; i++)
		if (t->got[i].off <= from && from < t->got[i].end)
			from = t->got[i].end;
	return from;
}

u32 span_gap_end(const struct task *t, u32 from)
{
	unsigned int i;

	for (i = 0; i < t->nr_got; i++)
		if (t->got[i].off > from)
			return t->got[i].off;
	return 0xffffffff;
}

/* App E.1: a lost connection clears data above a hole. */
void span_keep_run(struct task *t)
{
	u32 end = span_first_gap(t, 0);

	t->nr_got = 0;
	span_add(t, 0, end);
}

/* ---- life ---- */

u64 task_id(const struct task *t)
{
	return (u64)t->cmdsn << 32 | t->itt;
}

struct task *task_find(struct session *s, u32 itt)
{
	struct task *t;

	TAILQ_FOREACH(t, &s->hash[itt % TASK_HASH], link)
		if (t->itt == itt)
			return t;
	return NULL;
}

static void r2t_timeout(struct timer *tm)
{
	struct task *t = container_of(tm, struct task, r2t_timer);
	unsigned int i;

	if (!t->conn || !conn_live(t->conn))
		return;
	if (t->sess->p.v[K_ERL] == 0) {
		logf_("itt=%x: Data-Out is overdue", t->itt);
		conn_lost(t->conn, "Data-Out overdue at ERL 0");
		return;
	}
	/* 7.8: ask again by a recovery R2T */
	logf_("itt=%x: Data-Out is overdue, recovery R2T", t->itt);
	for (i = 0; i < MAX_R2TS; i++)
		t->r2t[i].used = false;
	t->unsol_open = false;
	t->next_off = 0;
	counters.recovery_r2t++;
	task_next_r2t(t);
}

static void exec_timeout(struct timer *tm)
{
	struct task *t = container_of(tm, struct task, exec_timer);

	if (t->state != TASK_EXEC)
		return;
	scsi_execute(t);
	task_complete(t);
}

static unsigned int lun_decode(const u8 *b)
{
	if (b[0] >> 6 == 1)
		return (b[0] & 0x3f) << 8 | b[1];
	return b[0] ? 0xffff : b[1];
}

/* Takes the PDU. NULL: it was refused. */
struct task *task_new(struct conn *c, struct pdu *p)
{
	struct session *s = c->sess;
	u32 edtl = get_be32(p->bhs + 20);
	struct task *t;

	if ((p->bhs[1] & CMD_WRITE) && edtl > MAX_TRANSFER) {
		send_reject(c, p, REJ_FIELD);
		pdu_free(p);
		return NULL;
	}
	t = xalloc(sizeof(*t));
	t->sess = s;
	t->conn = c;
	t->opcode = OP_SCSI_CMD;
	t->req = p;
	t->itt = pdu_itt(p);
	t->cmdsn = pdu_cmdsn(p);
	t->imm = pdu_imm(p);
	t->lun = lun_decode(p->bhs + 8);
	t->rd = p->bhs[1] & CMD_READ;
	t->wr = p->bhs[1] & CMD_WRITE;
	t->edtl = edtl;
	t->r2t_timer.fn = r2t_timeout;
	t->exec_timer.fn = exec_timeout;
	TAILQ_INIT(&t->r2t_sent);
	memcpy(t->cdb, p->bhs + 32, 16);
	t->cdb_len = 16;
	if (p->ahs_len > 4 && p->ahs[2] == 1) {
		u32 n = get_be16(p->ahs) - 1;

		if (n > 16)
			n = 16;
		if (n > p->ahs_len - 4)
			n = p->ahs_len - 4;
		memcpy(t->cdb + 16, p->ahs + 4, n);
		t->cdb_len += n;
	}
	if (t->wr) {
		t->out = xalloc(edtl);
		if (p->len) {
			u32 n = p->len < edtl ? p->len : edtl;

			memcpy(t->out, p->data, n);
			span_add(t, 0, n);
		}
		t->unsol_next_off = p->len;
		t->unsol_open = !(p->bhs[1] & FLAG_FINAL);
	}
	TAILQ_INSERT_TAIL(&s->hash[t->itt % TASK_HASH], t, link);
	s->nr_tasks++;
	counters.commands++;
	return t;
}

static void stop_sending(struct task *t)
{
	if (!t->sending)
		return;
	TAILQ_REMOVE(&t->conn->sendq, t, slink);
	t->sending = false;
}

void task_free(struct task *t)
{
	struct pdu *p;

	stop_sending(t);
	timer_stop(&t->r2t_timer);
	timer_stop(&t->exec_timer);
	if (t->state == TASK_WAIT) {
		struct task *o;

		TAILQ_FOREACH(o, &t->sess->pending, plink) {
			if (o == t) {
				TAILQ_REMOVE(&t->sess->pending, t, plink);
				break;
			}
		}
	}
	TAILQ_REMOVE(&t->sess->hash[t->itt % TASK_HASH], t, link);
	t->sess->nr_tasks--;
	judge_task_free(t);
	while ((p = TAILQ_FIRST(&t->r2t_sent))) {
		TAILQ_REMOVE(&t->r2t_sent, p, link);
		pdu_free(p);
	}
	pdu_free(t->req);
	free(t->out);
	free(t->in);
	free(t->got);
	free(t->din);
	free(t);
}

/* ---- write side ---- */

static u32 want(const struct task *t)
{
	u32 n = scsi_out_len(t);

	return n < t->edtl ? n : t->edtl;
}

static void start_exec(struct task *t)
{
	timer_stop(&t->r2t_timer);
	t->state = TASK_EXEC;
	if (fault_execute(t))
		return;
	if (set.latency) {
		timer_set(&t->exec_timer, set.latency);
		return;
	}
	scsi_execute(t);
	task_complete(t);
}

/* Its CmdSN has come: from now on it is the target's. */
void task_deliver(struct task *t)
{
	judge_delivered(t);
	t->state = TASK_DATA;
	if (!t->wr) {
		start_exec(t);
		return;
	}
	task_next_r2t(t);
}

static struct r2t *free_slot(struct task *t, unsigned int *busy)
{
	struct r2t *slot = NULL;
	unsigned int i;

	*busy = 0;
	for (i = 0; i < MAX_R2TS; i++) {
		if (t->r2t[i].used)
			(*busy)++;
		else if (!slot)
			slot = &t->r2t[i];
	}
	return slot;
}

static void send_r2t(struct task *t, struct r2t *r, u32 off, u32 len)
{
	struct pdu *p = pdu_new(OP_R2T, FLAG_FINAL), *keep;

	*r = (struct r2t){
		.used = true, .ttt = session_ttt(t->sess),
		.r2tsn = t->r2tsn++, .off = off, .len = len, .next_off = off,
		.sent = now_us(),
	};
	memcpy(p->bhs + 8, t->req->bhs + 8, 8);
	put_be32(p->bhs + 16, t->itt);
	put_be32(p->bhs + 20, r->ttt);
	put_be32(p->bhs + 36, r->r2tsn);
	put_be32(p->bhs + 40, off);
	put_be32(p->bhs + 44, len);
	keep = pdu_clone(p);
	TAILQ_INSERT_TAIL(&t->r2t_sent, keep, link);
	timer_set(&t->r2t_timer, (u64)set.r2t_timeout * 1000);
	conn_send(t->conn, p);
}

/* Ask for what is missing, or execute when nothing is. */
void task_next_r2t(struct task *t)
{
	u32 need = want(t), burst = t->sess->p.v[K_MAX_BURST];
	unsigned int busy;
	struct r2t *slot;

	if (t->state != TASK_DATA || t->aborted || !t->conn ||
	    !conn_live(t->conn))
		return;
	if (t->unsol_open) {
		if (set.r2t_timeout)
			timer_set(&t->r2t_timer, (u64)set.r2t_timeout * 1000);
		if (!set.early_r2t)
			return;
		/* What comes unasked need not be asked for. */
		if (t->next_off < t->sess->p.v[K_FIRST_BURST])
			t->next_off = t->sess->p.v[K_FIRST_BURST];
		if (t->next_off >= need)
			return;
	}
	slot = free_slot(t, &busy);
	if (!busy && span_first_gap(t, 0) >= need) {
		start_exec(t);
		return;
	}
	if (!busy && span_first_gap(t, t->next_off) >= need)
		t->next_off = 0;	/* holes are left behind us */
	while (slot && busy < t->sess->p.v[K_MAX_R2T]) {
		u32 off = span_first_gap(t, t->next_off), len;

		if (off >= need)
			break;
		len = need - off;
		if (len > burst)
			len = burst;
		if (len > span_gap_end(t, off) - off)
			len = span_gap_end(t, off) - off;
		t->next_off = off + len;
		send_r2t(t, slot, off, len);
		if (!t->conn || !conn_live(t->conn))
			return;
		slot = free_slot(t, &busy);
	}
}

static void data_lost(struct task *t, const char *what)
{
	logf_("itt=%x: %s", t->itt, what);
	if (t->sess->p.v[K_ERL] > 0)
		counters.recovery_r2t++;
}

/* Level 0 has no way to ask again: the command ends (7.8, 11.4.7.2). */
static void data_error(struct task *t)
{
	unsigned int i;

	for (i = 0; i < MAX_R2TS; i++)
		t->r2t[i].used = false;
	timer_stop(&t->r2t_timer);
	t->state = TASK_EXEC;
	scsi_sense(t, 0x0b, 0x47, 0x05);
	task_complete(t);
}

static void take_data(struct task *t, const struct pdu *p, u32 off)
{
	if (!p->len || off > t->edtl || p->len > t->edtl - off)
		return;
	memcpy(t->out + off, p->data, p->len);
	span_add(t, off, p->len);
}

static void rx_unsolicited(struct task *t, struct pdu *p)
{
	u32 sn = get_be32(p->bhs + 36), off = get_be32(p->bhs + 40);

	if (!t->unsol_open)
		return;		/* asked for by R2T meanwhile */
	if (sn != t->unsol_next_sn && !t->unsol_damaged) {
		t->unsol_damaged = true;
		data_lost(t, "unsolicited Data-Out has a hole");
	}
	t->unsol_next_sn = sn + 1;
	if (!t->unsol_damaged)
		take_data(t, p, off);
	if (p->bhs[1] & FLAG_FINAL)
		t->unsol_open = false;
	if (t->unsol_open || t->state != TASK_DATA)
		return;
	if (t->unsol_damaged && !t->sess->p.v[K_ERL])
		data_error(t);
	else
		task_next_r2t(t);
}

static void rx_solicited(struct task *t, struct r2t *r, struct pdu *p)
{
	u32 sn = get_be32(p->bhs + 36), off = get_be32(p->bhs + 40);

	timer_set(&t->r2t_timer, (u64)set.r2t_timeout * 1000);
	if (sn != r->next_datasn && !r->damaged) {
		r->damaged = true;
		data_lost(t, "solicited Data-Out has a hole");
	}
	r->next_datasn = sn + 1;
	if (off < r->off || off - r->off > r->len ||
	    p->len > r->len - (off - r->off)) {
		send_reject(t->conn, p, REJ_FIELD);
		return;
	}
	/* Behind a hole nothing counts; it is asked for again. */
	if (!r->damaged)
		take_data(t, p, off);
	if (p->bhs[1] & FLAG_FINAL) {
		if (!r->damaged && span_first_gap(t, r->off) < r->off + r->len)
			data_lost(t, "Data-Out ends early");
		r->used = false;
		if (r->damaged && !t->sess->p.v[K_ERL])
			data_error(t);
		else
			task_next_r2t(t);
	}
}

void task_rx_data_out(struct conn *c, struct pdu *p)
{
	struct task *t = task_find(c->sess, pdu_itt(p));
	unsigned int i;

	if (!t || t->conn != c || !t->wr) {
		logf_("#%u Data-Out for no task here, dropped", c->id);
		return;
	}
	if (pdu_ttt(p) == RSVD_TAG) {
		rx_unsolicited(t, p);
		return;
	}
	for (i = 0; i < MAX_R2TS; i++) {
		if (t->r2t[i].used && t->r2t[i].ttt == pdu_ttt(p)) {
			rx_solicited(t, &t->r2t[i], p);
			return;
		}
	}
	logf_("#%u Data-Out for a closed TTT, dropped", c->id);
}

/* ---- read side and status ---- */

/* U and O (11.4.5): what the command has against what was expected. */
static u8 residual(const struct task *t, u32 *count)
{
	u32 have = t->wr && !t->rd ? scsi_out_len(t) : t->in_have;

	*count = 0;
	if (t->wr && t->status)
		have = t->edtl;	/* nothing useful to say */
	if (have > t->edtl) {
		*count = have - t->edtl;
		return RSP_OVERFLOW;
	}
	if (have < t->edtl) {
		*count = t->edtl - have;
		return RSP_UNDERFLOW;
	}
	return 0;
}

static void start_sending(struct task *t)
{
	t->state = TASK_DATA_IN;
	TAILQ_INSERT_TAIL(&t->conn->sendq, t, slink);
	t->sending = true;
}

/* The command has its outcome. */
void task_complete(struct task *t)
{
	t->done = true;
	t->in_len = t->rd && t->in_have ? t->in_have : 0;
	if (t->in_len > t->edtl)
		t->in_len = t->edtl;
	if (t->noreply)
		return;		/* executed, and nobody hears of it */
	t->state = t->in_len ? TASK_DATA_IN : TASK_STATUS;
	if (!t->conn || !conn_live(t->conn))
		return;		/* waits for reassignment */
	if (t->in_len)
		start_sending(t);
	else
		task_send_status(t, false);
}

static void build_din(struct task *t, u32 sn, struct pdu *p)
{
	const struct din *d = &t->din[sn];
	u32 resid;

	p->bhs[1] = d->flags;
	if (d->flags & DIN_STATUS) {
		p->bhs[1] |= residual(t, &resid);
		p->bhs[3] = t->status;
		put_be32(p->bhs + 44, resid);
	}
	if (d->flags & DIN_ACK)
		memcpy(p->bhs + 8, t->req->bhs + 8, 8);
	put_be32(p->bhs + 16, t->itt);
	put_be32(p->bhs + 20, d->ttt);
	put_be32(p->bhs + 36, sn);
	put_be32(p->bhs + 40, d->off);
	pdu_set_data(p, t->in + d->off, d->len);
}

/* The next Data-In of the first task that waits to send on c. */
void task_pump(struct conn *c)
{
	struct task *t = TAILQ_FIRST(&c->sendq);
	u32 burst = t->sess->p.v[K_MAX_BURST], n = t->in_len - t->in_next;
	u32 left = burst - t->in_next % burst;
	bool erl = t->sess->p.v[K_ERL] > 0, last;
	struct din *d;
	struct pdu *p;

	if (n > left)
		n = left;
	if (n > c->mrdsl_out)
		n = c->mrdsl_out;
	t->din = xrealloc(t->din, (t->nr_din + 1) * sizeof(*d));
	d = &t->din[t->nr_din];
	*d = (struct din){ .off = t->in_next, .len = n, .ttt = RSVD_TAG };
	last = t->in_next + n == t->in_len;
	if (last || n == left)
		d->flags |= FLAG_FINAL;
	if (erl && ((set.abit == 1 && n == left && !last) || set.abit == 2)) {
		d->flags |= DIN_ACK;
		d->ttt = session_ttt(t->sess);
	}
	if (last && set.collapse && !t->status && !t->snack_tag)
		d->flags |= DIN_STATUS;
	p = pdu_new(OP_DATA_IN, 0);
	build_din(t, t->nr_din, p);
	t->nr_din++;
	t->in_next += n;
	if (last) {
		TAILQ_REMOVE(&c->sendq, t, slink);
		t->sending = false;
	}
	if (d->flags & DIN_STATUS) {
		p->status = true;
		t->state = TASK_STATUS;
		t->has_statsn = true;
		t->statsn = c->statsn;
		conn_send(c, p);
	} else {
		conn_send(c, p);
		/* After an R-Data SNACK the status has its StatSN already. */
		if (last && conn_live(c))
			task_send_status(t, t->has_statsn);
	}
}

/* An exact replica of a Data-In sent before (11.16). */
void task_resend_din(struct task *t, u32 sn)
{
	struct pdu *p = pdu_new(OP_DATA_IN, 0);

	build_din(t, sn, p);
	p->resend = true;
	if (t->din[sn].flags & DIN_STATUS) {
		p->status = true;
		put_be32(p->bhs + 24, t->statsn);
	}
	conn_send(t->conn, p);
}

/* same_statsn: a further response to an R-Data SNACK (11.16.3). */
void task_send_status(struct task *t, bool same_statsn)
{
	struct conn *c = t->conn;
	struct pdu *p = pdu_new(OP_SCSI_RSP, FLAG_FINAL);
	u32 resid;

	p->bhs[1] |= residual(t, &resid);
	p->bhs[2] = t->response;
	p->bhs[3] = t->status;
	put_be32(p->bhs + 16, t->itt);
	put_be32(p->bhs + 20, t->snack_tag);
	put_be32(p->bhs + 44, resid);
	if (!t->response)
		put_be32(p->bhs + 36, t->nr_din);
	if (t->sense_len) {
		u8 d[80];

		put_be16(d, t->sense_len);
		memcpy(d + 2, t->sense, t->sense_len);
		pdu_set_data(p, d, t->sense_len + 2);
	}
	p->status = true;
	t->state = TASK_STATUS;
	if (same_statsn && t->has_statsn) {
		struct pdu *o, *keep = pdu_clone(p);

		put_be32(keep->bhs + 24, t->statsn);
		p->resend = true;
		put_be32(p->bhs + 24, t->statsn);
		TAILQ_FOREACH(o, &c->unacked, link) {
			if (pdu_statsn(o) == t->statsn) {
				TAILQ_INSERT_BEFORE(o, keep, link);
				TAILQ_REMOVE(&c->unacked, o, link);
				pdu_free(o);
				keep = NULL;
				break;
			}
		}
		pdu_free(keep);
	} else {
		t->has_statsn = true;
		t->statsn = c->statsn;
	}
	conn_send(c, p);
}

/* ---- losing and moving the allegiance ---- */

/* The connection is gone: what belonged to it alone is void (App E.1). */
void task_suspend(struct task *t)
{
	unsigned int i;
	struct pdu *p;

	stop_sending(t);
	timer_stop(&t->r2t_timer);
	for (i = 0; i < MAX_R2TS; i++)
		t->r2t[i].used = false;
	while ((p = TAILQ_FIRST(&t->r2t_sent))) {
		TAILQ_REMOVE(&t->r2t_sent, p, link);
		pdu_free(p);
	}
	t->unsol_open = false;
	if (t->state == TASK_DATA)
		span_keep_run(t);
}

/* Go on over a new connection, from what the initiator has (7.2.2). */
void task_resume(struct task *t)
{
	if (t->state == TASK_DATA) {
		t->next_off = 0;
		if (set.r2tsn_restart)
			t->r2tsn = 0;
		counters.resumed_writes++;
		task_next_r2t(t);
		return;
	}
	if (!t->done)
		return;		/* still executing */
	if (!t->in_len) {
		counters.resent_status++;
		task_send_status(t, false);
		return;
	}
	if (set.resend_all)
		t->ref = 0;
	t->nr_din = t->ref;
	t->in_next = t->ref ? t->din[t->ref - 1].off + t->din[t->ref - 1].len :
			      0;
	if (t->in_next >= t->in_len) {
		counters.resent_status++;
		task_send_status(t, false);
		return;
	}
	counters.resumed_reads++;
	start_sending(t);
}
