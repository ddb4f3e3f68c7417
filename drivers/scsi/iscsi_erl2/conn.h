/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection: its TCP socket, its state (RFC 7143 8.1), its queues.
 */
#ifndef _ERL2_CONN_H
#define _ERL2_CONN_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <scsi/iscsi_proto.h>
#include "datain.h"
#include "keys.h"
#include "task.h"
#include "text.h"

struct erl2_session;
struct iscsi_cls_conn;
struct sock;
struct socket;

/**
 * enum erl2_conn_state - RFC 7143 8.1.1
 * @ERL2_CONN_FREE: no TCP connection, nothing to clean up
 * @ERL2_CONN_XPT_WAIT: TCP connection being established
 * @ERL2_CONN_IN_LOGIN: Login Phase
 * @ERL2_CONN_LOGGED_IN: Full Feature Phase
 * @ERL2_CONN_IN_LOGOUT: Logout Request sent
 * @ERL2_CONN_LOGOUT_REQUESTED: the target asked for a Logout
 * @ERL2_CONN_CLEANUP_WAIT: TCP is gone, the target may hold tasks
 */
enum erl2_conn_state {
	ERL2_CONN_FREE,
	ERL2_CONN_XPT_WAIT,
	ERL2_CONN_IN_LOGIN,
	ERL2_CONN_LOGGED_IN,
	ERL2_CONN_IN_LOGOUT,
	ERL2_CONN_LOGOUT_REQUESTED,
	ERL2_CONN_CLEANUP_WAIT,
	ERL2_CONN_NR_STATES
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

/**
 * enum erl2_tx_phase - what of the current PDU goes out next
 */
enum erl2_tx_phase {
	ERL2_TX_IDLE,
	ERL2_TX_HEADER,		/* BHS, AHS, header digest */
	ERL2_TX_DATA,
	ERL2_TX_TRAILER,	/* padding, data digest */
};

/**
 * struct erl2_tx - the PDU being sent (socket lock)
 * @task: owner of the data; NULL for a PDU without, or when the target ended the
 *	task in the middle of its PDU, which is then filled up with zeros
 * @text: data of a control PDU instead, NULL for all others
 * @starts: task whose request this PDU is, until its header has left
 * @broken: what is half sent must not be completed: nothing leaves any more
 * @burst: task with more Data-Out PDUs of the same sequence to come
 * @unsolicited: @burst is the unsolicited data behind a command
 * @offset: Buffer Offset of the data
 * @phase: what goes out next
 * @head: BHS, then AHS, then header digest
 * @head_len: bytes in @head
 * @trailer: padding, then data digest
 * @trailer_len: bytes in @trailer
 * @sent: bytes of the current phase already handed to TCP
 * @data_len: DataSegmentLength
 * @crc: data digest so far
 */
struct erl2_tx {
	struct erl2_task *task;
	struct erl2_task *starts;
	const char *text;
	struct erl2_task *burst;
	bool broken;
	bool unsolicited;
	u32 offset;
	enum erl2_tx_phase phase;
	u8 head[sizeof(struct iscsi_hdr) + 64] __aligned(4);
	u8 trailer[8];
	unsigned int head_len;
	unsigned int trailer_len;
	unsigned int sent;
	u32 data_len;
	u32 crc;
};

#define ERL2_RX_BUF_LEN		8192	/* of a data segment we look at */
#define ERL2_RX_SCRATCH_LEN	256	/* what is only summed up */

/**
 * struct erl2_rx - the PDU being received (socket lock)
 * @phase: which part comes next
 * @head: BHS, then AHS, then header digest
 * @need: length of the current part
 * @have: bytes of the current part received
 * @data_len: DataSegmentLength
 * @task: Data-In: where the data goes; NULL: to @buf, what does not fit there
 *	is dropped
 * @place: with @task: what becomes of the Data-In
 * @offset: Buffer Offset of a Data-In
 * @crc: data digest so far
 * @ddigest: data digest received
 * @buf: data segment of all PDUs but Data-In; ERL2_RX_BUF_LEN bytes and then
 *	ERL2_RX_SCRATCH_LEN of scratch space
 */
struct erl2_rx {
	u8 phase;
	u8 head[sizeof(struct iscsi_hdr) + 4 * 255 + 4] __aligned(4);
	unsigned int need;
	unsigned int have;
	u32 data_len;
	struct erl2_task *task;
	enum erl2_datain place;
	u32 offset;
	u32 crc;
	u8 ddigest[4];
	u8 *buf;
};

#define ERL2_MOVED		8192	/* bytes that show that a connection works */
#define ERL2_STATSN_WINDOW	256	/* statuses behind a hole we keep track of */

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
 * struct erl2_conn_stats - counters, each written under the socket lock
 */
struct erl2_conn_stats {
	u64 tx_octets;
	u64 rx_octets;
	u64 noptx_pdus;
	u64 cmd_pdus;
	u64 tmf_pdus;
	u64 login_pdus;
	u64 dataout_pdus;
	u64 logout_pdus;
	u64 noprx_pdus;
	u64 rsp_pdus;
	u64 tmfrsp_pdus;
	u64 datain_pdus;
	u64 r2t_pdus;
	u64 async_pdus;
	u64 reject_pdus;
	u64 digest_errs;
	u64 timeout_errs;
	u64 format_errs;
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
 * @lock: guards the queues, @state, @sk, @hold; see the lock order in session.h
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
 * @add_tries: logins that failed in a row while the session went on without it
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
	unsigned long add_after;
	u16 add_status;
	bool add_asked;
	bool barred;
	bool cid_used;

	struct erl2_conn_stats stats;
};

const char *erl2_conn_state_name(enum erl2_conn_state state);
const char *erl2_reason_name(enum erl2_reason reason);
struct erl2_conn *erl2_conn_alloc(struct erl2_session *s);
void erl2_conn_free(struct erl2_conn *conn);
void erl2_conn_init(struct erl2_conn *conn, struct iscsi_cls_conn *cls,
		    u16 cid);
void erl2_conn_retire(struct erl2_conn *conn);
void erl2_conn_set_state(struct erl2_conn *conn, enum erl2_conn_state state);
void erl2_conn_fail(struct erl2_conn *conn, enum erl2_reason reason);
void erl2_conn_fail_locked(struct erl2_conn *conn, enum erl2_reason reason);
bool erl2_conn_is_up(struct erl2_conn *conn);
struct sock *erl2_conn_get_sk(struct erl2_conn *conn);
struct sock *erl2_conn_own(struct erl2_conn *conn) __acquires(&conn->lock);
void erl2_conn_disown(struct erl2_conn *conn, struct sock *sk)
	__releases(&conn->lock);
unsigned int erl2_conn_tasks(struct erl2_conn *conn);
bool erl2_conn_tasks_sent(struct erl2_conn *conn);

#endif /* _ERL2_CONN_H */
