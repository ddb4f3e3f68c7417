// SPDX-License-Identifier: GPL-2.0
/*
 * The operational text keys (RFC 7143 chapter 13): what we propose, and
 * whether the target's answers keep to the rules.
 *
 * We propose everything we care about, so that nearly all that a target sends
 * is an answer. A result outside of the key's result function, a key of the
 * wrong kind of login, a Reject or a NotUnderstood for a key of the RFC ends
 * the login: 6.2, 6.2.1, 6.2.2, 7.12.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "proto/keys.h"
#include "proto/text.h"

#define ERL2_SEGMENT_MIN	512		/* 13.12 to 13.14 */
#define ERL2_SEGMENT_MAX	((1U << 24) - 1)
#define ERL2_TIME_MAX		3600		/* 13.15, 13.16 */

/* RFC 7143 chapter 13, or what a key means when nobody sent it. */
#define ERL2_DEFAULT_MAX_RECV		8192

#define ERL2_DEFAULT_MAX_BURST		262144
#define ERL2_DEFAULT_FIRST_BURST	65536
#define ERL2_DEFAULT_TIME2WAIT		2
#define ERL2_DEFAULT_TIME2RETAIN	20

static const char * const erl2_key_names[] = {
	[ERL2_KEY_TIME2WAIT] = "DefaultTime2Wait",
	[ERL2_KEY_TIME2RETAIN] = "DefaultTime2Retain",
	[ERL2_KEY_ERL] = "ErrorRecoveryLevel",
	[ERL2_KEY_INITIAL_R2T] = "InitialR2T",
	[ERL2_KEY_IMMEDIATE_DATA] = "ImmediateData",
	[ERL2_KEY_MAX_BURST] = "MaxBurstLength",
	[ERL2_KEY_FIRST_BURST] = "FirstBurstLength",
	[ERL2_KEY_MAX_R2T] = "MaxOutstandingR2T",
	[ERL2_KEY_MAX_CONNECTIONS] = "MaxConnections",
	[ERL2_KEY_PDU_IN_ORDER] = "DataPDUInOrder",
	[ERL2_KEY_SEQ_IN_ORDER] = "DataSequenceInOrder",
	[ERL2_KEY_TASK_REPORTING] = "TaskReporting",
	[ERL2_KEY_PROTOCOL_LEVEL] = "iSCSIProtocolLevel",
	[ERL2_KEY_ARCHITECTURE] = "X#NodeArchitecture",
	[ERL2_KEY_HEADER_DIGEST] = "HeaderDigest",
	[ERL2_KEY_DATA_DIGEST] = "DataDigest",
	[ERL2_KEY_MAX_RECV] = "MaxRecvDataSegmentLength",
	[ERL2_KEY_IF_MARKER] = "IFMarker",
	[ERL2_KEY_OF_MARKER] = "OFMarker",
	[ERL2_KEY_IF_MARK_INT] = "IFMarkInt",
	[ERL2_KEY_OF_MARK_INT] = "OFMarkInt",
	[ERL2_KEY_TARGET_ALIAS] = "TargetAlias",
	[ERL2_KEY_TARGET_ADDRESS] = "TargetAddress",
	[ERL2_KEY_TPGT] = "TargetPortalGroupTag",
	[ERL2_KEY_AUTH_METHOD] = "AuthMethod",
	[ERL2_KEY_CHAP_A] = "CHAP_A",
	[ERL2_KEY_CHAP_I] = "CHAP_I",
	[ERL2_KEY_CHAP_C] = "CHAP_C",
	[ERL2_KEY_CHAP_N] = "CHAP_N",
	[ERL2_KEY_CHAP_R] = "CHAP_R",
	[ERL2_KEY_INITIATOR_NAME] = "InitiatorName",
	[ERL2_KEY_INITIATOR_ALIAS] = "InitiatorAlias",
	[ERL2_KEY_TARGET_NAME] = "TargetName",
	[ERL2_KEY_SESSION_TYPE] = "SessionType",
	[ERL2_KEY_SEND_TARGETS] = "SendTargets",
};

static_assert(ARRAY_SIZE(erl2_key_names) == ERL2_KEY_UNKNOWN);

