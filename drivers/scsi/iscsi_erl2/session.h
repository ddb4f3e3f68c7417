/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One session: the I_T nexus, its command numbering and its connections.
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
#ifndef _ERL2_SESSION_H
#define _ERL2_SESSION_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <net/net_namespace.h>
#include "chap.h"
#include "cmdsn.h"
#include "conn.h"
#include "frontdoor.h"
#include "login.h"

struct Scsi_Host;
struct iscsi_cls_session;

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
 * struct erl2_node - what iscsid's node record says (transport.c, frontdoor.c)
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
 * @front: the conversation with iscsid
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
 * @eh_users: resets by user space or the error handler that are under way
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
	struct erl2_frontdoor front;
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

/**
 * enum erl2_take - why a command is taken from the driver
 * @ERL2_TAKE_ENDED: the target has ended it
 * @ERL2_TAKE_REVOKE: nobody waits for it any more, whatever the target does
 * @ERL2_TAKE_UNSENT: as long as it was not sent
 */
enum erl2_take {
	ERL2_TAKE_ENDED,
	ERL2_TAKE_REVOKE,
	ERL2_TAKE_UNSENT,
};

extern unsigned int erl2_param_erl;
extern unsigned int erl2_param_connections;
extern int erl2_param_time2wait;
extern int erl2_param_time2retain;

const char *erl2_session_state_name(enum erl2_session_state state);
struct erl2_conn *erl2_session_leading(struct erl2_session *s);
int erl2_session_init(struct erl2_session *s, struct iscsi_cls_session *cls,
		      struct Scsi_Host *shost);
void erl2_session_destroy(struct erl2_session *s);
void erl2_session_add_conn(struct erl2_session *s, struct erl2_conn *conn);
void erl2_session_del_conn(struct erl2_session *s, struct erl2_conn *conn);
void erl2_session_set_state(struct erl2_session *s,
			    enum erl2_session_state state);
int erl2_session_watch(struct erl2_session *s, struct socket *sock);
bool erl2_session_interrupted(struct erl2_session *s);
int erl2_session_sleep(struct erl2_session *s, unsigned int ms);
void erl2_session_abort_login(struct erl2_session *s, bool added);
void erl2_session_stop(struct erl2_session *s);
void erl2_session_block(struct erl2_session *s);
void erl2_session_unblock_new(struct erl2_session *s);
void erl2_session_begin_outage(struct erl2_session *s,
			       enum erl2_session_state state);
void erl2_session_io_resumes(struct erl2_session *s);
void erl2_session_end_outage(struct erl2_session *s);
void erl2_session_fail_conns(struct erl2_session *s, enum erl2_reason reason);
bool erl2_session_take_task(struct erl2_task *task, enum erl2_take how);
void erl2_session_lose_task(struct erl2_task *task);
void erl2_session_hand_back(struct erl2_session *s);
void erl2_session_fail_all(struct erl2_session *s, int result);
void erl2_session_expire(struct erl2_session *s);
void erl2_session_drop_cid(struct erl2_session *s, u16 cid, unsigned int t2w,
			   unsigned int t2r);
void erl2_session_drop_all(struct erl2_conn *but, unsigned int t2w,
			   unsigned int t2r);

#endif /* _ERL2_SESSION_H */
