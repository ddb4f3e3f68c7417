// SPDX-License-Identifier: GPL-2.0
/*
 * The judge: reports, one line each, what the initiator does against RFC 7143.
 * It sees every PDU as it comes, before the scenario or the target act on it,
 * and those that leave as the initiator gets them. This file: the report, and
 * what holds for all PDUs; numbering. The rest is in judge_*.c.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "judge.h"

unsigned int judge_breaches;
static FILE *report;
static const char *allowed[64];
static unsigned int nr_allowed;
static bool finished;

void judge_open(const char *path)
{
	report = fopen(path, "w");
	if (!report)
		die("%s: %m", path);
	setvbuf(report, NULL, _IOLBF, 0);
}

void judge_allow(const char *text)
{
	char *end = (char *)text + strlen(text);

	while (end > text && (end[-1] == '\n' || end[-1] == ' '))
		*--end = 0;
	if (nr_allowed < ARRAY_SIZE(allowed))
		allowed[nr_allowed++] = text;
}

void judge(const struct conn *c, const char *section, const char *fmt, ...)
{
	char text[600];
	unsigned int i;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < nr_allowed; i++) {
		if (strstr(text, allowed[i])) {
			logf_("allowed here: %s: %s", section, text);
			return;
		}
	}
	judge_breaches++;
	if (c)
		logf_("JUDGE: RFC 7143 %s: %s (#%u cid %u)", section, text,
		      c->id, c->cid);
	else
		logf_("JUDGE: %s: %s", section, text);
	if (!report)
		return;
	if (c)
		fprintf(report, "JUDGE: RFC 7143 %s: %s (connection %u, cid %u)\n",
			section, text, c->id, c->cid);
	else
		fprintf(report, "JUDGE: %s: %s\n", section, text);
}

/* ---- memory ---- */

void judge_conn_new(struct conn *c)
{
	c->j = xalloc(sizeof(*c->j));
	c->j->stage = -1;
}

void judge_conn_free(struct conn *c)
{
	free(c->j);
	c->j = NULL;
}

struct judge_session *judge_sess(struct session *s)
{
	if (!s->j)
		s->j = xalloc(sizeof(*s->j));
	return s->j;
}

void judge_session_free(struct session *s)
{
	free(s->j);
	s->j = NULL;
}

struct judge_task *judge_task(struct task *t)
{
	if (!t->j)
		t->j = xalloc(sizeof(*t->j));
	return t->j;
}

/* ---- numbers ---- */

/* The highest ExpStatSN that the initiator can know of. */
static u32 exp_statsn_bound(const struct judge_conn *j)
{
	u32 bound = j->next_statsn;
	unsigned int i;

	for (i = 0; i < j->nr_lost; i++)
		if (sn_lt(j->lost[i], bound))
			bound = j->lost[i];
	return bound;
}

static void check_expstatsn(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;
	u32 v = pdu_expstatsn(p), bound = exp_statsn_bound(j);
	unsigned int i;

	if (j->any_expstatsn && sn_lt(v, j->exp_statsn))
		judge(c, "4.2.2.2", "%s: ExpStatSN goes back from %x to %x",
		      pdu_op_name(p->bhs[0]), j->exp_statsn, v);
	if (sn_lt(j->next_statsn, v))
		judge(c, "4.2.2.2", "%s: ExpStatSN %x, but only %x were sent",
		      pdu_op_name(p->bhs[0]), v, j->next_statsn);
	else if (sn_lt(bound, v))
		judge(c, "7.9",
		      "%s: ExpStatSN %x acknowledges StatSN %x that was lost",
		      pdu_op_name(p->bhs[0]), v, bound);
	if (j->data_lost && v != j->exp_statsn)
		judge_data_acked(c, v);
	j->any_expstatsn = true;
	j->exp_statsn = v;
	for (i = 0; i < ARRAY_SIZE(j->proof); i++) {
		struct judge_session *js = c->sess->j;

		if (!j->proof[i].exp_cmdsn || !sn_lt(j->proof[i].statsn, v))
			continue;
		if (!js->exp_any ||
		    sn_lt(js->exp_certain, j->proof[i].exp_cmdsn))
			js->exp_certain = j->proof[i].exp_cmdsn;
		js->exp_any = true;
		j->proof[i].exp_cmdsn = 0;
	}
}

