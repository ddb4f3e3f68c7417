// SPDX-License-Identifier: GPL-2.0
/*
 * Which Data-Ins or R2Ts of a command are missing: nothing but the list.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "proto/gaps.h"

/**
 * erl2_gaps_find() - is this PDU missing?
 * @gaps: what is missing
 * @sn: DataSN or R2TSN
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: the gap it belongs to, or NULL.
 */
const struct erl2_gap *erl2_gaps_find(const struct erl2_gaps *gaps, u32 sn)
{
	unsigned int i;

	for (i = 0; i < gaps->nr; i++)
		if (sn - gaps->gap[i].sn < gaps->gap[i].n)
			return &gaps->gap[i];
	return NULL;
}

/**
 * erl2_gaps_open() - is the end of the last gap not known?
 * @gaps: what is missing, of a read
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: true if the data behind the last gap has not told where that ends.
 */
bool erl2_gaps_open(const struct erl2_gaps *gaps)
{
	return gaps->nr && gaps->gap[gaps->nr - 1].end == ERL2_GAP_OPEN;
}

/**
 * erl2_gaps_add() - PDUs behind all that is known are missing
 * @gaps: what is missing so far
 * @sn: number of the first
 * @n: how many
 * @off: Buffer Offset of the first byte missing; 0 for R2Ts
 * @end: Buffer Offset behind the last byte missing, or ERL2_GAP_OPEN; 0 for R2Ts
 *
 * Where the last gap is open nobody knows which of the bytes up to @end are its:
 * it grows up to the new one, and what has come in between, which had no bytes, is
 * missing again.
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: 0, or -ENOSPC if there are too many gaps to keep track of.
 */
int erl2_gaps_add(struct erl2_gaps *gaps, u32 sn, u32 n, u32 off, u32 end)
{
	struct erl2_gap *g;

	if (erl2_gaps_open(gaps)) {
		g = &gaps->gap[gaps->nr - 1];
		g->n = sn + n - g->sn;
		g->end = end;
		return 0;
	}
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
 * erl2_gaps_close() - the data behind the last gap has come
 * @gaps: what is missing, of a read
 * @end: Buffer Offset at which the last gap ends
 *
 * Context: any; the caller serialises access to @gaps.
 */
void erl2_gaps_close(struct erl2_gaps *gaps, u32 end)
{
	if (erl2_gaps_open(gaps))
		gaps->gap[gaps->nr - 1].end = end;
}

/*
 * The range of a PDU in its gap. One without data has no place of its own: it
 * lies where the gap begins, or where that ends if it is the last one there.
 */
static void gap_range(const struct erl2_gap *g, u32 sn, u32 *off, u32 len)
{
	if (len)
		return;
	*off = sn != g->sn && sn - g->sn == g->n - 1 &&
	       g->end != ERL2_GAP_OPEN ? g->end : g->off;
}

static bool gap_fits(const struct erl2_gap *g, u32 sn, u32 off, u32 end)
{
	bool first = sn == g->sn;
	bool last = sn - g->sn == g->n - 1;

	if (first ? off != g->off : off < g->off)
		return false;
	return g->end == ERL2_GAP_OPEN ||
	       (last ? end == g->end : end <= g->end);
}

/**
 * erl2_gaps_fit() - does a PDU that was missing fit where it belongs?
 * @gaps: what is missing
 * @sn: its number
 * @off: its Buffer Offset; 0 for R2Ts
 * @len: length of its data; 0 for R2Ts
 *
 * It must fit between its neighbours to the byte, otherwise the bytes in
 * between would be missing with nobody knowing.
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: true if it was missing and fits.
 */
bool erl2_gaps_fit(const struct erl2_gaps *gaps, u32 sn, u32 off, u32 len)
{
	const struct erl2_gap *g = erl2_gaps_find(gaps, sn);

	if (!g)
		return false;
	gap_range(g, sn, &off, len);
	return gap_fits(g, sn, off, off + len);
}

/**
 * erl2_gaps_fill() - a PDU that was missing has come
 * @gaps: what is missing
 * @sn: its number
 * @off: its Buffer Offset; 0 for R2Ts
 * @len: length of its data; 0 for R2Ts
 *
 * Context: any; the caller serialises access to @gaps.
 * Return: 0, -ENOENT if it was not missing, -EINVAL if it does not fit,
 * -ENOSPC if there are too many gaps to keep track of.
 */
int erl2_gaps_fill(struct erl2_gaps *gaps, u32 sn, u32 off, u32 len)
{
	const struct erl2_gap *found = erl2_gaps_find(gaps, sn);
	struct erl2_gap *g;
	bool first, last;
	unsigned int i;
	u32 end;

	if (!found)
		return -ENOENT;
	i = found - gaps->gap;
	g = &gaps->gap[i];
	first = sn == g->sn;
	last = sn - g->sn == g->n - 1;
	gap_range(g, sn, &off, len);
	end = off + len;
	if (!gap_fits(g, sn, off, end))
		return -EINVAL;

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
