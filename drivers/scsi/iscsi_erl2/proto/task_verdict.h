/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to do with a command of a failed connection.
 */
#ifndef _ERL2_TASK_VERDICT_H
#define _ERL2_TASK_VERDICT_H

#include <linux/types.h>

struct erl2_cmdsn;

/**
 * enum erl2_verdict - the fate of a command after its connection was logged out
 * @ERL2_KEEP: never sent: it just waits for its first transmission
 * @ERL2_REASSIGN: the target has it: TASK REASSIGN
 * @ERL2_RETRY: the target never had it: same CmdSN, same ITT once more
 * @ERL2_FAIL: cannot be continued: it ends here
 */
enum erl2_verdict {
	ERL2_KEEP,
	ERL2_REASSIGN,
	ERL2_RETRY,
	ERL2_FAIL,
};

/**
 * enum erl2_answer - what a TASK REASSIGN response means for the task
 * @ERL2_ANS_CONTINUE: the task goes on over the new connection
 * @ERL2_ANS_RETRY: the target never had the command: resend it
 * @ERL2_ANS_AGAIN: log the CID out once more and ask again
 * @ERL2_ANS_LOST: the task is gone and its outcome unknown
 * @ERL2_ANS_ESCALATE: only session recovery is left
 */
enum erl2_answer {
	ERL2_ANS_CONTINUE,
	ERL2_ANS_RETRY,
	ERL2_ANS_AGAIN,
	ERL2_ANS_LOST,
	ERL2_ANS_ESCALATE,
};

enum erl2_verdict erl2_decide(const struct erl2_cmdsn *sn, bool sent,
			      bool immediate, u32 cmdsn);
enum erl2_answer erl2_reassign_answer(u8 response, bool accepted,
				      unsigned int tries);

#endif /* _ERL2_TASK_VERDICT_H */
