/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _UNIT_LINUX_SLAB_H
#define _UNIT_LINUX_SLAB_H

#include <linux/kernel.h>

#define GFP_KERNEL	0
#define kfree		free

static inline void *kmemdup(const void *from, size_t size, int gfp)
{
	void *p = malloc(size);

	(void)gfp;
	return p ? memcpy(p, from, size) : NULL;
}

#endif /* _UNIT_LINUX_SLAB_H */
