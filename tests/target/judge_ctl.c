// SPDX-License-Identifier: GPL-2.0
/* The judge on task management, Logout, Text and NOP. */
#include <stdlib.h>

#include "judge.h"

/* ---- Task Management (11.5) ---- */

static struct jcmd *command_by_tag(struct judge_session *js, u32 itt)
{
	struct jcmd *best = NULL;
	unsigned int i;

	for (i = 0; i < RING; i++) {
		struct jcmd *e = &js->ring[i];

		if (e->used && e->itt == itt &&
		    (e->bhs[0] & OP_MASK) == OP_SCSI_CMD &&
		    (!best || sn_lt(best->sn, e->sn)))
			best = e;
	}
	return best;
}

static void tmf_reassign(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	u32 rtt = get_be32(p->bhs + 20), exp = get_be32(p->bhs + 36);
	struct task *t = task_find(c->sess, rtt);
	struct jcmd *e = command_by_tag(js, rtt);
	struct jlost *l;

	if (c->sess->p.v[K_ERL] < 2)
		judge(c, "7.1.5", "TASK REASSIGN at ERL %u",
		      c->sess->p.v[K_ERL]);
	if (!pdu_imm(p))
		judge(c, "11.5.1", "TASK REASSIGN is not immediate");
	if (!t) {
		if (!e)
			judge(c, "7.2.1", "TASK REASSIGN of tag %x, which was never received",
			      rtt);
		else if (js->exp_any && sn_le(js->exp_certain, e->sn) &&
			 sn_le(c->sess->exp_cmdsn, e->sn))
			judge(c, "7.2.1", "TASK REASSIGN of CmdSN %x, ExpCmdSN is %x",
			      e->sn, c->sess->exp_cmdsn);
		return;
	}
	if (t->conn && t->conn != c)
		judge(c, "7.2.2", "TASK REASSIGN of tag %x before cid %u is logged out",
		      rtt, t->conn->cid);
	if (t->conn == c && t->reassigned)
		judge(c, "7.2.2", "tag %x reassigned to this connection again",
		      rtt);
	else if (t->conn == c)
		judge(c, "7.2.2", "TASK REASSIGN of tag %x, which belongs here",
		      rtt);
	if (t->imm)
		judge(c, "7.14", "TASK REASSIGN of an immediate command");
	judge_task(t);
	l = t->old ? judge_lost_conn(c->sess, t->old->cid) : NULL;
	if (l && l->logged_out && now_us() - l->logout_done + 50000 <
	    l->logout_wait * 1000000ull)
		judge(c, "11.15.3",
		      "TASK REASSIGN %u ms after the Logout Response, Time2Wait is %u s",
		      (u32)((now_us() - l->logout_done) / 1000),
		      l->logout_wait);
	if (t->rd && exp && (exp < t->ref || exp > t->j->din_next))
		judge(c, "11.5.6", "ExpDataSN %u of tag %x, possible are 0 and %u..%u",
		      exp, rtt, t->ref, t->j->din_next);
	if (t->rd && !exp && t->j->data_ack)
		judge(c, "11.5.6", "ExpDataSN 0 of tag %x, DataACK had %u",
		      rtt, t->j->data_ack);
	/* 7.2.2 counts R2Ts here for writes, 11.5.6 does not: both pass. */
	if (!t->rd && exp && exp > t->j->r2tsn_high)
		judge(c, "11.5.6", "ExpDataSN %u of write %x, %u R2Ts were sent",
		      exp, rtt, t->j->r2tsn_high);
	/* From here on only the new connection's R2Ts count. */
	if (t->rd)
		judge_data_restart(t, exp ? exp : t->ref);
	t->j->unsol_done = true;
	t->j->abit = false;
	t->j->ends = GOES_ON;
}

static void tmf_abort(struct conn *c, const struct pdu *p)
{
	struct judge_session *js = c->sess->j;
	u32 rtt = get_be32(p->bhs + 20), ref = get_be32(p->bhs + 32);
	struct task *t = task_find(c->sess, rtt);
	unsigned int i;

	for (i = 0; i < js->nr_tags; i++)
		if (js->tag[i].itt == rtt && js->tag[i].op == OP_TMF)
			judge(c, "11.5.1", "ABORT TASK of a TMF");
	if (t && t->conn && t->conn != c)
		judge(c, "11.5.1", "ABORT TASK of tag %x, allegiant to cid %u",
		      rtt, t->conn->cid);
	if (t && !t->imm && ref != t->cmdsn)
		judge(c, "11.5.5", "ABORT TASK: RefCmdSN %x, the task's is %x",
		      ref, t->cmdsn);
	if (t && t->imm && ref != pdu_cmdsn(p))
		judge(c, "11.5.5", "ABORT TASK of an immediate task: RefCmdSN %x",
		      ref);
}

