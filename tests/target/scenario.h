/* SPDX-License-Identifier: GPL-2.0 */
/* A scenario in memory: what scenario.c parses and fault.c carries out. */
#ifndef TARGET_SCENARIO_H
#define TARGET_SCENARIO_H

#include "target.h"

enum cmp_op { CMP_EQ, CMP_NE, CMP_LT, CMP_GT, CMP_LE, CMP_GE };

struct field {
	const char *name;
	u8 off, size;		/* bytes of the header */
	u8 shift, bits;		/* within them; bits 0: all */
	int value;		/* FV_*: not in the header */
};

enum {
	FV_HEADER, FV_LEN, FV_CID, FV_CONN, FV_INST, FV_LIVE, FV_OPCODE,
	FV_EDTL, FV_REASSIGNED, FV_IMMEDIATE, FV_AGE, FV_PORTAL,
	FV_WRITE, FV_READ, FV_LUN,
	FV_TMF, FV_LBA,
};

struct cond {
	struct field f;
	enum cmp_op op;
	u64 v;
};

enum act_kind {
	/* on the PDU itself */
	ACT_DROP, ACT_DUP, ACT_DELAY, ACT_HOLD, ACT_SWAP, ACT_HDIGEST,
	ACT_DDIGEST, ACT_SET, ACT_CUT, ACT_REJECT, ACT_RESPOND, ACT_LOGIN,
	ACT_REDIRECT, ACT_STATUS, ACT_CHECK, ACT_STALL, ACT_NOREPLY,
	ACT_KEYTEXT, ACT_DATA_ZERO, ACT_EXTRA, ACT_GHOST, ACT_ELSEWHERE,
	ACT_DATA, ACT_LATE, ACT_INJECT, ACT_APPEND, ACT_GLUE, ACT_DRIP,
	/* on the world; these run in order and may wait */
	ACT_WORLD,
	ACT_RST = ACT_WORLD, ACT_FIN, ACT_SILENCE, ACT_MUTE, ACT_DEAF,
	ACT_RESUME, ACT_WAIT, ACT_ASYNC, ACT_NOPIN, ACT_KEY, ACT_CONFIG,
	ACT_REFUSE, ACT_PAUSE, ACT_UNPAUSE, ACT_NOTE, ACT_EXPIRE, ACT_KILL,
	ACT_SENDREJECT, ACT_RELEASE, ACT_SEND, ACT_CORK, ACT_UNCORK,
	ACT_FREEZE, ACT_THAW,
};

enum who { WHO_SELF, WHO_OTHER, WHO_ALL, WHO_CID, WHO_RANDOM };

struct action {
	enum act_kind kind;
	enum who who;
	u16 cid;
	u64 n[6];
	unsigned int nr;
	struct field f;		/* set */
	bool add;
	char *text, *text2;
};

struct rule {
	TAILQ_ENTRY(rule) link;
	int line;
	char *label, *after;
	struct rule *after_rule;
	bool rx;		/* from the initiator */
	bool any_dir;
	int opcode;		/* -1: any */
	bool before;		/* world actions before the PDU */
	bool optional;
	struct cond cond[12];
	unsigned int nr_cond;
	u32 nth, from, every, times;
	double prob;
	struct action act[16];
	unsigned int nr_act;
	u32 matched, fired;
	u8 bhs[BHS_LEN];	/* of the PDU that it applied to last */
	/* at / every */
	bool timed;
	bool from_login;
	u32 at_ms, every_ms, jitter_ms;
	struct timer timer;
	/* expect */
	bool expect;
	u32 min, max;
	char *counter;
};

TAILQ_HEAD(rule_list, rule);
extern struct rule_list rules;

bool field_by_name(const char *name, struct field *f);
u64 field_get(const struct field *f, struct conn *c, const struct pdu *p);
void field_set(const struct field *f, struct pdu *p, u64 v);
bool cond_true(const struct cond *k, struct conn *c, const struct pdu *p);
double scenario_random(void);
void scenario_seed(u64 seed);
void fault_start_timers(bool login);
/* inject.c: PDUs that the target would not send */
void inject_check(const struct action *a);
void inject_by(const struct action *a, struct conn *c, const struct pdu *p);
void inject_about(const struct action *a, struct conn *c, const u8 *about);
void inject_keytext(struct pdu *p, const struct action *a);
void inject_zeros(struct pdu *p, u32 n);
void inject_late_status(struct conn *c, const struct pdu *tmf_rsp);

#endif
