// SPDX-License-Identifier: GPL-2.0
/*
 * Serial numbers and the command window (RFC 7143 4.2.2.1, RFC 1982).
 */
#include "../proto/cmdsn.c"
#include "tests.h"

static void serial_compares(struct kunit *test)
{
	static const struct {
		u32 a;
		u32 b;
		bool before;
		bool after;
	} c[] = {
		{ 1, 1, false, false },
		{ 1, 2, true, false },
		{ 2, 1, false, true },
		{ 0, 0xffffffff, false, true },
		{ 0xffffffff, 0, true, false },
		{ 0xfffffff0, 0x0000000f, true, false },
		{ 0x7fffffff, 0x80000000, true, false },
		{ 0, 0x7fffffff, true, false },
		{ 0x80000001, 0, true, false },
		{ 5, 0x80000004, true, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		KUNIT_EXPECT_EQ_MSG(test, erl2_sn_before(c[i].a, c[i].b),
				    c[i].before, "%x before %x", c[i].a,
				    c[i].b);
		KUNIT_EXPECT_EQ_MSG(test, erl2_sn_after(c[i].a, c[i].b),
				    c[i].after, "%x after %x", c[i].a, c[i].b);
	}
}

static void window_starts_closed(struct kunit *test)
{
	struct erl2_cmdsn sn;

	erl2_cmdsn_init(&sn, 0);
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_open(&sn));
	erl2_cmdsn_init(&sn, 1);
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_open(&sn));
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_update(&sn, 1, 1));
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_open(&sn));
	sn.next++;
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_open(&sn));
}

static void window_follows_across_zero(struct kunit *test)
{
	struct erl2_cmdsn sn;
	unsigned int i;

	erl2_cmdsn_init(&sn, 0xfffffffe);
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_update(&sn, 0xfffffffe, 2));
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_TRUE_MSG(test, erl2_cmdsn_open(&sn), "%u", i);
		sn.next++;
	}
	KUNIT_EXPECT_EQ(test, sn.next, 3);
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_open(&sn));

	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_update(&sn, 1, 4));
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_accepted(&sn, 0xfffffffe));
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_accepted(&sn, 0));
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_accepted(&sn, 1));
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_accepted(&sn, 2));
}

static void window_ignores_the_old(struct kunit *test)
{
	struct erl2_cmdsn sn;

	erl2_cmdsn_init(&sn, 100);
	sn.next = 110;
	erl2_cmdsn_update(&sn, 105, 120);
	/* Overtaken on another connection: neither number goes back. */
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_update(&sn, 103, 118));
	KUNIT_EXPECT_EQ(test, sn.exp, 105);
	KUNIT_EXPECT_EQ(test, sn.max, 120);
	/* One of them may be newer. */
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_update(&sn, 106, 119));
	KUNIT_EXPECT_EQ(test, sn.exp, 106);
	KUNIT_EXPECT_EQ(test, sn.max, 120);
	KUNIT_EXPECT_TRUE(test, erl2_cmdsn_update(&sn, 105, 121));
	KUNIT_EXPECT_EQ(test, sn.exp, 106);
	KUNIT_EXPECT_EQ(test, sn.max, 121);
}

static void window_ignores_nonsense(struct kunit *test)
{
	struct erl2_cmdsn sn;

	erl2_cmdsn_init(&sn, 100);
	sn.next = 110;
	erl2_cmdsn_update(&sn, 105, 120);
	/* 4.2.2.1: MaxCmdSN below ExpCmdSN - 1 */
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_update(&sn, 108, 106));
	KUNIT_EXPECT_EQ(test, sn.exp, 105);
	/* MaxCmdSN == ExpCmdSN - 1 is a closed window and counts. */
	KUNIT_EXPECT_FALSE(test, erl2_cmdsn_update(&sn, 108, 107));
	KUNIT_EXPECT_EQ(test, sn.exp, 108);
	KUNIT_EXPECT_EQ(test, sn.max, 120);
	/* ExpCmdSN beyond what was ever sent */
	erl2_cmdsn_update(&sn, 111, 125);
	KUNIT_EXPECT_EQ(test, sn.exp, 108);
	erl2_cmdsn_update(&sn, 110, 125);
	KUNIT_EXPECT_EQ(test, sn.exp, 110);
}

static struct kunit_case cmdsn_cases[] = {
	KUNIT_CASE(serial_compares),
	KUNIT_CASE(window_starts_closed),
	KUNIT_CASE(window_follows_across_zero),
	KUNIT_CASE(window_ignores_the_old),
	KUNIT_CASE(window_ignores_nonsense),
	{ }
};

struct kunit_suite erl2_cmdsn_suite = {
	.name = "erl2_cmdsn",
	.test_cases = cmdsn_cases,
};
