// SPDX-License-Identifier: GPL-2.0
/*
 * An operational negotiation with any answers of the target (RFC 7143 13): what
 * comes of it is inside of what was offered and what the RFC allows.
 */
#include "proto/keys.h"
#include "proto/text.h"
#include "fuzz.h"

static void take_offer(struct erl2_offer *o, struct fuzz *f)
{
	u8 bits = fuzz_u8(f);

	erl2_offer_init(o);
	o->erl = bits % 3;
	o->max_connections = 1 + (bits >> 2 & 3);
	o->initial_r2t = bits & 16;
	o->immediate_data = bits & 32;
	o->fast_abort = bits & 64;
	o->max_r2t = 1 + (fuzz_u8(f) & 7);
	o->max_burst = 512 + (fuzz_u32(f) & 0xffffff) % (16777215 - 511);
	o->first_burst = 512 + (fuzz_u32(f) & 0xffffff) % (16777215 - 511);
	if (bits & 128)
		erl2_offer_take(o, ERL2_KEY_HEADER_DIGEST, "CRC32C,None");
}

/* A key that the target has not answered has its default, whatever was offered. */
#define answered(neg, key)	((neg)->received & BIT_ULL(ERL2_KEY_ ## key))

static void check(const struct erl2_neg *n)
{
	const struct erl2_offer *o = n->offer;
	const struct erl2_keys *k = &n->keys;

	must(k->erl <= o->erl);
	must(k->max_connections >= 1 && k->max_connections <= o->max_connections);
	must(k->max_burst >= 512);
	must(k->max_burst <= (answered(n, MAX_BURST) ? o->max_burst : 262144));
	must(k->first_burst >= 512 && k->first_burst <= k->max_burst);
	must(k->first_burst <= (answered(n, FIRST_BURST) ? o->first_burst : 65536));
	must(k->max_r2t >= 1);
	must(!(k->erl && k->seq_in_order && k->max_r2t > 1));
	must(k->max_xmit >= 512 && k->max_xmit <= 16777215);
	must(k->initial_r2t || !o->initial_r2t);
	must(!k->immediate_data || o->immediate_data || !answered(n, IMMEDIATE_DATA));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz f = { data, size };
	struct erl2_text_iter it;
	struct erl2_offer offer;
	const char *key, *value;
	struct erl2_neg neg;
	struct erl2_text out;
	char buf[4096], *in;
	int rc = 0;

	take_offer(&offer, &f);
	erl2_text_init(&out, buf, sizeof(buf));
	erl2_neg_init(&neg, &offer, true, NULL);
	erl2_neg_propose(&neg, &out);
	in = malloc(f.left ?: 1);
	memcpy(in, f.data, f.left);
	erl2_text_begin(&it, in, f.left);
	while ((rc = erl2_text_next(&it, &key, &value)) > 0) {
		rc = erl2_neg_receive(&neg, erl2_key_find(key), key, value, &out);
		if (rc)
			break;
		/* As the login does: what is to be said goes out. */
		if (out.len > sizeof(buf) / 2) {
			erl2_text_reset(&out);
			neg.must_answer = false;
			erl2_neg_propose(&neg, &out);
		}
	}
	if (!rc && !erl2_neg_finish(&neg))
		check(&neg);
	free(in);
	return 0;
}
