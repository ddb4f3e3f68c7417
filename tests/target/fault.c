// SPDX-License-Identifier: GPL-2.0
/* Carries out a scenario: looks at every PDU, and at the clock. */
#include <stdlib.h>

#include "scenario.h"

/* A rule's actions on the world, on their way through their waits. */
struct run {
	struct rule *r;
	unsigned int conn_id, next;
	u8 bhs[BHS_LEN];
	struct timer timer;
};

/* What is to become of a command when it gets to its LUN. */
struct plan {
	TAILQ_ENTRY(plan) link;
	struct session *s;
	u32 itt;
	const struct action *a;
};

struct held {
	TAILQ_ENTRY(held) link;
	struct timer timer;
	unsigned int conn_id;
	bool rx;
	struct pdu *p;
};

static TAILQ_HEAD(, plan) plans = TAILQ_HEAD_INITIALIZER(plans);
static TAILQ_HEAD(, held) held_back = TAILQ_HEAD_INITIALIZER(held_back);
static u64 rnd = 0x9e3779b97f4a7c15ull;
static bool login_seen;

void scenario_seed(u64 seed)
{
	rnd = seed * 0x9e3779b97f4a7c15ull + 1;
}

static u64 random64(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

double scenario_random(void)
{
	return (random64() >> 11) * (1.0 / 9007199254740992.0);
}

static struct conn *conn_by_id(unsigned int id)
{
	struct conn *c;

	TAILQ_FOREACH(c, &all_conns, link)
		if (c->id == id && c->state != CONN_FREE)
			return c;
	return NULL;
}

/* ---- whom an action means ---- */

static bool normal(const struct conn *c)
{
	return conn_live(c) && !c->sess->discovery;
}

static unsigned int pick(const struct action *a, unsigned int self,
			 struct conn **out, unsigned int max)
{
	struct conn *c, *one = conn_by_id(self);
	unsigned int n = 0;

	if (a->who == WHO_SELF) {
		if (!one && !self)
			TAILQ_FOREACH(c, &all_conns, link)
				if (normal(c))
					one = c;
		if (one)
			out[n++] = one;
		return n;
	}
	TAILQ_FOREACH(c, &all_conns, link) {
		if (!normal(c) || n == max)
			continue;
		if (a->who == WHO_CID && c->cid != a->cid)
			continue;
		if (a->who == WHO_OTHER && (c->id == self || n))
			continue;
		out[n++] = c;
	}
	if (a->who == WHO_RANDOM && n > 1) {
		out[0] = out[random64() % n];
		n = 1;
	}
	return n;
}

/* ---- actions on the world ---- */

static void act_async(const struct action *a, struct conn *c,
		      unsigned int self)
{
	struct conn *o = conn_by_id(self);
	const struct params *k = &c->sess->p;
	u16 p1 = a->n[1], p2 = a->n[2], p3 = a->n[3];

	if (a->n[0] == 2 && a->nr < 2)
		p1 = o ? o->cid : c->cid;
	if ((a->n[0] == 2 || a->n[0] == 3) && a->nr < 3)
		p2 = k->v[K_TIME2WAIT];
	if ((a->n[0] == 2 || a->n[0] == 3) && a->nr < 4)
		p3 = k->v[K_TIME2RETAIN];
	send_async(c, a->n[0], 0, p1, p2, p3, a->nr > 4 ? (int)a->n[4] : -1);
}

static void act_expire(void)
{
	struct session *s = TAILQ_FIRST(&sessions), *next;
	struct conn *c, *n;

	for (; s; s = next) {
		next = TAILQ_NEXT(s, link);
		for (c = TAILQ_FIRST(&s->conns); c && !s->dead; c = n) {
			n = TAILQ_NEXT(c, slink);
			if (c->state == CONN_CLEANUP ||
			    c->state == CONN_RECOVERED)
				recovery_drop(c, "scenario: expired");
		}
	}
}

static void act_kill(void)
{
	struct session *s, *next;

	for (s = TAILQ_FIRST(&sessions); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (!s->discovery)
			session_destroy(s, "scenario: killed");
	}
}

static void act_send_reject(const struct action *a, struct conn *c)
{
	struct pdu *p = pdu_new(OP_NOP_OUT | OP_IMMEDIATE, FLAG_FINAL);

	put_be32(p->bhs + 16, 0x77777777);
	send_reject(c, p, a->n[0]);
	pdu_free(p);
}

static void act_on_conn(const struct action *a, struct conn *c,
			unsigned int self, const u8 *about)
{
	switch (a->kind) {
	case ACT_RST:
		conn_close(c, true);
		conn_lost(c, "scenario: reset");
		break;
	case ACT_FIN:
		if (c->watch.fd >= 0)
			conn_half_close(c);
		conn_lost(c, "scenario: FIN");
		break;
	case ACT_SILENCE:
		conn_quiet(c, true, true);
		break;
	case ACT_MUTE:
		conn_quiet(c, false, true);
		break;
	case ACT_DEAF:
		conn_quiet(c, true, false);
		break;
	case ACT_RESUME:
		conn_rx_resume(c);
		break;
	case ACT_ASYNC:
		if (conn_live(c))
			act_async(a, c, self);
		break;
	case ACT_NOPIN:
		if (conn_live(c))
			send_nop_in(c, a->nr && a->n[0] ?
				    session_ttt(c->sess) : RSVD_TAG, a->n[1]);
		break;
	case ACT_SENDREJECT:
		if (conn_live(c))
			act_send_reject(a, c);
		break;
	case ACT_SEND:
		if (conn_live(c))
			inject_about(a, c, about);
		break;
	case ACT_CORK:
		c->tx_corked = true;
		break;
	case ACT_UNCORK:
		conn_glue(c, NULL);
		c->tx_corked = false;
		break;
	case ACT_FREEZE:
	case ACT_THAW:
		if (!c->sess)
			break;
		c->sess->frozen = a->kind == ACT_FREEZE;
		c->sess->frozen_cmdsn = c->sess->exp_cmdsn;
		break;
	default:
		break;
	}
}

static void act_world(const struct action *a, unsigned int self,
		      const u8 *about)
{
	struct conn *who[16];
	unsigned int n, i;
	struct held *h;

	switch (a->kind) {
	case ACT_KEY:
		if (!keys_set_own(a->text, a->text2))
			die("key %s %s?", a->text, a->text2);
		return;
	case ACT_CONFIG:
		if (!setting(a->text, a->text2))
			die("config %s %s?", a->text, a->text2);
		return;
	case ACT_REFUSE:
		listen_refuse = (int)(u32)a->n[0];
		return;
	case ACT_PAUSE:
	case ACT_UNPAUSE:
		listen_pause(a->kind == ACT_PAUSE);
		return;
	case ACT_NOTE:
		logf_("note: %s", a->text);
		return;
	case ACT_EXPIRE:
		act_expire();
		return;
	case ACT_KILL:
		act_kill();
		return;
	case ACT_RELEASE:
		TAILQ_FOREACH(h, &held_back, link)
			timer_set(&h->timer, 0);
		return;
	default:
		break;
	}
	n = pick(a, self, who, ARRAY_SIZE(who));
	for (i = 0; i < n; i++)
		if (who[i]->state != CONN_FREE)
			act_on_conn(a, who[i], self, about);
}

static void run_on(struct run *u)
{
	while (u->next < u->r->nr_act) {
		const struct action *a = &u->r->act[u->next++];

		if (a->kind < ACT_WORLD)
			continue;
		if (a->kind == ACT_WAIT) {
			timer_set(&u->timer, a->n[0] * 1000);
			return;
		}
		act_world(a, u->conn_id, u->bhs);
	}
	free(u);
}

static void run_timer(struct timer *t)
{
	run_on(container_of(t, struct run, timer));
}

void fault_run(struct rule *r, struct conn *c)
{
	struct run *u = xalloc(sizeof(*u));

	u->r = r;
	memcpy(u->bhs, r->bhs, BHS_LEN);
	u->conn_id = c ? c->id : 0;
	u->timer.fn = run_timer;
	run_on(u);
}

static bool has_world(const struct rule *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_act; i++)
		if (r->act[i].kind >= ACT_WORLD)
			return true;
	return false;
}

