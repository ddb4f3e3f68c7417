// SPDX-License-Identifier: GPL-2.0
/* What all device types answer: INQUIRY, REPORT LUNS, sense, attentions. */
#include <stdlib.h>

#include "target.h"

#define GOOD			0x00
#define CHECK_CONDITION		0x02
#define RESERVATION_CONFLICT	0x18

u8 *scsi_in(struct task *t, u32 len)
{
	free(t->in);
	t->in = xalloc(len);
	t->in_have = len;
	return t->in;
}

void scsi_reply(struct task *t, const void *data, u32 len, u32 alloc)
{
	if (len > alloc)
		len = alloc;
	memcpy(scsi_in(t, len), data, len);
}

void scsi_sense_info(struct task *t, u8 key, u8 asc, u8 ascq, u8 flags,
		     u32 info)
{
	t->status = CHECK_CONDITION;
	t->in_have = 0;
	memset(t->sense, 0, sizeof(t->sense));
	t->sense[0] = 0x70 | (info ? 0x80 : 0);
	t->sense[2] = key | flags;
	put_be32(t->sense + 3, info);
	t->sense[7] = 10;
	t->sense[12] = asc;
	t->sense[13] = ascq;
	t->sense_len = 18;
}

void scsi_sense(struct task *t, u8 key, u8 asc, u8 ascq)
{
	scsi_sense_info(t, key, asc, ascq, 0, 0);
}

/* Bytes the CDB asks the initiator to send. */
u32 scsi_out_len(const struct task *t)
{
	const u8 *b = t->cdb;
	u32 bs = t->lun < MAX_LUNS && luns[t->lun] ? luns[t->lun]->bs : 512;
	bool tape = t->lun < MAX_LUNS && luns[t->lun] &&
		    luns[t->lun]->type == LUN_TAPE;

	switch (b[0]) {
	case 0x0a:
		if (tape)
			return b[1] & 1 ? t->edtl : get_be24(b + 2);
		return (b[4] ? b[4] : 256) * bs;
	case 0x2a: case 0x2e:
		return get_be16(b + 7) * bs;
	case 0xaa: case 0xae:
		return get_be32(b + 6) * bs;
	case 0x8a: case 0x8e:
		return get_be32(b + 10) * bs;
	case 0x2f:
		return b[1] & 2 ? get_be16(b + 7) * bs : 0;
	case 0xaf:
		return b[1] & 2 ? get_be32(b + 6) * bs : 0;
	case 0x8f:
		return b[1] & 2 ? get_be32(b + 10) * bs : 0;
	case 0x89:
		return 2 * b[13] * bs;
	case 0x41: case 0x93:
		return b[1] & 1 ? 0 : bs;
	case 0x42: case 0x55:
		return get_be16(b + 7);
	case 0x15:
		return b[4];
	case 0x5f:
		return get_be32(b + 5);
	case 0x1d:
		return get_be16(b + 3);
	case 0x3b:
		return get_be24(b + 6);
	}
	return 0;
}

static void report_luns(struct task *t)
{
	u8 d[8 + 8 * MAX_LUNS] = { 0 };
	u32 alloc = get_be32(t->cdb + 6), n = 8, i;

	if (alloc < 16) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (t->cdb[2] > 2) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	for (i = 0; i < MAX_LUNS && t->cdb[2] != 1; i++) {
		if (!luns[i])
			continue;
		d[n + 1] = i;
		n += 8;
	}
	put_be32(d, n - 8);
	scsi_reply(t, d, n, alloc);
}

static u32 inq_serial(const struct lun *l, u8 *d)
{
	u32 n = strlen(l->serial);

	memcpy(d + 4, l->serial, n);
	return n;
}

