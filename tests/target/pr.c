// SPDX-License-Identifier: GPL-2.0
/* Persistent reservations (SPC-4 5.7), as much as clusters use. */
#include <stdlib.h>

#include "target.h"

#define MAX_REG 16

struct registration {
	bool used;
	char iname[224];
	u8 isid[6];
	u64 key;
};

struct pr {
	u32 generation;
	struct registration reg[MAX_REG];
	int holder;		/* index, -1: no reservation */
	u8 type;
};

void pr_init(struct lun *l)
{
	l->pr = xalloc(sizeof(*l->pr));
	l->pr->holder = -1;
}

/* A nexus is an initiator port: it outlives the session. */
static int find(const struct pr *pr, const struct session *s)
{
	int i;

	for (i = 0; i < MAX_REG; i++)
		if (pr->reg[i].used && !strcmp(pr->reg[i].iname, s->iname) &&
		    !memcmp(pr->reg[i].isid, s->isid, 6))
			return i;
	return -1;
}

static bool all_hold(u8 type)
{
	return type == 7 || type == 8;
}

static bool holds(const struct pr *pr, int i)
{
	return i >= 0 && pr->holder >= 0 &&
	       (pr->holder == i || all_hold(pr->type));
}

void pr_session_gone(struct session *s)
{
	(void)s;
}

static bool writes(const u8 *cdb)
{
	switch (cdb[0]) {
	case 0x0a: case 0x2a: case 0xaa: case 0x8a: case 0x2e: case 0xae:
	case 0x8e: case 0x89: case 0x41: case 0x93: case 0x42: case 0x15:
	case 0x55: case 0x10: case 0x19: case 0x35: case 0x91:
		return true;
	}
	return false;
}

bool pr_conflict(struct task *t, struct lun *l)
{
	struct pr *pr = l->pr;
	int me = find(pr, t->sess);

	if (pr->holder < 0 || holds(pr, me))
		return false;
	switch (t->cdb[0]) {
	case 0x00: case 0x03: case 0x12: case 0xa0: case 0x5e: case 0x5f:
	case 0x1e: case 0x1b: case 0x05: case 0x34: case 0x25: case 0x9e:
		return false;
	}
	/* registrants only (5, 6): every registered nexus may */
	if (pr->type >= 5 && me >= 0)
		return false;
	/* write exclusive (1, 5, 7): reading is free */
	if ((pr->type == 1 || pr->type == 5 || pr->type == 7) &&
	    !writes(t->cdb))
		return false;
	return true;
}

static bool pr_in(struct task *t, struct pr *pr)
{
	u32 alloc = get_be16(t->cdb + 7), n = 8;
	u8 d[8 + 300 * MAX_REG] = { 0 };
	int i;

	put_be32(d, pr->generation);
	switch (t->cdb[1] & 0x1f) {
	case 0:					/* READ KEYS */
		for (i = 0; i < MAX_REG; i++) {
			if (!pr->reg[i].used)
				continue;
			put_be64(d + n, pr->reg[i].key);
			n += 8;
		}
		break;
	case 1:					/* READ RESERVATION */
		if (pr->holder < 0)
			break;
		if (!all_hold(pr->type))
			put_be64(d + 8, pr->reg[pr->holder].key);
		d[21] = pr->type;
		n += 16;
		break;
	case 2:					/* REPORT CAPABILITIES */
		memset(d, 0, 8);
		put_be16(d, 8);
		d[3] = 0x80;			/* TMV */
		d[4] = 0xea;
		d[5] = 0x01;
		scsi_reply(t, d, 8, alloc);
		return true;
	case 3:					/* READ FULL STATUS */
		for (i = 0; i < MAX_REG; i++) {
			u32 len = strlen(pr->reg[i].iname) + 1 + 5 + 12;

			if (!pr->reg[i].used)
				continue;
			put_be64(d + n, pr->reg[i].key);
			if (holds(pr, i)) {
				d[n + 12] = 1;
				d[n + 13] = pr->type;
			}
			put_be16(d + n + 18, 1);
			/* TransportID: name,i,0xISID */
			d[n + 24] = 0x45;
			sprintf((char *)d + n + 28,
				"%s,i,0x%02x%02x%02x%02x%02x%02x",
				pr->reg[i].iname, pr->reg[i].isid[0],
				pr->reg[i].isid[1], pr->reg[i].isid[2],
				pr->reg[i].isid[3], pr->reg[i].isid[4],
				pr->reg[i].isid[5]);
			len = pad4(len);
			put_be16(d + n + 26, len);
			put_be32(d + n + 20, len + 4);
			n += 24 + 4 + len;
		}
		break;
	default:
		return false;
	}
	put_be32(d + 4, n - 8);
	scsi_reply(t, d, n, alloc);
	return true;
}

