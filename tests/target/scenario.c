// SPDX-License-Identifier: GPL-2.0
/* The scenario language (see README): one text file, one line a rule. */
#include <ctype.h>
#include <stdlib.h>

#include "scenario.h"

struct rule_list rules = TAILQ_HEAD_INITIALIZER(rules);

static struct {
	char *name, *value;
} defs[32];
static unsigned int nr_defs;
static const char *file;
static int line_nr;

static __noreturn void bad(const char *what, const char *arg)
{
	die("%s:%d: %s%s%s", file, line_nr, what, arg ? ": " : "",
	    arg ? arg : "");
}

void scenario_define(const char *name, const char *value)
{
	unsigned int i;

	for (i = 0; i < nr_defs; i++)
		if (!strcmp(defs[i].name, name))
			return;		/* the first one, the caller's, stays */
	if (nr_defs == ARRAY_SIZE(defs))
		die("too many definitions");
	defs[nr_defs].name = xstrdup(name);
	defs[nr_defs++].value = xstrdup(value);
}

/* $NAME -> its value */
static void expand(const char *in, char *out, size_t n)
{
	size_t k = 0, len;
	unsigned int i;

	while (*in && k + 1 < n) {
		if (*in != '$') {
			out[k++] = *in++;
			continue;
		}
		for (len = 0; isalnum((unsigned char)in[1 + len]); len++)
			;
		for (i = 0; i < nr_defs; i++)
			if (strlen(defs[i].name) == len &&
			    !strncmp(defs[i].name, in + 1, len))
				break;
		if (i == nr_defs)
			bad("not defined", in);
		k += snprintf(out + k, n - k, "%s", defs[i].value);
		in += 1 + len;
	}
	out[k < n ? k : n - 1] = 0;
}

static char *word(char **s)
{
	char *w;

	while (isspace((unsigned char)**s))
		(*s)++;
	if (!**s)
		return NULL;
	w = *s;
	while (**s && !isspace((unsigned char)**s))
		(*s)++;
	if (**s)
		*(*s)++ = 0;
	return w;
}

static u64 number(const char *s)
{
	u64 v;

	if (!s || !parse_u64(s, &v))
		bad("what is missing is a figure", s);
	return v;
}

static const struct {
	const char *name;
	enum act_kind kind;
	unsigned int min, max;	/* numbers it takes */
} act_names[] = {
	{ "drop", ACT_DROP, 0, 0 }, { "dup", ACT_DUP, 0, 1 },
	{ "delay", ACT_DELAY, 1, 1 }, { "hold", ACT_HOLD, 1, 1 },
	{ "swap", ACT_SWAP, 0, 0 }, { "hdigest", ACT_HDIGEST, 0, 0 },
	{ "ddigest", ACT_DDIGEST, 0, 0 }, { "set", ACT_SET, 0, 0 },
	{ "cut", ACT_CUT, 1, 1 }, { "reject", ACT_REJECT, 1, 1 },
	{ "respond", ACT_RESPOND, 1, 3 }, { "login", ACT_LOGIN, 1, 1 },
	{ "redirect", ACT_REDIRECT, 0, 0 }, { "status", ACT_STATUS, 1, 1 },
	{ "check", ACT_CHECK, 3, 3 }, { "stall", ACT_STALL, 1, 1 },
	{ "noreply", ACT_NOREPLY, 0, 0 }, { "keytext", ACT_KEYTEXT, 0, 0 },
	{ "zero", ACT_DATA_ZERO, 0, 0 }, { "extra", ACT_EXTRA, 0, 0 },
	{ "ghost", ACT_GHOST, 0, 0 },
	{ "elsewhere", ACT_ELSEWHERE, 0, 0 }, { "data", ACT_DATA, 1, 1 },
	{ "late", ACT_LATE, 0, 0 },
	{ "rst", ACT_RST, 0, 0 }, { "fin", ACT_FIN, 0, 0 },
	{ "silence", ACT_SILENCE, 0, 0 }, { "mute", ACT_MUTE, 0, 0 },
	{ "deaf", ACT_DEAF, 0, 0 }, { "resume", ACT_RESUME, 0, 0 },
	{ "wait", ACT_WAIT, 1, 1 }, { "async", ACT_ASYNC, 1, 5 },
	{ "nopin", ACT_NOPIN, 0, 2 }, { "key", ACT_KEY, 0, 0 },
	{ "config", ACT_CONFIG, 0, 0 }, { "refuse", ACT_REFUSE, 1, 1 },
	{ "pause", ACT_PAUSE, 0, 0 }, { "unpause", ACT_UNPAUSE, 0, 0 },
	{ "note", ACT_NOTE, 0, 0 }, { "expire", ACT_EXPIRE, 0, 0 },
	{ "kill", ACT_KILL, 0, 0 }, { "sendreject", ACT_SENDREJECT, 1, 1 },
	{ "release", ACT_RELEASE, 0, 0 },
	{ "inject", ACT_INJECT, 0, 0 }, { "append", ACT_APPEND, 0, 0 },
	{ "glue", ACT_GLUE, 0, 0 }, { "drip", ACT_DRIP, 2, 2 },
	{ "send", ACT_SEND, 0, 0 }, { "cork", ACT_CORK, 0, 0 },
	{ "uncork", ACT_UNCORK, 0, 0 }, { "freeze", ACT_FREEZE, 0, 0 },
	{ "thaw", ACT_THAW, 0, 0 },
};

