// SPDX-License-Identifier: GPL-2.0
/*
 * lio_fixup - make the in-kernel iSCSI target survive connection recovery.
 *
 * LIO has faults that show at ErrorRecoveryLevel 2, and in sessions of several
 * connections at any level, seen on kernels from 6.1 to 7.3. This module mends
 * five in the running kernel, for hosts that are the *target* of such a session.
 * It is not part of the initiator.
 *
 * 1. Each command holds a reference on the command counter of the connection it
 *    arrived on, and iscsit_free_conn() frees that counter without a look
 *    at the references. At levels 0 and 1 no command outlives its connection.
 *    At level 2 commands do (RFC 7143, 7.1.4.3), and their release, maybe much
 *    later and on another connection, then works on freed memory.
 *    Here target_free_cmd_counter() is replaced: a counter that is still in use
 *    is freed only when its last command has gone.
 *
 * 2. Where iSCSI's own code answers a task management request, without going
 *    down to the target core, it stores an iSCSI response code (RFC 7143,
 *    11.6.1) in a field which is then read as a response code of the target core.
 *    So "Function complete" (0) is sent as "Function rejected" (255), and
 *    "Task does not exist" (1) as "Function complete" (0). This hits every TASK
 *    REASSIGN, and ABORT TASK for a task that is not there.
 *    Here the code is put into the PDU unchanged.
 *
 * 3. A portal group that is disabled marks its sessions as closed and leaves the
 *    freeing to their connections. A session that has none, as it waits for its
 *    initiator (Time2Retain), is forgotten, but its timer is not: it fires
 *    when the portal group has been freed, and spins on what was a lock.
 *    Here such a timer does nothing. (The session stays lost.)
 *
 * 4. Two may wait for a lost connection to be closed: a logout for recovery that
 *    came over another connection, which then failed as well, and the next
 *    one, or a login that takes the CID over. One of them is told. The other waits
 *    for good, and so does the connection that it holds a reference on; where
 *    it is the login thread, nobody logs in any more.
 *    Here each of them tells the next.
 *
 * 5. Who ends a session (a login that takes its place, a Logout, a portal group
 *    that is disabled) goes through the list of its connections, ends each one,
 *    and waits for that without the lock of the list. The reference on the next
 *    one keeps it from being freed, not from leaving the list, and is dropped
 *    before it is looked at. A connection that ends by itself meanwhile, or with
 *    the first one, leads to a link that is poisoned, or freed.
 *    Here it begins at the head of the list each time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <target/target_core_base.h>
#include <target/iscsi/iscsi_target_core.h>
#include <target/iscsi/iscsi_transport.h>

/*
 * How often counters that are still in use are looked at again; long enough for
 * percpu_ref_kill() to have added up the counts of all CPUs.
 */
#define REAP_INTERVAL	(HZ / 5)
/* How long an unload waits for the commands that are still out. */
#define DRAIN_TIMEOUT	(10 * HZ)

struct late_counter {
	struct list_head node;
	struct target_cmd_counter *cmd_cnt;
	bool was_in_use;
};

static LIST_HEAD(late_counters);
static DEFINE_SPINLOCK(late_lock);

static void reap_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(reap_work, reap_work_fn);

static atomic_t counters_deferred = ATOMIC_INIT(0);
static atomic_t responses_mended = ATOMIC_INIT(0);
static atomic_t timers_stopped = ATOMIC_INIT(0);

static void free_counter(struct target_cmd_counter *cmd_cnt)
{
	percpu_ref_exit(&cmd_cnt->refcnt);
	kfree(cmd_cnt);
}

/* Returns true when nothing is left to wait for. */
static bool reap_counters(void)
{
	struct late_counter *late, *next;
	LIST_HEAD(idle);
	bool empty;

	spin_lock(&late_lock);
	list_for_each_entry_safe(late, next, &late_counters, node) {
		if (percpu_ref_is_zero(&late->cmd_cnt->refcnt)) {
			list_move_tail(&late->node, &idle);
		} else if (!late->was_in_use) {
			late->was_in_use = true;
			atomic_inc(&counters_deferred);
		}
	}
	empty = list_empty(&late_counters);
	spin_unlock(&late_lock);

	if (list_empty(&idle))
		return empty;

	/*
	 * The last put calls back into the counter after the count has become
	 * zero, under rcu_read_lock(). Let that finish first.
	 */
	synchronize_rcu();
	list_for_each_entry_safe(late, next, &idle, node) {
		free_counter(late->cmd_cnt);
		kfree(late);
	}
	return empty;
}

static void reap_work_fn(struct work_struct *work)
{
	if (!reap_counters())
		schedule_delayed_work(&reap_work, REAP_INTERVAL);
}

/*
 * Runs in the place of target_free_cmd_counter(), in its caller's context,
 * which may sleep.
 */
