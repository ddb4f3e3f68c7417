// SPDX-License-Identifier: GPL-2.0
/* The judge on full-feature requests: commands, data, SNACK. */
#include <stdlib.h>

#include "judge.h"

static u32 min32(u32 a, u32 b)
{
	return a < b ? a : b;
}

void judge_task_free(struct task *t)
{
	struct judge_session *js = t->sess->j;

	/* Ended before the initiator could know: late Data-Out is legal. */
	if (js && t->wr && t->state != TASK_STATUS)
		js->gone[js->nr_gone++ % ARRAY_SIZE(js->gone)] = t->itt;
	if (t->j && t->j->abit && t->state == TASK_STATUS && t->conn &&
	    t->j->abit_when + 500000 < t->conn->last_tx &&
	    t->j->data_ack <= t->j->abit_sn)
		judge(t->conn, "11.16.2", "tag %x: A bit on DataSN %u, no DataACK came",
		      t->itt, t->j->abit_sn);
	free(t->j);
	t->j = NULL;
}

static bool is_gone(const struct judge_session *js, u32 itt)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(js->gone) && i < js->nr_gone; i++)
		if (js->gone[i] == itt)
			return true;
	return false;
}

/* ---- SCSI Command (11.3) ---- */

static void scsi_flags(struct conn *c, const struct pdu *p)
{
	const struct params *k = &c->sess->p;
	bool f = p->bhs[1] & FLAG_FINAL, w = p->bhs[1] & CMD_WRITE;
	bool r = p->bhs[1] & CMD_READ;
	u32 edtl = get_be32(p->bhs + 20);
	u32 first = min32(k->v[K_FIRST_BURST], edtl);

	if (!f && !w)
		judge(c, "11.3.1", "F and W both 0");
	if (edtl && !r && !w)
		judge(c, "11.3.1", "length %u with neither R nor W", edtl);
	if (p->len && !w)
		judge(c, "11.3.4", "immediate data in a command that is no write");
	if (p->len && !k->v[K_IMMEDIATE_DATA])
		judge(c, "13.11", "immediate data, ImmediateData=No");
	if (!f && k->v[K_INITIAL_R2T])
		judge(c, "13.10", "F=0 with InitialR2T=Yes");
	if (w && p->len > k->v[K_FIRST_BURST])
		judge(c, "13.14", "%u bytes immediate, FirstBurstLength is %u",
		      p->len, k->v[K_FIRST_BURST]);
	if (w && p->len > edtl)
		judge(c, "11.3.4", "%u bytes immediate of %u", p->len, edtl);
	if (!f && p->len >= first)
		judge(c, "11.3.1", "F=0, but nothing unsolicited is left");
	if (pdu_imm(p))
		judge(c, "10.6", "SCSI command %02x is sent immediate",
		      p->bhs[32]);
	if ((p->bhs[1] & 7) > 4)
		judge(c, "11.3.1", "task attribute %u", p->bhs[1] & 7);
}

void judge_scsi(struct conn *c, const struct pdu *p)
{
	u32 off = 0;

	if (c->sess->discovery) {
		judge(c, "4.3", "SCSI command in a Discovery session");
		return;
	}
	scsi_flags(c, p);
	while (off + 4 <= p->ahs_len) {
		u32 n = get_be16(p->ahs + off);
		u8 type = p->ahs[off + 2] & 0x3f;

		if (type != 1 && type != 2)
			judge(c, "11.2.2", "AHS of type %u", type);
		if (type == 1 && n < 2)
			judge(c, "11.2.2.3", "extended CDB of %u bytes",
			      n + 15);
		if (type == 2 && n != 5)
			judge(c, "11.2.2.4", "bidirectional length AHS of %u",
			      n);
		off += pad4(n + 3);
	}
}

/* ---- Data-Out (11.7) ---- */

static void data_shape(struct conn *c, const struct pdu *p)
{
	bool f = p->bhs[1] & FLAG_FINAL;

	if (!p->len)
		judge(c, "11.7.7", "Data-Out without data");
	if (!f && p->len % 4)
		judge(c, "11.7.7", "Data-Out of %u bytes and F=0", p->len);
}

