// SPDX-License-Identifier: GPL-2.0
/*
 * The SCSI host of a session: where commands come in.
 */
#include <linux/module.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_transport_iscsi.h>

#include "compat/scsi.h"
#include "core/allegiance.h"
#include "core/config.h"
#include "core/erl2.h"
#include "core/points.h"
#include "core/session.h"
#include "core/task.h"
#include "host/error_handler.h"
#include "host/scsi_host.h"
#include "io/send.h"
#include "proto/conn_state.h"

/* As libiscsi has it, so that user space finds what it knows. */
#define DEFAULT_CMDS_MAX	128

#define DEFAULT_CMD_PER_LUN	32

/*
 * Give a command to a connection. Even to one that is being recovered, if none
 * works: it goes out when that is done, and the SCSI layer need not know.
 */
static struct erl2_conn *host_queue(struct erl2_session *s,
				    struct erl2_task *task)
{
	u32 tag = blk_mq_unique_tag(scsi_cmd_to_rq(task->sc));
	unsigned int hwq = blk_mq_unique_tag_to_hwq(tag), tries;
	struct erl2_conn *conn;

	for (tries = 0; tries < 2 * ERL2_CONNS_MAX; tries++) {
		conn = erl2_mcs_pick(s, hwq);
		if (unlikely(!conn))
			return NULL;
		spin_lock_bh(&conn->lock);
		/*
		 * It may have failed just now: look again, and settle for one
		 * that recovery cares for only when none works.
		 */
		if (likely(conn->state == ERL2_CONN_LOGGED_IN ||
			   READ_ONCE(s->nr_routes) <= 1) ||
		    (tries >= ERL2_CONNS_MAX &&
		     conn->state != ERL2_CONN_FREE)) {
			erl2_task_queue(conn, task);
			spin_unlock_bh(&conn->lock);
			return conn;
		}
		spin_unlock_bh(&conn->lock);
	}
	return NULL;
}

/* Send what a run of the queue has left with @conn, or with several. */
static void host_send(struct erl2_session *s, struct erl2_conn *conn)
{
	if (!erl2_mcs_batches(s))
		erl2_mcs_kick(s);
	else if (likely(conn))
		erl2_conn_xmit(conn);
}

static erl2_compat_qc_status erl2_queuecommand(struct Scsi_Host *shost,
					       struct scsi_cmnd *sc)
{
	struct erl2_session *s = erl2_host_session(shost);
	struct erl2_task *task = scsi_cmd_priv(sc);
	struct erl2_conn *conn;
	int err;

	if (unlikely(READ_ONCE(s->cls->state) != ISCSI_SESSION_LOGGED_IN)) {
		err = iscsi_session_chkready(s->cls);
		if (err) {
			sc->result = err;
			scsi_done(sc);
			return 0;
		}
	}
	if (erl2_task_init_cmd(s, sc)) {
		scsi_build_sense(sc, 0, ILLEGAL_REQUEST, 0x20, 0);
		scsi_done(sc);
		return 0;
	}

	rcu_read_lock();
	/* Whoever sets this waits for those who have not seen it. */
	if (unlikely(test_bit(ERL2_SESSION_STOP, &s->flags))) {
		rcu_read_unlock();
		sc->result = DID_NO_CONNECT << 16;
		scsi_done(sc);
		return 0;
	}
	erl2_point_atomic(ERL2_POINT_QUEUE);
	conn = host_queue(s, task);
	/* More commands are just coming: one run sends them all. */
	if (conn && sc->flags & SCMD_LAST)
		host_send(s, conn);
	rcu_read_unlock();
	return conn ? 0 : SCSI_MLQUEUE_HOST_BUSY;
}

static void erl2_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	struct erl2_session *s = erl2_host_session(shost);

	rcu_read_lock();
	host_send(s, erl2_session_leading(s));
	rcu_read_unlock();
}

/* With this here the SCSI layer does not clear the task for each command. */
static int erl2_init_cmd_priv(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	memset(scsi_cmd_priv(sc), 0, sizeof(struct erl2_task));
	return 0;
}

static int erl2_configure(ERL2_COMPAT_CONFIGURE_ARGS)
{
	if (erl2_session_wants_stable_writes(erl2_host_session(sdev->host)))
		erl2_compat_stable_writes(sdev);
	erl2_compat_any_alignment(sdev);
	return 0;
}

static struct scsi_host_template erl2_sht = {
	.module			= THIS_MODULE,
	.name			= "iSCSI Initiator with connection recovery",
	/* iscsid and iscsiadm know software iSCSI by this name */
	.proc_name		= "iscsi_tcp",
	.queuecommand		= erl2_queuecommand,
	.commit_rqs		= erl2_commit_rqs,
	.init_cmd_priv		= erl2_init_cmd_priv,
	.change_queue_depth	= scsi_change_queue_depth,
	.erl2_compat_configure	= erl2_configure,
	.eh_timed_out		= erl2_eh_timed_out,
	.eh_should_retry_cmd	= erl2_eh_should_retry,
	.eh_abort_handler	= erl2_eh_abort,
	.eh_device_reset_handler = erl2_eh_lu_reset,
	.eh_target_reset_handler = erl2_eh_target_reset,
	.eh_host_reset_handler	= erl2_eh_host_reset,
	.can_queue		= DEFAULT_CMDS_MAX,
	.cmd_per_lun		= DEFAULT_CMD_PER_LUN,
	.sg_tablesize		= 4096,
	.max_sectors		= 0xffff,
	.dma_boundary		= PAGE_SIZE - 1,
	.this_id		= -1,
	.track_queue_depth	= 1,
	.cmd_size		= sizeof(struct erl2_task),
};

/**
 * erl2_host_alloc() - allocate the host of a new session
 * @t: transport template
 * @cmds_max: commands at a time, 0 for the default
 * @qdepth: commands at a time per logical unit, 0 for the default
 *
 * Context: may sleep.
 * Return: the host, not yet added, or NULL.
 */
struct Scsi_Host *erl2_host_alloc(struct scsi_transport_template *t,
				  u16 cmds_max, u16 qdepth)
{
	struct Scsi_Host *shost;

	shost = scsi_host_alloc(&erl2_sht, sizeof(struct erl2_host));
	if (!shost)
		return NULL;
	shost->transportt = t;
	/* One per connection, and the tags are those of the session's ITTs. */
	shost->nr_hw_queues = min_t(unsigned int, num_possible_cpus(),
				    erl2_param_connections);
	shost->host_tagset = shost->nr_hw_queues > 1;
	shost->max_lun = ~0;
	shost->max_id = 0;
	shost->max_channel = 0;
	shost->max_cmd_len = sizeof_field(struct scsi_cmnd, cmnd);
	shost->can_queue = cmds_max ? min_t(u16, cmds_max, ERL2_CMDS_MAX) :
			   DEFAULT_CMDS_MAX;
	shost->cmd_per_lun = min_t(int, qdepth ?: DEFAULT_CMD_PER_LUN,
				   shost->can_queue);
	return shost;
}

/**
 * erl2_host_added() - finish a host that scsi_add_host() has taken
 * @shost: host without devices
 *
 * Context: may sleep.
 */
void erl2_host_added(struct Scsi_Host *shost)
{
	/*
	 * In which order commands reach the medium is the target's business.
	 * An I/O scheduler here would not change that, but the block layer
	 * dispatches through one by way of a work queue, for each command.
	 * Like for other network disks the default is "none", then; a choice
	 * in queue/scheduler is respected as ever.
	 */
	shost->tag_set.flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
}
