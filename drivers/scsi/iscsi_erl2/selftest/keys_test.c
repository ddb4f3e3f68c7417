// SPDX-License-Identifier: GPL-2.0
/*
 * The operational negotiation: offers, answers, result functions.
 */
#include "../proto/keys.c"
#include <linux/slab.h>
#include "tests.h"

struct neg_test {
	struct erl2_offer offer;
	struct erl2_neg neg;
	struct erl2_text out;
	char out_buf[2048];
	char buf[512];
};

typedef int (*pair_fn)(struct neg_test *t, const char *name, const char *value);

/* Calls @fn with each of the pairs in @list, which blanks separate. */
static int with_pairs(struct neg_test *t, const char *list, pair_fn fn)
{
	char *rest = t->buf, *pair;
	int err;

	strscpy(t->buf, list, sizeof(t->buf));
	while ((pair = strsep(&rest, " "))) {
		char *value = strchr(pair, '=');

		if (!value)
			continue;
		*value++ = '\0';
		err = fn(t, pair, value);
		if (err)
			return err;
	}
	return 0;
}

static int set_offer(struct neg_test *t, const char *name, const char *value)
{
	enum erl2_key key = erl2_key_find(name);

	switch (key) {
	case ERL2_KEY_ERL:
		return kstrtou8(value, 0, &t->offer.erl);
	case ERL2_KEY_MAX_CONNECTIONS:
		return kstrtou16(value, 0, &t->offer.max_connections);
	case ERL2_KEY_TASK_REPORTING:
		t->offer.fast_abort = !strcmp(value, "FastAbort");
		return 0;
	default:
		return erl2_offer_take(&t->offer, key, value);
	}
}

static int receive(struct neg_test *t, const char *name, const char *value)
{
	return erl2_neg_receive(&t->neg, erl2_key_find(name), name, value,
				&t->out);
}

static u32 outcome(const struct erl2_keys *k, const char *name)
{
	switch (erl2_key_find(name)) {
	case ERL2_KEY_HEADER_DIGEST:
		return k->header_digest;
	case ERL2_KEY_DATA_DIGEST:
		return k->data_digest;
	case ERL2_KEY_MAX_RECV:
		return k->max_xmit;
	case ERL2_KEY_TIME2WAIT:
		return k->time2wait;
	case ERL2_KEY_TIME2RETAIN:
		return k->time2retain;
	case ERL2_KEY_ERL:
		return k->erl;
	case ERL2_KEY_INITIAL_R2T:
		return k->initial_r2t;
	case ERL2_KEY_IMMEDIATE_DATA:
		return k->immediate_data;
	case ERL2_KEY_MAX_BURST:
		return k->max_burst;
	case ERL2_KEY_FIRST_BURST:
		return k->first_burst;
	case ERL2_KEY_MAX_R2T:
		return k->max_r2t;
	case ERL2_KEY_MAX_CONNECTIONS:
		return k->max_connections;
	case ERL2_KEY_PDU_IN_ORDER:
		return k->pdu_in_order;
	case ERL2_KEY_SEQ_IN_ORDER:
		return k->seq_in_order;
	case ERL2_KEY_TASK_REPORTING:
		return k->reporting;
	case ERL2_KEY_PROTOCOL_LEVEL:
		return k->level;
	default:
		return 0xbad;
	}
}

/* Is @pair, with its NUL, part of what goes out? */
static bool sent(const struct erl2_text *out, const char *pair)
{
	size_t len = strlen(pair) + 1;
	unsigned int i;

	for (i = 0; i + len <= out->len; i++)
		if ((!i || !out->buf[i - 1]) && !memcmp(out->buf + i, pair, len))
			return true;
	return false;
}

/* Is there a pair with this name? */
static bool sent_key(const struct erl2_text *out, const char *name)
{
	size_t len = strlen(name);
	unsigned int i;

	for (i = 0; i + len < out->len; i++)
		if ((!i || !out->buf[i - 1]) && out->buf[i + len] == '=' &&
		    !memcmp(out->buf + i, name, len))
			return true;
	return false;
}

