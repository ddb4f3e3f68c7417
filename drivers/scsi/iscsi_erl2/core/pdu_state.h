/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PDU a connection is sending, the one it is receiving, and how many there
 * were.
 */
#ifndef _ERL2_PDU_STATE_H
#define _ERL2_PDU_STATE_H

#include <linux/types.h>
#include <scsi/iscsi_proto.h>
#include "proto/datain.h"

struct erl2_task;

/**
 * enum erl2_tx_phase - what of the current PDU goes out next
 */
enum erl2_tx_phase {
	ERL2_TX_IDLE,
	ERL2_TX_HEADER,		/* BHS, AHS, header digest */
	ERL2_TX_DATA,
	ERL2_TX_TRAILER,	/* padding, data digest */
};

/**
 * struct erl2_tx - the PDU being sent (socket lock)
 * @task: owner of the data; NULL for a PDU without, or when the target ended the
 *	task in the middle of its PDU, which is then filled up with zeros
 * @text: data of a control PDU instead, NULL for all others
 * @starts: task whose request this PDU is, until its header has left
 * @broken: what is half sent must not be completed: nothing leaves any more
 * @burst: task with more Data-Out PDUs of the same sequence to come
 * @unsolicited: @burst is the unsolicited data behind a command
 * @offset: Buffer Offset of the data
 * @phase: what goes out next
 * @head: BHS, then AHS, then header digest
 * @head_len: bytes in @head
 * @trailer: padding, then data digest
 * @trailer_len: bytes in @trailer
 * @sent: bytes of the current phase already handed to TCP
 * @data_len: DataSegmentLength
 * @crc: data digest so far
 */
struct erl2_tx {
	struct erl2_task *task;
	struct erl2_task *starts;
	const char *text;
	struct erl2_task *burst;
	bool broken;
	bool unsolicited;
	u32 offset;
	enum erl2_tx_phase phase;
	u8 head[sizeof(struct iscsi_hdr) + 64] __aligned(4);
	u8 trailer[8];
	unsigned int head_len;
	unsigned int trailer_len;
	unsigned int sent;
	u32 data_len;
	u32 crc;
};

#define ERL2_RX_BUF_LEN		8192	/* of a data segment we look at */
#define ERL2_RX_SCRATCH_LEN	256	/* what is only summed up */

/**
 * struct erl2_rx - the PDU being received (socket lock)
 * @phase: which part comes next
 * @head: BHS, then AHS, then header digest
 * @need: length of the current part
 * @have: bytes of the current part received
 * @data_len: DataSegmentLength
 * @task: Data-In: where the data goes; NULL: to @buf, what does not fit there
 *	is dropped
 * @place: with @task: what becomes of the Data-In
 * @offset: Buffer Offset of a Data-In
 * @crc: data digest so far
 * @ddigest: data digest received
 * @buf: data segment of all PDUs but Data-In; ERL2_RX_BUF_LEN bytes and then
 *	ERL2_RX_SCRATCH_LEN of scratch space
 */
struct erl2_rx {
	u8 phase;
	u8 head[sizeof(struct iscsi_hdr) + 4 * 255 + 4] __aligned(4);
	unsigned int need;
	unsigned int have;
	u32 data_len;
	struct erl2_task *task;
	enum erl2_datain place;
	u32 offset;
	u32 crc;
	u8 ddigest[4];
	u8 *buf;
};

/**
 * struct erl2_conn_stats - counters, each written under the socket lock
 */
struct erl2_conn_stats {
	u64 tx_octets;
	u64 rx_octets;
	u64 noptx_pdus;
	u64 cmd_pdus;
	u64 tmf_pdus;
	u64 login_pdus;
	u64 dataout_pdus;
	u64 logout_pdus;
	u64 noprx_pdus;
	u64 rsp_pdus;
	u64 tmfrsp_pdus;
	u64 datain_pdus;
	u64 r2t_pdus;
	u64 async_pdus;
	u64 reject_pdus;
	u64 digest_errs;
	u64 timeout_errs;
	u64 format_errs;
};

#endif /* _ERL2_PDU_STATE_H */
