// SPDX-License-Identifier: GPL-2.0
/*
 * Task management (RFC 7143 11.5, 11.6, 4.2.3; RFC 7144 6.3). Functions on
 * many tasks wait for lower CmdSNs, for open TTTs (standard semantics) and for
 * acknowledgment of earlier responses on the other connections.
 */
#include <stdlib.h>

#include "target.h"

enum wait_stage { WAIT_CMDSN, WAIT_TTT, WAIT_FENCE };

struct tmf_wait {
	TAILQ_ENTRY(tmf_wait) link;
	struct session *s;
	struct conn *c;
	u32 itt, cmdsn;
	u8 fn;
	unsigned int lun;
	enum wait_stage stage;
	u64 since;
	struct {
		u16 cid;
		u32 statsn;
	} fence[8];
	unsigned int nr_fence;
	bool pinged;
};

static TAILQ_HEAD(, tmf_wait) waits = TAILQ_HEAD_INITIALIZER(waits);
static bool polling;

static void tmf_tick(struct timer *t);
static struct timer tick = { .fn = tmf_tick };

void send_tmf_rsp(struct conn *c, u32 itt, u8 response)
{
	struct pdu *p = pdu_new(OP_TMF_RSP, FLAG_FINAL);

	p->bhs[2] = response;
	put_be32(p->bhs + 16, itt);
	p->status = true;
	conn_send(c, p);
}

static bool fast_abort(const struct session *s)
{
	return s->p.v[K_TASK_REPORTING] == TR_FAST_ABORT;
}

static bool covers(const struct tmf_wait *w, const struct task *t)
{
	switch (w->fn) {
	case TMF_ABORT_TASK_SET:
		return t->sess == w->s && t->lun == w->lun &&
		       sn_lt(t->cmdsn, w->cmdsn);
	case TMF_CLEAR_TASK_SET:
	case TMF_LU_RESET:
		return t->lun == w->lun &&
		       (t->sess != w->s || sn_lt(t->cmdsn, w->cmdsn));
	default:
		return t->sess != w->s || sn_lt(t->cmdsn, w->cmdsn);
	}
}

static bool open_ttts(const struct task *t)
{
	unsigned int i;

	for (i = 0; i < MAX_R2TS; i++)
		if (t->r2t[i].used)
			return true;
	return t->unsol_open;
}

static void third_party(struct session *s, const struct tmf_wait *w,
			unsigned int lun)
{
	if (s == w->s || lun >= MAX_LUNS || !luns[lun])
		return;
	if (w->fn == TMF_CLEAR_TASK_SET)
		session_ua(s, lun, 6, 0x2f, 0x00);
	else
		session_ua(s, lun, 6, 0x29, 0x03);
}

/* Async event 5 on the connections that hold affected tasks (4.2.3.4 d). */
static void announce(struct tmf_wait *w)
{
	struct session *s;
	unsigned int i, lun;
	struct conn *c;
	struct task *t;

	TAILQ_FOREACH(s, &sessions, link) {
		if (!fast_abort(s) || !fast_abort(w->s))
			continue;
		TAILQ_FOREACH(c, &s->conns, slink) {
			u32 told = 0;

			if (c == w->c || !conn_live(c))
				continue;
			for (i = 0; i < TASK_HASH; i++)
				TAILQ_FOREACH(t, &s->hash[i], link)
					if (t->conn == c && covers(w, t) &&
					    t->lun < MAX_LUNS)
						told |= 1u << t->lun;
			for (lun = 0; lun < MAX_LUNS; lun++)
				if (told & 1u << lun)
					send_async(c, 5, 0, 0, 0, 0, lun);
		}
	}
}

/* Nothing of the affected tasks is sent or executed from here on. */
static void abort_tasks(struct tmf_wait *w)
{
	struct session *s;
	struct task *t, *next;
	unsigned int i;

	announce(w);
	for (i = 0; i < MAX_LUNS && w->fn >= TMF_LU_RESET; i++)
		if (luns[i] && (w->fn != TMF_LU_RESET || i == w->lun))
			luns[i]->reserved = NULL;
	TAILQ_FOREACH(s, &sessions, link) {
		for (i = 0; i < TASK_HASH; i++) {
			for (t = TAILQ_FIRST(&s->hash[i]); t; t = next) {
				next = TAILQ_NEXT(t, link);
				if (!covers(w, t) || t->state == TASK_STATUS)
					continue;
				third_party(s, w, t->lun);
				if (!fast_abort(w->s) && s == w->s &&
				    t->conn && conn_live(t->conn) &&
				    open_ttts(t)) {
					/* standard: its TTTs live on */
					t->aborted = true;
					continue;
				}
				task_free(t);
			}
		}
	}
}

static bool ttts_left(const struct tmf_wait *w)
{
	struct task *t, *next;
	bool left = false;
	unsigned int i;

	for (i = 0; i < TASK_HASH; i++) {
		for (t = TAILQ_FIRST(&w->s->hash[i]); t; t = next) {
			next = TAILQ_NEXT(t, link);
			if (!t->aborted || !covers(w, t))
				continue;
			if (open_ttts(t) && t->conn && conn_live(t->conn) &&
			    now_us() - w->since < 3000000)
				left = true;
			else
				task_free(t);
		}
	}
	return left;
}

