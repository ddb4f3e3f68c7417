// SPDX-License-Identifier: GPL-2.0
/*
 * CHAP, RFC 1994 as used by RFC 7143 12.1.3 and 9.2.1.
 *
 * Nothing in here prints: names, secrets, challenges and responses stay out of
 * the log.
 */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "proto/chap.h"
#include "proto/text.h"

/*
 * Strongest first, which is the order of an offer without configuration. The
 * numbers are IANA's "PPP Authentication Algorithms"; MD5 is the one that every
 * target has.
 *
 * The transforms are allocated once: looking for a hash may load a module, and
 * a login of recovery may be about the disk that module is on. A transform has
 * no state of its own, so that one serves any number of logins at a time.
 */
static struct erl2_chap_alg {
	u8 alg;
	u8 len;
	const char *name;
	struct crypto_shash *tfm;
} erl2_chap_algs[] = {
	{ .alg = 8, .len = 32, .name = "sha3-256" },
	{ .alg = 7, .len = 32, .name = "sha256" },
	{ .alg = 6, .len = 20, .name = "sha1" },
	{ .alg = 5, .len = 16, .name = "md5" },
};

/*
 * The challenges that we sent of late. One that comes back as a challenge for
 * us, over this or another connection, is an attempt to get the answer out of
 * ourselves (RFC 7143 9.2.1).
 */
#define ERL2_CHAP_RECENT	64

static DEFINE_SPINLOCK(erl2_chap_recent_lock);

static struct {
	u8 challenge[ERL2_CHAP_DIGEST_MAX];
	unsigned int len;
} erl2_chap_recent[ERL2_CHAP_RECENT];

static unsigned int erl2_chap_recent_next;

static struct erl2_chap_alg *erl2_chap_find(u8 alg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(erl2_chap_algs); i++)
		if (erl2_chap_algs[i].alg == alg && erl2_chap_algs[i].tfm)
			return &erl2_chap_algs[i];
	return NULL;
}

/**
 * erl2_chap_init() - get the hash functions
 *
 * What the kernel does not have, or does not allow (MD5 in FIPS mode), is not
 * offered later on.
 *
 * Context: process context, may sleep; once, before the first login.
 * Return: 0, -ENOMEM.
 */
int erl2_chap_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(erl2_chap_algs); i++) {
		struct erl2_chap_alg *a = &erl2_chap_algs[i];
		struct crypto_shash *tfm = crypto_alloc_shash(a->name, 0, 0);

		if (tfm == ERR_PTR(-ENOMEM)) {
			erl2_chap_exit();
			return -ENOMEM;
		}
		if (IS_ERR(tfm))
			continue;
		if (crypto_shash_digestsize(tfm) != a->len)
			crypto_free_shash(tfm);
		else
			a->tfm = tfm;
	}
	return 0;
}

/**
 * erl2_chap_exit() - give the hash functions back
 *
 * Context: process context; no login may be under way.
 */
void erl2_chap_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(erl2_chap_algs); i++) {
		if (erl2_chap_algs[i].tfm)
			crypto_free_shash(erl2_chap_algs[i].tfm);
		erl2_chap_algs[i].tfm = NULL;
	}
	memzero_explicit(erl2_chap_recent, sizeof(erl2_chap_recent));
}

/**
 * erl2_chap_hash() - compute a response
 * @alg: algorithm
 * @id: identifier
 * @secret: secret
 * @challenge: challenge
 * @len: length of @challenge
 * @digest: where the response goes, ERL2_CHAP_DIGEST_MAX bytes
 *
 * Context: any.
 * Return: length of the response, a negative errno.
 */
int erl2_chap_hash(u8 alg, u8 id, const char *secret, const u8 *challenge,
		   unsigned int len, u8 *digest)
{
	struct erl2_chap_alg *a = erl2_chap_find(alg);
	int err;

	if (!a)
		return -ENOENT;
	{
		SHASH_DESC_ON_STACK(desc, a->tfm);

		desc->tfm = a->tfm;
		err = crypto_shash_init(desc) ?:
		      crypto_shash_update(desc, &id, 1) ?:
		      crypto_shash_update(desc, secret, strlen(secret)) ?:
		      crypto_shash_update(desc, challenge, len) ?:
		      crypto_shash_final(desc, digest);
		shash_desc_zero(desc);
	}
	return err ? err : a->len;
}

/**
 * erl2_chap_mutual() - does the target have to prove who it is as well?
 * @secrets: names and secrets
 *
 * Half a configuration counts: it fails later rather than to be taken for one
 * that asks for less.
 *
 * Context: any.
 * Return: true for mutual authentication.
 */
bool erl2_chap_mutual(const struct erl2_chap_secrets *secrets)
{
	return secrets->name_in[0] || secrets->secret_in[0];
}

/**
 * erl2_chap_wipe() - forget an authentication
 * @c: the authentication
 *
 * Context: any.
 */
