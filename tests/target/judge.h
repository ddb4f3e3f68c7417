/* SPDX-License-Identifier: GPL-2.0 */
/* What the judge remembers; see judge.c. */
#ifndef TARGET_JUDGE_H
#define TARGET_JUDGE_H

#include "target.h"

#define RING		2048
#define MAX_PINGS	128
#define MAX_TAGS	128

struct judge_conn {
	unsigned int r2t_copies;	/* R2Ts sent twice on purpose */
	/* login */
	unsigned int logins;
	u32 login_itt, login_cmdsn;
	u8 login_isid[6];
	u16 login_tsih, login_cid;
	int stage;			/* where the target has put it */
	bool stage_known;
	bool awaiting;			/* a Login Response is due */
	u32 first_statsn, login_statsn;	/* of the Login Responses */
	bool login_over;		/* rejected: nothing may follow */
	bool login_done_ffp;
	bool offered_t;
	u32 keys_seen;
	/* full-feature phase */
	bool logout_seen;
	u8 logout_reason;
	bool any_expstatsn;
	u32 exp_statsn;			/* last seen */
	u32 next_statsn;		/* after the last status sent */
	u32 lost[32];			/* StatSNs that did not get through */
	unsigned int nr_lost;
	struct {
		u32 statsn, exp_cmdsn;
	} proof[64];			/* what an acknowledgment proves */
	u32 last_cmdsn;
	bool any_cmdsn;
	u64 last_sent;
	struct {
		u32 ttt;
		u8 lun[8];
		u64 when;
	} ping[MAX_PINGS];
	unsigned int nr_pings;
	u32 text_itt;
	bool text_open, text_imm, text_c;
	u32 text_ttt;
	u8 text_lun[8];
	u32 async5;			/* LUNs of unanswered events 5 */
	u64 async1;
	u64 async4;
	bool announced;			/* its loss, by event 2 or 3 ... */
	u32 announced_wait;		/* ... and with this Time2Wait */
	unsigned int r2t_seq;
	bool data_lost;			/* a Data-In did not get through */
};

struct jcmd {
	bool used;
	bool rejected;
	u32 sn, itt;
	u8 bhs[BHS_LEN];
	unsigned int conn_id;
	u16 cid;
};

struct jlost {				/* a connection that was lost */
	u16 cid;
	unsigned int conn_id;
	u64 when;
	u32 time2wait;
	u32 exp_low, exp_high;		/* ExpStatSN may be in between */
	/*
	 * No request came in full-feature phase: the initiator may never have
	 * got there, and speak of the connection before.
	 */
	bool never_used;
	u32 before_low, before_high;
	bool expired;
	bool logged_out;
	u64 logout_done;		/* when the answer went out */
	u32 logout_wait;
};

struct judge_session {
	struct jcmd ring[RING];
	u32 next_cmdsn;
	bool any;
	u32 max_delivered;
	u32 exp_certain;
	bool exp_any;
	unsigned int losses, conns;
	bool logout0;
	struct {
		u32 itt;
		u8 op;
		u8 fn;
		unsigned int conn_id;
	} tag[MAX_TAGS];		/* requests other than commands */
	unsigned int nr_tags;
	struct jlost lost[64];
	bool many;			/* had several connections at a time */
	unsigned int nr_lost;
	u32 gone[256];			/* tags of tasks that ended oddly */
	unsigned int nr_gone;
};

struct jr2t {
	bool used, done;
	u32 ttt, off, len, next_sn, next_off;
	unsigned int conn_id, seq;
};

struct judge_task {
	struct jr2t r2t[64];
	unsigned int nr_r2t;
	u32 r2tsn_high;			/* R2TSNs delivered: this many */
	bool unsol_done;
	u32 unsol_sn, unsol_off;
	u32 din_next;			/* unbroken run of Data-In delivered */
	u32 din_high;			/* behind the last one sent */
	u32 din_lost[32];		/* DataSNs that did not get through */
	unsigned int nr_din_lost;
	u32 data_ack;			/* DataACK of the initiator */
	u32 abit_sn;
	u64 abit_when;
	bool abit;
	u32 last_tag;
	enum { GOES_ON, NO_SOLICITED, NO_DATA } ends;	/* FastAbort */
};

struct judge_session *judge_sess(struct session *s);
struct judge_task *judge_task(struct task *t);
struct jlost *judge_lost_conn(struct session *s, u16 cid);
void judge_login_rx(struct conn *c, const struct pdu *p);
void judge_login_tx(struct conn *c, const struct pdu *p, bool whole);
void judge_scsi(struct conn *c, const struct pdu *p);
void judge_data_out(struct conn *c, const struct pdu *p);
void judge_snack(struct conn *c, const struct pdu *p);
void judge_tmf(struct conn *c, const struct pdu *p);
void judge_logout(struct conn *c, const struct pdu *p);
void judge_text(struct conn *c, const struct pdu *p);
void judge_tmf_tx(struct conn *c, const struct pdu *p);
void judge_nop(struct conn *c, const struct pdu *p);
void judge_data_restart(struct task *t, u32 sn);
void judge_data_acked(struct conn *c, u32 exp_statsn);
void judge_task_tx(struct conn *c, const struct pdu *p, bool whole);
void judge_expstatsn_of_lost(struct conn *c, const struct jlost *l, u32 v,
			     const char *where);
void judge_still_open(struct conn *c, struct conn *old, const char *section,
		      const char *what);
void judge_wait(struct conn *c, const struct jlost *l, const char *what);

#endif
