// SPDX-License-Identifier: GPL-2.0
/*
 * The digests CHAP uses (RFC 7143 12.1.3 and the IANA registry): MD5, SHA1,
 * SHA256, SHA3-256. Short messages only, so each is one call. Written here
 * from the standards so that the driver is not checked against itself.
 */
#include <stdlib.h>

#include "target.h"

static u32 rol(u32 v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

static u32 ror(u32 v, unsigned int n)
{
	return v >> n | v << (32 - n);
}

static u32 get_le32(const u8 *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static void put_le32(u8 *p, u32 v)
{
	v = htole32(v);
	memcpy(p, &v, sizeof(v));
}

/* Message, 0x80, zeros, 64-bit length: whole 64-byte blocks. */
static u8 *md_pad(const u8 *msg, size_t n, bool big, size_t *blocks)
{
	size_t total = (n + 9 + 63) / 64 * 64;
	u64 bits = (u64)n * 8;
	u8 *m = xalloc(total);

	memcpy(m, msg, n);
	m[n] = 0x80;
	if (big) {
		put_be64(m + total - 8, bits);
	} else {
		put_le32(m + total - 8, bits);
		put_le32(m + total - 4, bits >> 32);
	}
	*blocks = total / 64;
	return m;
}

/* RFC 1321 */
static void md5(const u8 *msg, size_t n, u8 *out)
{
	static const u8 rot[4][4] = {
		{ 7, 12, 17, 22 }, { 5, 9, 14, 20 },
		{ 4, 11, 16, 23 }, { 6, 10, 15, 21 },
	};
	/* floor(2^32 * abs(sin(i + 1))) */
	static const u32 k[64] = {
		0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee,
		0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
		0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
		0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
		0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
		0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
		0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
		0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
		0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
		0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
		0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
		0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
		0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
		0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
		0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
		0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
	};
	u32 h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	size_t blocks, b;
	u8 *m = md_pad(msg, n, false, &blocks);
	int i;

	for (b = 0; b < blocks; b++) {
		u32 v[4];

		memcpy(v, h, sizeof(v));
		for (i = 0; i < 64; i++) {
			u32 f, t;
			int g;

			if (i < 16) {
				f = (v[1] & v[2]) | (~v[1] & v[3]);
				g = i;
			} else if (i < 32) {
				f = (v[3] & v[1]) | (~v[3] & v[2]);
				g = (5 * i + 1) & 15;
			} else if (i < 48) {
				f = v[1] ^ v[2] ^ v[3];
				g = (3 * i + 5) & 15;
			} else {
				f = v[2] ^ (v[1] | ~v[3]);
				g = (7 * i) & 15;
			}
			t = v[0] + f + k[i] + get_le32(m + b * 64 + g * 4);
			v[0] = v[3];
			v[3] = v[2];
			v[2] = v[1];
			v[1] += rol(t, rot[i / 16][i & 3]);
		}
		for (i = 0; i < 4; i++)
			h[i] += v[i];
	}
	for (i = 0; i < 4; i++)
		put_le32(out + 4 * i, h[i]);
	free(m);
}

/* FIPS 180-4 */
static void sha1(const u8 *msg, size_t n, u8 *out)
{
	u32 h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
		     0xc3d2e1f0 };
	size_t blocks, b;
	u8 *m = md_pad(msg, n, true, &blocks);
	int i;

	for (b = 0; b < blocks; b++) {
		u32 w[80], v[5];

		for (i = 0; i < 16; i++)
			w[i] = get_be32(m + b * 64 + i * 4);
		for (; i < 80; i++)
			w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16],
				   1);
		memcpy(v, h, sizeof(v));
		for (i = 0; i < 80; i++) {
			u32 f, t;

			if (i < 20)
				f = ((v[1] & v[2]) | (~v[1] & v[3])) +
				    0x5a827999;
			else if (i < 40)
				f = (v[1] ^ v[2] ^ v[3]) + 0x6ed9eba1;
			else if (i < 60)
				f = ((v[1] & v[2]) | (v[1] & v[3]) |
				     (v[2] & v[3])) + 0x8f1bbcdc;
			else
				f = (v[1] ^ v[2] ^ v[3]) + 0xca62c1d6;
			t = rol(v[0], 5) + f + v[4] + w[i];
			v[4] = v[3];
			v[3] = v[2];
			v[2] = rol(v[1], 30);
			v[1] = v[0];
			v[0] = t;
		}
		for (i = 0; i < 5; i++)
			h[i] += v[i];
	}
	for (i = 0; i < 5; i++)
		put_be32(out + 4 * i, h[i]);
	free(m);
}

