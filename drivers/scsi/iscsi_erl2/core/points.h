/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Places where a test delays the driver, so that what races with it can be
 * driven from a script. They exist only in modules built for tests.
 */
#ifndef _ERL2_POINTS_H
#define _ERL2_POINTS_H

#include <linux/poison.h>
#include <linux/string.h>
#include <linux/types.h>

/**
 * enum erl2_point - the places, by what is about to happen
 * @ERL2_POINT_TAKE: the socket is known, its lock is not held yet
 * @ERL2_POINT_HAND_BACK: a task's connection is known, its lock is not held yet
 * @ERL2_POINT_DONE: a command is claimed and about to be completed (atomic)
 * @ERL2_POINT_INSTALL: the socket is installed and delivers nothing yet
 * @ERL2_POINT_LOGOUT: a Logout was answered, its waiter is awake (atomic)
 * @ERL2_POINT_EXPIRE: recovery_tmo ran out, nothing has been done about it
 * @ERL2_POINT_OUTAGE_END: recovery is done, the session is about to be up
 * @ERL2_POINT_QUEUE: a command is about to be queued (atomic)
 * @ERL2_POINT_START: start_conn() is about to unblock the session
 * @ERL2_POINT_BLOCK: the session is about to be blocked
 * @ERL2_POINT_REMOVE: a connection is about to be removed
 * @ERL2_POINT_REINSTATE: a session is about to be replaced, its sockets are open
 */
enum erl2_point {
	ERL2_POINT_TAKE,
	ERL2_POINT_HAND_BACK,
	ERL2_POINT_DONE,
	ERL2_POINT_INSTALL,
	ERL2_POINT_LOGOUT,
	ERL2_POINT_EXPIRE,
	ERL2_POINT_OUTAGE_END,
	ERL2_POINT_QUEUE,
	ERL2_POINT_START,
	ERL2_POINT_BLOCK,
	ERL2_POINT_REMOVE,
	ERL2_POINT_REINSTATE,
	ERL2_POINT_NR
};

#ifdef ERL2_TESTS
void erl2_point(enum erl2_point p);
void erl2_point_atomic(enum erl2_point p);

/* Whoever uses it behind this is found out. */
static inline void erl2_poison(void *p, size_t len)
{
	memset(p, POISON_FREE, len);
}
#else
static inline void erl2_poison(void *p, size_t len)
{
}

static inline void erl2_point(enum erl2_point p)
{
}

static inline void erl2_point_atomic(enum erl2_point p)
{
}
#endif

#endif /* _ERL2_POINTS_H */
