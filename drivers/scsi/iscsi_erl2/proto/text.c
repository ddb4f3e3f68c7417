// SPDX-License-Identifier: GPL-2.0
/*
 * The text format of Login and Text PDUs (RFC 7143 6.1).
 *
 * All of this handles what a peer sent before it proved who it is: nothing is
 * read outside of the given length, and every number is checked.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "compat/hex.h"
#include "proto/text.h"

/**
 * erl2_text_init() - start building text
 * @t: the text
 * @buf: where it goes
 * @size: size of @buf
 *
 * Context: any.
 */
void erl2_text_init(struct erl2_text *t, char *buf, unsigned int size)
{
	t->buf = buf;
	t->size = size;
	erl2_text_reset(t);
}

/**
 * erl2_text_reset() - empty a text
 * @t: the text
 *
 * Context: any.
 */
void erl2_text_reset(struct erl2_text *t)
{
	t->len = 0;
	t->overflow = false;
}

/* Room for @len more bytes; marks the text as incomplete if there is none. */
static char *erl2_text_room(struct erl2_text *t, size_t len)
{
	char *p = t->buf + t->len;

	if (t->overflow || len > t->size - t->len) {
		t->overflow = true;
		return NULL;
	}
	t->len += len;
	return p;
}

/**
 * erl2_text_add() - add a pair
 * @t: the text
 * @key: key name
 * @value: value
 *
 * Errors are gathered in @t->overflow, to be looked at once at the end.
 *
 * Context: any.
 */
void erl2_text_add(struct erl2_text *t, const char *key, const char *value)
{
	size_t klen = strlen(key), vlen = strlen(value);
	char *p = erl2_text_room(t, klen + 1 + vlen + 1);

	if (!p)
		return;
	memcpy(p, key, klen);
	p[klen] = '=';
	memcpy(p + klen + 1, value, vlen + 1);
}

/**
 * erl2_text_add_uint() - add a pair with a number
 * @t: the text
 * @key: key name
 * @value: number
 *
 * Context: any.
 */
void erl2_text_add_uint(struct erl2_text *t, const char *key, u32 value)
{
	char buf[16];

	snprintf(buf, sizeof(buf), "%u", value);
	erl2_text_add(t, key, buf);
}

/**
 * erl2_text_add_bool() - add a pair with Yes or No
 * @t: the text
 * @key: key name
 * @value: true for Yes
 *
 * Context: any.
 */
void erl2_text_add_bool(struct erl2_text *t, const char *key, bool value)
{
	erl2_text_add(t, key, value ? "Yes" : "No");
}

/**
 * erl2_text_add_hex() - add a pair with a binary value
 * @t: the text
 * @key: key name
 * @data: the value
 * @len: length of @data
 *
 * Context: any.
 */
void erl2_text_add_hex(struct erl2_text *t, const char *key, const u8 *data,
		       unsigned int len)
{
	size_t klen = strlen(key);
	char *p = erl2_text_room(t, klen + 3 + 2 * (size_t)len + 1);

	if (!p)
		return;
	memcpy(p, key, klen);
	p += klen;
	*p++ = '=';
	*p++ = '0';
	*p++ = 'x';
	p = bin2hex(p, data, len);
	*p = '\0';
}

/**
 * erl2_text_begin() - walk over received text
 * @it: the walk
 * @text: the text; erl2_text_next() writes to it
 * @len: length of @text
 *
 * Context: any.
 */
void erl2_text_begin(struct erl2_text_iter *it, char *text, unsigned int len)
{
	it->pos = text;
	it->end = text + len;
}

/*
 * RFC 7143 6.1: letters, digits and . - + @ _; 13.26 has a key with a '#'. A
 * capital letter has to come first, but there is iSCSIProtocolLevel (13.24).
 */
