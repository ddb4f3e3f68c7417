/* SPDX-License-Identifier: GPL-2.0 */
/*
 * iscsi-erl2: what its files share.
 */
#ifndef _ISCSI_ERL2_H
#define _ISCSI_ERL2_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define ATTR_LEN	256	/* an iSCSI name has 223 bytes */
#define UNKNOWN		(-1LL)	/* a number that could not be read */

/* the numbers of a session's `recovery` group; their names are in tree.c */
enum number {
	N_LEVEL,
	N_CONNECTIONS,
	N_TIME2WAIT,
	N_TIME2RETAIN,
	N_LOGIN_TIMEOUT,
	N_LOGOUT_TIMEOUT,
	N_REASSIGN_TIMEOUT,
	N_RECONNECT_DELAY,
	N_RECONNECT_DELAY_MAX,
	N_RECOVERIES,
	N_REINSTATEMENTS,
	N_TASKS_REASSIGNED,
	N_TASKS_RETRIED,
	N_TASKS_LOST,
	N_LAST_RECOVERY_US,
	N_NUMBERS
};

extern const char *const number_names[N_NUMBERS];

struct connection {
	unsigned int cid;
	char state[ATTR_LEN];
	char portal[ATTR_LEN];
	long long tasks;
};

/* Strings that could not be read are empty. */
struct session {
	unsigned int sid;
	char target[ATTR_LEN];
	char state[ATTR_LEN];
	char recovery_tmo[ATTR_LEN];
	char disks[ATTR_LEN];
	long long number[N_NUMBERS];
	struct connection *conns;
	size_t nr_conns;
};

struct tree {
	bool loaded;
	struct session *sessions;
	size_t nr_sessions;
	size_t nr_foreign;	/* sessions of other drivers */
};

extern const char *sysfs_root;

/* tree.c */
void tree_read(struct tree *t);
void tree_free(struct tree *t);
struct session *tree_find(struct tree *t, unsigned int sid);
bool attr_read(char *buf, size_t size, const char *fmt, ...);
long long attr_number(const char *fmt, ...);
int attr_write(const char *value, const char *fmt, ...);

/* status.c */
void show_text(FILE *out, const struct tree *t);
void show_json(FILE *out, const struct tree *t);
const char *duration(long long us, char *buf, size_t size);

/* trace.c */
int trace_live(bool pdus, bool raw);
int trace_file(const char *path);

#endif /* _ISCSI_ERL2_H */
