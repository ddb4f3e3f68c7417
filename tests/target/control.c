// SPDX-License-Identifier: GPL-2.0
/* NOP, Text, Async Message and Reject: what is neither task nor recovery. */
#include <stdlib.h>

#include "target.h"

/* ---- Reject (11.17) ---- */

void send_reject(struct conn *c, const struct pdu *bad, u8 reason)
{
	struct pdu *p = pdu_new(OP_REJECT, FLAG_FINAL);
	u8 hdr[BHS_LEN + 1024];

	counters.rejects++;
	p->bhs[2] = reason;
	put_be32(p->bhs + 16, RSVD_TAG);
	memcpy(hdr, bad->bhs, BHS_LEN);
	if (bad->ahs_len)
		memcpy(hdr + BHS_LEN, bad->ahs, bad->ahs_len);
	pdu_set_data(p, hdr, BHS_LEN + bad->ahs_len);
	p->status = true;
	conn_send(c, p);
}

/* ---- Async Message (11.9) ---- */

void send_async(struct conn *c, u8 event, u8 vcode, u16 p1, u16 p2, u16 p3,
		int lun)
{
	struct pdu *p = pdu_new(OP_ASYNC, FLAG_FINAL);

	if (lun >= 0)
		p->bhs[9] = lun;
	put_be32(p->bhs + 16, RSVD_TAG);
	p->bhs[36] = event;
	p->bhs[37] = vcode;
	put_be16(p->bhs + 38, p1);
	put_be16(p->bhs + 40, p2);
	put_be16(p->bhs + 42, p3);
	if (event == 0) {
		/* SenseLength, then UNIT ATTENTION, capacity has changed */
		u8 d[20] = { 0, 18, 0x70, 0, 6, 0, 0, 0, 0, 10 };

		d[2 + 12] = 0x2a;
		d[2 + 13] = 0x09;
		pdu_set_data(p, d, sizeof(d));
	}
	p->status = true;
	conn_send(c, p);
}

/* ---- NOP (11.18, 11.19) ---- */

void send_nop_in(struct conn *c, u32 ttt, unsigned int lun)
{
	struct pdu *p = pdu_new(OP_NOP_IN, FLAG_FINAL);

	put_be32(p->bhs + 16, RSVD_TAG);
	put_be32(p->bhs + 20, ttt);
	if (ttt != RSVD_TAG)
		p->bhs[9] = lun;
	conn_send(c, p);
}

static void nop_tick(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, nop_timer);

	if (!conn_live(c) || !set.nop_interval)
		return;
	if (c->nop_ttt == RSVD_TAG) {
		c->nop_ttt = session_ttt(c->sess);
		send_nop_in(c, c->nop_ttt, 0);
	} else {
		logf_("#%u cid %u ping is unanswered", c->id, c->cid);
	}
	if (conn_live(c))
		timer_set(t, set.nop_interval * 1000ull);
}

void nop_start(struct conn *c)
{
	c->nop_timer.fn = nop_tick;
	if (set.nop_interval)
		timer_set(&c->nop_timer, set.nop_interval * 1000ull);
}

void nop_rx(struct conn *c, struct pdu *p)
{
	struct pdu *r;
	u32 len = p->len;

	if (pdu_ttt(p) != RSVD_TAG) {
		if (pdu_ttt(p) == c->nop_ttt)
			c->nop_ttt = RSVD_TAG;
		return;
	}
	if (pdu_itt(p) == RSVD_TAG)
		return;		/* only conveys ExpStatSN */
	r = pdu_new(OP_NOP_IN, FLAG_FINAL);
	memcpy(r->bhs + 16, p->bhs + 16, 4);
	put_be32(r->bhs + 20, RSVD_TAG);
	if (len > c->mrdsl_out)
		len = c->mrdsl_out;
	pdu_set_data(r, p->data, len);
	r->status = true;
	conn_send(c, r);
}

/* ---- Text in full-feature phase (11.10, App C) ---- */

static void text_done(struct conn *c)
{
	c->text_itt = RSVD_TAG;
	c->text_in.len = 0;
	c->text_out.len = 0;
	c->text_off = 0;
	c->text_round = 0;
	c->text_asked = 0;
}

