// SPDX-License-Identifier: GPL-2.0
/*
 * Login phase (RFC 7143 ch. 6): stages, CHAP, keys, and the table of 6.3.1
 * that decides between new session, added connection and reinstatement.
 */
#include <stdlib.h>

#include "target.h"

enum { CSG_SECURITY = 0, CSG_OPERATIONAL = 1, CSG_FFP = 3 };

const char *target_iqn = "iqn.2025-01.test:target";
const char *target_alias = "erl2-target";
struct portal portals[16];
unsigned int nr_portals;

struct login {
	bool started;
	bool discovery;
	u8 isid[6];
	u16 tsih, cid;
	u32 itt, cmdsn, exp_statsn;
	char iname[256];
	bool authenticated;
	bool auth_none;
	bool tpgt_sent;
	int csg;
	struct chap chap;
	struct negotiation neg;
	struct textbuf in;		/* across C=1 requests */
	struct timer timeout;
	struct conn *c;
};

static void login_timeout(struct timer *t)
{
	struct login *l = container_of(t, struct login, timeout);

	logf_("#%u login timed out", l->c->id);
	conn_close(l->c, false);
}

void login_start(struct conn *c)
{
	struct login *l = xalloc(sizeof(*l));

	l->c = c;
	l->timeout.fn = login_timeout;
	timer_set(&l->timeout, (u64)set.login_timeout * 1000000);
	c->login = l;
}

void login_free(struct conn *c)
{
	struct login *l = c->login;

	if (!l)
		return;
	timer_stop(&l->timeout);
	free(l->in.buf);
	free(l);
	c->login = NULL;
}

static void login_respond(struct conn *c, const struct pdu *req, u8 flags,
			  u16 tsih, int status, const struct textbuf *text)
{
	struct pdu *p = pdu_new(OP_LOGIN_RSP, flags);

	memcpy(p->bhs + 8, req->bhs + 8, 6);
	put_be16(p->bhs + 14, tsih);
	memcpy(p->bhs + 16, req->bhs + 16, 4);
	put_be16(p->bhs + 36, status);
	if (text && text->len)
		pdu_set_data(p, text->buf, text->len);
	p->status = true;
	conn_send(c, p);
}

static void login_reject(struct conn *c, const struct pdu *req, int status,
			 const char *redirect)
{
	struct textbuf out = { 0 };

	if (redirect && *redirect)
		text_add(&out, "TargetAddress", "%s", redirect);
	login_respond(c, req, 0, get_be16(req->bhs + 14), status, &out);
	free(out.buf);
	/* The initiator closes; give it the answer first. */
	conn_drain_then(c, NULL);
}

/* Where a connection goes, by ISID, TSIH and CID (6.3.1). Returns a status. */
static int login_place(struct login *l)
{
	struct session *s;
	struct conn *old;

	if (!l->tsih)
		return 0;	/* new session, or reinstatement of an old one */
	s = session_by_tsih(l->iname, l->isid, l->tsih);
	if (!s)
		return 0x020a;
	old = session_conn(s, l->cid);
	/*
	 * A CID that exists is reinstated, at ERL 2 whatever MaxConnections
	 * says (6.3.4): the target may not have noticed the loss yet.
	 */
	if (!old && session_count(s) >= s->p.v[K_MAX_CONNECTIONS])
		return 0x0206;
	if (old && set.early_0206 && !conn_live(old) &&
	    now_us() - old->since < set.early_0206 * 1000ull)
		return 0x0206;
	if (old && set.early_0206 && conn_live(old))
		return 0x0206;
	return 0;
}

static int login_first(struct conn *c, struct login *l, const struct pdu *p,
		       const struct text *t)
{
	const char *type = text_get(t, "SessionType");
	const char *iname = text_get(t, "InitiatorName");
	const char *tname = text_get(t, "TargetName");

	l->started = true;
	memcpy(l->isid, p->bhs + 8, 6);
	l->tsih = get_be16(p->bhs + 14);
	l->itt = pdu_itt(p);
	l->cid = get_be16(p->bhs + 20);
	l->cmdsn = pdu_cmdsn(p);
	l->exp_statsn = pdu_expstatsn(p);
	l->discovery = type && !strcmp(type, "Discovery");
	c->cid = l->cid;
	if (!iname || strlen(iname) > 223)
		return 0x0207;
	strcpy(l->iname, iname);
	if (!l->discovery) {
		if (!tname)
			return 0x0207;
		if (strcmp(tname, target_iqn))
			return 0x0203;
	}
	neg_start(&l->neg, !l->tsih, l->discovery);
	return login_place(l);
}

