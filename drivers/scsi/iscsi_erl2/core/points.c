// SPDX-License-Identifier: GPL-2.0
/*
 * Places where a test delays the driver; only in modules built for tests. The
 * module parameter `point` arms one:
 *
 *	echo NAME MS [TIMES] > /sys/module/iscsi_erl2/parameters/point
 *
 * and shows how often each was passed while it was armed. 0 ms disarms it and
 * lets go of who waits there.
 */
#include <linux/delay.h>
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>

#include "core/points.h"

static struct {
	const char *name;
	unsigned int ms;
	unsigned int times;
	atomic_t hits;
} points[ERL2_POINT_NR] = {
	[ERL2_POINT_TAKE] = { "take" },
	[ERL2_POINT_HAND_BACK] = { "hand_back" },
	[ERL2_POINT_DONE] = { "done" },
	[ERL2_POINT_INSTALL] = { "install" },
	[ERL2_POINT_LOGOUT] = { "logout" },
	[ERL2_POINT_EXPIRE] = { "expire" },
	[ERL2_POINT_OUTAGE_END] = { "outage_end" },
	[ERL2_POINT_QUEUE] = { "queue" },
	[ERL2_POINT_START] = { "start" },
	[ERL2_POINT_BLOCK] = { "block" },
	[ERL2_POINT_REMOVE] = { "remove" },
	[ERL2_POINT_REINSTATE] = { "reinstate" },
};

/* Any of them is armed. */
static DEFINE_STATIC_KEY_FALSE(points_armed);

static DECLARE_WAIT_QUEUE_HEAD(points_wait);

/* How long to stay here, in ms. */
static unsigned int point_enter(enum erl2_point p)
{
	unsigned int ms = READ_ONCE(points[p].ms), times;

	if (!ms)
		return 0;
	times = READ_ONCE(points[p].times);
	if (atomic_inc_return(&points[p].hits) > times && times)
		return 0;
	return ms;
}

/**
 * erl2_point() - a place where a test may delay the driver
 * @p: which
 *
 * Context: may sleep.
 */
void erl2_point(enum erl2_point p)
{
	unsigned int ms;

	if (!static_branch_unlikely(&points_armed))
		return;
	ms = point_enter(p);
	if (ms)
		wait_event_timeout(points_wait, !READ_ONCE(points[p].ms),
				   msecs_to_jiffies(ms));
}

/**
 * erl2_point_atomic() - such a place where nobody may sleep
 * @p: which
 *
 * Context: any.
 */
void erl2_point_atomic(enum erl2_point p)
{
	unsigned int ms;

	if (!static_branch_unlikely(&points_armed))
		return;
	for (ms = point_enter(p); ms && READ_ONCE(points[p].ms); ms--)
		mdelay(1);
}

static int point_set(const char *val, const struct kernel_param *kp)
{
	unsigned int i, ms, times = 0;
	char name[16];

	if (sscanf(val, "%15s %u %u", name, &ms, &times) < 2)
		return -EINVAL;
	for (i = 0; i < ERL2_POINT_NR; i++)
		if (!strcmp(points[i].name, name))
			break;
	if (i == ERL2_POINT_NR)
		return -EINVAL;
	if (ms)
		static_branch_enable(&points_armed);
	atomic_set(&points[i].hits, 0);
	WRITE_ONCE(points[i].times, times);
	WRITE_ONCE(points[i].ms, ms);
	wake_up_all(&points_wait);
	return 0;
}

static int point_get(char *buf, const struct kernel_param *kp)
{
	unsigned int i;
	int n = 0;

	for (i = 0; i < ERL2_POINT_NR; i++)
		n += sysfs_emit_at(buf, n, "%s %d\n", points[i].name,
				   atomic_read(&points[i].hits));
	return n;
}

static const struct kernel_param_ops point_ops = {
	.set = point_set,
	.get = point_get,
};

module_param_cb(point, &point_ops, NULL, 0644);

MODULE_PARM_DESC(point, "tests: delay the driver in one place");
