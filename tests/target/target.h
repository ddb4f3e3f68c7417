/* SPDX-License-Identifier: GPL-2.0 */
/*
 * erl2-target: the objects of the scripted iSCSI target and who calls whom.
 *
 * main -> loop -> conn (socket <-> PDU) -> fault (the scenario may take a PDU
 * away) -> login | dispatch -> session (CmdSN order) -> task -> scsi.
 * judge.c looks at every PDU on the way in and at those which really went out.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdio.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "wire.h"

#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

TAILQ_HEAD(task_list, task);

struct conn;
struct session;
struct task;
struct lun;
struct rule;

/* ---- loop.c: one epoll loop, and timers ---- */

struct timer {
	TAILQ_ENTRY(timer) link;
	u64 when;
	bool armed;
	void (*fn)(struct timer *t);
};

struct watch {
	int fd;
	void (*fn)(struct watch *w, u32 events);
};

u64 now_us(void);
void timer_set(struct timer *t, u64 delay_us);
void timer_stop(struct timer *t);
int loop_add(struct watch *w, u32 events);
void loop_mod(struct watch *w, u32 events);
void loop_del(struct watch *w);
void loop_run(void);
void loop_quit(void);
/* Objects that died in a callback are freed between two callbacks. */
void loop_at_idle(void (*fn)(void));

/* ---- util.c ---- */

void *xalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
__printf(1, 2) __noreturn void die(const char *fmt, ...);
/* Numbers with k, m, g suffix, or 0x. */
bool parse_u64(const char *s, u64 *v);

/* ---- digest.c, hash.c ---- */

u32 crc32c(u32 crc, const void *p, size_t n);

struct hash_alg {
	const char *name;
	unsigned int chap_id;
	unsigned int len;
	void (*digest)(const u8 *msg, size_t n, u8 *out);
};

extern const struct hash_alg hash_algs[];
extern const unsigned int nr_hash_algs;
void hash_selftest(void);

/* ---- pdu.c ---- */

struct pdu {
	TAILQ_ENTRY(pdu) link;
	u8 bhs[BHS_LEN];
	u8 *ahs;
	u32 ahs_len;
	u8 *data;
	u32 len;		/* DataSegmentLength */
	bool bad_ddigest;	/* received with a wrong data digest */
	bool bad_pad;		/* received with padding other than 0 */
	/* on the way out */
	bool status;		/* takes a StatSN */
	bool resend;		/* numbers stay as they are */
	bool break_hdigest;
	bool break_ddigest;
	int cut;		/* only so many bytes of it leave; -1: all */
	u32 drip, drip_ms;	/* so many bytes, then a pause; 0: at once */
	u32 lun_task;		/* log only */
};

TAILQ_HEAD(pdu_list, pdu);

struct pdu *pdu_new(u8 opcode, u8 flags);
struct pdu *pdu_clone(const struct pdu *p);
void pdu_free(struct pdu *p);
void pdu_set_data(struct pdu *p, const void *data, u32 len);
/* Bytes taken from buf, 0 if more are needed, -1 on a header digest error. */
long pdu_parse(const u8 *buf, size_t n, bool hdr_digest, bool data_digest,
	       struct pdu **out);
/* Whole length on the wire as the header at buf tells. */
size_t pdu_wire_len(const u8 *bhs, bool hdr_digest, bool data_digest);
u8 *pdu_build(const struct pdu *p, bool hdr_digest, bool data_digest,
	      size_t *len);
const char *pdu_op_name(u8 opcode);
int pdu_op_by_name(const char *name);
void pdu_describe(const struct pdu *p, char *out, size_t n);

static inline u8 pdu_op(const struct pdu *p)
{
	return p->bhs[0] & OP_MASK;
}

static inline bool pdu_imm(const struct pdu *p)
{
	return p->bhs[0] & OP_IMMEDIATE;
}

static inline u32 pdu_itt(const struct pdu *p)
{
	return get_be32(p->bhs + 16);
}

static inline u32 pdu_ttt(const struct pdu *p)
{
	return get_be32(p->bhs + 20);
}

static inline u32 pdu_cmdsn(const struct pdu *p)
{
	return get_be32(p->bhs + 24);
}