static void unsolicited(struct conn *c, const struct pdu *p, struct task *t)
{
	struct judge_task *j = judge_task(t);
	u32 sn = get_be32(p->bhs + 36), off = get_be32(p->bhs + 40);
	u32 first = min32(c->sess->p.v[K_FIRST_BURST], t->edtl);
	bool f = p->bhs[1] & FLAG_FINAL;

	if (t->req->bhs[1] & FLAG_FINAL || j->unsol_done) {
		judge(c, "11.3.1", "unsolicited Data-Out after F=1 (tag %x)",
		      t->itt);
		return;
	}
	if (t->reassigned)
		judge(c, "7.2.2", "unsolicited Data-Out after a reassignment (tag %x)",
		      t->itt);
	if (!j->unsol_sn)
		j->unsol_off = t->req->len;
	if (sn != j->unsol_sn)
		judge(c, "11.7.5", "unsolicited DataSN %u, expected %u", sn,
		      j->unsol_sn);
	if (off != j->unsol_off)
		judge(c, "11.7.6", "unsolicited offset %u, expected %u", off,
		      j->unsol_off);
	if (off + p->len > first)
		judge(c, "13.14", "unsolicited data up to %u of %u",
		      off + p->len, first);
	if (f != (off + p->len == first))
		judge(c, "11.7.1", "F=%d at %u of %u unsolicited bytes", f,
		      off + p->len, first);
	if (get_be64(p->bhs + 8))
		judge(c, "11.7.4", "LUN in unsolicited Data-Out");
	j->unsol_sn = sn + 1;
	j->unsol_off = off + p->len;
	j->unsol_done = f;
}

static void solicited(struct conn *c, const struct pdu *p, struct task *t)
{
	struct judge_task *j = judge_task(t);
	u32 sn = get_be32(p->bhs + 36), off = get_be32(p->bhs + 40);
	bool f = p->bhs[1] & FLAG_FINAL;
	struct jr2t *r = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(j->r2t); i++)
		if (j->r2t[i].used && j->r2t[i].ttt == pdu_ttt(p))
			r = &j->r2t[i];
	if (!r) {
		judge(c, "11.7.4", "Data-Out with ttt %x, no R2T has it",
		      pdu_ttt(p));
		return;
	}
	if (r->conn_id != c->id) {
		judge(c, "E.1", "Data-Out for ttt %x of a lost connection",
		      r->ttt);
		return;
	}
	/* A copy of the R2T may be served, or not: it has the same tag. */
	if (r->done && c->j->r2t_copies) {
		c->j->r2t_copies--;
		r->next_sn = 0;
		r->next_off = r->off;
		r->done = false;
	}
	if (r->done) {
		judge(c, "11.7.1", "Data-Out after F=1 for ttt %x", r->ttt);
		return;
	}
	/* R2Ts are served in the order in which they came (11.8). */
	for (i = 0; i < ARRAY_SIZE(j->r2t); i++)
		if (j->r2t[i].used && !j->r2t[i].done &&
		    j->r2t[i].conn_id == c->id &&
		    &j->r2t[i] != r && j->r2t[i].seq < r->seq && !sn)
			judge(c, "11.8", "ttt %x is served before ttt %x",
			      r->ttt, j->r2t[i].ttt);
	if (memcmp(p->bhs + 8, t->req->bhs + 8, 8))
		judge(c, "11.7.4", "LUN is not the R2T's");
	if (sn != r->next_sn)
		judge(c, "11.7.5", "DataSN %u, expected %u (ttt %x)", sn,
		      r->next_sn, r->ttt);
	if (off != r->next_off)
		judge(c, "11.8", "offset %u, expected %u (ttt %x)", off,
		      r->next_off, r->ttt);
	if (off < r->off || off + p->len > r->off + r->len)
		judge(c, "11.7.1", "%u bytes at %u, the R2T wants %u at %u",
		      p->len, off, r->len, r->off);
	else if (f != (off + p->len == r->off + r->len))
		judge(c, "11.7.1", "F=%d at %u of %u (ttt %x)", f,
		      off + p->len - r->off, r->len, r->ttt);
	r->next_sn = sn + 1;
	r->next_off = off + p->len;
	r->done = f;
}

/* The trouble maker sends a changed copy of this PDU first. */
void judge_copied(struct conn *c, const struct pdu *p)
{
	if (c->j && pdu_op(p) == OP_R2T)
		c->j->r2t_copies++;
}

