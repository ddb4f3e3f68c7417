// SPDX-License-Identifier: GPL-2.0
/*
 * CHAP (RFC 1994, RFC 7143 12.1.3 and 9.2.1). The digests were computed with
 * another implementation (Python's hashlib).
 */
#include "../proto/chap.c"
#include <linux/slab.h>
#include "tests.h"

#define SECRET		"abcdefghijkl"
#define SECRET_IN	"mnopqrstuvwxyz"

struct chap_test {
	struct erl2_chap_secrets secrets;
	struct erl2_chap c;		/* initiator */
	struct erl2_chap target;
	struct erl2_text out;
	char buf[8192];
};

static const u8 algs[] = { 5, 6, 7, 8 };

static int chap_suite_init(struct kunit *test)
{
	struct chap_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int err = erl2_chap_init();

	if (err || !t)
		return err ?: -ENOMEM;
	strscpy(t->secrets.name, "alice", sizeof(t->secrets.name));
	strscpy(t->secrets.secret, SECRET, sizeof(t->secrets.secret));
	erl2_text_init(&t->out, t->buf, sizeof(t->buf));
	test->priv = t;
	return 0;
}

static void chap_suite_exit(struct kunit *test)
{
	erl2_chap_exit();
}

static void set_mutual(struct chap_test *t)
{
	strscpy(t->secrets.name_in, "storage", sizeof(t->secrets.name_in));
	strscpy(t->secrets.secret_in, SECRET_IN, sizeof(t->secrets.secret_in));
}

/* The value of a key in what goes out, "" if it is not there. */
static const char *value_of(struct chap_test *t, const char *key)
{
	size_t len = strlen(key);
	unsigned int i;

	for (i = 0; i < t->out.len; i += strlen(t->buf + i) + 1)
		if (!strncmp(t->buf + i, key, len) && t->buf[i + len] == '=')
			return t->buf + i + len + 1;
	return "";
}

static void chap_hashes(struct kunit *test)
{
	static const struct {
		u8 alg;
		const char *digest;
	} c[] = {
		{ 5, "10039b9cdae8e796410176ce66a768ae" },
		{ 6, "f9969e9c4fa9fc38bda77d09034228fa25c3b859" },
		{ 7, "67dad7d60eaae9c0d42b77ac17731454c002d9bded959aff3d465abff7482a73" },
		{ 8, "536415f60b543164a3b71306da05db9bdb68fb7bac3624eee5d5fa0ece495749" },
	};
	u8 challenge[16], digest[ERL2_CHAP_DIGEST_MAX];
	u8 want[ERL2_CHAP_DIGEST_MAX];
	unsigned int i;
	u8 *big;

	for (i = 0; i < sizeof(challenge); i++)
		challenge[i] = 0xa0 + i;
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		int len = strlen(c[i].digest) / 2;

		KUNIT_ASSERT_EQ(test, 0, hex2bin(want, c[i].digest, len));
		KUNIT_EXPECT_EQ_MSG(test, len,
				    erl2_chap_hash(c[i].alg, 0x27, SECRET,
						   challenge, 16, digest),
				    "algorithm %u", c[i].alg);
		KUNIT_EXPECT_EQ_MSG(test, 0, memcmp(want, digest, len),
				    "algorithm %u", c[i].alg);
	}

	/* the shortest and the longest challenge */
	challenge[0] = 5;
	KUNIT_ASSERT_EQ(test, 0, hex2bin(want,
					 "d1acc033093fa16e55d130a0fd6db362",
					 16));
	KUNIT_EXPECT_EQ(test, 16, erl2_chap_hash(5, 0, SECRET, challenge, 1,
						 digest));
	KUNIT_EXPECT_EQ(test, 0, memcmp(want, digest, 16));
	big = kunit_kzalloc(test, 1024, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, big);
	for (i = 0; i < 1024; i++)
		big[i] = i * 7 + 1;
	KUNIT_ASSERT_EQ(test, 0, hex2bin(want,
					 "c3aa33e86a57aeb0cac5e66b25ab0d41",
					 16));
	KUNIT_EXPECT_EQ(test, 16, erl2_chap_hash(5, 255, SECRET, big, 1024,
						 digest));
	KUNIT_EXPECT_EQ(test, 0, memcmp(want, digest, 16));

	KUNIT_EXPECT_EQ(test, -ENOENT, erl2_chap_hash(9, 0, SECRET, big, 16,
						      digest));
}

