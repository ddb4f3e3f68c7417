// SPDX-License-Identifier: GPL-2.0
/* A readable trace: one line per PDU and per event, seconds since the start. */
#include <stdarg.h>

#include "target.h"

static FILE *out;
static u64 t0;

void log_open(const char *path)
{
	out = strcmp(path, "-") ? fopen(path, "w") : stdout;
	if (!out)
		die("%s: %m", path);
	/* Lines must be there when a guest dies; 4k blocks are not enough. */
	setvbuf(out, NULL, _IOLBF, 0);
	t0 = now_us();
}

static void stamp(void)
{
	u64 t = now_us() - t0;

	fprintf(out, "%5u.%06u ", (u32)(t / 1000000), (u32)(t % 1000000));
}

void logf_(const char *fmt, ...)
{
	va_list ap;

	if (!out)
		return;
	stamp();
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

/* dir: "<" from the initiator, ">" to it. */
void log_pdu(const struct conn *c, const char *dir, const struct pdu *p,
	     const char *note)
{
	char text[400];

	if (!out)
		return;
	pdu_describe(p, text, sizeof(text));
	stamp();
	fprintf(out, "#%u cid %u %s %s%s%s\n", c->id, c->cid, dir, text,
		note ? " | " : "", note ? note : "");
}
