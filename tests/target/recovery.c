// SPDX-License-Identifier: GPL-2.0
/*
 * Losing a connection and what follows (RFC 7143 7.1.4.3, 7.2, 7.5, 8.2,
 * 11.14, App E.1): cleanup state, retention, explicit and implicit logout,
 * TASK REASSIGN.
 */
#include <stdlib.h>

#include "target.h"

static bool retains(const struct session *s)
{
	return s->p.v[K_ERL] >= 2;
}

/* Tasks of a connection, by allegiance now or before its logout. */
static bool belongs(const struct task *t, const struct conn *c)
{
	return t->conn == c || (!t->conn && t->old == c);
}

/* Tasks that end without a status; the next command is told (7.6). */
static void end_tasks(struct conn *old, const char *why)
{
	struct session *s = old->sess;
	struct task *t, *next;
	unsigned int i, n = 0;

	for (i = 0; i < TASK_HASH; i++) {
		for (t = TAILQ_FIRST(&s->hash[i]); t; t = next) {
			next = TAILQ_NEXT(t, link);
			if (!belongs(t, old))
				continue;
			if (set.ua && t->lun < MAX_LUNS && luns[t->lun])
				session_ua(s, t->lun, 6, 0x47, 0x7f);
			task_free(t);
			n++;
		}
	}
	counters.expired_tasks += n;
	if (n)
		logf_("cid %u: %u tasks ended, %s", old->cid, n, why);
}

/* Requests not yet acknowledged by ExpCmdSN are dropped at logout (11.14). */
static void drop_waiting(struct conn *old)
{
	struct session *s = old->sess;
	struct task *t, *next;

	for (t = TAILQ_FIRST(&s->pending); t; t = next) {
		next = TAILQ_NEXT(t, plink);
		if (t->conn != old)
			continue;
		logf_("cid %u: waiting %s CmdSN=%x dropped", old->cid,
		      pdu_op_name(t->opcode), t->cmdsn);
		if (t->opcode == OP_SCSI_CMD) {
			task_free(t);
			continue;
		}
		TAILQ_REMOVE(&s->pending, t, plink);
		pdu_free(t->req);
		free(t);
	}
}

void recovery_drop(struct conn *old, const char *why)
{
	struct session *s = old->sess;

	drop_waiting(old);
	end_tasks(old, why);
	conn_free_later(old);
	if (TAILQ_EMPTY(&s->conns))
		session_destroy(s, why);
}

static void retention_over(struct timer *tm)
{
	struct conn *c = container_of(tm, struct conn, cleanup);

	logf_("cid %u: retention is over (state %s)", c->cid,
	      conn_state_name(c->state));
	recovery_drop(c, "Time2Retain is over");
}

static void logout_over(struct timer *tm)
{
	struct conn *c = container_of(tm, struct conn, cleanup);

	if (c->watch.fd >= 0)
		judge(c, "11.14", "no close within 5 s after the Logout Response");
	conn_close(c, false);
	recovery_drop(c, "logout");
}

static void retain(struct conn *c, u32 seconds)
{
	c->cleanup.fn = retention_over;
	timer_set(&c->cleanup, seconds * 1000000ull +
		  set.retain_extra * 1000ull);
}

static void announce(struct conn *c)
{
	struct session *s = c->sess;
	struct conn *o = session_any_live(s, c);

	if (!o || !set.async2)
		return;
	counters.async2++;
	send_async(o, 2, 0, c->cid, s->p.v[K_TIME2WAIT],
		   s->p.v[K_TIME2RETAIN], -1);
}

static void suspend_tasks(struct conn *c)
{
	struct session *s = c->sess;
	struct task *t, *next;
	unsigned int i;

	for (i = 0; i < TASK_HASH; i++) {
		for (t = TAILQ_FIRST(&s->hash[i]); t; t = next) {
			next = TAILQ_NEXT(t, link);
			if (t->conn != c)
				continue;
			/* 7.14: immediate commands cannot be recovered */
			if (t->imm || t->aborted)
				task_free(t);
			else
				task_suspend(t);
		}
	}
}