void judge_data_out(struct conn *c, const struct pdu *p)
{
	struct task *t = task_find(c->sess, pdu_itt(p));

	data_shape(c, p);
	if (!t) {
		if (!is_gone(c->sess->j, pdu_itt(p)))
			judge(c, "4.2.5.3", "Data-Out for tag %x, which is no task",
			      pdu_itt(p));
		return;
	}
	if (t->conn != c) {
		judge(c, "4.2.5.1", "Data-Out for tag %x, allegiant to %s%u",
		      t->itt, t->conn ? "cid " : "no connection, was cid ",
		      t->conn ? t->conn->cid : t->old ? t->old->cid : 0);
		return;
	}
	if (t->j && t->j->ends &&
	    (t->j->ends == NO_DATA || pdu_ttt(p) != RSVD_TAG))
		judge(c, "4.2.3.4", "Data-Out for tag %x, which FastAbort ends",
		      t->itt);
	if (!t->wr) {
		judge(c, "4.2.5.3", "Data-Out for tag %x, which is no write",
		      t->itt);
		return;
	}
	if (pdu_ttt(p) == RSVD_TAG)
		unsolicited(c, p, t);
	else
		solicited(c, p, t);
}

/* ---- what the target sends for tasks ---- */

static void note_r2t(struct conn *c, const struct pdu *p, struct task *t)
{
	struct judge_task *j = judge_task(t);
	struct jr2t *r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(j->r2t); i++)
		if (j->r2t[i].used && j->r2t[i].ttt == pdu_ttt(p))
			return;		/* sent again after a SNACK */
	r = &j->r2t[j->nr_r2t++ % ARRAY_SIZE(j->r2t)];
	*r = (struct jr2t){
		.seq = j->nr_r2t,
		.used = true, .ttt = pdu_ttt(p), .conn_id = c->id,
		.off = get_be32(p->bhs + 40), .len = get_be32(p->bhs + 44),
		.next_off = get_be32(p->bhs + 40),
	};
	/* What was lost before a reassignment does not come again. */
	if (get_be32(p->bhs + 36) == j->r2tsn_high ||
	    (t->reassigned && sn_lt(j->r2tsn_high, get_be32(p->bhs + 36))))
		j->r2tsn_high = get_be32(p->bhs + 36) + 1;
}

/* The target counts its Data-In from sn on again. */
void judge_data_restart(struct task *t, u32 sn)
{
	struct judge_task *j = judge_task(t);

	j->nr_din_lost = 0;
	j->din_high = sn;
	j->din_next = sn;
}

static void note_data_in(struct conn *c, const struct pdu *p, struct task *t,
			 bool whole)
{
	struct judge_task *j = judge_task(t);
	u32 sn = get_be32(p->bhs + 36);
	unsigned int i;

	for (i = 0; i < j->nr_din_lost; i++)
		if (j->din_lost[i] == sn)
			break;
	if (whole && i < j->nr_din_lost)
		j->din_lost[i] = j->din_lost[--j->nr_din_lost];
	else if (!whole && i == j->nr_din_lost &&
		 i < ARRAY_SIZE(j->din_lost))
		j->din_lost[j->nr_din_lost++] = sn;
	if (!whole)
		c->j->data_lost = true;
	if (sn >= j->din_high)
		j->din_high = sn + 1;
	j->din_next = j->din_high;
	for (i = 0; i < j->nr_din_lost; i++)
		j->din_next = min32(j->din_next, j->din_lost[i]);
	if (whole && p->bhs[1] & DIN_ACK && !(p->bhs[1] & DIN_STATUS)) {
		j->abit = true;
		j->abit_sn = sn;
		j->abit_when = now_us();
	}
}

/* No status is acknowledged while data of its task is missing (7.9). */
void judge_data_acked(struct conn *c, u32 exp_statsn)
{
	struct task *t;
	unsigned int i;

	for (i = 0; i < TASK_HASH; i++)
		TAILQ_FOREACH(t, &c->sess->hash[i], link)
			if (t->conn == c && t->state == TASK_STATUS &&
			    t->has_statsn && sn_lt(t->statsn, exp_statsn) &&
			    t->j && t->j->nr_din_lost)
				judge(c, "7.9",
				      "ExpStatSN %x acknowledges the status of tag %x, DataSN %u is missing",
				      exp_statsn, t->itt, t->j->din_lost[0]);
}

void judge_task_tx(struct conn *c, const struct pdu *p, bool whole)
{
	struct task *t = task_find(c->sess, pdu_itt(p));

	if (!t)
		return;
	if (pdu_op(p) == OP_R2T && whole)
		note_r2t(c, p, t);
	else if (pdu_op(p) == OP_DATA_IN)
		note_data_in(c, p, t, whole);
}

/* ---- SNACK (11.16) ---- */