static const u32 sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void sha256(const u8 *msg, size_t n, u8 *out)
{
	u32 h[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	size_t blocks, b;
	u8 *m = md_pad(msg, n, true, &blocks);
	int i;

	for (b = 0; b < blocks; b++) {
		u32 w[64], v[8];

		for (i = 0; i < 16; i++)
			w[i] = get_be32(m + b * 64 + i * 4);
		for (; i < 64; i++) {
			u32 x = w[i - 15], y = w[i - 2];

			w[i] = w[i - 16] + w[i - 7] +
			       (ror(x, 7) ^ ror(x, 18) ^ x >> 3) +
			       (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
		}
		memcpy(v, h, sizeof(v));
		for (i = 0; i < 64; i++) {
			u32 t1, t2;

			t1 = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^
				     ror(v[4], 25)) +
			     ((v[4] & v[5]) ^ (~v[4] & v[6])) +
			     sha256_k[i] + w[i];
			t2 = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) +
			     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
			memmove(v + 1, v, 7 * sizeof(v[0]));
			v[4] += t1;
			v[0] = t1 + t2;
		}
		for (i = 0; i < 8; i++)
			h[i] += v[i];
	}
	for (i = 0; i < 8; i++)
		put_be32(out + 4 * i, h[i]);
	free(m);
}

static u64 rol64(u64 v, unsigned int n)
{
	return n ? v << n | v >> (64 - n) : v;
}

/* FIPS 202: the round constants come from its LFSR. */
static void keccak(u64 a[25])
{
	static const u8 rot[25] = {
		0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39,
		41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
	};
	unsigned int round, i, x, y;
	u8 lfsr = 1;

	for (round = 0; round < 24; round++) {
		u64 c[5], b[25], rc = 0;

		for (x = 0; x < 5; x++)
			c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^
			       a[x + 20];
		for (i = 0; i < 25; i++)
			a[i] ^= c[(i + 4) % 5] ^ rol64(c[(i + 1) % 5], 1);
		for (x = 0; x < 5; x++)
			for (y = 0; y < 5; y++)
				b[y + 5 * ((2 * x + 3 * y) % 5)] =
					rol64(a[x + 5 * y], rot[x + 5 * y]);
		for (i = 0; i < 25; i++)
			a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] &
				       b[i / 5 * 5 + (i + 2) % 5]);
		for (i = 0; i < 7; i++) {
			if (lfsr & 1)
				rc |= 1ull << ((1u << i) - 1);
			lfsr = lfsr << 1 ^ (lfsr & 0x80 ? 0x71 : 0);
		}
		a[0] ^= rc;
	}
}

static void sha3_256(const u8 *msg, size_t n, u8 *out)
{
	const size_t rate = 136;
	size_t total = n / rate * rate + rate, off, i;
	u8 *m = xalloc(total);
	u64 a[25] = { 0 };

	memcpy(m, msg, n);
	m[n] ^= 0x06;
	m[total - 1] ^= 0x80;
	for (off = 0; off < total; off += rate) {
		for (i = 0; i < rate / 8; i++)
			a[i] ^= get_le32(m + off + i * 8) |
				(u64)get_le32(m + off + i * 8 + 4) << 32;
		keccak(a);
	}
	for (i = 0; i < 4; i++) {
		put_le32(out + 8 * i, a[i]);
		put_le32(out + 8 * i + 4, a[i] >> 32);
	}
	free(m);
}

const struct hash_alg hash_algs[] = {
	{ "MD5", 5, 16, md5 },
	{ "SHA1", 6, 20, sha1 },
	{ "SHA256", 7, 32, sha256 },
	{ "SHA3-256", 8, 32, sha3_256 },
};

const unsigned int nr_hash_algs = ARRAY_SIZE(hash_algs);

/* The standards' own vectors for "abc" and the CRC32C of RFC 7143 A.4. */
void hash_selftest(void)
{
	static const char * const abc[] = {
		"900150983cd24fb0d6963f7d28e17f72",
		"a9993e364706816aba3e25717850c26c9cd0d89d",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
	};
	unsigned int i, k;
	u8 zero[32] = { 0 }, out[32];
	char hex[65];

	for (i = 0; i < nr_hash_algs; i++) {
		hash_algs[i].digest((const u8 *)"abc", 3, out);
		for (k = 0; k < hash_algs[i].len; k++)
			sprintf(hex + 2 * k, "%02x", out[k]);
		if (strcmp(hex, abc[i]))
			die("%s is broken: %s", hash_algs[i].name, hex);
	}
	if (crc32c(0, zero, sizeof(zero)) != 0x8a9136aa)
		die("CRC32C is broken");
}