/* Bits that must be 0 in each request (11, "reserved"). */
static void check_reserved(struct conn *c, const struct pdu *p)
{
	static const struct {
		u8 op, byte, n, mask;
	} zero[] = {
		{ OP_NOP_OUT, 0, 1, 0x80 }, { OP_NOP_OUT, 1, 1, 0x7f },
		{ OP_NOP_OUT, 2, 3, 0xff }, { OP_NOP_OUT, 32, 16, 0xff },
		{ OP_SCSI_CMD, 0, 1, 0x80 }, { OP_SCSI_CMD, 1, 1, 0x18 },
		{ OP_SCSI_CMD, 3, 1, 0xff },
		{ OP_TMF, 0, 1, 0x80 }, { OP_TMF, 2, 6, 0xff },
		{ OP_TMF, 40, 8, 0xff },
		{ OP_LOGIN, 0, 1, 0x80 }, { OP_LOGIN, 1, 1, 0x30 },
		{ OP_LOGIN, 4, 1, 0xff }, { OP_LOGIN, 22, 2, 0xff },
		{ OP_LOGIN, 32, 16, 0xff },
		{ OP_TEXT, 0, 1, 0x80 }, { OP_TEXT, 1, 1, 0x3f },
		{ OP_TEXT, 2, 3, 0xff }, { OP_TEXT, 32, 16, 0xff },
		{ OP_DATA_OUT, 0, 1, 0xc0 }, { OP_DATA_OUT, 1, 1, 0x7f },
		{ OP_DATA_OUT, 2, 3, 0xff }, { OP_DATA_OUT, 24, 4, 0xff },
		{ OP_DATA_OUT, 32, 4, 0xff }, { OP_DATA_OUT, 44, 4, 0xff },
		{ OP_LOGOUT, 0, 1, 0x80 }, { OP_LOGOUT, 2, 14, 0xff },
		{ OP_LOGOUT, 22, 2, 0xff }, { OP_LOGOUT, 32, 16, 0xff },
		{ OP_SNACK, 0, 1, 0xc0 }, { OP_SNACK, 2, 6, 0xff },
		{ OP_SNACK, 24, 4, 0xff }, { OP_SNACK, 32, 8, 0xff },
	};
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(zero); i++) {
		if (zero[i].op != pdu_op(p))
			continue;
		for (k = 0; k < zero[i].n; k++) {
			u8 v = p->bhs[zero[i].byte + k] & zero[i].mask;

			if (v)
				judge(c, "11", "%s: reserved bits %02x in byte %u",
				      pdu_op_name(p->bhs[0]), v,
				      zero[i].byte + k);
		}
	}
	if (pdu_op(p) != OP_SCSI_CMD && pdu_op(p) != OP_LOGIN &&
	    pdu_op(p) != OP_TEXT && !(p->bhs[1] & 0x80) &&
	    pdu_op(p) != OP_DATA_OUT)
		judge(c, "11", "%s: bit 7 of byte 1 is 0",
		      pdu_op_name(p->bhs[0]));
	/* RFC 7144 5.1.1: PRI only at protocol level 2 */
	if (pdu_op(p) == OP_SCSI_CMD && p->bhs[2] & 0x0f)
		judge(c, "11.3", "ScsiCmd: reserved bits in byte 2");
	if (pdu_op(p) == OP_SCSI_CMD && p->bhs[2] & 0xf0 && c->sess &&
	    c->sess->p.v[K_PROTOCOL_LEVEL] < 2)
		judge(c, "11.3", "PRI without iSCSIProtocolLevel 2");
}

static bool known(u8 op)
{
	return op <= OP_LOGOUT || op == OP_SNACK;
}

static bool takes_cmdsn(u8 op)
{
	return op == OP_NOP_OUT || op == OP_SCSI_CMD || op == OP_TMF ||
	       op == OP_TEXT || op == OP_LOGOUT;
}

/* Nothing after a Logout, on this connection or on any (11.14). */
static void check_after_logout(struct conn *c, const struct pdu *p)
{
	if (c->j->logout_seen)
		judge(c, "11.14", "%s after the Logout of this connection",
		      pdu_op_name(p->bhs[0]));
	else if (c->sess->j->logout0)
		judge(c, "11.14", "%s after the Logout of the session",
		      pdu_op_name(p->bhs[0]));
}