static void chap_offers(struct kunit *test)
{
	static const struct {
		u8 algs[8];
		const char *offer;	/* NULL: none */
	} c[] = {
		{ { 0 }, "8,7,6,5" },
		{ { 5 }, "5" },
		{ { 7, 5 }, "7,5" },
		{ { 5, 8 }, "5,8" },
		{ { 9, 5 }, "5" },
		{ { 5, 5, 6 }, "5,6" },
		{ { 5, 6, 7, 8, 5, 6, 7, 8 }, "5,6,7,8" },
		{ { 9 }, NULL },
	};
	struct chap_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		erl2_chap_wipe(&t->c);
		erl2_text_reset(&t->out);
		memcpy(t->secrets.algs, c[i].algs, sizeof(c[i].algs));
		KUNIT_EXPECT_EQ_MSG(test, c[i].offer ? 0 : -ENOENT,
				    erl2_chap_offer(&t->c, &t->secrets,
						    &t->out), "case %u", i);
		KUNIT_EXPECT_STREQ_MSG(test, c[i].offer ?: "",
				       value_of(t, "CHAP_A"), "case %u", i);
	}
}

static void chap_refuses_bad_secrets(struct kunit *test)
{
	struct chap_test *t = test->priv;
	struct erl2_chap_secrets good, *s = &t->secrets;

	set_mutual(t);
	good = *s;
	KUNIT_EXPECT_EQ(test, 0, erl2_chap_offer(&t->c, s, &t->out));

	/* one secret for both directions (9.2.1) */
	strscpy(s->secret_in, s->secret, sizeof(s->secret_in));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, erl2_chap_offer(&t->c, s,
							     &t->out));
	/* Half of a configuration is not a smaller one. */
	*s = good;
	s->name_in[0] = '\0';
	KUNIT_EXPECT_TRUE(test, erl2_chap_mutual(s));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, erl2_chap_offer(&t->c, s,
							     &t->out));
	*s = good;
	s->secret_in[0] = '\0';
	KUNIT_EXPECT_TRUE(test, erl2_chap_mutual(s));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, erl2_chap_offer(&t->c, s,
							     &t->out));
	*s = good;
	s->name[0] = '\0';
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, erl2_chap_offer(&t->c, s,
							     &t->out));
	*s = good;
	s->secret[0] = '\0';
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED, erl2_chap_offer(&t->c, s,
							     &t->out));
}

static void chap_responds(struct kunit *test)
{
	struct chap_test *t = test->priv;
	int err;

	KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(&t->c, &t->secrets, &t->out));
	erl2_text_reset(&t->out);
	err = erl2_chap_respond(&t->c, "5", "0x27",
				"0xa0a1a2a3a4a5a6a7a8a9aaabacadaeaf", &t->out);
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_N"), "alice");
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_R"),
			   "0x10039b9cdae8e796410176ce66a768ae");
	/* One way: no challenge of ours, and nothing to verify. */
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_C"), "");
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_I"), "");
	KUNIT_EXPECT_EQ(test, -EPROTO,
			erl2_chap_verify(&t->c, "storage",
					 "0x00000000000000000000000000000000"));

	/* The same challenge in base64 */
	erl2_text_reset(&t->out);
	err = erl2_chap_respond(&t->c, "5", "39", "0boKGio6SlpqeoqaqrrK2urw==",
				&t->out);
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_R"),
			   "0x10039b9cdae8e796410176ce66a768ae");
	/* An odd number of hexadecimal digits */
	erl2_text_reset(&t->out);
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_respond(&t->c, "5", "0", "0x5",
						   &t->out));
	KUNIT_EXPECT_STREQ(test, value_of(t, "CHAP_R"),
			   "0xd1acc033093fa16e55d130a0fd6db362");
}

static void chap_refuses_bad_challenges(struct kunit *test)
{
	static const struct {
		const char *alg;
		const char *id;
		const char *challenge;
	} c[] = {
		{ "6", "1", "0x00" },		/* not offered */
		{ "0", "1", "0x00" },
		{ "261", "1", "0x00" },		/* 5 in 8 bits */
		{ "5,7", "1", "0x00" },
		{ "", "1", "0x00" },
		{ "Reject", "1", "0x00" },
		{ "5", "256", "0x00" },
		{ "5", "-1", "0x00" },
		{ "5", "", "0x00" },
		{ "5", "1", "0x" },
		{ "5", "1", "" },
		{ "5", "1", "00" },
		{ "5", "1", "0xzz" },
		{ "5", "1", "0b!" },
	};
	struct chap_test *t = test->priv;
	unsigned int i;
	char *big;

	t->secrets.algs[0] = 5;
	t->secrets.algs[1] = 7;
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(&t->c, &t->secrets, &t->out));
	erl2_text_reset(&t->out);
	for (i = 0; i < ARRAY_SIZE(c); i++)
		KUNIT_EXPECT_EQ_MSG(test, -EPROTO,
				    erl2_chap_respond(&t->c, c[i].alg, c[i].id,
						      c[i].challenge, &t->out),
				    "%s %s %s", c[i].alg, c[i].id,
				    c[i].challenge);
	KUNIT_EXPECT_EQ(test, t->out.len, 0);

	/* 1024 bytes are the limit. */
	big = kunit_kzalloc(test, 2 + 2 * 1025 + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, big);
	memset(big, '7', 2 + 2 * 1024);
	memcpy(big, "0x", 2);
	KUNIT_EXPECT_EQ(test, 0, erl2_chap_respond(&t->c, "5", "1", big,
						   &t->out));
	big[2 + 2 * 1024] = '7';
	KUNIT_EXPECT_EQ(test, -EPROTO, erl2_chap_respond(&t->c, "5", "1", big,
							 &t->out));
}

