/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzz targets share: numbers out of the input, and what must hold. */
#ifndef _UNIT_FUZZ_H
#define _UNIT_FUZZ_H

#include <linux/kernel.h>

struct fuzz {
	const u8 *data;
	size_t left;
};

#define must(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
			__LINE__, #cond); \
		abort(); \
	} \
} while (0)

static inline u8 fuzz_u8(struct fuzz *f)
{
	if (!f->left)
		return 0;
	f->left--;
	return *f->data++;
}

static inline u32 fuzz_u32(struct fuzz *f)
{
	u32 v = 0;
	int i;

	for (i = 0; i < 4; i++)
		v = v << 8 | fuzz_u8(f);
	return v;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _UNIT_FUZZ_H */
