// SPDX-License-Identifier: GPL-2.0
/*
 * The Login Phase of one connection (RFC 7143 6.3, 11.12, 11.13).
 *
 * Everything the target sends in here comes from somebody who has not proven
 * anything yet, and the socket still belongs to nobody but this code.
 */
#define pr_fmt(fmt) "iscsi_erl2: " fmt

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <net/sock.h>
#include <scsi/iscsi_proto.h>

#include "proto/chap.h"
#include "proto/keys.h"
#include "proto/login.h"
#include "proto/text.h"

/* 6.3: the default MaxRecvDataSegmentLength holds during login, both ways. */
#define ERL2_LOGIN_SEGMENT	8192

/* 6.2: six exchanges at least; nobody has a reason for more than these. */
#define ERL2_LOGIN_EXCHANGES	32

/* The keys of one step of CHAP. */
#define ERL2_CHAP_STEP1	(BIT(ERL2_KEY_CHAP_A) | BIT(ERL2_KEY_CHAP_I) | \
			 BIT(ERL2_KEY_CHAP_C))
#define ERL2_CHAP_STEP2	(BIT(ERL2_KEY_CHAP_N) | BIT(ERL2_KEY_CHAP_R))

/* What the target has to send next in the security stage. */
enum erl2_auth_step {
	ERL2_AUTH_METHOD,	/* AuthMethod */
	ERL2_AUTH_CHALLENGE,	/* CHAP_A, CHAP_I, CHAP_C */
	ERL2_AUTH_PROOF,	/* mutual: CHAP_N, CHAP_R */
	ERL2_AUTH_DONE,		/* nothing but the transit */
};

struct erl2_login_run {
	struct erl2_login *l;
	struct socket *sock;
	unsigned long deadline;

	u8 stage;		/* CSG */
	bool transit;		/* T of our requests */
	bool answered;		/* there was a response already */
	u8 version_max;
	u32 statsn;		/* of the last response */

	u32 seen;		/* keys received, those outside of neg */
	enum erl2_auth_step auth_step;
	bool auth_sent;		/* our keys of this step are out */
	const char *auth[ERL2_KEY_CHAP_R + 1];
	struct erl2_chap chap;
	struct erl2_neg neg;

	struct iscsi_login_req req;
	struct iscsi_login_rsp rsp;
	struct erl2_text out;
	unsigned int in_len;
	/* From here on nothing is cleared in advance. */
	char out_buf[ERL2_TEXT_MAX];
	char in_buf[ERL2_TEXT_MAX + 4];	/* and padding */
};

/* Keeps the first reason, which is the cause of all others. */
static __printf(2, 3) int erl2_bad(struct erl2_login_run *run,
				   const char *fmt, ...)
{
	va_list args;

	if (!run->l->why[0]) {
		va_start(args, fmt);
		vscnprintf(run->l->why, sizeof(run->l->why), fmt, args);
		va_end(args);
	}
	return -EPROTO;
}

static int erl2_login_error(struct erl2_login_run *run, int err)
{
	switch (err) {
	case 0:
	case -EPIPE:
	case -ECONNRESET:
		erl2_bad(run, "the connection was closed");
		return -ECONNRESET;
	case -EAGAIN:
		erl2_bad(run, "no answer in time");
		return -ETIMEDOUT;
	}
	erl2_bad(run, "socket error %d", err);
	return err;
}

/* The rest of the time allowed, 0 if there is none. */
static long erl2_login_left(const struct erl2_login_run *run)
{
	return max(0L, (long)(run->deadline - jiffies));
}

static int erl2_login_send_pdu(struct erl2_login_run *run, u8 flags,
			       const char *data, unsigned int len)
{
	static const u8 zeros[3];
	unsigned int total = sizeof(run->req) + ALIGN(len, 4);
	struct msghdr msg = { .msg_flags = MSG_NOSIGNAL };
	struct kvec iov[3] = {
		{ .iov_base = &run->req, .iov_len = sizeof(run->req) },
		{ .iov_base = (void *)data, .iov_len = len },
		{ .iov_base = (void *)zeros, .iov_len = ALIGN(len, 4) - len },
	};
	long left = erl2_login_left(run);
	int ret;

	run->req.flags = flags;
	hton24(run->req.dlength, len);
	if (!left)
		return erl2_login_error(run, -EAGAIN);
	WRITE_ONCE(run->sock->sk->sk_sndtimeo, left);
	ret = kernel_sendmsg(run->sock, &msg, iov, ARRAY_SIZE(iov), total);
	if (ret == total)
		return 0;
	/* A blocking socket takes less only when its time is over. */
	return erl2_login_error(run, ret < 0 ? ret : -EAGAIN);
}