/* Both parts of this file against each other, with every algorithm. */
static void chap_mutual_works(struct kunit *test)
{
	struct chap_test *t = test->priv;
	char alg[8], id[8], id_in[8], n[32], r[80];
	char *ch, *ch_in;
	u8 list[9];
	unsigned int i;

	ch = kunit_kzalloc(test, 80, GFP_KERNEL);
	ch_in = kunit_kzalloc(test, 80, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch_in);
	set_mutual(t);
	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		memset(t->secrets.algs, 0, sizeof(t->secrets.algs));
		t->secrets.algs[0] = algs[i];
		erl2_chap_wipe(&t->c);
		erl2_chap_wipe(&t->target);

		erl2_text_reset(&t->out);
		KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(&t->c, &t->secrets,
							 &t->out));
		KUNIT_EXPECT_EQ(test, 1, erl2_chap_list(value_of(t, "CHAP_A"),
							list, sizeof(list)));

		erl2_text_reset(&t->out);
		KUNIT_ASSERT_EQ(test, 0, erl2_chap_challenge(&t->target,
							     &t->secrets, list,
							     &t->out));
		strscpy(alg, value_of(t, "CHAP_A"), sizeof(alg));
		strscpy(id, value_of(t, "CHAP_I"), sizeof(id));
		strscpy(ch, value_of(t, "CHAP_C"), 80);

		erl2_text_reset(&t->out);
		KUNIT_ASSERT_EQ(test, 0, erl2_chap_respond(&t->c, alg, id, ch,
							   &t->out));
		strscpy(id_in, value_of(t, "CHAP_I"), sizeof(id_in));
		strscpy(ch_in, value_of(t, "CHAP_C"), 80);
		/* 9.2.1: not the challenge that we got */
		KUNIT_EXPECT_STRNEQ(test, ch, ch_in);

		/*
		 * The part of the target plays in another machine, whose
		 * memory has not seen our challenge.
		 */
		memset(erl2_chap_recent, 0, sizeof(erl2_chap_recent));
		erl2_text_reset(&t->out);
		KUNIT_ASSERT_EQ(test, 0, erl2_chap_prove(&t->target, id_in,
							 ch_in, &t->out));
		strscpy(n, value_of(t, "CHAP_N"), sizeof(n));
		strscpy(r, value_of(t, "CHAP_R"), sizeof(r));
		KUNIT_EXPECT_STREQ(test, n, "storage");
		KUNIT_EXPECT_EQ_MSG(test, 0, erl2_chap_verify(&t->c, n, r),
				    "algorithm %u", algs[i]);

		/* another name, too long, one bit wrong, too short, no hex */
		KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
				erl2_chap_verify(&t->c, "storages", r));
		KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
				erl2_chap_verify(&t->c, "", r));
		strcat(r, "00");
		KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
				erl2_chap_verify(&t->c, n, r));
		r[strlen(r) - 2] = '\0';
		r[5] = r[5] == '0' ? '1' : '0';
		KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
				erl2_chap_verify(&t->c, n, r));
		r[strlen(r) - 2] = '\0';
		KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
				erl2_chap_verify(&t->c, n, r));
		KUNIT_EXPECT_EQ(test, -EPROTO,
				erl2_chap_verify(&t->c, n, r + 2));
		KUNIT_EXPECT_EQ(test, -EPROTO, erl2_chap_verify(&t->c, n, ""));
	}
}