static bool parse_who(struct action *a, const char *w)
{
	if (!strcmp(w, "other"))
		a->who = WHO_OTHER;
	else if (!strcmp(w, "all"))
		a->who = WHO_ALL;
	else if (!strcmp(w, "random"))
		a->who = WHO_RANDOM;
	else if (!strncmp(w, "cid=", 4))
		a->who = WHO_CID, a->cid = number(w + 4);
	else
		return false;
	return true;
}

static void parse_set(struct action *a, char *w)
{
	char *eq = w ? strchr(w, '=') : NULL;

	if (!eq || eq == w)
		bad("set FIELD=VALUE", w);
	*eq = 0;
	if (eq[-1] == '+') {
		a->add = true;
		eq[-1] = 0;
	}
	if (!field_by_name(w, &a->f) || !a->f.size)
		bad("no such field to set", w);
	a->n[0] = number(eq + 1);
}

static void parse_action(struct rule *r, char *s)
{
	char *w = word(&s);
	struct action *a;
	unsigned int i;

	if (!w)
		return;
	if (r->nr_act == ARRAY_SIZE(r->act))
		bad("too many actions", NULL);
	a = &r->act[r->nr_act++];
	for (i = 0; i < ARRAY_SIZE(act_names); i++)
		if (!strcmp(act_names[i].name, w))
			break;
	if (i == ARRAY_SIZE(act_names))
		bad("no such action", w);
	a->kind = act_names[i].kind;
	switch (a->kind) {
	case ACT_SET:
		parse_set(a, word(&s));
		break;
	case ACT_KEY:
	case ACT_CONFIG:
	case ACT_KEYTEXT:
		a->text = word(&s);
		a->text2 = word(&s);
		if (!a->text || !a->text2)
			bad("NAME VALUE is missing", w);
		a->text = xstrdup(a->text);
		a->text2 = xstrdup(a->text2);
		break;
	case ACT_REDIRECT:
	case ACT_EXTRA:
		a->text = word(&s);
		if (!a->text)
			bad("an argument is missing", w);
		a->text = xstrdup(a->text);
		break;
	case ACT_INJECT:
	case ACT_APPEND:
	case ACT_SEND:
		a->text2 = word(&s);
		a->text = word(&s);
		if (!a->text2)
			bad("which PDU is missing", NULL);
		a->text2 = xstrdup(a->text2);
		a->text = xstrdup(a->text ? a->text : "");
		inject_check(a);
		break;
	case ACT_NOTE:
		a->text = xstrdup(s);
		return;
	default:
		break;
	}
	while ((w = word(&s))) {
		if (parse_who(a, w))
			continue;
		if (a->kind == ACT_REFUSE && !strcmp(w, "every")) {
			a->n[a->nr++] = 0xffffffff;
			continue;
		}
		if (a->nr >= act_names[i].max)
			bad("one argument too many", w);
		a->n[a->nr++] = number(w);
	}
	if (a->nr < act_names[i].min)
		bad("arguments are missing", act_names[i].name);
}

