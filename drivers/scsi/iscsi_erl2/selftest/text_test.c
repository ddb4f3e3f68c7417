// SPDX-License-Identifier: GPL-2.0
/*
 * The text format of Login PDUs (RFC 7143 6.1).
 */
#include "../proto/text.c"
#include "tests.h"

static void text_builds(struct kunit *test)
{
	static const char want[] =
		"A=b\0N=4294967295\0Y=Yes\0Z=No\0H=0x00ff\0E=\0";
	static const u8 data[] = { 0x00, 0xff };
	struct erl2_text t;
	char buf[64];

	erl2_text_init(&t, buf, sizeof(buf));
	erl2_text_add(&t, "A", "b");
	erl2_text_add_uint(&t, "N", U32_MAX);
	erl2_text_add_bool(&t, "Y", true);
	erl2_text_add_bool(&t, "Z", false);
	erl2_text_add_hex(&t, "H", data, sizeof(data));
	erl2_text_add(&t, "E", "");
	KUNIT_EXPECT_FALSE(test, t.overflow);
	KUNIT_ASSERT_EQ(test, t.len, sizeof(want) - 1);
	KUNIT_EXPECT_EQ(test, 0, memcmp(buf, want, t.len));
}

static void text_keeps_to_its_buffer(struct kunit *test)
{
	static const u8 data[4];
	struct erl2_text t;
	char buf[16];

	memset(buf, '#', sizeof(buf));
	erl2_text_init(&t, buf, 8);
	erl2_text_add(&t, "Ab", "cde");		/* 7 bytes of 8 */
	KUNIT_EXPECT_FALSE(test, t.overflow);
	erl2_text_add(&t, "F", "");		/* 3 more */
	KUNIT_EXPECT_TRUE(test, t.overflow);
	KUNIT_EXPECT_EQ(test, t.len, 7);
	KUNIT_EXPECT_EQ(test, buf[7], '#');

	/* To the last byte. */
	erl2_text_init(&t, buf, 8);
	erl2_text_add(&t, "Ab", "cdef");
	KUNIT_EXPECT_FALSE(test, t.overflow);
	KUNIT_EXPECT_EQ(test, t.len, 8);
	KUNIT_EXPECT_EQ(test, buf[8], '#');

	erl2_text_init(&t, buf, 12);
	erl2_text_add_hex(&t, "K", data, 4);	/* 13 bytes */
	KUNIT_EXPECT_TRUE(test, t.overflow);
	KUNIT_EXPECT_EQ(test, t.len, 0);
	/* What comes behind must not fit by chance: there would be a hole. */
	erl2_text_add(&t, "L", "");
	KUNIT_EXPECT_EQ(test, t.len, 0);
	KUNIT_EXPECT_EQ(test, buf[12], '#');
}

static const struct {
	const char *name;
	const char *text;	/* with a | for each NUL */
	int pairs;		/* before the end or the error */
	int err;
	const char *key;	/* the last one */
	const char *value;
} texts[] = {
	{ "nothing", "", 0, 0 },
	{ "one", "Key=value|", 1, 0, "Key", "value" },
	{ "two", "A=1|B=2|", 2, 0, "B", "2" },
	{ "empty value", "Key=|", 1, 0, "Key", "" },
	{ "= in the value", "TargetAlias=a=b|", 1, 0, "TargetAlias",
	  "a=b" },
	{ "only = in the value", "K==|", 1, 0, "K", "=" },
	{ "more NULs", "A=1|||B=2|||", 2, 0, "B", "2" },
	{ "only NULs", "||||", 0, 0 },
	{ "small letter first", "iSCSIProtocolLevel=1|", 1, 0,
	  "iSCSIProtocolLevel", "1" },
	{ "all characters", "X-com.Ab0+c@d_e#f=1|", 1, 0,
	  "X-com.Ab0+c@d_e#f", "1" },
	{ "UTF-8 value", "K=\xc3\xa4|", 1, 0, "K", "\xc3\xa4" },
	{ "no NUL", "A=1|B=2", 1, -EPROTO },
	{ "no NUL and no =", "A=1|BBBB", 1, -EPROTO },
	{ "no =", "A=1|B|C=3|", 1, -EPROTO },
	{ "no name", "=1|", 0, -EPROTO },
	{ "digit first", "1A=1|", 0, -EPROTO },
	{ "blank in the name", "A B=1|", 0, -EPROTO },
	{ "comma in the name", "A,B=1|", 0, -EPROTO },
	{ "byte above 127 in the name", "A\xc3\xa4=1|", 0, -EPROTO },
	{ "byte above 127 first", "\xc3\xa4=1|", 0, -EPROTO },
	{ "63 bytes of name",
	  "A12345678901234567890123456789012345678901234567890123456789012=1|", 1, 0,
	  "A12345678901234567890123456789012345678901234567890123456789012",
	  "1" },
	{ "64 bytes of name",
	  "A123456789012345678901234567890123456789012345678901234567890123=1|", 0, -EPROTO },
};