/* An offer of @offer and defaults; more may be added to it. */
static struct neg_test *neg_start(struct kunit *test, const char *offer,
				  bool leading, const struct erl2_keys *session)
{
	struct neg_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	erl2_offer_init(&t->offer);
	KUNIT_ASSERT_EQ(test, 0, with_pairs(t, offer, set_offer));
	erl2_text_init(&t->out, t->out_buf, sizeof(t->out_buf));
	erl2_neg_init(&t->neg, &t->offer, leading, session);
	return t;
}

#define DIGESTS	"HeaderDigest=CRC32C,None DataDigest=None,CRC32C "

/*
 * One exchange of a leading login. @result: one outcome that has to come of it;
 * NULL where the target's answer has to end the login.
 */
static const struct {
	const char *offer;
	const char *answer;
	const char *result;
} answers[] = {
	/* lists: one that we offered, or nothing */
	{ DIGESTS, "HeaderDigest=CRC32C", "HeaderDigest=1" },
	{ DIGESTS, "HeaderDigest=None", "HeaderDigest=0" },
	{ DIGESTS, "DataDigest=CRC32C", "DataDigest=1" },
	{ DIGESTS, "DataDigest=None", "DataDigest=0" },
	{ DIGESTS, "HeaderDigest=Reject", "HeaderDigest=0" },
	{ DIGESTS, "HeaderDigest=crc32c", NULL },
	{ DIGESTS, "HeaderDigest=CRC32C,None", NULL },
	{ DIGESTS, "HeaderDigest=CRC32", NULL },
	{ DIGESTS, "HeaderDigest=", NULL },
	{ DIGESTS, "HeaderDigest=NotUnderstood", NULL },
	{ DIGESTS, "DataDigest=Y-my.own", NULL },
	{ "HeaderDigest=None", "HeaderDigest=CRC32C", NULL },
	{ "DataDigest=None", "DataDigest=CRC32C", NULL },
	{ "HeaderDigest=CRC32C", "HeaderDigest=CRC32C", "HeaderDigest=1" },
	{ "HeaderDigest=CRC32C", "HeaderDigest=None", NULL },
	{ "HeaderDigest=CRC32C", "HeaderDigest=Reject", NULL },
	{ "HeaderDigest=CRC32C", "", NULL },
	{ "DataDigest=CRC32C", "", NULL },
	{ "DataDigest=CRC32C", "DataDigest=None", NULL },

	/* declared, so whatever it is, but within the bounds */
	{ "", "MaxRecvDataSegmentLength=512", "MaxRecvDataSegmentLength=512" },
	{ "", "MaxRecvDataSegmentLength=262144",
	  "MaxRecvDataSegmentLength=262144" },
	{ "", "MaxRecvDataSegmentLength=16777215",
	  "MaxRecvDataSegmentLength=16777215" },
	{ "", "MaxRecvDataSegmentLength=0x1000",
	  "MaxRecvDataSegmentLength=4096" },
	{ "", "", "MaxRecvDataSegmentLength=8192" },
	{ "MaxRecvDataSegmentLength=262144", "",
	  "MaxRecvDataSegmentLength=8192" },
	{ "", "MaxRecvDataSegmentLength=511", NULL },
	{ "", "MaxRecvDataSegmentLength=16777216", NULL },
	{ "", "MaxRecvDataSegmentLength=0", NULL },
	{ "", "MaxRecvDataSegmentLength=Irrelevant", NULL },
	{ "", "MaxRecvDataSegmentLength=NotUnderstood", NULL },

	/* maximum */
	{ "DefaultTime2Wait=5", "DefaultTime2Wait=5", "DefaultTime2Wait=5" },
	{ "DefaultTime2Wait=5", "DefaultTime2Wait=10", "DefaultTime2Wait=10" },
	{ "DefaultTime2Wait=5", "DefaultTime2Wait=3600",
	  "DefaultTime2Wait=3600" },
	{ "DefaultTime2Wait=0", "DefaultTime2Wait=0", "DefaultTime2Wait=0" },
	{ "DefaultTime2Wait=5", "DefaultTime2Wait=4", NULL },
	{ "DefaultTime2Wait=5", "DefaultTime2Wait=3601", NULL },
	{ "DefaultTime2Wait=5", "", "DefaultTime2Wait=5" },
	{ "DefaultTime2Wait=0", "", "DefaultTime2Wait=2" },

	/* minimum */
	{ "DefaultTime2Retain=60", "DefaultTime2Retain=60",
	  "DefaultTime2Retain=60" },
	{ "DefaultTime2Retain=60", "DefaultTime2Retain=0",
	  "DefaultTime2Retain=0" },
	{ "DefaultTime2Retain=60", "DefaultTime2Retain=61", NULL },
	{ "DefaultTime2Retain=60", "", "DefaultTime2Retain=20" },
	{ "DefaultTime2Retain=10", "", "DefaultTime2Retain=10" },

	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=2",
	  "ErrorRecoveryLevel=2" },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=1",
	  "ErrorRecoveryLevel=1" },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=0",
	  "ErrorRecoveryLevel=0" },
	{ "ErrorRecoveryLevel=2", "", "ErrorRecoveryLevel=0" },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=Irrelevant",
	  "ErrorRecoveryLevel=0" },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=3", NULL },
	{ "ErrorRecoveryLevel=1", "ErrorRecoveryLevel=2", NULL },
	{ "ErrorRecoveryLevel=0", "ErrorRecoveryLevel=1", NULL },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=Reject", NULL },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=NotUnderstood", NULL },
	{ "ErrorRecoveryLevel=2", "ErrorRecoveryLevel=Yes", NULL },

	{ "MaxBurstLength=65536", "MaxBurstLength=65536",
	  "MaxBurstLength=65536" },
	{ "MaxBurstLength=65536", "MaxBurstLength=512", "MaxBurstLength=512" },
	{ "MaxBurstLength=65536", "MaxBurstLength=511", NULL },
	{ "MaxBurstLength=65536", "MaxBurstLength=65537", NULL },
	{ "MaxBurstLength=65536", "", "MaxBurstLength=262144" },
	{ "MaxBurstLength=65536", "MaxBurstLength=NotUnderstood", NULL },

	{ "FirstBurstLength=8192", "FirstBurstLength=8192",
	  "FirstBurstLength=8192" },
	{ "FirstBurstLength=8192", "FirstBurstLength=512",
	  "FirstBurstLength=512" },
	{ "FirstBurstLength=8192", "FirstBurstLength=8193", NULL },
	{ "FirstBurstLength=8192", "FirstBurstLength=256", NULL },
	{ "FirstBurstLength=8192", "", "FirstBurstLength=8192" },
	{ "FirstBurstLength=262144", "", "FirstBurstLength=65536" },
	{ "FirstBurstLength=8192", "FirstBurstLength=Irrelevant",
	  "FirstBurstLength=8192" },
	/* never above MaxBurstLength */
	{ "", "MaxBurstLength=4096", "FirstBurstLength=4096" },
	{ "", "MaxBurstLength=4096 FirstBurstLength=8192",
	  "FirstBurstLength=4096" },
	{ "", "FirstBurstLength=8192 MaxBurstLength=4096",
	  "FirstBurstLength=4096" },
	{ "MaxBurstLength=4096 FirstBurstLength=65536",
	  "FirstBurstLength=65536", NULL },

	{ "MaxOutstandingR2T=8", "MaxOutstandingR2T=8",
	  "MaxOutstandingR2T=8" },
	{ "MaxOutstandingR2T=8", "MaxOutstandingR2T=1",
	  "MaxOutstandingR2T=1" },
	{ "MaxOutstandingR2T=8", "MaxOutstandingR2T=9", NULL },
	{ "MaxOutstandingR2T=8", "MaxOutstandingR2T=0", NULL },
	{ "MaxOutstandingR2T=8", "", "MaxOutstandingR2T=1" },
	{ "MaxOutstandingR2T=8", "MaxOutstandingR2T=Irrelevant",
	  "MaxOutstandingR2T=1" },

	{ "MaxConnections=8", "MaxConnections=8", "MaxConnections=8" },
	{ "MaxConnections=8", "MaxConnections=2", "MaxConnections=2" },
	{ "MaxConnections=8", "MaxConnections=9", NULL },
	{ "MaxConnections=8", "MaxConnections=0", NULL },
	{ "MaxConnections=8", "", "MaxConnections=1" },
	{ "MaxConnections=1", "MaxConnections=2", NULL },

	/* OR */
	{ "InitialR2T=No", "InitialR2T=No", "InitialR2T=0" },
	{ "InitialR2T=No", "InitialR2T=Yes", "InitialR2T=1" },
	{ "InitialR2T=No", "", "InitialR2T=1" },
	{ "InitialR2T=Yes", "InitialR2T=Yes", "InitialR2T=1" },
	{ "InitialR2T=Yes", "", "InitialR2T=1" },
	{ "InitialR2T=Yes", "InitialR2T=No", NULL },
	{ "InitialR2T=No", "InitialR2T=no", NULL },
	{ "InitialR2T=No", "InitialR2T=Reject", NULL },
	{ "", "DataPDUInOrder=Yes", "DataPDUInOrder=1" },
	{ "", "", "DataPDUInOrder=1" },
	{ "", "DataPDUInOrder=No", NULL },
	{ "", "DataSequenceInOrder=Yes", "DataSequenceInOrder=1" },
	{ "", "", "DataSequenceInOrder=1" },
	{ "", "DataSequenceInOrder=No", NULL },

	/* AND */
	{ "ImmediateData=Yes", "ImmediateData=Yes", "ImmediateData=1" },
	{ "ImmediateData=Yes", "ImmediateData=No", "ImmediateData=0" },
	{ "ImmediateData=Yes", "", "ImmediateData=1" },
	{ "ImmediateData=No", "ImmediateData=No", "ImmediateData=0" },
	{ "ImmediateData=No", "", "ImmediateData=0" },
	{ "ImmediateData=No", "ImmediateData=Yes", NULL },
	{ "ImmediateData=Yes", "ImmediateData=NotUnderstood", NULL },

	/* keys that a target of RFC 3720 does not know */
	{ "TaskReporting=FastAbort", "TaskReporting=FastAbort",
	  "TaskReporting=2" },
	{ "TaskReporting=FastAbort", "TaskReporting=ResponseFence",
	  "TaskReporting=1" },
	{ "TaskReporting=FastAbort", "TaskReporting=RFC3720",
	  "TaskReporting=0" },
	{ "", "TaskReporting=ResponseFence", "TaskReporting=1" },
	{ "", "TaskReporting=FastAbort", NULL },
	{ "", "TaskReporting=FastAbort,RFC3720", NULL },
	{ "", "TaskReporting=fence", NULL },
	{ "TaskReporting=FastAbort", "TaskReporting=Reject",
	  "TaskReporting=0" },
	{ "TaskReporting=FastAbort", "TaskReporting=NotUnderstood",
	  "TaskReporting=0" },
	{ "TaskReporting=FastAbort", "TaskReporting=Irrelevant",
	  "TaskReporting=0" },
	{ "TaskReporting=FastAbort", "", "TaskReporting=0" },
	{ "", "iSCSIProtocolLevel=2", "iSCSIProtocolLevel=2" },
	{ "", "iSCSIProtocolLevel=1", "iSCSIProtocolLevel=1" },
	{ "", "iSCSIProtocolLevel=0", "iSCSIProtocolLevel=0" },
	{ "", "iSCSIProtocolLevel=3", NULL },
	{ "", "iSCSIProtocolLevel=x", NULL },
	{ "", "iSCSIProtocolLevel=NotUnderstood", "iSCSIProtocolLevel=1" },
	{ "", "", "iSCSIProtocolLevel=1" },

	/* no key twice */
	{ "", "MaxBurstLength=4096 MaxBurstLength=4096", NULL },
	{ "", "MaxRecvDataSegmentLength=512 MaxRecvDataSegmentLength=1024",
	  NULL },

	/* keys that only an initiator sends or that are no keys of a login */
	{ "", "InitiatorName=iqn.x", NULL },
	{ "", "SessionType=Normal", NULL },
	{ "", "SendTargets=All", NULL },
	{ "", "X#NodeArchitecture=a,b X#NodeArchitecture=c", NULL },
	{ "", "X#NodeArchitecture=a,b", "MaxConnections=1" },
	{ "", "X-com.example.foo=1", "MaxConnections=1" },
};