static int erl2_login_recv(struct erl2_login_run *run, void *buf,
			   unsigned int len)
{
	while (len) {
		struct msghdr msg = { .msg_flags = MSG_WAITALL | MSG_NOSIGNAL };
		struct kvec iov = { .iov_base = buf, .iov_len = len };
		long left = erl2_login_left(run);
		int ret;

		if (!left)
			return erl2_login_error(run, -EAGAIN);
		WRITE_ONCE(run->sock->sk->sk_rcvtimeo, left);
		ret = kernel_recvmsg(run->sock, &msg, &iov, 1, len,
				     msg.msg_flags);
		if (ret <= 0)
			return erl2_login_error(run, ret);
		buf += ret;
		len -= ret;
	}
	return 0;
}

static int erl2_login_redirect(struct erl2_login_run *run, char *text,
			       unsigned int len)
{
	struct erl2_login *l = run->l;
	const char *key, *value;
	struct erl2_text_iter it;

	/* 13.8: there may be several; the first one is as good as any. */
	erl2_text_begin(&it, text, len);
	while (erl2_text_next(&it, &key, &value) > 0)
		if (erl2_key_find(key) == ERL2_KEY_TARGET_ADDRESS &&
		    strscpy(l->target_address, value,
			    sizeof(l->target_address)) > 0)
			return -EREMOTE;
	l->target_address[0] = '\0';
	return erl2_bad(run, "redirection without TargetAddress");
}

/* A response with a Status-Class: the end, and no other field counts. */
static int erl2_login_refused(struct erl2_login_run *run, char *text,
			      unsigned int len)
{
	struct erl2_login *l = run->l;

	l->status_class = run->rsp.status_class;
	l->status_detail = run->rsp.status_detail;
	switch (l->status_class) {
	case ISCSI_STATUS_CLS_REDIRECT:
		return erl2_login_redirect(run, text, len);
	case ISCSI_STATUS_CLS_INITIATOR_ERR:
	case ISCSI_STATUS_CLS_TARGET_ERR:
		erl2_bad(run, "the target refused with status 0x%02x%02x",
			 l->status_class, l->status_detail);
		return l->status_class == ISCSI_STATUS_CLS_TARGET_ERR ?
		       -EAGAIN : -EACCES;
	}
	return erl2_bad(run, "unknown status 0x%02x%02x", l->status_class,
			l->status_detail);
}

/* The fields of a response of Status-Class 0 (11.13). */
static int erl2_login_check_header(struct erl2_login_run *run)
{
	const struct iscsi_login_rsp *rsp = &run->rsp;
	struct erl2_login *l = run->l;
	u32 statsn = be32_to_cpu(rsp->statsn);
	u32 exp = be32_to_cpu(rsp->exp_cmdsn), max = be32_to_cpu(rsp->max_cmdsn);
	u8 csg = ISCSI_LOGIN_CURRENT_STAGE(rsp->flags);
	u8 nsg = ISCSI_LOGIN_NEXT_STAGE(rsp->flags);

	if (rsp->active_version != ISCSI_DRAFT20_VERSION)
		return erl2_bad(run, "protocol version %u",
				rsp->active_version);
	if (rsp->itt != run->req.itt ||
	    memcmp(rsp->isid, run->req.isid, sizeof(rsp->isid)))
		return erl2_bad(run, "response to another login");
	if (csg != run->stage)
		return erl2_bad(run, "response of stage %u in stage %u", csg,
				run->stage);
	if (run->answered && rsp->max_version != run->version_max)
		return erl2_bad(run, "Version-max changed");
	if (run->answered && statsn != run->statsn + 1)
		return erl2_bad(run, "StatSN %u after %u", statsn, run->statsn);
	run->answered = true;
	run->version_max = rsp->max_version;
	run->statsn = statsn;
	run->req.exp_statsn = cpu_to_be32(statsn + 1);

	if (rsp->flags & ISCSI_FLAG_LOGIN_TRANSIT) {
		/* 6.3: offered by us, not beyond what was asked, forward */
		if (!(run->req.flags & ISCSI_FLAG_LOGIN_TRANSIT) ||
		    rsp->flags & ISCSI_FLAG_LOGIN_CONTINUE || nsg <= csg ||
		    nsg > ISCSI_LOGIN_NEXT_STAGE(run->req.flags) ||
		    nsg == ISCSI_LOGIN_NEXT_STAGE(ISCSI_FLAG_LOGIN_NEXT_STAGE2))
			return erl2_bad(run, "impossible transit, flags 0x%02x",
					rsp->flags);
	}

	/* 4.2.2.1: a MaxCmdSN below ExpCmdSN - 1 makes both void. */
	if ((s32)(max - (exp - 1)) >= 0) {
		l->exp_cmdsn = exp;
		l->max_cmdsn = max;
	}
	return 0;
}