/* The next piece of the answer; C=1 while there is more of it. */
static void text_answer(struct conn *c, const struct pdu *req, bool final)
{
	struct pdu *r = pdu_new(OP_TEXT_RSP, 0);
	u32 n = c->text_out.len - c->text_off;
	bool more = n > c->mrdsl_out;

	if (c->text_round < set.text_pieces) {
		more = true;
		n = c->text_out.len / (set.text_pieces + 1);
	} else if (c->text_round - set.text_pieces < set.text_more) {
		final = false;
	}
	if (n > c->mrdsl_out)
		n = c->mrdsl_out;
	c->text_round++;
	memcpy(r->bhs + 16, req->bhs + 16, 4);
	pdu_set_data(r, c->text_out.buf + c->text_off, n);
	c->text_off += n;
	if (more)
		r->bhs[1] = TXT_CONTINUE;
	else if (final)
		r->bhs[1] = FLAG_FINAL;
	if (r->bhs[1] & FLAG_FINAL) {
		put_be32(r->bhs + 20, RSVD_TAG);
		text_done(c);
		if (set.text_mrdsl >= 512) {
			c->mrdsl_next = set.text_mrdsl;
			c->mrdsl_from = c->statsn;
		}
	} else {
		if (c->text_ttt == RSVD_TAG)
			c->text_ttt = session_ttt(c->sess);
		put_be32(r->bhs + 20, c->text_ttt);
		if (set.text_pieces || set.text_more)
			r->bhs[9] = c->text_round;	/* to be copied */
		if (!more) {
			c->text_out.len = 0;
			c->text_off = 0;
		}
	}
	r->status = true;
	conn_send(c, r);
}

#define PRIVATE_KEY "X-test.erl2."

static void text_propose(struct conn *c)
{
	u32 i;

	if (set.text_mrdsl)
		text_add(&c->text_out, "MaxRecvDataSegmentLength", "%u",
			 set.text_mrdsl);
	if (set.text_pieces)
		text_add(&c->text_out, PRIVATE_KEY "pieces", "%s",
			 "of a text that has nothing to say");
	for (i = 0; i < set.text_keys; i++) {
		char key[40];

		snprintf(key, sizeof(key), PRIVATE_KEY "key%u", i);
		text_add(&c->text_out, key, "%s",
			 "a value that is too long for whoever keeps the first sixty bytes of a pair only");
	}
	c->text_asked = set.text_keys + !!set.text_pieces;
}

static void text_eval(struct conn *c, const struct text *t)
{
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		const char *k = t->kv[i].key, *v = t->kv[i].value;
		u64 n;

		if (!strcmp(k, "SendTargets")) {
			send_targets(c, v, &c->text_out);
		} else if (!strcmp(k, "MaxRecvDataSegmentLength")) {
			/* Declarative: holds from the end of the exchange. */
			if (text_number(v, &n) && n >= 512 && n < 1 << 24)
				c->mrdsl_out = n;
		} else if (!strcmp(k, "InitiatorAlias")) {
			continue;
		} else if (!strcmp(v, "NotUnderstood")) {
			if (!c->text_asked || strncmp(k, PRIVATE_KEY, strlen(PRIVATE_KEY)))
				judge(c, "6.2", "%s was not proposed", k);
			else
				c->text_asked--;
		} else if (key_lookup(k) >= 0) {
			text_add(&c->text_out, k, "Reject");
		} else {
			text_add(&c->text_out, k, "NotUnderstood");
		}
	}
}

void text_rx(struct conn *c, struct pdu *p)
{
	bool final = p->bhs[1] & FLAG_FINAL;
	struct text t;
	const char *err;

	if (pdu_ttt(p) == RSVD_TAG) {
		text_done(c);	/* a new sequence, or a reset of the old */
		c->text_itt = pdu_itt(p);
		c->text_ttt = RSVD_TAG;
	} else if (pdu_itt(p) != c->text_itt || pdu_ttt(p) != c->text_ttt) {
		send_reject(c, p, REJ_FIELD);
		return;
	}
	if (c->text_out.len > c->text_off) {
		text_answer(c, p, final);
		return;
	}
	c->text_in.buf = xrealloc(c->text_in.buf, c->text_in.len + p->len + 1);
	if (p->len)
		memcpy(c->text_in.buf + c->text_in.len, p->data, p->len);
	c->text_in.len += p->len;
	if (p->bhs[1] & TXT_CONTINUE) {
		text_answer(c, p, false);
		return;
	}
	err = text_parse(&t, (u8 *)c->text_in.buf, c->text_in.len);
	c->text_in.len = 0;
	if (err) {
		judge(c, "6.1", "text: %s", err);
		send_reject(c, p, REJ_PROTOCOL);
	} else {
		text_eval(c, &t);
		/* 6.2: a key that is not known is answered, in the next text */
		if (c->text_asked)
			judge(c, "6.2", "%u private keys without NotUnderstood",
			      c->text_asked);
		if (!c->text_round)
			text_propose(c);
		text_answer(c, p, final);
	}
	text_free(&t);
}
