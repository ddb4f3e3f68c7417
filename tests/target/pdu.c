// SPDX-License-Identifier: GPL-2.0
/* PDU codec: bytes <-> struct pdu, digests, and a readable line for the log. */
#include <stdlib.h>
#include <strings.h>

#include "target.h"

struct pdu *pdu_new(u8 opcode, u8 flags)
{
	struct pdu *p = xalloc(sizeof(*p));

	p->bhs[0] = opcode;
	p->bhs[1] = flags;
	p->cut = -1;
	return p;
}

struct pdu *pdu_clone(const struct pdu *p)
{
	struct pdu *n = xalloc(sizeof(*n));

	*n = *p;
	if (p->ahs) {
		n->ahs = xalloc(p->ahs_len);
		memcpy(n->ahs, p->ahs, p->ahs_len);
	}
	if (p->data) {
		n->data = xalloc(p->len);
		memcpy(n->data, p->data, p->len);
	}
	return n;
}

void pdu_free(struct pdu *p)
{
	if (!p)
		return;
	free(p->ahs);
	free(p->data);
	free(p);
}

void pdu_set_data(struct pdu *p, const void *data, u32 len)
{
	free(p->data);
	p->data = NULL;
	p->len = len;
	put_be24(p->bhs + 5, len);
	if (!len)
		return;
	p->data = xalloc(len);
	memcpy(p->data, data, len);
}

size_t pdu_wire_len(const u8 *bhs, bool hdr_digest, bool data_digest)
{
	u32 len = get_be24(bhs + 5);
	size_t n = BHS_LEN + bhs[4] * 4u;

	if (hdr_digest)
		n += 4;
	n += pad4(len);
	if (data_digest && len)
		n += 4;
	return n;
}

long pdu_parse(const u8 *buf, size_t n, bool hdr_digest, bool data_digest,
	       struct pdu **out)
{
	size_t hdr, total;
	struct pdu *p;
	const u8 *d;
	u32 i;

	if (n < BHS_LEN)
		return 0;
	hdr = BHS_LEN + buf[4] * 4u;
	/* Check the header before its length fields are believed. */
	if (hdr_digest) {
		u32 crc;

		if (n < hdr + 4)
			return 0;
		memcpy(&crc, buf + hdr, 4);
		if (le32toh(crc) != crc32c(0, buf, hdr))
			return -1;
	}
	total = pdu_wire_len(buf, hdr_digest, data_digest);
	if (n < total)
		return 0;
	p = xalloc(sizeof(*p));
	memcpy(p->bhs, buf, BHS_LEN);
	p->cut = -1;
	p->ahs_len = buf[4] * 4u;
	if (p->ahs_len) {
		p->ahs = xalloc(p->ahs_len);
		memcpy(p->ahs, buf + BHS_LEN, p->ahs_len);
	}
	d = buf + hdr + (hdr_digest ? 4 : 0);
	p->len = get_be24(buf + 5);
	if (p->len) {
		p->data = xalloc(p->len);
		memcpy(p->data, d, p->len);
		for (i = p->len; i < pad4(p->len); i++)
			if (d[i])
				p->bad_pad = true;
		if (data_digest) {
			u32 crc;

			memcpy(&crc, d + pad4(p->len), 4);
			if (le32toh(crc) != crc32c(0, d, pad4(p->len)))
				p->bad_ddigest = true;
		}
	}
	*out = p;
	return total;
}

u8 *pdu_build(const struct pdu *p, bool hdr_digest, bool data_digest,
	      size_t *len)
{
	size_t n = 0, total = pdu_wire_len(p->bhs, hdr_digest, data_digest);
	u8 *b = xalloc(total);
	u32 crc;

	memcpy(b, p->bhs, BHS_LEN);
	n = BHS_LEN;
	if (p->ahs_len) {
		memcpy(b + n, p->ahs, p->ahs_len);
		n += p->ahs_len;
	}
	if (hdr_digest) {
		crc = htole32(crc32c(0, b, n) ^ (p->break_hdigest ? 1 : 0));
		memcpy(b + n, &crc, 4);
		n += 4;
	}
	if (p->len) {
		memcpy(b + n, p->data, p->len);
		if (data_digest) {
			crc = crc32c(0, b + n, pad4(p->len));
			crc = htole32(crc ^ (p->break_ddigest ? 1 : 0));
			memcpy(b + n + pad4(p->len), &crc, 4);
		}
	}
	*len = total;
	return b;
}

static const struct {
	u8 op;
	const char *name;
} names[] = {
	{ OP_NOP_OUT, "NopOut" }, { OP_SCSI_CMD, "ScsiCmd" },
	{ OP_TMF, "Tmf" }, { OP_LOGIN, "Login" }, { OP_TEXT, "Text" },
	{ OP_DATA_OUT, "DataOut" }, { OP_LOGOUT, "Logout" },
	{ OP_SNACK, "Snack" }, { OP_NOP_IN, "NopIn" },
	{ OP_SCSI_RSP, "ScsiRsp" }, { OP_TMF_RSP, "TmfRsp" },
	{ OP_LOGIN_RSP, "LoginRsp" }, { OP_TEXT_RSP, "TextRsp" },
	{ OP_DATA_IN, "DataIn" }, { OP_LOGOUT_RSP, "LogoutRsp" },
	{ OP_R2T, "R2t" }, { OP_ASYNC, "Async" }, { OP_REJECT, "Reject" },
};

const char *pdu_op_name(u8 opcode)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].op == (opcode & OP_MASK))
			return names[i].name;
	return "?";
}

int pdu_op_by_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcasecmp(names[i].name, name))
			return names[i].op;
	return -1;
}

