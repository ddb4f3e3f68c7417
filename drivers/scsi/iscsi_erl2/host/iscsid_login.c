// SPDX-License-Identifier: GPL-2.0
/*
 * iscsid believes that it logs in to the target and out of it. Its PDUs end
 * here: they are answered as a target would that has none but iscsid's own
 * wishes, and the login proper is made by the kernel when iscsid is through
 * with its offers. So iscsid needs no change, and the kernel can log in again
 * at any time without it.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <scsi/iscsi_if.h>
#include <scsi/iscsi_proto.h>
#include <scsi/scsi_transport_iscsi.h>

#include "core/config.h"
#include "core/erl2.h"
#include "host/iscsid_login.h"
#include "proto/chap.h"
#include "proto/keys.h"
#include "proto/login.h"
#include "proto/text.h"
#include "recovery/session_setup.h"

#define ERL2_FRONT_PDU_MAX	8192	/* iscsid's buffer */
#define ERL2_FRONT_TEXT_MAX	4096	/* more than enough for any answer */

/* Status-Class and Status-Detail in one (RFC 7143 11.13.5) */
#define ERL2_STATUS_INITIATOR_ERR	0x0200

#define ERL2_STATUS_AUTH_FAILED		0x0201
#define ERL2_STATUS_NO_SESSION_TYPE	0x0209

/**
 * struct erl2_frontdoor_pdu - a PDU of iscsid's
 * @hdr: header
 * @len: length of @data
 * @data: text
 */
struct erl2_frontdoor_pdu {
	struct iscsi_hdr hdr;
	u32 len;
	char data[];
};

/**
 * struct erl2_front_answer - what is being put together for iscsid
 * @rsp: header
 * @text: text
 * @buf: memory of @text
 * @login: the login proper
 */
struct erl2_front_answer {
	struct iscsi_login_rsp rsp;
	struct erl2_text text;
	char buf[ERL2_FRONT_TEXT_MAX];
	struct erl2_login login;
};

static struct erl2_frontdoor *front_of(struct erl2_session *s)
{
	return &container_of(s, struct erl2_iscsid_session, session)->front;
}

static void erl2_front_status(struct erl2_front_answer *a, u16 status)
{
	a->rsp.flags = 0;
	a->rsp.tsih = 0;
	a->rsp.status_class = status >> 8;
	a->rsp.status_detail = status & 0xff;
	erl2_text_reset(&a->text);
}

static void erl2_front_send(struct erl2_frontdoor *f, struct iscsi_hdr *hdr,
			    char *data, u32 len)
{
	hton24(hdr->dlength, len);
	iscsi_recv_pdu(f->conn->cls, hdr, data, len);
}

/* A login of iscsid's begins: forget the one before. */
static void erl2_front_reset(struct erl2_frontdoor *f)
{
	kfree(f->alias);
	f->alias = NULL;
	f->asked = 0;
	memset(f->algs, 0, sizeof(f->algs));
	erl2_chap_wipe(&f->chap);
	erl2_offer_init(&f->offer);
	/* RFC 7143 11.13.4: any number will do. */
	get_random_bytes(&f->statsn, sizeof(f->statsn));
}

/*
 * Hands the wishes of iscsid to the session. One that is up, or about to be
 * again, keeps what it was made with: iscsid was only restarted. Nor does that
 * one wait for the mutex, which recovery may hold for long.
 */
static void erl2_front_commit(struct erl2_frontdoor *f)
{
	struct erl2_session *s = f->session;
	struct erl2_offer *o = &f->offer;

	if (READ_ONCE(s->state) != ERL2_SESSION_FREE &&
	    !test_bit(ERL2_SESSION_GAVE_UP, &s->flags))
		return;

	o->erl = erl2_param_erl;
	/* As many as `connections` may be raised to. */
	o->max_connections = ERL2_CONNS_MAX;
	if (erl2_param_time2wait >= 0)
		o->time2wait = erl2_param_time2wait;
	if (erl2_param_time2retain >= 0)
		o->time2retain = erl2_param_time2retain;
	o->max_r2t = min_t(u16, o->max_r2t, ERL2_MAX_R2T);
	o->fast_abort = s->node.fast_abort;

	mutex_lock(&s->mutex);
	memcpy(s->isid, f->isid, sizeof(s->isid));
	s->offer = *o;
	kfree(s->node.initiatoralias);
	s->node.initiatoralias = f->alias;
	f->alias = NULL;
	spin_lock_bh(&s->lock);
	if (s->node.chap)
		memcpy(s->node.chap->algs, f->algs, sizeof(f->algs));
	spin_unlock_bh(&s->lock);
	mutex_unlock(&s->mutex);
}