static struct conn *conn_by_id(const struct session *s, unsigned int id)
{
	struct conn *c;

	TAILQ_FOREACH(c, &s->conns, slink)
		if (c->id == id)
			return c;
	return NULL;
}

static void check_again(struct conn *c, const struct pdu *p, struct jcmd *e)
{
	struct judge_session *js = c->sess->j;
	struct conn *old = conn_by_id(c->sess, e->conn_id);
	u32 sn = pdu_cmdsn(p);
	u8 a[BHS_LEN], b[BHS_LEN];

	if (js->exp_any && sn_lt(sn, js->exp_certain))
		judge(c, "7.2.1", "CmdSN %x sent again, ExpCmdSN was %x before",
		      sn, js->exp_certain);
	if (old && old != c &&
	    (old->state == CONN_FFP || old->state == CONN_CLEANUP))
		judge(c, "7.2.1", "CmdSN %x moves here from cid %u, which is not logged out",
		      sn, e->cid);
	if (old == c && c->sess->p.v[K_ERL] == 0 && !e->rejected)
		judge(c, "7.1.5", "CmdSN %x retried at ERL 0", sn);
	if (pdu_itt(p) != e->itt)
		return;		/* another request plugs the hole (7.3) */
	counters.retries++;
	memcpy(a, p->bhs, BHS_LEN);
	memcpy(b, e->bhs, BHS_LEN);
	memset(a + 28, 0, 4);
	memset(b + 28, 0, 4);
	if (memcmp(a, b, BHS_LEN))
		judge(c, "7.2.1", "retry of CmdSN %x differs from the original",
		      sn);
}

static void check_new(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	struct judge_conn *j = c->j;
	u32 sn = pdu_cmdsn(p);
	bool hole = js->losses || c->sess->p.v[K_ERL] > 0;

	if (sn_lt(js->max_delivered, sn))
		judge(c, "4.2.2.1", "%s: CmdSN %x above MaxCmdSN %x",
		      pdu_op_name(p->bhs[0]), sn, js->max_delivered);
	if (sn != js->next_cmdsn && js->conns == 1 && !hole)
		judge(c, "4.2.2.1", "%s: CmdSN %x, expected %x",
		      pdu_op_name(p->bhs[0]), sn, js->next_cmdsn);
	if (j->any_cmdsn && sn_le(sn, j->last_cmdsn) && !hole)
		judge(c, "4.2.2.1", "CmdSN %x after %x on one connection",
		      sn, j->last_cmdsn);
	if (j->async1 && pdu_op(p) == OP_SCSI_CMD &&
	    now_us() - j->async1 > 1000000)
		judge(c, "11.9.1", "new command %x s after Async Message 1",
		      sn);
}

static void check_cmdsn(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	u32 sn = pdu_cmdsn(p);
	struct jcmd *e = &js->ring[sn % RING];

	if (pdu_imm(p)) {
		/* The current CmdSN, which is not used up by it. */
		if (sn_lt(sn, c->j->any_cmdsn ? c->j->last_cmdsn + 1 :
			  js->next_cmdsn) && js->conns == 1)
			judge(c, "4.2.2.1", "immediate %s: CmdSN %x, at least %x were used",
			      pdu_op_name(p->bhs[0]), sn, js->next_cmdsn);
		else if (sn != js->next_cmdsn && js->conns == 1 &&
			 !js->losses && c->sess->p.v[K_ERL] == 0)
			judge(c, "4.2.2.1", "immediate %s: CmdSN %x, current is %x",
			      pdu_op_name(p->bhs[0]), sn, js->next_cmdsn);
		return;
	}
	if (e->used && e->sn == sn) {
		check_again(c, p, e);
	} else {
		check_new(c, p);
		e->used = true;
		e->rejected = false;
	}
	e->sn = sn;
	e->itt = pdu_itt(p);
	e->conn_id = c->id;
	e->cid = c->cid;
	memcpy(e->bhs, p->bhs, BHS_LEN);
	if (sn_le(js->next_cmdsn, sn))
		js->next_cmdsn = sn + 1;
	if (!c->j->any_cmdsn || sn_lt(c->j->last_cmdsn, sn))
		c->j->last_cmdsn = sn;
	c->j->any_cmdsn = true;
}