static const char * const erl2_reporting_names[] = {
	[ERL2_REPORT_RFC3720] = "RFC3720",
	[ERL2_REPORT_FENCE] = "ResponseFence",
	[ERL2_REPORT_FAST_ABORT] = "FastAbort",
};

/**
 * erl2_key_find() - which key is this?
 * @name: key name; case matters (RFC 7143 6.1)
 *
 * Context: any.
 * Return: the key, or ERL2_KEY_UNKNOWN.
 */
enum erl2_key erl2_key_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ERL2_KEY_UNKNOWN; i++)
		if (!strcmp(name, erl2_key_names[i]))
			break;
	return i;
}

static const char *erl2_digest_name(u8 digest)
{
	return digest == ERL2_DIGEST_CRC32C ? "CRC32C" : "None";
}

static bool erl2_digest_offered(const u8 *list, u8 digest)
{
	for (; *list; list++)
		if (*list == digest)
			return true;
	return false;
}

/**
 * erl2_neg_init() - start the operational stage
 * @neg: the negotiation
 * @offer: what we want; has to stay until erl2_neg_finish()
 * @leading: false for every later connection of a session
 * @session: where not @leading: the keys of the session
 *
 * Context: any.
 */
void erl2_neg_init(struct erl2_neg *neg, const struct erl2_offer *offer,
		   bool leading, const struct erl2_keys *session)
{
	memset(neg, 0, sizeof(*neg));
	neg->offer = offer;
	neg->leading = leading;
	if (!leading) {
		neg->keys = *session;
	} else {
		neg->keys.max_connections = 1;
		neg->keys.initial_r2t = true;
		/* 6.2.2: No needs no answer and is then the outcome. */
		neg->keys.immediate_data = offer->immediate_data;
		neg->keys.max_burst = ERL2_DEFAULT_MAX_BURST;
		neg->keys.first_burst = min_t(u32, ERL2_DEFAULT_FIRST_BURST,
					      offer->first_burst);
		neg->keys.time2wait = max_t(u16, ERL2_DEFAULT_TIME2WAIT,
					    offer->time2wait);
		neg->keys.time2retain = min_t(u16, ERL2_DEFAULT_TIME2RETAIN,
					      offer->time2retain);
		neg->keys.max_r2t = 1;
		neg->keys.pdu_in_order = true;
		neg->keys.seq_in_order = true;
		neg->keys.reporting = ERL2_REPORT_RFC3720;
		neg->keys.level = 1;
	}
	/* 4.2.8: each connection starts from the defaults. */
	neg->keys.header_digest = false;
	neg->keys.data_digest = false;
	neg->keys.max_xmit = ERL2_DEFAULT_MAX_RECV;
	neg->keys.max_recv = offer->max_recv;
}

static void erl2_propose_digest(struct erl2_neg *neg, enum erl2_key key,
				const u8 *list, struct erl2_text *out)
{
	char value[16] = "";

	for (; *list; list++) {
		if (*value)
			strcat(value, ",");
		strcat(value, erl2_digest_name(*list));
	}
	neg->proposed |= BIT_ULL(key);
	erl2_text_add(out, erl2_key_names[key], value);
}

static void erl2_propose_uint(struct erl2_neg *neg, enum erl2_key key,
			      u32 value, struct erl2_text *out)
{
	neg->proposed |= BIT_ULL(key);
	erl2_text_add_uint(out, erl2_key_names[key], value);
}

static void erl2_propose_bool(struct erl2_neg *neg, enum erl2_key key,
			      bool value, struct erl2_text *out)
{
	neg->proposed |= BIT_ULL(key);
	erl2_text_add_bool(out, erl2_key_names[key], value);
}

/* 13.23: whoever offers the key offers the first two values at least. */
static void erl2_propose_reporting(struct erl2_neg *neg, struct erl2_text *out)
{
	enum erl2_key key = ERL2_KEY_TASK_REPORTING;

	neg->proposed |= BIT_ULL(key);
	erl2_text_add(out, erl2_key_names[key], neg->offer->fast_abort ?
		      "FastAbort,ResponseFence,RFC3720" :
		      "ResponseFence,RFC3720");
}

static u32 erl2_offered_first_burst(const struct erl2_offer *offer)
{
	/* 13.14: never more than MaxBurstLength */
	return min(offer->first_burst, offer->max_burst);
}