/*
 * Receives one Login Response; its text goes behind what is in in_buf.
 * Returns the length of that text or a negative errno.
 */
static int erl2_login_recv_pdu(struct erl2_login_run *run)
{
	struct iscsi_login_rsp *rsp = &run->rsp;
	char *data = run->in_buf + run->in_len;
	unsigned int len;
	int err;

	err = erl2_login_recv(run, rsp, sizeof(*rsp));
	if (err)
		return err;
	/* 4.2.4: anything else in the Login Phase ends the connection. */
	if ((rsp->opcode & ISCSI_OPCODE_MASK) != ISCSI_OP_LOGIN_RSP)
		return erl2_bad(run, "opcode 0x%02x during login",
				rsp->opcode & ISCSI_OPCODE_MASK);
	len = ntoh24(rsp->dlength);
	if (rsp->hlength || len > ERL2_LOGIN_SEGMENT ||
	    len > ERL2_TEXT_MAX - run->in_len)
		return erl2_bad(run, "response too long");
	err = erl2_login_recv(run, data, ALIGN(len, 4));
	if (err)
		return err;

	if (rsp->status_class != ISCSI_STATUS_CLS_SUCCESS)
		return erl2_login_refused(run, data, len);
	err = erl2_login_check_header(run);
	if (err)
		return err;
	run->in_len += len;
	return len;
}

/*
 * One exchange: all of @out, cut into PDUs with the C bit where it is long,
 * and all of the target's text, which may come in pieces as well (6.2).
 */