/* The TCP connection is gone, or has to go. */
void conn_lost(struct conn *c, const char *why)
{
	struct session *s = c->sess;
	enum conn_state was = c->state;

	if (c->state == CONN_CLEANUP || c->state == CONN_RECOVERED ||
	    c->state == CONN_FREE)
		return;
	conn_close(c, false);
	if (was == CONN_LOGIN || !s)
		return;
	if (was == CONN_LOGOUT) {
		timer_stop(&c->cleanup);
		recovery_drop(c, "logout");
		return;
	}
	logf_("#%u cid %u lost: %s", c->id, c->cid, why);
	judge_conn_lost(c);
	c->state = CONN_CLEANUP;
	c->since = now_us();
	tmf_forget(s, c);
	if (s->discovery) {
		session_destroy(s, "discovery connection lost");
		return;
	}
	suspend_tasks(c);
	if (!retains(s)) {
		/* Below level 2 the tasks cannot come back (6.3.4). */
		drop_waiting(c);
		end_tasks(c, "connection lost below ERL 2");
	}
	retain(c, s->p.v[K_TIME2WAIT] + s->p.v[K_TIME2RETAIN]);
	if (retains(s) && !s->p.v[K_TIME2RETAIN])
		recovery_drop(c, "DefaultTime2Retain is 0");
	if (!s->dead)
		announce(c);
}

/*
 * Recovery logout, explicit or by a login with the same CID: exp_statsn is the
 * lost connection's and settles statuses; the rest may be reassigned.
 */
void recovery_logout(struct conn *old, u32 exp_statsn)
{
	struct session *s = old->sess;
	struct task *t;
	unsigned int i, n = 0;

	conn_ack(old, exp_statsn);
	drop_waiting(old);
	if (!retains(s)) {
		recovery_drop(old, "logout below ERL 2");
		return;
	}
	for (i = 0; i < TASK_HASH; i++) {
		TAILQ_FOREACH(t, &s->hash[i], link) {
			if (t->conn != old)
				continue;
			t->conn = NULL;
			t->old = old;
			n++;
		}
	}
	old->state = CONN_RECOVERED;
	counters.recovered++;
	logf_("cid %u logged out for recovery, ExpStatSN=%x, %u tasks wait",
	      old->cid, exp_statsn, n);
	if (!n)
		conn_free_later(old);
}

/* ---- TASK REASSIGN (11.5.1, 7.2.2) ---- */

/* The data acknowledgment reference, if the value can be one (11.5.6). */
static void set_reference(struct task *t, u32 exp_datasn)
{
	if (!t->rd || !exp_datasn)
		return;
	if (exp_datasn < t->ref || exp_datasn > t->nr_din) {
		logf_("itt=%x: ExpDataSN %u ignored (%u..%u)", t->itt,
		      exp_datasn, t->ref, t->nr_din);
		return;
	}
	t->ref = exp_datasn;
}

u8 task_reassign(struct conn *c, u32 rtt, u32 exp_datasn, struct task **out)
{
	struct session *s = c->sess;
	struct conn *old;
	struct task *t;

	*out = NULL;
	if (!retains(s))
		return TMF_NO_REASSIGN;
	t = task_find(s, rtt);
	if (!t || t->state == TASK_WAIT)
		return TMF_NO_TASK;
	if (t->conn)
		return TMF_STILL_ALLEGIANT;
	old = t->old;
	t->conn = c;
	t->old = NULL;
	t->has_statsn = false;
	t->snack_tag = 0;
	t->reassigned++;
	set_reference(t, exp_datasn);
	*out = t;
	if (old) {
		bool more = false;
		unsigned int i;

		for (i = 0; i < TASK_HASH && !more; i++)
			TAILQ_FOREACH(t, &s->hash[i], link)
				if (t->old == old)
					more = true;
		if (!more)
			conn_free_later(old);
	}
	return TMF_COMPLETE;
}

/* ---- Logout (11.14, 11.15) ---- */

static void logout_respond(struct conn *c, const struct pdu *req, u8 response,
			   bool times)
{
	struct pdu *p = pdu_new(OP_LOGOUT_RSP, FLAG_FINAL);
	struct session *s = c->sess;

	p->bhs[2] = response;
	memcpy(p->bhs + 16, req->bhs + 16, 4);
	if (times) {
		put_be16(p->bhs + 40, set.logout_time2wait);
		put_be16(p->bhs + 42, set.logout_time2retain == 0xffffffff ?
			 s->p.v[K_TIME2RETAIN] : set.logout_time2retain);
	}
	p->status = true;
	conn_send(c, p);
}