static void snack_task(struct conn *c, const struct pdu *p, u8 type)
{
	u32 beg = get_be32(p->bhs + 40), run = get_be32(p->bhs + 44);
	struct task *t = task_find(c->sess, pdu_itt(p));
	struct judge_task *j;

	if (!t) {
		if (!is_gone(c->sess->j, pdu_itt(p)))
			judge(c, "11.16", "SNACK for tag %x, which is no task",
			      pdu_itt(p));
		return;
	}
	j = judge_task(t);
	if (t->conn != c)
		judge(c, "4.2.5.1", "SNACK for tag %x on another connection",
		      t->itt);
	if (type == SNACK_RDATA) {
		if (beg || run)
			judge(c, "11.16.6", "R-Data SNACK with BegRun %u RunLength %u",
			      beg, run);
		if (!pdu_ttt(p) || pdu_ttt(p) == RSVD_TAG ||
		    pdu_ttt(p) == j->last_tag)
			judge(c, "11.16.5", "SNACK Tag %x", pdu_ttt(p));
		j->last_tag = pdu_ttt(p);
		judge_data_restart(t, t->ref);
		return;
	}
	if (pdu_ttt(p) != RSVD_TAG)
		judge(c, "11.16.5", "Data SNACK with ttt %x", pdu_ttt(p));
	if (t->rd && beg < j->data_ack && !(t->wr && t->rd))
		judge(c, "11.16.2", "DataSN %u asked for, acknowledged up to %u",
		      beg, j->data_ack);
	if (t->rd && t->reassigned && beg < t->ref)
		judge(c, "7.2.2", "DataSN %u asked for, the reassignment acknowledged %u",
		      beg, t->ref);
}

static void snack_ack(struct conn *c, const struct pdu *p)
{
	u32 beg = get_be32(p->bhs + 40), sn;
	struct task *t;
	unsigned int i;

	if (pdu_itt(p) != RSVD_TAG)
		judge(c, "11.16.4", "DataACK with tag %x", pdu_itt(p));
	if (get_be32(p->bhs + 44))
		judge(c, "11.16.7", "DataACK with RunLength %u",
		      get_be32(p->bhs + 44));
	for (i = 0; i < TASK_HASH; i++) {
		TAILQ_FOREACH(t, &c->sess->hash[i], link) {
			for (sn = 0; sn < t->nr_din; sn++)
				if (t->din[sn].flags & DIN_ACK &&
				    t->din[sn].ttt == pdu_ttt(p))
					goto found;
		}
	}
	judge(c, "11.16.5", "DataACK with ttt %x, no Data-In has it",
	      pdu_ttt(p));
	return;
found:
	if (memcmp(p->bhs + 8, t->req->bhs + 8, 8))
		judge(c, "11.16.5", "DataACK with another LUN");
	if (t->conn != c)
		judge(c, "E.1", "DataACK for a connection that is lost");
	if (beg > judge_task(t)->din_next)
		judge(c, "11.16.2", "DataACK up to %u, only %u came", beg,
		      t->j->din_next);
	else if (beg <= sn)
		judge(c, "11.16.2", "DataACK up to %u, the A bit was on %u",
		      beg, sn);
	if (beg > t->j->data_ack)
		t->j->data_ack = beg;
}

void judge_snack(struct conn *c, const struct pdu *p)
{
	u8 type = p->bhs[1] & 0x7f;

	if (c->sess->p.v[K_ERL] == 0)
		judge(c, "11.16", "SNACK at ERL 0");
	if (type > SNACK_RDATA)
		judge(c, "11.16.1", "SNACK of type %u", type);
	if (type != SNACK_DATA_ACK && get_be64(p->bhs + 8))
		judge(c, "11.16", "LUN in a SNACK of type %u", type);
	switch (type) {
	case SNACK_DATA:
	case SNACK_RDATA:
		snack_task(c, p, type);
		break;
	case SNACK_DATA_ACK:
		snack_ack(c, p);
		break;
	case SNACK_STATUS:
		if (pdu_itt(p) != RSVD_TAG || pdu_ttt(p) != RSVD_TAG)
			judge(c, "11.16.4", "Status SNACK with tags %x, %x",
			      pdu_itt(p), pdu_ttt(p));
		if (get_be32(p->bhs + 40) &&
		    sn_lt(get_be32(p->bhs + 40), pdu_expstatsn(p)))
			judge(c, "11.16", "Status SNACK for %x, acknowledged up to %x",
			      get_be32(p->bhs + 40), pdu_expstatsn(p));
		break;
	}
}
