/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Serial number arithmetic for CmdSN, StatSN, DataSN and R2TSN.
 *
 * RFC 7143 4.2.2: all of them are 32-bit counters compared as in RFC 1982.
 */
#ifndef _ERL2_SERIAL_H
#define _ERL2_SERIAL_H

#include <linux/types.h>

/**
 * erl2_sn_before() - serial number comparison
 * @a: first number
 * @b: second number
 *
 * Return: true if @a comes before @b.
 */
static inline bool erl2_sn_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

/**
 * erl2_sn_after() - serial number comparison
 * @a: first number
 * @b: second number
 *
 * Return: true if @a comes after @b.
 */
static inline bool erl2_sn_after(u32 a, u32 b)
{
	return erl2_sn_before(b, a);
}

#endif /* _ERL2_SERIAL_H */