static void parse_actions(struct rule *r, char *s)
{
	char *semi;

	while (s) {
		semi = strchr(s, ';');
		if (semi)
			*semi++ = 0;
		parse_action(r, s);
		s = semi;
	}
}

static void parse_cond(struct rule *r, char *w)
{
	static const struct {
		const char *text;
		enum cmp_op op;
	} ops[] = {
		{ "!=", CMP_NE }, { "<=", CMP_LE }, { ">=", CMP_GE },
		{ "=", CMP_EQ }, { "<", CMP_LT }, { ">", CMP_GT },
	};
	struct cond *k;
	unsigned int i;
	char *p = NULL;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		p = strstr(w, ops[i].text);
		if (p)
			break;
	}
	if (!p || p == w)
		bad("what condition is this", w);
	*p = 0;
	p += strlen(ops[i].text);
	if (!strcmp(w, "nth")) {
		r->nth = number(p);
		return;
	}
	if (!strcmp(w, "from")) {
		r->from = number(p);
		return;
	}
	if (!strcmp(w, "every")) {
		r->every = number(p);
		return;
	}
	if (!strcmp(w, "times")) {
		r->times = !strcmp(p, "all") ? 0xffffffff : number(p);
		return;
	}
	if (!strcmp(w, "prob")) {
		r->prob = strtod(p, NULL);
		return;
	}
	if (!strcmp(w, "label")) {
		r->label = xstrdup(p);
		return;
	}
	if (!strcmp(w, "after")) {
		r->after = xstrdup(p);
		return;
	}
	if (r->nr_cond == ARRAY_SIZE(r->cond))
		bad("too many conditions", w);
	k = &r->cond[r->nr_cond++];
	if (!field_by_name(w, &k->f))
		bad("no such field", w);
	k->op = ops[i].op;
	k->v = number(p);
}

static struct rule *rule_new(void)
{
	struct rule *r = xalloc(sizeof(*r));

	r->line = line_nr;
	r->opcode = -1;
	r->prob = 1;
	TAILQ_INSERT_TAIL(&rules, r, link);
	return r;
}

static void parse_kind(struct rule *r, char **s)
{
	char *w = word(s);

	if (!w)
		bad("rx, tx or any", NULL);
	if (!strcmp(w, "any"))
		r->any_dir = true;
	else if (strcmp(w, "rx") && strcmp(w, "tx"))
		bad("rx, tx or any", w);
	r->rx = !strcmp(w, "rx");
	w = word(s);
	if (!w)
		bad("which PDU", NULL);
	if (strcmp(w, "any")) {
		r->opcode = pdu_op_by_name(w);
		if (r->opcode < 0)
			bad("no such PDU", w);
	}
}

/* on DIR KIND [before|after] [COND]... : ACTION [; ACTION]... */
static void parse_on(char *s)
{
	char *acts = strstr(s, ": "), *w;
	struct rule *r = rule_new();

	if (!acts)
		bad("no actions", NULL);
	*acts++ = 0;
	parse_kind(r, &s);
	/* Lost requests and delivered responses are the common wish. */
	r->before = r->rx;
	while ((w = word(&s))) {
		if (!strcmp(w, "before"))
			r->before = true;
		else if (!strcmp(w, "after"))
			r->before = false;
		else if (!strcmp(w, "optional"))
			r->optional = true;
		else
			parse_cond(r, w);
	}
	parse_actions(r, acts);
	if (!r->times)
		r->times = r->every || r->prob < 1 ? 0xffffffff : 1;
}

/* at MS [login] [every=MS] [jitter=MS] : ACTION... */
static void parse_at(char *s)
{
	char *acts = strstr(s, ": "), *w;
	struct rule *r = rule_new();

	if (!acts)
		bad("no actions", NULL);
	*acts++ = 0;
	r->timed = true;
	r->at_ms = number(word(&s));
	r->times = 1;
	while ((w = word(&s))) {
		if (!strcmp(w, "login"))
			r->from_login = true;
		else if (!strcmp(w, "optional"))
			r->optional = true;
		else if (!strncmp(w, "every=", 6))
			r->every_ms = number(w + 6), r->times = 0xffffffff;
		else if (!strncmp(w, "jitter=", 7))
			r->jitter_ms = number(w + 7);
		else if (!strncmp(w, "times=", 6))
			r->times = number(w + 6);
		else if (!strncmp(w, "label=", 6))
			r->label = xstrdup(w + 6);
		else
			bad("at MS [login] [every=] [jitter=]", w);
	}
	parse_actions(r, acts);
}