static void keys_check_answers(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct neg_test *t = neg_start(test, answers[i].offer, true,
					       NULL);
		int err, fields;
		char name[32];
		u32 want;

		KUNIT_EXPECT_TRUE(test, erl2_neg_propose(&t->neg, &t->out));
		KUNIT_EXPECT_FALSE(test, t->out.overflow);
		err = with_pairs(t, answers[i].answer, receive);
		if (!err)
			err = erl2_neg_finish(&t->neg);
		KUNIT_EXPECT_EQ_MSG(test, err, answers[i].result ? 0 : -EPROTO,
				    "I->T %s T->I %s", answers[i].offer,
				    answers[i].answer);
		if (err || !answers[i].result)
			continue;
		fields = sscanf(answers[i].result, "%31[^=]=%u", name, &want);
		KUNIT_ASSERT_EQ(test, 2, fields);
		KUNIT_EXPECT_EQ_MSG(test, outcome(&t->neg.keys, name), want,
				    "%s of I->T %s T->I %s", name,
				    answers[i].offer, answers[i].answer);
	}
}

/* The answer is to blame, not the outcome. */
static void keys_refuse_at_once(struct kunit *test)
{
	struct neg_test *t = neg_start(test, "HeaderDigest=CRC32C", true, NULL);

	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_EQ(test, -EPROTO, receive(t, "HeaderDigest", "None"));
}