static void logout_session(struct conn *c, const struct pdu *p)
{
	struct session *s = c->sess;
	struct conn *o, *next;

	logout_respond(c, p, 0, false);
	if (s->dead)
		return;
	for (o = TAILQ_FIRST(&s->conns); o; o = next) {
		next = TAILQ_NEXT(o, slink);
		if (o == c)
			continue;
		drop_waiting(o);
		end_tasks(o, "session logout");
		conn_free_later(o);
	}
	end_tasks(c, "session logout");
	if (c->state != CONN_FFP)
		return;
	c->state = CONN_LOGOUT;
	c->logged_out = now_us();
	c->cleanup.fn = logout_over;
	timer_set(&c->cleanup, 5000000);
}

/* The connection logs itself out: reason 1 ends its tasks, 2 keeps them. */
static void logout_self(struct conn *c, const struct pdu *p, bool recover)
{
	struct session *s = c->sess;
	struct conn *heir;
	struct task *t, *next;
	unsigned int i, n = 0;

	suspend_tasks(c);
	drop_waiting(c);
	tmf_forget(s, c);
	logout_respond(c, p, 0, recover);
	if (s->dead || c->state != CONN_FFP)
		return;
	c->state = CONN_LOGOUT;
	c->logged_out = now_us();
	c->cleanup.fn = logout_over;
	timer_set(&c->cleanup, 5000000);
	if (!recover) {
		end_tasks(c, "connection logout");
		return;
	}
	conn_ack(c, pdu_expstatsn(p));
	/* A stand-in keeps the tasks while this socket is being closed. */
	heir = xalloc(sizeof(*heir));
	heir->watch.fd = -1;
	heir->sess = s;
	heir->cid = c->cid;
	heir->id = c->id;
	heir->inst = c->inst;
	heir->since = now_us();
	heir->state = CONN_RECOVERED;
	heir->exp_statsn = c->exp_statsn;
	TAILQ_INIT(&heir->txq);
	TAILQ_INIT(&heir->unacked);
	TAILQ_INIT(&heir->sendq);
	TAILQ_INSERT_TAIL(&all_conns, heir, link);
	TAILQ_INSERT_TAIL(&s->conns, heir, slink);
	for (i = 0; i < TASK_HASH; i++) {
		for (t = TAILQ_FIRST(&s->hash[i]); t; t = next) {
			next = TAILQ_NEXT(t, link);
			if (t->conn != c)
				continue;
			t->conn = NULL;
			t->old = heir;
			n++;
		}
	}
	counters.recovered++;
	logf_("cid %u logs itself out for recovery, %u tasks wait", c->cid, n);
	retain(heir, set.logout_time2wait + s->p.v[K_TIME2RETAIN]);
	if (!n)
		conn_free_later(heir);
}

void logout_rx(struct conn *c, struct pdu *p)
{
	u8 reason = p->bhs[1] & 0x7f;
	struct session *s = c->sess;
	struct conn *old;

	if (reason < 3)
		counters.logouts[reason]++;
	if (reason > 2) {
		send_reject(c, p, REJ_FIELD);
		return;
	}
	if (reason == 0) {
		logout_session(c, p);
		return;
	}
	if (reason == 2 && !retains(s)) {
		logout_respond(c, p, 2, false);
		return;
	}
	old = session_conn(s, get_be16(p->bhs + 20));
	if (!old || old->state == CONN_LOGOUT) {
		logout_respond(c, p, 1, false);
		return;
	}
	if (old == c) {
		logout_self(c, p, reason == 2);
		return;
	}
	/* Another connection's: its TCP connection must be gone by now. */
	conn_lost(old, "logged out over another connection");
	if (s->dead)
		return;
	if (old->state == CONN_CLEANUP) {
		conn_ack(old, pdu_expstatsn(p));
		if (reason == 2) {
			retain(old, set.logout_time2wait +
			       s->p.v[K_TIME2RETAIN]);
			recovery_logout(old, pdu_expstatsn(p));
		} else {
			recovery_drop(old, "connection logout");
		}
	}
	logout_respond(c, p, 0, reason == 2);
	if (conn_live(c))
		session_drain(s);
}