/* The last PDU of iscsid's login: now it is the target's turn. */
static int erl2_front_login(struct erl2_frontdoor *f,
			    struct erl2_front_answer *a)
{
	struct erl2_login *l = &a->login;
	unsigned int key;
	int err;

	erl2_front_commit(f);
	err = erl2_session_login(f->session, l);
	switch (err) {
	case 0:
		break;
	case -EREMOTE:
		erl2_front_status(a, l->status_class << 8 | l->status_detail);
		erl2_text_add(&a->text, "TargetAddress", l->target_address);
		return 0;
	case -EACCES:
	case -EAGAIN:
		if (!l->status_class)
			return err;
		erl2_front_status(a, l->status_class << 8 | l->status_detail);
		return 0;
	case -EKEYREJECTED:
		erl2_front_status(a, ERL2_STATUS_AUTH_FAILED);
		return 0;
	case -EPROTO:
		/* What iscsid makes of this is what it does by itself. */
		erl2_front_status(a, ERL2_STATUS_INITIATOR_ERR);
		return 0;
	default:
		return err;
	}

	a->rsp.tsih = cpu_to_be16(l->tsih);
	a->rsp.exp_cmdsn = cpu_to_be32(l->exp_cmdsn);
	a->rsp.max_cmdsn = cpu_to_be32(l->max_cmdsn);
	erl2_text_add_uint(&a->text, "TargetPortalGroupTag", l->tpgt);
	if (l->target_alias[0])
		erl2_text_add(&a->text, "TargetAlias", l->target_alias);
	for (key = 0; key < ERL2_KEY_UNKNOWN; key++)
		if (f->asked & BIT_ULL(key))
			erl2_keys_answer(&l->keys, key, &a->text);
	return 0;
}

/* There is more to come in this stage, whatever iscsid asks for. */
static void erl2_front_stay(struct erl2_front_answer *a)
{
	a->rsp.flags &= ISCSI_FLAG_LOGIN_CURRENT_STAGE_MASK;
}

/* Security keys of one PDU, and what to say to them. */
static int erl2_front_security(struct erl2_frontdoor *f, const char **v,
			       struct erl2_front_answer *a)
{
	struct erl2_text *out = &a->text;
	int err = 0;

	if (v[ERL2_KEY_AUTH_METHOD]) {
		const char *methods = v[ERL2_KEY_AUTH_METHOD];

		if (f->has_secrets && erl2_text_list_has(methods, "CHAP")) {
			erl2_text_add(out, "AuthMethod", "CHAP");
			erl2_front_stay(a);
		} else if (!f->has_secrets &&
			   erl2_text_list_has(methods, "None")) {
			erl2_text_add(out, "AuthMethod", "None");
		} else {
			erl2_front_status(a, ERL2_STATUS_AUTH_FAILED);
		}
		return 0;
	}
	if (!f->has_secrets)
		return 0;

	if (v[ERL2_KEY_CHAP_A]) {
		erl2_chap_list(v[ERL2_KEY_CHAP_A], f->algs, sizeof(f->algs));
		err = erl2_chap_challenge(&f->chap, &f->secrets, f->algs, out);
		erl2_front_stay(a);
	} else if (v[ERL2_KEY_CHAP_R] && v[ERL2_KEY_CHAP_C]) {
		/*
		 * Whether iscsid knows the secret is not in question: it gave
		 * it to us. It checks ours, though.
		 */
		err = v[ERL2_KEY_CHAP_I] ?
		      erl2_chap_prove(&f->chap, v[ERL2_KEY_CHAP_I],
				      v[ERL2_KEY_CHAP_C], out) : -EPROTO;
	}
	if (err)
		erl2_front_status(a, ERL2_STATUS_AUTH_FAILED);
	return 0;
}

/* The text of one PDU; @v: values of the security keys. */
static int erl2_front_parse(struct erl2_frontdoor *f,
			    struct erl2_frontdoor_pdu *pdu, const char **v,
			    struct erl2_front_answer *a)
{
	const char *name, *value;
	struct erl2_text_iter it;
	int ret;