static void keys_offer_a_session(struct kunit *test)
{
	static const char * const want[] = {
		"HeaderDigest=CRC32C,None", "DataDigest=None,CRC32C",
		"MaxRecvDataSegmentLength=262144", "DefaultTime2Wait=0",
		"DefaultTime2Retain=60", "ErrorRecoveryLevel=2",
		"InitialR2T=No", "ImmediateData=Yes", "MaxBurstLength=16776192",
		"FirstBurstLength=262144", "MaxConnections=4",
		"DataPDUInOrder=Yes", "DataSequenceInOrder=Yes",
		"MaxOutstandingR2T=1", "TaskReporting=ResponseFence,RFC3720",
		"iSCSIProtocolLevel=2",
	};
	static const char * const words[] = {
		"=Reject", "=Irrelevant", "=NotUnderstood",
	};
	static const char * const offer[] = {
		"MaxRecvDataSegmentLength=262144 ErrorRecoveryLevel=2",
		"DefaultTime2Wait=0 DefaultTime2Retain=60 InitialR2T=No",
		"MaxBurstLength=16776192 FirstBurstLength=262144",
		"MaxConnections=4",
	};
	struct neg_test *t = neg_start(test, DIGESTS, true, NULL);
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(offer); i++)
		KUNIT_ASSERT_EQ(test, 0, with_pairs(t, offer[i], set_offer));
	KUNIT_EXPECT_TRUE(test, erl2_neg_propose(&t->neg, &t->out));
	for (i = 0; i < ARRAY_SIZE(want); i++)
		KUNIT_EXPECT_TRUE_MSG(test, sent(&t->out, want[i]), "%s",
				      want[i]);
	for (i = 0; i < t->out.len; i++)
		n += !t->out.buf[i];
	KUNIT_EXPECT_EQ(test, n, ARRAY_SIZE(want));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		KUNIT_EXPECT_FALSE(test, strnstr(t->out.buf, words[i],
						 t->out.len));

	/* All is said; the next request is empty and asks for transit. */
	erl2_text_reset(&t->out);
	KUNIT_EXPECT_TRUE(test, erl2_neg_propose(&t->neg, &t->out));
	KUNIT_EXPECT_EQ(test, t->out.len, 0);
}

