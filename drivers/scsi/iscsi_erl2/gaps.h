/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which Data-Ins or R2Ts of a command are missing.
 */
#ifndef _ERL2_GAPS_H
#define _ERL2_GAPS_H

#include <linux/types.h>

#define ERL2_GAPS_MAX	8	/* more, and the connection is not worth it */

/**
 * struct erl2_gap - a run of PDUs that did not come
 * @sn: DataSN or R2TSN of the first
 * @n: how many
 * @off: Buffer Offset at which the first of them starts; 0 for R2Ts
 * @end: Buffer Offset at which the last of them ends; 0: not known
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

struct erl2_gap *erl2_gaps_find(struct erl2_gaps *gaps, u32 sn);
int erl2_gaps_add(struct erl2_gaps *gaps, u32 sn, u32 n, u32 off, u32 end);
int erl2_gaps_fill(struct erl2_gaps *gaps, u32 sn, u32 off, u32 end);

#endif /* _ERL2_GAPS_H */