/* ---- rules by the clock ---- */

static bool any_normal(void)
{
	struct conn *c;

	TAILQ_FOREACH(c, &all_conns, link)
		if (normal(c))
			return true;
	return false;
}

static void rule_timer(struct timer *t)
{
	struct rule *r = container_of(t, struct rule, timer);
	u64 ms = r->every_ms;

	if (!r->every_ms || any_normal()) {
		r->fired++;
		counters.faults++;
		logf_("scenario line %d", r->line);
		fault_run(r, NULL);
	}
	if (r->every_ms && r->fired < r->times) {
		if (r->jitter_ms)
			ms += random64() % r->jitter_ms;
		timer_set(t, ms * 1000);
	}
}

void fault_start_timers(bool login)
{
	struct rule *r;

	TAILQ_FOREACH(r, &rules, link) {
		if (!r->timed || r->from_login != login)
			continue;
		r->timer.fn = rule_timer;
		timer_set(&r->timer, r->at_ms * 1000ull);
	}
}

void fault_ffp(struct conn *c)
{
	if (login_seen || c->sess->discovery)
		return;
	login_seen = true;
	fault_start_timers(true);
}

/* ---- rules by the PDU ---- */

static bool is_rx_cut(const struct rule *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_act; i++)
		if (r->rx && r->act[i].kind == ACT_CUT)
			return true;
	return false;
}

