// SPDX-License-Identifier: GPL-2.0
/*
 * iscsi_erl2: iSCSI initiator with connection recovery (RFC 7143
 * ErrorRecoveryLevel 2). Module init and exit.
 */
#include <linux/jump_label.h>
#include <linux/module.h>
#include <net/sock.h>

#include "compat/workqueue.h"
#include "core/conn.h"
#include "core/erl2.h"
#include "host/transport.h"
#include "proto/chap.h"

static char *transport = "tcp";

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