static u32 inq_ids(const struct lun *l, u8 *d)
{
	u8 *p = d + 4;
	u64 h = 0xcbf29ce484222325ull;
	const char *s;
	u32 n;

	/* T10 vendor id */
	p[0] = 0x02;
	p[1] = 0x01;
	memcpy(p + 4, "ERL2    ", 8);
	n = strlen(l->serial);
	memcpy(p + 12, l->serial, n);
	p[3] = 8 + n;
	p += 4 + p[3];
	/* NAA 3 (locally assigned) from the target's name */
	for (s = target_iqn; *s; s++)
		h = (h ^ (u8)*s) * 0x100000001b3ull;
	p[0] = 0x01;
	p[1] = 0x03;
	p[3] = 8;
	put_be64(p + 4, (h & 0x0fffffffffffff00ull) | 3ull << 60 | l->nr);
	p += 12;
	/* Relative target port */
	p[0] = 0x51;
	p[1] = 0x94;
	p[3] = 4;
	put_be16(p + 6, 1);
	p += 8;
	return p - d - 4;
}

static u32 inq_block_limits(const struct lun *l, u8 *d)
{
	d[4] = 0x01;			/* WSNZ */
	d[5] = 255;			/* COMPARE AND WRITE */
	put_be16(d + 6, 1);
	put_be32(d + 8, 8192);		/* longest transfer, blocks */
	put_be32(d + 12, 2048);
	put_be32(d + 20, 0x10000);	/* UNMAP */
	put_be32(d + 24, 16);
	put_be32(d + 28, 4096 / l->bs);
	put_be64(d + 36, 0x10000);	/* WRITE SAME */
	return 0x3c;
}

static bool inquiry_vpd(struct task *t, struct lun *l, u32 alloc)
{
	u8 d[256] = { 0 };
	u32 n = 0;

	d[0] = l->type == LUN_TAPE ? 1 : set.disk_type;
	d[1] = t->cdb[2];
	switch (t->cdb[2]) {
	case 0x00:
		d[4] = 0x00;
		d[5] = 0x80;
		d[6] = 0x83;
		n = 3;
		if (l->type != LUN_TAPE) {
			d[7] = 0xb0;
			d[8] = 0xb1;
			d[9] = 0xb2;
			n = 6;
		}
		break;
	case 0x80:
		n = inq_serial(l, d);
		break;
	case 0x83:
		n = inq_ids(l, d);
		break;
	case 0xb0:
		if (l->type != LUN_TAPE)
			n = inq_block_limits(l, d);
		break;
	case 0xb1:
		if (l->type != LUN_TAPE) {
			put_be16(d + 4, 1);	/* does not rotate */
			n = 0x3c;
		}
		break;
	case 0xb2:
		if (l->type != LUN_TAPE) {
			d[5] = 0x80 | 0x40 | 0x20 | 0x04;
			d[6] = 2;		/* thin */
			n = 4;
		}
		break;
	}
	if (!n)
		return false;
	put_be16(d + 2, n);
	scsi_reply(t, d, n + 4, alloc);
	return true;
}

bool scsi_inquiry(struct task *t, struct lun *l)
{
	u32 alloc = get_be16(t->cdb + 3);
	u8 d[74] = { 0 };

	if (t->cdb[1] & 1)
		return inquiry_vpd(t, l, alloc);
	if (t->cdb[2] || t->cdb[1] & 2)
		return false;
	d[0] = l->type == LUN_TAPE ? 1 : set.disk_type;
	d[1] = l->type == LUN_TAPE ? 0x80 : 0;
	d[2] = 6;			/* SPC-4 */
	d[3] = 0x12;			/* HiSup, format 2 */
	d[4] = sizeof(d) - 5;
	d[7] = 0x02;			/* CmdQue */
	memcpy(d + 8, "ERL2    ", 8);
	memcpy(d + 16, l->type == LUN_TAPE ? "scripted tape   " :
					     "scripted disk   ", 16);
	memcpy(d + 32, "0001", 4);
	put_be16(d + 58, 0x00a0);	/* SAM-5 */
	/* iSCSI, at the protocol level in use (RFC 7144 4.2) */
	put_be16(d + 60, 0x0960 + t->sess->p.v[K_PROTOCOL_LEVEL]);
	put_be16(d + 62, 0x0460);	/* SPC-4 */
	put_be16(d + 64, l->type == LUN_TAPE ? 0x0360 : 0x04c0);
	scsi_reply(t, d, sizeof(d), alloc);
	return true;
}

