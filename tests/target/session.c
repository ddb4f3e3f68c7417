// SPDX-License-Identifier: GPL-2.0
/* Sessions: who is connected, and CmdSN order across connections (4.2.2.1). */
#include <stdlib.h>

#include "target.h"

struct session_list sessions = TAILQ_HEAD_INITIALIZER(sessions);
static struct session_list dead = TAILQ_HEAD_INITIALIZER(dead);
struct counters counters;

struct session *session_find(const char *iname, const u8 *isid)
{
	struct session *s;

	TAILQ_FOREACH(s, &sessions, link)
		if (!s->discovery && !strcmp(s->iname, iname) &&
		    !memcmp(s->isid, isid, 6))
			return s;
	return NULL;
}

struct session *session_by_tsih(const char *iname, const u8 *isid, u16 tsih)
{
	struct session *s = session_find(iname, isid);

	return s && s->tsih == tsih ? s : NULL;
}

static void session_reap(void)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&dead))) {
		TAILQ_REMOVE(&dead, s, link);
		judge_session_free(s);
		free(s);
	}
}

struct session *session_new(const char *iname, const u8 *isid)
{
	static u16 next_tsih;
	static bool hooked;
	struct session *s = xalloc(sizeof(*s));
	int i;

	if (!hooked)
		loop_at_idle(session_reap);
	hooked = true;
	snprintf(s->iname, sizeof(s->iname), "%s", iname);
	memcpy(s->isid, isid, 6);
	if (!++next_tsih)
		next_tsih = 1;
	s->tsih = set.tsih ? set.tsih : next_tsih;
	s->next_ttt = 0x51000000;
	TAILQ_INIT(&s->conns);
	TAILQ_INIT(&s->pending);
	for (i = 0; i < TASK_HASH; i++)
		TAILQ_INIT(&s->hash[i]);
	TAILQ_INSERT_TAIL(&sessions, s, link);
	return s;
}

void session_destroy(struct session *s, const char *why)
{
	struct conn *c;
	struct task *t;
	int i;

	if (s->dead)
		return;
	s->dead = true;
	logf_("session %u ends: %s", s->tsih, why);
	judge_session_end(s, why);
	tmf_forget(s, NULL);
	pr_session_gone(s);
	for (i = 0; i < MAX_LUNS; i++)
		if (luns[i] && luns[i]->reserved == s)
			luns[i]->reserved = NULL;
	while ((t = TAILQ_FIRST(&s->pending))) {
		if (t->opcode == OP_SCSI_CMD) {
			task_free(t);
			continue;
		}
		TAILQ_REMOVE(&s->pending, t, plink);
		pdu_free(t->req);
		free(t);
	}
	for (i = 0; i < TASK_HASH; i++)
		while ((t = TAILQ_FIRST(&s->hash[i])))
			task_free(t);
	while ((c = TAILQ_FIRST(&s->conns)))
		conn_free_later(c);
	TAILQ_REMOVE(&sessions, s, link);
	TAILQ_INSERT_TAIL(&dead, s, link);
}

struct conn *session_conn(struct session *s, u16 cid)
{
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns, slink)
		if (c->cid == cid && c->state != CONN_RECOVERED)
			return c;
	return NULL;
}

struct conn *session_any_live(struct session *s, const struct conn *not)
{
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns, slink)
		if (c != not && conn_live(c))
			return c;
	return NULL;
}

/* Connections that count against MaxConnections (13.2). */
unsigned int session_count(struct session *s)
{
	unsigned int n = 0;
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns, slink)
		if (c->state != CONN_RECOVERED && c->state != CONN_FREE)
			n++;
	return n;
}

void session_window(struct session *s)
{
	u32 max = s->exp_cmdsn + set.window - 1;

	/* MaxCmdSN is never taken back (4.2.2.1). */
	if (!s->normal_up || sn_lt(s->max_cmdsn, max))
		s->max_cmdsn = max;
}

u32 session_ttt(struct session *s)
{
	if (++s->next_ttt == RSVD_TAG)
		s->next_ttt = 1;
	return s->next_ttt;
}

void session_ua(struct session *s, unsigned int lun, u8 key, u8 asc, u8 ascq)
{
	unsigned int i;

	for (i = 0; i < s->nr_ua[lun]; i++)
		if (s->ua[lun][i].asc == asc && s->ua[lun][i].ascq == ascq)
			return;
	if (s->nr_ua[lun] == ARRAY_SIZE(s->ua[lun]))
		return;
	s->ua[lun][s->nr_ua[lun]++] = (struct ua){ key, asc, ascq };
}

