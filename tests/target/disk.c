// SPDX-License-Identifier: GPL-2.0
/* A direct-access block device: what Linux sd asks for, and a bit more. */
#include <stdlib.h>

#include "target.h"

struct range {
	u64 lba;
	u32 blocks;
};

/* LBA and length of the block commands; false if cdb is none of them. */
static bool cdb_range(const u8 *b, struct range *r)
{
	switch (b[0]) {
	case 0x08: case 0x0a:
		r->lba = get_be24(b + 1) & 0x1fffff;
		r->blocks = b[4] ? b[4] : 256;
		return true;
	case 0x28: case 0x2a: case 0x2e: case 0x2f: case 0x34: case 0x35:
	case 0x41:
		r->lba = get_be32(b + 2);
		r->blocks = get_be16(b + 7);
		return true;
	case 0xa8: case 0xaa: case 0xae: case 0xaf:
		r->lba = get_be32(b + 2);
		r->blocks = get_be32(b + 6);
		return true;
	case 0x88: case 0x8a: case 0x8e: case 0x8f: case 0x90: case 0x91:
	case 0x93:
		r->lba = get_be64(b + 2);
		r->blocks = get_be32(b + 10);
		return true;
	case 0x89:
		r->lba = get_be64(b + 2);
		r->blocks = b[13];
		return true;
	}
	return false;
}

static bool in_range(struct task *t, struct lun *l, const struct range *r)
{
	if (r->lba <= l->blocks && r->blocks <= l->blocks - r->lba)
		return true;
	scsi_sense(t, 5, 0x21, 0);
	return false;
}

static void do_read(struct task *t, struct lun *l, const struct range *r)
{
	if (t->cdb[0] != 0x08 && t->cdb[1] & 0xe0) {
		scsi_sense(t, 5, 0x24, 0);	/* no protection information */
		return;
	}
	if (!lun_io(l, false, r->lba, r->blocks,
		    scsi_in(t, r->blocks * l->bs)))
		scsi_sense(t, 3, 0x11, 0);
	l->nr_reads++;
	if (r->lba >= set.count_from)
		counters.reads++;
}

static void do_write(struct task *t, struct lun *l, const struct range *r)
{
	u32 blocks = r->blocks;

	if (t->cdb[0] != 0x0a && t->cdb[1] & 0xe0) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	/* An expected length below the CDB's cuts the transfer (O bit). */
	if (blocks > t->edtl / l->bs)
		blocks = t->edtl / l->bs;
	if (!t->wr)
		blocks = 0;
	if (blocks && !lun_io(l, true, r->lba, blocks, t->out))
		scsi_sense(t, 3, 0x0c, 0);
	lun_count(l, r->lba, blocks);
}

static void do_verify(struct task *t, struct lun *l, const struct range *r)
{
	u32 n = r->blocks * l->bs;
	u8 *m;

	if (t->cdb[1] & 0xe0) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (!(t->cdb[1] & 2))
		return;
	m = xalloc(n);
	lun_io(l, false, r->lba, r->blocks, m);
	if (t->edtl < n || memcmp(m, t->out, n))
		scsi_sense(t, 0x0e, 0x1d, 0);
	free(m);
}

static void do_compare_and_write(struct task *t, struct lun *l,
				 const struct range *r)
{
	u32 n = r->blocks * l->bs, i;
	u8 *m;

	if (!r->blocks && !t->edtl)
		return;
	if (t->cdb[1] & 0xe0 || t->edtl != 2 * n) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	m = xalloc(n);
	lun_io(l, false, r->lba, r->blocks, m);
	for (i = 0; i < n && m[i] == t->out[i]; i++)
		;
	if (i < n) {
		scsi_sense_info(t, 0x0e, 0x1d, 0, 0, i);
		t->sense[0] |= 0x80;
	} else {
		lun_io(l, true, r->lba, r->blocks, t->out + n);
		lun_count(l, r->lba, r->blocks);
	}
	free(m);
}

static void fill(struct lun *l, u64 lba, u32 blocks, const u8 *pattern)
{
	while (blocks--)
		lun_io(l, true, lba++, 1, (u8 *)pattern);
}

static void do_write_same(struct task *t, struct lun *l, const struct range *r)
{
	static const u8 zero[4096];
	const u8 *pattern = t->out;
	u32 blocks = r->blocks;

	if (!blocks || t->cdb[1] & 0xf6 || blocks > 0x10000) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (t->cdb[0] == 0x93 && t->cdb[1] & 1)
		pattern = zero;
	else if (t->edtl < l->bs || !t->wr)
		return;
	fill(l, r->lba, blocks, pattern);
	lun_count(l, r->lba, blocks);
}