/* Tells of one waiting attention; INQUIRY and the like pass it by. */
static bool unit_attention(struct task *t)
{
	struct session *s = t->sess;
	struct ua u;

	if (!s->nr_ua[t->lun] || t->cdb[0] == 0x12 || t->cdb[0] == 0xa0)
		return false;
	u = s->ua[t->lun][0];
	s->nr_ua[t->lun]--;
	memmove(s->ua[t->lun], s->ua[t->lun] + 1,
		s->nr_ua[t->lun] * sizeof(u));
	if (t->cdb[0] == 0x03) {
		u8 d[18] = { 0x70, 0, u.key, 0, 0, 0, 0, 10 };

		d[12] = u.asc;
		d[13] = u.ascq;
		scsi_reply(t, d, sizeof(d), t->cdb[4]);
		return true;
	}
	scsi_sense(t, u.key, u.asc, u.ascq);
	return true;
}

static bool reserved(struct task *t, struct lun *l)
{
	u8 op = t->cdb[0];

	if (!l->reserved || l->reserved == t->sess)
		return false;
	return op != 0x12 && op != 0xa0 && op != 0x03 && op != 0x17;
}

static void no_lun(struct task *t)
{
	if (t->cdb[0] == 0x12 && !(t->cdb[1] & 1)) {
		u8 d[36] = { 0x7f, 0, 6, 2, 31 };

		scsi_reply(t, d, sizeof(d), get_be16(t->cdb + 3));
		return;
	}
	if (t->cdb[0] == 0x03) {
		u8 d[18] = { 0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x25 };

		scsi_reply(t, d, sizeof(d), t->cdb[4]);
		return;
	}
	scsi_sense(t, 5, 0x25, 0);
}

void scsi_execute(struct task *t)
{
	struct lun *l = t->lun < MAX_LUNS ? luns[t->lun] : NULL;

	t->status = GOOD;
	judge_executed(t);
	if (t->cdb[0] == 0xa0) {
		report_luns(t);
		return;
	}
	if (!l) {
		no_lun(t);
		return;
	}
	if (unit_attention(t))
		return;
	if (reserved(t, l) || pr_conflict(t, l)) {
		t->status = RESERVATION_CONFLICT;
		return;
	}
	switch (t->cdb[0]) {
	case 0x00:			/* TEST UNIT READY */
		if (l->type == LUN_TAPE)
			break;
		return;
	case 0x03: {			/* REQUEST SENSE: nothing to tell */
		u8 d[18] = { 0x70, 0, 0, 0, 0, 0, 0, 10 };
		u8 desc[8] = { 0x72 };

		if (t->cdb[1] & 1)
			scsi_reply(t, desc, sizeof(desc), t->cdb[4]);
		else
			scsi_reply(t, d, sizeof(d), t->cdb[4]);
		return;
	}
	case 0x12:
		if (!scsi_inquiry(t, l))
			scsi_sense(t, 5, 0x24, 0);
		return;
	case 0x16:			/* RESERVE(6) */
		l->reserved = t->sess;
		return;
	case 0x17:			/* RELEASE(6) */
		if (l->reserved == t->sess)
			l->reserved = NULL;
		return;
	case 0x1d:			/* SEND DIAGNOSTIC: self-test passes */
		return;
	case 0x5e:
	case 0x5f:
		if (!pr_execute(t, l))
			scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (l->type == LUN_TAPE ? !tape_execute(t, l) : !disk_execute(t, l))
		scsi_sense(t, 5, 0x20, 0);
}
