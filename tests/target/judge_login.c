// SPDX-License-Identifier: GPL-2.0
/* The judge on logins: stages, keys, and who may log in when. */
#include <errno.h>
#include <sys/socket.h>

#include "judge.h"

/* ---- for recovery, by login or by Logout ---- */

/*
 * The old TCP connection must be closed before its CID is logged out or
 * reinstated. Bytes or a FIN that wait here unread show that it was.
 */
void judge_still_open(struct conn *c, struct conn *old, const char *section,
		      const char *what)
{
	char b;

	if (!old || old->watch.fd < 0 || old->rx_stopped || set.blackhole)
		return;
	if (recv(old->watch.fd, &b, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK))
		judge(c, section, "%s while TCP connection #%u of cid %u is open",
		      what, old->id, old->cid);
}

void judge_expstatsn_of_lost(struct conn *c, const struct jlost *l, u32 v,
			     const char *where)
{
	/* Not even that the connection was there, where it was the first. */
	if (l->never_used && (!v || (sn_le(l->before_low, v) &&
				     sn_le(v, l->before_high))))
		return;
	if (sn_lt(v, l->exp_low) || sn_lt(l->exp_high, v))
		judge(c, "11.14.4",
		      "%s: ExpStatSN %x, the lost connection's is %x..%x",
		      where, v, l->exp_low, l->exp_high);
}

/* 7.5: nothing is tried before Time2Wait has gone by. */
void judge_wait(struct conn *c, const struct jlost *l, const char *what)
{
	u64 gone = now_us() - l->when;

	if (gone + 50000 < l->time2wait * 1000000ull)
		judge(c, "7.5", "%s for cid %u after %u ms, Time2Wait is %u s",
		      what, l->cid, (u32)(gone / 1000), l->time2wait);
}

/* ---- Login Requests ---- */

static void first_request(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;
	u16 tsih = get_be16(p->bhs + 14);
	struct session *s = NULL, *o;

	j->login_itt = pdu_itt(p);
	j->login_cmdsn = pdu_cmdsn(p);
	memcpy(j->login_isid, p->bhs + 8, 6);
	j->login_tsih = tsih;
	j->login_cid = get_be16(p->bhs + 20);
	if (j->login_itt == RSVD_TAG)
		judge(c, "11.2.1.8", "Login with the reserved tag");
	if (p->bhs[8] >> 6 == 3)
		judge(c, "11.12.5", "ISID of reserved type 11");
	TAILQ_FOREACH(o, &sessions, link)
		if (!o->discovery && !memcmp(o->isid, p->bhs + 8, 6) &&
		    (!tsih || o->tsih == tsih))
			s = o;
	if (!tsih) {
		struct conn *k;

		if (pdu_expstatsn(p))
			judge(c, "11.12.9",
			      "first Login Request of a new session with ExpStatSN %x",
			      pdu_expstatsn(p));
		if (!s)
			return;
		/* 6.3.5: session reinstatement is for failed sessions only */
		TAILQ_FOREACH(k, &s->conns, slink)
			judge_still_open(c, k, "6.3.5",
					 "session reinstatement");
		return;
	}
	if (!s)
		return;
	if (task_find(s, j->login_itt))
		judge(c, "11.2.1.8", "Login tag %x is a live task's",
		      j->login_itt);
	if (session_conn(s, j->login_cid)) {
		struct conn *old = session_conn(s, j->login_cid);
		struct jlost *l = judge_lost_conn(s, j->login_cid);

		judge_still_open(c, old, "6.3.4", "connection reinstatement");
		if (old->state == CONN_CLEANUP && l) {
			judge_wait(c, l, "reinstatement login");
			judge_expstatsn_of_lost(c, l, pdu_expstatsn(p),
						"reinstatement login");
		} else if (conn_live(old)) {
			struct jlost now = {
				.exp_low = old->j->exp_statsn,
				.exp_high = old->j->next_statsn,
			};

			judge_expstatsn_of_lost(c, &now, pdu_expstatsn(p),
						"reinstatement login");
		}
	} else {
		if (pdu_expstatsn(p) && !judge_lost_conn(s, j->login_cid))
			judge(c, "11.12.9",
			      "first Login Request of an added connection with ExpStatSN %x",
			      pdu_expstatsn(p));
		if (session_any_live(s, c))
			judge_sess(s)->many = true;
		if (!s->normal_up)
			judge(c, "6.3.3", "connection added before the session is operational");
	}
	/* 11.12.8: the session's current CmdSN; others may use it meanwhile */
	if (!judge_sess(s)->many && sn_lt(pdu_cmdsn(p), s->exp_cmdsn))
		judge(c, "11.12.8", "Login with CmdSN %x below ExpCmdSN %x",
		      pdu_cmdsn(p), s->exp_cmdsn);
}

static void next_request(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;

	if (pdu_itt(p) != j->login_itt)
		judge(c, "6.3", "Login tag changes from %x to %x",
		      j->login_itt, pdu_itt(p));
	if (memcmp(p->bhs + 8, j->login_isid, 6) ||
	    get_be16(p->bhs + 14) != j->login_tsih ||
	    get_be16(p->bhs + 20) != j->login_cid)
		judge(c, "11.12", "ISID, TSIH or CID change within a login");
	if (!j->login_tsih && pdu_cmdsn(p) != j->login_cmdsn)
		judge(c, "11.12.8", "CmdSN changes within a leading login");
	if (sn_lt(pdu_cmdsn(p), j->login_cmdsn))
		judge(c, "11.12.8", "CmdSN goes back within a login");
	if (pdu_expstatsn(p) != j->login_statsn + 1)
		judge(c, "11.12.9", "Login with ExpStatSN %x, expected %x",
		      pdu_expstatsn(p), j->login_statsn + 1);
}

