// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of the commands of a failed connection.
 */
#include "../proto/rerun.c"
#include "../proto/task_verdict.c"
#include "tests.h"

static void decide_by_the_window(struct kunit *test)
{
	struct erl2_cmdsn sn = { .next = 4, .exp = 1, .max = 40 };

	KUNIT_EXPECT_EQ(test, ERL2_KEEP, erl2_decide(&sn, false, false, 0));
	KUNIT_EXPECT_EQ(test, ERL2_KEEP, erl2_decide(&sn, false, true, 0));
	KUNIT_EXPECT_EQ(test, ERL2_FAIL, erl2_decide(&sn, true, true, 0));
	KUNIT_EXPECT_EQ(test, ERL2_FAIL, erl2_decide(&sn, true, true, 3));
	KUNIT_EXPECT_EQ(test, ERL2_REASSIGN, erl2_decide(&sn, true, false, 0));
	KUNIT_EXPECT_EQ(test, ERL2_REASSIGN,
			erl2_decide(&sn, true, false, 0xfffffff0));
	KUNIT_EXPECT_EQ(test, ERL2_RETRY, erl2_decide(&sn, true, false, 1));
	KUNIT_EXPECT_EQ(test, ERL2_RETRY, erl2_decide(&sn, true, false, 3));
}

static void decide_on_every_answer(struct kunit *test)
{
	static const struct {
		u8 response;
		enum erl2_answer accepted;
		enum erl2_answer not_accepted;
	} c[] = {
		{ 0, ERL2_ANS_CONTINUE, ERL2_ANS_CONTINUE },
		{ 1, ERL2_ANS_LOST, ERL2_ANS_RETRY },
		{ 2, ERL2_ANS_LOST, ERL2_ANS_RETRY },
		{ 3, ERL2_ANS_AGAIN, ERL2_ANS_AGAIN },
		{ 4, ERL2_ANS_ESCALATE, ERL2_ANS_ESCALATE },
		{ 5, ERL2_ANS_ESCALATE, ERL2_ANS_ESCALATE },
		{ 6, ERL2_ANS_LOST, ERL2_ANS_RETRY },
		{ 7, ERL2_ANS_LOST, ERL2_ANS_RETRY },
		{ 254, ERL2_ANS_LOST, ERL2_ANS_RETRY },
		{ 255, ERL2_ANS_LOST, ERL2_ANS_RETRY },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		KUNIT_EXPECT_EQ_MSG(test, c[i].accepted,
				    erl2_reassign_answer(c[i].response, true,
							 1),
				    "response %u", c[i].response);
		KUNIT_EXPECT_EQ_MSG(test, c[i].not_accepted,
				    erl2_reassign_answer(c[i].response, false,
							 1),
				    "response %u", c[i].response);
	}
}

static void decide_still_allegiant(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ERL2_ANS_AGAIN, erl2_reassign_answer(3, true, 1));
	KUNIT_EXPECT_EQ(test, ERL2_ANS_AGAIN, erl2_reassign_answer(3, true, 2));
	KUNIT_EXPECT_EQ(test, ERL2_ANS_ESCALATE,
			erl2_reassign_answer(3, true, 3));
	KUNIT_EXPECT_EQ(test, ERL2_ANS_ESCALATE,
			erl2_reassign_answer(3, true, 200));
	/* The others do not change with the number of tries. */
	KUNIT_EXPECT_EQ(test, ERL2_ANS_CONTINUE,
			erl2_reassign_answer(0, true, 3));
	KUNIT_EXPECT_EQ(test, ERL2_ANS_LOST, erl2_reassign_answer(1, true, 3));
}

/* Types of unit, as bits */
#define DISK	BIT(0)	/* disk, RBC */
#define BLOCKS	BIT(1)	/* ROM, WORM, optical, host-managed zoned */
#define OTHER	BIT(2)	/* tape, changer, processor, enclosure, ... */
#define ANY	(DISK | BLOCKS | OTHER)