static bool rule_hits(struct rule *r, bool rx, struct conn *c,
		      const struct pdu *p)
{
	unsigned int i;

	if (r->timed || r->counter || (!r->any_dir && r->rx != rx))
		return false;
	if (r->opcode >= 0 && r->opcode != pdu_op(p))
		return false;
	if (r->after_rule && !r->after_rule->fired)
		return false;
	for (i = 0; i < r->nr_cond; i++)
		if (!cond_true(&r->cond[i], c, p))
			return false;
	r->matched++;
	if (r->expect || r->fired >= r->times)
		return false;
	if ((r->nth && r->matched != r->nth) ||
	    (r->from && r->matched < r->from) ||
	    (r->every && r->matched % r->every))
		return false;
	if (r->prob < 1 && scenario_random() >= r->prob)
		return false;
	r->fired++;
	memcpy(r->bhs, p->bhs, BHS_LEN);
	counters.faults++;
	log_pdu(c, rx ? "<" : ">", p, "a rule of the scenario");
	logf_("scenario line %d", r->line);
	return true;
}

static void held_timer(struct timer *t)
{
	struct held *h = container_of(t, struct held, timer);
	struct conn *c = conn_by_id(h->conn_id);

	TAILQ_REMOVE(&held_back, h, link);
	if (c && c->watch.fd >= 0) {
		if (h->rx) {
			conn_rx_pdu(c, h->p);
			h->p = NULL;
		} else {
			log_pdu(c, ">", h->p, "held back until now");
			judge_tx(c, h->p, true);
			conn_queue_bytes(c, h->p, 0, NULL);
		}
	}
	pdu_free(h->p);
	free(h);
}

static void hold(struct conn *c, const struct pdu *p, bool rx, u64 ms)
{
	struct held *h = xalloc(sizeof(*h));

	h->conn_id = c->id;
	h->rx = rx;
	h->p = pdu_clone(p);
	h->timer.fn = held_timer;
	TAILQ_INSERT_TAIL(&held_back, h, link);
	timer_set(&h->timer, ms * 1000);
}