static void fence_start(struct tmf_wait *w)
{
	struct conn *c;

	w->nr_fence = 0;
	TAILQ_FOREACH(c, &w->s->conns, slink) {
		if (c == w->c || c->state == CONN_RECOVERED ||
		    TAILQ_EMPTY(&c->unacked))
			continue;
		if (w->nr_fence == ARRAY_SIZE(w->fence))
			break;
		w->fence[w->nr_fence].cid = c->cid;
		w->fence[w->nr_fence++].statsn = c->statsn;
	}
	w->since = now_us();
	w->pinged = false;
}

static bool fence_open(struct tmf_wait *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_fence; i++) {
		struct conn *c = session_conn(w->s, w->fence[i].cid);

		if (!c || sn_le(w->fence[i].statsn, c->exp_statsn))
			continue;
		/* An idle connection is asked for its ExpStatSN. */
		if (!w->pinged && conn_live(c) &&
		    now_us() - w->since > 50000) {
			w->pinged = true;
			send_nop_in(c, session_ttt(w->s), 0);
		}
		return false;
	}
	return true;
}

/* One step of one waiting function; true when it is through. */
static bool tmf_step(struct tmf_wait *w)
{
	if (w->stage == WAIT_CMDSN) {
		bool whole = w->fn == TMF_WARM_RESET;

		if (!whole && sn_lt(w->s->exp_cmdsn, w->cmdsn))
			return false;
		abort_tasks(w);
		w->stage = WAIT_TTT;
		w->since = now_us();
	}
	if (w->stage == WAIT_TTT) {
		if (ttts_left(w))
			return false;
		w->stage = WAIT_FENCE;
		fence_start(w);
	}
	return fence_open(w);
}

void tmf_poll(struct session *s)
{
	struct tmf_wait *w, *next;

	if (polling)
		return;
	polling = true;
	for (w = TAILQ_FIRST(&waits); w; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->s != s || !tmf_step(w))
			continue;
		TAILQ_REMOVE(&waits, w, link);
		send_tmf_rsp(w->c, w->itt, TMF_COMPLETE);
		free(w);
		/* Sending may have ended others of this session. */
		next = TAILQ_FIRST(&waits);
	}
	polling = false;
	if (!TAILQ_EMPTY(&waits) && !tick.armed)
		timer_set(&tick, 20000);
}

static void tmf_tick(struct timer *t)
{
	struct session *s, *next;

	(void)t;
	for (s = TAILQ_FIRST(&sessions); s; s = next) {
		next = TAILQ_NEXT(s, link);
		tmf_poll(s);
	}
}

/* The issuer is gone, and the function with it (7.14). */
void tmf_forget(struct session *s, struct conn *c)
{
	struct tmf_wait *w, *next;

	for (w = TAILQ_FIRST(&waits); w; w = next) {
		next = TAILQ_NEXT(w, link);
		if (w->s != s || (c && w->c != c))
			continue;
		TAILQ_REMOVE(&waits, w, link);
		free(w);
	}
}

static void tmf_many(struct conn *c, struct pdu *p, u8 fn, unsigned int lun)
{
	struct tmf_wait *w = xalloc(sizeof(*w));

	w->s = c->sess;
	w->c = c;
	w->itt = pdu_itt(p);
	w->cmdsn = pdu_cmdsn(p);
	w->fn = fn;
	w->lun = lun;
	w->since = now_us();
	TAILQ_INSERT_TAIL(&waits, w, link);
	tmf_poll(c->sess);
}

/* The CmdSN of a command that never came counts as received (11.6.1 b). */
static void plug(struct session *s, u32 cmdsn)
{
	struct task *t, *o;

	TAILQ_FOREACH(o, &s->pending, plink) {
		if (o->cmdsn == cmdsn)
			return;
		if (sn_lt(cmdsn, o->cmdsn))
			break;
	}
	t = xalloc(sizeof(*t));
	t->sess = s;
	t->opcode = OP_NOP_OUT;
	t->cmdsn = cmdsn;
	t->itt = RSVD_TAG;
	if (o)
		TAILQ_INSERT_BEFORE(o, t, plink);
	else
		TAILQ_INSERT_TAIL(&s->pending, t, plink);
	session_drain(s);
}

/* RefCmdSN of a task that is not here (11.6.1, RFC 7144 6.3.3). */
static bool plug_missing(struct session *s, const struct pdu *p)
{
	u32 ref = get_be32(p->bhs + 32);

	if (sn_lt(ref, s->exp_cmdsn) || sn_lt(s->max_cmdsn, ref) ||
	    !sn_lt(ref, pdu_cmdsn(p)))
		return false;
	plug(s, ref);
	return true;
}