static void do_unmap(struct task *t, struct lun *l)
{
	static const u8 zero[4096];
	u32 len = get_be16(t->cdb + 7), off;

	if (len > t->edtl)
		len = t->edtl;
	if (!len)
		return;
	if (len < 8 || t->cdb[1] & 1) {
		scsi_sense(t, 5, len < 8 ? 0x1a : 0x24, 0);
		return;
	}
	for (off = 8; off + 16 <= len; off += 16) {
		struct range r = { get_be64(t->out + off),
				   get_be32(t->out + off + 8) };

		if (!in_range(t, l, &r))
			return;
		fill(l, r.lba, r.blocks, zero);
	}
}

static void read_capacity(struct task *t, struct lun *l)
{
	u64 last = l->blocks - 1;
	u8 d[32] = { 0 };

	if (t->cdb[0] == 0x25) {
		if (!(t->cdb[8] & 1) && get_be32(t->cdb + 2)) {
			scsi_sense(t, 5, 0x24, 0);
			return;
		}
		put_be32(d, last > 0xffffffff ? 0xffffffff : last);
		put_be32(d + 4, l->bs);
		scsi_reply(t, d, 8, 8);
		return;
	}
	put_be64(d, last);
	put_be32(d + 8, l->bs);
	d[14] = 0xc0;		/* LBPME, LBPRZ */
	scsi_reply(t, d, sizeof(d), get_be32(t->cdb + 10));
}

/* Caching, control and exceptions pages; no block descriptor. */
static void mode_sense(struct task *t, struct lun *l)
{
	bool ten = t->cdb[0] == 0x5a, all, changeable;
	u8 d[128] = { 0 }, page = t->cdb[2] & 0x3f;
	u32 hdr = ten ? 8 : 4, n = hdr;
	u32 alloc = ten ? get_be16(t->cdb + 7) : t->cdb[4];

	all = page == 0x3f;
	changeable = t->cdb[2] >> 6 == 1;
	if (t->cdb[2] >> 6 == 3) {
		scsi_sense(t, 5, 0x39, 0);
		return;
	}
	if (page == 0x08 || all) {
		d[n] = 0x08;
		d[n + 1] = 0x12;
		if (!changeable && l->write_cache)
			d[n + 2] = 0x04;
		n += 0x14;
	}
	if (page == 0x0a || all) {
		d[n] = 0x0a;
		d[n + 1] = 0x0a;
		if (!changeable) {
			d[n + 2] = 0x02;	/* GLTSD */
			d[n + 5] = 0x40;	/* TAS off, ATO off */
			d[n + 5] = 0;
		}
		n += 0x0c;
	}
	if (page == 0x1c || all) {
		d[n] = 0x1c;
		d[n + 1] = 0x0a;
		n += 0x0c;
	}
	if (n == hdr) {
		scsi_sense(t, 5, 0x24, 0);
		return;
	}
	if (ten) {
		put_be16(d, n - 2);
		d[3] = 0x10;			/* DPOFUA */
	} else {
		d[0] = n - 1;
		d[2] = 0x10;
	}
	scsi_reply(t, d, n, alloc);
}

static bool ranged(struct task *t, struct lun *l, const struct range *r)
{
	switch (t->cdb[0]) {
	case 0x08: case 0x28: case 0xa8: case 0x88:
		do_read(t, l, r);
		return true;
	case 0x2e: case 0xae: case 0x8e:
	case 0x0a: case 0x2a: case 0xaa: case 0x8a:
		do_write(t, l, r);
		return true;
	case 0x2f: case 0xaf: case 0x8f:
		do_verify(t, l, r);
		return true;
	case 0x89:
		do_compare_and_write(t, l, r);
		return true;
	case 0x41: case 0x93:
		do_write_same(t, l, r);
		return true;
	case 0x34: case 0x90:			/* PRE-FETCH */
	case 0x35: case 0x91:			/* SYNCHRONIZE CACHE */
		return true;
	}
	return false;
}

bool disk_execute(struct task *t, struct lun *l)
{
	struct range r;

	if (cdb_range(t->cdb, &r)) {
		if (!in_range(t, l, &r))
			return true;
		return ranged(t, l, &r);
	}
	switch (t->cdb[0]) {
	case 0x25:
		read_capacity(t, l);
		return true;
	case 0x9e:
		if ((t->cdb[1] & 0x1f) != 0x10)
			return false;
		read_capacity(t, l);
		return true;
	case 0x1a: case 0x5a:
		mode_sense(t, l);
		return true;
	case 0x15: case 0x55:			/* MODE SELECT: taken, unused */
	case 0x1b: case 0x1e:			/* START STOP, PREVENT ALLOW */
		return true;
	case 0x42:
		do_unmap(t, l);
		return true;
	}
	return false;
}
