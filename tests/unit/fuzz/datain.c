// SPDX-License-Identifier: GPL-2.0
/*
 * Long sequences of Data-Ins, right or damaged, on the model of the KUnit suite,
 * which tries all short ones: no byte counts as good that was not written by the
 * Data-In that belongs there, the last time it was written.
 */
#include "selftest/datain_test.c"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct span range = { 16, PLACES, 3, 0 };
	struct fuzz f = { data, size };
	struct model m = { };
	u8 start = fuzz_u8(&f);
	u32 i;

	(void)erl2_datain_suite;
	m.level = start % 3;
	m.good = start & 0x80 ? 2 : 0;
	m.exp_sn = m.good;
	m.restart = m.good && m.level == 2;
	for (i = 0; i < m.good; i++)
		m.byte[i] = BYTE_RIGHT;
	while (f.left) {
		struct model_pdu p;

		if (!model_pdu(&range, fuzz_u8(&f) | fuzz_u8(&f) << 8, &p))
			continue;
		/* DataSNs near the expected one are what finds something. */
		p.sn = m.exp_sn + p.sn % 5 - 2;
		if (!model_step(&m, &p))
			return 0;
		must(model_holds(&m));
	}
	return 0;
}