/* From here on nothing more is to come for these (4.2.3.4, 11.9.1). */
static void tasks_end(struct conn *c, int lun, const u32 *below, int how)
{
	struct task *t;
	unsigned int i;

	for (i = 0; i < TASK_HASH; i++)
		TAILQ_FOREACH(t, &c->sess->hash[i], link)
			if (t->conn == c && (lun < 0 || t->lun == (u32)lun) &&
			    (!below || sn_lt(t->cmdsn, *below)))
				judge_task(t)->ends = how;
}

/* Refused: then the tasks go on. */
void judge_tmf_tx(struct conn *c, const struct pdu *p)
{
	if (p->bhs[2])
		tasks_end(c, -1, NULL, GOES_ON);
}

static void tmf_many(struct conn *c, const struct pdu *p, u8 fn)
{
	u32 sn = pdu_cmdsn(p);

	if (c->sess->p.v[K_TASK_REPORTING] != TR_FAST_ABORT)
		return;
	if (fn == TMF_ABORT_TASK_SET || fn == TMF_CLEAR_TASK_SET ||
	    fn == TMF_LU_RESET)
		tasks_end(c, p->bhs[9], &sn, NO_DATA);
	else if (fn == TMF_WARM_RESET || fn == TMF_COLD_RESET ||
		 fn == TMF_NEXUS_RESET)
		tasks_end(c, -1, &sn, NO_DATA);
}

void judge_tmf(struct conn *c, const struct pdu *p)
{
	u8 fn = p->bhs[1] & 0x7f;
	u32 rtt = get_be32(p->bhs + 20);
	bool lun = fn <= TMF_LU_RESET || fn == TMF_QUERY_TASK ||
		   fn == TMF_QUERY_TASK_SET || fn == TMF_QUERY_ASYNC;
	bool one = fn == TMF_ABORT_TASK || fn == TMF_REASSIGN ||
		   fn == TMF_QUERY_TASK;

	if (!fn || fn > TMF_QUERY_ASYNC)
		judge(c, "11.5.1", "function %u", fn);
	if (fn >= TMF_QUERY_TASK && c->sess->p.v[K_PROTOCOL_LEVEL] < 2)
		judge(c, "RFC 7144 6.3", "function %u at protocol level %u",
		      fn, c->sess->p.v[K_PROTOCOL_LEVEL]);
	if (!lun && get_be64(p->bhs + 8))
		judge(c, "11.5.3", "LUN in function %u", fn);
	if (one && rtt == RSVD_TAG)
		judge(c, "11.5.4", "no Referenced Task Tag in function %u", fn);
	if (!one && rtt != RSVD_TAG)
		judge(c, "11.5.4", "Referenced Task Tag %x in function %u",
		      rtt, fn);
	if (fn != TMF_ABORT_TASK && fn != TMF_QUERY_TASK &&
	    get_be32(p->bhs + 32))
		judge(c, "11.5.5", "RefCmdSN %x in function %u",
		      get_be32(p->bhs + 32), fn);
	if (fn != TMF_REASSIGN && get_be32(p->bhs + 36))
		judge(c, "11.5.6", "ExpDataSN %u in function %u",
		      get_be32(p->bhs + 36), fn);
	tmf_many(c, p, fn);
	if (fn == TMF_REASSIGN)
		tmf_reassign(c, p);
	else if (fn == TMF_ABORT_TASK)
		tmf_abort(c, p);
}

/* ---- Logout (11.14) ---- */

static void logout_other(struct conn *c, const struct pdu *p, u8 reason)
{
	u16 cid = get_be16(p->bhs + 20);
	struct conn *old = session_conn(c->sess, cid);
	struct jlost *l = judge_lost_conn(c->sess, cid);

	if (!old) {
		if (!l)
			judge(c, "11.14.3", "Logout of cid %u, which never was",
			      cid);
		return;
	}
	if (!pdu_imm(p))
		judge(c, "11.14",
		      "recovery Logout is not immediate: it waits behind the hole it is to mend");
	judge_still_open(c, old, "11.14", "Logout");
	if (l && old->state == CONN_CLEANUP) {
		if (reason == 2)
			judge_wait(c, l, "Logout");
		judge_expstatsn_of_lost(c, l, pdu_expstatsn(p), "Logout");
	} else if (conn_live(old)) {
		struct jlost now = {
			.exp_low = old->j->exp_statsn,
			.exp_high = old->j->next_statsn,
		};

		judge_expstatsn_of_lost(c, &now, pdu_expstatsn(p), "Logout");
	}
	if (!l)
		return;
	l->logged_out = true;
	l->logout_done = now_us();
	l->logout_wait = set.logout_time2wait;
}

