// SPDX-License-Identifier: GPL-2.0
/* SNACK (RFC 7143 11.16): data, R2Ts and statuses once more. */
#include "target.h"

static void snack_data(struct conn *c, struct task *t, struct pdu *p)
{
	u32 beg = get_be32(p->bhs + 40), run = get_be32(p->bhs + 44);
	u32 i, end;

	if (t->wr && !t->rd) {
		struct pdu *r;
		bool hit = false;

		TAILQ_FOREACH(r, &t->r2t_sent, link) {
			u32 sn = get_be32(r->bhs + 36);

			if (sn < beg || (run && sn - beg >= run))
				continue;
			hit = true;
			conn_resend(c, r);
			if (!conn_live(c))
				return;
		}
		if (!hit)
			send_reject(c, p, REJ_PROTOCOL);
		return;
	}
	if (!beg && !run)
		beg = t->ref;
	end = run ? beg + run : t->nr_din;
	if (beg < t->ref || beg >= t->nr_din || end > t->nr_din) {
		send_reject(c, p, REJ_PROTOCOL);
		return;
	}
	for (i = beg; i < end && conn_live(c); i++)
		task_resend_din(t, i);
}

static void snack_status(struct conn *c, struct pdu *p)
{
	u32 beg = get_be32(p->bhs + 40), run = get_be32(p->bhs + 44);
	struct pdu *o, *next;
	bool hit = false;

	if (!beg && !run)
		beg = c->exp_statsn;
	if (sn_lt(beg, c->exp_statsn) || !sn_lt(beg, c->statsn)) {
		send_reject(c, p, REJ_PROTOCOL);
		return;
	}
	for (o = TAILQ_FIRST(&c->unacked); o; o = next) {
		u32 sn = pdu_statsn(o);

		next = TAILQ_NEXT(o, link);
		if (sn_lt(sn, beg) || (run && sn - beg >= run))
			continue;
		hit = true;
		conn_resend(c, o);
		if (!conn_live(c))
			return;
	}
	if (!hit)
		send_reject(c, p, REJ_PROTOCOL);
}

static void snack_ack(struct conn *c, struct pdu *p)
{
	u32 beg = get_be32(p->bhs + 40), ttt = pdu_ttt(p), sn;
	struct task *t;
	unsigned int i;

	for (i = 0; i < TASK_HASH; i++) {
		TAILQ_FOREACH(t, &c->sess->hash[i], link) {
			if (t->conn != c)
				continue;
			for (sn = 0; sn < t->nr_din; sn++) {
				if (!(t->din[sn].flags & DIN_ACK) ||
				    t->din[sn].ttt != ttt)
					continue;
				if (beg > t->nr_din || beg < t->ref) {
					send_reject(c, p, REJ_DATA_ACK);
					return;
				}
				t->ref = beg;
				return;
			}
		}
	}
	logf_("#%u DataACK for a TTT that is gone", c->id);
}

static void snack_rdata(struct conn *c, struct task *t, struct pdu *p)
{
	bool had_status = t->state == TASK_STATUS;

	t->snack_tag = pdu_ttt(p);
	t->nr_din = t->ref;
	t->in_next = t->ref ? t->din[t->ref - 1].off + t->din[t->ref - 1].len :
			      0;
	if (t->in_next < t->in_len) {
		/* The status follows with the tag, under its old StatSN. */
		if (!t->sending) {
			TAILQ_INSERT_TAIL(&c->sendq, t, slink);
			t->sending = true;
		}
		t->state = TASK_DATA_IN;
	} else if (had_status) {
		task_send_status(t, true);
	}
}

void snack_rx(struct conn *c, struct pdu *p)
{
	u8 type = p->bhs[1] & 0x7f;
	struct task *t;

	if (type > SNACK_RDATA) {
		send_reject(c, p, REJ_FIELD);
		return;
	}
	counters.snack[type]++;
	if (c->sess->p.v[K_ERL] == 0) {
		send_reject(c, p, REJ_SNACK);
		return;
	}
	if (type == SNACK_STATUS) {
		snack_status(c, p);
		return;
	}
	if (type == SNACK_DATA_ACK) {
		snack_ack(c, p);
		return;
	}
	t = task_find(c->sess, pdu_itt(p));
	if (!t || t->conn != c) {
		send_reject(c, p, REJ_SNACK);
		return;
	}
	if (type == SNACK_DATA)
		snack_data(c, t, p);
	else
		snack_rdata(c, t, p);
}
