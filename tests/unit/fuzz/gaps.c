// SPDX-License-Identifier: GPL-2.0
/*
 * What is missing of a command (RFC 7143 7.8, 7.9), next to a list of all numbers:
 * a number is in a gap if and only if it is missing, the gaps are in order, apart
 * from each other, and never more than there is room for.
 */
#include "proto/gaps.h"
#include "fuzz.h"

#define NUMBERS	64
#define UNIT	16

static void check(const struct erl2_gaps *g, const bool *missing)
{
	unsigned int i;

	must(g->nr <= ERL2_GAPS_MAX);
	for (i = 0; i < g->nr; i++) {
		const struct erl2_gap *gap = &g->gap[i];

		must(gap->n && gap->off <= gap->end);
		must(!i || gap->sn >= gap[-1].sn + gap[-1].n);
		must(!i || gap[-1].end <= gap->off);
		must(gap->sn + gap->n <= NUMBERS);
	}
	for (i = 0; i < NUMBERS; i++)
		must(!!erl2_gaps_find(g, i) == missing[i]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz f = { data, size };
	struct erl2_gaps g = { };
	bool missing[NUMBERS] = { };
	u32 next = 0, i;

	while (f.left) {
		u8 what = fuzz_u8(&f);
		u32 sn = fuzz_u8(&f) % NUMBERS, n = what % 5;
		u32 off = sn * UNIT, len = UNIT;

		if (what < 96) {
			/* PDUs are missing between the last one and this one. */
			if (sn < next || !n || sn + n > NUMBERS)
				continue;
			if (erl2_gaps_add(&g, sn, n, off, (sn + n) * UNIT))
				continue;
			for (i = sn; i < sn + n; i++)
				missing[i] = true;
			next = sn + n;
		} else {
			/* One of them comes, in its place or in another. */
			bool fits;

			if (what >= 224) {
				off = fuzz_u8(&f);
				len = fuzz_u8(&f);
			}
			fits = erl2_gaps_fit(&g, sn, off, len);
			must(missing[sn] || !fits);
			if (!fits)
				continue;
			if (!erl2_gaps_fill(&g, sn, off, len))
				missing[sn] = false;
			else
				return 0;	/* no room: the connection ends */
		}
		check(&g, missing);
	}
	return 0;
}