/* The fields of each kind, as printf arguments; see pdu_describe(). */
static int describe_request(const struct pdu *p, char *o, size_t n)
{
	const u8 *b = p->bhs;

	switch (pdu_op(p)) {
	case OP_SCSI_CMD:
		return snprintf(o, n, " cdb=%02x lun=%u %s%s%sEDTL=%u attr=%u",
				b[32], b[9], b[1] & CMD_READ ? "R " : "",
				b[1] & CMD_WRITE ? "W " : "",
				b[1] & FLAG_FINAL ? "F " : "",
				get_be32(b + 20), b[1] & 7);
	case OP_TMF:
		return snprintf(o, n,
				" fn=%u rtt=%x lun=%u RefCmdSN=%x ExpDataSN=%u",
				b[1] & 0x7f, get_be32(b + 20), b[9],
				get_be32(b + 32), get_be32(b + 36));
	case OP_LOGIN:
		return snprintf(o, n, " csg=%u nsg=%u T=%u C=%u cid=%u tsih=%u",
				b[1] >> 2 & 3, b[1] & 3, b[1] >> 7,
				b[1] >> 6 & 1, get_be16(b + 20),
				get_be16(b + 14));
	case OP_DATA_OUT:
		return snprintf(o, n, " ttt=%x DataSN=%u off=%u%s",
				get_be32(b + 20), get_be32(b + 36),
				get_be32(b + 40),
				b[1] & FLAG_FINAL ? " F" : "");
	case OP_LOGOUT:
		return snprintf(o, n, " reason=%u cid=%u", b[1] & 0x7f,
				get_be16(b + 20));
	case OP_SNACK:
		return snprintf(o, n, " type=%u ttt=%x BegRun=%x RunLength=%u",
				b[1] & 0x7f, get_be32(b + 20),
				get_be32(b + 40), get_be32(b + 44));
	case OP_TEXT:
	case OP_NOP_OUT:
		return snprintf(o, n, " ttt=%x", get_be32(b + 20));
	}
	return 0;
}

static int describe_response(const struct pdu *p, char *o, size_t n)
{
	const u8 *b = p->bhs;

	switch (pdu_op(p)) {
	case OP_SCSI_RSP:
		return snprintf(o, n,
				" resp=%u status=%02x tag=%x ExpDataSN=%u resid=%u%s%s",
				b[2], b[3], get_be32(b + 20), get_be32(b + 36),
				get_be32(b + 44),
				b[1] & RSP_UNDERFLOW ? " U" : "",
				b[1] & RSP_OVERFLOW ? " O" : "");
	case OP_TMF_RSP:
		return snprintf(o, n, " response=%u", b[2]);
	case OP_LOGIN_RSP:
		return snprintf(o, n, " csg=%u nsg=%u T=%u status=%02x%02x tsih=%u",
				b[1] >> 2 & 3, b[1] & 3, b[1] >> 7, b[36],
				b[37], get_be16(b + 14));
	case OP_DATA_IN:
		return snprintf(o, n, " DataSN=%u off=%u%s%s%s", get_be32(b + 36),
				get_be32(b + 40),
				b[1] & FLAG_FINAL ? " F" : "",
				b[1] & DIN_ACK ? " A" : "",
				b[1] & DIN_STATUS ? " S" : "");
	case OP_LOGOUT_RSP:
		return snprintf(o, n, " response=%u Time2Wait=%u Time2Retain=%u",
				b[2], get_be16(b + 40), get_be16(b + 42));
	case OP_R2T:
		return snprintf(o, n, " ttt=%x R2TSN=%u off=%u want=%u",
				get_be32(b + 20), get_be32(b + 36),
				get_be32(b + 40), get_be32(b + 44));
	case OP_ASYNC:
		return snprintf(o, n, " event=%u p1=%u p2=%u p3=%u", b[36],
				get_be16(b + 38), get_be16(b + 40),
				get_be16(b + 42));
	case OP_REJECT:
		return snprintf(o, n, " reason=%02x of %s", b[2],
				p->len ? pdu_op_name(p->data[0]) : "?");
	case OP_NOP_IN:
	case OP_TEXT_RSP:
		return snprintf(o, n, " ttt=%x", get_be32(b + 20));
	}
	return 0;
}

void pdu_describe(const struct pdu *p, char *out, size_t n)
{
	const u8 *b = p->bhs;
	bool request = !(pdu_op(p) & 0x20);
	size_t k;

	k = snprintf(out, n, "%s%s itt=%x", pdu_op_name(b[0]),
		     pdu_imm(p) ? "!" : "", pdu_itt(p));
	if (request)
		k += describe_request(p, out + k, n - k);
	else
		k += describe_response(p, out + k, n - k);
	if (p->len)
		k += snprintf(out + k, n - k, " len=%u", p->len);
	if (request && pdu_op(p) != OP_DATA_OUT && pdu_op(p) != OP_SNACK)
		k += snprintf(out + k, n - k, " CmdSN=%x", get_be32(b + 24));
	if (request)
		snprintf(out + k, n - k, " ExpStatSN=%x", get_be32(b + 28));
	else if (pdu_op(p) == OP_DATA_IN && !(b[1] & DIN_STATUS))
		snprintf(out + k, n - k, " ExpCmdSN=%x MaxCmdSN=%x",
			 get_be32(b + 28), get_be32(b + 32));
	else
		snprintf(out + k, n - k, " StatSN=%x ExpCmdSN=%x MaxCmdSN=%x",
			 get_be32(b + 24), get_be32(b + 28),
			 get_be32(b + 32));
}
