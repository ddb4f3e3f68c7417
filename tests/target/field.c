// SPDX-License-Identifier: GPL-2.0
/* The names by which a scenario reads and writes a PDU. */
#include <stdlib.h>

#include "scenario.h"

static const struct field fields[] = {
	/* requests and responses alike */
	{ "imm", 0, 1, 6, 1, 0 },
	{ "F", 1, 1, 7, 1, 0 },
	{ "flags", 1, 1, 0, 0, 0 },
	{ "luns", 8, 8, 0, 0, 0 },
	{ "lun", 9, 1, 0, 0, FV_LUN },
	{ "itt", 16, 4, 0, 0, 0 },
	{ "ttt", 20, 4, 0, 0, 0 },
	{ "rtt", 20, 4, 0, 0, 0 },
	{ "tag", 20, 4, 0, 0, 0 },
	{ "cmdsn", 24, 4, 0, 0, 0 },
	{ "statsn", 24, 4, 0, 0, 0 },
	{ "expstatsn", 28, 4, 0, 0, 0 },
	{ "expcmdsn", 28, 4, 0, 0, 0 },
	{ "maxcmdsn", 32, 4, 0, 0, 0 },
	{ "refcmdsn", 32, 4, 0, 0, 0 },
	/* Data, R2T, SCSI Response, TMF */
	{ "A", 1, 1, 6, 1, 0 },
	{ "S", 1, 1, 0, 1, 0 },
	{ "U", 1, 1, 1, 1, 0 },
	{ "O", 1, 1, 2, 1, 0 },
	{ "datasn", 36, 4, 0, 0, 0 },
	{ "r2tsn", 36, 4, 0, 0, 0 },
	{ "expdatasn", 36, 4, 0, 0, 0 },
	{ "off", 40, 4, 0, 0, 0 },
	{ "want", 44, 4, 0, 0, 0 },
	{ "resid", 44, 4, 0, 0, 0 },
	{ "begrun", 40, 4, 0, 0, 0 },
	{ "runlength", 44, 4, 0, 0, 0 },
	{ "response", 2, 1, 0, 0, 0 },
	{ "status", 3, 1, 0, 0, 0 },
	/* TMF function, Logout reason, SNACK type */
	{ "fn", 1, 1, 0, 7, 0 },
	{ "reason", 1, 1, 0, 7, 0 },
	{ "type", 1, 1, 0, 7, 0 },
	{ "rejreason", 2, 1, 0, 0, 0 },
	/* Login */
	{ "T", 1, 1, 7, 1, 0 },
	{ "C", 1, 1, 6, 1, 0 },
	{ "csg", 1, 1, 2, 2, 0 },
	{ "nsg", 1, 1, 0, 2, 0 },
	{ "versionmax", 2, 1, 0, 0, 0 },
	{ "versionactive", 3, 1, 0, 0, 0 },
	{ "isid", 8, 6, 0, 0, 0 },
	{ "tsih", 14, 2, 0, 0, 0 },
	{ "pcid", 20, 2, 0, 0, 0 },
	{ "class", 36, 1, 0, 0, 0 },
	{ "detail", 37, 1, 0, 0, 0 },
	/* Logout Response, Async Message */
	{ "time2wait", 40, 2, 0, 0, 0 },
	{ "time2retain", 42, 2, 0, 0, 0 },
	{ "event", 36, 1, 0, 0, 0 },
	{ "p1", 38, 2, 0, 0, 0 },
	{ "p2", 40, 2, 0, 0, 0 },
	{ "p3", 42, 2, 0, 0, 0 },
	/* not in the header of every PDU */
	{ "len", 5, 3, 0, 0, FV_LEN },
	{ "cid", 0, 0, 0, 0, FV_CID },
	{ "conn", 0, 0, 0, 0, FV_CONN },
	{ "inst", 0, 0, 0, 0, FV_INST },
	{ "live", 0, 0, 0, 0, FV_LIVE },
	{ "portal", 0, 0, 0, 0, FV_PORTAL },
	{ "age", 0, 0, 0, 0, FV_AGE },
	{ "op", 0, 0, 0, 0, FV_OPCODE },
	{ "edtl", 0, 0, 0, 0, FV_EDTL },
	{ "wr", 0, 0, 0, 0, FV_WRITE },
	{ "rd", 0, 0, 0, 0, FV_READ },
	{ "reassigned", 0, 0, 0, 0, FV_REASSIGNED },
	{ "lba", 0, 0, 0, 0, FV_LBA },		/* of the CDB */
	{ "tmf", 0, 0, 0, 0, FV_TMF },		/* function answered */
};

