// SPDX-License-Identifier: GPL-2.0
/* PDUs that no target would send: changed copies, and made up ones. */
#include <stdlib.h>

#include "scenario.h"

#define TAGS		4096	/* of the initiator, in the low bits of an ITT */
#define SCSI_TAGS	128	/* those of commands, see "unsent" */
#define NO_TAG		0xffffffff

/* How often each tag was used: the ITT that it has next can be told. */
static u32 next_itt[TAGS];

/* What a list of changes asks for beside the fields. */
struct made {
	const struct conn *c;
	struct pdu *p;
	u32 low, high;		/* the ITTs are the next ones of these tags */
	bool lost;		/* numbered, kept, not sent */
	bool statsn, next, expcmdsn, maxcmdsn;
	u32 count;
};

/* A request: its tag is used up. */
void inject_seen(const struct pdu *p)
{
	u32 itt = pdu_itt(p);

	switch (pdu_op(p)) {
	case OP_DATA_OUT:
	case OP_SNACK:
	case OP_LOGIN:
		return;
	}
	if (itt != RSVD_TAG)
		next_itt[itt % TAGS] = itt + TAGS;
}

/* Bytes that are nowhere on the disk. */
static void wrong_data(struct pdu *p, u32 n)
{
	u8 *d = xalloc(n);

	memset(d, 0xdb, n);
	pdu_set_data(p, d, n);
	free(d);
}

/* Sense data behind its length: "data with ECC applied" and whatever key. */
static void sense_data(struct pdu *p, u8 key)
{
	u8 d[20] = { 0, 18, 0x70, 0, key, 0, 0, 0, 0, 10 };

	d[2 + 12] = 0x17;
	d[2 + 13] = 0x01;
	pdu_set_data(p, d, sizeof(d));
}

static __noreturn void bad(const char *changes)
{
	die("what is to change: %s?", changes);
}

/* One word without a value. */
static void change_word(struct made *m, const char *w, const char *changes)
{
	if (!strcmp(w, "ddigest"))
		m->p->break_ddigest = true;
	else if (!strcmp(w, "hdigest"))
		m->p->break_hdigest = true;
	else if (!strcmp(w, "lost"))
		m->lost = true;
	else
		bad(changes);
}

/* The header to which the rule of this label applied last. */
static const u8 *header_of(const char *label)
{
	struct rule *r;

	TAILQ_FOREACH(r, &rules, link)
		if (r->label && !strcmp(r->label, label))
			return r->bhs;
	die("no rule has this label: %s", label);
}

/*
 * LABEL, or LABEL+N for what the Nth tag behind it has next: who takes tags in
 * turn begins anew with 0 behind the last one.
 */
static u32 itt_by_label(const char *v)
{
	size_t n = strcspn(v, "+");
	char label[64];
	u64 step = 0;
	u32 itt, tag;

	snprintf(label, sizeof(label), "%.*s", (int)n, v);
	itt = get_be32(header_of(label) + 16);
	if (!v[n])
		return itt;
	parse_u64(v + n + 1, &step);
	for (tag = itt % TAGS; step; step--)
		tag = next_itt[tag + 1] ? tag + 1 : 0;
	return next_itt[tag];
}

/* The task that a TMF, or the answer to it, is about. */
static u32 referenced(const struct conn *c, const u8 *about)
{
	u32 itt = get_be32(about + 16);

	if (c && (about[0] & OP_MASK) == OP_TMF_RSP)
		return c->tmf_rtt[itt % ARRAY_SIZE(c->tmf_rtt)];
	return get_be32(about + 20);
}

/* rtt, @LABEL, @LABEL+, unsent, unsentN, unsentN-M */
static void change_itt(struct made *m, const char *v, const u8 *about,
		       const char *changes)
{
	const char *dash = strchr(v, '-');
	u64 low = 0, high = SCSI_TAGS - 1;
	char text[16];

	if (!strcmp(v, "rtt")) {
		put_be32(m->p->bhs + 16, referenced(m->c, about));
		return;
	}
	if (*v == '@') {
		put_be32(m->p->bhs + 16, itt_by_label(v + 1));
		return;
	}
	if (strncmp(v, "unsent", 6))
		bad(changes);
	snprintf(text, sizeof(text), "%s", v + 6);
	text[strcspn(text, "-")] = 0;
	if (*text && !parse_u64(text, &low))
		bad(changes);
	if (*text)
		high = low;
	if ((dash && !parse_u64(dash + 1, &high)) || low > high ||
	    high >= TAGS)
		bad(changes);
	m->low = low;
	m->high = high;
}