static int erl2_login_exchange(struct erl2_login_run *run)
{
	u8 next = run->stage == ISCSI_SECURITY_NEGOTIATION_STAGE ?
		  ISCSI_OP_PARMS_NEGOTIATION_STAGE : ISCSI_FULL_FEATURE_PHASE;
	u8 last = run->stage << 2;
	unsigned int off = 0, len;
	bool more;
	int ret;

	if (run->out.overflow)
		return erl2_bad(run, "too many keys to answer");
	if (run->transit)
		last |= ISCSI_FLAG_LOGIN_TRANSIT | next;

	run->in_len = 0;
	do {
		len = min_t(unsigned int, run->out.len - off,
			    ERL2_LOGIN_SEGMENT);
		more = off + len < run->out.len;
		ret = erl2_login_send_pdu(run, more ? run->stage << 2 |
					  ISCSI_FLAG_LOGIN_CONTINUE : last,
					  run->out.buf + off, len);
		if (ret)
			return ret;
		off += len;
		ret = erl2_login_recv_pdu(run);
		if (ret < 0)
			return ret;
		if (more && (ret || run->rsp.flags & ISCSI_FLAG_LOGIN_CONTINUE))
			return erl2_bad(run, "answer to half a request");
	} while (more);

	while (run->rsp.flags & ISCSI_FLAG_LOGIN_CONTINUE) {
		/* Each piece has to bring something, or there is no end. */
		if (!ret)
			return erl2_bad(run, "empty response with C bit");
		ret = erl2_login_send_pdu(run, last, NULL, 0);
		if (ret)
			return ret;
		ret = erl2_login_recv_pdu(run);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Keys of any stage, and those of the security stage; no key twice (6.3). */
static int erl2_login_key(struct erl2_login_run *run, enum erl2_key key,
			  const char *name, const char *value)
{
	struct erl2_login *l = run->l;
	bool sec = run->stage == ISCSI_SECURITY_NEGOTIATION_STAGE;
	char *p;
	u32 n;

	if (key == ERL2_KEY_TARGET_ADDRESS)
		return 0;	/* means something in redirections only */
	/* A declaration of ours; NotUnderstood would not hurt (LIO has that). */
	if (key == ERL2_KEY_INITIATOR_ALIAS)
		return 0;
	if (key >= ERL2_KEY_INITIATOR_NAME && key < ERL2_KEY_UNKNOWN)
		return erl2_bad(run, "the target sent %s", name);

	if (key < ERL2_KEY_TARGET_ALIAS || key == ERL2_KEY_UNKNOWN) {
		if (sec && key != ERL2_KEY_UNKNOWN)
			return erl2_bad(run, "%s in the security stage", name);
		if (erl2_neg_receive(&run->neg, key, name, value, &run->out))
			return erl2_bad(run, "bad answer to %s", name);
		return 0;
	}

	if (run->seen & BIT(key))
		return erl2_bad(run, "%s a second time", name);
	run->seen |= BIT(key);

	switch (key) {
	case ERL2_KEY_TARGET_ALIAS:
		strscpy(l->target_alias, value, sizeof(l->target_alias));
		for (p = l->target_alias; *p; p++)
			if (iscntrl(*p))
				*p = '?';
		return 0;
	case ERL2_KEY_TPGT:
		if (erl2_text_get_uint(value, 0, U16_MAX, &n))
			return erl2_bad(run, "bad %s", name);
		l->tpgt = n;
		return 0;
	default:
		if (!sec)
			return erl2_bad(run, "%s after the security stage",
					name);
		run->auth[key] = value;
		return 0;
	}
}

static int erl2_login_parse(struct erl2_login_run *run)
{
	const char *name, *value;
	struct erl2_text_iter it;
	int ret;

	memset(run->auth, 0, sizeof(run->auth));
	erl2_text_begin(&it, run->in_buf, run->in_len);
	while ((ret = erl2_text_next(&it, &name, &value)) > 0) {
		ret = erl2_login_key(run, erl2_key_find(name), name, value);
		if (ret)
			return ret;
	}
	if (ret)
		return erl2_bad(run, "malformed text");
	return 0;
}

static int erl2_auth_failed(struct erl2_login_run *run, const char *why)
{
	erl2_bad(run, "%s", why);
	return -EKEYREJECTED;
}

/* Our keys of the security stage; those of a step go out once. */
static int erl2_auth_request(struct erl2_login_run *run)
{
	run->transit = run->auth_step >= ERL2_AUTH_PROOF;
	if (run->auth_sent)
		return 0;
	run->auth_sent = true;

	switch (run->auth_step) {
	case ERL2_AUTH_METHOD:
		/* With secrets there is nothing to fall back to. */
		erl2_text_add(&run->out, "AuthMethod", "CHAP");
		return 0;
	case ERL2_AUTH_CHALLENGE:
		if (erl2_chap_offer(&run->chap, run->l->secrets, &run->out))
			return erl2_auth_failed(run, "no use for the CHAP secrets");
		return 0;
	default:
		return 0;
	}
}

/* The target's keys of the security stage. */
static int erl2_auth_response(struct erl2_login_run *run)
{
	bool transit = run->rsp.flags & ISCSI_FLAG_LOGIN_TRANSIT;
	const char **v = run->auth;
	u32 got = 0;
	unsigned int key;
	int err;

	for (key = ERL2_KEY_AUTH_METHOD; key <= ERL2_KEY_CHAP_R; key++)
		if (v[key])
			got |= BIT(key);

	switch (run->auth_step) {
	case ERL2_AUTH_METHOD:
		if (!got)
			return 0;
		if (got != BIT(ERL2_KEY_AUTH_METHOD))
			return erl2_bad(run, "CHAP keys before AuthMethod");
		if (strcmp(v[ERL2_KEY_AUTH_METHOD], "CHAP"))
			return erl2_auth_failed(run, "the target does not want CHAP");
		break;
	case ERL2_AUTH_CHALLENGE:
		if (!got)
			return 0;
		if (got != ERL2_CHAP_STEP1)
			return erl2_bad(run, "CHAP_A, CHAP_I and CHAP_C expected");
		err = erl2_chap_respond(&run->chap, v[ERL2_KEY_CHAP_A],
					v[ERL2_KEY_CHAP_I], v[ERL2_KEY_CHAP_C],
					&run->out);
		if (err == -EPROTO)
			return erl2_bad(run, "bad CHAP challenge");
		if (err == -EKEYREJECTED)
			return erl2_auth_failed(run, "the target sent our own challenge");
		if (err)
			return err;
		run->auth_step = ERL2_AUTH_PROOF;
		run->auth_sent = true;
		if (!erl2_chap_mutual(run->l->secrets))
			run->auth_step = ERL2_AUTH_DONE;
		return 0;
	case ERL2_AUTH_PROOF:
		if (!got && !transit)
			return 0;
		if (!got)
			return erl2_auth_failed(run, "the target did not authenticate itself");
		if (got != ERL2_CHAP_STEP2)
			return erl2_bad(run, "CHAP_N and CHAP_R expected");
		err = erl2_chap_verify(&run->chap, v[ERL2_KEY_CHAP_N],
				       v[ERL2_KEY_CHAP_R]);
		if (err == -EPROTO)
			return erl2_bad(run, "bad CHAP_R");
		if (err == -EKEYREJECTED)
			return erl2_auth_failed(run, "the target failed to authenticate itself");
		if (err)
			return err;
		break;
	case ERL2_AUTH_DONE:
		if (got)
			return erl2_bad(run, "unexpected security keys");
		return 0;
	}

	run->auth_step++;
	run->auth_sent = run->auth_step == ERL2_AUTH_DONE;
	return 0;
}

static void erl2_login_names(struct erl2_login_run *run)
{
	struct erl2_login *l = run->l;

	bool leading = l->kind == ERL2_LOGIN_LEADING;

	erl2_text_add(&run->out, "InitiatorName", l->initiator_name);
	/* Once is enough, and LIO does not understand it a second time. */
	if (leading && l->initiator_alias && l->initiator_alias[0])
		erl2_text_add(&run->out, "InitiatorAlias", l->initiator_alias);
	erl2_text_add(&run->out, "TargetName", l->target_name);
	/* 13.21: leading login only */
	if (leading)
		erl2_text_add(&run->out, "SessionType", "Normal");
}

/* The target let us into the Full Feature Phase. */
static int erl2_login_finish(struct erl2_login_run *run)
{
	struct erl2_login *l = run->l;
	u16 tsih = be16_to_cpu(run->rsp.tsih);

	if (erl2_neg_finish(&run->neg))
		return erl2_bad(run, "the outcome of the negotiation breaks the rules");
	/* 11.13.3 */
	if (!tsih || (l->tsih && tsih != l->tsih))
		return erl2_bad(run, "TSIH 0x%04x", tsih);
	l->tsih = tsih;
	l->exp_statsn = run->statsn + 1;
	l->keys = run->neg.keys;
	return 0;
}

static int erl2_login_phase(struct erl2_login_run *run)
{
	unsigned int i;
	int err;

	erl2_login_names(run);
	for (i = 0; i < ERL2_LOGIN_EXCHANGES; i++) {
		if (run->stage == ISCSI_OP_PARMS_NEGOTIATION_STAGE) {
			run->transit = erl2_neg_propose(&run->neg, &run->out) &&
				       run->l->kind != ERL2_LOGIN_END;
		} else {
			err = erl2_auth_request(run);
			if (err)
				return err;
		}
		err = erl2_login_exchange(run);
		if (err)
			return err;
		/* The target has looked for the connection by now. */
		if (run->stage == ISCSI_OP_PARMS_NEGOTIATION_STAGE &&
		    run->l->kind == ERL2_LOGIN_END)
			return 0;

		erl2_text_reset(&run->out);
		err = erl2_login_parse(run);
		if (!err && run->stage == ISCSI_SECURITY_NEGOTIATION_STAGE)
			err = erl2_auth_response(run);
		if (err)
			return err;
		if (!(run->rsp.flags & ISCSI_FLAG_LOGIN_TRANSIT))
			continue;

		run->stage = ISCSI_LOGIN_NEXT_STAGE(run->rsp.flags);
		if (run->stage == ISCSI_FULL_FEATURE_PHASE)
			return erl2_login_finish(run);
	}
	return erl2_bad(run, "no end after %u exchanges", i);
}

static void erl2_login_request(struct erl2_login_run *run)
{
	struct iscsi_login_req *req = &run->req;
	struct erl2_login *l = run->l;

	req->opcode = ISCSI_OP_LOGIN | ISCSI_OP_IMMEDIATE;
	memcpy(req->isid, l->isid, sizeof(req->isid));
	if (l->kind == ERL2_LOGIN_LEADING)
		l->tsih = 0;
	req->tsih = cpu_to_be16(l->tsih);
	req->itt = (__force itt_t)cpu_to_be32(ERL2_LOGIN_ITT);
	req->cid = cpu_to_be16(l->cid);
	req->cmdsn = cpu_to_be32(l->cmdsn);
	/* 11.12.9: reserved in the first request of all others */
	if (l->kind == ERL2_LOGIN_REINSTATE || l->kind == ERL2_LOGIN_END)
		req->exp_statsn = cpu_to_be32(l->exp_statsn);
}

/**
 * erl2_login_room() - get what erl2_login() needs to work
 *
 * Once for all logins of a session: in one that I/O waits for there is neither
 * the time to clear so much memory nor the certainty to get it.
 *
 * Context: may sleep.
 * Return: the room, to be released by kvfree(), or NULL.
 */
struct erl2_login_run *erl2_login_room(void)
{
	return kvmalloc(sizeof(struct erl2_login_run), GFP_KERNEL);
}

/**
 * erl2_login() - take a connection through the Login Phase
 * @l: what to log in to; holds the outcome
 * @run: room to work in, the caller's alone meanwhile; no secret stays in it
 * @sock: a connected socket in blocking mode, without callbacks of ours
 *
 * Authenticates with CHAP where @l->secrets is set, and with nothing less;
 * starts in the operational stage otherwise, as iscsid does. Not one byte
 * behind the last Login Response is read. The caller closes the socket after
 * an error, or an ERL2_LOGIN_END: a connection has one Login Phase only (RFC
 * 7143 4.2.4).
 *
 * kernel_sock_shutdown() by somebody else ends it at once (-ECONNRESET).
 *
 * Context: process context, sleeps for up to @l->timeout; what it allocates,
 * with CHAP, it allocates without touching block devices, since one of them may
 * wait for this login.
 * Return: 0 or
 * -EREMOTE: redirection (Status-Class 1), @l->target_address says where to;
 * -EACCES: Status-Class 2, no use to try the same again;
 * -EAGAIN: Status-Class 3, may be tried again later;
 * -EKEYREJECTED: the authentication failed on our side: the target refused
 *	CHAP, did not prove who it is, or the secrets are unusable;
 * -EPROTO: the target broke a rule, or sent a PDU that is no Login Response;
 * -ETIMEDOUT: @l->timeout is over;
 * -ECONNRESET: the connection was closed;
 * -ENOMEM or another error of the socket.
 */
int erl2_login(struct erl2_login *l, struct erl2_login_run *run,
	       struct socket *sock)
{
	unsigned int noio = memalloc_noio_save();
	long old_rcv = sock->sk->sk_rcvtimeo, old_snd = sock->sk->sk_sndtimeo;
	int err;

	l->status_class = 0;
	l->status_detail = 0;
	l->target_address[0] = '\0';
	l->target_alias[0] = '\0';
	l->why[0] = '\0';
	/* Nothing is known of the window before the first response. */
	l->exp_cmdsn = l->cmdsn;
	l->max_cmdsn = l->cmdsn - 2;

	memset(run, 0, offsetof(struct erl2_login_run, out_buf));
	run->l = l;
	run->sock = sock;
	run->deadline = jiffies + l->timeout;
	run->stage = l->secrets ? ISCSI_SECURITY_NEGOTIATION_STAGE :
				  ISCSI_OP_PARMS_NEGOTIATION_STAGE;
	erl2_text_init(&run->out, run->out_buf, sizeof(run->out_buf));
	erl2_neg_init(&run->neg, l->offer, l->kind == ERL2_LOGIN_LEADING,
		      &l->keys);
	erl2_login_request(run);

	if (l->secrets && l->kind == ERL2_LOGIN_LEADING &&
	    strlen(l->secrets->secret) < ERL2_CHAP_SECRET_MIN)
		pr_warn_ratelimited("the CHAP secret for %s has less than 96 bits: whoever can listen can guess it (RFC 7143 9.2.1)\n",
				    l->target_name);

	err = erl2_login_phase(run);
	erl2_chap_wipe(&run->chap);
	if (l->secrets)
		memzero_explicit(run, sizeof(*run));
	WRITE_ONCE(sock->sk->sk_rcvtimeo, old_rcv);
	WRITE_ONCE(sock->sk->sk_sndtimeo, old_snd);
	memalloc_noio_restore(noio);
	return err;
}
