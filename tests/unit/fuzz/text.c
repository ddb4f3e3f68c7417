// SPDX-License-Identifier: GPL-2.0
/*
 * Any bytes as text of a Login or Text PDU (RFC 7143 6.1): pairs lie inside of
 * it, values are read without a step over their end, and what is written again
 * is what came.
 */
#include "proto/text.h"
#include "fuzz.h"

static void values(const char *value)
{
	char list[256], *copy;
	const char *rest = list, *item;
	unsigned int len;
	u8 binary[64];
	bool flag;
	u32 n = 7;
	int got;

	if (!erl2_text_get_uint(value, 3, 70000, &n))
		must(n >= 3 && n <= 70000);
	erl2_text_get_bool(value, &flag);
	got = erl2_text_get_binary(value, binary, sizeof(binary));
	must(got <= (int)sizeof(binary) && got);
	strscpy(list, value, sizeof(list));
	while ((item = erl2_text_list_next(&rest, &len))) {
		must(item >= list && item + len <= list + strlen(list));
		copy = strndup(item, len);
		erl2_text_list_has(value, copy);
		free(copy);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	char *in = malloc(size ?: 1), *again = malloc(size + 1), *end;
	const char *key, *value;
	struct erl2_text_iter it;
	struct erl2_text out;
	int rc;

	memcpy(in, data, size);
	end = in + size;
	erl2_text_init(&out, again, size + 1);
	erl2_text_begin(&it, in, size);
	while ((rc = erl2_text_next(&it, &key, &value)) > 0) {
		unsigned int was = out.len;

		must(key >= in && key < end && strlen(key) <= ERL2_KEY_NAME_MAX);
		must(value > key && value + strlen(value) < end);
		values(value);
		erl2_text_add(&out, key, value);
		must(!out.overflow && out.len <= size);
		must(!memcmp(again + was, data + (key - in), out.len - was));
	}
	free(again);
	free(in);
	return 0;
}
