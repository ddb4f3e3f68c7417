/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a Data-In belongs, decided before a byte of it is placed.
 */
#ifndef _ERL2_DATAIN_H
#define _ERL2_DATAIN_H

#include <linux/types.h>

struct erl2_gaps;

/**
 * struct erl2_datain_view - what is known of a read when a Data-In comes
 * @exp_sn: next DataSN expected
 * @good: data is in place and known to be good up to here, but for @gaps
 * @gaps: what is missing, or NULL
 * @restart: nothing has come since TASK REASSIGN
 * @over: the status has come
 * @level: ErrorRecoveryLevel
 */
struct erl2_datain_view {
	u32 exp_sn;
	u32 good;
	const struct erl2_gaps *gaps;
	bool restart;
	bool over;
	u8 level;
};

/**
 * enum erl2_datain - what becomes of a Data-In
 * @ERL2_DATAIN_DROP: a duplicate: its bytes go nowhere
 * @ERL2_DATAIN_NEXT: the next one: its bytes go behind all others
 * @ERL2_DATAIN_RESTART: the first one behind TASK REASSIGN: from its offset on
 *	all data comes once more, and what is there is overwritten
 * @ERL2_DATAIN_AHEAD: something before it is missing
 * @ERL2_DATAIN_FILL: it was missing, and fits
 * @ERL2_DATAIN_BAD_SN: its DataSN is wrong
 * @ERL2_DATAIN_BAD_OFFSET: its Buffer Offset is wrong
 */
enum erl2_datain {
	ERL2_DATAIN_DROP,
	ERL2_DATAIN_NEXT,
	ERL2_DATAIN_RESTART,
	ERL2_DATAIN_AHEAD,
	ERL2_DATAIN_FILL,
	ERL2_DATAIN_BAD_SN,
	ERL2_DATAIN_BAD_OFFSET,
};

enum erl2_datain erl2_datain_place(const struct erl2_datain_view *v, u32 sn,
				   u32 offset, u32 len);

#endif /* _ERL2_DATAIN_H */
