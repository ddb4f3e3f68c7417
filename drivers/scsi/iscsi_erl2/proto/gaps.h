/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which Data-Ins or R2Ts of a command are missing.
 */
#ifndef _ERL2_GAPS_H
#define _ERL2_GAPS_H

#include <linux/types.h>

#define ERL2_GAPS_MAX	8	/* more, and the connection is not worth it */
#define ERL2_GAP_OPEN	(~0U)	/* where the gap ends is not known */

/**
 * struct erl2_gap - a run of PDUs that did not come
 * @sn: DataSN or R2TSN of the first
 * @n: how many
 * @off: Buffer Offset at which the first of them starts; 0 for R2Ts
 * @end: Buffer Offset at which the last of them ends, or ERL2_GAP_OPEN; 0 for
 *	R2Ts
 */
struct erl2_gap {
	u32 sn;
	u32 n;
	u32 off;
	u32 end;
};

/**
 * struct erl2_gaps - all that is missing, in the order of the numbers
 * @gap: the gaps, no two touch
 * @nr: number of them
 */
struct erl2_gaps {
	struct erl2_gap gap[ERL2_GAPS_MAX];
	unsigned int nr;
};

const struct erl2_gap *erl2_gaps_find(const struct erl2_gaps *gaps, u32 sn);
bool erl2_gaps_open(const struct erl2_gaps *gaps);
int erl2_gaps_add(struct erl2_gaps *gaps, u32 sn, u32 n, u32 off, u32 end);
void erl2_gaps_close(struct erl2_gaps *gaps, u32 end);
bool erl2_gaps_fit(const struct erl2_gaps *gaps, u32 sn, u32 off, u32 len);
int erl2_gaps_fill(struct erl2_gaps *gaps, u32 sn, u32 off, u32 len);

#endif /* _ERL2_GAPS_H */
