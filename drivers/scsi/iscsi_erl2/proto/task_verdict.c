// SPDX-License-Identifier: GPL-2.0
/*
 * What to do with a command of a failed connection: nothing but the rules.
 */
#include <linux/kernel.h>
#include <scsi/iscsi_proto.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>

#include "proto/cmdsn.h"
#include "proto/task_verdict.h"

#define ERL2_REASSIGN_TRIES	3

/**
 * erl2_decide() - what becomes of a command now that its connection is gone?
 * @sn: the command window as of the Logout or Login Response that freed the
 *	connection's tasks; not before, ExpCmdSN may still rise with it
 * @sent: the command has a CmdSN, part of it may have gone out
 * @immediate: it was sent for immediate delivery
 * @cmdsn: its CmdSN, where @sent
 *
 * RFC 7143 7.2.1 and 11.14: below ExpCmdSN the target has the command, at or
 * above it threw away what it may have got, and has a hole to be plugged by
 * the same command with the same CmdSN. Nobody can say that of an immediate
 * command, and it must not be reassigned either (11.5.1).
 *
 * Context: any.
 * Return: the verdict.
 */
enum erl2_verdict erl2_decide(const struct erl2_cmdsn *sn, bool sent,
			      bool immediate, u32 cmdsn)
{
	if (!sent)
		return ERL2_KEEP;
	if (immediate)
		return ERL2_FAIL;
	return erl2_cmdsn_accepted(sn, cmdsn) ? ERL2_REASSIGN : ERL2_RETRY;
}

/**
 * erl2_reassign_answer() - what does this TASK REASSIGN response mean?
 * @response: Response field
 * @accepted: the task's CmdSN is below ExpCmdSN
 * @tries: how many TASK REASSIGNs were sent for the task in this recovery, this
 *	one included
 *
 * RFC 7143 11.6.1. A task that the target never accepted has left a hole in
 * the CmdSNs. So whatever a target says about such a task, short of taking it,
 * the command has to be sent once more, and that is safe.
 *
 * Context: any.
 * Return: what to do with the task.
 */
enum erl2_answer erl2_reassign_answer(u8 response, bool accepted,
				      unsigned int tries)
{
	switch (response) {
	case ISCSI_TMF_RSP_COMPLETE:
		return ERL2_ANS_CONTINUE;
	case ISCSI_TMF_RSP_TASK_ALLEGIANT:
		/*
		 * 7.2.2: the logout of the old connection did not work, or has
		 * not got through to this task yet.
		 */
		return tries < ERL2_REASSIGN_TRIES ? ERL2_ANS_AGAIN :
						     ERL2_ANS_ESCALATE;
	case ISCSI_TMF_RSP_NO_FAILOVER:
	case ISCSI_TMF_RSP_NOT_SUPPORTED:
		/* The target breaks its word (level 2): no task can go on. */
		return ERL2_ANS_ESCALATE;
	case ISCSI_TMF_RSP_NO_TASK:
		/* Accepted once, and gone: executed or not, nobody knows. */
	case ISCSI_TMF_RSP_NO_LUN:
	case ISCSI_TMF_RSP_AUTH_FAILED:
	case ISCSI_TMF_RSP_REJECTED:
	default:
		/*
		 * For this task alone; the others may be better off. Where the
		 * target may still have it, it has to be aborted first.
		 */
		return accepted ? ERL2_ANS_LOST : ERL2_ANS_RETRY;
	}
}