/* Whoever knows only our own secret is not the target (9.2.1). */
static void chap_refuses_our_own_response(struct kunit *test)
{
	struct chap_test *t = test->priv;
	u8 digest[ERL2_CHAP_DIGEST_MAX];
	char r[80];
	int len;

	set_mutual(t);
	t->secrets.algs[0] = 7;
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(&t->c, &t->secrets, &t->out));
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_respond(&t->c, "7", "1", "0x1234",
						   &t->out));
	len = erl2_chap_hash(7, t->c.id, SECRET, t->c.challenge,
			     t->c.challenge_len, digest);
	KUNIT_ASSERT_EQ(test, 32, len);
	snprintf(r, sizeof(r), "0x%*phN", len, digest);
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			erl2_chap_verify(&t->c, "storage", r));

	/* Even if it should be right: somebody set both to the same one. */
	strscpy(t->secrets.secret_in, SECRET, sizeof(t->secrets.secret_in));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			erl2_chap_verify(&t->c, "storage", r));
}

/* Our own challenge does not come back, on this connection or another. */
static void chap_refuses_our_own_challenge(struct kunit *test)
{
	struct chap_test *t = test->priv;
	struct erl2_chap *other = &t->target;
	char *ch = kunit_kzalloc(test, 80, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	set_mutual(t);
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(&t->c, &t->secrets, &t->out));
	erl2_text_reset(&t->out);
	KUNIT_ASSERT_EQ(test, 0, erl2_chap_respond(&t->c, "5", "1", "0x1234",
						   &t->out));
	strscpy(ch, value_of(t, "CHAP_C"), 80);

	KUNIT_ASSERT_EQ(test, 0, erl2_chap_offer(other, &t->secrets, &t->out));
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			erl2_chap_respond(other, "5", "1", ch, &t->out));
	/* Others in between do not help. */
	for (i = 0; i < ERL2_CHAP_RECENT - 1; i++) {
		erl2_text_reset(&t->out);
		KUNIT_ASSERT_EQ(test, 0, erl2_chap_respond(&t->c, "5", "1",
							   "0x1234", &t->out));
	}
	KUNIT_EXPECT_EQ(test, -EKEYREJECTED,
			erl2_chap_respond(other, "5", "1", ch, &t->out));
	/* One digit of difference makes it another challenge. */
	ch[2] = ch[2] == '0' ? '1' : '0';
	KUNIT_EXPECT_EQ(test, 0, erl2_chap_respond(other, "5", "1", ch,
						   &t->out));
}

static void chap_reads_lists(struct kunit *test)
{
	static const struct {
		const char *value;
		int n;
		u8 algs[8];
	} c[] = {
		{ "5", 1, { 5 } },
		{ "8,7,6,5", 4, { 8, 7, 6, 5 } },
		{ "4,5", 1, { 5 } },
		{ "5,5,7,5", 2, { 5, 7 } },
		{ "0x5", 1, { 5 } },
		{ "1000005,7", 1, { 7 } },
		{ ",,7,", 1, { 7 } },
		{ "", 0 },
		{ "MD5", 0 },
		{ "4", 0 },
	};
	struct chap_test *t = test->priv;
	unsigned int i;
	u8 list[8];

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		KUNIT_EXPECT_EQ_MSG(test, c[i].n,
				    erl2_chap_list(c[i].value, list,
						   sizeof(list)),
				    "%s", c[i].value);
		KUNIT_EXPECT_EQ_MSG(test, 0, memcmp(list, c[i].algs,
						    sizeof(list)),
				    "%s", c[i].value);
	}
	/* room for one and the end */
	KUNIT_EXPECT_EQ(test, 1, erl2_chap_list("7,5", list, 2));
	KUNIT_EXPECT_EQ(test, list[0], 7);
	KUNIT_EXPECT_EQ(test, list[1], 0);

	memset(list, 0, sizeof(list));
	KUNIT_EXPECT_EQ(test, -EPROTO, erl2_chap_challenge(&t->target,
							   &t->secrets, list,
							   &t->out));
	KUNIT_EXPECT_EQ(test, -EPROTO, erl2_chap_prove(&t->target, "1",
						       "0x12", &t->out));
}

static struct kunit_case chap_cases[] = {
	KUNIT_CASE(chap_hashes),
	KUNIT_CASE(chap_offers),
	KUNIT_CASE(chap_refuses_bad_secrets),
	KUNIT_CASE(chap_responds),
	KUNIT_CASE(chap_refuses_bad_challenges),
	KUNIT_CASE(chap_mutual_works),
	KUNIT_CASE(chap_refuses_our_own_response),
	KUNIT_CASE(chap_refuses_our_own_challenge),
	KUNIT_CASE(chap_reads_lists),
	{ }
};

struct kunit_suite erl2_chap_suite = {
	.name = "erl2_chap",
	.init = chap_suite_init,
	.exit = chap_suite_exit,
	.test_cases = chap_cases,
};
