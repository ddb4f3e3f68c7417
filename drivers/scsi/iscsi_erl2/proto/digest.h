/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CRC32C header and data digests (RFC 7143 13.1).
 */
#ifndef _ERL2_DIGEST_H
#define _ERL2_DIGEST_H

#include <linux/crc32c.h>

#include "compat/unaligned.h"

#define ERL2_DIGEST_LEN		4
#define ERL2_DIGEST_INIT	(~0U)

/**
 * erl2_digest_add() - go on with a digest
 * @crc: digest so far, ERL2_DIGEST_INIT at first
 * @data: bytes
 * @len: number of bytes
 *
 * Context: any.
 * Return: digest including @data.
 */
static inline u32 erl2_digest_add(u32 crc, const void *data, unsigned int len)
{
	return crc32c(crc, data, len);
}

/**
 * erl2_digest_put() - write a finished digest as it goes on the wire
 * @crc: digest of everything covered
 * @p: 4 bytes
 *
 * Context: any.
 */
static inline void erl2_digest_put(u32 crc, u8 *p)
{
	put_unaligned_le32(~crc, p);
}

/**
 * erl2_digest_ok() - check a digest from the wire
 * @crc: digest of everything covered
 * @p: the 4 bytes received
 *
 * Context: any.
 * Return: true if they agree.
 */
static inline bool erl2_digest_ok(u32 crc, const u8 *p)
{
	return get_unaligned_le32(p) == ~crc;
}

#endif /* _ERL2_DIGEST_H */
