// SPDX-License-Identifier: GPL-2.0
/*
 * The Login Phase against a target that says whatever a case wants, over TCP
 * on the loopback interface (which has to be up).
 */
#include "../proto/login.c"
#include <linux/completion.h>
#include <linux/in.h>
#include <linux/kthread.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include "tests.h"

#define SECRET		"abcdefghijkl"
#define SECRET_IN	"mnopqrstuvwxyz"
#define CMDSN		77
#define TSIH		0x1234

/* What is wrong with a response. */
enum spoil {
	FINE,
	OPCODE,			/* @arg instead of Login Response */
	AHS,
	LENGTH,			/* DataSegmentLength @arg, and no data */
	ITT,
	ISID,
	ACTIVE,			/* Version-active @arg */
	VERSION_MAX,		/* Version-max @arg */
	STATSN,			/* @arg more than due */
	TSIH_IS,		/* @arg */
	WINDOW,			/* MaxCmdSN @arg below ExpCmdSN */
	STATUS,			/* Status-Class and Status-Detail @arg */
	CUT,			/* in pieces of @arg bytes, with C */
	SILENCE,		/* no response */
	CLOSE,			/* FIN instead */
	HALF,			/* half a header, then FIN */
	SHUTDOWN,		/* our own side shuts the socket down */
	MANY,			/* @arg unknown keys instead of @text */
	FILLED,			/* @text and an alias of @arg bytes */
};

/*
 * One response. @text: keys with a | for each NUL; %r is the right CHAP_R for
 * the challenge in the request, %o the one that we would give ourselves, %c
 * that challenge itself.
 */
struct reply {
	u8 flags;
	const char *text;
	enum spoil spoil;
	u32 arg;
};

#define T_FFP	0x87	/* T, stage 1 to 3 */
#define T_OP	0x81	/* T, stage 0 to 1 */
#define STAY	0x04	/* stage 1 */
#define SEC	0x00	/* stage 0 */
#define C_BIT	0x40

#define OK_TEXT	"MaxRecvDataSegmentLength=65536|HeaderDigest=None|DataDigest=None|ErrorRecoveryLevel=2|MaxOutstandingR2T=1|TargetPortalGroupTag=5|"

enum auth {
	NONE,
	ONE_WAY,
	MUTUAL,
	EQUAL,			/* one secret for both directions */
};

#define MAX_REPLIES	8

struct login_case {
	const char *name;
	enum auth auth;
	int err;
	const char *why;	/* part of it */
	struct reply replies[MAX_REPLIES];
};

struct request {
	struct iscsi_login_req hdr;
	unsigned int len;
	char text[ERL2_LOGIN_SEGMENT + 4];
};

struct fake {
	struct socket *client;
	struct socket *sock;
	const struct reply *replies;
	u32 statsn;
	unsigned int requests;
	struct request first;
	struct request last;
	struct completion done;
	char buf[ERL2_TEXT_MAX * 2];
	char keep[80];		/* the last challenge of ours, for %c */
};

static int fake_io(struct fake *f, bool out, void *buf, unsigned int len)
{
	while (len) {
		struct msghdr msg = { .msg_flags = MSG_WAITALL | MSG_NOSIGNAL };
		struct kvec iov = { .iov_base = buf, .iov_len = len };
		int ret = out ? kernel_sendmsg(f->sock, &msg, &iov, 1, len) :
				kernel_recvmsg(f->sock, &msg, &iov, 1, len,
					       msg.msg_flags);

		if (ret <= 0)
			return -EIO;
		buf += ret;
		len -= ret;
	}
	return 0;
}

static int fake_request(struct fake *f)
{
	struct request *r = &f->last;

	if (fake_io(f, false, &r->hdr, sizeof(r->hdr)))
		return -EIO;
	r->len = ntoh24(r->hdr.dlength);
	if (r->len > ERL2_LOGIN_SEGMENT ||
	    fake_io(f, false, r->text, ALIGN(r->len, 4)))
		return -EIO;
	memset(r->text + r->len, 0, 4);
	if (!f->requests++)
		f->first = *r;
	return 0;
}