/*
 * 13.19: a level above 0 together with DataSequenceInOrder=Yes, which we
 * always ask for, allows one R2T at a time. @erl is the level if it is known
 * and the one we want if it is not.
 */
static u16 erl2_wanted_max_r2t(const struct erl2_neg *neg, u8 erl)
{
	return erl ? 1 : neg->offer->max_r2t;
}

/**
 * erl2_neg_propose() - what we have to say now
 * @neg: the negotiation
 * @out: where proposals go
 *
 * Everything goes out with the first call, save MaxOutstandingR2T above 1
 * where it depends on the ErrorRecoveryLevel: that one waits for the target's
 * answer to the level (13.19).
 *
 * Context: any.
 * Return: true when this was all, so that the login may ask for transit.
 */
bool erl2_neg_propose(struct erl2_neg *neg, struct erl2_text *out)
{
	const struct erl2_offer *o = neg->offer;
	bool defer = neg->leading && o->erl && o->max_r2t > 1;

	if (!(neg->proposed & BIT_ULL(ERL2_KEY_MAX_RECV))) {
		erl2_propose_digest(neg, ERL2_KEY_HEADER_DIGEST,
				    o->header_digest, out);
		erl2_propose_digest(neg, ERL2_KEY_DATA_DIGEST, o->data_digest,
				    out);
		erl2_propose_uint(neg, ERL2_KEY_MAX_RECV, o->max_recv, out);
		if (!neg->leading)
			return true;

		erl2_propose_uint(neg, ERL2_KEY_TIME2WAIT, o->time2wait, out);
		erl2_propose_uint(neg, ERL2_KEY_TIME2RETAIN, o->time2retain,
				  out);
		erl2_propose_uint(neg, ERL2_KEY_ERL, o->erl, out);
		erl2_propose_bool(neg, ERL2_KEY_INITIAL_R2T, o->initial_r2t,
				  out);
		erl2_propose_bool(neg, ERL2_KEY_IMMEDIATE_DATA,
				  o->immediate_data, out);
		erl2_propose_uint(neg, ERL2_KEY_MAX_BURST, o->max_burst, out);
		erl2_propose_uint(neg, ERL2_KEY_FIRST_BURST,
				  erl2_offered_first_burst(o), out);
		erl2_propose_uint(neg, ERL2_KEY_MAX_CONNECTIONS,
				  o->max_connections, out);
		erl2_propose_bool(neg, ERL2_KEY_PDU_IN_ORDER, true, out);
		erl2_propose_bool(neg, ERL2_KEY_SEQ_IN_ORDER, true, out);
		erl2_propose_reporting(neg, out);
		erl2_propose_uint(neg, ERL2_KEY_PROTOCOL_LEVEL,
				  ERL2_LEVEL_7144, out);
		if (!defer)
			erl2_propose_uint(neg, ERL2_KEY_MAX_R2T,
					  erl2_wanted_max_r2t(neg, o->erl),
					  out);
		return !defer;
	}

	if (defer && !(neg->proposed & BIT_ULL(ERL2_KEY_MAX_R2T))) {
		u16 r2t = erl2_wanted_max_r2t(neg, neg->keys.erl);

		/* The target was quicker: this is the answer, not a proposal. */
		if (neg->peer_max_r2t) {
			r2t = min(r2t, neg->peer_max_r2t);
			neg->keys.max_r2t = r2t;
			neg->settled |= BIT_ULL(ERL2_KEY_MAX_R2T);
		}
		erl2_propose_uint(neg, ERL2_KEY_MAX_R2T, r2t, out);
	}
	neg->must_answer = false;
	return true;
}

/* Answers that stand for no value, where @value is one (6.2). */
static bool erl2_is_constant(const char *value)
{
	return !strcmp(value, "Irrelevant") || !strcmp(value, "Reject") ||
	       !strcmp(value, "NotUnderstood");
}

static int erl2_take_digest(struct erl2_neg *neg, enum erl2_key key,
			    const u8 *list, const char *value, bool *result)
{
	if (!strcmp(value, "CRC32C") &&
	    erl2_digest_offered(list, ERL2_DIGEST_CRC32C)) {
		*result = true;
	} else if (!erl2_digest_offered(list, ERL2_DIGEST_NONE)) {
		return -EPROTO;
	} else if (strcmp(value, "None") && strcmp(value, "Reject")) {
		/* 6.2: after a Reject the default stands, and it is None. */
		return -EPROTO;
	}
	neg->settled |= BIT_ULL(key);
	return 0;
}