/* ---- tags ---- */

static void tag_open(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	u32 itt = pdu_itt(p);
	struct task *t;
	unsigned int i;

	if (itt == RSVD_TAG) {
		if (pdu_op(p) != OP_NOP_OUT)
			judge(c, "11.2.1.8", "%s with the reserved tag",
			      pdu_op_name(p->bhs[0]));
		return;
	}
	for (i = 0; i < js->nr_tags; i++) {
		if (js->tag[i].itt != itt)
			continue;
		if (pdu_op(p) == OP_TEXT && js->tag[i].op == OP_TEXT)
			return;		/* one sequence, one tag */
		if (!pdu_imm(p) && pdu_op(p) == js->tag[i].op)
			return;		/* a retry */
		judge(c, "11.2.1.8", "%s: tag %x is in use by a %s",
		      pdu_op_name(p->bhs[0]), itt,
		      pdu_op_name(js->tag[i].op));
		return;
	}
	t = task_find(c->sess, itt);
	if (t && !(pdu_op(p) == OP_SCSI_CMD && pdu_cmdsn(p) == t->cmdsn) &&
	    !(t->has_statsn && t->conn == c &&
	      sn_lt(t->statsn, pdu_expstatsn(p))))
		judge(c, "11.2.1.8",
		      "%s: tag %x belongs to a task that is not settled (CmdSN %x)",
		      pdu_op_name(p->bhs[0]), itt, t->cmdsn);
	if (pdu_op(p) == OP_SCSI_CMD || js->nr_tags == MAX_TAGS)
		return;
	js->tag[js->nr_tags].itt = itt;
	js->tag[js->nr_tags].op = pdu_op(p);
	js->tag[js->nr_tags].fn = p->bhs[1] & 0x7f;
	js->tag[js->nr_tags++].conn_id = c->id;
}

static void tag_close(struct judge_session *js, u32 itt)
{
	unsigned int i;

	for (i = 0; i < js->nr_tags; i++) {
		if (js->tag[i].itt == itt) {
			js->tag[i] = js->tag[--js->nr_tags];
			return;
		}
	}
}

static void tags_forget(struct judge_session *js, unsigned int conn_id)
{
	unsigned int i = 0;

	while (i < js->nr_tags) {
		if (js->tag[i].conn_id == conn_id)
			js->tag[i] = js->tag[--js->nr_tags];
		else
			i++;
	}
}

/* ---- every request ---- */

static void judge_ffp_rx(struct conn *c, const struct pdu *p)
{
	u8 op = pdu_op(p);

	if (op == OP_LOGIN) {
		judge(c, "4.2.4", "Login Request in full-feature phase");
		return;
	}
	check_after_logout(c, p);
	if (!(op == OP_LOGOUT && (p->bhs[1] & 0x7f) != 0 &&
	      get_be16(p->bhs + 20) != c->cid))
		check_expstatsn(c, p);
	if (takes_cmdsn(op))
		tag_open(c, p);
	if (takes_cmdsn(op))
		check_cmdsn(c, p);
	switch (op) {
	case OP_SCSI_CMD:
		judge_scsi(c, p);
		break;
	case OP_DATA_OUT:
		judge_data_out(c, p);
		break;
	case OP_SNACK:
		judge_snack(c, p);
		break;
	case OP_TMF:
		judge_tmf(c, p);
		break;
	case OP_LOGOUT:
		judge_logout(c, p);
		break;
	case OP_TEXT:
		judge_text(c, p);
		break;
	case OP_NOP_OUT:
		judge_nop(c, p);
		break;
	}
}

