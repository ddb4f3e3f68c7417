// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters for new sessions.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "core/config.h"
#include "core/erl2.h"

unsigned int erl2_param_erl = 2;

unsigned int erl2_param_connections = 1;

int erl2_param_time2wait;

int erl2_param_time2retain = 60;

/* What a parameter may be; the limits go with it as its argument. */
struct param_range {
	int *value;
	int min;
	int max;
};

static int param_set_range(const char *val, const struct kernel_param *kp)
{
	const struct param_range *r = kp->arg;
	int n, err = kstrtoint(val, 0, &n);

	if (err || n < r->min || n > r->max) {
		pr_err("parameter %s must be %d to %d\n", kp->name, r->min,
		       r->max);
		return -EINVAL;
	}
	WRITE_ONCE(*r->value, n);
	return 0;
}

static int param_get_range(char *buf, const struct kernel_param *kp)
{
	const struct param_range *r = kp->arg;

	return sysfs_emit(buf, "%d\n", *r->value);
}

static const struct kernel_param_ops range_ops = {
	.set = param_set_range,
	.get = param_get_range,
};

static struct param_range erl_range = { (int *)&erl2_param_erl, 0, 2 };

module_param_cb(error_recovery_level, &range_ops, &erl_range, 0644);

MODULE_PARM_DESC(error_recovery_level,
		 "highest ErrorRecoveryLevel offered at login (0..2), for new sessions");

static struct param_range conn_range = {
	(int *)&erl2_param_connections, 1, 8
};

module_param_cb(connections, &range_ops, &conn_range, 0644);

MODULE_PARM_DESC(connections, "connections per session wanted (1..8)");

static struct param_range t2w_range = { &erl2_param_time2wait, -1, 3600 };

module_param_cb(time2wait, &range_ops, &t2w_range, 0644);

MODULE_PARM_DESC(time2wait,
		 "DefaultTime2Wait offered, in seconds; -1: as iscsid's node record says");

static struct param_range t2r_range = { &erl2_param_time2retain, -1, 3600 };

module_param_cb(time2retain, &range_ops, &t2r_range, 0644);

MODULE_PARM_DESC(time2retain,
		 "DefaultTime2Retain offered, in seconds; -1: as iscsid's node record says");
