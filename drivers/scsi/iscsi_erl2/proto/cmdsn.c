// SPDX-License-Identifier: GPL-2.0
/*
 * The command numbering window of a session (RFC 7143 4.2.2.1).
 */
#include "proto/cmdsn.h"
#include "proto/serial.h"

/**
 * erl2_cmdsn_init() - start a command window
 * @sn: the window
 * @first: CmdSN of the first command
 *
 * The window is closed until the target's first ExpCmdSN and MaxCmdSN.
 * Context: any; the caller serialises access to @sn.
 */
void erl2_cmdsn_init(struct erl2_cmdsn *sn, u32 first)
{
	sn->next = first;
	sn->exp = first;
	sn->max = first - 1;
}

/**
 * erl2_cmdsn_open() - may one more non-immediate command be sent?
 * @sn: the window
 *
 * Context: any; the caller serialises access to @sn.
 * Return: true while @sn->next is inside the window.
 */
bool erl2_cmdsn_open(const struct erl2_cmdsn *sn)
{
	return !erl2_sn_after(sn->next, sn->max);
}

/**
 * erl2_cmdsn_update() - take ExpCmdSN and MaxCmdSN from a PDU
 * @sn: the window
 * @exp: ExpCmdSN received
 * @max: MaxCmdSN received
 *
 * Context: any; the caller serialises access to @sn.
 * Return: true if the window grew, so that waiting commands may be sent.
 */
bool erl2_cmdsn_update(struct erl2_cmdsn *sn, u32 exp, u32 max)
{
	/*
	 * RFC 7143 4.2.2.1: a MaxCmdSN below ExpCmdSN - 1 makes both values
	 * void; otherwise each one counts only if it is newer.
	 */
	if (erl2_sn_before(max, exp - 1))
		return false;

	/* An ExpCmdSN that acknowledges what was never sent is a lie. */
	if (erl2_sn_after(exp, sn->exp) && !erl2_sn_after(exp, sn->next))
		sn->exp = exp;

	if (!erl2_sn_after(max, sn->max))
		return false;
	sn->max = max;
	return true;
}

/**
 * erl2_cmdsn_accepted() - has the target taken this command?
 * @sn: the window
 * @cmdsn: CmdSN of a non-immediate command
 *
 * Context: any; the caller serialises access to @sn.
 * Return: true if @cmdsn is below ExpCmdSN.
 */
bool erl2_cmdsn_accepted(const struct erl2_cmdsn *sn, u32 cmdsn)
{
	return erl2_sn_before(cmdsn, sn->exp);
}