static void keys_offer_fast_abort(struct kunit *test)
{
	struct neg_test *t = neg_start(test, "TaskReporting=FastAbort", true,
				       NULL);

	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_TRUE(test, sent(&t->out,
				     "TaskReporting=FastAbort,ResponseFence,RFC3720"));
}

static void keys_offer_no_more_first_than_burst(struct kunit *test)
{
	struct neg_test *t = neg_start(test, "MaxBurstLength=4096", true, NULL);

	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_TRUE(test, sent(&t->out, "FirstBurstLength=4096"));
}

/* Later connections of a session: nothing of the session's keys (13, "LO"). */
static void keys_offer_a_connection(struct kunit *test)
{
	static const struct erl2_keys session = {
		.header_digest = true, .data_digest = true,
		.max_recv = 4096, .max_xmit = 4096,
		.max_connections = 3, .immediate_data = true,
		.max_burst = 32768, .first_burst = 16384, .time2wait = 7,
		.time2retain = 70, .max_r2t = 1, .pdu_in_order = true,
		.seq_in_order = true, .erl = 2,
	};
	static const char offer[] =
		"MaxRecvDataSegmentLength=65536 ErrorRecoveryLevel=2 MaxOutstandingR2T=8";
	static const char answer[] =
		"HeaderDigest=None DataDigest=CRC32C MaxRecvDataSegmentLength=1024";
	struct neg_test *t = neg_start(test, offer, false, &session);
	struct erl2_keys want = session;
	unsigned int i, n = 0;

	KUNIT_ASSERT_EQ(test, 0, with_pairs(t, DIGESTS, set_offer));
	KUNIT_EXPECT_TRUE(test, erl2_neg_propose(&t->neg, &t->out));
	KUNIT_EXPECT_TRUE(test, sent(&t->out, "HeaderDigest=CRC32C,None"));
	KUNIT_EXPECT_TRUE(test, sent(&t->out, "DataDigest=None,CRC32C"));
	KUNIT_EXPECT_TRUE(test, sent(&t->out,
				     "MaxRecvDataSegmentLength=65536"));
	for (i = 0; i < t->out.len; i++)
		n += !t->out.buf[i];
	KUNIT_EXPECT_EQ(test, n, 3);

	KUNIT_EXPECT_EQ(test, 0, with_pairs(t, answer, receive));
	KUNIT_EXPECT_EQ(test, 0, erl2_neg_finish(&t->neg));
	want.header_digest = false;
	want.max_recv = 65536;
	want.max_xmit = 1024;
	KUNIT_EXPECT_EQ(test, 0, memcmp(&want, &t->neg.keys, sizeof(want)));
}

