// SPDX-License-Identifier: GPL-2.0
/*
 * iscsi_erl2: iSCSI initiator with connection recovery (RFC 7143
 * ErrorRecoveryLevel 2). Module parameters, bring-up and unwind.
 */
#include <linux/jump_label.h>
#include <linux/module.h>
#include <net/sock.h>

#include "chap.h"
#include "compat/workqueue.h"
#include "erl2.h"
#include "session.h"
#include "transport.h"

unsigned int erl2_param_erl = 2;
unsigned int erl2_param_connections = 1;
int erl2_param_time2wait;
int erl2_param_time2retain = 60;
static char *transport = "tcp";

struct workqueue_struct *erl2_tx_wq;

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

module_param(transport, charp, 0444);
MODULE_PARM_DESC(transport, "transport name to register (default: tcp)");

static int __init erl2_init(void)
{
	int err;

	erl2_tx_wq = alloc_workqueue("iscsi_erl2_tx",
				     WQ_MEM_RECLAIM | WQ_HIGHPRI |
				     ERL2_COMPAT_WQ_PERCPU, 0);
	if (!erl2_tx_wq)
		return -ENOMEM;
	err = erl2_chap_init();
	if (err)
		goto destroy_wq;
	/*
	 * Held for as long as there may be sessions: otherwise each loss of an
	 * only connection would patch the network stack's code twice, while
	 * I/O waits for it, as sk_clear_memalloc() drops the last reference.
	 */
	static_branch_inc(&memalloc_socks_key);
	err = erl2_transport_register(transport);
	if (err)
		goto exit_memalloc;
	return 0;

exit_memalloc:
	static_branch_dec(&memalloc_socks_key);
	erl2_chap_exit();
destroy_wq:
	destroy_workqueue(erl2_tx_wq);
	return err;
}

static void __exit erl2_exit(void)
{
	erl2_transport_unregister();
	static_branch_dec(&memalloc_socks_key);
	erl2_chap_exit();
	destroy_workqueue(erl2_tx_wq);
}

module_init(erl2_init);
module_exit(erl2_exit);
MODULE_DESCRIPTION("iSCSI initiator with connection recovery (ErrorRecoveryLevel 2)");
MODULE_LICENSE("GPL");
