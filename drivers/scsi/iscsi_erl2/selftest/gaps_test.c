// SPDX-License-Identifier: GPL-2.0
/*
 * What is missing of a command (RFC 7143 7.8, 7.9).
 */
#include "../proto/gaps.c"
#include "tests.h"

#define K 1024

static void gaps_shrink_from_both_ends(struct kunit *test)
{
	struct erl2_gaps g = { };

	KUNIT_EXPECT_EQ(test, erl2_gaps_add(&g, 3, 3, 3 * K, 6 * K), 0);
	KUNIT_EXPECT_PTR_EQ(test, erl2_gaps_find(&g, 2),
			    (const struct erl2_gap *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, erl2_gaps_find(&g, 5),
			    (const struct erl2_gap *)&g.gap[0]);
	KUNIT_EXPECT_PTR_EQ(test, erl2_gaps_find(&g, 6),
			    (const struct erl2_gap *)NULL);

	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 3, 3 * K, K), 0);
	KUNIT_EXPECT_EQ(test, g.gap[0].sn, 4);
	KUNIT_EXPECT_EQ(test, g.gap[0].off, 4 * K);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 5, 5 * K, K), 0);
	KUNIT_EXPECT_EQ(test, g.gap[0].n, 1);
	KUNIT_EXPECT_EQ(test, g.gap[0].end, 5 * K);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 4 * K, K), 0);
	KUNIT_EXPECT_EQ(test, g.nr, 0);
}

static void gaps_split(struct kunit *test)
{
	struct erl2_gaps g = { };

	erl2_gaps_add(&g, 0, 5, 0, 5 * K);
	erl2_gaps_add(&g, 9, 1, 9 * K, ERL2_GAP_OPEN);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 2, 2 * K, K), 0);
	KUNIT_ASSERT_EQ(test, g.nr, 3);
	KUNIT_EXPECT_EQ(test, g.gap[0].sn, 0);
	KUNIT_EXPECT_EQ(test, g.gap[0].n, 2);
	KUNIT_EXPECT_EQ(test, g.gap[0].end, 2 * K);
	KUNIT_EXPECT_EQ(test, g.gap[1].sn, 3);
	KUNIT_EXPECT_EQ(test, g.gap[1].n, 2);
	KUNIT_EXPECT_EQ(test, g.gap[1].off, 3 * K);
	KUNIT_EXPECT_EQ(test, g.gap[1].end, 5 * K);
	KUNIT_EXPECT_EQ(test, g.gap[2].sn, 9);

	/* No end is known: any will do. */
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 9, 9 * K, 2 * K), 0);
	KUNIT_EXPECT_EQ(test, g.nr, 2);
}

static void gaps_cross_zero(struct kunit *test)
{
	struct erl2_gaps g = { };

	erl2_gaps_add(&g, 0xffffffff, 3, 0, 0);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 0, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, g.nr, 2);
	KUNIT_EXPECT_EQ(test, g.gap[0].sn, 0xffffffff);
	KUNIT_EXPECT_EQ(test, g.gap[1].sn, 1);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 0xffffffff, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 1, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, g.nr, 0);
}

static void gaps_refuse(struct kunit *test)
{
	struct erl2_gaps g = { };
	unsigned int i;

	erl2_gaps_add(&g, 3, 3, 3 * K, 6 * K);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 2, 2 * K, K), -ENOENT);
	/* Bytes in front, behind, or in between would be missing. */
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 3, 3 * K + 1, K - 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 5, 5 * K, K - 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 3 * K - 1, K + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 4 * K, 2 * K + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, g.gap[0].n, 3);

	for (i = 1; i < ERL2_GAPS_MAX; i++)
		KUNIT_EXPECT_EQ(test, erl2_gaps_add(&g, 10 * i, 3, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, erl2_gaps_add(&g, 1000, 1, 0, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 4 * K, K), -ENOSPC);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 3, 3 * K, K), 0);
}

/* One without data lies where its gap has room for nothing. */
static void gaps_fill_without_data(struct kunit *test)
{
	struct erl2_gaps g = { };

	erl2_gaps_add(&g, 3, 2, 3 * K, 4 * K);
	KUNIT_EXPECT_TRUE(test, erl2_gaps_fit(&g, 3, 0xffffffff, 0));
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 3, 0xffffffff, 0), 0);
	KUNIT_EXPECT_EQ(test, g.gap[0].off, 3 * K);
	/* The bytes would be missing for good. */
	KUNIT_EXPECT_FALSE(test, erl2_gaps_fit(&g, 4, 4 * K, 0));
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 4 * K, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, erl2_gaps_fill(&g, 4, 3 * K, K), 0);
	KUNIT_EXPECT_EQ(test, g.nr, 0);
}

static void gaps_end_is_told_later(struct kunit *test)
{
	struct erl2_gaps g = { };

	KUNIT_EXPECT_FALSE(test, erl2_gaps_open(&g));
	erl2_gaps_add(&g, 0, 1, 2 * K, ERL2_GAP_OPEN);
	KUNIT_EXPECT_TRUE(test, erl2_gaps_open(&g));
	erl2_gaps_close(&g, 4 * K);
	KUNIT_EXPECT_FALSE(test, erl2_gaps_open(&g));
	erl2_gaps_close(&g, 6 * K);
	KUNIT_EXPECT_FALSE(test, erl2_gaps_fit(&g, 0, 2 * K, K));
	KUNIT_EXPECT_TRUE(test, erl2_gaps_fit(&g, 0, 2 * K, 2 * K));
}

static void gaps_open_one_grows(struct kunit *test)
{
	struct erl2_gaps g = { };

	erl2_gaps_add(&g, 0, 1, 2 * K, ERL2_GAP_OPEN);
	/* 1 has come without data, 2 is missing, 3 has begun at 6 K. */
	KUNIT_EXPECT_EQ(test, erl2_gaps_add(&g, 2, 1, 2 * K, 6 * K), 0);
	KUNIT_ASSERT_EQ(test, g.nr, 1);
	KUNIT_EXPECT_EQ(test, g.gap[0].n, 3);
	KUNIT_EXPECT_EQ(test, g.gap[0].off, 2 * K);
	KUNIT_EXPECT_EQ(test, g.gap[0].end, 6 * K);
}

static struct kunit_case gaps_cases[] = {
	KUNIT_CASE(gaps_shrink_from_both_ends),
	KUNIT_CASE(gaps_split),
	KUNIT_CASE(gaps_cross_zero),
	KUNIT_CASE(gaps_refuse),
	KUNIT_CASE(gaps_fill_without_data),
	KUNIT_CASE(gaps_end_is_told_later),
	KUNIT_CASE(gaps_open_one_grows),
	{ }
};

struct kunit_suite erl2_gaps_suite = {
	.name = "erl2_gaps",
	.test_cases = gaps_cases,
};
