/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The iSCSI wire format (RFC 7143 ch. 11): opcodes, field positions and
 * big-endian access. Nothing here is shared with the driver under test.
 */
#ifndef TARGET_WIRE_H
#define TARGET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <endian.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#define BHS_LEN		48
#define RSVD_TAG	0xffffffffu
#define LOGIN_MRDSL	8192

enum opcode {
	OP_NOP_OUT = 0x00, OP_SCSI_CMD = 0x01, OP_TMF = 0x02, OP_LOGIN = 0x03,
	OP_TEXT = 0x04, OP_DATA_OUT = 0x05, OP_LOGOUT = 0x06, OP_SNACK = 0x10,
	OP_NOP_IN = 0x20, OP_SCSI_RSP = 0x21, OP_TMF_RSP = 0x22,
	OP_LOGIN_RSP = 0x23, OP_TEXT_RSP = 0x24, OP_DATA_IN = 0x25,
	OP_LOGOUT_RSP = 0x26, OP_R2T = 0x31, OP_ASYNC = 0x32, OP_REJECT = 0x3f,
};

#define OP_MASK		0x3f
#define OP_IMMEDIATE	0x40
#define FLAG_FINAL	0x80

/* byte 1 of a SCSI Command */
#define CMD_READ	0x40
#define CMD_WRITE	0x20
/* byte 1 of a Data-In or SCSI Response */
#define DIN_ACK		0x40
#define RSP_BI_OVER	0x10
#define RSP_BI_UNDER	0x08
#define RSP_OVERFLOW	0x04
#define RSP_UNDERFLOW	0x02
#define DIN_STATUS	0x01
/* byte 1 of Login and Text */
#define TXT_CONTINUE	0x40

enum tmf_function {
	TMF_ABORT_TASK = 1, TMF_ABORT_TASK_SET, TMF_CLEAR_ACA,
	TMF_CLEAR_TASK_SET, TMF_LU_RESET, TMF_WARM_RESET, TMF_COLD_RESET,
	TMF_REASSIGN, TMF_QUERY_TASK, TMF_QUERY_TASK_SET,
	TMF_NEXUS_RESET, TMF_QUERY_ASYNC,
};

enum tmf_response {
	TMF_COMPLETE, TMF_NO_TASK, TMF_NO_LUN, TMF_STILL_ALLEGIANT,
	TMF_NO_REASSIGN, TMF_UNSUPPORTED, TMF_AUTH_FAILED, TMF_SUCCEEDED,
	TMF_REJECTED = 255,
};

enum reject_reason {
	REJ_DATA_DIGEST = 2, REJ_SNACK = 3, REJ_PROTOCOL = 4,
	REJ_UNSUPPORTED = 5, REJ_IMMEDIATE = 6, REJ_IN_PROGRESS = 7,
	REJ_DATA_ACK = 8, REJ_FIELD = 9, REJ_LONG_OP = 10,
	REJ_WAIT_LOGOUT = 12,
};

enum snack_type { SNACK_DATA, SNACK_STATUS, SNACK_DATA_ACK, SNACK_RDATA };

static inline u16 get_be16(const void *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline u32 get_be24(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 16 | b[1] << 8 | b[2];
}

static inline u32 get_be32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline u64 get_be64(const void *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static inline void put_be16(void *p, u16 v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be24(void *p, u32 v)
{
	u8 *b = p;

	b[0] = v >> 16;
	b[1] = v >> 8;
	b[2] = v;
}

static inline void put_be32(void *p, u32 v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void put_be64(void *p, u64 v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

/* Serial number arithmetic (RFC 7143 4.2.2.1, RFC 1982). */
static inline bool sn_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool sn_le(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline u32 pad4(u32 n)
{
	return (n + 3) & ~3u;
}

#endif
