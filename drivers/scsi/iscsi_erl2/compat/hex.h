/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hex_to_bin() and its kin have moved out of <linux/kernel.h>.
 */
#ifndef _ERL2_COMPAT_HEX_H
#define _ERL2_COMPAT_HEX_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/hex.h>
#else
#include <linux/kernel.h>
#endif

#endif /* _ERL2_COMPAT_HEX_H */