static void duplicate(struct conn *c, const struct pdu *p)
{
	counters.duplicates++;
	logf_("#%u cid %u %s itt=%x CmdSN=%x came before, ignored", c->id, c->cid,
	      pdu_op_name(p->bhs[0]), pdu_itt(p), pdu_cmdsn(p));
}

/* A request whose turn it is, or an immediate one. Takes the PDU. */
static void dispatch(struct conn *c, struct pdu *p)
{
	switch (pdu_op(p)) {
	case OP_TMF:
		tmf_rx(c, p);
		break;
	case OP_NOP_OUT:
		nop_rx(c, p);
		break;
	case OP_TEXT:
		text_rx(c, p);
		break;
	case OP_LOGOUT:
		logout_rx(c, p);
		break;
	default:
		send_reject(c, p, REJ_UNSUPPORTED);
	}
	pdu_free(p);
}

static void deliver(struct task *t)
{
	struct conn *c = t->conn;

	TAILQ_REMOVE(&t->sess->pending, t, plink);
	t->sess->exp_cmdsn++;
	if (t->opcode == OP_SCSI_CMD) {
		task_deliver(t);
		return;
	}
	if (c && conn_live(c))
		dispatch(c, t->req);
	else
		pdu_free(t->req);
	free(t);
}

/* Deliver what has become consecutive. */
void session_drain(struct session *s)
{
	struct task *t;

	while (!s->dead && (t = TAILQ_FIRST(&s->pending)) &&
	       t->cmdsn == s->exp_cmdsn)
		deliver(t);
	if (!s->dead)
		tmf_poll(s);
}

static void queue_in_order(struct session *s, struct task *n)
{
	struct task *t;

	TAILQ_FOREACH(t, &s->pending, plink) {
		if (sn_lt(n->cmdsn, t->cmdsn)) {
			TAILQ_INSERT_BEFORE(t, n, plink);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&s->pending, n, plink);
}

static bool already_waiting(struct session *s, u32 cmdsn)
{
	struct task *t;

	TAILQ_FOREACH(t, &s->pending, plink)
		if (t->cmdsn == cmdsn)
			return true;
	return false;
}

static void rx_request(struct conn *c, struct pdu *p)
{
	struct session *s = c->sess;
	u32 sn = pdu_cmdsn(p);
	struct task *t;

	/* Execution state is looked up by tag before anything else. */
	if (pdu_op(p) == OP_SCSI_CMD && task_find(s, pdu_itt(p))) {
		duplicate(c, p);
		pdu_free(p);
		return;
	}
	if (pdu_imm(p)) {
		if (pdu_op(p) == OP_SCSI_CMD) {
			t = task_new(c, p);
			if (t)
				task_deliver(t);
			return;
		}
		dispatch(c, p);
		return;
	}
	session_window(s);
	if (sn_lt(sn, s->exp_cmdsn) || sn_lt(s->max_cmdsn, sn) ||
	    already_waiting(s, sn)) {
		duplicate(c, p);
		pdu_free(p);
		return;
	}
	if (pdu_op(p) == OP_SCSI_CMD) {
		t = task_new(c, p);
		if (!t)
			return;
	} else {
		t = xalloc(sizeof(*t));
		t->sess = s;
		t->conn = c;
		t->opcode = pdu_op(p);
		t->cmdsn = sn;
		t->itt = pdu_itt(p);
		t->req = p;
	}
	queue_in_order(s, t);
	session_drain(s);
}

void session_rx(struct conn *c, struct pdu *p)
{
	u8 op = pdu_op(p);

	if (p->bad_ddigest) {
		/*
		 * 7.8: the header of such a PDU is void too. A Reject tells
		 * the initiator; lost Data-Out is asked for again by an R2T.
		 */
		counters.digest_errors++;
		send_reject(c, p, REJ_DATA_DIGEST);
		pdu_free(p);
		return;
	}
	conn_ack_by(c, p);
	switch (op) {
	case OP_DATA_OUT:
		task_rx_data_out(c, p);
		pdu_free(p);
		break;
	case OP_SNACK:
		snack_rx(c, p);
		pdu_free(p);
		break;
	case OP_NOP_OUT:
	case OP_SCSI_CMD:
	case OP_TMF:
	case OP_TEXT:
	case OP_LOGOUT:
		rx_request(c, p);
		break;
	case OP_LOGIN:
	default:
		send_reject(c, p, op == OP_LOGIN ? REJ_PROTOCOL :
			    REJ_UNSUPPORTED);
		pdu_free(p);
	}
	if (c->sess && !c->sess->dead)
		tmf_poll(c->sess);
}
