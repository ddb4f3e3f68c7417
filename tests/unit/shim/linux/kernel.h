/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _UNIT_LINUX_KERNEL_H
#define _UNIT_LINUX_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define U8_MAX		UINT8_MAX
#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define static_assert(cond, ...) _Static_assert(cond, #cond)

#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); \
	a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); \
	a_ > b_ ? a_ : b_; })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))

int kstrtouint(const char *s, unsigned int base, unsigned int *result);
int kstrtou16(const char *s, unsigned int base, u16 *result);
int kstrtou8(const char *s, unsigned int base, u8 *result);
char *strnstr(const char *text, const char *what, size_t len);
int hex_to_bin(unsigned char c);
char *bin2hex(char *to, const void *from, size_t count);
ssize_t strscpy(char *to, const char *from, size_t size);

#endif /* _UNIT_LINUX_KERNEL_H */