/* Security stage. 1: wait for more, 0: may leave it, < 0: refused. */
static int login_security(struct conn *c, struct login *l,
			  const struct text *t, struct textbuf *out)
{
	bool need = chap_account.user &&
		    (!l->discovery || set.discovery_auth);
	const char *m = text_get(t, "AuthMethod");

	if (m) {
		if (need && text_list_has(m, "CHAP")) {
			text_add(out, "AuthMethod", "CHAP");
			return 1;
		}
		if (!need && text_list_has(m, "None")) {
			text_add(out, "AuthMethod", "None");
			l->authenticated = true;
			return 0;
		}
		return -1;
	}
	if (!need) {
		l->authenticated = true;
		return 0;
	}
	if (!l->authenticated && t->n) {
		int ret = chap_step(&l->chap, c, t, out);

		if (!ret)
			l->authenticated = true;
		return ret;
	}
	return l->authenticated ? 0 : -1;
}

static void login_enter_ffp(struct conn *c, struct login *l,
			    const struct pdu *req, struct textbuf *out)
{
	struct session *s, *prev;
	struct conn *old = NULL;
	bool leading = !l->tsih;

	if (leading) {
		prev = l->discovery ? NULL :
		       session_find(l->iname, l->isid);
		if (prev) {
			/* 6.3.5: same ISID with TSIH 0 ends the old session */
			counters.reinstated_sessions++;
			session_destroy(prev, "session reinstatement");
		}
		s = session_new(l->iname, l->isid);
		s->discovery = l->discovery;
		s->p = l->neg.result;
		s->exp_cmdsn = l->cmdsn;
		session_window(s);
		if (prev) {
			unsigned int i;

			s->reinstated = 1;
			for (i = 0; i < MAX_LUNS; i++)
				if (luns[i] && set.ua)
					session_ua(s, i, 6, 0x29, 0x07);
		}
		counters.sessions++;
	} else {
		/* It may have expired while this login was going on. */
		s = session_by_tsih(l->iname, l->isid, l->tsih);
		if (!s) {
			login_reject(c, req, 0x020a, NULL);
			return;
		}
		old = session_conn(s, l->cid);
	}
	c->inst = 1;
	c->sess = s;
	TAILQ_INSERT_TAIL(&s->conns, c, slink);
	if (old) {
		c->inst = old->inst + 1;
		counters.reinstated_conns++;
		/* The implicit logout: what it means depends on the level. */
		conn_lost(old, "connection reinstatement");
		if (old->state == CONN_CLEANUP || old->state == CONN_RECOVERED)
			recovery_logout(old, l->exp_statsn);
	}
	c->mrdsl_out = l->neg.mrdsl_initiator;
	c->mrdsl_in = target_keys.v[K_MRDSL];
	c->state = CONN_FFP;
	c->since = now_us();
	s->normal_up = true;
	counters.logins++;
	judge_ffp_start(c);
	login_respond(c, req, FLAG_FINAL | (req->bhs[1] & 0x0c) | CSG_FFP,
		      s->tsih, 0, out);
	/* Digests begin with the first PDU of full-feature phase (13.1). */
	c->hdr_digest = l->neg.result.v[K_HEADER_DIGEST];
	c->data_digest = l->neg.result.v[K_DATA_DIGEST];
	logf_("#%u cid %u full-feature: session %u ERL %u digests %d/%d MRDSL %u%s",
	      c->id, c->cid, s->tsih, s->p.v[K_ERL], c->hdr_digest,
	      c->data_digest, c->mrdsl_out, old ? ", reinstated" : "");
	login_free(c);
	nop_start(c);
	session_drain(s);
	if (c->state == CONN_FFP)
		fault_ffp(c);
}