static void others_ua(struct task *t, const struct pr *pr, u64 key, bool any,
		      u8 ascq)
{
	struct session *s;

	TAILQ_FOREACH(s, &sessions, link) {
		int i = s->discovery ? -1 : find(pr, s);

		if (s != t->sess && i >= 0 && (any || pr->reg[i].key == key))
			session_ua(s, t->lun, 6, 0x2a, ascq);
	}
}

static void unregister(struct task *t, struct pr *pr, int i)
{
	bool last = true;
	int k;

	pr->reg[i].used = false;
	for (k = 0; k < MAX_REG; k++)
		if (pr->reg[k].used)
			last = false;
	if (pr->holder < 0)
		return;
	if (pr->holder == i && all_hold(pr->type) && !last) {
		for (k = 0; k < MAX_REG && !pr->reg[k].used; k++)
			;
		pr->holder = k;
	} else if (pr->holder == i || last) {
		pr->holder = -1;
		if (pr->type >= 5)
			others_ua(t, pr, 0, true, 4);
	}
}

static void pr_register(struct task *t, struct pr *pr, int me, u64 key,
			u64 newkey, bool ignore)
{
	int i;

	if (!ignore && (me < 0 ? key != 0 : key != pr->reg[me].key)) {
		t->status = 0x18;
		return;
	}
	if (!newkey) {
		if (me >= 0)
			unregister(t, pr, me);
	} else if (me >= 0) {
		pr->reg[me].key = newkey;
	} else {
		for (i = 0; i < MAX_REG && pr->reg[i].used; i++)
			;
		if (i == MAX_REG) {
			scsi_sense(t, 5, 0x55, 4);
			return;
		}
		pr->reg[i].used = true;
		pr->reg[i].key = newkey;
		snprintf(pr->reg[i].iname, sizeof(pr->reg[i].iname), "%.223s",
			 t->sess->iname);
		memcpy(pr->reg[i].isid, t->sess->isid, 6);
	}
	pr->generation++;
}

static void preempt(struct task *t, struct pr *pr, int me, u64 sakey, u8 type)
{
	bool had = pr->holder >= 0 &&
		   (all_hold(pr->type) ? !sakey :
		    pr->reg[pr->holder].key == sakey);
	bool any = false;
	int i;

	if (!sakey && !(pr->holder >= 0 && all_hold(pr->type))) {
		scsi_sense(t, 5, 0x26, 0);
		return;
	}
	others_ua(t, pr, sakey, !sakey, 5);
	for (i = 0; i < MAX_REG; i++) {
		if (!pr->reg[i].used || (sakey && pr->reg[i].key != sakey))
			continue;
		any = true;
		if (i != me)
			pr->reg[i].used = false;
	}
	if (!any) {
		t->status = 0x18;
		return;
	}
	if (had || (pr->holder >= 0 && !pr->reg[pr->holder].used)) {
		pr->holder = me;
		pr->type = type;
	}
	pr->generation++;
}

static bool pr_out(struct task *t, struct pr *pr)
{
	u8 action = t->cdb[1] & 0x1f, type = t->cdb[2] & 0x0f;
	int me = find(pr, t->sess);
	u64 key, sakey;

	if (get_be32(t->cdb + 5) != 24 || t->edtl < 24) {
		scsi_sense(t, 5, 0x1a, 0);
		return true;
	}
	key = get_be64(t->out);
	sakey = get_be64(t->out + 8);
	if (t->cdb[2] >> 4 && action != 0 && action != 6)
		return false;
	if (action == 0 || action == 6) {
		pr_register(t, pr, me, key, sakey, action == 6);
		return true;
	}
	if (me < 0 || pr->reg[me].key != key) {
		t->status = 0x18;
		return true;
	}
	if ((action == 1 || action == 4 || action == 5) &&
	    (!type || type == 2 || type == 4 || type > 8))
		return false;
	switch (action) {
	case 1:					/* RESERVE */
		if (pr->holder < 0) {
			pr->holder = me;
			pr->type = type;
		} else if (!holds(pr, me) || pr->type != type) {
			t->status = 0x18;
		}
		return true;
	case 2:					/* RELEASE */
		if (!holds(pr, me))
			return true;
		if (pr->type != type) {
			scsi_sense(t, 5, 0x26, 4);
			return true;
		}
		if (pr->type >= 5)
			others_ua(t, pr, 0, true, 4);
		pr->holder = -1;
		return true;
	case 3:					/* CLEAR */
		others_ua(t, pr, 0, true, 3);
		memset(pr->reg, 0, sizeof(pr->reg));
		pr->holder = -1;
		pr->generation++;
		return true;
	case 4:					/* PREEMPT */
	case 5:					/* PREEMPT AND ABORT */
		preempt(t, pr, me, sakey, type);
		return true;
	}
	return false;
}

bool pr_execute(struct task *t, struct lun *l)
{
	return t->cdb[0] == 0x5e ? pr_in(t, l->pr) : pr_out(t, l->pr);
}