static const struct {
	u8 cdb[16];
	u8 may;
	const char *name;
} reruns[] = {
	{ { 0x12 }, ANY, "INQUIRY" },
	{ { 0xa0 }, ANY, "REPORT LUNS" },
	{ { 0x1a }, ANY, "MODE SENSE(6)" },
	{ { 0x5a }, ANY, "MODE SENSE(10)" },
	{ { 0x5e }, ANY, "PERSISTENT RESERVE IN" },
	{ { 0xa3, 0x0a }, ANY, "REPORT TARGET PORT GROUPS" },
	{ { 0xa3, 0x2a }, ANY, "REPORT TARGET PORT GROUPS, extended" },
	{ { 0xa3, 0x0c }, ANY, "REPORT SUPPORTED OPERATION CODES" },
	{ { 0xa3, 0x10 }, 0, "MANAGEMENT PROTOCOL IN" },
	{ { 0xa3, 0x1f }, 0, "MAINTENANCE IN, vendor's" },

	{ { 0x08 }, DISK | BLOCKS, "READ(6)" },
	{ { 0x28 }, DISK | BLOCKS, "READ(10)" },
	{ { 0xa8 }, DISK | BLOCKS, "READ(12)" },
	{ { 0x88 }, DISK | BLOCKS, "READ(16)" },
	{ { 0x7f, [9] = 0x09 }, DISK | BLOCKS, "READ(32)" },
	{ { 0x2f }, DISK | BLOCKS, "VERIFY(10)" },
	{ { 0xaf }, DISK | BLOCKS, "VERIFY(12)" },
	{ { 0x8f }, DISK | BLOCKS, "VERIFY(16)" },
	{ { 0x7f, [9] = 0x0a }, DISK | BLOCKS, "VERIFY(32)" },
	{ { 0x34 }, DISK | BLOCKS, "PRE-FETCH(10)" },
	{ { 0x90 }, DISK | BLOCKS, "PRE-FETCH(16)" },
	{ { 0x25 }, DISK | BLOCKS, "READ CAPACITY(10)" },
	{ { 0x9e, 0x10 }, DISK | BLOCKS, "READ CAPACITY(16)" },
	{ { 0x9e, 0x12 }, DISK | BLOCKS, "GET LBA STATUS" },
	{ { 0x9e, 0x13 }, DISK | BLOCKS, "REPORT REFERRALS" },
	{ { 0x9e, 0x00 }, 0, "SERVICE ACTION IN(16), another" },
	{ { 0x95, 0x00 }, DISK | BLOCKS, "REPORT ZONES" },
	{ { 0x37 }, DISK | BLOCKS, "READ DEFECT DATA(10)" },
	{ { 0xb7 }, DISK | BLOCKS, "READ DEFECT DATA(12)" },
	{ { 0x4d }, DISK | BLOCKS, "LOG SENSE" },
	{ { 0x35 }, DISK | BLOCKS, "SYNCHRONIZE CACHE(10)" },
	{ { 0x91 }, DISK | BLOCKS, "SYNCHRONIZE CACHE(16)" },
	{ { 0x00 }, DISK | BLOCKS, "TEST UNIT READY" },

	{ { 0x0a }, DISK, "WRITE(6)" },
	{ { 0x2a }, DISK, "WRITE(10)" },
	{ { 0xaa }, DISK, "WRITE(12)" },
	{ { 0x8a }, DISK, "WRITE(16)" },
	{ { 0x9c }, DISK, "WRITE ATOMIC(16)" },
	{ { 0x7f, [9] = 0x0b }, DISK, "WRITE(32)" },
	{ { 0x2e }, DISK, "WRITE AND VERIFY(10)" },
	{ { 0xae }, DISK, "WRITE AND VERIFY(12)" },
	{ { 0x8e }, DISK, "WRITE AND VERIFY(16)" },
	{ { 0x7f, [9] = 0x0c }, DISK, "WRITE AND VERIFY(32)" },
	{ { 0x41 }, DISK, "WRITE SAME(10)" },
	{ { 0x93 }, DISK, "WRITE SAME(16)" },
	{ { 0x7f, [9] = 0x0d }, DISK, "WRITE SAME(32)" },
	{ { 0x42 }, DISK, "UNMAP" },

	{ { 0x89 }, 0, "COMPARE AND WRITE" },
	{ { 0x8b }, 0, "ORWRITE(16)" },
	{ { 0x53 }, 0, "XDWRITEREAD(10)" },
	{ { 0x7f, [9] = 0x07 }, 0, "XDWRITEREAD(32)" },
	{ { 0x7f, [8] = 0x1f, [9] = 0xf0 }, 0, "ATA PASS-THROUGH(32)" },
	{ { 0x7f, [8] = 0x01, [9] = 0x0b }, 0, "another 32-byte command" },
	{ { 0x5f }, 0, "PERSISTENT RESERVE OUT" },
	{ { 0x16 }, 0, "RESERVE(6)" },
	{ { 0x17 }, 0, "RELEASE(6)" },
	{ { 0x56 }, 0, "RESERVE(10)" },
	{ { 0x57 }, 0, "RELEASE(10)" },
	{ { 0x83 }, 0, "EXTENDED COPY" },
	{ { 0x84 }, 0, "RECEIVE COPY RESULTS" },
	{ { 0x04 }, 0, "FORMAT UNIT" },
	{ { 0x48 }, 0, "SANITIZE" },
	{ { 0x1b }, 0, "START STOP UNIT" },
	{ { 0x1e }, 0, "PREVENT ALLOW MEDIUM REMOVAL" },
	{ { 0x15 }, 0, "MODE SELECT(6)" },
	{ { 0x55 }, 0, "MODE SELECT(10)" },
	{ { 0x4c }, 0, "LOG SELECT" },
	{ { 0x03 }, 0, "REQUEST SENSE" },
	{ { 0x07 }, 0, "REASSIGN BLOCKS" },
	{ { 0x1d }, 0, "SEND DIAGNOSTIC" },
	{ { 0x3b }, 0, "WRITE BUFFER" },
	{ { 0x3f }, 0, "WRITE LONG(10)" },
	{ { 0x85 }, 0, "ATA PASS-THROUGH(16)" },
	{ { 0x94 }, 0, "ZBC OUT" },
	{ { 0x9f }, 0, "SERVICE ACTION OUT(16)" },
	{ { 0xa2 }, 0, "SECURITY PROTOCOL IN" },
	{ { 0xb5 }, 0, "SECURITY PROTOCOL OUT" },
	{ { 0xa4 }, 0, "MAINTENANCE OUT" },
	{ { 0xc1 }, 0, "vendor's" },

	/* What tapes and changers share no opcode with disks for */
	{ { 0x01 }, 0, "REWIND" },
	{ { 0x10 }, 0, "WRITE FILEMARKS(6)" },
	{ { 0x11 }, 0, "SPACE(6)" },
	{ { 0x19 }, 0, "ERASE(6)" },
	{ { 0x92 }, 0, "LOCATE(16)" },
	{ { 0xa5 }, 0, "MOVE MEDIUM" },
	{ { 0xa6 }, 0, "EXCHANGE MEDIUM" },
	{ { 0x2b }, 0, "LOCATE(10), POSITION TO ELEMENT" },
};