static void login_text(struct conn *c, struct login *l, const struct pdu *p,
		       const struct text *t)
{
	int csg = p->bhs[1] >> 2 & 3, nsg = p->bhs[1] & 3;
	bool transit = p->bhs[1] & FLAG_FINAL;
	struct textbuf out = { 0 };
	int status = 0, sec;
	char redirect[128] = "";
	u16 tsih = l->tsih;

	if (!l->started)
		status = login_first(c, l, p, t);
	if (fault_login(c, &status, redirect, sizeof(redirect)))
		goto done;
	if (status)
		goto reject;
	l->csg = csg;
	if (!l->tpgt_sent && !l->discovery) {
		/* 13.9: with the first response after C=0 */
		l->tpgt_sent = true;
		text_add(&out, "TargetPortalGroupTag", "%u", set.tpgt);
		if (!l->tsih)
			text_add(&out, "TargetAlias", "%s", target_alias);
	}
	if (csg == CSG_SECURITY) {
		sec = login_security(c, l, t, &out);
		if (sec < 0) {
			status = 0x0201;
			goto reject;
		}
		if (sec > 0)
			transit = false;
	} else {
		if (chap_account.user && !l->authenticated &&
		    (!l->discovery || set.discovery_auth)) {
			status = 0x0201;
			goto reject;
		}
		status = neg_answer(&l->neg, c, t, &out);
		if (status)
			goto reject;
	}
	if (transit && nsg == CSG_FFP) {
		login_enter_ffp(c, l, p, &out);
		goto done;
	}
	login_respond(c, p, transit ? (p->bhs[1] & 0x8f) : (p->bhs[1] & 0x0c),
		      tsih, 0, &out);
	goto done;
reject:
	logf_("#%u login refused: %04x", c->id, status);
	login_reject(c, p, status, redirect);
done:
	free(out.buf);
}

void login_rx(struct conn *c, struct pdu *p)
{
	struct login *l = c->login;
	struct text t;
	const char *err;

	if (!l)
		return;
	if (pdu_op(p) != OP_LOGIN) {
		/* 4.2.4: only Login Requests before full-feature phase */
		logf_("#%u %s before full-feature phase", c->id,
		      pdu_op_name(p->bhs[0]));
		conn_close(c, false);
		return;
	}
	if (!l->started) {
		c->statsn = set.first_statsn;
		c->cid = get_be16(p->bhs + 20);
		c->login_cmdsn = pdu_cmdsn(p);
	}
	if (p->len > LOGIN_MRDSL || l->in.len + p->len > 65536) {
		login_reject(c, p, 0x0200, NULL);
		return;
	}
	if (p->len) {
		l->in.buf = xrealloc(l->in.buf, l->in.len + p->len);
		memcpy(l->in.buf + l->in.len, p->data, p->len);
		l->in.len += p->len;
	}
	if (p->bhs[1] & TXT_CONTINUE) {
		/* 6.2: an empty answer asks for the rest */
		login_respond(c, p, p->bhs[1] & 0x0c, get_be16(p->bhs + 14),
			      0, NULL);
		return;
	}
	err = text_parse(&t, (u8 *)l->in.buf, l->in.len);
	if (err) {
		judge(c, "6.1", "login text: %s", err);
		login_reject(c, p, 0x0200, NULL);
	} else {
		judge_login_keys(c, &t, p->bhs[1] >> 2 & 3,
				 !get_be16(p->bhs + 14));
		l->in.len = 0;
		login_text(c, l, p, &t);
	}
	text_free(&t);
}

/* SendTargets (App C): every portal of the one target. */
void send_targets(struct conn *c, const char *which, struct textbuf *out)
{
	unsigned int i;

	if (strcmp(which, "All") && *which && strcmp(which, target_iqn))
		return;
	text_add(out, "TargetName", "%s", target_iqn);
	for (i = 0; i < nr_portals; i++) {
		bool v6 = strchr(portals[i].addr, ':');

		if (!strcmp(portals[i].addr, "0.0.0.0") ||
		    !strcmp(portals[i].addr, "::"))
			text_add(out, "TargetAddress", "%s,%u", c->local,
				 set.tpgt);
		else
			text_add(out, "TargetAddress", "%s%s%s:%d,%u",
				 v6 ? "[" : "", portals[i].addr, v6 ? "]" : "",
				 portals[i].port, set.tpgt);
	}
}
