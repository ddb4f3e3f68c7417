// SPDX-License-Identifier: GPL-2.0
/* Functions of the kernel that the pure files call, for user space. */
#include <kunit/test.h>
#include <stdarg.h>

int kstrtouint(const char *s, unsigned int base, unsigned int *result)
{
	unsigned long v;
	char *end;

	s += *s == '+';
	if (!(*s >= '0' && *s <= '9'))
		return -EINVAL;
	errno = 0;
	v = strtoul(s, &end, base);
	end += *end == '\n';
	if (*end)
		return -EINVAL;
	if (errno || v > UINT_MAX)
		return -ERANGE;
	*result = v;
	return 0;
}

int kstrtou16(const char *s, unsigned int base, u16 *result)
{
	unsigned int v;
	int rc = kstrtouint(s, base, &v);

	if (rc || v > U16_MAX)
		return rc ?: -ERANGE;
	*result = v;
	return 0;
}

int kstrtou8(const char *s, unsigned int base, u8 *result)
{
	u16 v;
	int rc = kstrtou16(s, base, &v);

	if (rc || v > U8_MAX)
		return rc ?: -ERANGE;
	*result = v;
	return 0;
}

char *strnstr(const char *text, const char *what, size_t len)
{
	return memmem(text, strnlen(text, len), what, strlen(what));
}

int hex_to_bin(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *bin2hex(char *to, const void *from, size_t count)
{
	const unsigned char *p = from;

	while (count--) {
		*to++ = "0123456789abcdef"[*p >> 4];
		*to++ = "0123456789abcdef"[*p++ & 15];
	}
	return to;
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(to, from, size - 1);
		to[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(to, from, len + 1);
	return len;
}

void unit_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	/* A pointer to the one before, aligned as malloc() would. */
	void **p = calloc(1, size + 16);

	(void)gfp;
	if (!p)
		abort();
	*p = test->memory;
	test->memory = p;
	return (char *)p + 16;
}
