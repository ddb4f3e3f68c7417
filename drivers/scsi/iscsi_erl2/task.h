/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One task: a SCSI command's iSCSI life, or a control exchange (NOP-Out,
 * task management, Logout) of the driver itself.
 */
#ifndef _ERL2_TASK_H
#define _ERL2_TASK_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/types.h>
#include <scsi/iscsi_proto.h>
#include "gaps.h"
#include "text.h"

struct erl2_conn;
struct erl2_session;
struct scsi_cmnd;
struct scsi_device;
struct scatterlist;

/*
 * An ITT is the tag of the command (or the number of a control slot behind
 * them) in the low bits and a count of the tag's uses above. A target finds
 * tasks by ITT, so a tag that comes back while the target still holds an
 * unacknowledged status of its last use must look different to it
 * (RFC 7143 4.2.2.1, 11.2.1.8).
 */
#define ERL2_TAG_BITS		12
#define ERL2_TAG_MASK		((1U << ERL2_TAG_BITS) - 1)
#define ERL2_CTL_TASKS		112	/* control slots per session */
#define ERL2_CTL_MAJOR		32	/* the first of them, not for answers */
#define ERL2_CMDS_MAX		2048	/* SCSI commands per session */
#define ERL2_MAX_R2T		16	/* outstanding R2Ts per task we accept */

/**
 * enum erl2_task_state - where a task stands
 * @ERL2_TASK_FREE: not in use
 * @ERL2_TASK_QUEUED: waits in a connection's queue for its first transmission
 * @ERL2_TASK_ACTIVE: on its way to the target or executing there
 * @ERL2_TASK_HELD: its connection failed; waits for recovery's verdict
 * @ERL2_TASK_REASSIGNING: TASK REASSIGN sent, no answer yet
 * @ERL2_TASK_ENDING: claimed, its owner has not let go of it yet
 */
enum erl2_task_state {
	ERL2_TASK_FREE,
	ERL2_TASK_QUEUED,
	ERL2_TASK_ACTIVE,
	ERL2_TASK_HELD,
	ERL2_TASK_REASSIGNING,
	ERL2_TASK_ENDING,
};

/* task->flags; all under conn->lock of the connection of allegiance */
#define ERL2_TASK_SENT		BIT(0)	/* has a CmdSN: part of it may be out */
#define ERL2_TASK_RETRY		BIT(1)	/* to be sent again with its CmdSN */
#define ERL2_TASK_REASSIGNED	BIT(2)	/* continued by TASK REASSIGN before */
#define ERL2_TASK_SN_OPEN	BIT(3)	/* next DataSN/R2TSN may start anywhere */
#define ERL2_TASK_ASKED		BIT(4)	/* a TASK REASSIGN was not answered */
#define ERL2_TASK_HUSHED	BIT(5)	/* about to end: R2Ts are not served */
#define ERL2_TASK_LEVEL1	BIT(6)	/* something was lost: task->l1 counts */
#define ERL2_TASK_AGAIN		BIT(7)	/* REASSIGNING, and to be asked once more */
#define ERL2_TASK_GUESS		BIT(8)	/* RETRY, though the target may have it */
#define ERL2_TASK_PLUGGING	BIT(9)	/* a ping has its CmdSN: it is to end */

/**
 * struct erl2_r2t - a request of the target for a range of write data
 * @ttt: Target Transfer Tag, in wire order
 * @offset: Buffer Offset of the first byte still to be sent
 * @left: bytes still to be sent
 * @datasn: DataSN of the next Data-Out
 */
struct erl2_r2t {
	__be32 ttt;
	u32 offset;
	u32 left;
	u32 datasn;
};

/**
 * struct erl2_sg_pos - a place in a scatterlist
 * @sg: entry
 * @sg_off: byte inside @sg
 * @pos: the same as offset from the start of the buffer
 *
 * Data mostly goes forward; keeping the place saves the walk from the start.
 */
struct erl2_sg_pos {
	struct scatterlist *sg;
	unsigned int sg_off;
	u32 pos;
};

/**
 * struct erl2_status - how a command ended, out of its SCSI Response or the
 *	Data-In with the status
 * @statsn: StatSN
 * @resid: Residual Count
 * @exp_datasn: ExpDataSN; 0 in a Data-In
 * @in_data: it came in a Data-In
 * @refused: there is none: the target rejected the command itself
 * @response: Response
 * @flags: residual bits
 * @status: SCSI status
 */
