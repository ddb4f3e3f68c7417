// SPDX-License-Identifier: GPL-2.0
/*
 * Which Data-Ins or R2Ts of a command are missing: nothing but the list.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "gaps.h"

/**
 * erl2_gaps_find() - is this PDU missing?
 * @gaps: what is missing
 * @sn: DataSN or R2TSN
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: the gap it belongs to, or NULL.
 */
struct erl2_gap *erl2_gaps_find(struct erl2_gaps *gaps, u32 sn)
{
	unsigned int i;

	for (i = 0; i < gaps->nr; i++)
		if (sn - gaps->gap[i].sn < gaps->gap[i].n)
			return &gaps->gap[i];
	return NULL;
}

/**
 * erl2_gaps_add() - PDUs behind all that is known are missing
 * @gaps: what is missing so far
 * @sn: number of the first
 * @n: how many
 * @off: Buffer Offset of the first byte missing; 0 for R2Ts
 * @end: Buffer Offset behind the last byte missing; 0: not known
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: 0, or -ENOSPC if there are too many gaps to keep track of.
 */
int erl2_gaps_add(struct erl2_gaps *gaps, u32 sn, u32 n, u32 off, u32 end)
{
	struct erl2_gap *g;

	if (gaps->nr == ERL2_GAPS_MAX)
		return -ENOSPC;
	g = &gaps->gap[gaps->nr++];
	g->sn = sn;
	g->n = n;
	g->off = off;
	g->end = end;
	return 0;
}

/**
 * erl2_gaps_fill() - a PDU that was missing has come
 * @gaps: what is missing
 * @sn: its number
 * @off: its Buffer Offset; 0 for R2Ts
 * @end: Buffer Offset behind its data; 0 for R2Ts
 *
 * What comes must fit between its neighbours to the byte, otherwise the bytes
 * in between would be missing with nobody knowing.
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: 0, -ENOENT if it was not missing, -EINVAL if it does not fit,
 * -ENOSPC if there are too many gaps to keep track of.
 */
int erl2_gaps_fill(struct erl2_gaps *gaps, u32 sn, u32 off, u32 end)
{
	struct erl2_gap *g = erl2_gaps_find(gaps, sn);
	bool first, last;
	unsigned int i;

	if (!g)
		return -ENOENT;
	first = sn == g->sn;
	last = sn - g->sn == g->n - 1;
	if (first ? off != g->off : off < g->off)
		return -EINVAL;
	if (g->end && (last ? end != g->end : end > g->end))
		return -EINVAL;

	i = g - gaps->gap;
	if (first && last) {
		gaps->nr--;
		memmove(g, g + 1, (gaps->nr - i) * sizeof(*g));
	} else if (first) {
		g->sn++;
		g->n--;
		g->off = end;
	} else if (last) {
		g->n--;
		g->end = off;
	} else {
		if (gaps->nr == ERL2_GAPS_MAX)
			return -ENOSPC;
		memmove(g + 1, g, (gaps->nr - i) * sizeof(*g));
		gaps->nr++;
		g[1].n -= sn + 1 - g->sn;
		g[1].sn = sn + 1;
		g[1].off = end;
		g->n = sn - g->sn;
		g->end = off;
	}
	return 0;
}