	erl2_text_begin(&it, pdu->data, pdu->len);
	while ((ret = erl2_text_next(&it, &name, &value)) > 0) {
		enum erl2_key key = erl2_key_find(name);

		switch (key) {
		case ERL2_KEY_INITIATOR_NAME:
			erl2_front_reset(f);
			memcpy(f->isid, a->rsp.isid, sizeof(f->isid));
			break;
		case ERL2_KEY_INITIATOR_ALIAS:
			kfree(f->alias);
			f->alias = kstrdup(value, GFP_KERNEL);
			break;
		case ERL2_KEY_SESSION_TYPE:
			/* iscsiadm does its discovery without the kernel. */
			if (strcmp(value, "Normal")) {
				erl2_front_status(a,
						  ERL2_STATUS_NO_SESSION_TYPE);
				return 0;
			}
			break;
		case ERL2_KEY_AUTH_METHOD:
		case ERL2_KEY_CHAP_A:
		case ERL2_KEY_CHAP_I:
		case ERL2_KEY_CHAP_C:
		case ERL2_KEY_CHAP_N:
		case ERL2_KEY_CHAP_R:
			v[key] = value;
			break;
		case ERL2_KEY_TARGET_NAME:
			break;
		case ERL2_KEY_UNKNOWN:
			erl2_text_add(&a->text, name, "NotUnderstood");
			break;
		default:
			if (erl2_offer_take(&f->offer, key, value))
				return -EINVAL;
			f->asked |= BIT_ULL(key);
			break;
		}
	}
	return ret;
}

static int erl2_front_login_pdu(struct erl2_frontdoor *f,
				struct erl2_frontdoor_pdu *pdu,
				struct erl2_front_answer *a)
{
	struct iscsi_login_req *req = (struct iscsi_login_req *)&pdu->hdr;
	const char *v[ERL2_KEY_CHAP_R + 1] = {};
	struct iscsi_login_rsp *rsp = &a->rsp;
	u32 cmdsn = be32_to_cpu(req->cmdsn);
	int err;

	rsp->opcode = ISCSI_OP_LOGIN_RSP;
	/* Whatever stage iscsid wants next, it may have. */
	rsp->flags = req->flags & (ISCSI_FLAG_LOGIN_TRANSIT |
				   ISCSI_FLAG_LOGIN_CURRENT_STAGE_MASK);
	if (rsp->flags & ISCSI_FLAG_LOGIN_TRANSIT)
		rsp->flags |= ISCSI_LOGIN_NEXT_STAGE(req->flags);
	memcpy(rsp->isid, req->isid, sizeof(rsp->isid));
	rsp->itt = req->itt;
	rsp->exp_cmdsn = cpu_to_be32(cmdsn);
	rsp->max_cmdsn = cpu_to_be32(cmdsn + 1);

	err = erl2_front_parse(f, pdu, v, a);
	if (err)
		return err;
	if (!rsp->status_class && ISCSI_LOGIN_CURRENT_STAGE(req->flags) ==
	    ISCSI_SECURITY_NEGOTIATION_STAGE)
		err = erl2_front_security(f, v, a);
	if (!err && !rsp->status_class &&
	    (rsp->flags & ISCSI_FLAG_LOGIN_TRANSIT) &&
	    ISCSI_LOGIN_NEXT_STAGE(rsp->flags) == ISCSI_FULL_FEATURE_PHASE)
		err = erl2_front_login(f, a);
	rsp->statsn = cpu_to_be32(f->statsn++);
	return err;
}

static void erl2_front_logout_pdu(struct erl2_frontdoor *f,
				  struct erl2_frontdoor_pdu *pdu)
{
	struct iscsi_logout_rsp rsp = {
		.opcode = ISCSI_OP_LOGOUT_RSP,
		.flags = ISCSI_FLAG_CMD_FINAL,
		.response = ISCSI_LOGOUT_SUCCESS,
		.itt = pdu->hdr.itt,
		.statsn = cpu_to_be32(f->statsn++),
	};

	/* However it ends, iscsid can do nothing but tear down then. */
	erl2_session_logout(f->session);
	erl2_front_send(f, (struct iscsi_hdr *)&rsp, NULL, 0);
}