static void parse_bounds(struct rule *r, char *w)
{
	char *dots = w ? strstr(w, "..") : NULL;

	if (!w)
		bad("count N, N.. or N..M", NULL);
	if (dots)
		*dots = 0;
	r->min = number(w);
	r->max = !dots ? r->min : dots[2] ? number(dots + 2) : 0xffffffff;
}

/* expect DIR KIND [COND]... count N[..[M]] | expect counter NAME N[..[M]] */
static void parse_expect(char *s)
{
	struct rule *r = rule_new();
	char *w;

	r->expect = true;
	r->times = 0xffffffff;
	if (!strncmp(s, "counter ", 8)) {
		u64 v;

		s += 8;
		w = word(&s);
		if (!w || !counter_by_name(w, &v))
			bad("no such counter", w);
		r->counter = xstrdup(w);
		parse_bounds(r, word(&s));
		return;
	}
	parse_kind(r, &s);
	while ((w = word(&s))) {
		if (!strcmp(w, "count")) {
			parse_bounds(r, word(&s));
			return;
		}
		parse_cond(r, w);
	}
	bad("expect ... count N", NULL);
}

static void parse_line(char *s)
{
	char *w = word(&s), *a, *b;

	if (!w)
		return;
	while (isspace((unsigned char)*s))
		s++;
	if (!strcmp(w, "on")) {
		parse_on(s);
	} else if (!strcmp(w, "at")) {
		parse_at(s);
	} else if (!strcmp(w, "expect")) {
		parse_expect(s);
	} else if (!strcmp(w, "allow")) {
		judge_allow(xstrdup(s));
	} else if (!strcmp(w, "set") || !strcmp(w, "key")) {
		a = word(&s);
		b = word(&s);
		if (!a || !b || !(*w == 's' ? setting(a, b) :
				  keys_set_own(a, b)))
			bad("NAME VALUE?", a);
	} else if (!strcmp(w, "lun")) {
		lun_add(word(&s));
	} else if (!strcmp(w, "seed")) {
		scenario_seed(number(word(&s)));
	} else if (!strcmp(w, "define")) {
		a = word(&s);
		b = word(&s);
		if (!a || !b)
			bad("define NAME VALUE", NULL);
		scenario_define(a, b);
	} else {
		bad("what is this", w);
	}
}

static void resolve(void)
{
	struct rule *r, *o;

	TAILQ_FOREACH(r, &rules, link) {
		if (!r->after)
			continue;
		TAILQ_FOREACH(o, &rules, link)
			if (o->label && !strcmp(o->label, r->after))
				break;
		line_nr = r->line;
		if (!o)
			bad("no rule has this label", r->after);
		r->after_rule = o;
	}
}

void scenario_load(const char *path)
{
	char raw[1024], text[2048];
	FILE *f = fopen(path, "r");

	if (!f)
		die("%s: %m", path);
	file = path;
	while (fgets(raw, sizeof(raw), f)) {
		char *hash = strchr(raw, '#');

		line_nr++;
		if (hash)
			*hash = 0;
		expand(raw, text, sizeof(text));
		parse_line(text);
	}
	fclose(f);
	resolve();
	fault_start_timers(false);
}

/* At the end: what did not happen as the scenario says. */
void scenario_verdict(void)
{
	struct rule *r;

	TAILQ_FOREACH(r, &rules, link) {
		u64 v = r->matched;

		if (r->counter)
			counter_by_name(r->counter, &v);
		if (r->expect && (v < r->min || v > r->max))
			judge(NULL, "scenario",
			      "line %d expects %u..%u, there were %llu",
			      r->line, r->min, r->max,
			      v);
		if (!r->expect && !r->fired && !r->optional)
			judge(NULL, "scenario", "line %d never happened",
			      r->line);
	}
}