static int erl2_take_uint(struct erl2_neg *neg, enum erl2_key key,
			  const char *value, u32 min, u32 max, u32 *result)
{
	if (erl2_text_get_uint(value, min, max, result))
		return -EPROTO;
	neg->settled |= BIT_ULL(key);
	return 0;
}

static int erl2_take_u16(struct erl2_neg *neg, enum erl2_key key,
			 const char *value, u16 min, u16 max, u16 *result)
{
	u32 n;

	if (erl2_take_uint(neg, key, value, min, max, &n))
		return -EPROTO;
	*result = n;
	return 0;
}

/* @forced: the value that the other side's choice cannot change (6.2.2). */
static int erl2_take_bool(struct erl2_neg *neg, enum erl2_key key,
			  const char *value, bool offered, bool forced,
			  bool *result)
{
	if (erl2_text_get_bool(value, result) ||
	    (offered == forced && *result != forced))
		return -EPROTO;
	neg->settled |= BIT_ULL(key);
	return 0;
}

static int erl2_take_reporting(struct erl2_neg *neg, const char *value)
{
	u8 best = neg->offer->fast_abort ? ERL2_REPORT_FAST_ABORT :
					   ERL2_REPORT_FENCE;
	unsigned int i;

	for (i = 0; i <= best; i++) {
		if (strcmp(value, erl2_reporting_names[i]))
			continue;
		neg->keys.reporting = i;
		neg->settled |= BIT_ULL(ERL2_KEY_TASK_REPORTING);
		return 0;
	}
	return -EPROTO;
}

/* The target's answer to a proposal of ours. */
static int erl2_neg_answer(struct erl2_neg *neg, enum erl2_key key,
			   const char *value)
{
	const struct erl2_offer *o = neg->offer;
	struct erl2_keys *k = &neg->keys;
	u16 n;

	/* Not a failure, and no value either: the default stands (6.2). */
	if (!strcmp(value, "Irrelevant") && key != ERL2_KEY_MAX_RECV &&
	    key != ERL2_KEY_HEADER_DIGEST && key != ERL2_KEY_DATA_DIGEST)
		return 0;
	/* Targets of RFC 3720 cannot know these; their defaults stand. */
	if ((key == ERL2_KEY_TASK_REPORTING ||
	     key == ERL2_KEY_PROTOCOL_LEVEL) && erl2_is_constant(value))
		return 0;

	switch (key) {
	case ERL2_KEY_HEADER_DIGEST:
		return erl2_take_digest(neg, key, o->header_digest, value,
					&k->header_digest);
	case ERL2_KEY_DATA_DIGEST:
		return erl2_take_digest(neg, key, o->data_digest, value,
					&k->data_digest);
	case ERL2_KEY_MAX_RECV:
		/* A declaration: what the target takes, whatever we take. */
		return erl2_take_uint(neg, key, value, ERL2_SEGMENT_MIN,
				      ERL2_SEGMENT_MAX, &k->max_xmit);
	case ERL2_KEY_TIME2WAIT:
		/* The only one whose result is the maximum. */
		return erl2_take_u16(neg, key, value, o->time2wait,
				     ERL2_TIME_MAX, &k->time2wait);
	case ERL2_KEY_TIME2RETAIN:
		return erl2_take_u16(neg, key, value, 0, o->time2retain,
				     &k->time2retain);
	case ERL2_KEY_ERL:
		if (erl2_take_u16(neg, key, value, 0, o->erl, &n))
			return -EPROTO;
		k->erl = n;
		return 0;
	case ERL2_KEY_INITIAL_R2T:
		return erl2_take_bool(neg, key, value, o->initial_r2t, true,
				      &k->initial_r2t);
	case ERL2_KEY_IMMEDIATE_DATA:
		return erl2_take_bool(neg, key, value, o->immediate_data,
				      false, &k->immediate_data);
	case ERL2_KEY_MAX_BURST:
		return erl2_take_uint(neg, key, value, ERL2_SEGMENT_MIN,
				      o->max_burst, &k->max_burst);
	case ERL2_KEY_FIRST_BURST:
		return erl2_take_uint(neg, key, value, ERL2_SEGMENT_MIN,
				      erl2_offered_first_burst(o),
				      &k->first_burst);
	case ERL2_KEY_MAX_R2T:
		/* Offered after the level is known, or 1 with any level. */
		return erl2_take_u16(neg, key, value, 1,
				     erl2_wanted_max_r2t(neg, o->erl &&
							 o->max_r2t > 1 ?
							 k->erl : o->erl),
				     &k->max_r2t);
	case ERL2_KEY_MAX_CONNECTIONS:
		return erl2_take_u16(neg, key, value, 1, o->max_connections,
				     &k->max_connections);
	case ERL2_KEY_PDU_IN_ORDER:
		return erl2_take_bool(neg, key, value, true, true,
				      &k->pdu_in_order);
	case ERL2_KEY_SEQ_IN_ORDER:
		return erl2_take_bool(neg, key, value, true, true,
				      &k->seq_in_order);
	case ERL2_KEY_TASK_REPORTING:
		return erl2_take_reporting(neg, value);
	case ERL2_KEY_PROTOCOL_LEVEL:
		/* RFC 7144 7.1.1: the minimum */
		if (erl2_take_u16(neg, key, value, 0, ERL2_LEVEL_7144, &n))
			return -EPROTO;
		k->level = n;
		return 0;
	default:
		return -EPROTO;
	}
}