void erl2_chap_wipe(struct erl2_chap *c)
{
	memzero_explicit(c, sizeof(*c));
}

/**
 * erl2_chap_offer() - first step: CHAP_A
 * @c: the authentication
 * @secrets: names and secrets
 * @out: where the key goes
 *
 * Context: process context.
 * Return: 0, -EKEYREJECTED if nothing sensible can be done with @secrets,
 * -ENOENT if none of the algorithms is there.
 */
int erl2_chap_offer(struct erl2_chap *c,
		    const struct erl2_chap_secrets *secrets,
		    struct erl2_text *out)
{
	unsigned int i, n = 0;
	char value[40] = "";

	c->secrets = secrets;
	c->challenge_len = 0;

	if (!secrets->name[0] || !secrets->secret[0])
		return -EKEYREJECTED;
	/* 9.2.1: one secret for both directions proves nothing. */
	if (erl2_chap_mutual(secrets) &&
	    (!secrets->name_in[0] || !secrets->secret_in[0] ||
	     !strcmp(secrets->secret, secrets->secret_in)))
		return -EKEYREJECTED;

	if (secrets->algs[0]) {
		for (i = 0; i < ARRAY_SIZE(secrets->algs); i++)
			if (erl2_chap_find(secrets->algs[i]) &&
			    !memchr(c->algs, secrets->algs[i], n))
				c->algs[n++] = secrets->algs[i];
	} else {
		for (i = 0; i < ARRAY_SIZE(erl2_chap_algs); i++)
			if (erl2_chap_algs[i].tfm)
				c->algs[n++] = erl2_chap_algs[i].alg;
	}
	c->algs[n] = 0;
	if (!n)
		return -ENOENT;

	for (i = 0; i < n; i++)
		snprintf(value + strlen(value), sizeof(value) - strlen(value),
			 i ? ",%u" : "%u", c->algs[i]);
	erl2_text_add(out, "CHAP_A", value);
	return 0;
}

/* Is this a challenge that we sent ourselves? */
static bool erl2_chap_reflected(const u8 *challenge, unsigned int len)
{
	bool found = false;
	unsigned int i;

	spin_lock(&erl2_chap_recent_lock);
	for (i = 0; i < ERL2_CHAP_RECENT; i++)
		if (len == erl2_chap_recent[i].len &&
		    !memcmp(challenge, erl2_chap_recent[i].challenge, len))
			found = true;
	spin_unlock(&erl2_chap_recent_lock);
	return found;
}

static void erl2_chap_remember(const u8 *challenge, unsigned int len)
{
	unsigned int i;

	spin_lock(&erl2_chap_recent_lock);
	i = erl2_chap_recent_next++ % ERL2_CHAP_RECENT;
	memcpy(erl2_chap_recent[i].challenge, challenge, len);
	erl2_chap_recent[i].len = len;
	spin_unlock(&erl2_chap_recent_lock);
}

/* CHAP_I and CHAP_C of our own. */
static void erl2_chap_ask(struct erl2_chap *c, struct erl2_text *out)
{
	c->challenge_len = erl2_chap_find(c->alg)->len;
	/*
	 * Never waits for the random number generator: early in the boot, when
	 * the root disk is being logged in, nothing else might feed it.
	 */
	get_random_bytes(&c->id, 1);
	get_random_bytes(c->challenge, c->challenge_len);
	erl2_text_add_uint(out, "CHAP_I", c->id);
	erl2_text_add_hex(out, "CHAP_C", c->challenge, c->challenge_len);
}

/* CHAP_N and CHAP_R for a challenge of the peer. */
static int erl2_chap_reply(struct erl2_chap *c, const char *name,
			   const char *secret, const char *id,
			   const char *challenge, struct erl2_text *out)
{
	u8 digest[ERL2_CHAP_DIGEST_MAX];
	int len;
	u32 n;

	if (erl2_text_get_uint(id, 0, 255, &n))
		return -EPROTO;
	len = erl2_text_get_binary(challenge, c->buf, sizeof(c->buf));
	if (len < 0)
		return -EPROTO;
	if (erl2_chap_reflected(c->buf, len))
		return -EKEYREJECTED;

	len = erl2_chap_hash(c->alg, n, secret, c->buf, len, digest);
	if (len < 0)
		return len;
	erl2_text_add(out, "CHAP_N", name);
	erl2_text_add_hex(out, "CHAP_R", digest, len);
	memzero_explicit(digest, sizeof(digest));
	return 0;
}

/**
 * erl2_chap_respond() - second step: answer the target's challenge
 * @c: the authentication
 * @alg: CHAP_A of the target
 * @id: CHAP_I of the target
 * @challenge: CHAP_C of the target
 * @out: where CHAP_N and CHAP_R go, and CHAP_I and CHAP_C where the target has
 *	to prove itself
 *
 * Context: process context.
 * Return: 0, -EPROTO if the target broke the rules, -EKEYREJECTED if it sent
 * us a challenge of our own, a negative errno of the hash function.
 */