static inline u32 pdu_statsn(const struct pdu *p)
{
	return get_be32(p->bhs + 24);
}

static inline u32 pdu_expstatsn(const struct pdu *p)
{
	return get_be32(p->bhs + 28);
}

/* ---- log.c ---- */

void log_open(const char *path);
__printf(1, 2) void logf_(const char *fmt, ...);
void log_pdu(const struct conn *c, const char *dir, const struct pdu *p,
	     const char *note);

/* ---- text.c: key=value lists ---- */

struct kv {
	char *key;
	char *value;
};

struct text {
	struct kv kv[64];
	unsigned int n;
};

/* NULL, or what is wrong with the text (RFC 7143 6.1). */
const char *text_parse(struct text *t, const u8 *data, u32 len);
void text_free(struct text *t);
const char *text_get(const struct text *t, const char *key);

struct textbuf {
	char *buf;
	u32 len;
	u32 size;
};

__printf(3, 4) void text_add(struct textbuf *b, const char *key,
			     const char *fmt, ...);
/* Binary values: 0x hex or 0b base64. Returns the length or -1. */
int text_binary(const char *s, u8 *out, size_t max);
bool text_number(const char *s, u64 *v);
bool text_list_has(const char *list, const char *item);

/* ---- keys.c: the keys of RFC 7143 ch. 13 and their result functions ---- */

enum key_id {
	K_HEADER_DIGEST, K_DATA_DIGEST, K_MRDSL, K_MAX_CONNECTIONS,
	K_INITIAL_R2T, K_IMMEDIATE_DATA, K_MAX_BURST, K_FIRST_BURST,
	K_TIME2WAIT, K_TIME2RETAIN, K_MAX_R2T, K_PDU_IN_ORDER,
	K_SEQ_IN_ORDER, K_ERL, K_TASK_REPORTING, K_PROTOCOL_LEVEL, NR_KEYS,
};

enum task_reporting { TR_RFC3720, TR_RESPONSE_FENCE, TR_FAST_ABORT };

struct params {
	u32 v[NR_KEYS];
};

struct negotiation {
	bool leading;
	bool discovery;
	u32 seen;		/* bit per key the initiator has sent */
	bool declared;		/* our own declarations are out */
	u32 mrdsl_initiator;
	struct params result;
};

extern struct params target_keys;	/* what the target offers or allows */
void keys_init(void);
bool keys_set_own(const char *name, const char *value);
void neg_start(struct negotiation *n, bool leading, bool discovery);
/* 0, or a login status (class << 8 | detail). */
int neg_answer(struct negotiation *n, struct conn *c, const struct text *in,
	       struct textbuf *out);
int key_lookup(const char *name);
bool key_leading_only(const char *name);
const char *key_name(int id);

/* ---- chap.c ---- */

struct chap {
	int step;		/* 0: nothing yet, 1: challenge sent, 2: done */
	const struct hash_alg *alg;
	u8 id;
	u8 challenge[64];
	unsigned int challenge_len;
};

struct chap_account {
	const char *user, *secret;
	const char *muser, *msecret;
};

extern struct chap_account chap_account;
/* 1: go on, 0: done and accepted, < 0: refused. */
int chap_step(struct chap *ch, struct conn *c, const struct text *in,
	      struct textbuf *out);

/* ---- conn.c: one TCP connection ---- */

enum conn_state {
	CONN_LOGIN,		/* before full-feature phase */
	CONN_FFP,
	CONN_LOGOUT,		/* Logout answered, waits for the close */
	CONN_CLEANUP,		/* TCP gone, state kept (RFC 7143 8.2) */
	CONN_RECOVERED,		/* logged out for recovery, tasks are kept */
	CONN_FREE,
};

struct login;

struct txbuf {
	TAILQ_ENTRY(txbuf) link;
	u8 *data;
	size_t len, sent;
	u64 not_before;
	size_t drip;		/* bytes between two pauses; 0: none */
	u64 pause;
	struct rule *then;	/* run its actions when it has gone */
	bool drained;
};

TAILQ_HEAD(txbuf_list, txbuf);