/* What is no field of the header. */
static bool change_other(struct made *m, const char *w, const char *v,
			 const u8 *about, const char *changes)
{
	u64 n = 0;

	if (!strcmp(w, "of"))
		return true;
	if (!strcmp(w, "statsn") && !strcmp(v, "next")) {
		m->next = true;
		return true;
	}
	if (!parse_u64(v, &n)) {
		if (strcmp(w, "itt"))
			bad(changes);
		change_itt(m, v, about, changes);
		return true;
	}
	if (!strcmp(w, "count"))
		m->count = n;
	else if (!strcmp(w, "len"))
		wrong_data(m->p, n);
	else if (!strcmp(w, "sense"))
		sense_data(m->p, n);
	else if (!strcmp(w, "drip"))
		m->p->drip = n;
	else if (!strcmp(w, "pause"))
		m->p->drip_ms = n;
	else
		return false;
	return true;
}

static void change_field(struct made *m, char *w, char *v, const u8 *about,
			 const char *changes)
{
	struct pdu *p = m->p;
	char sign = v[-2];
	struct field f;
	u64 n;

	if (sign == '+' || sign == '-')
		v[-2] = 0;
	if (change_other(m, w, v, about, changes))
		return;
	if (!field_by_name(w, &f) || !f.size || !parse_u64(v, &n))
		bad(changes);
	m->statsn |= !strcmp(w, "statsn");
	m->expcmdsn |= !strcmp(w, "expcmdsn");
	m->maxcmdsn |= !strcmp(w, "maxcmdsn");
	f.value = FV_HEADER;
	if (sign == '+' || sign == '-')
		n = field_get(&f, NULL, p) + (sign == '+' ? n : -n);
	field_set(&f, p, n);
}

