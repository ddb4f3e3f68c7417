/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The login engine: one Login Phase over one connected socket.
 */
#ifndef _ERL2_LOGIN_H
#define _ERL2_LOGIN_H

#include <linux/types.h>

#include "proto/keys.h"

struct erl2_chap_secrets;
struct erl2_login_run;
struct socket;

/**
 * enum erl2_login_kind - what a login is for
 * @ERL2_LOGIN_LEADING: TSIH 0: a new session, or reinstatement of the session
 *	with the same ISID (RFC 7143 6.3.5)
 * @ERL2_LOGIN_REINSTATE: TSIH and CID of a failed connection (RFC 7143 6.3.4)
 * @ERL2_LOGIN_ADD: TSIH and a new CID: one more connection
 * @ERL2_LOGIN_END: as ERL2_LOGIN_REINSTATE, but only for the implicit logout:
 *	stops in the operational stage
 */
enum erl2_login_kind {
	ERL2_LOGIN_LEADING,
	ERL2_LOGIN_REINSTATE,
	ERL2_LOGIN_ADD,
	ERL2_LOGIN_END,
};

/*
 * The Initiator Task Tag of every Login Phase. Its low bits are those of no
 * task, see ERL2_TAG_BITS: a session never has that many.
 */
#define ERL2_LOGIN_ITT		0x00000fffU

#define ERL2_TARGET_ADDRESS_LEN	320	/* domainname[:port][,tpgt] */
#define ERL2_NAME_LEN		224	/* iSCSI name: 223 bytes and NUL */

/**
 * struct erl2_login - one Login Phase
 * @kind: what it is for
 * @initiator_name: InitiatorName
 * @initiator_alias: InitiatorAlias or NULL
 * @target_name: TargetName
 * @secrets: CHAP names and secrets; NULL where none are configured
 * @isid: ISID of the session
 * @tsih: TSIH; out: what a leading login got
 * @cid: CID of the connection
 * @cmdsn: current CmdSN of the session; the Login Requests are immediate and
 *	do not advance it (a leading login: the first one's CmdSN)
 * @exp_statsn: ExpStatSN of the first request: of the failed connection for a
 *	reinstatement (RFC 7143 11.12.9); out: next StatSN expected
 * @timeout: jiffies for the whole phase
 * @offer: what we want; not changed
 * @keys: out: the outcome. For a later connection of a session it comes in
 *	with the session-wide results, and only the connection's change
 * @exp_cmdsn: out: ExpCmdSN of the last response
 * @max_cmdsn: out: MaxCmdSN of the last response
 * @status_class: out: of the last Login Response
 * @status_detail: out: of the last Login Response
 * @tpgt: out: TargetPortalGroupTag, unchanged if the target sent none
 * @target_address: out: TargetAddress of a redirection, or ""
 * @target_alias: out: TargetAlias, or ""
 * @why: out: what was wrong, for the log, or ""; never a secret
 */
struct erl2_login {
	enum erl2_login_kind kind;
	const char *initiator_name;
	const char *initiator_alias;
	const char *target_name;
	const struct erl2_chap_secrets *secrets;
	u8 isid[6];
	u16 tsih;
	u16 cid;
	u32 cmdsn;
	u32 exp_statsn;
	unsigned long timeout;
	const struct erl2_offer *offer;
	struct erl2_keys keys;

	u32 exp_cmdsn;
	u32 max_cmdsn;
	u8 status_class;
	u8 status_detail;
	u16 tpgt;
	char target_address[ERL2_TARGET_ADDRESS_LEN];
	char target_alias[ERL2_NAME_LEN];
	char why[96];
};

struct erl2_login_run *erl2_login_room(void);
int erl2_login(struct erl2_login *l, struct erl2_login_run *run,
	       struct socket *sock);

#endif /* _ERL2_LOGIN_H */