struct judge_conn;

struct conn {
	TAILQ_ENTRY(conn) link;		/* all connections */
	TAILQ_ENTRY(conn) slink;	/* those of the session */
	struct session *sess;
	struct watch watch;
	unsigned int id;		/* nth TCP connection, from 1 */
	u16 cid;
	unsigned int inst;		/* nth connection of this CID */
	enum conn_state state;
	u64 since;
	u64 last_rx;
	u64 last_tx;
	char peer[64];
	char local[64];
	int portal;

	u8 *rx;
	size_t rx_len, rx_size;
	long rx_cut;			/* act within this PDU, see fault.c */
	struct rule *rx_cut_rule;
	bool rx_cut_seen;
	bool rx_stopped;
	bool tx_stopped;
	bool tx_corked;			/* all leaves in one piece later */
	bool tx_draining;
	bool closing;			/* close when all has been sent */
	u64 drain_until;
	u64 rx_not_before;
	struct timer rx_timer;
	struct timer tx_timer;
	struct rule *drain_rule;
	struct txbuf_list txq;
	size_t txq_bytes;
	u32 events;

	bool hdr_digest, data_digest;
	u32 mrdsl_out;		/* the initiator's: bounds what we send */
	u32 mrdsl_in;		/* ours */
	u32 mrdsl_next;		/* ours, when StatSN mrdsl_from has arrived */
	u32 mrdsl_from;

	u32 login_cmdsn;
	u32 statsn;		/* next one to use */
	u32 exp_statsn;		/* last one received */
	struct pdu_list unacked;	/* statuses not yet acknowledged */

	struct login *login;
	struct timer cleanup;		/* retention, or the close after logout */
	struct timer nop_timer;
	u32 nop_ttt;
	u64 logged_out;

	struct task_list sendq;		/* tasks with Data-In to send */
	/* Text negotiation in full-feature phase */
	u32 text_itt, text_ttt;
	struct textbuf text_in, text_out;
	u32 text_off, text_round;
	u32 text_asked;		/* private keys without an answer */

	u8 tmf_fn[64];		/* by tag: which function it was */
	u32 tmf_rtt[64];	/* and of which task */
	int forced_status;	/* the scenario's answer to a login */
	char forced_redirect[64];
	struct pdu *swapped;	/* goes out after the next PDU */

	struct judge_conn *j;
};

TAILQ_HEAD(conn_list, conn);
extern struct conn_list all_conns;

bool listen_on(const char *addr, int port, int index);
void listen_pause(bool on);
extern int listen_refuse;	/* reset so many new connections; -1: all */
void conn_send(struct conn *c, struct pdu *p);
/* As conn_send, but no StatSN is kept for retransmission. */
void conn_resend(struct conn *c, const struct pdu *p);
void conn_queue_bytes(struct conn *c, struct pdu *p, u64 delay_us,
		      struct rule *then);
void conn_kick(struct conn *c);
void conn_quiet(struct conn *c, bool rx, bool tx);
void conn_half_close(struct conn *c);
void conn_ack(struct conn *c, u32 exp_statsn);
void conn_ack_by(struct conn *c, const struct pdu *p);
void conn_close(struct conn *c, bool rst);
void conn_free_later(struct conn *c);
void conn_drain_then(struct conn *c, struct rule *r);
void conn_rx_resume(struct conn *c);
void conn_rx_pdu(struct conn *c, struct pdu *p);
void conn_number(struct conn *c, struct pdu *p);
void conn_keep(struct conn *c, const struct pdu *p);
void conn_glue(struct conn *c, struct txbuf *behind);
bool conn_live(const struct conn *c);
const char *conn_state_name(enum conn_state s);

/* ---- login.c ---- */

void login_start(struct conn *c);
void login_rx(struct conn *c, struct pdu *p);
void login_free(struct conn *c);

struct portal {
	char addr[64];
	int port;
};

extern struct portal portals[16];
extern const char *target_iqn;
extern const char *target_alias;
extern unsigned int nr_portals;
void send_targets(struct conn *c, const char *which, struct textbuf *out);

/* ---- session.c ---- */

