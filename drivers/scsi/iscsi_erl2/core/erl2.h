/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all files share: sessions, connections, tasks, control exchanges.
 *
 * Lock order, outermost first:
 *
 *	rx_queue_mutex of the transport class (transport.c callbacks)
 *	session->mutex		login, recovery, logout, the list of connections
 *	session->blocking	blocking and unblocking the class's session
 *	session->ending		ending commands in process context
 *	socket lock		one connection's sending and receiving
 *	conn->lock		one connection's queues and state
 *	session->lock		CmdSN window, control slots, session state
 *
 * Recovery holds session->mutex while it waits for the network, so nothing
 * under rx_queue_mutex may take it: those callbacks leave work behind instead
 * or first make recovery stop (erl2_session_stop()).
 */
#ifndef _ERL2_H
#define _ERL2_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <scsi/iscsi_proto.h>

#include "core/pdu_state.h"
#include "proto/chap.h"
#include "proto/cmdsn.h"
#include "proto/conn_state.h"
#include "proto/datain.h"
#include "proto/gaps.h"
#include "proto/keys.h"
#include "proto/login.h"
#include "proto/statsn.h"
#include "proto/task_state.h"
#include "proto/text.h"

struct Scsi_Host;
struct attribute_group;
struct erl2_reassign;
struct iscsi_cls_conn;
struct iscsi_cls_session;
struct scatterlist;
struct scsi_cmnd;
struct scsi_device;
struct sock;
struct socket;

struct erl2_conn;
struct erl2_session;

#define ERL2_NAME	"iscsi_erl2"

#undef pr_fmt
#define pr_fmt(fmt) ERL2_NAME ": " fmt