bool field_by_name(const char *name, struct field *f)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!strcmp(fields[i].name, name)) {
			*f = fields[i];
			return true;
		}
	}
	/* byteN: any byte of the header */
	if (!strncmp(name, "byte", 4) && name[4]) {
		int n = atoi(name + 4);

		*f = (struct field){ .name = "byte", .off = n, .size = 1 };
		return n >= 0 && n < BHS_LEN;
	}
	return false;
}

static unsigned int live(const struct conn *c)
{
	unsigned int n = 0;
	struct conn *o;

	if (!c->sess)
		return 0;
	TAILQ_FOREACH(o, &c->sess->conns, slink)
		n += conn_live(o);
	return n;
}

/* The task that a PDU is about; a TMF's is the one it refers to. */
static struct task *task_of(struct conn *c, const struct pdu *p)
{
	u32 itt;

	if (!c->sess || !p)
		return NULL;
	itt = pdu_itt(p);
	if (pdu_op(p) == OP_TMF)
		itt = get_be32(p->bhs + 20);
	else if (pdu_op(p) == OP_TMF_RSP)
		itt = c->tmf_rtt[itt % ARRAY_SIZE(c->tmf_rtt)];
	return task_find(c->sess, itt);
}

/* ~0: the command has none. */
static u64 cdb_lba(const u8 *cdb)
{
	switch (cdb[0] >> 5) {
	case 0:
		return get_be24(cdb + 1) & 0x1fffff;
	case 1:
	case 2:
	case 5:
		return get_be32(cdb + 2);
	case 4:
		return get_be64(cdb + 2);
	}
	return ~0ull;
}

static u64 task_value(int v, struct conn *c, const struct pdu *p)
{
	bool cmd = p && pdu_op(p) == OP_SCSI_CMD;
	struct task *t = cmd ? NULL : task_of(c, p);

	switch (v) {
	case FV_OPCODE:
		return cmd ? p->bhs[32] : t ? t->cdb[0] : 0xff;
	case FV_EDTL:
		return cmd ? get_be32(p->bhs + 20) : t ? t->edtl : 0;
	case FV_WRITE:
		return cmd ? !!(p->bhs[1] & CMD_WRITE) : t ? t->wr : 0;
	case FV_READ:
		return cmd ? !!(p->bhs[1] & CMD_READ) : t ? t->rd : 0;
	case FV_LBA:
		return cmd ? cdb_lba(p->bhs + 32) : t ? cdb_lba(t->cdb) : ~0ull;
	case FV_REASSIGNED:
		return t ? t->reassigned : 0;
	}
	return 0;
}

u64 field_get(const struct field *f, struct conn *c, const struct pdu *p)
{
	u64 v = 0;
	u8 i;

	switch (f->value) {
	case FV_CID:
		return c->cid;
	case FV_CONN:
		return c->id;
	case FV_INST:
		return c->inst;
	case FV_LIVE:
		return live(c);
	case FV_PORTAL:
		return c->portal;
	case FV_TMF:
		return p ? c->tmf_fn[pdu_itt(p) % ARRAY_SIZE(c->tmf_fn)] : 0;
	case FV_AGE:
		return (now_us() - c->since) / 1000;
	case FV_HEADER:
	case FV_LEN:
	case FV_LUN:
		break;
	default:
		return task_value(f->value, c, p);
	}
	if (!p)
		return 0;
	if (f->value == FV_LUN && pdu_op(p) != OP_SCSI_CMD &&
	    pdu_op(p) != OP_TMF && pdu_op(p) != OP_R2T) {
		struct task *t = task_of(c, p);

		return t ? t->lun : p->bhs[9];
	}
	for (i = 0; i < f->size; i++)
		v = v << 8 | p->bhs[f->off + i];
	v >>= f->shift;
	if (f->bits)
		v &= (1u << f->bits) - 1;
	return v;
}

void field_set(const struct field *f, struct pdu *p, u64 v)
{
	u64 old = 0, mask;
	int i;

	if (!f->size)
		return;
	mask = f->bits ? ((1ull << f->bits) - 1) << f->shift :
	       f->size == 8 ? ~0ull : (1ull << 8 * f->size) - 1;
	for (i = 0; i < f->size; i++)
		old = old << 8 | p->bhs[f->off + i];
	v = (old & ~mask) | (v << f->shift & mask);
	for (i = f->size - 1; i >= 0; i--, v >>= 8)
		p->bhs[f->off + i] = v;
}

bool cond_true(const struct cond *k, struct conn *c, const struct pdu *p)
{
	u64 v = field_get(&k->f, c, p);

	switch (k->op) {
	case CMP_EQ:
		return v == k->v;
	case CMP_NE:
		return v != k->v;
	case CMP_LT:
		return v < k->v;
	case CMP_GT:
		return v > k->v;
	case CMP_LE:
		return v <= k->v;
	case CMP_GE:
		return v >= k->v;
	}
	return false;
}