static void plan_for(struct conn *c, const struct pdu *p,
		     const struct action *a)
{
	struct plan *n = xalloc(sizeof(*n));

	n->s = c->sess;
	n->itt = pdu_itt(p);
	n->a = a;
	TAILQ_INSERT_TAIL(&plans, n, link);
}

static void respond(struct conn *c, const struct pdu *p,
		    const struct action *a)
{
	struct pdu *r;

	conn_ack_by(c, p);
	c->tmf_fn[pdu_itt(p) % ARRAY_SIZE(c->tmf_fn)] = p->bhs[1] & 0x7f;
	c->tmf_rtt[pdu_itt(p) % ARRAY_SIZE(c->tmf_rtt)] = get_be32(p->bhs + 20);
	if (pdu_op(p) == OP_TMF) {
		send_tmf_rsp(c, pdu_itt(p), a->n[0]);
		return;
	}
	r = pdu_new(OP_LOGOUT_RSP, FLAG_FINAL);
	r->bhs[2] = a->n[0];
	memcpy(r->bhs + 16, p->bhs + 16, 4);
	put_be16(r->bhs + 40, a->n[1]);
	put_be16(r->bhs + 42, a->n[2]);
	r->status = true;
	conn_send(c, r);
}

/* One rule's actions on a request. True: nobody else is to see it. */
static bool rx_actions(struct rule *r, struct conn *c, struct pdu *p)
{
	bool cmd = pdu_op(p) == OP_SCSI_CMD, gone = false;
	unsigned int i;

	for (i = 0; i < r->nr_act; i++) {
		const struct action *a = &r->act[i];

		switch (a->kind) {
		case ACT_DROP:
			gone = true;
			break;
		case ACT_HOLD:
			hold(c, p, true, a->n[0]);
			gone = true;
			break;
		case ACT_DELAY:
			hold(c, p, true, a->n[0]);
			c->rx_not_before = now_us() + a->n[0] * 1000 + 1;
			gone = true;
			break;
		case ACT_DDIGEST:
			p->bad_ddigest = true;
			break;
		case ACT_HDIGEST:
			conn_lost(c, "header digest error (scenario)");
			gone = true;
			break;
		case ACT_SET:
			field_set(&a->f, p, a->add ? field_get(&a->f, c, p) +
				  a->n[0] : a->n[0]);
			break;
		case ACT_REJECT:
			if (a->n[0] != REJ_DATA_DIGEST)
				conn_ack_by(c, p);
			send_reject(c, p, a->n[0]);
			gone = true;
			break;
		case ACT_LOGIN:
			c->forced_status = a->n[0];
			break;
		case ACT_REDIRECT:
			if (!c->forced_status)
				c->forced_status = 0x0101;
			snprintf(c->forced_redirect,
				 sizeof(c->forced_redirect), "%s", a->text);
			break;
		case ACT_RESPOND:
			if (!cmd) {
				respond(c, p, a);
				gone = true;
				break;
			}
			plan_for(c, p, a);
			break;
		case ACT_STATUS:
		case ACT_CHECK:
		case ACT_STALL:
		case ACT_NOREPLY:
			if (cmd)
				plan_for(c, p, a);
			break;
		default:
			break;
		}
	}
	return gone;
}

/* What is only counted is counted whatever the faults do. */
static void count_expected(struct conn *c, const struct pdu *p, bool rx)
{
	struct rule *r;

	TAILQ_FOREACH(r, &rules, link)
		if (r->expect)
			rule_hits(r, rx, c, p);
}

