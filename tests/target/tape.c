// SPDX-License-Identifier: GPL-2.0
/*
 * A small sequential-access device for st: records and filemarks in memory.
 * Not idempotent on purpose: each WRITE appends, and all are counted.
 */
#include <stdlib.h>

#include "target.h"

struct record {
	bool mark;
	u32 len;
	u8 *data;
};

struct tape {
	struct record *rec;
	u32 nr, size;		/* records written, allocated */
	u32 pos;
	u32 fixed;		/* block length; 0: variable */
	bool loaded;
	u64 writes, marks, reads;
};

#define FILEMARK	0x80
#define EOM		0x40
#define ILI		0x20

void tape_init(struct lun *l)
{
	l->tape = xalloc(sizeof(*l->tape));
	l->tape->loaded = true;
}

static void truncate_here(struct tape *tp)
{
	while (tp->nr > tp->pos)
		free(tp->rec[--tp->nr].data);
}

static void append(struct tape *tp, bool mark, const u8 *data, u32 len)
{
	struct record *r;

	truncate_here(tp);
	if (tp->nr == tp->size) {
		tp->size = tp->size ? tp->size * 2 : 64;
		tp->rec = xrealloc(tp->rec, tp->size * sizeof(*r));
	}
	r = &tp->rec[tp->nr++];
	r->mark = mark;
	r->len = len;
	r->data = NULL;
	if (len) {
		r->data = xalloc(len);
		memcpy(r->data, data, len);
	}
	tp->pos = tp->nr;
}

static void write6(struct task *t, struct tape *tp)
{
	u32 n = get_be24(t->cdb + 2), i;

	if (t->cdb[1] & 1) {
		if (!tp->fixed || n * tp->fixed > t->edtl) {
			scsi_sense(t, 5, 0x24, 0);
			return;
		}
		for (i = 0; i < n; i++)
			append(tp, false, t->out + i * tp->fixed, tp->fixed);
	} else if (n) {
		if (n > t->edtl) {
			scsi_sense(t, 5, 0x24, 0);
			return;
		}
		append(tp, false, t->out, n);
	}
	tp->writes++;
}

static void blank(struct task *t, u32 left)
{
	scsi_sense_info(t, 8, 0x00, 0x05, 0, left);
	t->sense[0] |= 0x80;
}

static void read_fixed(struct task *t, struct tape *tp, u32 n)
{
	u8 *d = xalloc(n * tp->fixed);
	u32 i;

	for (i = 0; i < n; i++) {
		struct record *r = &tp->rec[tp->pos];

		if (tp->pos >= tp->nr) {
			blank(t, n - i);
			break;
		}
		tp->pos++;
		if (r->mark) {
			scsi_sense_info(t, 0, 0x00, 0x01, FILEMARK, n - i);
			t->sense[0] |= 0x80;
			break;
		}
		if (r->len != tp->fixed) {
			scsi_sense_info(t, 0, 0, 0, ILI, n - i);
			t->sense[0] |= 0x80;
			break;
		}
		memcpy(d + i * tp->fixed, r->data, r->len);
	}
	memcpy(scsi_in(t, i * tp->fixed), d, i * tp->fixed);
	free(d);
}

static void read6(struct task *t, struct tape *tp)
{
	u32 n = get_be24(t->cdb + 2);
	struct record *r;

	tp->reads++;
	if (!n)
		return;
	if (t->cdb[1] & 1) {
		if (!tp->fixed || t->cdb[1] & 2) {
			scsi_sense(t, 5, 0x24, 0);
			return;
		}
		read_fixed(t, tp, n);
		return;
	}
	if (tp->pos >= tp->nr) {
		blank(t, n);
		return;
	}
	r = &tp->rec[tp->pos++];
	if (r->mark) {
		scsi_sense_info(t, 0, 0x00, 0x01, FILEMARK, n);
		t->sense[0] |= 0x80;
		return;
	}
	if (r->len != n && !(t->cdb[1] & 2 && r->len < n)) {
		/* INFORMATION: wanted minus found, may be negative */
		scsi_sense_info(t, 0, 0, 0, ILI, n - r->len);
		t->sense[0] |= 0x80;
	}
	if (n > r->len)
		n = r->len;
	memcpy(scsi_in(t, n), r->data, n);
}

static void space_blocks(struct task *t, struct tape *tp, int n)
{
	for (; n > 0; n--) {
		if (tp->pos >= tp->nr) {
			blank(t, n);
			return;
		}
		if (tp->rec[tp->pos++].mark) {
			scsi_sense_info(t, 0, 0, 1, FILEMARK, n);
			t->sense[0] |= 0x80;
			return;
		}
	}
	for (; n < 0; n++) {
		if (!tp->pos) {
			scsi_sense_info(t, 0, 0, 4, EOM, -n);
			t->sense[0] |= 0x80;
			return;
		}
		if (tp->rec[--tp->pos].mark) {
			scsi_sense_info(t, 0, 0, 1, FILEMARK, -n);
			t->sense[0] |= 0x80;
			return;
		}
	}
}