void judge_rx(struct conn *c, const struct pdu *p)
{
	u8 op = pdu_op(p);
	u32 max;

	if (finished)
		return;
	/* What was sent before the declaration came may have the old size. */
	if (c->mrdsl_next && op != OP_LOGIN &&
	    sn_lt(c->mrdsl_from, pdu_expstatsn(p))) {
		c->mrdsl_in = c->mrdsl_next;
		c->mrdsl_next = 0;
	}
	max = c->state == CONN_LOGIN ? LOGIN_MRDSL : c->mrdsl_in;
	if (!known(op)) {
		judge(c, "11.2.1.2", "opcode %02x is not an initiator's", op);
		return;
	}
	if (p->bad_ddigest) {
		judge(c, "13.1", "%s: wrong data digest",
		      pdu_op_name(p->bhs[0]));
		if (op != OP_DATA_OUT)
			return;
	}
	if (p->bad_pad)
		judge(c, "11.1", "%s: padding is not 0",
		      pdu_op_name(p->bhs[0]));
	if (p->ahs_len && op != OP_SCSI_CMD)
		judge(c, "11.2.1.5", "%s with an AHS", pdu_op_name(p->bhs[0]));
	if (p->len > max)
		judge(c, "13.12", "%s: %u bytes, MaxRecvDataSegmentLength is %u",
		      pdu_op_name(p->bhs[0]), p->len, max);
	check_reserved(c, p);
	if (c->state == CONN_LOGIN) {
		judge_login_rx(c, p);
		return;
	}
	if (c->state == CONN_LOGOUT) {
		judge(c, "11.14", "%s after the Logout Response",
		      pdu_op_name(p->bhs[0]));
		return;
	}
	if (c->sess)
		judge_ffp_rx(c, p);
}

/* ---- every response ---- */

static void note_status(struct conn *c, const struct pdu *p, bool whole)
{
	struct judge_conn *j = c->j;
	u32 sn = pdu_statsn(p);
	unsigned int i;

	if (!p->status)
		return;
	if (sn_le(j->next_statsn, sn) || !j->next_statsn)
		j->next_statsn = sn + 1;
	if (!whole) {
		for (i = 0; i < j->nr_lost; i++)
			if (j->lost[i] == sn)
				return;
		if (j->nr_lost < ARRAY_SIZE(j->lost))
			j->lost[j->nr_lost++] = sn;
		return;
	}
	for (i = 0; i < j->nr_lost; i++) {
		if (j->lost[i] == sn) {
			j->lost[i] = j->lost[--j->nr_lost];
			break;
		}
	}
	for (i = 0; i < ARRAY_SIZE(j->proof); i++) {
		if (!j->proof[i].exp_cmdsn) {
			j->proof[i].statsn = sn;
			j->proof[i].exp_cmdsn = get_be32(p->bhs + 28);
			break;
		}
	}
}

/* The number of a PDU that the trouble maker invents. */
void judge_status(struct conn *c, const struct pdu *p, bool whole)
{
	note_status(c, p, whole);
}

/* Parameter2 replaces DefaultTime2Wait (7.5, 11.9.1). */
static void announce(struct session *s, u16 cid, u32 wait)
{
	struct conn *c = session_conn(s, cid);
	struct jlost *l = judge_lost_conn(s, cid);

	if (c && conn_live(c)) {
		c->j->announced = true;
		c->j->announced_wait = wait;
	} else if (l) {
		l->time2wait = wait;
	}
}

static void note_async(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;
	struct conn *o;

	switch (p->bhs[36]) {
	case 1:
		if (!j->async1)
			j->async1 = now_us();
		break;
	case 2:
		announce(c->sess, get_be16(p->bhs + 38),
			 get_be16(p->bhs + 40));
		break;
	case 3:
		TAILQ_FOREACH(o, &c->sess->conns, slink)
			announce(c->sess, o->cid, get_be16(p->bhs + 40));
		break;
	case 4:
		j->async4 = now_us();
		break;
	case 5:
		if (c->sess->p.v[K_TASK_REPORTING] == TR_FAST_ABORT)
			j->async5 |= 1u << (p->bhs[9] & 31);
		break;
	}
}

static void note_reject(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	struct jcmd *e;
	u32 sn;

	if (p->len < BHS_LEN)
		return;
	sn = get_be32(p->data + 24);
	e = &js->ring[sn % RING];
	if (takes_cmdsn(p->data[0] & OP_MASK) && e->used && e->sn == sn)
		e->rejected = true;
	tag_close(js, get_be32(p->data + 16));
	if ((p->data[0] & OP_MASK) == OP_SNACK) {
		/* 7.8 a: it gets no more of the data, and need not wait */
		struct task *t = task_find(c->sess, get_be32(p->data + 16));

		if (t && t->j)
			t->j->nr_din_lost = 0;
	}
	if ((p->data[0] & OP_MASK) == OP_SCSI_CMD)
		js->gone[js->nr_gone++ % ARRAY_SIZE(js->gone)] =
			get_be32(p->data + 16);
}