/* The value of a key in a request, "" if it is not there. */
static const char *value_of(const struct request *r, const char *key)
{
	size_t len = strlen(key);
	unsigned int i;

	for (i = 0; i < r->len; i += strlen(r->text + i) + 1)
		if (!strncmp(r->text + i, key, len) && r->text[i + len] == '=')
			return r->text + i + len + 1;
	return "";
}

static void fake_chap(struct fake *f, const char *secret, char *out,
		      unsigned int size)
{
	u8 challenge[ERL2_CHAP_DIGEST_MAX], digest[ERL2_CHAP_DIGEST_MAX];
	int len;
	u32 id;

	*out = '\0';
	len = erl2_text_get_binary(value_of(&f->last, "CHAP_C"), challenge,
				   sizeof(challenge));
	if (len < 0 || erl2_text_get_uint(value_of(&f->last, "CHAP_I"), 0, 255,
					  &id))
		return;
	len = erl2_chap_hash(5, id, secret, challenge, len, digest);
	snprintf(out, size, "0x%*phN", len, digest);
}

/* The text of a response; returns its length. */
static unsigned int fake_text(struct fake *f, const struct reply *r)
{
	unsigned int i, len = 0;
	const char *p;

	if (r->spoil == MANY) {
		for (i = 0; i < r->arg; i++)
			len += sprintf(f->buf + len, "X%u=", i) + 1;
		return len;
	}
	for (p = r->text ?: ""; *p; p++) {
		if (*p == '|') {
			f->buf[len++] = '\0';
		} else if (*p == '%') {
			p++;
			if (*p == 'c')
				strscpy(f->buf + len, f->keep, 80);
			else
				fake_chap(f, *p == 'r' ? SECRET_IN : SECRET,
					  f->buf + len, 80);
			len += strlen(f->buf + len);
		} else {
			f->buf[len++] = *p;
		}
	}
	if (r->spoil == FILLED) {
		len += sprintf(f->buf + len, "TargetAlias=");
		memset(f->buf + len, 'a', r->arg);
		len += r->arg;
		f->buf[len++] = '\0';
	}
	return len;
}

static int fake_pdu(struct fake *f, const struct reply *r, u8 flags,
		    char *data, unsigned int len)
{
	static u8 zeros[4];
	struct iscsi_login_rsp rsp = {
		.opcode = ISCSI_OP_LOGIN_RSP,
		.flags = flags,
		.itt = f->last.hdr.itt,
		.tsih = f->last.hdr.tsih,
		.exp_cmdsn = cpu_to_be32(CMDSN),
		.max_cmdsn = cpu_to_be32(CMDSN + 31),
	};
	u32 statsn = f->statsn++;

	memcpy(rsp.isid, f->last.hdr.isid, sizeof(rsp.isid));
	hton24(rsp.dlength, len);
	if ((flags & 0x83) == 0x83 && !rsp.tsih)
		rsp.tsih = cpu_to_be16(TSIH);

	switch (r->spoil) {
	case OPCODE:
		rsp.opcode = r->arg;
		break;
	case AHS:
		rsp.hlength = 1;
		break;
	case LENGTH:
		hton24(rsp.dlength, r->arg);
		break;
	case ITT:
		rsp.itt = (__force itt_t)~0U;
		break;
	case ISID:
		rsp.isid[5]++;
		break;
	case ACTIVE:
		rsp.active_version = r->arg;
		break;
	case VERSION_MAX:
		rsp.max_version = r->arg;
		break;
	case STATSN:
		statsn += r->arg;
		break;
	case TSIH_IS:
		rsp.tsih = cpu_to_be16(r->arg);
		break;
	case WINDOW:
		rsp.max_cmdsn = cpu_to_be32(CMDSN - r->arg);
		break;
	case STATUS:
		rsp.status_class = r->arg >> 8;
		rsp.status_detail = r->arg;
		/* No other field counts then. */
		rsp.itt = 0;
		memset(rsp.isid, 0, sizeof(rsp.isid));
		rsp.exp_cmdsn = 0;
		rsp.max_cmdsn = cpu_to_be32(5);
		break;
	default:
		break;
	}
	rsp.statsn = cpu_to_be32(statsn);

	if (fake_io(f, true, &rsp, sizeof(rsp)) || fake_io(f, true, data, len))
		return -EIO;
	return fake_io(f, true, zeros, ALIGN(len, 4) - len);
}

