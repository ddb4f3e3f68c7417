/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where iscsid's login and logout PDUs end: nothing of them reaches the wire.
 */
#ifndef _ERL2_ISCSID_LOGIN_H
#define _ERL2_ISCSID_LOGIN_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/erl2.h"
#include "proto/chap.h"
#include "proto/keys.h"

struct erl2_frontdoor_pdu;
struct iscsi_hdr;
struct work_struct;

/**
 * struct erl2_frontdoor - the conversation with iscsid
 * @session: the session this is part of
 * @work: answers @pdu; on the session's queue
 * @pdu: what iscsid sent last and @work has not taken yet
 * @conn: the leading connection, which it came for
 * @statsn: StatSN of our next answer
 * @isid: ISID of iscsid's login
 * @alias: InitiatorAlias of iscsid's login, or NULL
 * @offer: what iscsid's login text offers
 * @asked: bits of the operational keys that want an answer
 * @algs: CHAP algorithms that iscsid offers, in its order
 * @secrets: copy of the node record's
 * @has_secrets: @secrets holds something
 * @chap: our part as CHAP target
 *
 * @secrets is written under rx_queue_mutex, before the PDU that it is for is
 * queued; all the rest belongs to @work.
 */
struct erl2_frontdoor {
	struct erl2_session *session;
	struct work_struct work;
	struct erl2_frontdoor_pdu *pdu;
	struct erl2_conn *conn;
	u32 statsn;
	u8 isid[6];
	char *alias;
	struct erl2_offer offer;
	u64 asked;
	u8 algs[8];
	struct erl2_chap_secrets secrets;
	bool has_secrets;
	struct erl2_chap chap;
};

/**
 * struct erl2_iscsid_session - dd_data of the class's session
 * @session: the session; first, since most know nothing else
 * @front: the conversation with iscsid
 */
struct erl2_iscsid_session {
	struct erl2_session session;
	struct erl2_frontdoor front;
};

int erl2_frontdoor_pdu(struct erl2_conn *conn, const struct iscsi_hdr *hdr,
		       const char *data, u32 len);
void erl2_frontdoor_init(struct erl2_session *s);
void erl2_frontdoor_stop(struct erl2_session *s);

#endif /* _ERL2_ISCSID_LOGIN_H */
