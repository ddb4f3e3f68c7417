// SPDX-License-Identifier: GPL-2.0
/* key=value text (RFC 7143 6.1) */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>

#include "target.h"

const char *text_parse(struct text *t, const u8 *data, u32 len)
{
	u32 i = 0;

	memset(t, 0, sizeof(*t));
	if (len && data[len - 1])
		return "the last pair does not end with a null";
	while (i < len) {
		const char *s = (const char *)data + i;
		const char *eq = strchr(s, '=');
		size_t n = strlen(s);

		i += n + 1;
		if (!n)
			continue;	/* stray null: harmless */
		if (!eq || eq == s)
			return "a pair without key or equal sign";
		if (eq - s > 63)
			return "a key longer than 63 bytes";
		/* 6.1 and 13.24 do not agree on one of the RFC's own keys */
		if (!isupper((unsigned char)*s) &&
		    strncmp(s, "iSCSIProtocolLevel=", 19))
			return "a key that does not start with a capital";
		if (t->n == ARRAY_SIZE(t->kv))
			return "more keys than any login needs";
		t->kv[t->n].key = strndup(s, eq - s);
		t->kv[t->n].value = xstrdup(eq + 1);
		t->n++;
	}
	return NULL;
}

void text_free(struct text *t)
{
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		free(t->kv[i].key);
		free(t->kv[i].value);
	}
	t->n = 0;
}

const char *text_get(const struct text *t, const char *key)
{
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->kv[i].key, key))
			return t->kv[i].value;
	return NULL;
}

void text_add(struct textbuf *b, const char *key, const char *fmt, ...)
{
	char value[4096];
	va_list ap;
	u32 need;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	need = b->len + strlen(key) + strlen(value) + 2;
	if (need > b->size) {
		b->size = need * 2;
		b->buf = xrealloc(b->buf, b->size);
	}
	b->len += sprintf(b->buf + b->len, "%s=%s", key, value) + 1;
}

static int hexval(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int b64val(int c)
{
	static const char set64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(set64, c) : NULL;

	return p ? (int)(p - set64) : -1;
}

int text_binary(const char *s, u8 *out, size_t max)
{
	size_t n = 0;

	if (s[0] != '0')
		return -1;
	if (s[1] == 'x' || s[1] == 'X') {
		s += 2;
		if (strlen(s) & 1) {
			/* An odd count: the first digit stands alone. */
			if (!max || hexval(*s) < 0)
				return -1;
			out[n++] = hexval(*s++);
		}
		for (; *s; s += 2) {
			if (n == max || hexval(s[0]) < 0 || hexval(s[1]) < 0)
				return -1;
			out[n++] = hexval(s[0]) << 4 | hexval(s[1]);
		}
		return n;
	}
	if (s[1] == 'b' || s[1] == 'B') {
		u32 acc = 0, bits = 0;

		for (s += 2; *s && *s != '='; s++) {
			if (b64val(*s) < 0)
				return -1;
			acc = acc << 6 | b64val(*s);
			bits += 6;
			if (bits >= 8) {
				bits -= 8;
				if (n == max)
					return -1;
				out[n++] = acc >> bits;
			}
		}
		return n;
	}
	return -1;
}

bool text_number(const char *s, u64 *v)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	/* A leading 0 is decimal here, not octal. */
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		*v = strtoull(s, &end, 16);
	else
		*v = strtoull(s, &end, 10);
	return !*end;
}

bool text_list_has(const char *list, const char *item)
{
	size_t n = strlen(item);

	while (*list) {
		size_t k = strcspn(list, ",");

		if (k == n && !strncmp(list, item, n))
			return true;
		list += k;
		if (*list == ',')
			list++;
	}
	return false;
}