static int fake_answer(struct fake *f, const struct reply *r)
{
	unsigned int len, off = 0, piece;

	switch (r->spoil) {
	case SILENCE:
		return 0;
	case SHUTDOWN:
		msleep(50);
		kernel_sock_shutdown(f->client, SHUT_RDWR);
		return 0;
	case HALF:
		memset(f->buf, 0x23, 24);
		if (fake_io(f, true, f->buf, 24))
			return -EIO;
		fallthrough;
	case CLOSE:
		kernel_sock_shutdown(f->sock, SHUT_RDWR);
		return -EIO;
	default:
		break;
	}

	len = fake_text(f, r);
	if (r->spoil != CUT)
		return fake_pdu(f, r, r->flags, f->buf, len);
	do {
		piece = min(len - off, r->arg);
		if (off + piece == len)
			return fake_pdu(f, r, r->flags, f->buf + off, piece);
		/* f->last serves for %r; the requests between are empty. */
		if (fake_pdu(f, r, (r->flags & 0x0c) | C_BIT, f->buf + off,
			     piece))
			return -EIO;
		off += piece;
	} while (!fake_request(f) && !f->last.len);
	return -EIO;
}

static int fake_thread(void *arg)
{
	const struct reply *r;
	struct fake *f = arg;

	/* An empty reply repeats for ever what stands before the end. */
	for (r = f->replies; !fake_request(f); r++) {
		if (r - f->replies == MAX_REPLIES)
			break;
		if (*value_of(&f->last, "CHAP_C"))
			strscpy(f->keep, value_of(&f->last, "CHAP_C"),
				sizeof(f->keep));
		if (fake_answer(f, r))
			break;
		if (r - f->replies == MAX_REPLIES - 1)
			r--;
	}
	/* Until the other side closes, so that nothing is lost by a reset. */
	while (!fake_io(f, false, f->buf, 1))
		;
	complete(&f->done);
	return 0;
}

/* A connected pair of sockets: f->client and f->sock. */
static int fake_connect(struct fake *f)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct socket *listen;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &listen);
	if (err)
		return err;
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &f->client);
	if (err)
		goto out;
	err = kernel_bind(listen, (struct sockaddr *)&addr, sizeof(addr)) ?:
	      kernel_listen(listen, 1);
	if (!err)
		err = min(0, kernel_getsockname(listen,
						(struct sockaddr *)&addr));
	if (!err)
		err = kernel_connect(f->client, (struct sockaddr *)&addr,
				     sizeof(addr), 0);
	if (!err)
		err = kernel_accept(listen, &f->sock, 0);
	if (err)
		sock_release(f->client);
	else
		tcp_sock_set_nodelay(f->sock->sk);
out:
	sock_release(listen);
	return err;
}

struct login_test {
	struct erl2_offer offer;
	struct erl2_chap_secrets secrets;
	struct erl2_login login;
	struct fake fake;
};

static int login_suite_init(struct kunit *test)
{
	struct login_test *t = kvzalloc(sizeof(*t), GFP_KERNEL);
	struct erl2_login *l;
	int err = erl2_chap_init();

	if (err || !t)
		return err ?: -ENOMEM;
	test->priv = t;
	erl2_offer_init(&t->offer);
	t->offer.erl = 2;
	strscpy(t->secrets.name, "alice", sizeof(t->secrets.name));
	strscpy(t->secrets.secret, SECRET, sizeof(t->secrets.secret));
	t->secrets.algs[0] = 5;
	init_completion(&t->fake.done);

	l = &t->login;
	l->initiator_name = "iqn.2025-01.org.example:initiator";
	l->initiator_alias = "alias";
	l->target_name = "iqn.2025-01.org.example:target";
	memcpy(l->isid, "\x80\x01\x02\x03\x04\x05", 6);
	l->cid = 3;
	l->cmdsn = CMDSN;
	l->offer = &t->offer;
	return 0;
}

