/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Leading logins: what the target answers, and what comes of it.
 */
#ifndef _ERL2_SELFTEST_LOGIN_CASES_H
#define _ERL2_SELFTEST_LOGIN_CASES_H

#define METHOD	{ SEC, "AuthMethod=CHAP|TargetPortalGroupTag=5|" }
#define ASK	{ SEC, "CHAP_A=5|CHAP_I=9|CHAP_C=0x1122334455667788|" }
#define PROOF	{ T_OP, "CHAP_N=storage|CHAP_R=%r|" }
#define OP	{ T_FFP, "MaxRecvDataSegmentLength=65536|" }

static const struct login_case login_cases[] = {
	/* exchanges and pieces */
	{ "one exchange", NONE, 0, NULL, { { T_FFP, OK_TEXT } } },
	{ "seven exchanges", NONE, 0, NULL, {
		{ STAY, OK_TEXT }, { STAY }, { STAY }, { STAY }, { STAY },
		{ STAY }, { T_FFP } } },
	{ "no end of exchanges", NONE, -EPROTO, "no end", {
		{ STAY }, { STAY }, { STAY }, { STAY }, { STAY }, { STAY },
		{ STAY }, { STAY } } },
	{ "8192 bytes", NONE, 0, NULL, {
		{ T_FFP, OK_TEXT, FILLED, 8192 - sizeof(OK_TEXT) - 12 } } },
	{ "8193 bytes", NONE, -EPROTO, "too long", {
		{ T_FFP, "", LENGTH, 8193 } } },
	{ "16 MiB", NONE, -EPROTO, "too long", {
		{ T_FFP, "", LENGTH, 0xffffff } } },
	{ "pieces of 50 bytes", NONE, 0, NULL, { { T_FFP, OK_TEXT, CUT, 50 } } },
	{ "pieces of one byte", NONE, 0, NULL, { { T_FFP, OK_TEXT, CUT, 1 } } },
	{ "three pieces make too much", NONE, -EPROTO, "too long", {
		{ STAY | C_BIT, "", FILLED, 8000 },
		{ STAY | C_BIT, "", FILLED, 8000 },
		{ STAY, "", FILLED, 8000 } } },
	{ "two big pieces", NONE, 0, NULL, {
		{ STAY | C_BIT, OK_TEXT "X-a=1|X-b=", },
		{ STAY, "2|", FILLED, 8000 }, { T_FFP } } },
	{ "C bit and nothing", NONE, -EPROTO, "empty response", {
		{ STAY | C_BIT } } },
	{ "C bit and T bit", NONE, -EPROTO, "impossible transit", {
		{ T_FFP | C_BIT, OK_TEXT } } },
	{ "answer to half a request", NONE, -EPROTO, "half a request", {
		{ STAY, "", MANY, 600 }, { STAY, "X-a=1|" } } },
	{ "more than we can answer", NONE, -EPROTO, "too many keys", {
		{ STAY, "", MANY, 1200 } } },

	/* the header */
	{ "NOP-In", NONE, -EPROTO, "opcode 0x20", { { 0x80, "", OPCODE, 0x20 } } },
	{ "Reject", NONE, -EPROTO, "opcode 0x3f", { { 0x80, "", OPCODE, 0x3f } } },
	{ "AHS", NONE, -EPROTO, "too long", { { T_FFP, OK_TEXT, AHS } } },
	{ "ITT", NONE, -EPROTO, "another login", { { T_FFP, OK_TEXT, ITT } } },
	{ "ISID", NONE, -EPROTO, "another login", { { T_FFP, OK_TEXT, ISID } } },
	{ "Version-active", NONE, -EPROTO, "version 1", {
		{ T_FFP, OK_TEXT, ACTIVE, 1 } } },
	{ "Version-max above ours", NONE, 0, NULL, {
		{ STAY, OK_TEXT, VERSION_MAX, 1 },
		{ T_FFP, "", VERSION_MAX, 1 } } },
	{ "Version-max changes", NONE, -EPROTO, "Version-max", {
		{ STAY, OK_TEXT, VERSION_MAX, 1 }, { T_FFP } } },
	{ "StatSN starts anywhere", NONE, 0, NULL, {
		{ T_FFP, OK_TEXT, STATSN, 12345 } } },
	{ "StatSN jumps", NONE, -EPROTO, "StatSN", {
		{ STAY, OK_TEXT }, { T_FFP, "", STATSN, 1 } } },
	{ "StatSN repeats", NONE, -EPROTO, "StatSN", {
		{ STAY, OK_TEXT }, { T_FFP, "", STATSN, -1 } } },
	{ "CSG 0", NONE, -EPROTO, "stage 0 in stage 1", { { 0x83, OK_TEXT } } },
	{ "NSG 0", NONE, -EPROTO, "impossible transit", { { 0x84, OK_TEXT } } },
	{ "NSG 1", NONE, -EPROTO, "impossible transit", { { 0x85, OK_TEXT } } },
	{ "NSG 2", NONE, -EPROTO, "impossible transit", { { 0x86, OK_TEXT } } },
	{ "TSIH 0", NONE, -EPROTO, "TSIH", { { T_FFP, OK_TEXT, TSIH_IS, 0 } } },
	{ "TSIH too early", NONE, 0, NULL, {
		{ STAY, OK_TEXT, TSIH_IS, 9 }, { T_FFP } } },
	{ "window closed", NONE, 0, NULL, { { T_FFP, OK_TEXT, WINDOW, 1 } } },
	{ "window void", NONE, 0, NULL, { { T_FFP, OK_TEXT, WINDOW, 2 } } },

	/* status */
	{ "class 2", NONE, -EACCES, "0x0203", { { 0, "", STATUS, 0x0203 } } },
	{ "class 2, unknown detail", NONE, -EACCES, "0x02ee", {
		{ 0, "", STATUS, 0x02ee } } },
	{ "class 3", NONE, -EAGAIN, "0x0302", { { 0, "", STATUS, 0x0302 } } },
	{ "class 4", NONE, -EPROTO, "unknown status", {
		{ 0, "", STATUS, 0x0400 } } },
	{ "class 2 later", NONE, -EACCES, "0x0200", {
		{ STAY, OK_TEXT }, { 0, "", STATUS, 0x0200 } } },
	{ "redirected in pieces", NONE, -EREMOTE, NULL, {
		{ STAY | C_BIT, "Target" },
		{ 0, "TargetAddress=1.2.3.4|", STATUS, 0x0101 } } },

	/* the socket */
	{ "FIN", NONE, -ECONNRESET, "closed", { { 0, "", CLOSE } } },
	{ "FIN in the header", NONE, -ECONNRESET, "closed", { { 0, "", HALF } } },
	{ "silence", NONE, -ETIMEDOUT, "no answer", { { 0, "", SILENCE } } },
	{ "silence later", NONE, -ETIMEDOUT, "no answer", {
		{ STAY, OK_TEXT }, { 0, "", SILENCE } } },
	{ "shut down by us", NONE, -ECONNRESET, "closed", {
		{ 0, "", SHUTDOWN } } },

	/* keys */
	{ "no NUL", NONE, -EPROTO, "malformed", { { T_FFP, OK_TEXT "X=1" } } },
	{ "no =", NONE, -EPROTO, "malformed", { { T_FFP, OK_TEXT "X|" } } },
	{ "alias twice", NONE, -EPROTO, "second time", {
		{ T_FFP, OK_TEXT "TargetAlias=a|TargetAlias=a|" } } },
	{ "group tag twice", NONE, -EPROTO, "second time", {
		{ STAY, OK_TEXT }, { T_FFP, "TargetPortalGroupTag=5|" } } },
	{ "level twice", NONE, -EPROTO, "ErrorRecoveryLevel", {
		{ STAY, OK_TEXT }, { T_FFP, "ErrorRecoveryLevel=2|" } } },
	{ "level rejected", NONE, -EPROTO, "ErrorRecoveryLevel", {
		{ T_FFP, "ErrorRecoveryLevel=Reject|" } } },
	{ "group tag 65536", NONE, -EPROTO, "bad TargetPortal", {
		{ T_FFP, "TargetPortalGroupTag=65536|" } } },
	{ "addresses without redirection", NONE, 0, NULL, {
		{ T_FFP, OK_TEXT "TargetAddress=1|TargetAddress=2|" } } },
	{ "InitiatorName", NONE, -EPROTO, "InitiatorName", {
		{ T_FFP, OK_TEXT "InitiatorName=iqn.x|" } } },
	{ "AuthMethod in stage 1", NONE, -EPROTO, "after the security", {
		{ T_FFP, OK_TEXT "AuthMethod=None|" } } },
	{ "private key at the end", NONE, 0, NULL, {
		{ T_FFP, OK_TEXT "X-com.example=1|" } } },
	{ "question at the end", NONE, -EPROTO, "breaks the rules", {
		{ T_FFP, OK_TEXT "IFMarker=No|" } } },
	{ "questions before", NONE, 0, NULL, {
		{ STAY, OK_TEXT "IFMarker=Yes|X-a=1|TaskReporting=RFC3720|" },
		{ T_FFP } } },

	/* CHAP */
	{ "one way", ONE_WAY, 0, NULL, { METHOD, ASK, { T_OP }, OP } },
	{ "one way, base64", ONE_WAY, 0, NULL, {
		METHOD, { SEC, "CHAP_A=5|CHAP_I=9|CHAP_C=0bESIzRA==|" },
		{ T_OP }, OP } },
	{ "one way, slowly", ONE_WAY, 0, NULL, {
		{ SEC, "TargetPortalGroupTag=5|" }, { SEC, "AuthMethod=CHAP|" },
		{ SEC }, ASK, { SEC }, { T_OP }, OP } },
	{ "mutual", MUTUAL, 0, NULL, { METHOD, ASK, PROOF, OP } },
	{ "mutual, transit later", MUTUAL, 0, NULL, {
		METHOD, ASK, { SEC, "CHAP_N=storage|CHAP_R=%r|" }, { T_OP },
		OP } },
	{ "mutual, no proof", MUTUAL, -EKEYREJECTED, "did not authenticate", {
		METHOD, ASK, { T_OP }, OP } },
	{ "mutual, wrong proof", MUTUAL, -EKEYREJECTED, "failed to auth", {
		METHOD, ASK,
		{ T_OP, "CHAP_N=storage|CHAP_R=0x00112233445566778899aabbccddeeff|" },
		OP } },
	{ "mutual, our own response", MUTUAL, -EKEYREJECTED, "failed to auth", {
		METHOD, ASK, { T_OP, "CHAP_N=storage|CHAP_R=%o|" }, OP } },
	{ "mutual, wrong name", MUTUAL, -EKEYREJECTED, "failed to auth", {
		METHOD, ASK, { T_OP, "CHAP_N=alice|CHAP_R=%r|" }, OP } },
	{ "mutual, only the name", MUTUAL, -EPROTO, "expected", {
		METHOD, ASK, { T_OP, "CHAP_N=storage|" }, OP } },
	{ "mutual, bad encoding", MUTUAL, -EPROTO, "bad CHAP_R", {
		METHOD, ASK, { T_OP, "CHAP_N=storage|CHAP_R=xyz|" }, OP } },
	{ "mutual, given up halfway", MUTUAL, -ECONNRESET, "closed", {
		METHOD, ASK, { 0, "", CLOSE } } },
	{ "mutual, challenge of that login", MUTUAL, -EKEYREJECTED,
	  "our own challenge", {
		METHOD, { SEC, "CHAP_A=5|CHAP_I=9|CHAP_C=%c|" }, { T_OP } } },
	{ "equal secrets", EQUAL, -EKEYREJECTED, "no use", { METHOD, ASK } },
	{ "unasked proof", ONE_WAY, -EPROTO, "unexpected", {
		METHOD, ASK, { T_OP, "CHAP_N=storage|CHAP_R=0x00|" }, OP } },
	{ "AuthMethod=None", ONE_WAY, -EKEYREJECTED, "does not want", {
		{ SEC, "AuthMethod=None|" } } },
	{ "AuthMethod=Reject", ONE_WAY, -EKEYREJECTED, "does not want", {
		{ SEC, "AuthMethod=Reject|" } } },
	{ "AuthMethod=SRP", ONE_WAY, -EKEYREJECTED, "does not want", {
		{ SEC, "AuthMethod=SRP|" } } },
	{ "transit instead of CHAP", ONE_WAY, -EPROTO, "impossible transit", {
		{ T_OP, "AuthMethod=None|" }, OP } },
	{ "transit instead of a challenge", ONE_WAY, -EPROTO,
	  "impossible transit", { METHOD, { T_OP }, OP } },
	{ "full feature phase at once", ONE_WAY, -EPROTO, "impossible transit", {
		{ 0x83 } } },
	{ "full feature phase after CHAP", ONE_WAY, -EPROTO,
	  "impossible transit", { METHOD, ASK, { 0x83 } } },
	{ "two methods", ONE_WAY, -EPROTO, "second time", { METHOD, METHOD } },
	{ "all at once", ONE_WAY, -EPROTO, "before AuthMethod", {
		{ SEC, "AuthMethod=CHAP|CHAP_A=5|CHAP_I=9|CHAP_C=0x11|" } } },
	{ "no challenge", ONE_WAY, -EPROTO, "expected", {
		METHOD, { SEC, "CHAP_A=5|CHAP_I=9|" } } },
	{ "another algorithm", ONE_WAY, -EPROTO, "bad CHAP challenge", {
		METHOD, { SEC, "CHAP_A=7|CHAP_I=9|CHAP_C=0x11|" } } },
	{ "operational key", ONE_WAY, -EPROTO, "in the security stage", {
		{ SEC, "AuthMethod=CHAP|MaxBurstLength=512|" } } },
	{ "no end of nothing", ONE_WAY, -EPROTO, "no end", {
		{ SEC }, { SEC }, { SEC }, { SEC }, { SEC }, { SEC }, { SEC },
		{ SEC } } },
	{ "redirected after CHAP", ONE_WAY, -EREMOTE, NULL, {
		METHOD, ASK, { T_OP },
		{ 0, "TargetAddress=1.2.3.4|", STATUS, 0x0101 } } },
	{ "refused after CHAP_R", ONE_WAY, -EACCES, "0x0201", {
		METHOD, ASK, { 0, "", STATUS, 0x0201 } } },
};

#endif /* _ERL2_SELFTEST_LOGIN_CASES_H */