/* One line about a session or a connection, for people. */
#define erl2_session_err(s, fmt, ...) \
	dev_err_ratelimited(&(s)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_session_info(s, fmt, ...) \
	dev_info_ratelimited(&(s)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_conn_err(c, fmt, ...) \
	dev_err_ratelimited(&(c)->cls->dev, fmt, ##__VA_ARGS__)
#define erl2_conn_info(c, fmt, ...) \
	dev_info_ratelimited(&(c)->cls->dev, fmt, ##__VA_ARGS__)

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
 * @misfits: how often its data did not fit when it was continued
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
	u8 misfits;
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

/**
 * enum erl2_reason - why a connection failed
 *
 * The names for people are in erl2_reason_name().
 */
enum erl2_reason {
	ERL2_FAIL_NONE,
	ERL2_FAIL_SOCKET,	/* error on the socket, RST */
	ERL2_FAIL_CLOSED,	/* FIN */
	ERL2_FAIL_SEND_TIMEOUT,	/* nothing could be sent for too long */
	ERL2_FAIL_NOP_TIMEOUT,	/* no answer to a NOP-Out */
	ERL2_FAIL_HEADER_DIGEST,
	ERL2_FAIL_DATA_DIGEST,
	ERL2_FAIL_SEQUENCE,	/* a hole in StatSN, DataSN or R2TSN */
	ERL2_FAIL_REJECT,	/* the target rejected a command */
	ERL2_FAIL_FORMAT,	/* malformed PDU: session recovery, 7.7 */
	ERL2_FAIL_ASYNC,	/* Async Message 2 or 3 */
	ERL2_FAIL_DRILL,	/* the `fail` attribute */
	ERL2_FAIL_LOGIN,	/* lost during recovery */
	ERL2_FAIL_EH,		/* SCSI error handler gave up on it */
	ERL2_FAIL_EXPIRED,	/* recovery_tmo ran out */
	ERL2_FAIL_NR
};

#define ERL2_MOVED		8192	/* bytes that show that a connection works */

/**
 * struct erl2_snack - what is being recovered within a connection (RFC 7143
 *	7.1.4.2); all under the socket lock, and as noted
 * @busy: something is missing; the rest counts only with this
 * @due: too long nothing of it came: ask again
 * @tries: how often that has been so
 * @since: jiffies of the last request or of the last thing that came
 * @next: next StatSN not seen; from exp_statsn up to here are holes, and
 *	statuses that wait for them
 * @seen: bit n: StatSN exp_statsn + n is settled
 * @held: commands whose status waits for a hole, or for their data (conn->lock)
 * @open: commands that data or R2Ts are missing of (conn->lock)
 * @stall_sn: ExpCmdSN when it was last looked at (conn->lock, as the next)
 * @stall_since: jiffies when it was first seen so
 * @ponged: jiffies when the last ping that was answered was sent
 */
struct erl2_snack {
	bool busy;
	bool due;
	u8 tries;
	unsigned long since;
	u32 next;
	DECLARE_BITMAP(seen, ERL2_STATSN_WINDOW);
	struct list_head held;
	unsigned int open;
	u32 stall_sn;
	unsigned long stall_since;
	unsigned long ponged;
};

/**
 * struct erl2_conn - a connection
 * @node: place in session->conns, or in session->spare while the class does
 *	not know it (session->mutex; readers of session->conns: RCU)
 * @session: the session. It owns the connection and frees it at its own end,
 *	not earlier: whoever has a task may look at its connection
 * @cls: the class's object, whose dd_data this struct is; NULL for a spare one
 * @cid: CID on the wire. After its logout a CID is not used again: a late
 *	Async Message about the old connection must not mean the new one.
 * @lock: guards the queues, @state, @sk, @hold; see the lock order above
 * @state: RFC 7143 8.1 state
 * @hold: logged in, but only control PDUs may go out: recovery is sorting
 * @sock: the socket while there is one (session->mutex)
 * @sock_file: @sock came from iscsid: its file carries our reference
 * @sk: @sock->sk while it delivers to us, NULL otherwise
 * @ctlq: control tasks to send
 * @dataq: tasks with R2Ts to serve
 * @cmdq: SCSI commands to send, in CmdSN order where they have one
 * @tx: PDU being sent
 * @rx: PDU being received
 * @answer: what the next Text Request says, in @answer_buf (socket lock)
 * @answer_buf: no longer than any target takes
 * @tx_wanted: a PDU just received calls for sending (socket lock)
 * @exp_statsn: next StatSN expected; all below are acknowledged by the next
 *	PDU we send (socket lock; stable once the socket is gone)
 * @acked_statsn: the last ExpStatSN sent
 * @snack: recovery within the connection
 * @keys: what login negotiated
 * @portal: address in use or to be used
 * @local: our own address, for display
 * @tx_work: sends what could not be sent inline
 * @timer: NOP and send supervision
 * @ping: NOP-Out under way (conn->lock)
 * @ping_sent: jiffies when it was queued
 * @last_recv: jiffies of the last byte received
 * @last_moved: jiffies when a good many bytes had come since the time before
 * @rx_credit: bytes received since then (socket lock)
 * @acked_octets: bytes the target's TCP had acknowledged then (socket lock)
 * @last_sent: jiffies of the last byte taken by TCP
 * @failed_at: ktime of the failure
 * @reason: why it failed
 * @untold: @reason as long as the kernel log does not have it (recovery)
 * @t2w: seconds to wait before recovery, of the latest failure
 * @t2r: seconds after these in which it has to be done
 * @retain_until: end of the retention time of its tasks, valid while a
 *	recovery is unfinished: a failure in its middle does not extend it
 * @retain_valid: @retain_until counts
 * @outage_at: ktime of the failure that began the outage
 * @login_sock: socket of a login just done (session->mutex)
 * @bound: iscsid's socket, waiting for the login (xchg())
 * @logout_by: jiffies by which the target wants a Logout (Async event 1)
 * @starved: has commands that the window has no room for (session->lock)
 * @leaving: to be removed: takes no more commands (session->mutex)
 * @logged_out: logged out for recovery, its tasks have not moved yet
 *	(session->mutex, as all below)
 * @logout_open: a recovery Logout went out and its answer was lost
 * @logout_tries: explicit recovery logouts that failed
 * @move_after: when its tasks may be reassigned, with @logged_out
 * @add_tries: logins that came to nothing in a row: they failed, or what they
 *	opened died before it brought anything
 * @opened_at: jiffies when it was last in Full Feature Phase
 * @opened_pdus: what it had brought by then
 * @add_after: jiffies of the next one
 * @add_status: status class and detail of the latest
 * @add_asked: try it now (set without a lock)
 * @barred: the target does not want this connection: it is asked now and then
 * @cid_used: @cid has been in Full Feature Phase: not for a further connection
 * @stats: counters
 */
struct erl2_conn {
	struct list_head node;
	struct erl2_session *session;
	struct iscsi_cls_conn *cls;
	u16 cid;

	/* queues, @state, @hold, @sk, @ping, flags of allegiant tasks */
	spinlock_t lock;
	enum erl2_conn_state state;
	bool hold;

	struct socket *sock;
	bool sock_file;
	struct sock *sk;
	void (*old_data_ready)(struct sock *sk);
	void (*old_state_change)(struct sock *sk);
	void (*old_write_space)(struct sock *sk);

	struct list_head ctlq;
	struct list_head dataq;
	struct list_head cmdq;
	struct erl2_tx tx;
	struct erl2_rx rx;
	struct erl2_text answer;
	char answer_buf[512];
	bool tx_wanted;
	u32 exp_statsn;
	u32 acked_statsn;
	struct erl2_snack snack;
	struct erl2_keys keys;
	struct sockaddr_storage portal;
	struct sockaddr_storage local;

	struct delayed_work tx_work;
	struct delayed_work timer;
	struct erl2_ctl *ping;
	unsigned long ping_sent;
	unsigned long last_recv;
	unsigned long last_moved;
	unsigned int rx_credit;
	u64 acked_octets;
	unsigned long last_sent;

	ktime_t failed_at;
	enum erl2_reason reason;
	enum erl2_reason untold;
	unsigned int t2w;
	unsigned int t2r;
	ktime_t retain_until;
	bool retain_valid;
	ktime_t outage_at;
	struct socket *login_sock;
	struct socket *bound;
	unsigned long logout_by;

	bool starved;
	bool leaving;
	bool logged_out;
	bool logout_open;
	unsigned int logout_tries;
	ktime_t move_after;
	unsigned int add_tries;
	unsigned long opened_at;
	u64 opened_pdus;
	unsigned long add_after;
	u16 add_status;
	bool add_asked;
	bool barred;
	bool cid_used;

	struct erl2_conn_stats stats;
};

/**
 * enum erl2_session_state - what `state` in sysfs shows
 * @ERL2_SESSION_FREE: not logged in yet or logged out
 * @ERL2_SESSION_UP: all is well
 * @ERL2_SESSION_RECOVERING: connection recovery
 * @ERL2_SESSION_REINSTATING: session recovery
 * @ERL2_SESSION_FAILED: given up; iscsid has been told
 */
enum erl2_session_state {
	ERL2_SESSION_FREE,
	ERL2_SESSION_UP,
	ERL2_SESSION_RECOVERING,
	ERL2_SESSION_REINSTATING,
	ERL2_SESSION_FAILED,
};

/* session->flags, for test_bit() and friends */
#define ERL2_SESSION_STOP	0	/* going away: recovery must end at once */

#define ERL2_SESSION_EXPIRED	1	/* recovery_tmo ran out: fail I/O upward */
#define ERL2_SESSION_LOST	2	/* the target holds nothing for us any more */
#define ERL2_SESSION_BLOCKED	3	/* iscsi_block_session() is in force */
#define ERL2_SESSION_GAVE_UP	4	/* iscsid was told and has to log in */
#define ERL2_SESSION_RESET	5	/* the error handler wants a new session */
#define ERL2_SESSION_TERM	6	/* iscsid waits for nothing any more */
#define ERL2_CONNS_MAX		8	/* connections per session */

/**
 * struct erl2_tunables - the `recovery/` attributes that may be written
 * @login_timeout: seconds for one Login Phase
 * @logout_timeout: seconds for one Logout exchange
 * @reassign_timeout: seconds for one TASK REASSIGN exchange
 * @reconnect_delay: ms, first pause between two attempts
 * @reconnect_delay_max: ms, the largest one
 * @connections: wanted number of connections
 * @time2wait_max: seconds, the largest Time2Wait from the wire that is waited for
 */
struct erl2_tunables {
	unsigned int login_timeout;
	unsigned int logout_timeout;
	unsigned int reassign_timeout;
	unsigned int reconnect_delay;
	unsigned int reconnect_delay_max;
	unsigned int connections;
	unsigned int time2wait_max;
};

/**
 * struct erl2_session_stats - counters of the `recovery/` group
 */
struct erl2_session_stats {
	atomic64_t recoveries;
	atomic64_t reinstatements;
	atomic64_t tasks_reassigned;
	atomic64_t tasks_retried;
	atomic64_t tasks_lost;
	atomic64_t last_recovery_us;
};

/**
 * struct erl2_node - what iscsid's node record says (host/)
 * @targetname: TargetName
 * @initiatorname: InitiatorName
 * @initiatoralias: InitiatorAlias from the login text, or NULL
 * @ifacename: name of the iface record
 * @netdev: network interface the sockets are bound to, or NULL
 * @hwaddress: for display
 * @persistent_address: address of the node record
 * @persistent_port: port of the node record
 * @chap: names and secrets; NULL without authentication (written under
 *	rx_queue_mutex and session->lock)
 * @fast_abort: node.session.iscsi.FastAbort
 * @abort_tmo: seconds to wait for ABORT TASK
 * @lu_reset_tmo: seconds to wait for LOGICAL UNIT RESET
 * @tgt_reset_tmo: seconds to wait for TARGET WARM RESET
 * @ping_tmo: seconds to wait for the answer to a NOP-Out; 0: no NOPs
 * @recv_tmo: seconds of silence before a NOP-Out; 0: no NOPs
 *
 * Strings change only under rx_queue_mutex before or between logins; readers
 * in recovery hold session->mutex, and so does the writer.
 */
struct erl2_node {
	char *targetname;
	char *initiatorname;
	char *initiatoralias;
	char *ifacename;
	char *netdev;
	char *hwaddress;
	char *persistent_address;
	int persistent_port;
	struct erl2_chap_secrets *chap;
	bool fast_abort;
	int abort_tmo;
	int lu_reset_tmo;
	int tgt_reset_tmo;
	int ping_tmo;
	int recv_tmo;
};

/**
 * struct erl2_session - a session
 * @cls: the class's object; this struct is its dd_data and dies with it. A
 *	module reference is held from create to destroy.
 * @shost: the SCSI host, one per session; holds the tag set our tasks live in
 * @wq: recovery, login and logout work, which sleep there; WQ_MEM_RECLAIM since
 *	the disk may be the swap disk. What must not wait for these is on
 *	erl2_tx_wq: with no memory for another worker it would.
 * @mutex: see the lock order
 * @lock: guards @sn, @resets, @ctl_used, @state
 * @sn: the command window
 * @resets: resets without an answer yet: no command gets a CmdSN (@lock)
 * @slots: what each tag stands for, @nr_slots of them; an entry is written
 *	under the lock of the connection its task is allegiant to
 * @cmds_max: SCSI commands at a time; the tags behind are control slots
 * @ctl: control slots
 * @ctl_used: bitmap of @ctl in use
 * @state: for sysfs
 * @flags: ERL2_SESSION_*
 * @conns: connections, the leading one first (session->mutex, @lock)
 * @nr_conns: how many
 * @graves: the class's objects of connections that are no more. A netlink request
 *	that found one just before may still look at it, so that they are freed
 *	under rx_queue_mutex only (@lock).
 * @net: namespace of every socket, a reference is held
 * @bound_dev_if: interface index the sockets are bound to, 0 for none
 * @isid: ISID out of iscsid's login
 * @tsih: TSIH
 * @tpgt: TargetPortalGroupTag
 * @target_alias: TargetAlias
 * @offer: what leading logins propose
 * @keys: session-wide results
 * @node: iscsid's node record
 * @conn_group: what sysfs shows of a connection
 * @tun: tunables
 * @routes: connections that commands are dealt out to, @nr_routes of them
 *	(session->mutex; readers: RCU)
 * @nr_routes: entries of @routes in use
 * @turn: the next one to take where hardware queues are fewer
 * @spare: connections without a place in sysfs (session->mutex)
 * @portals: further portals, besides the leading connection's (@lock)
 * @nr_portals: entries of @portals in use
 * @next_cid: CID of the next connection (session->mutex)
 * @adding: a further connection logs in, which has to wait if another one
 *	fails (@lock)
 * @cutting: that login is to end (@lock)
 * @eh_users: resets by user space or the error handler that are under way, and one
 *	more as long as new ones may begin
 * @recovery: the recovery work; it opens and removes connections as well
 * @cut: ends the login of a further connection
 * @retry: wakes @recovery to try such a login again
 * @block: blocks the session when an outage lasts
 * @calm: ends the haste with commands that were handed back
 * @devices: what a new session means for its devices
 * @blocking: held while the class is told to block or unblock, so that BLOCKED in
 *	@flags says what it was told last
 * @ending: held by whoever ends commands in process context, from the claim to
 *	the completion: the error handler waits for that
 * @login_room: what a login works in (session->mutex)
 * @login: its outcome (session->mutex)
 * @secrets: names and secrets for the login under way (session->mutex)
 * @reassign: what a reassignment works in (session->mutex)
 * @login_sock: socket of a login under way, so that it can be cut short
 *	(@lock)
 * @wait: recovery sleeps here; woken by @flags and connection events
 * @begun: how many sessions were begun with the target (session->mutex)
 * @futile: recoveries since a command last completed
 * @stats: counters
 */
struct erl2_session {
	struct iscsi_cls_session *cls;
	struct Scsi_Host *shost;
	struct workqueue_struct *wq;
	/* login, recovery, logout, @conns; see the lock order above */
	struct mutex mutex;

	/* @sn, @resets, @ctl_used, @conns, strings of @node */
	spinlock_t lock;
	struct erl2_cmdsn sn;
	unsigned int resets;
	struct erl2_slot *slots;
	unsigned int nr_slots;
	unsigned int cmds_max;
	struct erl2_ctl *ctl;
	DECLARE_BITMAP(ctl_used, ERL2_CTL_TASKS);
	enum erl2_session_state state;
	unsigned long flags;
	struct list_head conns;
	unsigned int nr_conns;
	struct list_head graves;

	struct net *net;
	int bound_dev_if;
	u8 isid[6];
	u16 tsih;
	u16 tpgt;
	char target_alias[ERL2_NAME_LEN];
	struct erl2_offer offer;
	struct erl2_keys keys;
	struct erl2_node node;
	const struct attribute_group *conn_group;
	struct erl2_tunables tun;

	struct erl2_conn *routes[ERL2_CONNS_MAX];
	unsigned int nr_routes;
	unsigned int turn;
	struct list_head spare;
	struct sockaddr_storage portals[ERL2_CONNS_MAX];
	unsigned int nr_portals;
	u16 next_cid;
	bool adding;
	bool cutting;

	struct work_struct recovery;
	struct work_struct cut;
	struct delayed_work retry;
	struct delayed_work block;
	struct delayed_work calm;
	struct work_struct devices;
	atomic_t eh_users;
	/* what the class was told last */
	struct mutex blocking;
	/* claim to completion in process context */
	struct mutex ending;
	struct erl2_login_run *login_room;
	struct erl2_login *login;
	struct erl2_chap_secrets *secrets;
	struct erl2_reassign *reassign;
	struct socket *login_sock;
	wait_queue_head_t wait;
	unsigned int begun;
	unsigned int futile;
	struct erl2_session_stats stats;
};

#endif /* _ERL2_H */
