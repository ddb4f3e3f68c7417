// SPDX-License-Identifier: GPL-2.0
/*
 * What iscsid's login text asks for, and what it is told.
 */
#include <linux/string.h>
#include "../proto/keys.h"
#include "../proto/text.h"
#include "tests.h"

static void offer_has_defaults(struct kunit *test)
{
	struct erl2_offer o;

	memset(&o, 0xff, sizeof(o));
	erl2_offer_init(&o);
	KUNIT_EXPECT_EQ(test, o.header_digest[0], ERL2_DIGEST_NONE);
	KUNIT_EXPECT_EQ(test, o.header_digest[1], 0);
	KUNIT_EXPECT_EQ(test, o.data_digest[0], ERL2_DIGEST_NONE);
	KUNIT_EXPECT_EQ(test, o.data_digest[1], 0);
	KUNIT_EXPECT_EQ(test, o.max_recv, 8192);
	KUNIT_EXPECT_EQ(test, o.max_connections, 1);
	KUNIT_EXPECT_TRUE(test, o.initial_r2t);
	KUNIT_EXPECT_TRUE(test, o.immediate_data);
	KUNIT_EXPECT_EQ(test, o.max_burst, 262144);
	KUNIT_EXPECT_EQ(test, o.first_burst, 65536);
	KUNIT_EXPECT_EQ(test, o.time2wait, 2);
	KUNIT_EXPECT_EQ(test, o.time2retain, 20);
	KUNIT_EXPECT_EQ(test, o.max_r2t, 1);
	KUNIT_EXPECT_EQ(test, o.erl, 0);
}

static void offer_takes_digests(struct kunit *test)
{
	static const struct {
		const char *value;
		int err;
		u8 list[3];
	} c[] = {
		{ "None", 0, { ERL2_DIGEST_NONE } },
		{ "CRC32C", 0, { ERL2_DIGEST_CRC32C } },
		{ "CRC32C,None", 0, { ERL2_DIGEST_CRC32C, ERL2_DIGEST_NONE } },
		{ "None,CRC32C", 0, { ERL2_DIGEST_NONE, ERL2_DIGEST_CRC32C } },
		{ "Y-foo,CRC32C", 0, { ERL2_DIGEST_CRC32C } },
		{ "None,None,CRC32C", 0,
		  { ERL2_DIGEST_NONE, ERL2_DIGEST_CRC32C } },
		{ "None,CRC32C,None,CRC32C", 0,
		  { ERL2_DIGEST_NONE, ERL2_DIGEST_CRC32C } },
		{ "Y-foo", -EINVAL },
		{ "", -EINVAL },
		{ "Nonesuch", -EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct erl2_offer o = { .data_digest = { 9, 9 } };

		KUNIT_EXPECT_EQ_MSG(test, c[i].err,
				    erl2_offer_take(&o, ERL2_KEY_DATA_DIGEST,
						    c[i].value),
				    "%s", c[i].value);
		if (!c[i].err)
			KUNIT_EXPECT_EQ_MSG(test, 0, memcmp(c[i].list,
							    o.data_digest, 3),
					    "%s", c[i].value);
		else
			KUNIT_EXPECT_EQ_MSG(test, o.data_digest[0], 9, "%s",
					    c[i].value);
	}
}

static void offer_takes_numbers(struct kunit *test)
{
	struct erl2_offer o;

	erl2_offer_init(&o);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_RECV,
						 "262144"));
	KUNIT_EXPECT_EQ(test, o.max_recv, 262144);
	KUNIT_EXPECT_NE(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_RECV,
						 "511"));
	KUNIT_EXPECT_EQ(test, o.max_recv, 262144);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_BURST,
						 "16776192"));
	KUNIT_EXPECT_EQ(test, o.max_burst, 16776192);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_FIRST_BURST,
						 "4096"));
	KUNIT_EXPECT_EQ(test, o.first_burst, 4096);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_TIME2WAIT, "0"));
	KUNIT_EXPECT_EQ(test, o.time2wait, 0);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_TIME2RETAIN,
						 "3600"));
	KUNIT_EXPECT_EQ(test, o.time2retain, 3600);
	KUNIT_EXPECT_NE(test, 0, erl2_offer_take(&o, ERL2_KEY_TIME2RETAIN,
						 "3601"));
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_R2T, "16"));
	KUNIT_EXPECT_EQ(test, o.max_r2t, 16);
	KUNIT_EXPECT_NE(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_R2T, "0"));
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_INITIAL_R2T,
						 "No"));
	KUNIT_EXPECT_FALSE(test, o.initial_r2t);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_IMMEDIATE_DATA,
						 "No"));
	KUNIT_EXPECT_FALSE(test, o.immediate_data);
	KUNIT_EXPECT_NE(test, 0, erl2_offer_take(&o, ERL2_KEY_INITIAL_R2T,
						 "Maybe"));
	KUNIT_EXPECT_FALSE(test, o.initial_r2t);
}

/* iscsid always says level 0 and one connection: the module decides these. */
static void offer_leaves_what_is_not_iscsids(struct kunit *test)
{
	struct erl2_offer o = { .erl = 2, .max_connections = 8 };

	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_ERL, "0"));
	KUNIT_EXPECT_EQ(test, o.erl, 2);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_MAX_CONNECTIONS,
						 "1"));
	KUNIT_EXPECT_EQ(test, o.max_connections, 8);
	KUNIT_EXPECT_EQ(test, 0, erl2_offer_take(&o, ERL2_KEY_UNKNOWN, "1"));
}

static void answers_hide_the_level(struct kunit *test)
{
	static const struct erl2_keys k = {
		.header_digest = true, .max_recv = 262144, .max_xmit = 65536,
		.max_connections = 8, .immediate_data = true,
		.max_burst = 131072, .first_burst = 32768, .time2wait = 1,
		.time2retain = 60, .max_r2t = 1, .pdu_in_order = true,
		.seq_in_order = true, .erl = 2,
	};
	static const char want[] =
		"DefaultTime2Wait=1\0DefaultTime2Retain=60\0"
		"ErrorRecoveryLevel=0\0InitialR2T=No\0ImmediateData=Yes\0"
		"MaxBurstLength=131072\0FirstBurstLength=32768\0"
		"MaxOutstandingR2T=1\0DataPDUInOrder=Yes\0"
		"DataSequenceInOrder=Yes\0HeaderDigest=CRC32C\0"
		"DataDigest=None\0MaxRecvDataSegmentLength=65536\0"
		"IFMarker=No\0OFMarker=No\0";
	struct erl2_text out;
	unsigned int key;
	char *buf = kunit_kzalloc(test, 1024, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
	erl2_text_init(&out, buf, 1024);
	for (key = 0; key <= ERL2_KEY_UNKNOWN; key++)
		erl2_keys_answer(&k, key, &out);
	KUNIT_EXPECT_FALSE(test, out.overflow);
	KUNIT_ASSERT_EQ(test, out.len, sizeof(want) - 1);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, want, out.len));
}

static struct kunit_case offer_cases[] = {
	KUNIT_CASE(offer_has_defaults),
	KUNIT_CASE(offer_takes_digests),
	KUNIT_CASE(offer_takes_numbers),
	KUNIT_CASE(offer_leaves_what_is_not_iscsids),
	KUNIT_CASE(answers_hide_the_level),
	{ }
};

struct kunit_suite erl2_offer_suite = {
	.name = "erl2_offer",
	.test_cases = offer_cases,
};
