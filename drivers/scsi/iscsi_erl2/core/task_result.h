/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a command ends for the SCSI layer.
 */
#ifndef _ERL2_TASK_RESULT_H
#define _ERL2_TASK_RESULT_H

struct erl2_status;
struct erl2_task;

int erl2_pdu_result(struct erl2_task *task, const struct erl2_status *st);
void erl2_task_complete(struct erl2_task *task, int result);
int erl2_task_unknown(const struct erl2_task *task, int again);
void erl2_session_lose_task(struct erl2_task *task);

#endif /* _ERL2_TASK_RESULT_H */