static void space_marks(struct task *t, struct tape *tp, int n)
{
	for (; n > 0; n--) {
		while (tp->pos < tp->nr && !tp->rec[tp->pos].mark)
			tp->pos++;
		if (tp->pos >= tp->nr) {
			blank(t, n);
			return;
		}
		tp->pos++;
	}
	for (; n < 0; n++) {
		while (tp->pos && !tp->rec[tp->pos - 1].mark)
			tp->pos--;
		if (!tp->pos) {
			scsi_sense_info(t, 0, 0, 4, EOM, -n);
			t->sense[0] |= 0x80;
			return;
		}
		tp->pos--;
	}
}

static void space6(struct task *t, struct tape *tp)
{
	int n = (int)(get_be24(t->cdb + 2) << 8) >> 8;

	switch (t->cdb[1] & 0x0f) {
	case 0:
		space_blocks(t, tp, n);
		break;
	case 1:
		space_marks(t, tp, n);
		break;
	case 3:
		tp->pos = tp->nr;
		break;
	default:
		scsi_sense(t, 5, 0x24, 0);
	}
}

static void read_position(struct task *t, struct tape *tp)
{
	u8 d[20] = { 0 };

	if (t->cdb[1] & 0x1f) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	d[0] = tp->pos ? 0 : 0x80;
	put_be32(d + 4, tp->pos);
	put_be32(d + 8, tp->pos);
	scsi_reply(t, d, sizeof(d), sizeof(d));
}

static void tape_mode_sense(struct task *t, struct tape *tp)
{
	bool ten = t->cdb[0] == 0x5a, dbd = t->cdb[1] & 8;
	u8 d[64] = { 0 }, page = t->cdb[2] & 0x3f;
	u32 hdr = ten ? 8 : 4, n = hdr;
	u32 alloc = ten ? get_be16(t->cdb + 7) : t->cdb[4];

	if (page && page != 0x3f && page != 0x10 && page != 0x0f) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (!dbd) {
		put_be24(d + n + 5, tp->fixed);
		n += 8;
	}
	if (page == 0x10 || page == 0x3f) {
		d[n] = 0x10;
		d[n + 1] = 14;
		d[n + 8] = 0x40;		/* BIS */
		n += 16;
	}
	if (page == 0x0f || page == 0x3f) {
		d[n] = 0x0f;
		d[n + 1] = 14;
		n += 16;
	}
	if (ten) {
		put_be16(d, n - 2);
		d[3] = 0x10;			/* buffered */
		d[7] = dbd ? 0 : 8;
	} else {
		d[0] = n - 1;
		d[2] = 0x10;
		d[3] = dbd ? 0 : 8;
	}
	scsi_reply(t, d, n, alloc);
}

static void tape_mode_select(struct task *t, struct tape *tp)
{
	bool ten = t->cdb[0] == 0x55;
	u32 hdr = ten ? 8 : 4, bd;

	if (scsi_out_len(t) < hdr + 8 || t->edtl < hdr + 8)
		return;
	bd = ten ? get_be16(t->out + 6) : t->out[3];
	if (bd == 8)
		tp->fixed = get_be24(t->out + hdr + 5);
}

bool tape_execute(struct task *t, struct lun *l)
{
	struct tape *tp = l->tape;
	u32 i, n;

	switch (t->cdb[0]) {
	case 0x00: case 0x01: case 0x08: case 0x0a: case 0x10: case 0x11:
	case 0x19: case 0x2b: case 0x34:
		if (!tp->loaded) {
			scsi_sense(t, 2, 0x3a, 0);
			return true;
		}
	}
	switch (t->cdb[0]) {
	case 0x00:
		return true;
	case 0x01:				/* REWIND */
		tp->pos = 0;
		return true;
	case 0x05: {				/* READ BLOCK LIMITS */
		u8 d[6] = { 0, 0x40, 0, 0, 0, 1 };

		scsi_reply(t, d, sizeof(d), sizeof(d));
		return true;
	}
	case 0x08:
		read6(t, tp);
		return true;
	case 0x0a:
		write6(t, tp);
		return true;
	case 0x10:				/* WRITE FILEMARKS */
		n = get_be24(t->cdb + 2);
		for (i = 0; i < n; i++)
			append(tp, true, NULL, 0);
		tp->marks += n;
		return true;
	case 0x11:
		space6(t, tp);
		return true;
	case 0x15: case 0x55:
		tape_mode_select(t, tp);
		return true;
	case 0x19:				/* ERASE */
		truncate_here(tp);
		return true;
	case 0x1a: case 0x5a:
		tape_mode_sense(t, tp);
		return true;
	case 0x1b:				/* LOAD UNLOAD */
		tp->loaded = t->cdb[4] & 1;
		tp->pos = 0;
		return true;
	case 0x1e:				/* PREVENT ALLOW */
		return true;
	case 0x2b:				/* LOCATE(10) */
		n = get_be32(t->cdb + 3);
		if (n > tp->nr) {
			tp->pos = tp->nr;
			blank(t, 0);
		} else {
			tp->pos = n;
		}
		return true;
	case 0x34:
		read_position(t, tp);
		return true;
	}
	return false;
}

void tape_report(struct lun *l, FILE *f)
{
	struct tape *tp = l->tape;
	u32 i, marks = 0;
	u64 bytes = 0;

	for (i = 0; i < tp->nr; i++) {
		marks += tp->rec[i].mark;
		bytes += tp->rec[i].len;
	}
	fprintf(f, "tape lun=%u records=%u filemarks=%u bytes=%llu writes=%llu\n",
		l->nr, tp->nr - marks, marks, bytes, tp->writes);
}