/* A proposal or declaration of the target, of a key that we do not offer. */
static int erl2_neg_peer_proposes(struct erl2_neg *neg, enum erl2_key key,
				  const char *name, const char *value,
				  struct erl2_text *out)
{
	u32 n;

	/* 6.2: nobody may propose these. */
	if (erl2_is_constant(value))
		return -EPROTO;

	switch (key) {
	case ERL2_KEY_MAX_R2T:
		if (erl2_text_get_uint(value, 1, U16_MAX, &n))
			return -EPROTO;
		/* The level may stand behind it: see erl2_neg_propose(). */
		neg->peer_max_r2t = n;
		neg->must_answer = true;
		return 0;
	case ERL2_KEY_ARCHITECTURE:
		return 0;
	case ERL2_KEY_IF_MARKER:
	case ERL2_KEY_OF_MARKER:
	case ERL2_KEY_IF_MARK_INT:
	case ERL2_KEY_OF_MARK_INT:
		erl2_text_add(out, name, "Reject");	/* 13.25 */
		neg->must_answer = true;
		return 0;
	case ERL2_KEY_UNKNOWN:
		/*
		 * 6.2: an answer is due. Without the chance of one, in the last
		 * response, nothing is lost: the target must not rely on it.
		 */
		erl2_text_add(out, name, "NotUnderstood");
		return 0;
	default:
		return -EPROTO;
	}
}

/**
 * erl2_neg_receive() - a key from the target in the operational stage
 * @neg: the negotiation
 * @key: the key
 * @name: its name
 * @value: its value
 * @out: where an answer goes, for the next Login Request
 *
 * Context: any.
 * Return: 0, -EPROTO if the login has to be given up.
 */
int erl2_neg_receive(struct erl2_neg *neg, enum erl2_key key,
		     const char *name, const char *value,
		     struct erl2_text *out)
{
	if (key == ERL2_KEY_UNKNOWN) {
		/* We never propose such keys, so this is no answer. */
		return erl2_neg_peer_proposes(neg, key, name, value, out);
	}

	/* 6.3: no key twice; 13: no leading-only keys later on. */
	if (neg->received & BIT_ULL(key) ||
	    (!neg->leading && key <= ERL2_KEY_LEADING_LAST))
		return -EPROTO;
	neg->received |= BIT_ULL(key);

	if (neg->proposed & BIT_ULL(key))
		return erl2_neg_answer(neg, key, value);
	return erl2_neg_peer_proposes(neg, key, name, value, out);
}

/**
 * erl2_neg_finish() - the stage ends: is the outcome complete and sound?
 * @neg: the negotiation
 *
 * A key without an answer has its default, which is in @neg->keys since
 * erl2_neg_init().
 *
 * Context: any.
 * Return: 0, -EPROTO if the login has to be given up.
 */
