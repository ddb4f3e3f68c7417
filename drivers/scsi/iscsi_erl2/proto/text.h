/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text format of Login and Text PDUs (RFC 7143 6.1): key=value pairs, each
 * followed by a NUL byte.
 */
#ifndef _ERL2_TEXT_H
#define _ERL2_TEXT_H

#include <linux/types.h>

#define ERL2_KEY_NAME_MAX	63	/* RFC 7143 6.1: standard-label */

/*
 * The most text one side may send in one go, over however many PDUs. Both
 * sides have to take 8192 bytes (RFC 7143 6.1); this is twice that.
 */
#define ERL2_TEXT_MAX		16384

/**
 * struct erl2_text - text being built
 * @buf: where it goes
 * @size: size of @buf
 * @len: bytes used, every pair with its NUL
 * @overflow: something did not fit and is missing
 */
struct erl2_text {
	char *buf;
	unsigned int size;
	unsigned int len;
	bool overflow;
};

/**
 * struct erl2_text_iter - a walk over received text
 * @pos: next byte to look at
 * @end: end of the text
 */
struct erl2_text_iter {
	char *pos;
	char *end;
};

void erl2_text_init(struct erl2_text *t, char *buf, unsigned int size);
void erl2_text_reset(struct erl2_text *t);
void erl2_text_add(struct erl2_text *t, const char *key, const char *value);
void erl2_text_add_uint(struct erl2_text *t, const char *key, u32 value);
void erl2_text_add_bool(struct erl2_text *t, const char *key, bool value);
void erl2_text_add_hex(struct erl2_text *t, const char *key, const u8 *data,
		       unsigned int len);
void erl2_text_begin(struct erl2_text_iter *it, char *text, unsigned int len);
int erl2_text_next(struct erl2_text_iter *it, const char **key,
		   const char **value);
int erl2_text_get_uint(const char *value, u32 min, u32 max, u32 *result);
int erl2_text_get_bool(const char *value, bool *result);
int erl2_text_get_binary(const char *value, u8 *data, unsigned int size);
const char *erl2_text_list_next(const char **list, unsigned int *len);
bool erl2_text_list_has(const char *list, const char *item);

#endif /* _ERL2_TEXT_H */