static void check_stage(struct conn *c, const struct pdu *p)
{
	int csg = p->bhs[1] >> 2 & 3, nsg = p->bhs[1] & 3;
	bool t = p->bhs[1] & FLAG_FINAL;
	struct judge_conn *j = c->j;

	if (csg > 1 || nsg == 2)
		judge(c, "11.12.3", "stages %d -> %d", csg, nsg);
	if (!t && nsg)
		judge(c, "11.12.3", "NSG %d without T", nsg);
	if (t && nsg <= csg)
		judge(c, "6.3", "transition %d -> %d", csg, nsg);
	if (t && p->bhs[1] & TXT_CONTINUE)
		judge(c, "11.12.2", "C and T together");
	if (j->stage >= 0 && csg != j->stage)
		judge(c, "6.3", "request of stage %d, the target chose %d",
		      csg, j->stage);
	if (j->stage < 0)
		j->stage = csg;
	j->offered_t = t;
}

void judge_login_rx(struct conn *c, const struct pdu *p)
{
	struct judge_conn *j = c->j;

	if (pdu_op(p) != OP_LOGIN) {
		judge(c, "4.2.4", "%s before full-feature phase",
		      pdu_op_name(p->bhs[0]));
		return;
	}
	if (j->login_over)
		judge(c, "4.2.4", "Login Request after the login was refused");
	if (!pdu_imm(p))
		judge(c, "11.12", "Login Request is not immediate");
	if (p->bhs[2] || p->bhs[3])
		judge(c, "11.12.4", "Version-max %u, Version-min %u",
		      p->bhs[2], p->bhs[3]);
	if (j->awaiting)
		judge(c, "6.3", "a second Login Request while one is outstanding");
	j->awaiting = true;
	if (!j->logins++)
		first_request(c, p);
	else
		next_request(c, p);
	check_stage(c, p);
}

void judge_login_tx(struct conn *c, const struct pdu *p, bool whole)
{
	struct judge_conn *j = c->j;

	if (!whole)
		return;
	j->awaiting = false;
	if (j->logins == 1)
		j->first_statsn = pdu_statsn(p);
	j->login_statsn = pdu_statsn(p);
	if (p->bhs[36] || p->bhs[37]) {
		j->login_over = true;
		return;
	}
	if (p->bhs[1] & FLAG_FINAL)
		j->stage = p->bhs[1] & 3;
}

/* Keys of one text, complete over its C=1 pieces. */
void judge_login_keys(struct conn *c, const struct text *t, int csg,
		      bool leading)
{
	static const char * const security[] = {
		"AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R",
		"InitiatorName", "InitiatorAlias", "TargetName",
		"SessionType", "TargetAddress", "TargetAlias",
		"TargetPortalGroupTag",
	};
	static const char * const never[] = {
		"Reject", "Irrelevant", "NotUnderstood",
	};
	bool first = c->j->logins == 1;
	unsigned int i, k;

	if (first && !text_get(t, "InitiatorName"))
		judge(c, "6.3", "first login text without InitiatorName");
	if (first && !text_get(t, "TargetName") &&
	    (!text_get(t, "SessionType") ||
	     strcmp(text_get(t, "SessionType"), "Discovery")))
		judge(c, "6.3", "first login text without TargetName");
	for (i = 0; i < t->n; i++) {
		const char *key = t->kv[i].key, *v = t->kv[i].value;
		int id = key_lookup(key);
		bool sec = false;

		for (k = 0; k < ARRAY_SIZE(security); k++)
			if (!strcmp(security[k], key))
				sec = true;
		if (csg == 0 && !sec)
			judge(c, "12", "%s in the security stage", key);
		if (csg == 1 && (!strcmp(key, "AuthMethod") ||
				 !strncmp(key, "CHAP_", 5)))
			judge(c, "12", "%s outside the security stage", key);
		if (!leading && key_leading_only(key))
			judge(c, "13", "%s in a login that is not leading",
			      key);
		for (k = 0; k < ARRAY_SIZE(never) && id >= 0; k++)
			if (!strcmp(v, never[k]))
				judge(c, "6.2", "%s=%s is proposed", key, v);
		if (id >= 0 && id != K_MRDSL) {
			if (c->j->keys_seen & 1u << id)
				judge(c, "6.3", "%s is negotiated twice", key);
			c->j->keys_seen |= 1u << id;
		}
		for (k = 0; k < i; k++)
			if (!strcmp(t->kv[k].key, key))
				judge(c, "6.3", "%s twice in one text", key);
		if (id == K_TASK_REPORTING &&
		    (!text_list_has(v, "RFC3720") ||
		     !text_list_has(v, "ResponseFence")))
			judge(c, "13.23", "TaskReporting=%s", v);
	}
}

void judge_ffp_start(struct conn *c)
{
	struct judge_session *js = judge_sess(c->sess);
	unsigned int live = 1;
	struct conn *o;

	TAILQ_FOREACH(o, &c->sess->conns, slink)
		if (o != c && conn_live(o))
			live++;
	if (live > js->conns)
		js->conns = live;
	if (!c->j->login_tsih) {
		js->next_cmdsn = c->j->login_cmdsn;
		js->max_delivered = c->login_cmdsn - 1;
	}
	if (live > c->sess->p.v[K_MAX_CONNECTIONS])
		judge(c, "13.2", "%u connections, MaxConnections is %u", live,
		      c->sess->p.v[K_MAX_CONNECTIONS]);
}