static void change(struct made *m, const u8 *about, const char *changes)
{
	char *s = xstrdup(changes), *save, *w;

	for (w = strtok_r(s, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(w, '=');

		if (!eq) {
			change_word(m, w, changes);
			continue;
		}
		if (eq == w)
			bad(changes);
		*eq = 0;
		change_field(m, w, eq + 1, about, changes);
	}
	free(s);
}

static bool takes_statsn(const struct pdu *p)
{
	switch (pdu_op(p)) {
	case OP_DATA_IN:
		return p->bhs[1] & DIN_STATUS;
	case OP_NOP_IN:
		return pdu_itt(p) != RSVD_TAG;
	case OP_R2T:
		return false;
	default:
		return true;
	}
}

/* A PDU out of nothing, about the task of the one at hand. */
static struct pdu *make(const char *kind, const u8 *about)
{
	int op = pdu_op_by_name(kind);
	struct pdu *p;

	if (op < 0 || !(op & 0x20))
		die("no target sends this: %s", kind);
	p = pdu_new(op, FLAG_FINAL);
	put_be32(p->bhs + 16, get_be32(about + 16));
	switch (op) {
	case OP_NOP_IN:
		put_be32(p->bhs + 20, RSVD_TAG);
		put_be32(p->bhs + 16, RSVD_TAG);
		break;
	case OP_ASYNC:
		put_be32(p->bhs + 16, RSVD_TAG);
		break;
	case OP_DATA_IN:
	case OP_TEXT_RSP:
		put_be32(p->bhs + 20, RSVD_TAG);
		break;
	case OP_R2T:
		memcpy(p->bhs + 8, about + 8, 8);
		break;
	}
	return p;
}

/*
 * Numbers that the list does not give are those that come next; a copy keeps
 * its own. What has a StatSN out of the list is a lie that nobody keeps.
 */
static void number(struct conn *c, struct made *m, bool copy)
{
	struct pdu *p = m->p;
	u8 given[12];

	p->status = takes_statsn(p);
	p->resend = p->status && !m->next && (copy || m->statsn);
	memcpy(given, p->bhs + 24, sizeof(given));
	if (!copy || m->next)
		conn_number(c, p);
	if (m->statsn && !m->next)
		memcpy(p->bhs + 24, given, 4);
	if (m->expcmdsn)
		memcpy(p->bhs + 28, given + 4, 4);
	if (m->maxcmdsn)
		memcpy(p->bhs + 32, given + 8, 4);
}

/* The judge hears of what the initiator may rightly act on. */
static void tell_judge(struct conn *c, const struct made *m, bool copy)
{
	const struct pdu *p = m->p;
	bool whole = !p->break_hdigest && !p->break_ddigest;

	if (copy)
		judge_copied(c, p);
	if (p->resend && (!copy || m->statsn))
		return;
	if (p->status && (p->resend || pdu_op(p) == OP_DATA_IN))
		judge_status(c, p, whole);
	else if (pdu_op(p) != OP_DATA_IN && (!copy || p->status))
		judge_tx(c, p, whole);
}

/* A Reject has the header of what it is about as its data. */
static void reject_what(struct pdu *p, const u8 *about)
{
	u8 hdr[BHS_LEN];

	memcpy(hdr, about, BHS_LEN);
	memcpy(hdr + 16, p->bhs + 16, 4);
	put_be32(p->bhs + 16, RSVD_TAG);
	pdu_set_data(p, hdr, BHS_LEN);
}

static struct pdu *first_form(const char *kind, const u8 *about,
			      const struct pdu *whole)
{
	struct pdu *p;

	if (strcmp(kind, "same"))
		return make(kind, about);
	if (whole) {
		p = pdu_clone(whole);
		p->resend = false;
		p->break_hdigest = false;
		p->break_ddigest = false;
		p->cut = -1;
		return p;
	}
	p = pdu_new(about[0], about[1]);
	memcpy(p->bhs, about, BHS_LEN);
	p->bhs[4] = 0;
	pdu_set_data(p, NULL, 0);
	return p;
}

static void inject_one(struct conn *c, const char *kind, const char *changes,
		       const u8 *about, const struct pdu *whole, u32 tag,
		       u32 nth)
{
	bool copy = !strcmp(kind, "same");
	struct made m = { .c = c, .p = first_form(kind, about, whole) };

	change(&m, about, changes);
	if (tag != NO_TAG)
		put_be32(m.p->bhs + 16, (next_itt[tag] ?: tag) + nth * TAGS);
	if (pdu_op(m.p) == OP_REJECT && !copy && !m.p->len)
		reject_what(m.p, about);
	number(c, &m, copy);
	log_pdu(c, ">", m.p, m.lost ? "made up, and lost" : "made up");
	if (m.lost)
		judge_status(c, m.p, false);
	else
		tell_judge(c, &m, copy);
	conn_keep(c, m.p);
	if (!m.lost)
		conn_queue_bytes(c, m.p, 0, NULL);
	pdu_free(m.p);
}

/* "of=LABEL": it is about another PDU than the one at hand. */
static const u8 *whom(const char *changes, const u8 *about)
{
	const char *of = strstr(changes, "of=");
	char label[64];

	if (!of || (of != changes && of[-1] != ','))
		return about;
	snprintf(label, sizeof(label), "%s", of + 3);
	label[strcspn(label, ",")] = 0;
	return header_of(label);
}

static void inject(struct conn *c, const char *kind, const char *changes,
		   const u8 *about, const struct pdu *whole)
{
	struct made m = {
		.c = c, .p = pdu_new(0, 0), .count = 1, .low = NO_TAG,
	};
	u32 i, tag;

	about = whom(changes, about);
	change(&m, about, changes);
	for (i = 0; i < m.count; i++) {
		if (m.low == NO_TAG) {
			inject_one(c, kind, changes, about, whole, NO_TAG, 0);
			continue;
		}
		for (tag = m.low; tag <= m.high; tag++)
			inject_one(c, kind, changes, about, whole, tag, i);
	}
	pdu_free(m.p);
}

static const char *kind_of(const struct action *a)
{
	return a->kind == ACT_EXTRA ? "same" : a->text2;
}

/* A mistake in a scenario is told when that is read. */
void inject_check(const struct action *a)
{
	static const u8 none[BHS_LEN];
	struct made m = { .p = pdu_new(0, 0) };

	if (!strchr(a->text, '@'))
		change(&m, none, a->text);
	pdu_free(m.p);
	if (strcmp(kind_of(a), "same"))
		pdu_free(make(kind_of(a), none));
}

/* Beside this PDU on its way out. */
void inject_by(const struct action *a, struct conn *c, const struct pdu *p)
{
	inject(c, kind_of(a), a->text, p->bhs, p);
}

/* Later, or in answer to a request: of that only the header is left. */
void inject_about(const struct action *a, struct conn *c, const u8 *about)
{
	inject(c, kind_of(a), a->text, about, NULL);
}

void inject_zeros(struct pdu *p, u32 n)
{
	u8 *d = xalloc(n);

	pdu_set_data(p, d, n);
	free(d);
}

/* GOOD for the task that a TMF Response has just said to be no more. */
void inject_late_status(struct conn *c, const struct pdu *tmf_rsp)
{
	struct pdu *p = pdu_new(OP_SCSI_RSP, FLAG_FINAL);

	put_be32(p->bhs + 16, c->tmf_rtt[pdu_itt(tmf_rsp) %
					 ARRAY_SIZE(c->tmf_rtt)]);
	p->status = true;
	conn_send(c, p);
}

void inject_keytext(struct pdu *p, const struct action *a)
{
	struct textbuf out = { 0 };
	struct text t;
	unsigned int i;

	if (text_parse(&t, p->data, p->len))
		return;
	for (i = 0; i < t.n; i++)
		if (strcmp(t.kv[i].key, a->text))
			text_add(&out, t.kv[i].key, "%s", t.kv[i].value);
	if (strcmp(a->text2, "-"))
		text_add(&out, a->text, "%s", a->text2);
	pdu_set_data(p, out.buf, out.len);
	text_free(&t);
	free(out.buf);
}
