// SPDX-License-Identifier: GPL-2.0
/*
 * `iscsi-erl2 status`: everything on one screen, or as JSON.
 */
#include <string.h>

#include "iscsi-erl2.h"

/* A time for people: three digits and a unit that fits. */
const char *duration(long long us, char *buf, size_t size)
{
	if (us < 0)
		snprintf(buf, size, "?");
	else if (us < 1000)
		snprintf(buf, size, "%lld us", us);
	else if (us < 10000)
		snprintf(buf, size, "%.2f ms", us / 1e3);
	else if (us < 100000)
		snprintf(buf, size, "%.1f ms", us / 1e3);
	else if (us < 1000000)
		snprintf(buf, size, "%.0f ms", us / 1e3);
	else if (us < 60000000)
		snprintf(buf, size, "%.2f s", us / 1e6);
	else
		snprintf(buf, size, "%lld min %lld s", us / 60000000,
			 us / 1000000 % 60);
	return buf;
}

static const char *number(long long val, char *buf, size_t size)
{
	if (val < 0)
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, "%lld", val);
	return buf;
}

#define NUM(val) number(val, (char[24]) { 0 }, 24)

static const char *word(const char *s)
{
	return *s ? s : "?";
}

static const char *plural(long long n)
{
	return n == 1 ? "" : "s";
}

static void session_text(FILE *out, const struct session *s)
{
	const long long *n = s->number;
	const char *tmo = word(s->recovery_tmo);
	char buf[32];
	size_t i;

	fprintf(out, "session%u  %s  %s\n", s->sid, word(s->target),
		word(s->state));
	fprintf(out, "    recovery level %s, time2wait %s s, time2retain %s s, recovery_tmo %s%s\n",
		NUM(n[N_LEVEL]), NUM(n[N_TIME2WAIT]), NUM(n[N_TIME2RETAIN]),
		tmo, strspn(tmo, "0123456789") ? " s" : "");
	if (*s->disks)
		fprintf(out, "    disks %s\n", s->disks);

	fprintf(out, "    connections %zu of %s wanted\n", s->nr_conns,
		NUM(n[N_CONNECTIONS]));
	if (s->nr_conns)
		fprintf(out, "        %5s  %-16s  %5s  %s\n", "CID", "STATE",
			"TASKS", "PORTAL");
	for (i = 0; i < s->nr_conns; i++) {
		const struct connection *c = &s->conns[i];

		fprintf(out, "        %5u  %-16s  %5s  %s\n", c->cid,
			word(c->state), NUM(c->tasks), word(c->portal));
	}

	fprintf(out, "    commands %s reassigned, %s retried, %s lost\n",
		NUM(n[N_TASKS_REASSIGNED]), NUM(n[N_TASKS_RETRIED]),
		NUM(n[N_TASKS_LOST]));
	fprintf(out, "    %s recover%s, %s reinstatement%s",
		NUM(n[N_RECOVERIES]), n[N_RECOVERIES] == 1 ? "y" : "ies",
		NUM(n[N_REINSTATEMENTS]), plural(n[N_REINSTATEMENTS]));
	if (n[N_RECOVERIES] > 0)
		fprintf(out, ", the last recovery took %s",
			duration(n[N_LAST_RECOVERY_US], buf, sizeof(buf)));
	fputc('\n', out);
}

void show_text(FILE *out, const struct tree *t)
{
	size_t i;

	if (!t->loaded && !t->nr_sessions)
		fprintf(out, "iscsi_erl2 is not loaded\n");
	else if (!t->nr_sessions)
		fprintf(out, "no sessions\n");
	for (i = 0; i < t->nr_sessions; i++) {
		if (i)
			fputc('\n', out);
		session_text(out, &t->sessions[i]);
	}
	if (t->nr_foreign)
		fprintf(out, "%s%zu session%s of other drivers\n",
			t->nr_sessions ? "\n" : "", t->nr_foreign,
			plural(t->nr_foreign));
}

static void json_string(FILE *out, const char *s)
{
	if (!*s) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_number(FILE *out, long long val)
{
	if (val < 0)
		fputs("null", out);
	else
		fprintf(out, "%lld", val);
}

static void session_json(FILE *out, const struct session *s)
{
	const char *p, *sep;
	size_t i;

	fprintf(out, "{\"sid\":%u,\"target\":", s->sid);
	json_string(out, s->target);
	fputs(",\"state\":", out);
	json_string(out, s->state);

	/* "off" when it is switched off */
	fputs(",\"recovery_tmo\":", out);
	if (*s->recovery_tmo &&
	    strspn(s->recovery_tmo, "0123456789") == strlen(s->recovery_tmo))
		fputs(s->recovery_tmo, out);
	else
		json_string(out, s->recovery_tmo);

	for (i = 0; i < N_NUMBERS; i++) {
		/* the name is taken by the list of them */
		fprintf(out, ",\"%s\":", i == N_CONNECTIONS ?
			"connections_wanted" : number_names[i]);
		json_number(out, s->number[i]);
	}

	fputs(",\"disks\":[", out);
	for (p = s->disks, sep = ""; *p; sep = ",") {
		size_t len = strcspn(p, " ");
		char disk[ATTR_LEN];

		snprintf(disk, sizeof(disk), "%.*s", (int)len, p);
		fputs(sep, out);
		json_string(out, disk);
		p += len + strspn(p + len, " ");
	}

	fputs("],\"connections\":[", out);
	for (i = 0; i < s->nr_conns; i++) {
		const struct connection *c = &s->conns[i];

		fprintf(out, "%s{\"cid\":%u,\"state\":", i ? "," : "", c->cid);
		json_string(out, c->state);
		fputs(",\"portal\":", out);
		json_string(out, c->portal);
		fputs(",\"tasks\":", out);
		json_number(out, c->tasks);
		fputc('}', out);
	}
	fputs("]}", out);
}

/* One line, so that with --watch each line is a document. */
void show_json(FILE *out, const struct tree *t)
{
	size_t i;

	fprintf(out, "{\"loaded\":%s,\"sessions\":[",
		t->loaded ? "true" : "false");
	for (i = 0; i < t->nr_sessions; i++) {
		if (i)
			fputc(',', out);
		session_json(out, &t->sessions[i]);
	}
	fputs("]}\n", out);
}