static void login_suite_exit(struct kunit *test)
{
	kvfree(test->priv);
	erl2_chap_exit();
}

/* One login; the requests are in t->fake then. */
static int login_run(struct kunit *test, const struct reply *replies)
{
	struct login_test *t = test->priv;
	struct fake *f = &t->fake;
	struct erl2_login_run *room;
	struct task_struct *thread;
	int err;

	err = fake_connect(f);
	KUNIT_ASSERT_EQ_MSG(test, 0, err, "no TCP here: is lo up?");
	f->replies = replies;
	f->requests = 0;
	f->statsn = 0xfffffffe;		/* wraps around */
	reinit_completion(&f->done);
	thread = kthread_run(fake_thread, f, "erl2_fake_target");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, thread);

	room = erl2_login_room();
	KUNIT_ASSERT_NOT_NULL(test, room);
	err = erl2_login(&t->login, room, f->client);
	kvfree(room);
	KUNIT_EXPECT_EQ(test, f->client->sk->sk_rcvtimeo, MAX_SCHEDULE_TIMEOUT);
	KUNIT_EXPECT_EQ(test, f->client->sk->sk_sndtimeo, MAX_SCHEDULE_TIMEOUT);
	sock_release(f->client);
	wait_for_completion(&f->done);
	sock_release(f->sock);
	return err;
}

static void login_set_auth(struct login_test *t, enum auth auth)
{
	t->login.secrets = auth == NONE ? NULL : &t->secrets;
	strscpy(t->secrets.name_in, auth >= MUTUAL ? "storage" : "",
		sizeof(t->secrets.name_in));
	strscpy(t->secrets.secret_in, auth == MUTUAL ? SECRET_IN :
		auth == EQUAL ? SECRET : "", sizeof(t->secrets.secret_in));
}

#include "login_cases.h"

static void login_takes_all_cases(struct kunit *test)
{
	struct login_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(login_cases); i++) {
		const struct login_case *c = &login_cases[i];
		unsigned long start = jiffies;
		bool quiet = c->err == -ETIMEDOUT;
		int err;

		login_set_auth(t, c->auth);
		t->login.kind = ERL2_LOGIN_LEADING;
		t->login.timeout = quiet ? HZ / 5 : 10 * HZ;
		err = login_run(test, c->replies);
		KUNIT_EXPECT_EQ_MSG(test, err, c->err, "%s: %s", c->name,
				    t->login.why);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(t->login.why, c->why ?: "") &&
				      (c->why || !t->login.why[0]),
				      "%s: why is '%s'", c->name, t->login.why);
		KUNIT_EXPECT_TRUE_MSG(test, time_before(jiffies, start + 5 * HZ),
				      "%s takes too long", c->name);
		if (!err)
			KUNIT_EXPECT_EQ_MSG(test, t->login.tsih, TSIH, "%s",
					    c->name);
	}
}

