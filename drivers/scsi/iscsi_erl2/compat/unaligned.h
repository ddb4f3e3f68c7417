/* SPDX-License-Identifier: GPL-2.0 */
/*
 * get_unaligned_be16() and its kin have moved.
 */
#ifndef _ERL2_COMPAT_UNALIGNED_H
#define _ERL2_COMPAT_UNALIGNED_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* _ERL2_COMPAT_UNALIGNED_H */
