/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions in the SCSI layer.
 */
#ifndef _ERL2_COMPAT_SCSI_H
#define _ERL2_COMPAT_SCSI_H

#include <linux/blkdev.h>
#include <linux/version.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* eh_timed_out() used to speak the block layer's language. */
#define scsi_timeout_action	blk_eh_timer_return
#define SCSI_EH_RESET_TIMER	BLK_EH_RESET_TIMER
#define SCSI_EH_NOT_HANDLED	BLK_EH_DONE
#endif

/* What queuecommand() returns has become a type, and no macros any more. */
#ifdef SCSI_MLQUEUE_HOST_BUSY
#define erl2_compat_qc_status	int
#else
#define erl2_compat_qc_status	enum scsi_qc_status
#endif

/* The commands of SPC-2 got its name. */
#ifndef RESERVE_6
#define RESERVE_6	RESERVE
#define RELEASE_6	RELEASE
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define erl2_compat_configure	sdev_configure
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define erl2_compat_configure	device_configure
#else
#define erl2_compat_configure	slave_configure
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define ERL2_COMPAT_CONFIGURE_ARGS \
	struct scsi_device *sdev, struct queue_limits *lim
#define erl2_compat_stable_writes(sdev) \
	(lim->features |= BLK_FEAT_STABLE_WRITES)

/**
 * erl2_compat_stable_writes_later() - pages under writeback must not change any more
 * @sdev: device that is in use
 *
 * Context: may sleep, for I/O of whoever changes the limits as well.
 */
static inline void erl2_compat_stable_writes_later(struct scsi_device *sdev)
{
	struct request_queue *q = sdev->request_queue;
	struct queue_limits lim;

	if (blk_queue_stable_writes(q))
		return;
	lim = queue_limits_start_update(q);
	lim.features |= BLK_FEAT_STABLE_WRITES;
	queue_limits_commit_update(q, &lim);
}

#define erl2_compat_any_alignment(sdev)	(lim->dma_alignment = 0)
#else
#define ERL2_COMPAT_CONFIGURE_ARGS	struct scsi_device *sdev
#define erl2_compat_stable_writes(sdev) \
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, (sdev)->request_queue)
#define erl2_compat_stable_writes_later(sdev)	erl2_compat_stable_writes(sdev)
#define erl2_compat_any_alignment(sdev) \
	blk_queue_dma_alignment((sdev)->request_queue, 0)
#endif

#endif /* _ERL2_COMPAT_SCSI_H */
