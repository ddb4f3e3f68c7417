// SPDX-License-Identifier: GPL-2.0
/* CRC32C (RFC 7143 13.1), eight bytes a step. */
#include "target.h"

static u32 table[8][256];

static void build(void)
{
	unsigned int i, k;

	for (i = 0; i < 256; i++) {
		u32 c = i;

		for (k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
		table[0][i] = c;
	}
	for (i = 0; i < 256; i++)
		for (k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^
				      table[0][table[k - 1][i] & 0xff];
}

/* crc: 0 to start, or what the call for the bytes before returned. */
u32 crc32c(u32 crc, const void *p, size_t n)
{
	const u8 *b = p;

	if (!table[0][1])
		build();
	crc = ~crc;
	for (; n >= 8; n -= 8, b += 8) {
		u32 lo, hi;

		memcpy(&lo, b, 4);
		memcpy(&hi, b + 4, 4);
		lo = le32toh(lo) ^ crc;
		hi = le32toh(hi);
		crc = table[7][lo & 0xff] ^ table[6][lo >> 8 & 0xff] ^
		      table[5][lo >> 16 & 0xff] ^ table[4][lo >> 24] ^
		      table[3][hi & 0xff] ^ table[2][hi >> 8 & 0xff] ^
		      table[1][hi >> 16 & 0xff] ^ table[0][hi >> 24];
	}
	while (n--)
		crc = crc >> 8 ^ table[0][(crc ^ *b++) & 0xff];
	return ~crc;
}
