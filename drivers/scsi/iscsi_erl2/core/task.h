/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks: tags, queues, claim, what is missing of them.
 */
#ifndef _ERL2_TASK_H
#define _ERL2_TASK_H

#include <linux/types.h>

#include "proto/task_state.h"

struct erl2_conn;
struct erl2_level1;
struct erl2_session;
struct erl2_sg_pos;
struct erl2_task;
struct scsi_cmnd;
struct scsi_device;
struct scsi_lun;

/**
 * enum erl2_take - why a command is taken from the driver
 * @ERL2_TAKE_ENDED: the target has ended it
 * @ERL2_TAKE_REVOKE: nobody waits for it any more, whatever the target does
 * @ERL2_TAKE_UNSENT: as long as it was not sent
 */
enum erl2_take {
	ERL2_TAKE_ENDED,
	ERL2_TAKE_REVOKE,
	ERL2_TAKE_UNSENT,
};

void erl2_task_set_state(struct erl2_task *task, enum erl2_task_state state);
struct erl2_task *erl2_task_find(struct erl2_conn *conn, u32 itt);
struct erl2_task *erl2_task_live(struct erl2_conn *conn, u32 itt);
bool erl2_task_has_status(const struct erl2_task *task);
bool erl2_task_elsewhere(struct erl2_conn *conn, u32 itt);
u32 erl2_slot_itt(struct erl2_session *s, unsigned int tag);
int erl2_task_init_cmd(struct erl2_session *s, struct scsi_cmnd *sc);
void erl2_data_shut(struct erl2_conn *conn, struct erl2_task *task);
void erl2_snack_forget(struct erl2_task *task);
void erl2_snack_cut(struct erl2_task *task);
void erl2_task_rewind(struct erl2_task *task);
void erl2_task_resume(struct erl2_task *task);
void erl2_task_hold(struct erl2_task *task);
void erl2_task_queue(struct erl2_conn *conn, struct erl2_task *task);
void erl2_task_requeue(struct erl2_conn *conn, struct erl2_task *task);
void erl2_task_move(struct erl2_task *task, struct erl2_conn *to);
bool erl2_task_claim(struct erl2_task *task);
bool erl2_task_revoke(struct erl2_task *task);
void erl2_task_release(struct erl2_task *task);
void erl2_task_hush(struct erl2_conn *conn, const struct scsi_lun *lun);
void erl2_task_unhush(struct erl2_conn *conn, const struct scsi_device *sdev);
void erl2_sg_seek(struct erl2_sg_pos *p, struct scsi_cmnd *sc, u32 offset);
void erl2_sg_step(struct erl2_sg_pos *p, unsigned int len);
bool erl2_session_take_task(struct erl2_task *task, enum erl2_take how);
struct erl2_level1 *erl2_snack_level1(struct erl2_task *task);

#endif /* _ERL2_TASK_H */