static void erl2_front_work(struct work_struct *work)
{
	struct erl2_frontdoor *f =
		container_of(work, struct erl2_frontdoor, work);
	struct erl2_frontdoor_pdu *pdu = xchg(&f->pdu, NULL);
	struct erl2_front_answer *a;
	unsigned int noio;
	int err = -ENOMEM;

	if (!pdu)
		return;
	noio = memalloc_noio_save();
	if ((pdu->hdr.opcode & ISCSI_OPCODE_MASK) == ISCSI_OP_LOGOUT) {
		erl2_front_logout_pdu(f, pdu);
		kfree(pdu);
		memalloc_noio_restore(noio);
		return;
	}

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (a) {
		erl2_text_init(&a->text, a->buf, sizeof(a->buf));
		err = erl2_front_login_pdu(f, pdu, a);
	}
	if (!err && a->text.overflow)
		err = -EMSGSIZE;
	/* A login that was stopped is one that iscsid has given up itself. */
	if (test_bit(ERL2_SESSION_STOP, &f->session->flags))
		goto out;
	if (err)
		iscsi_conn_error_event(f->conn->cls, ISCSI_ERR_CONN_FAILED);
	else
		erl2_front_send(f, (struct iscsi_hdr *)&a->rsp, a->buf,
				a->text.len);
out:
	kfree_sensitive(a);
	kfree(pdu);
	memalloc_noio_restore(noio);
}

/**
 * erl2_frontdoor_pdu() - iscsid sent a PDU
 * @conn: leading connection of a session
 * @hdr: its header
 * @data: its text
 * @len: length of @data
 *
 * Only takes it down; erl2_front_work() answers.
 *
 * Context: process context under rx_queue_mutex; waits for nothing but memory.
 * Return: 0, -EOPNOTSUPP if iscsid has no business to send such a PDU, -EBUSY if it
 * did not wait for an answer, -EINVAL, -ENOMEM.
 */
int erl2_frontdoor_pdu(struct erl2_conn *conn, const struct iscsi_hdr *hdr,
		       const char *data, u32 len)
{
	struct erl2_session *s = conn->session;
	struct erl2_frontdoor *f = front_of(s);
	struct erl2_frontdoor_pdu *pdu;

	switch (hdr->opcode & ISCSI_OPCODE_MASK) {
	case ISCSI_OP_LOGIN:
		/* iscsid never cuts its text, which is always short. */
		if (hdr->flags & ISCSI_FLAG_LOGIN_CONTINUE)
			return -EINVAL;
		break;
	case ISCSI_OP_LOGOUT:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (len > ERL2_FRONT_PDU_MAX)
		return -EINVAL;

	/* The disk may be the swap disk, and wait for this login. */
	pdu = kmalloc(struct_size(pdu, data, len), GFP_NOIO);
	if (!pdu)
		return -ENOMEM;
	pdu->hdr = *hdr;
	pdu->len = len;
	memcpy(pdu->data, data, len);

	f->conn = conn;
	spin_lock_bh(&s->lock);
	f->has_secrets = s->node.chap;
	if (f->has_secrets)
		f->secrets = *s->node.chap;
	spin_unlock_bh(&s->lock);
	if (cmpxchg(&f->pdu, NULL, pdu)) {
		kfree(pdu);
		return -EBUSY;
	}
	queue_work(s->wq, &f->work);
	return 0;
}

/**
 * erl2_frontdoor_init() - set up the front door of a session
 * @s: a new session
 *
 * Context: any.
 */
void erl2_frontdoor_init(struct erl2_session *s)
{
	struct erl2_frontdoor *f = front_of(s);

	memset(f, 0, sizeof(*f));
	f->session = s;
	INIT_WORK(&f->work, erl2_front_work);
	erl2_offer_init(&f->offer);
}

/**
 * erl2_frontdoor_stop() - end the conversation with iscsid
 * @s: the session
 *
 * iscsid may start another one later. ERL2_SESSION_STOP has to be set where
 * there may be a login or a logout under way: it ends these, and iscsid hears
 * no more of a login. The next bind_conn() clears it.
 *
 * Context: process context; waits for the answer being worked at.
 */
void erl2_frontdoor_stop(struct erl2_session *s)
{
	struct erl2_frontdoor *f = front_of(s);

	cancel_work_sync(&f->work);
	kfree(xchg(&f->pdu, NULL));
	kfree(f->alias);
	f->alias = NULL;
	f->has_secrets = false;
	memzero_explicit(&f->secrets, sizeof(f->secrets));
	erl2_chap_wipe(&f->chap);
}