static void keys_refuse_session_keys_later(struct kunit *test)
{
	static const struct erl2_keys session = { .max_connections = 1 };
	unsigned int key;

	for (key = 0; key <= ERL2_KEY_LEADING_LAST; key++) {
		struct neg_test *t = neg_start(test, "", false, &session);

		erl2_neg_propose(&t->neg, &t->out);
		KUNIT_EXPECT_EQ_MSG(test, -EPROTO,
				    receive(t, erl2_key_names[key], "1"),
				    "%s", erl2_key_names[key]);
	}
	KUNIT_EXPECT_EQ(test, ERL2_KEY_HEADER_DIGEST,
			ERL2_KEY_LEADING_LAST + 1);
}

/* MaxOutstandingR2T above 1 waits for the target's level (13.19). */
static void keys_ask_for_the_level_first(struct kunit *test)
{
	static const char offer[] =
		"ErrorRecoveryLevel=2 MaxOutstandingR2T=8";
	static const struct {
		const char *level;
		const char *then;
		const char *answer;
		int err;
		u16 max_r2t;
	} c[] = {
		{ "ErrorRecoveryLevel=0", "MaxOutstandingR2T=8",
		  "MaxOutstandingR2T=4", 0, 4 },
		{ "ErrorRecoveryLevel=1", "MaxOutstandingR2T=1",
		  "MaxOutstandingR2T=1", 0, 1 },
		{ "ErrorRecoveryLevel=2", "MaxOutstandingR2T=1",
		  "MaxOutstandingR2T=1", 0, 1 },
		{ "ErrorRecoveryLevel=2", "MaxOutstandingR2T=1",
		  "MaxOutstandingR2T=8", -EPROTO },
		{ "ErrorRecoveryLevel=0", "MaxOutstandingR2T=8",
		  "MaxOutstandingR2T=9", -EPROTO },
		{ "", "MaxOutstandingR2T=8", "MaxOutstandingR2T=8", 0, 8 },
		/* The target is first: now ours is the answer. */
		{ "ErrorRecoveryLevel=0 MaxOutstandingR2T=4",
		  "MaxOutstandingR2T=4", "", 0, 4 },
		{ "MaxOutstandingR2T=16 ErrorRecoveryLevel=0",
		  "MaxOutstandingR2T=8", "", 0, 8 },
		{ "MaxOutstandingR2T=16 ErrorRecoveryLevel=2",
		  "MaxOutstandingR2T=1", "", 0, 1 },
		{ "MaxOutstandingR2T=16 ErrorRecoveryLevel=2",
		  "MaxOutstandingR2T=1", "MaxOutstandingR2T=1", -EPROTO },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct neg_test *t = neg_start(test, offer, true, NULL);
		int err;

		KUNIT_EXPECT_FALSE(test, erl2_neg_propose(&t->neg, &t->out));
		KUNIT_EXPECT_FALSE(test, sent_key(&t->out,
						  "MaxOutstandingR2T"));
		erl2_text_reset(&t->out);
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    with_pairs(t, c[i].level, receive),
				    "case %u", i);
		KUNIT_EXPECT_TRUE(test, erl2_neg_propose(&t->neg, &t->out));
		KUNIT_EXPECT_TRUE_MSG(test, sent(&t->out, c[i].then),
				      "case %u: %s", i, c[i].then);
		erl2_text_reset(&t->out);
		err = with_pairs(t, c[i].answer, receive);
		if (!err)
			err = erl2_neg_finish(&t->neg);
		KUNIT_EXPECT_EQ_MSG(test, err, c[i].err, "case %u", i);
		if (!err)
			KUNIT_EXPECT_EQ_MSG(test, t->neg.keys.max_r2t,
					    c[i].max_r2t, "case %u", i);
	}
}

