// SPDX-License-Identifier: GPL-2.0
/* CHAP as the target plays it (RFC 7143 12.1.3), one-way and mutual. */
#include <stdlib.h>
#include <sys/random.h>

#include "target.h"

struct chap_account chap_account;

static void chap_digest(const struct hash_alg *alg, u8 id, const char *secret,
			const u8 *challenge, size_t n, u8 *out)
{
	size_t len = strlen(secret);
	u8 *m = xalloc(1 + len + n);

	m[0] = id;
	memcpy(m + 1, secret, len);
	memcpy(m + 1 + len, challenge, n);
	alg->digest(m, 1 + len + n, out);
	free(m);
}

static void put_hex(struct textbuf *out, const char *key, const u8 *b,
		    size_t n)
{
	char hex[2 * 1024 + 1];
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", b[i]);
	text_add(out, key, "0x%s", hex);
}

static int chap_offer(struct chap *ch, struct conn *c, const struct text *in,
		      struct textbuf *out)
{
	const char *a = text_get(in, "CHAP_A");
	u64 v = 0;

	if (!a) {
		judge(c, "12.1.3", "CHAP begins without CHAP_A");
		return -1;
	}
	if (!text_list_has(a, "5"))
		judge(c, "12.1.3", "CHAP_A=%s does not offer MD5", a);
	/* The first of the initiator's list that we know. */
	while (*a && !ch->alg) {
		unsigned int i;

		v = strtoul(a, NULL, 10);
		for (i = 0; i < nr_hash_algs; i++)
			if (hash_algs[i].chap_id == v)
				ch->alg = &hash_algs[i];
		a += strcspn(a, ",");
		if (*a)
			a++;
	}
	if (!ch->alg)
		return -1;
	ch->challenge_len = ch->alg->len < 16 ? 16 : ch->alg->len;
	if (getrandom(ch->challenge, ch->challenge_len, 0) < 0)
		die("getrandom: %m");
	if (getrandom(&ch->id, 1, 0) < 0)
		die("getrandom: %m");
	text_add(out, "CHAP_A", "%u", ch->alg->chap_id);
	text_add(out, "CHAP_I", "%u", ch->id);
	put_hex(out, "CHAP_C", ch->challenge, ch->challenge_len);
	ch->step = 1;
	return 1;
}

static int chap_answer(struct chap *ch, struct conn *c, const struct text *in,
		       struct textbuf *out)
{
	const char *n = text_get(in, "CHAP_N"), *r = text_get(in, "CHAP_R");
	const char *mi = text_get(in, "CHAP_I"), *mc = text_get(in, "CHAP_C");
	u8 want[64], got[1024];
	u64 id;
	int len;

	if (!n || !r) {
		judge(c, "12.1.3", "no CHAP_N or CHAP_R in the second step");
		return -1;
	}
	len = text_binary(r, got, sizeof(got));
	chap_digest(ch->alg, ch->id, chap_account.secret, ch->challenge,
		    ch->challenge_len, want);
	if (strcmp(n, chap_account.user) || len != (int)ch->alg->len ||
	    memcmp(want, got, len)) {
		logf_("#%u CHAP: %s is not who it claims", c->id, n);
		return -1;
	}
	ch->step = 2;
	if (!mi && !mc)
		return 0;
	if (!mi || !mc || !text_number(mi, &id) || id > 255) {
		judge(c, "12.1.3", "CHAP_I and CHAP_C do not come together");
		return -1;
	}
	len = text_binary(mc, got, sizeof(got));
	if (len < 1)
		return -1;
	/* 9.2.1: a challenge that is merely sent back proves nothing. */
	if (len == (int)ch->challenge_len &&
	    !memcmp(got, ch->challenge, len)) {
		judge(c, "9.2.1", "our own challenge comes back to us");
		return -1;
	}
	if (!chap_account.muser)
		return -1;
	chap_digest(ch->alg, id, chap_account.msecret, got, len, want);
	text_add(out, "CHAP_N", "%s", chap_account.muser);
	put_hex(out, "CHAP_R", want, ch->alg->len);
	return 0;
}

int chap_step(struct chap *ch, struct conn *c, const struct text *in,
	      struct textbuf *out)
{
	if (ch->step == 0)
		return chap_offer(ch, c, in, out);
	if (ch->step == 1)
		return chap_answer(ch, c, in, out);
	return -1;
}
