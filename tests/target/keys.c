// SPDX-License-Identifier: GPL-2.0
/*
 * The operational keys (RFC 7143 ch. 13), what this target wants of each, and
 * the result functions. The initiator proposes, the target answers; of its own
 * accord the target only declares MaxRecvDataSegmentLength.
 */
#include <stdlib.h>

#include "target.h"

enum key_type { T_LIST, T_DECLARE, T_MIN, T_MAX, T_AND, T_OR };

static const struct key {
	const char *name;
	enum key_type type;
	u32 def;		/* RFC default */
	u32 own;		/* this target's wish; lists: mask of values */
	u32 min, max;
	bool leading;
	const char *values[4];	/* of a list; the index is the result */
} keys[NR_KEYS] = {
	[K_HEADER_DIGEST] = { "HeaderDigest", T_LIST, 0, 3, 0, 0, false,
			      { "None", "CRC32C" } },
	[K_DATA_DIGEST] = { "DataDigest", T_LIST, 0, 3, 0, 0, false,
			    { "None", "CRC32C" } },
	[K_MRDSL] = { "MaxRecvDataSegmentLength", T_DECLARE, 8192, 65536,
		      512, 0xffffff, false },
	[K_MAX_CONNECTIONS] = { "MaxConnections", T_MIN, 1, 8, 1, 65535, true },
	[K_INITIAL_R2T] = { "InitialR2T", T_OR, 1, 0, 0, 1, true },
	[K_IMMEDIATE_DATA] = { "ImmediateData", T_AND, 1, 1, 0, 1, true },
	[K_MAX_BURST] = { "MaxBurstLength", T_MIN, 262144, 262144, 512,
			  0xffffff, true },
	[K_FIRST_BURST] = { "FirstBurstLength", T_MIN, 65536, 65536, 512,
			    0xffffff, true },
	[K_TIME2WAIT] = { "DefaultTime2Wait", T_MAX, 2, 0, 0, 3600, true },
	[K_TIME2RETAIN] = { "DefaultTime2Retain", T_MIN, 20, 60, 0, 3600,
			    true },
	[K_MAX_R2T] = { "MaxOutstandingR2T", T_MIN, 1, MAX_R2TS, 1, 65535,
			true },
	[K_PDU_IN_ORDER] = { "DataPDUInOrder", T_OR, 1, 1, 0, 1, true },
	[K_SEQ_IN_ORDER] = { "DataSequenceInOrder", T_OR, 1, 0, 0, 1, true },
	[K_ERL] = { "ErrorRecoveryLevel", T_MIN, 0, 2, 0, 2, true },
	[K_TASK_REPORTING] = { "TaskReporting", T_LIST, 0, 7, 0, 0, true,
			       { "RFC3720", "ResponseFence", "FastAbort" } },
	[K_PROTOCOL_LEVEL] = { "iSCSIProtocolLevel", T_MIN, 1, 1, 0, 31,
			       true },
};

struct params target_keys;

void keys_init(void)
{
	int i;

	for (i = 0; i < NR_KEYS; i++)
		target_keys.v[i] = keys[i].own;
}

int key_lookup(const char *name)
{
	int i;

	for (i = 0; i < NR_KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return i;
	return -1;
}

const char *key_name(int id)
{
	return keys[id].name;
}

bool key_leading_only(const char *name)
{
	int k = key_lookup(name);

	return (k >= 0 && keys[k].leading) || !strcmp(name, "SessionType") ||
	       !strcmp(name, "X#NodeArchitecture");
}

static int list_index(const struct key *k, const char *s, size_t n)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(k->values) && k->values[i]; i++)
		if (strlen(k->values[i]) == n && !strncmp(k->values[i], s, n))
			return i;
	return -1;
}

bool keys_set_own(const char *name, const char *value)
{
	int id = key_lookup(name);
	const struct key *k;
	u64 v;

	if (id < 0)
		return false;
	k = &keys[id];
	if (k->type == T_LIST) {
		u32 mask = 0;

		while (*value) {
			size_t n = strcspn(value, ",");
			int i = list_index(k, value, n);

			if (i < 0)
				return false;
			mask |= 1u << i;
			value += n;
			if (*value == ',')
				value++;
		}
		target_keys.v[id] = mask;
		return mask;
	}
	if (k->type == T_AND || k->type == T_OR) {
		if (strcmp(value, "Yes") && strcmp(value, "No"))
			return false;
		target_keys.v[id] = !strcmp(value, "Yes");
		return true;
	}
	if (!parse_u64(value, &v) || v < k->min || v > k->max)
		return false;
	target_keys.v[id] = v;
	return true;
}