void judge_tx(struct conn *c, const struct pdu *p, bool whole)
{
	struct judge_conn *j = c->j;
	struct judge_session *js;

	if (finished)
		return;
	note_status(c, p, whole);
	if (whole)
		j->last_sent = now_us();
	if (pdu_op(p) == OP_LOGIN_RSP)
		judge_login_tx(c, p, whole);
	if (!c->sess)
		return;
	js = judge_sess(c->sess);
	if (whole && sn_lt(js->max_delivered, get_be32(p->bhs + 32)))
		js->max_delivered = get_be32(p->bhs + 32);
	if (pdu_op(p) == OP_LOGIN_RSP)
		return;
	switch (pdu_op(p)) {
	case OP_TMF_RSP:
	case OP_LOGOUT_RSP:
		if (pdu_op(p) == OP_TMF_RSP)
			judge_tmf_tx(c, p);
		if (whole)
			tag_close(js, pdu_itt(p));
		break;
	case OP_NOP_IN:
		if (pdu_itt(p) != RSVD_TAG) {
			tag_close(js, pdu_itt(p));
		} else if (whole && pdu_ttt(p) != RSVD_TAG &&
			   j->nr_pings < MAX_PINGS) {
			j->ping[j->nr_pings].ttt = pdu_ttt(p);
			memcpy(j->ping[j->nr_pings].lun, p->bhs + 8, 8);
			j->ping[j->nr_pings++].when = now_us();
		}
		break;
	case OP_TEXT_RSP:
		j->text_open = false;
		j->text_ttt = pdu_ttt(p);
		j->text_c = p->bhs[1] & TXT_CONTINUE;
		memcpy(j->text_lun, p->bhs + 8, 8);
		if (p->bhs[1] & FLAG_FINAL)
			tag_close(js, pdu_itt(p));
		break;
	case OP_ASYNC:
		if (whole)
			note_async(c, p);
		break;
	case OP_REJECT:
		if (whole)
			note_reject(c, p);
		break;
	default:
		judge_task_tx(c, p, whole);
	}
}

/* ---- losses ---- */

struct jlost *judge_lost_conn(struct session *s, u16 cid)
{
	struct judge_session *js = judge_sess(s);
	unsigned int i;

	for (i = js->nr_lost; i-- > 0;)
		if (js->lost[i].cid == cid && !js->lost[i].expired)
			return &js->lost[i];
	return NULL;
}

void judge_conn_lost(struct conn *c)
{
	struct judge_session *js = judge_sess(c->sess);
	struct judge_conn *j = c->j;
	struct jlost *l, before = { 0 };
	unsigned int i;

	for (i = 0; i < j->nr_pings; i++)
		if (now_us() - j->ping[i].when > 5000000 && !c->rx_stopped)
			judge(c, "11.18", "NOP-In ttt=%x was never answered",
			      j->ping[i].ttt);
	js->losses++;
	tags_forget(js, c->id);
	if (c->sess->discovery)
		return;
	/* Older losses of this CID are history. */
	for (i = 0; i < js->nr_lost; i++) {
		if (js->lost[i].cid == c->cid && !js->lost[i].expired) {
			js->lost[i].expired = true;
			before = js->lost[i];
		}
	}
	/* A place that is free, or else that of the oldest loss. */
	l = &js->lost[0];
	for (i = 0; i < js->nr_lost; i++) {
		if (js->lost[i].expired ? !l->expired :
		    !l->expired && js->lost[i].when < l->when)
			l = &js->lost[i];
	}
	if (!l->expired && js->nr_lost < ARRAY_SIZE(js->lost))
		l = &js->lost[js->nr_lost++];
	*l = (struct jlost){
		.cid = c->cid, .conn_id = c->id, .when = now_us(),
		.time2wait = j->announced ? j->announced_wait :
					    c->sess->p.v[K_TIME2WAIT],
		.exp_low = j->any_expstatsn ? j->exp_statsn : j->first_statsn,
		.exp_high = exp_statsn_bound(j),
		.never_used = !j->any_expstatsn,
		.before_low = before.never_used ? before.before_low :
						  before.exp_low,
		.before_high = before.exp_high,
	};
	/* All was quiet for long: then the initiator has seen everything. */
	if (set.exact_after && !c->rx_stopped && !c->tx_stopped &&
	    now_us() - j->last_sent > set.exact_after * 1000ull)
		l->exp_low = l->exp_high;
}