static void replacement_free_cmd_counter(struct target_cmd_counter *cmd_cnt)
{
	struct late_counter *late;

	/* Drop the first reference, unless the core has done so already. */
	if (!atomic_cmpxchg(&cmd_cnt->stopped, 0, 1))
		percpu_ref_kill(&cmd_cnt->refcnt);

	late = kmalloc(sizeof(*late), GFP_KERNEL | __GFP_NOFAIL);
	late->cmd_cnt = cmd_cnt;
	late->was_in_use = false;

	spin_lock(&late_lock);
	list_add_tail(&late->node, &late_counters);
	spin_unlock(&late_lock);
	schedule_delayed_work(&reap_work, REAP_INTERVAL);
}

static int free_pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	/* The arguments and the return address stay where they are. */
	instruction_pointer_set(regs, (unsigned long)replacement_free_cmd_counter);
	return 1;
}

/*
 * Never called. A probe with a post handler is not turned into a jump, which
 * could not change where execution goes on (Documentation/trace/kprobes.rst).
 */
static void no_post_handler(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kprobe free_probe = {
	.symbol_name	= "target_free_cmd_counter",
	.pre_handler	= free_pre_handler,
	.post_handler	= no_post_handler,
};

/* Runs in the place of the timer of a session that was closed before. */
static void replacement_time2retain_timeout(struct timer_list *t)
{
	atomic_inc(&timers_stopped);
}

static int retain_pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	struct timer_list *t = (struct timer_list *)regs_get_kernel_argument(regs, 0);
	struct iscsit_session *sess = container_of(t, struct iscsit_session,
						   time2retain_timer);

	/* What the timer itself looks at, after it has taken the lock. */
	if (!atomic_read(&sess->session_reinstatement))
		return 0;
	instruction_pointer_set(regs, (unsigned long)replacement_time2retain_timeout);
	return 1;
}

static struct kprobe retain_probe = {
	.symbol_name	= "iscsit_handle_time2retain_timeout",
	.pre_handler	= retain_pre_handler,
	.post_handler	= no_post_handler,
};

/* iscsit_connection_reinstatement_rcfr(conn): its caller holds a reference. */
static int wait_entry_handler(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct iscsit_conn **conn = (struct iscsit_conn **)ri->data;

	*conn = (struct iscsit_conn *)regs_get_kernel_argument(regs, 0);
	return 0;
}

static int wait_return_handler(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct iscsit_conn **conn = (struct iscsit_conn **)ri->data;

	complete(&(*conn)->conn_wait_rcfr_comp);
	return 0;
}

static struct kretprobe wait_probe = {
	.kp.symbol_name	= "iscsit_connection_reinstatement_rcfr",
	.entry_handler	= wait_entry_handler,
	.handler	= wait_return_handler,
	.data_size	= sizeof(struct iscsit_conn *),
	.maxactive	= 64,
};

/* In the replacement below, or sent there: it sleeps, and is not to be unloaded. */
static atomic_t stops_running = ATOMIC_INIT(0);

static void get_conn(struct iscsit_conn *conn)
{
	spin_lock_bh(&conn->conn_usage_lock);
	conn->conn_usage_count++;
	spin_unlock_bh(&conn->conn_usage_lock);
}

static void put_conn(struct iscsit_conn *conn)
{
	bool last;

	spin_lock_bh(&conn->conn_usage_lock);
	last = !--conn->conn_usage_count && conn->conn_waiting_on_uc;
	spin_unlock_bh(&conn->conn_usage_lock);
	if (last)
		complete(&conn->conn_waiting_on_uc_comp);
}

/* A connection that nobody ends yet. */
static struct iscsit_conn *conn_to_stop(struct iscsit_session *sess)
{
	struct iscsit_conn *conn;

	lockdep_assert_held(&sess->conn_lock);
	list_for_each_entry(conn, &sess->sess_conn_list, conn_list)
		if (!atomic_read(&conn->connection_exit) &&
		    !atomic_read(&conn->transport_failed) &&
		    !atomic_read(&conn->connection_reinstatement))
			return conn;
	return NULL;
}

/* Runs in the place of iscsit_stop_session(), in its caller's context. */
static void replacement_stop_session(struct iscsit_session *sess, int session_sleep,
				     int connection_sleep)
{
	struct iscsit_conn *conn;
	bool wait;

	spin_lock_bh(&sess->conn_lock);
	if (connection_sleep) {
		/* Each is marked as ended afterwards, by this or by another. */
		while ((conn = conn_to_stop(sess))) {
			get_conn(conn);
			spin_unlock_bh(&sess->conn_lock);
			iscsit_cause_connection_reinstatement(conn, 1);
			spin_lock_bh(&sess->conn_lock);
			put_conn(conn);
		}
	} else {
		list_for_each_entry(conn, &sess->sess_conn_list, conn_list)
			iscsit_cause_connection_reinstatement(conn, 0);
	}
	wait = session_sleep && atomic_read(&sess->nconn);
	spin_unlock_bh(&sess->conn_lock);
	if (wait)
		wait_for_completion(&sess->session_wait_comp);
	atomic_dec(&stops_running);
}

static int stop_pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	atomic_inc(&stops_running);
	instruction_pointer_set(regs, (unsigned long)replacement_stop_session);
	return 1;
}