#define TASK_HASH	256
#define MAX_LUNS	16

struct judge_session;

struct ua {
	u8 key, asc, ascq;
};

struct session {
	TAILQ_ENTRY(session) link;
	char iname[256];
	u8 isid[6];
	u16 tsih;
	bool discovery;
	bool normal_up;		/* the leading login is complete */
	struct params p;
	u32 exp_cmdsn, max_cmdsn;
	bool frozen;		/* ExpCmdSN is told as it was */
	u32 frozen_cmdsn;
	u32 next_ttt;
	struct conn_list conns;
	struct task_list hash[TASK_HASH];
	struct task_list pending;	/* wait for a lower CmdSN */
	unsigned int nr_tasks;
	struct ua ua[MAX_LUNS][4];
	unsigned int nr_ua[MAX_LUNS];
	struct judge_session *j;
	bool dead;
	unsigned int reinstated;
};

TAILQ_HEAD(session_list, session);
extern struct session_list sessions;

struct session *session_find(const char *iname, const u8 *isid);
struct session *session_by_tsih(const char *iname, const u8 *isid, u16 tsih);
struct session *session_new(const char *iname, const u8 *isid);
void session_destroy(struct session *s, const char *why);
struct conn *session_conn(struct session *s, u16 cid);
struct conn *session_any_live(struct session *s, const struct conn *not);
unsigned int session_count(struct session *s);
void session_window(struct session *s);
void session_rx(struct conn *c, struct pdu *p);
void session_drain(struct session *s);
u32 session_ttt(struct session *s);
void session_ua(struct session *s, unsigned int lun, u8 key, u8 asc, u8 ascq);

/* ---- task.c: one SCSI command ---- */

enum task_state {
	TASK_WAIT,		/* received, waits for a lower CmdSN */
	TASK_DATA,		/* delivered, collects Data-Out */
	TASK_EXEC,		/* at the LUN */
	TASK_DATA_IN,		/* Data-In on the way */
	TASK_STATUS,		/* status sent, not acknowledged */
};

struct span {
	u32 off, end;
};

struct r2t {
	bool used;
	u32 ttt, r2tsn, off, len;
	u32 next_datasn, next_off;
	bool damaged;
	u64 sent;
};

#define MAX_R2TS	16

struct din {			/* one Data-In PDU, by DataSN */
	u32 off, len;
	u8 flags;
	u32 ttt;
};

struct judge_task;

struct task {
	TAILQ_ENTRY(task) link;		/* session hash */
	TAILQ_ENTRY(task) plink;	/* session pending */
	TAILQ_ENTRY(task) slink;	/* conn sendq */
	struct session *sess;
	struct conn *conn;	/* allegiance; NULL: waits for reassignment */
	struct conn *old;	/* the connection that was logged out */
	u8 opcode;		/* of the request: command, TMF, text... */
	struct pdu *req;
	u32 itt, cmdsn;
	bool imm;
	enum task_state state;
	bool sending;
	bool aborted;
	bool noreply;		/* the scenario wants no answer */
	u32 reassigned;
	unsigned int lun;
	u8 cdb[32];
	u32 cdb_len;
	u32 edtl;
	bool rd, wr;

	/* write side */
	u8 *out;
	struct span *got;	/* sorted, no two touch */
	unsigned int nr_got;
	u32 unsol_end;		/* unsolicited data reaches so far */
	u32 unsol_next_sn;
	u32 unsol_next_off;
	bool unsol_open;
	bool unsol_damaged;
	u32 next_off;		/* next byte to ask for in order */
	u32 r2tsn;
	struct r2t r2t[MAX_R2TS];
	struct pdu_list r2t_sent;	/* for R2T SNACK */
	struct timer r2t_timer;

	/* read side */
	u8 *in;
	u32 in_len;		/* bytes that go out: min(have, expected) */
	u32 in_have;		/* bytes the command wanted to return */
	u32 in_next;		/* offset of the next Data-In */
	struct din *din;
	u32 nr_din;
	u32 ref;		/* data acknowledgment reference (DataSN) */
	u32 snack_tag;