bool fault_rx(struct conn *c, struct pdu *p)
{
	unsigned int id = c->id;
	bool gone = false;
	struct rule *r;

	inject_seen(p);
	count_expected(c, p, true);
	TAILQ_FOREACH(r, &rules, link) {
		if (r->expect || is_rx_cut(r) || !rule_hits(r, true, c, p))
			continue;
		if (r->before && has_world(r))
			fault_run(r, c);
		if (c->watch.fd < 0)
			return true;
		if (rx_actions(r, c, p))
			gone = true;
		if (c->watch.fd < 0)
			return true;
		if (!r->before && has_world(r)) {
			/* Process it first, then act. */
			if (!gone)
				conn_rx_pdu(c, pdu_clone(p));
			gone = true;
			if (conn_by_id(id) == c && c->watch.fd >= 0)
				conn_drain_then(c, r);
			else
				fault_run(r, NULL);
		}
	}
	return gone;
}

long fault_rx_cut(struct conn *c, const u8 *bhs, struct rule **out)
{
	struct pdu head = { 0 };
	struct rule *r;
	unsigned int i;

	memcpy(head.bhs, bhs, BHS_LEN);
	head.len = get_be24(bhs + 5);
	TAILQ_FOREACH(r, &rules, link) {
		if (!is_rx_cut(r) || !rule_hits(r, true, c, &head))
			continue;
		*out = r;
		for (i = 0; i < r->nr_act; i++)
			if (r->act[i].kind == ACT_CUT)
				return r->act[i].n[0];
	}
	return -1;
}

bool fault_login(struct conn *c, int *status, char *redirect, size_t n)
{
	if (!c->forced_status)
		return false;
	*status = c->forced_status;
	snprintf(redirect, n, "%s", c->forced_redirect);
	return false;
}

/* True: the scenario decides when and how this command ends. */
bool fault_execute(struct task *t)
{
	struct plan *n, *next;
	bool mine = false;

	for (n = TAILQ_FIRST(&plans); n; n = next) {
		const struct action *a = n->a;

		next = TAILQ_NEXT(n, link);
		if (n->s != t->sess || n->itt != t->itt)
			continue;
		TAILQ_REMOVE(&plans, n, link);
		free(n);
		switch (a->kind) {
		case ACT_STALL:
			timer_set(&t->exec_timer, a->n[0] * 1000);
			mine = true;
			break;
		case ACT_NOREPLY:
			t->noreply = true;
			break;
		case ACT_STATUS:
			t->status = a->n[0];
			task_complete(t);
			return true;
		case ACT_CHECK:
			scsi_sense(t, a->n[0], a->n[1], a->n[2]);
			task_complete(t);
			return true;
		case ACT_RESPOND:
			t->response = a->n[0];
			task_complete(t);
			return true;
		default:
			break;
		}
	}
	return mine;
}

/* As if it belonged to another connection, with the numbers of that one. */
static void elsewhere(struct conn *c, const struct pdu *p,
		      const struct action *a)
{
	struct action who = *a;
	struct conn *o;

	if (who.who == WHO_SELF)
		who.who = WHO_OTHER;
	if (pick(&who, c->id, &o, 1))
		conn_send(o, pdu_clone(p));
}

#define MAX_APPENDED	16

struct fate {
	bool drop, swap, broken, ghost, late, glue;
	u64 hold_ms, delay_ms;
	unsigned int copies;
	struct rule *then;
	const struct action *append[MAX_APPENDED];
	unsigned int nr_append;
};

static void tx_actions(struct rule *r, struct conn *c, struct pdu *p,
		       struct fate *f)
{
	unsigned int i;