static void login_of_a_session(struct kunit *test)
{
	static const struct reply replies[MAX_REPLIES] = {
		{ STAY, OK_TEXT "TargetAlias=a=b|" },
		{ STAY },
		{ T_FFP },
	};
	struct login_test *t = test->priv;
	struct iscsi_login_req *h = &t->fake.first.hdr;
	struct erl2_login *l = &t->login;
	u8 zeros[16] = {};

	l->timeout = 5 * HZ;
	l->exp_statsn = 99;
	KUNIT_ASSERT_EQ(test, 0, login_run(test, replies));

	/* the first request */
	KUNIT_EXPECT_EQ(test, h->opcode, 0x43);
	KUNIT_EXPECT_EQ(test, h->flags, T_FFP);
	KUNIT_EXPECT_EQ(test, h->max_version, 0);
	KUNIT_EXPECT_EQ(test, h->min_version, 0);
	KUNIT_EXPECT_EQ(test, h->hlength, 0);
	KUNIT_EXPECT_EQ(test, 0, memcmp(h->isid, l->isid, 6));
	KUNIT_EXPECT_EQ(test, be16_to_cpu(h->tsih), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu((__force __be32)h->itt),
			ERL2_LOGIN_ITT);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(h->cid), 3);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(h->rsvd3), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(h->cmdsn), CMDSN);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(h->exp_statsn), 0);
	KUNIT_EXPECT_EQ(test, 0, memcmp(h->rsvd5, zeros, 16));
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.first, "InitiatorName"),
			   l->initiator_name);
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.first, "InitiatorAlias"),
			   "alias");
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.first, "TargetName"),
			   l->target_name);
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.first, "SessionType"),
			   "Normal");
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.first,
					  "ErrorRecoveryLevel"), "2");

	/* the last one: empty, T still set, all acknowledged */
	h = &t->fake.last.hdr;
	KUNIT_EXPECT_EQ(test, t->fake.requests, 3);
	KUNIT_EXPECT_EQ(test, t->fake.last.len, 0);
	KUNIT_EXPECT_EQ(test, h->flags, T_FFP);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(h->exp_statsn), 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(h->cmdsn), CMDSN);
	KUNIT_EXPECT_TRUE(test, h->itt == t->fake.first.hdr.itt);

	KUNIT_EXPECT_EQ(test, l->exp_statsn, 1);
	KUNIT_EXPECT_EQ(test, l->exp_cmdsn, CMDSN);
	KUNIT_EXPECT_EQ(test, l->max_cmdsn, CMDSN + 31);
	KUNIT_EXPECT_EQ(test, l->tpgt, 5);
	KUNIT_EXPECT_STREQ(test, l->target_alias, "a=b");
	KUNIT_EXPECT_EQ(test, l->keys.erl, 2);
	KUNIT_EXPECT_EQ(test, l->keys.max_xmit, 65536);
}

/* Reinstatement and further connections (6.3.4, 11.12.9, 13 "LO"). */
static void login_of_later_connections(struct kunit *test)
{
	static const struct reply replies[MAX_REPLIES] = {
		{ T_FFP, "MaxRecvDataSegmentLength=4096|TargetPortalGroupTag=5|" },
	};
	static const struct reply other_tsih[MAX_REPLIES] = {
		{ T_FFP, "MaxRecvDataSegmentLength=4096|", TSIH_IS, 7 },
	};
	static const struct reply session_key[MAX_REPLIES] = {
		{ T_FFP, "ErrorRecoveryLevel=2|" },
	};
	static const struct reply full[MAX_REPLIES] = {
		{ 0, "", STATUS, 0x0206 },
	};
	static const char * const absent[] = {
		"SessionType", "InitiatorAlias", "MaxConnections", "InitialR2T",
		"ImmediateData", "MaxBurstLength", "FirstBurstLength",
		"DefaultTime2Wait", "DefaultTime2Retain", "MaxOutstandingR2T",
		"DataPDUInOrder", "DataSequenceInOrder", "ErrorRecoveryLevel",
		"TaskReporting", "iSCSIProtocolLevel",
	};
	struct login_test *t = test->priv;
	struct erl2_login *l = &t->login;
	struct request *r = &t->fake.first;
	unsigned int i;

	l->timeout = 5 * HZ;
	l->kind = ERL2_LOGIN_REINSTATE;
	l->tsih = TSIH;
	l->exp_statsn = 0xabcdef01;
	l->keys.max_burst = 123456;
	l->keys.erl = 2;
	KUNIT_ASSERT_EQ(test, 0, login_run(test, replies));
	KUNIT_EXPECT_EQ(test, be16_to_cpu(r->hdr.tsih), TSIH);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(r->hdr.exp_statsn), 0xabcdef01);
	for (i = 0; i < ARRAY_SIZE(absent); i++)
		KUNIT_EXPECT_STREQ_MSG(test, value_of(r, absent[i]), "", "%s",
				       absent[i]);
	KUNIT_EXPECT_STREQ(test, value_of(r, "InitiatorName"),
			   l->initiator_name);
	KUNIT_EXPECT_STREQ(test, value_of(r, "TargetName"), l->target_name);
	KUNIT_EXPECT_EQ(test, l->exp_statsn, 0xffffffff);
	KUNIT_EXPECT_EQ(test, l->keys.max_burst, 123456);
	KUNIT_EXPECT_EQ(test, l->keys.erl, 2);
	KUNIT_EXPECT_EQ(test, l->keys.max_xmit, 4096);

	l->kind = ERL2_LOGIN_ADD;
	KUNIT_ASSERT_EQ(test, 0, login_run(test, replies));
	KUNIT_EXPECT_EQ(test, be16_to_cpu(r->hdr.tsih), TSIH);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(r->hdr.exp_statsn), 0);

	KUNIT_EXPECT_EQ(test, -EPROTO, login_run(test, other_tsih));
	KUNIT_EXPECT_EQ(test, -EPROTO, login_run(test, session_key));
	KUNIT_EXPECT_EQ(test, -EACCES, login_run(test, full));
	KUNIT_EXPECT_EQ(test, l->status_class, 2);
	KUNIT_EXPECT_EQ(test, l->status_detail, 6);
	KUNIT_EXPECT_EQ(test, l->tsih, TSIH);
}

