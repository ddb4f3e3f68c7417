// SPDX-License-Identifier: GPL-2.0
/*
 * Where a Data-In belongs: nothing but the rules (RFC 7143 7.9, 11.7).
 *
 * Only RESTART writes over bytes that are known to be good; its caller makes
 * them unknown before it does. All others write where nothing good is.
 */
#include "proto/datain.h"
#include "proto/gaps.h"
#include "proto/serial.h"

/*
 * With the order agreed on (RFC 7143 13.18, 13.19) data follows data without a
 * hole. Where the end of the last gap is not known it ends at this offset.
 */
static bool datain_fits_next(const struct erl2_datain_view *v, u32 offset)
{
	if (v->gaps && erl2_gaps_open(v->gaps))
		return offset >= v->good;
	return offset == v->good;
}

static enum erl2_datain datain_old(const struct erl2_datain_view *v, u32 sn,
				   u32 offset, u32 len)
{
	/* RFC 7143 7.9: duplicates are dropped, the first one counts. */
	if (!v->gaps || !erl2_gaps_find(v->gaps, sn))
		return ERL2_DATAIN_DROP;
	return erl2_gaps_fit(v->gaps, sn, offset, len) ? ERL2_DATAIN_FILL :
							 ERL2_DATAIN_BAD_OFFSET;
}

/**
 * erl2_datain_place() - decide where a Data-In belongs
 * @v: what is known of the read
 * @sn: its DataSN
 * @offset: its Buffer Offset, of no meaning without data
 * @len: its DataSegmentLength; @offset + @len is inside the buffer
 *
 * Context: any; the caller serialises access to the task.
 * Return: the verdict.
 */
enum erl2_datain erl2_datain_place(const struct erl2_datain_view *v, u32 sn,
				   u32 offset, u32 len)
{
	bool ahead = erl2_sn_after(sn, v->exp_sn);

	if (v->over)
		return erl2_sn_before(sn, v->exp_sn) ?
		       datain_old(v, sn, offset, len) : ERL2_DATAIN_DROP;
	if (v->restart) {
		/*
		 * RFC 7143 7.2.2: the target may send any part of the data
		 * again, cut as it likes; only a hole is wrong.
		 */
		return len && offset > v->good ? ERL2_DATAIN_BAD_OFFSET :
						 ERL2_DATAIN_RESTART;
	}
	if (!v->level && sn != v->exp_sn) {
		/* Nothing but the status is known to come with any DataSN. */
		return ahead && len ? ERL2_DATAIN_BAD_SN : ERL2_DATAIN_DROP;
	}
	if (sn == v->exp_sn)
		return !len || datain_fits_next(v, offset) ?
		       ERL2_DATAIN_NEXT : ERL2_DATAIN_BAD_OFFSET;
	if (ahead)
		return !len || offset >= v->good ? ERL2_DATAIN_AHEAD :
						   ERL2_DATAIN_BAD_OFFSET;
	return datain_old(v, sn, offset, len);
}