static void bars_to_nuls(char *buf, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		if (buf[i] == '|')
			buf[i] = '\0';
}

static void text_parses(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *key = NULL, *value = NULL;
		struct erl2_text_iter it;
		unsigned int len = strlen(texts[i].text);
		int ret, pairs = 0;
		char *buf;

		/* Exactly as long as the text, for KASAN to see the rest. */
		buf = kmemdup(texts[i].text, max(len, 1U), GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, buf);
		bars_to_nuls(buf, len);
		erl2_text_begin(&it, buf, len);
		while ((ret = erl2_text_next(&it, &key, &value)) > 0)
			pairs++;
		KUNIT_EXPECT_EQ_MSG(test, ret, texts[i].err, "%s",
				    texts[i].name);
		KUNIT_EXPECT_EQ_MSG(test, pairs, texts[i].pairs, "%s",
				    texts[i].name);
		if (texts[i].key && pairs) {
			KUNIT_EXPECT_STREQ_MSG(test, key, texts[i].key, "%s",
					       texts[i].name);
			KUNIT_EXPECT_STREQ_MSG(test, value, texts[i].value,
					       "%s", texts[i].name);
		}
		kfree(buf);
	}
}

static const struct {
	const char *value;
	u32 min;
	u32 max;
	int err;
	u32 result;
} numbers[] = {
	{ "0", 0, 10, 0, 0 },
	{ "10", 0, 10, 0, 10 },
	{ "11", 0, 10, -ERANGE },
	{ "511", 512, 16777215, -ERANGE },
	{ "512", 512, 16777215, 0, 512 },
	{ "16777215", 512, 16777215, 0, 16777215 },
	{ "16777216", 512, 16777215, -ERANGE },
	{ "0x4000", 0, U32_MAX, 0, 0x4000 },
	{ "0XaBcD", 0, U32_MAX, 0, 0xabcd },
	{ "0x00000000000000000010", 0, U32_MAX, 0, 16 },
	{ "4294967295", 0, U32_MAX, 0, U32_MAX },
	{ "4294967296", 0, U32_MAX, -ERANGE },
	{ "0x100000000", 0, U32_MAX, -ERANGE },
	/* These wrap around in 32 and in 64 bits. */
	{ "8589934593", 0, U32_MAX, -ERANGE },
	{ "18446744073709551617", 0, U32_MAX, -ERANGE },
	{ "0x10000000000000001", 0, U32_MAX, -ERANGE },
	{ "", 0, 10, -EINVAL },
	{ "0x", 0, 10, -EINVAL },
	{ "01", 0, 10, -EINVAL },
	{ "00", 0, 10, -EINVAL },
	{ "-1", 0, U32_MAX, -EINVAL },
	{ "+1", 0, U32_MAX, -EINVAL },
	{ " 1", 0, 10, -EINVAL },
	{ "1 ", 0, 10, -EINVAL },
	{ "1a", 0, 100, -EINVAL },
	{ "0xg", 0, 100, -EINVAL },
	{ "1,2", 0, 100, -EINVAL },
	{ "Yes", 0, 100, -EINVAL },
	{ "Reject", 0, 100, -EINVAL },
	{ "99999999999999999999999999x", 0, 100, -EINVAL },
};

static void text_numbers(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		u32 n = 0xdeadbeef;
		int err = erl2_text_get_uint(numbers[i].value, numbers[i].min,
					     numbers[i].max, &n);

		KUNIT_EXPECT_EQ_MSG(test, err, numbers[i].err, "'%s'",
				    numbers[i].value);
		KUNIT_EXPECT_EQ_MSG(test, n, err ? 0xdeadbeef :
				    numbers[i].result, "'%s'",
				    numbers[i].value);
	}
}

static void text_booleans(struct kunit *test)
{
	static const char * const bad[] = {
		"", "yes", "no", "YES", "Yes ", "Y", "1", "true", "Reject",
	};
	unsigned int i;
	bool b = false;

	KUNIT_EXPECT_EQ(test, 0, erl2_text_get_bool("Yes", &b));
	KUNIT_EXPECT_TRUE(test, b);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    erl2_text_get_bool(bad[i], &b), "'%s'",
				    bad[i]);
		KUNIT_EXPECT_TRUE_MSG(test, b, "'%s' changed the result",
				      bad[i]);
	}
	KUNIT_EXPECT_EQ(test, 0, erl2_text_get_bool("No", &b));
	KUNIT_EXPECT_FALSE(test, b);
}

