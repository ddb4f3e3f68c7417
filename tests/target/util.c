// SPDX-License-Identifier: GPL-2.0
/* Allocation that does not fail, numbers, and knobs by name. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "target.h"

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("erl2-target: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(2);
}

void *xalloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		die("out of memory");
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die("out of memory");
	return p;
}

char *xstrdup(const char *s)
{
	char *p = strdup(s);

	if (!p)
		die("out of memory");
	return p;
}

bool parse_u64(const char *s, u64 *v)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*v = strtoull(s, &end, 0);
	if (errno)
		return false;
	switch (*end) {
	case 'k': case 'K':
		*v <<= 10;
		end++;
		break;
	case 'm': case 'M':
		*v <<= 20;
		end++;
		break;
	case 'g': case 'G':
		*v <<= 30;
		end++;
		break;
	}
	return !*end;
}

struct settings set = {
	.window = 128,
	.collapse = 1,
	.abit = 1,
	.async2 = 1,
	.ua = 1,
	.r2t_timeout = 3000,
	.logout_time2wait = 0,
	.logout_time2retain = 0xffffffff,
	.first_statsn = 0x1000,
	.tpgt = 1,
	.login_timeout = 15,
	.exact_after = 0,
};

#define KNOB(n, text)	{ #n, &set.n, text }

static const struct {
	const char *name;
	u32 *v;
	const char *text;
} knobs[] = {
	KNOB(window, "CmdSNs open beyond ExpCmdSN"),
	KNOB(collapse, "1: GOOD status in the last Data-In; 0: SCSI Response"),
	KNOB(abit, "A bit at ERL>=1: 0 never, 1 each burst, 2 every Data-In"),
	KNOB(async2, "1: announce lost connections by Async Message 2"),
	KNOB(ua, "1: 47h/7Fh for tasks ended implicitly, 29h/07h for a session"),
	KNOB(r2t_timeout, "ms without Data-Out before a recovery R2T"),
	KNOB(logout_time2wait, "s, in Logout Responses"),
	KNOB(logout_time2retain, "s, in Logout Responses (default: session's)"),
	KNOB(nop_interval, "ms between NOP-In pings, 0: none"),
	KNOB(r2tsn_restart, "1: R2TSN from 0 again after a reassignment"),
	KNOB(resend_all, "1: Data-In from DataSN 0 after a reassignment"),
	KNOB(first_statsn, "StatSN of the first Login Response of a connection"),
	KNOB(latency, "us a command takes"),
	KNOB(phys_reserved, "1: ones in all reserved fields that are sent"),
	KNOB(tx_chunk, "bytes per write, 0: no limit"),
	KNOB(rcvbuf, "SO_RCVBUF of new connections, 0: the system's"),
	KNOB(tpgt, "TargetPortalGroupTag"),
	KNOB(tsih, "TSIH of the next session, 0: choose"),
	KNOB(discovery_auth, "1: CHAP in Discovery sessions too"),
	KNOB(login_timeout, "s"),
	KNOB(retain_extra, "ms after Time2Wait+Time2Retain before tasks go"),
	KNOB(exact_after, "ms of quiet after which numbers must be exact"),
	KNOB(blackhole, "1: the net may swallow FINs; do not judge by them"),
	KNOB(early_0206, "ms after a loss that same-CID logins get 0206"),
	KNOB(early_r2t, "1: R2T while unsolicited data is still coming"),
	KNOB(disk_type, "peripheral device type of disks (7: optical)"),
	KNOB(text_pieces, "texts with C=1 before the last one of an answer"),
	KNOB(text_more, "texts with neither C nor F after these"),
	KNOB(text_mrdsl, "MaxRecvDataSegmentLength to declare in answer to a text"),
	KNOB(text_keys, "private keys to propose in answer to a text"),
	KNOB(count_blocks, "1: report each block written more than once"),
	KNOB(count_from, "counters reads, writes: of this LBA and behind"),
};

bool setting(const char *name, const char *value)
{
	unsigned int i;
	u64 v;

	if (!parse_u64(value, &v))
		return false;
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (!strcmp(knobs[i].name, name)) {
			*knobs[i].v = v;
			return true;
		}
	}
	return false;
}

void settings_list(FILE *f)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		fprintf(f, "    %-20s %s (%u)\n", knobs[i].name, knobs[i].text,
			*knobs[i].v);
}