void judge_session_end(struct session *s, const char *why)
{
	struct task *t;

	if (s->discovery || finished)
		return;
	if (!strcmp(why, "logout") && !TAILQ_EMPTY(&s->pending))
		judge(NULL, "RFC 7143 4.2.2.1",
		      "session %u logs out with a CmdSN hole at %x", s->tsih,
		      s->exp_cmdsn);
	TAILQ_FOREACH(t, &s->pending, plink)
		logf_("session %u: CmdSN %x still waits for %x", s->tsih,
		      t->cmdsn, s->exp_cmdsn);
}

/* A CmdSN comes to its turn: the target keeps the order, the judge checks. */
void judge_delivered(struct task *t)
{
	if (!t->imm && t->cmdsn + 1 != t->sess->exp_cmdsn)
		judge(t->conn, "4.2.2.1", "CmdSN %x delivered out of order",
		      t->cmdsn);
}

void judge_executed(struct task *t)
{
	if (t->executed)
		judge(t->conn, "7.2.1", "tag %x CmdSN %x executed twice",
		      t->itt, t->cmdsn);
	t->executed = now_us();
}

/* ---- summary ---- */

struct named_counter {
	const char *name;
	const u64 *v;
};

#define C(n) { #n, &counters.n }

static const struct named_counter named[] = {
	C(conns), C(logins), C(sessions), C(reinstated_sessions),
	C(reinstated_conns), C(async2), { "logout0", &counters.logouts[0] },
	{ "logout1", &counters.logouts[1] },
	{ "logout2", &counters.logouts[2] },
	{ "reassign0", &counters.reassign[0] },
	{ "reassign1", &counters.reassign[1] },
	{ "reassign3", &counters.reassign[3] }, C(reassign_other),
	C(recovered), C(resumed_reads), C(resumed_writes), C(resent_status),
	C(commands), C(retries), C(duplicates), C(expired_tasks), C(rejects),
	{ "snack0", &counters.snack[0] }, { "snack1", &counters.snack[1] },
	{ "snack2", &counters.snack[2] }, { "snack3", &counters.snack[3] },
	C(recovery_r2t), C(digest_errors), C(tmf), C(faults), C(reads),
	C(writes),
};

bool counter_by_name(const char *name, u64 *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(named); i++) {
		if (!strcmp(named[i].name, name)) {
			*v = *named[i].v;
			return true;
		}
	}
	return false;
}

static void lun_summary(const struct lun *l)
{
	u64 times[3] = { 0 }, i;

	for (i = 0; i < l->blocks; i++) {
		if (!l->writes[i])
			continue;
		times[l->writes[i] > 2 ? 2 : l->writes[i] - 1]++;
		if (set.count_blocks && l->writes[i] > 1)
			fprintf(report, "block lun=%u lba=%llu writes=%u\n",
				l->nr, i, l->writes[i]);
	}
	fprintf(report, "lun=%u reads=%llu writes=%llu", l->nr, l->nr_reads,
		l->nr_writes);
	fprintf(report, " blocks_once=%llu blocks_twice=%llu blocks_more=%llu\n",
		times[0], times[1], times[2]);
}

void judge_summary(void)
{
	struct session *s;
	unsigned int i;

	if (!report)
		return;
	for (i = 0; i < ARRAY_SIZE(named); i++)
		fprintf(report, "%s=%llu\n", named[i].name,
			*named[i].v);
	for (i = 0; i < MAX_LUNS; i++) {
		if (luns[i] && luns[i]->type == LUN_TAPE)
			tape_report(luns[i], report);
		else if (luns[i])
			lun_summary(luns[i]);
	}
	TAILQ_FOREACH(s, &sessions, link)
		fprintf(report, "session=%u tasks=%u ExpCmdSN=%x hole=%d\n",
			s->tsih, s->nr_tasks, s->exp_cmdsn,
			!TAILQ_EMPTY(&s->pending));
	fprintf(report, "breaches=%u\n", judge_breaches);
}

void judge_finish(void)
{
	finished = true;
	judge_summary();
	if (report)
		fclose(report);
	report = NULL;
}