	/* outcome */
	bool done;
	u8 response, status;
	u8 sense[64];
	u32 sense_len;
	bool has_statsn;
	u32 statsn;
	struct timer exec_timer;
	u64 executed;
	struct judge_task *j;
};

struct task *task_find(struct session *s, u32 itt);
struct task *task_new(struct conn *c, struct pdu *p);
void task_free(struct task *t);
void task_deliver(struct task *t);
void task_rx_data_out(struct conn *c, struct pdu *p);
void task_take_unsolicited(struct task *t, struct pdu *p);
void task_complete(struct task *t);
void task_pump(struct conn *c);
void task_next_r2t(struct task *t);
void task_resume(struct task *t);
void task_send_status(struct task *t, bool same_statsn);
void task_resend_din(struct task *t, u32 sn);
void task_suspend(struct task *t);
u64 task_id(const struct task *t);
/* Byte ranges received */
void span_add(struct task *t, u32 off, u32 len);
u32 span_first_gap(const struct task *t, u32 from);
u32 span_gap_end(const struct task *t, u32 from);
void span_keep_run(struct task *t);

/* ---- snack.c, tmf.c, control.c, recovery.c ---- */

void snack_rx(struct conn *c, struct pdu *p);
void tmf_rx(struct conn *c, struct pdu *p);
void tmf_poll(struct session *s);
void tmf_forget(struct session *s, struct conn *c);
void nop_rx(struct conn *c, struct pdu *p);
void nop_start(struct conn *c);
void text_rx(struct conn *c, struct pdu *p);
void logout_rx(struct conn *c, struct pdu *p);
void send_reject(struct conn *c, const struct pdu *bad, u8 reason);
void send_async(struct conn *c, u8 event, u8 vcode, u16 p1, u16 p2, u16 p3,
		int lun);
void send_nop_in(struct conn *c, u32 ttt, unsigned int lun);
void send_tmf_rsp(struct conn *c, u32 itt, u8 response);
void conn_lost(struct conn *c, const char *why);
void recovery_logout(struct conn *old, u32 exp_statsn);
void recovery_drop(struct conn *old, const char *why);
u8 task_reassign(struct conn *c, u32 rtt, u32 exp_datasn, struct task **out);

/* ---- scsi.c, disk.c, pr.c, tape.c, lun.c ---- */

enum lun_type { LUN_RAM, LUN_FILE, LUN_TAPE };

struct tape;
struct pr;

struct lun {
	enum lun_type type;
	unsigned int nr;
	u32 bs;
	u64 blocks;
	u8 *mem;
	int fd;
	bool write_cache;
	char serial[32];
	struct tape *tape;
	struct pr *pr;
	u16 *writes;		/* executions of writes by block */
	u64 nr_writes, nr_reads;
	struct session *reserved;	/* RESERVE(6) */
};

extern struct lun *luns[MAX_LUNS];
unsigned int nr_luns(void);
void lun_add(const char *spec);
bool lun_io(struct lun *l, bool wr, u64 lba, u32 blocks, u8 *buf);
void lun_count(struct lun *l, u64 lba, u32 blocks);

void scsi_execute(struct task *t);
void scsi_sense(struct task *t, u8 key, u8 asc, u8 ascq);
void scsi_sense_info(struct task *t, u8 key, u8 asc, u8 ascq, u8 flags,
		     u32 info);
u8 *scsi_in(struct task *t, u32 len);	/* data for the initiator, zeroed */
void scsi_reply(struct task *t, const void *data, u32 len, u32 alloc);
u32 scsi_out_len(const struct task *t);
bool scsi_inquiry(struct task *t, struct lun *l);
bool disk_execute(struct task *t, struct lun *l);
bool tape_execute(struct task *t, struct lun *l);
void tape_init(struct lun *l);
bool pr_execute(struct task *t, struct lun *l);
bool pr_conflict(struct task *t, struct lun *l);
void pr_init(struct lun *l);
void pr_session_gone(struct session *s);
void tape_report(struct lun *l, FILE *f);

/* ---- judge.c, judge_ffp.c: every PDU of the initiator against the RFC ---- */

void judge_open(const char *path);
__printf(3, 4) void judge(const struct conn *c, const char *section,
			  const char *fmt, ...);