struct erl2_status {
	u32 statsn;
	u32 resid;
	u32 exp_datasn;
	bool in_data;
	bool refused;
	u8 response;
	u8 flags;
	u8 status;
};

/**
 * struct erl2_level1 - what a command needs once something of it was lost
 * @gaps: Data-Ins (of a read) or R2Ts (of a write) that did not come
 * @st: the status that waits; @st.statsn counts with @held
 * @ack_ttt: Target Transfer Tag of the DataACK that is due
 * @seq_sn: DataSN with which the last sequence seen began, if that was seen
 * @fin_sn: DataSN behind the last F bit seen
 * @held: in the connection's list of those whose status waits
 * @open: counted in the connection's number of incomplete commands
 * @ack_due: a DataACK has to follow when the gaps are filled
 * @damaged: the target refused to send again what is missing
 * @bad_from: with @damaged: nothing from this Buffer Offset on counts
 */
struct erl2_level1 {
	struct erl2_gaps gaps;
	struct erl2_status st;
	__be32 ack_ttt;
	u32 seq_sn;
	u32 fin_sn;
	bool held;
	bool open;
	bool ack_due;
	bool damaged;
	u32 bad_from;
};

/**
 * struct erl2_task - a SCSI command or a control exchange
 * @node: place in one of the queues of @conn (conn->lock)
 * @conn: connection of allegiance; changes only in recovery (conn->lock of
 *	the old and of the new one, session->mutex)
 * @sc: the SCSI command; NULL for control exchanges
 * @itt: Initiator Task Tag in host order
 * @cmdsn: CmdSN, valid with ERL2_TASK_SENT
 * @state: enum erl2_task_state
 * @flags: ERL2_TASK_*
 * @tries: TASK REASSIGNs sent for it in this recovery
 * @resent: how often it was sent again, or given back to recovery for it
 * @exp_datasn: next DataSN expected: all below were received but for the gaps
 *	in @l1
 * @exp_r2tsn: next R2TSN expected, likewise
 * @acked: DataSN up to which the data was acknowledged
 * @data_len: bytes the command transfers
 * @in_end: read data is in place and known to be good up to here, but for the
 *	gaps in @l1
 * @unsol_off: next byte of unsolicited data
 * @unsol_left: unsolicited Data-Out bytes still to be sent
 * @unsol_datasn: DataSN of the next unsolicited Data-Out
 * @r2t: ring of R2Ts not yet served
 * @r2t_head: first used entry of @r2t
 * @r2t_count: used entries of @r2t
 * @in: where the next Data-In byte goes
 * @out: where the next Data-Out byte comes from
 * @restarts: how often its timer was started again
 * @progress: jiffies of the last PDU that brought it further
 * @l1: valid with ERL2_TASK_LEVEL1
 *
 * SCSI tasks live in scsi_cmd_priv() and belong to the SCSI layer: the driver
 * may touch them from queuecommand until scsi_done(), and whoever wants to
 * complete one must first take it off with erl2_task_claim(), which only one
 * caller can win, and let go of it with erl2_task_release(). Between the two it
 * is ENDING: the error handler waits for the end of that. The memory itself
 * belongs to the host's tag set, so a stale pointer out of a slot can be read,
 * if not believed.
 *
 * Whoever claims, rewinds, resumes or moves a SCSI task keeps sender and receiver
 * off its connection: see erl2_conn_own().
 */
struct erl2_task {
	struct list_head node;
	struct erl2_conn *conn;
	struct scsi_cmnd *sc;
	u32 itt;
	u32 cmdsn;
	u8 state;
	u8 tries;
	u16 flags;
	u8 r2t_head;
	u8 r2t_count;
	u8 resent;
	u8 restarts;
	u32 exp_datasn;
	u32 exp_r2tsn;
	u32 acked;
	u32 data_len;
	u32 in_end;
	u32 unsol_off;
	u32 unsol_left;
	u32 unsol_datasn;
	struct erl2_sg_pos in;
	struct erl2_sg_pos out;
	unsigned long progress;
	struct erl2_r2t r2t[ERL2_MAX_R2T];
	struct erl2_level1 l1;
};

