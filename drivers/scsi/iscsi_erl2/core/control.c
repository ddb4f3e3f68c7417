// SPDX-License-Identifier: GPL-2.0
/*
 * Control exchanges: slots, queues, ends.
 */
#include <linux/completion.h>
#include <linux/string.h>

#include "core/control.h"
#include "core/erl2.h"
#include "core/points.h"
#include "core/task.h"
#include "proto/conn_state.h"

/**
 * erl2_ctl_find() - the control exchange that a response belongs to
 * @conn: connection the response came on
 * @rsp: the response
 *
 * Context: any; conn->lock held.
 * Return: the exchange, or NULL if @conn has none with this ITT, its request was
 * of another kind, was not sent yet, or wants no answer.
 */
struct erl2_ctl *erl2_ctl_find(struct erl2_conn *conn,
			       const struct iscsi_hdr *rsp)
{
	struct erl2_task *task;
	struct erl2_ctl *ctl;

	task = erl2_task_live(conn, be32_to_cpu((__force __be32)rsp->itt));
	if (!task || task->sc)
		return NULL;
	ctl = container_of(task, struct erl2_ctl, task);
	/* The opcode of a response is the request's with this bit set. */
	if (((ctl->hdr.opcode ^ rsp->opcode) & ISCSI_OPCODE_MASK) !=
	    ISCSI_OP_NOOP_IN)
		return NULL;
	return ctl;
}

static struct erl2_ctl *ctl_get(struct erl2_session *s, unsigned int from)
{
	struct erl2_ctl *ctl = NULL;
	unsigned int i;

	spin_lock_bh(&s->lock);
	i = find_next_zero_bit(s->ctl_used, ERL2_CTL_TASKS, from);
	if (i < ERL2_CTL_TASKS) {
		__set_bit(i, s->ctl_used);
		ctl = &s->ctl[i];
	}
	spin_unlock_bh(&s->lock);
	if (!ctl)
		return NULL;

	memset(ctl, 0, sizeof(*ctl));
	INIT_LIST_HEAD(&ctl->task.node);
	init_completion(&ctl->done);
	ctl->task.itt = erl2_slot_itt(s, s->cmds_max + i);
	return ctl;
}

/**
 * erl2_ctl_get() - get a free control slot
 * @s: session
 *
 * Context: any; takes session->lock.
 * Return: the slot with a fresh ITT, or NULL if all are in use.
 */
struct erl2_ctl *erl2_ctl_get(struct erl2_session *s)
{
	return ctl_get(s, 0);
}

/**
 * erl2_ctl_get_minor() - get a control slot for what the target asks for
 * @s: session
 *
 * However much it asks, slots are left for pings, task management and logouts.
 *
 * Context: any; takes session->lock.
 * Return: the slot with a fresh ITT, or NULL if there are too many already.
 */
struct erl2_ctl *erl2_ctl_get_minor(struct erl2_session *s)
{
	return ctl_get(s, ERL2_CTL_MAJOR);
}

/**
 * erl2_ctl_put() - free a control slot
 * @s: session
 * @ctl: the slot; must not be under way any more
 *
 * Context: any; takes session->lock.
 */
void erl2_ctl_put(struct erl2_session *s, struct erl2_ctl *ctl)
{
	spin_lock_bh(&s->lock);
	erl2_poison(ctl, sizeof(*ctl));
	__clear_bit(ctl - s->ctl, s->ctl_used);
	spin_unlock_bh(&s->lock);
}

/**
 * erl2_ctl_queue() - queue a control PDU; the caller sees that it is sent
 * @conn: connection to send it on
 * @ctl: the exchange, @ctl->hdr filled in but for ITT and numbers
 *
 * Context: any; conn->lock held.
 * Return: 0, or -ENOTCONN if the connection is not in Full Feature Phase.
 */
int erl2_ctl_queue(struct erl2_conn *conn, struct erl2_ctl *ctl)
{
	lockdep_assert_held(&conn->lock);

	if (conn->state != ERL2_CONN_LOGGED_IN &&
	    conn->state != ERL2_CONN_LOGOUT_REQUESTED)
		return -ENOTCONN;
	erl2_task_queue(conn, &ctl->task);
	return 0;
}

/**
 * erl2_ctl_finish() - end a control exchange
 * @ctl: the exchange
 * @rsp: header of the response, NULL if there is none
 * @status: 0 with a response, a negative errno without
 *
 * Context: any; conn->lock of its connection held.
 */
void erl2_ctl_finish(struct erl2_ctl *ctl, const struct iscsi_hdr *rsp,
		     int status)
{
	if (!erl2_task_claim(&ctl->task))
		return;
	/* Nobody waits for it. */
	if (ctl->no_reply) {
		erl2_ctl_release(ctl);
		return;
	}
	if (rsp)
		ctl->rsp = *rsp;
	ctl->status = status;
	if (ctl->notify)
		ctl->notify(ctl);
	else
		complete(&ctl->done);
}

/**
 * erl2_ctl_release() - notify callback of an exchange nobody waits for
 * @ctl: the exchange
 *
 * Context: any; conn->lock of its connection held.
 */
void erl2_ctl_release(struct erl2_ctl *ctl)
{
	erl2_ctl_put(ctl->task.conn->session, ctl);
}