static void abort_task(struct conn *c, struct pdu *p)
{
	struct session *s = c->sess;
	u32 rtt = get_be32(p->bhs + 20);
	struct task *t = task_find(s, rtt);
	u32 sn;

	if (t && t->conn && t->conn != c) {
		send_tmf_rsp(c, pdu_itt(p), TMF_REJECTED);
		return;
	}
	if (t && t->state == TASK_WAIT) {
		sn = t->cmdsn;
		task_free(t);
		plug(s, sn);
		send_tmf_rsp(c, pdu_itt(p), TMF_COMPLETE);
		return;
	}
	if (t && !t->conn) {
		/* Logged out before: the abort takes over the allegiance. */
		t->conn = c;
		t->old = NULL;
		if (t->done && !t->in_len) {
			task_send_status(t, false);
			send_tmf_rsp(c, pdu_itt(p), TMF_COMPLETE);
			return;
		}
	}
	if (t && t->state != TASK_STATUS) {
		task_free(t);
		send_tmf_rsp(c, pdu_itt(p), TMF_COMPLETE);
		return;
	}
	if (!t && plug_missing(s, p)) {
		send_tmf_rsp(c, pdu_itt(p), TMF_COMPLETE);
		return;
	}
	send_tmf_rsp(c, pdu_itt(p), TMF_NO_TASK);
}

static void cold_reset(struct conn *c, struct pdu *p)
{
	struct session *s;

	send_tmf_rsp(c, pdu_itt(p), TMF_COMPLETE);
	while ((s = TAILQ_FIRST(&sessions)))
		session_destroy(s, "target cold reset");
}

static void query(struct conn *c, struct pdu *p, u8 fn, unsigned int lun)
{
	struct session *s = c->sess;
	struct task *t;
	unsigned int i;
	u8 rsp = TMF_COMPLETE;

	if (s->p.v[K_PROTOCOL_LEVEL] < 2) {
		send_tmf_rsp(c, pdu_itt(p), TMF_UNSUPPORTED);
		return;
	}
	switch (fn) {
	case TMF_QUERY_TASK:
		t = task_find(s, get_be32(p->bhs + 20));
		if (t && !t->conn) {
			/* RFC 7144 6.3: this moves the allegiance, too */
			task_reassign(c, t->itt, 0, &t);
			send_tmf_rsp(c, pdu_itt(p), TMF_SUCCEEDED);
			if (t && conn_live(c))
				task_resume(t);
			return;
		}
		if (t && t->state != TASK_STATUS)
			rsp = TMF_SUCCEEDED;
		else if (!t)
			plug_missing(s, p);
		break;
	case TMF_QUERY_TASK_SET:
		for (i = 0; i < TASK_HASH; i++)
			TAILQ_FOREACH(t, &s->hash[i], link)
				if (t->lun == lun && t->state != TASK_STATUS)
					rsp = TMF_SUCCEEDED;
		break;
	case TMF_QUERY_ASYNC:
		if (lun < MAX_LUNS && s->nr_ua[lun])
			rsp = TMF_SUCCEEDED;
		break;
	case TMF_NEXUS_RESET:
		session_destroy(s, "I_T nexus reset");
		return;
	}
	send_tmf_rsp(c, pdu_itt(p), rsp);
}

void tmf_rx(struct conn *c, struct pdu *p)
{
	u8 fn = p->bhs[1] & 0x7f;
	unsigned int lun = p->bhs[9];
	struct task *t;
	u8 rsp;

	counters.tmf++;
	c->tmf_fn[pdu_itt(p) % ARRAY_SIZE(c->tmf_fn)] = fn;
	c->tmf_rtt[pdu_itt(p) % ARRAY_SIZE(c->tmf_rtt)] = get_be32(p->bhs + 20);
	switch (fn) {
	case TMF_ABORT_TASK:
		abort_task(c, p);
		break;
	case TMF_ABORT_TASK_SET:
	case TMF_CLEAR_TASK_SET:
	case TMF_LU_RESET:
		if (lun >= MAX_LUNS || !luns[lun]) {
			send_tmf_rsp(c, pdu_itt(p), TMF_NO_LUN);
			break;
		}
		tmf_many(c, p, fn, lun);
		break;
	case TMF_WARM_RESET:
		tmf_many(c, p, fn, lun);
		break;
	case TMF_COLD_RESET:
		cold_reset(c, p);
		break;
	case TMF_REASSIGN:
		rsp = task_reassign(c, get_be32(p->bhs + 20),
				    get_be32(p->bhs + 36), &t);
		if (rsp < 4)
			counters.reassign[rsp]++;
		else
			counters.reassign_other++;
		/* 7.2.2: the response goes before the new allegiance acts */
		send_tmf_rsp(c, pdu_itt(p), rsp);
		if (t && conn_live(c))
			task_resume(t);
		break;
	case TMF_QUERY_TASK:
	case TMF_QUERY_TASK_SET:
	case TMF_QUERY_ASYNC:
	case TMF_NEXUS_RESET:
		query(c, p, fn, lun);
		break;
	case TMF_CLEAR_ACA:
	default:
		send_tmf_rsp(c, pdu_itt(p), TMF_UNSUPPORTED);
	}
}