void neg_start(struct negotiation *n, bool leading, bool discovery)
{
	int i;

	memset(n, 0, sizeof(*n));
	n->leading = leading;
	n->discovery = discovery;
	n->mrdsl_initiator = keys[K_MRDSL].def;
	for (i = 0; i < NR_KEYS; i++)
		n->result.v[i] = keys[i].def;
}

static int answer_list(struct negotiation *n, int id, const char *value,
		       struct textbuf *out)
{
	const struct key *k = &keys[id];

	/* The first value of the proposer that we support (6.2.1). */
	while (*value) {
		size_t len = strcspn(value, ",");
		int i = list_index(k, value, len);

		if (i >= 0 && target_keys.v[id] & 1u << i) {
			n->result.v[id] = i;
			text_add(out, k->name, "%s", k->values[i]);
			return 0;
		}
		value += len;
		if (*value == ',')
			value++;
	}
	text_add(out, k->name, "Reject");
	return id == K_TASK_REPORTING ? 0 : 0x0200;
}

static int answer_bool(struct negotiation *n, int id, const char *value,
		       struct textbuf *out)
{
	const struct key *k = &keys[id];
	u32 theirs, own = target_keys.v[id];

	if (strcmp(value, "Yes") && strcmp(value, "No")) {
		text_add(out, k->name, "Reject");
		return 0x0200;
	}
	theirs = !strcmp(value, "Yes");
	n->result.v[id] = k->type == T_AND ? theirs & own : theirs | own;
	text_add(out, k->name, "%s", n->result.v[id] ? "Yes" : "No");
	return 0;
}

static int answer_number(struct negotiation *n, int id, const char *value,
			 struct textbuf *out)
{
	const struct key *k = &keys[id];
	u32 own = target_keys.v[id];
	u64 v;

	if (!text_number(value, &v) || v < k->min || v > k->max) {
		text_add(out, k->name, "Reject");
		return 0x0200;
	}
	if (k->type == T_DECLARE) {
		n->mrdsl_initiator = v;
		return 0;
	}
	if (id == K_ERL && n->discovery)
		own = 0;	/* 7.4.1 */
	if (id == K_FIRST_BURST && own > n->result.v[K_MAX_BURST])
		own = n->result.v[K_MAX_BURST];
	/* 13.19: ordered sequences and recovery leave room for one R2T */
	if (id == K_MAX_R2T && n->result.v[K_ERL] > 0 &&
	    n->result.v[K_SEQ_IN_ORDER])
		own = 1;
	if (k->type == T_MIN)
		n->result.v[id] = v < own ? v : own;
	else
		n->result.v[id] = v > own ? v : own;
	text_add(out, k->name, "%u", n->result.v[id]);
	return 0;
}

static int answer_one(struct negotiation *n, int id, const char *value,
		      struct textbuf *out)
{
	n->seen |= 1u << id;
	switch (keys[id].type) {
	case T_LIST:
		return answer_list(n, id, value, out);
	case T_AND:
	case T_OR:
		return answer_bool(n, id, value, out);
	default:
		return answer_number(n, id, value, out);
	}
}

int neg_answer(struct negotiation *n, struct conn *c, const struct text *in,
	       struct textbuf *out)
{
	/* Keys others depend on first, whatever their order in the text. */
	static const int first[] = { K_ERL, K_SEQ_IN_ORDER, K_MAX_BURST };
	unsigned int i, k;
	int err, id;

	for (k = 0; k < ARRAY_SIZE(first) && n->leading; k++) {
		const char *v = text_get(in, keys[first[k]].name);

		if (!v)
			continue;
		err = answer_one(n, first[k], v, out);
		if (err)
			return err;
	}
	for (i = 0; i < in->n; i++) {
		const char *name = in->kv[i].key;

		id = key_lookup(name);
		if (id < 0) {
			if (!strcmp(name, "InitiatorName") ||
			    !strcmp(name, "InitiatorAlias") ||
			    !strcmp(name, "TargetName") ||
			    !strcmp(name, "SessionType"))
				continue;
			if (!strncmp(name, "IFMark", 6) ||
			    !strncmp(name, "OFMark", 6)) {
				text_add(out, name, "Reject");
				continue;
			}
			text_add(out, name, "NotUnderstood");
			continue;
		}
		if (keys[id].leading && !n->leading) {
			text_add(out, name, "Irrelevant");
			continue;
		}
		if (n->leading && (id == K_ERL || id == K_SEQ_IN_ORDER ||
				   id == K_MAX_BURST))
			continue;
		err = answer_one(n, id, in->kv[i].value, out);
		if (err) {
			logf_("#%u login: %s=%s is not admissible", c->id,
			      name, in->kv[i].value);
			return err;
		}
	}
	if (!n->declared) {
		n->declared = true;
		text_add(out, keys[K_MRDSL].name, "%u",
			 target_keys.v[K_MRDSL]);
	}
	return 0;
}