static void login_is_redirected(struct kunit *test)
{
	static const struct {
		const char *text;
		int err;
		const char *address;
	} c[] = {
		{ "TargetAddress=10.0.0.1|", -EREMOTE, "10.0.0.1" },
		{ "TargetAddress=[::1]:3333|", -EREMOTE, "[::1]:3333" },
		{ "TargetAlias=x|TargetAddress=1|TargetAddress=2|", -EREMOTE,
		  "1" },
		{ "", -EPROTO, "" },
		{ "TargetAddress=|", -EPROTO, "" },
		{ "TargetAddress=10.0.0.1", -EPROTO, "" },
	};
	struct login_test *t = test->priv;
	unsigned int i;

	t->login.timeout = 5 * HZ;
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		struct reply replies[MAX_REPLIES] = {
			{ 0, c[i].text, STATUS, 0x0101 },
		};

		KUNIT_EXPECT_EQ_MSG(test, c[i].err, login_run(test, replies),
				    "'%s'", c[i].text);
		KUNIT_EXPECT_STREQ_MSG(test, t->login.target_address,
				       c[i].address, "'%s'", c[i].text);
		KUNIT_EXPECT_EQ(test, t->login.status_class, 1);
		KUNIT_EXPECT_EQ(test, t->login.status_detail, 1);
	}
}

/* More to answer than one PDU holds: the C bit is ours. */
static void login_continues_its_text(struct kunit *test)
{
	static const struct reply replies[MAX_REPLIES] = {
		{ STAY, "", MANY, 600 },
		{ STAY },
		{ T_FFP, OK_TEXT },
	};
	struct login_test *t = test->priv;

	t->login.timeout = 5 * HZ;
	KUNIT_ASSERT_EQ(test, 0, login_run(test, replies));
	KUNIT_EXPECT_EQ(test, t->fake.requests, 3);
	KUNIT_EXPECT_EQ(test, t->fake.last.hdr.flags, T_FFP);
	KUNIT_EXPECT_STREQ(test, value_of(&t->fake.last, "X599"),
			   "NotUnderstood");
}

static struct kunit_case login_kunit_cases[] = {
	KUNIT_CASE(login_of_a_session),
	KUNIT_CASE(login_of_later_connections),
	KUNIT_CASE(login_is_redirected),
	KUNIT_CASE(login_continues_its_text),
	KUNIT_CASE(login_takes_all_cases),
	{ }
};

struct kunit_suite erl2_login_suite = {
	.name = "erl2_login",
	.init = login_suite_init,
	.exit = login_suite_exit,
	.test_cases = login_kunit_cases,
};
