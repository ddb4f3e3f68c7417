/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands the target did not take: again over their connection.
 */
#ifndef _ERL2_COMMAND_RETRY_H
#define _ERL2_COMMAND_RETRY_H

#include <linux/types.h>

struct erl2_conn;
struct erl2_task;

/**
 * enum erl2_stall - what a look at ExpCmdSN brings
 * @ERL2_STALL_NONE: it moves, or it is too early to tell
 * @ERL2_STALL_ASK: a ping will tell whether the command is lost
 * @ERL2_STALL_RETRIED: a command was queued again
 */
enum erl2_stall {
	ERL2_STALL_NONE,
	ERL2_STALL_ASK,
	ERL2_STALL_RETRIED,
};

bool erl2_retry_rejected(struct erl2_conn *conn, struct erl2_task *task,
			 u8 reason);
enum erl2_stall erl2_retry_stalled(struct erl2_conn *conn);

#endif /* _ERL2_COMMAND_RETRY_H */