	for (i = 0; i < r->nr_act; i++) {
		const struct action *a = &r->act[i];

		switch (a->kind) {
		case ACT_DROP:
			f->drop = true;
			break;
		case ACT_DUP:
			f->copies += a->nr ? a->n[0] : 1;
			break;
		case ACT_GHOST:
			f->ghost = true;
			break;
		case ACT_DELAY:
			f->delay_ms = a->n[0];
			break;
		case ACT_HOLD:
			f->hold_ms = a->n[0];
			break;
		case ACT_SWAP:
			f->swap = true;
			break;
		case ACT_HDIGEST:
			p->break_hdigest = true;
			f->broken = true;
			break;
		case ACT_DDIGEST:
			p->break_ddigest = true;
			f->broken = true;
			break;
		case ACT_CUT:
			p->cut = a->n[0];
			f->broken = true;
			break;
		case ACT_SET:
			field_set(&a->f, p, a->add ? field_get(&a->f, c, p) +
				  a->n[0] : a->n[0]);
			break;
		case ACT_KEYTEXT:
			inject_keytext(p, a);
			break;
		case ACT_DATA_ZERO:
			pdu_set_data(p, NULL, 0);
			break;
		case ACT_DATA:
			inject_zeros(p, a->n[0]);
			break;
		case ACT_LATE:
			f->late = true;
			break;
		case ACT_EXTRA:
		case ACT_INJECT:
			inject_by(a, c, p);
			break;
		case ACT_APPEND:
			if (f->nr_append < MAX_APPENDED)
				f->append[f->nr_append++] = a;
			break;
		case ACT_GLUE:
			f->glue = true;
			break;
		case ACT_DRIP:
			p->drip = a->n[0];
			p->drip_ms = a->n[1];
			break;
		case ACT_ELSEWHERE:
			elsewhere(c, p, a);
			f->drop = true;
			break;
		default:
			break;
		}
	}
}

/* What goes behind the PDU, and then what is to happen. */
static void tx_rest(struct conn *c, const struct pdu *p, const struct fate *f,
		    struct txbuf *last)
{
	unsigned int i;

	for (i = 0; i < f->nr_append; i++)
		inject_by(f->append[i], c, p);
	if (f->glue)
		conn_glue(c, last);
	if (f->then)
		conn_drain_then(c, f->then);
}

/* True: the PDU has been dealt with here. */
bool fault_tx(struct conn *c, struct pdu *p)
{
	struct txbuf *last = TAILQ_LAST(&c->txq, txbuf_list);
	struct fate f = { 0 };
	bool hit = false;
	struct rule *r;

	count_expected(c, p, false);
	TAILQ_FOREACH(r, &rules, link) {
		if (r->expect || !rule_hits(r, false, c, p))
			continue;
		hit = true;
		if (r->before && has_world(r)) {
			fault_run(r, c);
			if (c->watch.fd < 0)
				return true;
		}
		tx_actions(r, c, p, &f);
		if (!r->before && has_world(r))
			f.then = r;
	}
	if (!hit)
		return false;
	if (f.drop) {
		judge_tx(c, p, false);
		tx_rest(c, p, &f, last);
		return true;
	}
	if (f.hold_ms) {
		hold(c, p, false, f.hold_ms);
		if (f.then)
			conn_drain_then(c, f.then);
		return true;
	}
	if (f.swap && !c->swapped) {
		c->swapped = pdu_clone(p);
		return true;
	}
	log_pdu(c, ">", p, f.broken ? "broken" : f.delay_ms ? "delayed" : NULL);
	judge_tx(c, p, !f.broken);
	for (; f.copies; f.copies--)
		conn_queue_bytes(c, p, f.delay_ms * 1000, NULL);
	conn_queue_bytes(c, p, f.delay_ms * 1000, NULL);
	if (f.late)
		inject_late_status(c, p);
	if (f.ghost) {
		u32 i;

		for (i = 0; i < p->len; i++)
			p->data[i] ^= 0xff;
		conn_queue_bytes(c, p, f.delay_ms * 1000, NULL);
	}
	tx_rest(c, p, &f, last);
	fault_sent(c);
	return true;
}

/* A PDU has gone out: one that was to be overtaken may follow. */
void fault_sent(struct conn *c)
{
	struct pdu *p = c->swapped;

	if (!p)
		return;
	c->swapped = NULL;
	log_pdu(c, ">", p, "overtaken");
	judge_tx(c, p, true);
	conn_queue_bytes(c, p, 0, NULL);
	pdu_free(p);
}