/**
 * struct erl2_ctl - a control exchange
 * @task: its task; @task.sc is NULL
 * @hdr: the request; ITT, CmdSN and ExpStatSN are filled in when it is sent
 * @rsp: the response's header
 * @done: completed by the response or by the loss of the connection
 * @status: 0 when @rsp is valid, a negative errno otherwise
 * @exp_statsn_set: hdr.exp_statsn is already right (recovery Logout)
 * @cmdsn_set: hdr.cmdsn is already right: the PDU plugs a hole
 * @no_reply: nothing comes back: the slot is free again once it was sent
 * @notify: called instead of completing @done, under conn->lock; may be NULL
 * @arg: for @notify; of a SNACK: ITT of the task it is about
 * @text: of a Text Request: how much of the answer has come
 * @max_xmit: likewise: MaxRecvDataSegmentLength in it, 0 if there was none
 * @pair: likewise: the key=value pair of which the end has not come
 * @pair_len: its length; if it is longer, of what fits
 * @continues: likewise: the end of the target's text has not come
 * @data_len: likewise: how much of the connection's answer goes with it
 */
struct erl2_ctl {
	struct erl2_task task;
	struct iscsi_hdr hdr;
	struct iscsi_hdr rsp;
	struct completion done;
	int status;
	bool exp_statsn_set;
	bool cmdsn_set;
	bool no_reply;
	void (*notify)(struct erl2_ctl *ctl);
	void *arg;
	u32 text;
	u32 max_xmit;
	char pair[ERL2_KEY_NAME_MAX + 2];
	u8 pair_len;
	bool continues;
	u32 data_len;
};

/**
 * struct erl2_slot - what a tag stands for now
 * @task: the task using the tag, NULL if none
 * @uses: how often the tag was used, the upper part of the ITT
 */
struct erl2_slot {
	struct erl2_task *task;
	u32 uses;
};

struct erl2_task *erl2_task_find(struct erl2_conn *conn, u32 itt);
struct erl2_task *erl2_task_live(struct erl2_conn *conn, u32 itt);
bool erl2_task_has_status(const struct erl2_task *task);
bool erl2_task_elsewhere(struct erl2_conn *conn, u32 itt);
int erl2_task_init_cmd(struct erl2_session *s, struct scsi_cmnd *sc);
void erl2_task_queue(struct erl2_conn *conn, struct erl2_task *task);
void erl2_task_requeue(struct erl2_conn *conn, struct erl2_task *task);
void erl2_sg_seek(struct erl2_sg_pos *p, struct scsi_cmnd *sc, u32 offset);
void erl2_sg_step(struct erl2_sg_pos *p, unsigned int len);
bool erl2_task_claim(struct erl2_task *task);
bool erl2_task_revoke(struct erl2_task *task);
void erl2_task_release(struct erl2_task *task);
void erl2_task_move(struct erl2_task *task, struct erl2_conn *to);
void erl2_task_complete(struct erl2_task *task, int result);
int erl2_task_unknown(const struct erl2_task *task, int again);
void erl2_task_hush(struct erl2_conn *conn, const struct scsi_lun *lun);
void erl2_task_unhush(struct erl2_conn *conn, const struct scsi_device *sdev);
void erl2_task_rewind(struct erl2_task *task);
void erl2_task_resume(struct erl2_task *task);
void erl2_task_hold(struct erl2_task *task);
struct erl2_ctl *erl2_ctl_find(struct erl2_conn *conn,
			       const struct iscsi_hdr *rsp);
struct erl2_ctl *erl2_ctl_get(struct erl2_session *s);
struct erl2_ctl *erl2_ctl_get_minor(struct erl2_session *s);
void erl2_ctl_put(struct erl2_session *s, struct erl2_ctl *ctl);
int erl2_ctl_send(struct erl2_conn *conn, struct erl2_ctl *ctl);
int erl2_ctl_queue(struct erl2_conn *conn, struct erl2_ctl *ctl);
void erl2_ctl_finish(struct erl2_ctl *ctl, const struct iscsi_hdr *rsp,
		     int status);
void erl2_ctl_release(struct erl2_ctl *ctl);
int erl2_ctl_wait(struct erl2_ctl *ctl, unsigned long timeout);

#endif /* _ERL2_TASK_H */