static const struct {
	const char *value;
	int len;
	u8 data[6];
} binaries[] = {
	{ "0x00", 1, { 0x00 } },
	{ "0xAbCd", 2, { 0xab, 0xcd } },
	{ "0X0123456789ab", 6, { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab } },
	/* An odd number of digits: (n + 1) / 2 bytes */
	{ "0x1", 1, { 0x01 } },
	{ "0x123", 2, { 0x01, 0x23 } },
	{ "0x0123456789abc", -EMSGSIZE },
	{ "0x0123456789abcd", -EMSGSIZE },
	{ "0x", -EINVAL },
	{ "0x1g", -EINVAL },
	{ "0x12 ", -EINVAL },
	/* RFC 4648 section 10 */
	{ "0bZg==", 1, { 'f' } },
	{ "0bZm8=", 2, { 'f', 'o' } },
	{ "0bZm9v", 3, { 'f', 'o', 'o' } },
	{ "0bZm9vYg==", 4, { 'f', 'o', 'o', 'b' } },
	{ "0BZm9vYmE=", 5, { 'f', 'o', 'o', 'b', 'a' } },
	{ "0bZm9vYmFy", 6, { 'f', 'o', 'o', 'b', 'a', 'r' } },
	{ "0b+/+/", 3, { 0xfb, 0xff, 0xbf } },
	{ "0bZm9vYmE", 5, { 'f', 'o', 'o', 'b', 'a' } },	/* no padding */
	{ "0bZm9vYmFyZg==", -EMSGSIZE },
	{ "0b", -EINVAL },
	{ "0b=", -EINVAL },
	{ "0b====", -EINVAL },
	{ "0bZ", -EINVAL },
	{ "0bZ===", -EINVAL },
	{ "0bZg=", -EINVAL },
	{ "0bZg===", -EINVAL },
	{ "0bZh==", -EINVAL },		/* left over bits */
	{ "0bZm9=", -EINVAL },
	{ "0bZg==Zg==", -EINVAL },
	{ "0bZm9v Zg==", -EINVAL },
	{ "0bZm9v-_", -EINVAL },	/* the alphabet for URLs */
	{ "", -EINVAL },
	{ "0", -EINVAL },
	{ "00", -EINVAL },
	{ "1x00", -EINVAL },
	{ "1234", -EINVAL },
};

static void text_binaries(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(binaries); i++) {
		u8 data[7] = { [6] = 0x5a };
		int len = erl2_text_get_binary(binaries[i].value, data, 6);

		KUNIT_EXPECT_EQ_MSG(test, len, binaries[i].len, "'%s'",
				    binaries[i].value);
		KUNIT_EXPECT_EQ_MSG(test, data[6], 0x5a, "'%s'",
				    binaries[i].value);
		if (len > 0)
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    memcmp(data, binaries[i].data, len),
					    "'%s'", binaries[i].value);
	}
}

static void text_lists(struct kunit *test)
{
	const char *list = "CHAP,,None";
	unsigned int len;
	const char *p;

	p = erl2_text_list_next(&list, &len);
	KUNIT_EXPECT_EQ(test, len, 4);
	KUNIT_EXPECT_EQ(test, 0, strncmp(p, "CHAP", len));
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, erl2_text_list_next(&list, &len));
	KUNIT_EXPECT_EQ(test, len, 0);
	p = erl2_text_list_next(&list, &len);
	KUNIT_EXPECT_EQ(test, len, 4);
	KUNIT_EXPECT_STREQ(test, p, "None");
	KUNIT_EXPECT_PTR_EQ(test, erl2_text_list_next(&list, &len),
			    (const char *)NULL);

	KUNIT_EXPECT_TRUE(test, erl2_text_list_has("None", "None"));
	KUNIT_EXPECT_TRUE(test, erl2_text_list_has("A,None,B", "None"));
	KUNIT_EXPECT_TRUE(test, erl2_text_list_has("A,B,None", "None"));
	KUNIT_EXPECT_FALSE(test, erl2_text_list_has("", "None"));
	KUNIT_EXPECT_FALSE(test, erl2_text_list_has("Nones,ANone", "None"));
	KUNIT_EXPECT_FALSE(test, erl2_text_list_has("Non,none", "None"));
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(text_builds),
	KUNIT_CASE(text_keeps_to_its_buffer),
	KUNIT_CASE(text_parses),
	KUNIT_CASE(text_numbers),
	KUNIT_CASE(text_booleans),
	KUNIT_CASE(text_binaries),
	KUNIT_CASE(text_lists),
	{ }
};

struct kunit_suite erl2_text_suite = {
	.name = "erl2_text",
	.test_cases = text_cases,
};