int erl2_neg_finish(struct erl2_neg *neg)
{
	const struct erl2_offer *o = neg->offer;
	struct erl2_keys *k = &neg->keys;

	/* The target asked in the last response (6.3: it must not). */
	if (neg->must_answer)
		return -EPROTO;

	/* Digests wanted without None cannot be left out. */
	if (!k->header_digest &&
	    !erl2_digest_offered(o->header_digest, ERL2_DIGEST_NONE))
		return -EPROTO;
	if (!k->data_digest &&
	    !erl2_digest_offered(o->data_digest, ERL2_DIGEST_NONE))
		return -EPROTO;

	/* 13.19, by whatever way we came here */
	if (k->erl && k->seq_in_order && k->max_r2t > 1)
		return -EPROTO;

	/*
	 * 13.14: a target that lowers only MaxBurstLength means the other one
	 * as well; sending less unsolicited data is always allowed.
	 */
	k->first_burst = min(k->first_burst, k->max_burst);
	return 0;
}

/**
 * erl2_offer_init() - an offer of nothing but defaults
 * @offer: the offer
 *
 * Context: any.
 */
void erl2_offer_init(struct erl2_offer *offer)
{
	*offer = (struct erl2_offer) {
		.header_digest = { ERL2_DIGEST_NONE },
		.data_digest = { ERL2_DIGEST_NONE },
		.max_recv = ERL2_DEFAULT_MAX_RECV,
		.max_connections = 1,
		.initial_r2t = true,
		.immediate_data = true,
		.max_burst = ERL2_DEFAULT_MAX_BURST,
		.first_burst = ERL2_DEFAULT_FIRST_BURST,
		.time2wait = ERL2_DEFAULT_TIME2WAIT,
		.time2retain = ERL2_DEFAULT_TIME2RETAIN,
		.max_r2t = 1,
	};
}

static int erl2_offer_digest(const char *value, u8 *list, unsigned int size)
{
	unsigned int len, n = 0;
	const char *p;

	memset(list, 0, size);
	while ((p = erl2_text_list_next(&value, &len))) {
		u8 digest;

		if (len == 6 && !memcmp(p, "CRC32C", 6))
			digest = ERL2_DIGEST_CRC32C;
		else if (len == 4 && !memcmp(p, "None", 4))
			digest = ERL2_DIGEST_NONE;
		else
			continue;
		if (n == size - 1)
			break;
		if (!erl2_digest_offered(list, digest))
			list[n++] = digest;
	}
	return n ? 0 : -EINVAL;
}

static int erl2_offer_u16(const char *value, u16 min, u16 max, u16 *result)
{
	u32 n;
	int ret = erl2_text_get_uint(value, min, max, &n);

	if (!ret)
		*result = n;
	return ret;
}

/**
 * erl2_offer_take() - build an offer from the text of iscsid's login
 * @offer: the offer
 * @key: a key
 * @value: its value
 *
 * Keys that iscsid does not decide (ErrorRecoveryLevel, MaxConnections) or
 * that are no offers leave @offer as it is.
 *
 * Context: any.
 * Return: 0, a negative errno if the value is no good; @offer is then as it
 * was.
 */
int erl2_offer_take(struct erl2_offer *offer, enum erl2_key key,
		    const char *value)
{
	u8 digest[sizeof(offer->header_digest)];
	int ret;

	switch (key) {
	case ERL2_KEY_HEADER_DIGEST:
		ret = erl2_offer_digest(value, digest, sizeof(digest));
		if (!ret)
			memcpy(offer->header_digest, digest, sizeof(digest));
		return ret;
	case ERL2_KEY_DATA_DIGEST:
		ret = erl2_offer_digest(value, digest, sizeof(digest));
		if (!ret)
			memcpy(offer->data_digest, digest, sizeof(digest));
		return ret;
	case ERL2_KEY_MAX_RECV:
		return erl2_text_get_uint(value, ERL2_SEGMENT_MIN,
					  ERL2_SEGMENT_MAX, &offer->max_recv);
	case ERL2_KEY_TIME2WAIT:
		return erl2_offer_u16(value, 0, ERL2_TIME_MAX,
				      &offer->time2wait);
	case ERL2_KEY_TIME2RETAIN:
		return erl2_offer_u16(value, 0, ERL2_TIME_MAX,
				      &offer->time2retain);
	case ERL2_KEY_INITIAL_R2T:
		return erl2_text_get_bool(value, &offer->initial_r2t);
	case ERL2_KEY_IMMEDIATE_DATA:
		return erl2_text_get_bool(value, &offer->immediate_data);
	case ERL2_KEY_MAX_BURST:
		return erl2_text_get_uint(value, ERL2_SEGMENT_MIN,
					  ERL2_SEGMENT_MAX, &offer->max_burst);
	case ERL2_KEY_FIRST_BURST:
		return erl2_text_get_uint(value, ERL2_SEGMENT_MIN,
					  ERL2_SEGMENT_MAX,
					  &offer->first_burst);
	case ERL2_KEY_MAX_R2T:
		return erl2_offer_u16(value, 1, U16_MAX, &offer->max_r2t);
	default:
		return 0;
	}
}

