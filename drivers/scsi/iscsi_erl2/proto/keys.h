/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The operational text keys of RFC 7143 chapter 13: offers, result functions.
 */
#ifndef _ERL2_KEYS_H
#define _ERL2_KEYS_H

#include <linux/types.h>

struct erl2_text;

/* digest preference lists: entries in order, 0 ends the list */
#define ERL2_DIGEST_NONE	1

#define ERL2_DIGEST_CRC32C	2

/**
 * struct erl2_offer - what the initiator proposes in a leading login
 * @header_digest: preference list of ERL2_DIGEST_*
 * @data_digest: preference list of ERL2_DIGEST_*
 * @max_recv: MaxRecvDataSegmentLength we declare
 * @max_connections: MaxConnections
 * @initial_r2t: InitialR2T
 * @immediate_data: ImmediateData
 * @max_burst: MaxBurstLength
 * @first_burst: FirstBurstLength
 * @time2wait: DefaultTime2Wait in seconds
 * @time2retain: DefaultTime2Retain in seconds
 * @max_r2t: MaxOutstandingR2T
 * @fast_abort: FastAbort is among the values of TaskReporting
 * @erl: ErrorRecoveryLevel
 */
struct erl2_offer {
	u8 header_digest[3];
	u8 data_digest[3];
	u32 max_recv;
	u16 max_connections;
	bool initial_r2t;
	bool immediate_data;
	u32 max_burst;
	u32 first_burst;
	u16 time2wait;
	u16 time2retain;
	u16 max_r2t;
	bool fast_abort;
	u8 erl;
};

/**
 * enum erl2_reporting - TaskReporting (RFC 7143 13.23)
 * @ERL2_REPORT_RFC3720: nothing but what RFC 3720 says
 * @ERL2_REPORT_FENCE: ResponseFence
 * @ERL2_REPORT_FAST_ABORT: FastAbort, see 4.2.3.4
 */
enum erl2_reporting {
	ERL2_REPORT_RFC3720,
	ERL2_REPORT_FENCE,
	ERL2_REPORT_FAST_ABORT,
};

/* iSCSIProtocolLevel from which RFC 7144 holds */
#define ERL2_LEVEL_7144		2

/**
 * struct erl2_keys - the outcome of a negotiation
 * @header_digest: CRC32C header digests are in use (this connection)
 * @data_digest: CRC32C data digests are in use (this connection)
 * @max_recv: what we declared (this connection)
 * @max_xmit: what the target declared (this connection)
 * @max_connections: MaxConnections (session, as all below)
 * @initial_r2t: InitialR2T
 * @immediate_data: ImmediateData
 * @max_burst: MaxBurstLength
 * @first_burst: FirstBurstLength
 * @time2wait: DefaultTime2Wait in seconds
 * @time2retain: DefaultTime2Retain in seconds
 * @max_r2t: MaxOutstandingR2T
 * @pdu_in_order: DataPDUInOrder
 * @seq_in_order: DataSequenceInOrder
 * @reporting: TaskReporting, enum erl2_reporting
 * @level: iSCSIProtocolLevel
 * @erl: ErrorRecoveryLevel
 */
struct erl2_keys {
	bool header_digest;
	bool data_digest;
	u32 max_recv;
	u32 max_xmit;

	u16 max_connections;
	bool initial_r2t;
	bool immediate_data;
	u32 max_burst;
	u32 first_burst;
	u16 time2wait;
	u16 time2retain;
	u16 max_r2t;
	bool pdu_in_order;
	bool seq_in_order;
	u8 reporting;
	u8 level;
	u8 erl;
};

/**
 * enum erl2_key - every key a login can meet
 *
 * Bit numbers of masks. Those up to ERL2_KEY_LEADING_LAST are for the leading
 * login only (RFC 7143 13, "LO").
 */
enum erl2_key {
	ERL2_KEY_TIME2WAIT,
	ERL2_KEY_TIME2RETAIN,
	ERL2_KEY_ERL,
	ERL2_KEY_INITIAL_R2T,
	ERL2_KEY_IMMEDIATE_DATA,
	ERL2_KEY_MAX_BURST,
	ERL2_KEY_FIRST_BURST,
	ERL2_KEY_MAX_R2T,
	ERL2_KEY_MAX_CONNECTIONS,
	ERL2_KEY_PDU_IN_ORDER,
	ERL2_KEY_SEQ_IN_ORDER,
	ERL2_KEY_TASK_REPORTING,
	ERL2_KEY_PROTOCOL_LEVEL,
	ERL2_KEY_ARCHITECTURE,
	ERL2_KEY_LEADING_LAST = ERL2_KEY_ARCHITECTURE,
	ERL2_KEY_HEADER_DIGEST,
	ERL2_KEY_DATA_DIGEST,
	ERL2_KEY_MAX_RECV,
	ERL2_KEY_IF_MARKER,
	ERL2_KEY_OF_MARKER,
	ERL2_KEY_IF_MARK_INT,
	ERL2_KEY_OF_MARK_INT,
	/* below: not operational, or not for a target to send */
	ERL2_KEY_TARGET_ALIAS,
	ERL2_KEY_TARGET_ADDRESS,
	ERL2_KEY_TPGT,
	ERL2_KEY_AUTH_METHOD,
	ERL2_KEY_CHAP_A,
	ERL2_KEY_CHAP_I,
	ERL2_KEY_CHAP_C,
	ERL2_KEY_CHAP_N,
	ERL2_KEY_CHAP_R,
	ERL2_KEY_INITIATOR_NAME,
	ERL2_KEY_INITIATOR_ALIAS,
	ERL2_KEY_TARGET_NAME,
	ERL2_KEY_SESSION_TYPE,
	ERL2_KEY_SEND_TARGETS,
	ERL2_KEY_UNKNOWN,
};

/**
 * struct erl2_neg - the operational negotiation of one login
 * @offer: what we want
 * @leading: the keys of the session are negotiated as well
 * @proposed: keys we have sent
 * @received: keys the target has sent
 * @settled: keys whose result is in @keys
 * @peer_max_r2t: MaxOutstandingR2T proposed by the target, 0: none
 * @must_answer: the target proposed something that needs an answer of ours
 * @keys: the outcome; not valid before erl2_neg_finish()
 */
struct erl2_neg {
	const struct erl2_offer *offer;
	bool leading;
	u64 proposed;
	u64 received;
	u64 settled;
	u16 peer_max_r2t;
	bool must_answer;
	struct erl2_keys keys;
};

enum erl2_key erl2_key_find(const char *name);
void erl2_neg_init(struct erl2_neg *neg, const struct erl2_offer *offer,
		   bool leading, const struct erl2_keys *session);
bool erl2_neg_propose(struct erl2_neg *neg, struct erl2_text *out);
int erl2_neg_receive(struct erl2_neg *neg, enum erl2_key key,
		     const char *name, const char *value,
		     struct erl2_text *out);
int erl2_neg_finish(struct erl2_neg *neg);
void erl2_offer_init(struct erl2_offer *offer);
int erl2_offer_take(struct erl2_offer *offer, enum erl2_key key,
		    const char *value);
int erl2_keys_declared(const char *pair, u32 *max_xmit);
void erl2_keys_answer(const struct erl2_keys *keys, enum erl2_key key,
		      struct erl2_text *out);

#endif /* _ERL2_KEYS_H */