void judge_conn_new(struct conn *c);
void judge_conn_free(struct conn *c);
void judge_session_free(struct session *s);
void judge_task_free(struct task *t);
void judge_rx(struct conn *c, const struct pdu *p);
void judge_tx(struct conn *c, const struct pdu *p, bool whole);
void judge_status(struct conn *c, const struct pdu *p, bool whole);
void judge_login_keys(struct conn *c, const struct text *t, int csg,
		      bool leading);
void judge_ffp_start(struct conn *c);
void judge_conn_lost(struct conn *c);
void judge_copied(struct conn *c, const struct pdu *p);
void judge_delivered(struct task *t);
void judge_executed(struct task *t);
void judge_session_end(struct session *s, const char *why);
void judge_allow(const char *text);
void judge_finish(void);
void judge_summary(void);
extern unsigned int judge_breaches;

struct counters {
	u64 conns, logins, sessions, reinstated_sessions, reinstated_conns;
	u64 async2, logouts[3], reassign[4], reassign_other;
	u64 recovered, resumed_reads, resumed_writes, resent_status;
	u64 commands, retries, duplicates, expired_tasks, rejects;
	u64 snack[4], recovery_r2t, digest_errors, tmf, faults;
	u64 reads, writes;	/* executed, see count_from */
};

extern struct counters counters;
bool counter_by_name(const char *name, u64 *v);

/* ---- scenario.c, fault.c, inject.c ---- */

void scenario_load(const char *path);
void scenario_define(const char *name, const char *value);
/* True: the PDU is dealt with and must not be processed. */
bool fault_rx(struct conn *c, struct pdu *p);
/* Offset within the PDU at which to stop taking it in, or -1. */
long fault_rx_cut(struct conn *c, const u8 *bhs, struct rule **r);
bool fault_tx(struct conn *c, struct pdu *p);
bool fault_login(struct conn *c, int *status, char *redirect, size_t n);
bool fault_execute(struct task *t);
void fault_ffp(struct conn *c);
void fault_sent(struct conn *c);
void fault_run(struct rule *r, struct conn *c);
void inject_seen(const struct pdu *p);
void scenario_verdict(void);

/* ---- settings.c: knobs by name, from the command line or the scenario ---- */

struct settings {
	u32 window;
	u32 collapse;		/* status in the last Data-In */
	u32 abit;		/* 1: at each burst's end, 2: on every Data-In */
	u32 async2;		/* announce lost connections */
	u32 ua;			/* 47h/7Fh after implicit termination */
	u32 r2t_timeout;	/* ms; recovery R2T after that */
	u32 logout_time2wait;
	u32 logout_time2retain;	/* 0xffffffff: the session's */
	u32 nop_interval;	/* ms */
	u32 r2tsn_restart;	/* R2TSN from 0 after reassignment */
	u32 resend_all;		/* Data-In from 0 after reassignment */
	u32 first_statsn;
	u32 latency;		/* us per command */
	u32 phys_reserved;	/* fill reserved fields (RFC 7143 ch. 11) */
	u32 tx_chunk;		/* send so many bytes at a time */
	u32 rcvbuf;		/* bytes that TCP takes while nobody reads */
	u32 tpgt;
	u32 tsih;
	u32 discovery_auth;
	u32 login_timeout;	/* s */
	u32 retain_extra;	/* ms of mercy before tasks are dropped */
	u32 exact_after;	/* ms of quiet that make numbers certain */
	u32 blackhole;		/* the net may swallow FIN and RST */
	u32 early_0206;		/* ms: same-CID login refused so long */
	u32 count_blocks;
	u32 early_r2t;
	u32 count_from;		/* LBA at which the counting begins */
	u32 disk_type;		/* what INQUIRY says it is */
	u32 text_pieces;	/* texts with C=1 before the last one */
	u32 text_more;		/* texts with neither C nor F after these */
	u32 text_mrdsl;		/* declared in the next answer to a text */
	u32 text_keys;		/* private keys proposed in it */
};

extern struct settings set;
bool setting(const char *name, const char *value);
void settings_list(FILE *f);

#endif