/**
 * erl2_keys_declared() - look for what the target may declare at any time
 * @pair: key=value, from a Text Response
 * @max_xmit: where its MaxRecvDataSegmentLength goes, 0 if it is a bad one
 *
 * All other keys that may come in full-feature phase (RFC 7143 13) mean nothing
 * to us.
 *
 * Context: any.
 * Return: 0, or -EINVAL for a value that cannot be.
 */
int erl2_keys_declared(const char *pair, u32 *max_xmit)
{
	const char *name = erl2_key_names[ERL2_KEY_MAX_RECV];
	size_t len = strlen(name);

	if (strncmp(pair, name, len) || pair[len] != '=')
		return 0;
	if (!erl2_text_get_uint(pair + len + 1, ERL2_SEGMENT_MIN,
				ERL2_SEGMENT_MAX, max_xmit))
		return 0;
	*max_xmit = 0;
	return -EINVAL;
}

/**
 * erl2_keys_answer() - tell iscsid the outcome of a key it offered
 * @keys: the outcome
 * @key: the key
 * @out: where the answer goes
 *
 * iscsid has to believe in level 0 and one connection: with anything else it
 * refuses the login or leaves the session alone when it must not.
 *
 * Context: any.
 */
void erl2_keys_answer(const struct erl2_keys *keys, enum erl2_key key,
		      struct erl2_text *out)
{
	const char *name = key < ERL2_KEY_UNKNOWN ? erl2_key_names[key] : NULL;

	switch (key) {
	case ERL2_KEY_HEADER_DIGEST:
		erl2_text_add(out, name, keys->header_digest ?
			      "CRC32C" : "None");
		break;
	case ERL2_KEY_DATA_DIGEST:
		erl2_text_add(out, name, keys->data_digest ? "CRC32C" : "None");
		break;
	case ERL2_KEY_MAX_RECV:
		erl2_text_add_uint(out, name, keys->max_xmit);
		break;
	case ERL2_KEY_TIME2WAIT:
		erl2_text_add_uint(out, name, keys->time2wait);
		break;
	case ERL2_KEY_TIME2RETAIN:
		erl2_text_add_uint(out, name, keys->time2retain);
		break;
	case ERL2_KEY_ERL:
		erl2_text_add_uint(out, name, 0);
		break;
	case ERL2_KEY_INITIAL_R2T:
		erl2_text_add_bool(out, name, keys->initial_r2t);
		break;
	case ERL2_KEY_IMMEDIATE_DATA:
		erl2_text_add_bool(out, name, keys->immediate_data);
		break;
	case ERL2_KEY_MAX_BURST:
		erl2_text_add_uint(out, name, keys->max_burst);
		break;
	case ERL2_KEY_FIRST_BURST:
		erl2_text_add_uint(out, name, keys->first_burst);
		break;
	case ERL2_KEY_MAX_R2T:
		erl2_text_add_uint(out, name, keys->max_r2t);
		break;
	case ERL2_KEY_PDU_IN_ORDER:
		erl2_text_add_bool(out, name, keys->pdu_in_order);
		break;
	case ERL2_KEY_SEQ_IN_ORDER:
		erl2_text_add_bool(out, name, keys->seq_in_order);
		break;
	case ERL2_KEY_IF_MARKER:
	case ERL2_KEY_OF_MARKER:
		erl2_text_add(out, name, "No");
		break;
	default:
		break;
	}
}