void judge_logout(struct conn *c, const struct pdu *p)
{
	u8 reason = p->bhs[1] & 0x7f;
	u16 cid = get_be16(p->bhs + 20);

	if (reason > 2)
		judge(c, "11.14.1", "Logout reason %u", reason);
	if (c->sess->discovery && reason)
		judge(c, "4.3", "reason %u in a Discovery session", reason);
	if (p->len || p->ahs_len)
		judge(c, "11.14", "Logout with data");
	if (reason == 2 && c->sess->p.v[K_ERL] < 2)
		judge(c, "7.1.5", "recovery Logout at ERL %u",
		      c->sess->p.v[K_ERL]);
	if (reason == 2 && c->j->async1)
		judge(c, "11.9.1", "Logout reason 2 after Async Message 1");
	if (reason == 0) {
		c->sess->j->logout0 = true;
		c->j->logout_seen = true;
		return;
	}
	if (reason && cid == c->cid)
		c->j->logout_seen = true;
	else if (reason && reason < 3)
		logout_other(c, p, reason);
}

/* ---- Text (11.10) ---- */

void judge_text(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;
	bool cont = p->bhs[1] & TXT_CONTINUE, f = p->bhs[1] & FLAG_FINAL;
	struct text t;
	unsigned int i;

	if (cont && f)
		judge(c, "11.10.2", "C and F together");
	if (j->text_open)
		judge(c, "11.10", "a second Text Request while one is outstanding");
	j->text_open = true;
	if (pdu_ttt(p) != RSVD_TAG) {
		if (pdu_itt(p) != j->text_itt || pdu_imm(p) != j->text_imm)
			judge(c, "11.10.3", "tag or I bit change within a text sequence");
		if (pdu_ttt(p) != j->text_ttt)
			judge(c, "11.10.4", "ttt %x, the response had %x",
			      pdu_ttt(p), j->text_ttt);
		if (memcmp(j->text_lun, p->bhs + 8, 8))
			judge(c, "11.11.4", "LUN of the text is not copied");
		if (j->text_c && (p->len || cont))
			judge(c, "6.2", "text in answer to a piece of one");
	} else if (get_be64(p->bhs + 8)) {
		judge(c, "11.10.4", "LUN in a new text sequence");
	}
	j->text_itt = pdu_itt(p);
	j->text_imm = pdu_imm(p);
	j->async4 = 0;
	if (cont || text_parse(&t, p->data, p->len))
		return;
	for (i = 0; i < t.n; i++) {
		if (key_leading_only(t.kv[i].key))
			judge(c, "13", "%s in full-feature phase",
			      t.kv[i].key);
		if (!strcmp(t.kv[i].key, "SendTargets") && t.n > 1)
			judge(c, "App C", "SendTargets is not alone");
		if (!strcmp(t.kv[i].key, "SendTargets") &&
		    !strcmp(t.kv[i].value, "All") && !c->sess->discovery)
			judge(c, "App C", "SendTargets=All in a Normal session");
	}
	text_free(&t);
}

/* ---- NOP-Out (11.18) ---- */

static void nop_reply(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;
	unsigned int i;

	if (!pdu_imm(p) || pdu_itt(p) != RSVD_TAG)
		judge(c, "11.18.1", "answer to a ping: I=%d, tag %x",
		      pdu_imm(p), pdu_itt(p));
	for (i = 0; i < j->nr_pings; i++) {
		if (j->ping[i].ttt != pdu_ttt(p))
			continue;
		if (memcmp(j->ping[i].lun, p->bhs + 8, 8))
			judge(c, "11.18", "LUN of the ping is not copied");
		j->ping[i] = j->ping[--j->nr_pings];
		return;
	}
	judge(c, "11.18", "answer to ping %x, which was not sent here",
	      pdu_ttt(p));
}

void judge_nop(struct conn *c, const struct pdu *p)
{
	u32 bit = 1u << (p->bhs[9] & 31);

	if (pdu_ttt(p) != RSVD_TAG) {
		nop_reply(c, p);
		return;
	}
	if (pdu_itt(p) == RSVD_TAG) {
		if (!pdu_imm(p))
			judge(c, "11.18.1", "NOP-Out without a tag is not immediate");
		/* Does it acknowledge an Async Message 5? */
		if (c->j->async5 & bit) {
			c->j->async5 &= ~bit;
			tasks_end(c, p->bhs[9], NULL, NO_SOLICITED);
		} else if (get_be64(p->bhs + 8)) {
			judge(c, "11.18", "LUN in a NOP-Out that answers nothing");
		}
		return;
	}
	if (get_be64(p->bhs + 8))
		judge(c, "11.18", "LUN in a NOP-Out ping");
}
