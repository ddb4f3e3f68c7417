/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command numbering window of a session (RFC 7143 4.2.2.1).
 */
#ifndef _ERL2_CMDSN_H
#define _ERL2_CMDSN_H

#include <linux/types.h>

/**
 * struct erl2_cmdsn - the initiator's view of the command window
 * @next: CmdSN of the next non-immediate command
 * @exp: ExpCmdSN, all below have reached the target
 * @max: MaxCmdSN, the last number the target takes now
 */
struct erl2_cmdsn {
	u32 next;
	u32 exp;
	u32 max;
};

void erl2_cmdsn_init(struct erl2_cmdsn *sn, u32 first);
bool erl2_cmdsn_open(const struct erl2_cmdsn *sn);
bool erl2_cmdsn_update(struct erl2_cmdsn *sn, u32 exp, u32 max);
bool erl2_cmdsn_accepted(const struct erl2_cmdsn *sn, u32 cmdsn);

#endif /* _ERL2_CMDSN_H */
