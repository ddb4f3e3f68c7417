// SPDX-License-Identifier: GPL-2.0
/*
 * Where a Data-In belongs (RFC 7143 7.9, 11.7), and that no byte counts as good
 * that was not written by one that belongs there, the last time it was written.
 */
#include "../proto/datain.c"
#include "tests.h"

/* gaps.c is part of this module by its own test. */

static struct erl2_datain_view view(u32 exp_sn, u32 good, u8 level)
{
	return (struct erl2_datain_view) {
		.exp_sn = exp_sn,
		.good = good,
		.level = level,
	};
}

static void datain_in_order(struct kunit *test)
{
	struct erl2_datain_view v = view(3, 300, 1);

	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 300, 100),
			ERL2_DATAIN_NEXT);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 299, 100),
			ERL2_DATAIN_BAD_OFFSET);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 301, 100),
			ERL2_DATAIN_BAD_OFFSET);
	/* RFC 7143 11.7.5: without data the offset says nothing. */
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 0xffffffff, 0),
			ERL2_DATAIN_NEXT);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 2, 200, 100),
			ERL2_DATAIN_DROP);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 4, 400, 100),
			ERL2_DATAIN_AHEAD);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 4, 200, 100),
			ERL2_DATAIN_BAD_OFFSET);
}

static void datain_at_level_0(struct kunit *test)
{
	struct erl2_datain_view v = view(3, 300, 0);

	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 4, 300, 100),
			ERL2_DATAIN_BAD_SN);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 2, 200, 100),
			ERL2_DATAIN_DROP);
	/* Nothing but the status is known to come with any DataSN. */
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 9, 0, 0),
			ERL2_DATAIN_DROP);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 300, 1),
			ERL2_DATAIN_NEXT);
}

static void datain_behind_a_reassignment(struct kunit *test)
{
	struct erl2_datain_view v = view(3, 300, 2);

	v.restart = true;
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 0, 0, 100),
			ERL2_DATAIN_RESTART);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 77, 300, 100),
			ERL2_DATAIN_RESTART);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 301, 100),
			ERL2_DATAIN_BAD_OFFSET);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 0xffffffff, 0),
			ERL2_DATAIN_RESTART);
}

static void datain_behind_the_status(struct kunit *test)
{
	struct erl2_datain_view v = view(3, 300, 2);
	struct erl2_gaps g = { };

	v.over = true;
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 3, 300, 100),
			ERL2_DATAIN_DROP);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 4, 300, 100),
			ERL2_DATAIN_DROP);
	erl2_gaps_add(&g, 1, 1, 100, 200);
	v.gaps = &g;
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 1, 100, 100),
			ERL2_DATAIN_FILL);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 1, 0, 100),
			ERL2_DATAIN_BAD_OFFSET);
	KUNIT_EXPECT_EQ(test, erl2_datain_place(&v, 2, 200, 100),
			ERL2_DATAIN_DROP);
}

/*
 * All sequences of Data-Ins with small numbers, each right or damaged: what pdu.c
 * and data.c do with the verdict, and next to that what is really in each place of
 * the buffer.
 */
#define PLACES	4

/* How many DataSNs, places and lengths there are, and how long sequences are. */
struct span {
	unsigned int sns, places, lens, depth;
};

enum byte_state { BYTE_OLD, BYTE_RIGHT, BYTE_DAMAGED };

struct model {
	u32 exp_sn;
	u32 good;
	bool restart;
	u8 level;
	struct erl2_gaps gaps;
	enum byte_state byte[PLACES];
};

struct model_pdu {
	u32 sn, off, len;
	bool damaged;
};