static bool erl2_key_name_ok(const char *name, size_t len)
{
	size_t i;

	if (!len || len > ERL2_KEY_NAME_MAX || !isascii(name[0]) ||
	    !isalpha(name[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!isascii(name[i]) ||
		    (!isalnum(name[i]) && !strchr(".-+@_#", name[i])))
			return false;
	return true;
}

/**
 * erl2_text_next() - the next pair of received text
 * @it: the walk
 * @key: key name, NUL-terminated
 * @value: value, NUL-terminated; everything behind the first '='
 *
 * Context: any.
 * Return: 1 if there was a pair, 0 at the end, -EPROTO where the text breaks
 * the format: a pair without its NUL, without '=' or with a bad key name.
 */
int erl2_text_next(struct erl2_text_iter *it, const char **key,
		   const char **value)
{
	char *nul, *eq;

	/*
	 * Some targets count padding in the DataSegmentLength or end a pair
	 * with more than one NUL; that much is harmless.
	 */
	while (it->pos < it->end && !*it->pos)
		it->pos++;
	if (it->pos == it->end)
		return 0;

	nul = memchr(it->pos, '\0', it->end - it->pos);
	if (!nul)
		return -EPROTO;
	eq = strchr(it->pos, '=');
	if (!eq || !erl2_key_name_ok(it->pos, eq - it->pos))
		return -EPROTO;
	*eq = '\0';
	*key = it->pos;
	*value = eq + 1;
	it->pos = nul + 1;
	return 1;
}

/**
 * erl2_text_get_uint() - read a number
 * @value: decimal or hexadecimal constant (RFC 7143 6.1)
 * @min: smallest number allowed
 * @max: largest number allowed
 * @result: the number
 *
 * Context: any.
 * Return: 0, -EINVAL if @value is no number, -ERANGE if it is out of range.
 */
int erl2_text_get_uint(const char *value, u32 min, u32 max, u32 *result)
{
	bool hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X');
	const char *p = hex ? value + 2 : value;
	bool over = false;
	u64 n = 0;

	if (!*p)
		return -EINVAL;
	/* A decimal constant is 0 or starts with another digit. */
	if (!hex && *p == '0' && p[1])
		return -EINVAL;
	for (; *p; p++) {
		int digit = hex_to_bin(*p);

		if (digit < 0 || (!hex && digit > 9))
			return -EINVAL;
		n = n * (hex ? 16 : 10) + digit;
		if (n > U32_MAX) {
			over = true;
			n = 0;
		}
	}
	if (over || n < min || n > max)
		return -ERANGE;
	*result = n;
	return 0;
}

/**
 * erl2_text_get_bool() - read Yes or No
 * @value: the value
 * @result: true for Yes
 *
 * Context: any.
 * Return: 0, -EINVAL for anything else; case matters (RFC 7143 6.1).
 */
int erl2_text_get_bool(const char *value, bool *result)
{
	bool yes = !strcmp(value, "Yes");

	if (!yes && strcmp(value, "No"))
		return -EINVAL;
	*result = yes;
	return 0;
}

/*
 * RFC 7143 6.1: n digits are (n + 1) / 2 bytes, so an odd number of digits has
 * half a byte of zeros in front.
 */
static int erl2_text_unhex(const char *p, u8 *data, unsigned int size)
{
	size_t digits = strlen(p), bytes = (digits + 1) / 2;
	size_t i;

	if (!digits)
		return -EINVAL;
	if (bytes > size)
		return -EMSGSIZE;
	memset(data, 0, bytes);
	for (i = digits & 1; *p; p++, i++) {
		int nibble = hex_to_bin(*p);

		if (nibble < 0)
			return -EINVAL;
		data[i / 2] |= i & 1 ? nibble : nibble << 4;
	}
	return bytes;
}

static int erl2_base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* RFC 4648 section 4; the padding may be left out, but not be wrong. */
static int erl2_text_unbase64(const char *p, u8 *data, unsigned int size)
{
	unsigned int bits = 0, digits = 0, bytes = 0;
	u32 acc = 0;
	int digit;

	for (; (digit = erl2_base64_digit(*p)) >= 0; p++) {
		acc = acc << 6 | digit;
		digits++;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (bytes == size)
			return -EMSGSIZE;
		data[bytes++] = acc >> bits;
		acc &= (1U << bits) - 1;
	}
	/* One digit is no byte; left over bits have to be zeros. */
	if (digits % 4 == 1 || acc)
		return -EINVAL;
	if (*p) {
		if (strspn(p, "=") != strlen(p) ||
		    (digits + strlen(p)) % 4 || strlen(p) > 2)
			return -EINVAL;
	}
	return bytes ?: -EINVAL;
}

/**
 * erl2_text_get_binary() - read a binary value of one byte or more
 * @value: hexadecimal (0x) or base64 (0b) constant
 * @data: where the bytes go
 * @size: size of @data
 *
 * Context: any.
 * Return: number of bytes, -EINVAL if the encoding is wrong, -EMSGSIZE if
 * there are more than @size. @data is undefined after an error.
 */
int erl2_text_get_binary(const char *value, u8 *data, unsigned int size)
{
	if (value[0] != '0')
		return -EINVAL;
	switch (value[1]) {
	case 'x':
	case 'X':
		return erl2_text_unhex(value + 2, data, size);
	case 'b':
	case 'B':
		return erl2_text_unbase64(value + 2, data, size);
	}
	return -EINVAL;
}

/**
 * erl2_text_list_next() - the next item of a comma-separated list
 * @list: rest of the list, moved on behind the item; start with the value
 * @len: length of the item
 *
 * Context: any.
 * Return: the item, not NUL-terminated, or NULL at the end.
 */
const char *erl2_text_list_next(const char **list, unsigned int *len)
{
	const char *item = *list;

	if (!item)
		return NULL;
	*len = strcspn(item, ",");
	*list = item[*len] ? item + *len + 1 : NULL;
	return item;
}

/**
 * erl2_text_list_has() - is this in the list?
 * @list: comma-separated list
 * @item: the item to look for
 *
 * Context: any.
 * Return: true if @item is one of the items of @list.
 */
bool erl2_text_list_has(const char *list, const char *item)
{
	size_t want = strlen(item);
	unsigned int len;
	const char *p;

	while ((p = erl2_text_list_next(&list, &len)))
		if (len == want && !memcmp(p, item, len))
			return true;
	return false;
}