static struct kprobe stop_probe = {
	.symbol_name	= "iscsit_stop_session",
	.pre_handler	= stop_pre_handler,
	.post_handler	= no_post_handler,
};

/* The arguments of iscsit_build_task_mgt_rsp(cmd, conn, hdr) that matter. */
struct rsp_args {
	struct iscsit_cmd *cmd;
	struct iscsi_tm_rsp *hdr;
};

static int rsp_entry_handler(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct rsp_args *args = (struct rsp_args *)ri->data;

	args->cmd = (struct iscsit_cmd *)regs_get_kernel_argument(regs, 0);
	args->hdr = (struct iscsi_tm_rsp *)regs_get_kernel_argument(regs, 2);
	return 0;
}

static int rsp_return_handler(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct rsp_args *args = (struct rsp_args *)ri->data;
	struct se_tmr_req *se_tmr = args->cmd->se_cmd.se_tmr_req;

	/* Where the target core was asked, its code was converted correctly. */
	if (!se_tmr || se_tmr->call_transport)
		return 0;
	if (args->hdr->response != se_tmr->response) {
		args->hdr->response = se_tmr->response;
		atomic_inc(&responses_mended);
	}
	return 0;
}

static struct kretprobe rsp_probe = {
	.kp.symbol_name	= "iscsit_build_task_mgt_rsp",
	.entry_handler	= rsp_entry_handler,
	.handler	= rsp_return_handler,
	.data_size	= sizeof(struct rsp_args),
	.maxactive	= 64,
};

static int __init lio_fixup_init(void)
{
	int err;

	err = register_kprobe(&free_probe);
	if (err) {
		pr_err("cannot replace %s: %d\n", free_probe.symbol_name, err);
		return err;
	}
	err = register_kretprobe(&rsp_probe);
	if (err) {
		pr_err("cannot mend %s: %d (is iscsi_target_mod loaded?)\n",
		       rsp_probe.kp.symbol_name, err);
		goto unregister_free;
	}
	err = register_kprobe(&retain_probe);
	if (err) {
		pr_err("cannot replace %s: %d\n", retain_probe.symbol_name, err);
		goto unregister_rsp;
	}
	err = register_kretprobe(&wait_probe);
	if (err) {
		pr_err("cannot mend %s: %d\n", wait_probe.kp.symbol_name, err);
		goto unregister_retain;
	}
	err = register_kprobe(&stop_probe);
	if (err) {
		pr_err("cannot replace %s: %d\n", stop_probe.symbol_name, err);
		goto unregister_wait;
	}
	pr_info("changed %s: a command counter is freed when its last command has gone\n",
		free_probe.symbol_name);
	pr_info("changed %s: iSCSI's own task management responses are sent as they are\n",
		rsp_probe.kp.symbol_name);
	pr_info("changed %s: it leaves sessions alone that were closed before\n",
		retain_probe.symbol_name);
	pr_info("changed %s: all who wait for a lost connection are told of its end\n",
		wait_probe.kp.symbol_name);
	pr_info("changed %s: a connection may end while others are being ended\n",
		stop_probe.symbol_name);
	return 0;

unregister_wait:
	unregister_kretprobe(&wait_probe);
unregister_retain:
	unregister_kprobe(&retain_probe);
unregister_rsp:
	unregister_kretprobe(&rsp_probe);
unregister_free:
	unregister_kprobe(&free_probe);
	return err;
}

static void __exit lio_fixup_exit(void)
{
	unsigned long deadline = jiffies + DRAIN_TIMEOUT;

	unregister_kprobe(&stop_probe);
	unregister_kretprobe(&wait_probe);
	unregister_kprobe(&retain_probe);
	unregister_kretprobe(&rsp_probe);
	unregister_kprobe(&free_probe);
	/* A session ends as soon as its commands do. */
	while (atomic_read(&stops_running))
		schedule_timeout_uninterruptible(REAP_INTERVAL);
	/* A caller may just have been sent into the replacement. */
	synchronize_rcu_tasks();

	cancel_delayed_work_sync(&reap_work);
	while (!reap_counters() && time_before(jiffies, deadline))
		schedule_timeout_uninterruptible(REAP_INTERVAL);
	if (!reap_counters())
		pr_warn("command counters still in use are left alone: they are lost\n");

	pr_info("removed; %d command counters were still in use when freed, %d responses mended, %d timers stopped\n",
		atomic_read(&counters_deferred), atomic_read(&responses_mended),
		atomic_read(&timers_stopped));
	if (rsp_probe.nmissed)
		pr_warn("%d responses went out unmended\n", rsp_probe.nmissed);
	if (wait_probe.nmissed)
		pr_warn("%d who waited did not tell the next\n", wait_probe.nmissed);
}

module_init(lio_fixup_init);
module_exit(lio_fixup_exit);

MODULE_DESCRIPTION("Mends five faults of the kernel's iSCSI target in connection recovery");
MODULE_LICENSE("GPL");
