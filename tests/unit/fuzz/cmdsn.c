// SPDX-License-Identifier: GPL-2.0
/*
 * The command window (RFC 7143 4.2.2.1) with any ExpCmdSN and MaxCmdSN: neither
 * runs backwards, nothing is acknowledged that was not sent, and the window
 * never closes behind a grown one.
 */
#include "proto/cmdsn.h"
#include "proto/serial.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct erl2_cmdsn sn;
	struct fuzz f = { data, size };

	erl2_cmdsn_init(&sn, fuzz_u32(&f));
	while (f.left) {
		struct erl2_cmdsn was = sn;
		u8 what = fuzz_u8(&f);
		u32 exp, max;
		bool grew;

		if (what < 64) {
			if (erl2_cmdsn_open(&sn))
				sn.next++;
			continue;
		}
		/* Most lies are small. */
		exp = what < 160 ? sn.exp + (s8)fuzz_u8(&f) : fuzz_u32(&f);
		max = what & 1 ? exp + (s8)fuzz_u8(&f) : fuzz_u32(&f);
		grew = erl2_cmdsn_update(&sn, exp, max);

		must(sn.next == was.next);
		must(!erl2_sn_before(sn.exp, was.exp));
		must(!erl2_sn_after(sn.exp, sn.next));
		must(grew == erl2_sn_after(sn.max, was.max));
		must(grew || sn.max == was.max);
		must(!erl2_cmdsn_accepted(&sn, sn.next));
	}
	return 0;
}