static void decide_on_reruns(struct kunit *test)
{
	static const struct {
		u8 type;
		u8 bit;
	} types[] = {
		{ 0x00, DISK },		/* disk */
		{ 0x0e, DISK },		/* RBC */
		{ 0x04, BLOCKS },	/* write-once */
		{ 0x05, BLOCKS },	/* CD/DVD */
		{ 0x07, BLOCKS },	/* optical memory */
		{ 0x14, BLOCKS },	/* host-managed zoned */
		{ 0x01, OTHER },	/* tape */
		{ 0x08, OTHER },	/* changer */
		{ 0x02, OTHER },	/* printer */
		{ 0x03, OTHER },	/* processor */
		{ 0x0c, OTHER },	/* array controller */
		{ 0x0d, OTHER },	/* enclosure */
		{ 0x11, OTHER },	/* object store */
		{ 0x1e, OTHER },	/* well known logical unit */
		{ 0x1f, OTHER },	/* unknown */
	};
	unsigned int i, t;

	for (i = 0; i < ARRAY_SIZE(reruns); i++)
		for (t = 0; t < ARRAY_SIZE(types); t++)
			KUNIT_EXPECT_EQ_MSG(test, !!(reruns[i].may &
						     types[t].bit),
					    erl2_may_rerun(types[t].type,
							   reruns[i].cdb),
					    "%s, type 0x%02x", reruns[i].name,
					    types[t].type);
}

/* Everything that has no row above is refused. */
static void decide_on_unknown_reruns(struct kunit *test)
{
	unsigned int op, i;

	for (op = 0; op < 256; op++) {
		u8 cdb[16] = { op, 0x1e, [8] = 0xff };

		for (i = 0; i < ARRAY_SIZE(reruns); i++)
			if (reruns[i].cdb[0] == op)
				break;
		if (i < ARRAY_SIZE(reruns))
			continue;
		KUNIT_EXPECT_FALSE_MSG(test, erl2_may_rerun(TYPE_DISK, cdb),
				       "opcode 0x%02x", op);
		KUNIT_EXPECT_FALSE_MSG(test, erl2_may_rerun(TYPE_TAPE, cdb),
				       "opcode 0x%02x", op);
	}
}

static struct kunit_case decide_cases[] = {
	KUNIT_CASE(decide_by_the_window),
	KUNIT_CASE(decide_on_every_answer),
	KUNIT_CASE(decide_still_allegiant),
	KUNIT_CASE(decide_on_reruns),
	KUNIT_CASE(decide_on_unknown_reruns),
	{ }
};

struct kunit_suite erl2_decide_suite = {
	.name = "erl2_decide",
	.test_cases = decide_cases,
};