/* Returns false when the connection has failed over it. */
static bool model_step(struct model *m, const struct model_pdu *p)
{
	struct erl2_datain_view v = {
		.exp_sn = m->exp_sn,
		.good = m->good,
		.gaps = &m->gaps,
		.restart = m->restart,
		.level = m->level,
	};
	enum erl2_datain place = erl2_datain_place(&v, p->sn, p->off, p->len);
	u32 end = p->off + p->len, i;

	if (place >= ERL2_DATAIN_BAD_SN)
		return false;
	if (place == ERL2_DATAIN_DROP)
		return true;
	if (place == ERL2_DATAIN_RESTART && p->len) {
		m->exp_sn = p->sn;
		m->good = p->off;
	}
	for (i = p->off; i < end; i++)
		m->byte[i] = p->damaged ? BYTE_DAMAGED : BYTE_RIGHT;
	if (p->damaged && !m->level)
		return false;
	if (place == ERL2_DATAIN_FILL) {
		if (p->damaged)
			return true;
		if (p->len && end > m->good)
			m->good = end;
		return !erl2_gaps_fill(&m->gaps, p->sn, p->off, p->len);
	}
	if (p->len)
		m->restart = false;
	if (place == ERL2_DATAIN_AHEAD || p->damaged) {
		u32 n = p->sn - m->exp_sn + p->damaged;

		if (erl2_gaps_add(&m->gaps, m->exp_sn, n, m->good,
				  p->damaged ? end :
				  p->len ? p->off : ERL2_GAP_OPEN))
			return false;
	} else if (p->len) {
		erl2_gaps_close(&m->gaps, p->off);
	}
	m->exp_sn = p->sn + 1;
	if (p->len)
		m->good = end;
	return true;
}

/* Is every byte that counts as good the right one? */
static bool model_holds(const struct model *m)
{
	u32 i, k;

	for (i = 0; i < m->good && i < PLACES; i++) {
		bool missing = false;

		for (k = 0; k < m->gaps.nr; k++) {
			const struct erl2_gap *g = &m->gaps.gap[k];

			if (i >= g->off && i < g->end)
				missing = true;
		}
		if (!missing && m->byte[i] != BYTE_RIGHT)
			return false;
	}
	return true;
}

/* The nth of all Data-Ins there are; false if it is none. */
static bool model_pdu(const struct span *r, unsigned int n,
		      struct model_pdu *p)
{
	p->damaged = n & 1;
	n >>= 1;
	p->len = n % r->lens;
	n /= r->lens;
	p->off = n % r->places;
	p->sn = n / r->places;
	/* Without data there is no digest, and any offset will do. */
	return p->off + p->len <= r->places &&
	       (p->len || (!p->damaged && !p->off));
}

static unsigned int model_walk(struct kunit *test, const struct span *r,
			       const struct model *from, unsigned int depth)
{
	unsigned int i, n = 0, max = r->sns * r->places * r->lens * 2;

	for (i = 0; i < max; i++) {
		struct model m = *from;
		struct model_pdu p;

		if (!model_pdu(r, i, &p))
			continue;
		n++;
		if (!model_step(&m, &p))
			continue;
		if (!model_holds(&m)) {
			KUNIT_FAIL(test, "level %u: DataSN %u, %u bytes at %u%s: good up to %u",
				   m.level, p.sn, p.len, p.off,
				   p.damaged ? ", damaged" : "", m.good);
			return n;
		}
		if (depth > 1)
			n += model_walk(test, r, &m, depth - 1);
	}
	return n;
}

static unsigned int model_range(struct kunit *test, const struct span *r)
{
	unsigned int level, had, n = 0;

	for (level = 0; level <= 2; level++)
		for (had = 0; had <= 2; had += 2) {
			struct model m = {
				.exp_sn = had,
				.good = had,
				.restart = had && level == 2,
				.level = level,
				.byte = { had ? BYTE_RIGHT : BYTE_OLD,
					  had ? BYTE_RIGHT : BYTE_OLD },
			};

			n += model_walk(test, r, &m, r->depth);
		}
	return n;
}

static void datain_only_what_is_right_counts(struct kunit *test)
{
	static const struct span wide = { 4, PLACES, 3, 3 };
	static const struct span deep = { 4, 3, 2, 5 };
	unsigned int n;

	n = model_range(test, &wide) + model_range(test, &deep);
	kunit_info(test, "%u steps", n);
	KUNIT_EXPECT_GT(test, n, 1000000U);
}

static struct kunit_case datain_cases[] = {
	KUNIT_CASE(datain_in_order),
	KUNIT_CASE(datain_at_level_0),
	KUNIT_CASE(datain_behind_a_reassignment),
	KUNIT_CASE(datain_behind_the_status),
	KUNIT_CASE(datain_only_what_is_right_counts),
	{ }
};

struct kunit_suite erl2_datain_suite = {
	.name = "erl2_datain",
	.test_cases = datain_cases,
};
