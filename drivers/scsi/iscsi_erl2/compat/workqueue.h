/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A work queue that is not unbound used to be one per processor by itself.
 */
#ifndef _ERL2_COMPAT_WORKQUEUE_H
#define _ERL2_COMPAT_WORKQUEUE_H

#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define ERL2_COMPAT_WQ_PERCPU	WQ_PERCPU
#else
#define ERL2_COMPAT_WQ_PERCPU	0
#endif

#endif /* _ERL2_COMPAT_WORKQUEUE_H */