/* What a target proposes by itself, and the answer it is owed. */
static void keys_answer_the_target(struct kunit *test)
{
	static const struct {
		const char *proposal;
		const char *answer;	/* NULL: refused */
	} c[] = {
		{ "X-com.example.foo=bar", "X-com.example.foo=NotUnderstood" },
		{ "FutureKey=1", "FutureKey=NotUnderstood" },
		{ "headerdigest=None", "headerdigest=NotUnderstood" },
		{ "IFMarker=Yes", "IFMarker=Reject" },
		{ "OFMarker=No", "OFMarker=Reject" },
		{ "IFMarkInt=2048~8192", "IFMarkInt=Reject" },
		{ "OFMarkInt=1", "OFMarkInt=Reject" },
		{ "X#NodeArchitecture=a", "" },
		/* nobody may propose these */
		{ "X-com.example.foo=Reject", NULL },
		{ "X-com.example.foo=Irrelevant", NULL },
		{ "X-com.example.foo=NotUnderstood", NULL },
		{ "IFMarker=Reject", NULL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct neg_test *t = neg_start(test, "", true, NULL);
		int err;

		erl2_neg_propose(&t->neg, &t->out);
		erl2_text_reset(&t->out);
		err = with_pairs(t, c[i].proposal, receive);
		KUNIT_EXPECT_EQ_MSG(test, err, c[i].answer ? 0 : -EPROTO, "%s",
				    c[i].proposal);
		if (err || !c[i].answer)
			continue;
		if (!*c[i].answer)
			KUNIT_EXPECT_EQ_MSG(test, t->out.len, 0, "%s",
					    c[i].proposal);
		else
			KUNIT_EXPECT_TRUE_MSG(test, sent(&t->out, c[i].answer),
					      "%s", c[i].proposal);
	}
}

/* A question in the last response cannot be answered any more (6.3). */
static void keys_refuse_a_late_question(struct kunit *test)
{
	struct neg_test *t = neg_start(test, "", true, NULL);

	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_EQ(test, 0, receive(t, "IFMarker", "No"));
	KUNIT_EXPECT_EQ(test, -EPROTO, erl2_neg_finish(&t->neg));

	t = neg_start(test, "", true, NULL);
	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_EQ(test, 0, receive(t, "IFMarker", "No"));
	erl2_neg_propose(&t->neg, &t->out);	/* answered */
	KUNIT_EXPECT_EQ(test, 0, erl2_neg_finish(&t->neg));

	/* A declaration or a private key is none. */
	t = neg_start(test, "", true, NULL);
	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_EQ(test, 0, receive(t, "X#NodeArchitecture", "a"));
	KUNIT_EXPECT_EQ(test, 0, receive(t, "X-com.example.foo", "a"));
	KUNIT_EXPECT_EQ(test, 0, erl2_neg_finish(&t->neg));
}

/* With level 2 and sequences in order there is one R2T, however it came. */
static void keys_keep_13_19(struct kunit *test)
{
	struct neg_test *t = neg_start(test, "ErrorRecoveryLevel=2", true,
				       NULL);

	erl2_neg_propose(&t->neg, &t->out);
	KUNIT_EXPECT_EQ(test, 0, receive(t, "ErrorRecoveryLevel", "2"));
	KUNIT_EXPECT_EQ(test, -EPROTO, receive(t, "MaxOutstandingR2T", "2"));
	t->neg.keys.max_r2t = 2;
	KUNIT_EXPECT_EQ(test, -EPROTO, erl2_neg_finish(&t->neg));
}

static struct kunit_case keys_cases[] = {
	KUNIT_CASE(keys_check_answers),
	KUNIT_CASE(keys_refuse_at_once),
	KUNIT_CASE(keys_offer_a_session),
	KUNIT_CASE(keys_offer_fast_abort),
	KUNIT_CASE(keys_offer_no_more_first_than_burst),
	KUNIT_CASE(keys_offer_a_connection),
	KUNIT_CASE(keys_refuse_session_keys_later),
	KUNIT_CASE(keys_ask_for_the_level_first),
	KUNIT_CASE(keys_answer_the_target),
	KUNIT_CASE(keys_refuse_a_late_question),
	KUNIT_CASE(keys_keep_13_19),
	{ }
};

struct kunit_suite erl2_keys_suite = {
	.name = "erl2_keys",
	.test_cases = keys_cases,
};
