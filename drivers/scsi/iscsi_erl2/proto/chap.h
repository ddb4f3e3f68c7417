/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CHAP, RFC 1994 as used by RFC 7143 12.1.3.
 */
#ifndef _ERL2_CHAP_H
#define _ERL2_CHAP_H

#include <linux/types.h>

struct erl2_text;

#define ERL2_CHAP_NAME_LEN	256
#define ERL2_CHAP_SECRET_LEN	256

/**
 * struct erl2_chap_secrets - names and secrets of one session
 * @name: our name
 * @secret: our secret
 * @name_in: name the target proves, "" for one-way authentication
 * @secret_in: secret the target proves
 * @algs: CHAP_A values to offer in order, 0 ends the list
 *
 * Never logged; whoever frees one wipes it (kfree_sensitive()).
 */
struct erl2_chap_secrets {
	char name[ERL2_CHAP_NAME_LEN];
	char secret[ERL2_CHAP_SECRET_LEN];
	char name_in[ERL2_CHAP_NAME_LEN];
	char secret_in[ERL2_CHAP_SECRET_LEN];
	u8 algs[8];
};

#define ERL2_CHAP_BINARY_MAX	1024	/* RFC 7143 12.1.3: of CHAP_C, CHAP_R */
#define ERL2_CHAP_DIGEST_MAX	32	/* the longest of our algorithms */
#define ERL2_CHAP_SECRET_MIN	12	/* RFC 7143 9.2.1: 96 bits */

/**
 * struct erl2_chap - one authentication
 * @secrets: names and secrets; have to stay as long as this is in use
 * @algs: what was offered, 0 ends the list
 * @alg: the algorithm in use
 * @id: our identifier
 * @challenge: our challenge, as long as a digest of @alg
 * @challenge_len: its length, 0 if we sent none
 * @buf: a challenge or a response of the peer
 *
 * Secret in parts; erl2_chap_wipe() ends its use.
 */
struct erl2_chap {
	const struct erl2_chap_secrets *secrets;
	u8 algs[9];
	u8 alg;
	u8 id;
	u8 challenge[ERL2_CHAP_DIGEST_MAX];
	unsigned int challenge_len;
	u8 buf[ERL2_CHAP_BINARY_MAX];
};

int erl2_chap_init(void);
void erl2_chap_exit(void);
int erl2_chap_hash(u8 alg, u8 id, const char *secret, const u8 *challenge,
		   unsigned int len, u8 *digest);
bool erl2_chap_mutual(const struct erl2_chap_secrets *secrets);
void erl2_chap_wipe(struct erl2_chap *c);
/* the initiator's part, in the order of RFC 7143 12.1.3 */
int erl2_chap_offer(struct erl2_chap *c,
		    const struct erl2_chap_secrets *secrets,
		    struct erl2_text *out);
int erl2_chap_respond(struct erl2_chap *c, const char *alg, const char *id,
		      const char *challenge, struct erl2_text *out);
int erl2_chap_verify(struct erl2_chap *c, const char *name,
		     const char *response);
/* the target's part, played towards iscsid */
int erl2_chap_list(const char *value, u8 *algs, unsigned int size);
int erl2_chap_challenge(struct erl2_chap *c,
			const struct erl2_chap_secrets *secrets,
			const u8 *algs, struct erl2_text *out);
int erl2_chap_prove(struct erl2_chap *c, const char *id, const char *challenge,
		    struct erl2_text *out);

#endif /* _ERL2_CHAP_H */