int erl2_chap_respond(struct erl2_chap *c, const char *alg, const char *id,
		      const char *challenge, struct erl2_text *out)
{
	u32 n;
	int err;

	if (erl2_text_get_uint(alg, 1, 255, &n) ||
	    !strchr((const char *)c->algs, n))
		return -EPROTO;
	c->alg = n;

	err = erl2_chap_reply(c, c->secrets->name, c->secrets->secret, id,
			      challenge, out);
	if (err || !erl2_chap_mutual(c->secrets))
		return err;
	erl2_chap_ask(c, out);
	erl2_chap_remember(c->challenge, c->challenge_len);
	return 0;
}

/**
 * erl2_chap_verify() - third step: has the target proven itself?
 * @c: the authentication
 * @name: CHAP_N of the target
 * @response: CHAP_R of the target
 *
 * Context: process context.
 * Return: 0 if it has, -EKEYREJECTED if not, -EPROTO if the encoding is wrong,
 * a negative errno of the hash function.
 */
int erl2_chap_verify(struct erl2_chap *c, const char *name,
		     const char *response)
{
	const struct erl2_chap_secrets *s = c->secrets;
	u8 digest[ERL2_CHAP_DIGEST_MAX];
	int got, len;

	if (!c->challenge_len)
		return -EPROTO;
	got = erl2_text_get_binary(response, c->buf, sizeof(c->buf));
	if (got < 0)
		return -EPROTO;
	if (strcmp(name, s->name_in))
		return -EKEYREJECTED;

	/* 9.2.1: our own answer to this challenge would be a reflection. */
	len = erl2_chap_hash(c->alg, c->id, s->secret, c->challenge,
			     c->challenge_len, digest);
	if (len < 0)
		return len;
	if (got != len || !crypto_memneq(digest, c->buf, len))
		goto bad;

	len = erl2_chap_hash(c->alg, c->id, s->secret_in, c->challenge,
			     c->challenge_len, digest);
	if (len < 0)
		return len;
	if (crypto_memneq(digest, c->buf, len))
		goto bad;
	memzero_explicit(digest, sizeof(digest));
	return 0;

bad:
	memzero_explicit(digest, sizeof(digest));
	return -EKEYREJECTED;
}

/**
 * erl2_chap_list() - read the list of algorithms of a CHAP_A offer
 * @value: the list
 * @algs: where those that we have go, in the order of @value, 0 behind the last
 * @size: size of @algs
 *
 * Context: process context.
 * Return: how many there are.
 */
int erl2_chap_list(const char *value, u8 *algs, unsigned int size)
{
	unsigned int len, n = 0;
	const char *p;

	memset(algs, 0, size);
	while ((p = erl2_text_list_next(&value, &len))) {
		char item[8];
		u32 alg;

		if (len >= sizeof(item))
			continue;
		memcpy(item, p, len);
		item[len] = '\0';
		if (erl2_text_get_uint(item, 1, 255, &alg) ||
		    !erl2_chap_find(alg) || memchr(algs, alg, n))
			continue;
		if (n == size - 1)
			break;
		algs[n++] = alg;
	}
	return n;
}

/**
 * erl2_chap_challenge() - as target: challenge the initiator
 * @c: the authentication
 * @secrets: names and secrets
 * @algs: what erl2_chap_list() found in the initiator's CHAP_A
 * @out: where CHAP_A, CHAP_I and CHAP_C go
 *
 * Context: process context.
 * Return: 0, -EPROTO if @algs is empty.
 */
int erl2_chap_challenge(struct erl2_chap *c,
			const struct erl2_chap_secrets *secrets,
			const u8 *algs, struct erl2_text *out)
{
	if (!algs[0] || !erl2_chap_find(algs[0]))
		return -EPROTO;
	c->secrets = secrets;
	c->alg = algs[0];
	erl2_text_add_uint(out, "CHAP_A", c->alg);
	erl2_chap_ask(c, out);
	return 0;
}

/**
 * erl2_chap_prove() - as target: answer the initiator's challenge
 * @c: the authentication
 * @id: CHAP_I of the initiator
 * @challenge: CHAP_C of the initiator
 * @out: where CHAP_N and CHAP_R go
 *
 * Context: process context.
 * Return: 0, -EPROTO if the initiator broke the rules, a negative errno of the
 * hash function.
 */
int erl2_chap_prove(struct erl2_chap *c, const char *id, const char *challenge,
		    struct erl2_text *out)
{
	if (!c->challenge_len)
		return -EPROTO;
	return erl2_chap_reply(c, c->secrets->name_in, c->secrets->secret_in,
			       id, challenge, out);
}
