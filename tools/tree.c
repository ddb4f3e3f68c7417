// SPDX-License-Identifier: GPL-2.0
/*
 * The sessions and connections in sysfs. They come and go while they are read:
 * whatever has disappeared is left out or unknown, never an error.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iscsi-erl2.h"

const char *sysfs_root = "/sys";

const char *const number_names[N_NUMBERS] = {
	[N_LEVEL] = "error_recovery_level",
	[N_CONNECTIONS] = "connections",
	[N_TIME2WAIT] = "time2wait",
	[N_TIME2RETAIN] = "time2retain",
	[N_LOGIN_TIMEOUT] = "login_timeout",
	[N_LOGOUT_TIMEOUT] = "logout_timeout",
	[N_REASSIGN_TIMEOUT] = "reassign_timeout",
	[N_RECONNECT_DELAY] = "reconnect_delay",
	[N_RECONNECT_DELAY_MAX] = "reconnect_delay_max",
	[N_RECOVERIES] = "recoveries",
	[N_REINSTATEMENTS] = "reinstatements",
	[N_TASKS_REASSIGNED] = "tasks_reassigned",
	[N_TASKS_RETRIED] = "tasks_retried",
	[N_TASKS_LOST] = "tasks_lost",
	[N_LAST_RECOVERY_US] = "last_recovery_us",
};

/* A path below the root; false if it does not fit. */
static bool path_fmt(char *path, const char *fmt, va_list ap)
{
	int n = snprintf(path, PATH_MAX, "%s/", sysfs_root);

	if (n >= 0 && n < PATH_MAX) {
		int m = vsnprintf(path + n, PATH_MAX - n, fmt, ap);

		if (m >= 0 && m < PATH_MAX - n)
			return true;
	}
	return false;
}

static bool attr_vread(char *buf, size_t size, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	buf[0] = '\0';
	if (!path_fmt(path, fmt, ap))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0) {
		buf[0] = '\0';
		return false;
	}
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

/* The first line of an attribute; an empty string if it cannot be had. */
bool attr_read(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = attr_vread(buf, size, fmt, ap);
	va_end(ap);
	return ok;
}

/* A number that is not negative, or UNKNOWN. */
long long attr_number(const char *fmt, ...)
{
	char buf[ATTR_LEN], *end;
	long long val;
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = attr_vread(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (!ok || buf[0] < '0' || buf[0] > '9')
		return UNKNOWN;
	errno = 0;
	val = strtoll(buf, &end, 10);
	return *end || errno ? UNKNOWN : val;
}

/* 0 or a negative errno. */
int attr_write(const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	size_t len = strlen(value);
	int fd, err = 0;
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = path_fmt(path, fmt, ap);
	va_end(ap);
	if (!ok)
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	errno = 0;
	if (write(fd, value, len) != (ssize_t)len)
		err = -(errno ?: EIO);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static DIR *dir_open(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	bool ok;

	va_start(ap, fmt);
	ok = path_fmt(path, fmt, ap);
	va_end(ap);
	return ok ? opendir(path) : NULL;
}

/* The rest of @name behind @prefix if it is a number, otherwise false. */
static bool name_number(const char *name, const char *prefix, unsigned int *val)
{
	size_t len = strlen(prefix);
	char *end;

	if (strncmp(name, prefix, len) || name[len] < '0' || name[len] > '9')
		return false;
	*val = strtoul(name + len, &end, 10);
	return !*end;
}

/* One more zeroed element at the end of an array. */
static void *grow(void *array, size_t *nr, size_t size)
{
	char *p = realloc(array, (*nr + 1) * size);

	if (!p) {
		perror("iscsi-erl2");
		exit(1);
	}
	memset(p + *nr * size, 0, size);
	(*nr)++;
	return p;
}

static void add_word(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + 2 <= size)
		snprintf(list + len, size - len, "%s%s", len ? " " : "", word);
}

/* sessionN/device/targetH:C:T/H:C:T:L/block/sdX */
static void read_disks(struct session *s)
{
	struct dirent *t, *l, *b;
	DIR *targets, *luns, *blocks;

	targets = dir_open("class/iscsi_session/session%u/device", s->sid);
	while (targets && (t = readdir(targets))) {
		if (strncmp(t->d_name, "target", 6))
			continue;
		luns = dir_open("class/iscsi_session/session%u/device/%s",
				s->sid, t->d_name);
		while (luns && (l = readdir(luns))) {
			if (l->d_name[0] < '0' || l->d_name[0] > '9')
				continue;
			blocks = dir_open("class/iscsi_session/session%u/device/%s/%s/block",
					  s->sid, t->d_name, l->d_name);
			while (blocks && (b = readdir(blocks))) {
				if (b->d_name[0] != '.')
					add_word(s->disks, sizeof(s->disks),
						 b->d_name);
			}
			if (blocks)
				closedir(blocks);
		}
		if (luns)
			closedir(luns);
	}
	if (targets)
		closedir(targets);
}

static int cmp_conn(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;

	return x->cid < y->cid ? -1 : x->cid > y->cid;
}

static int cmp_session(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	return x->sid < y->sid ? -1 : x->sid > y->sid;
}

static void read_conns(struct session *s)
{
	DIR *dir = dir_open("class/iscsi_connection");
	char prefix[32];
	struct dirent *d;
	unsigned int cid;

	snprintf(prefix, sizeof(prefix), "connection%u:", s->sid);
	while (dir && (d = readdir(dir))) {
		struct connection *c;

		if (!name_number(d->d_name, prefix, &cid))
			continue;
		s->conns = grow(s->conns, &s->nr_conns, sizeof(*c));
		c = &s->conns[s->nr_conns - 1];
		c->cid = cid;
		attr_read(c->state, sizeof(c->state),
			  "class/iscsi_connection/%s/recovery/state",
			  d->d_name);
		attr_read(c->portal, sizeof(c->portal),
			  "class/iscsi_connection/%s/recovery/portal",
			  d->d_name);
		c->tasks = attr_number("class/iscsi_connection/%s/recovery/tasks",
				       d->d_name);
	}
	if (dir)
		closedir(dir);
	if (s->nr_conns)
		qsort(s->conns, s->nr_conns, sizeof(*s->conns), cmp_conn);
}

static void read_session(struct session *s)
{
	int i;

	attr_read(s->target, sizeof(s->target),
		  "class/iscsi_session/session%u/targetname", s->sid);
	attr_read(s->recovery_tmo, sizeof(s->recovery_tmo),
		  "class/iscsi_session/session%u/recovery_tmo", s->sid);
	attr_read(s->state, sizeof(s->state),
		  "class/iscsi_session/session%u/recovery/state", s->sid);
	for (i = 0; i < N_NUMBERS; i++)
		s->number[i] =
			attr_number("class/iscsi_session/session%u/recovery/%s",
				    s->sid, number_names[i]);
	read_disks(s);
	read_conns(s);
}

void tree_read(struct tree *t)
{
	struct dirent *d;
	unsigned int sid;
	DIR *dir;

	memset(t, 0, sizeof(*t));
	dir = dir_open("module/iscsi_erl2");
	t->loaded = dir;
	if (dir)
		closedir(dir);

	dir = dir_open("class/iscsi_session");
	while (dir && (d = readdir(dir))) {
		DIR *group;

		if (!name_number(d->d_name, "session", &sid))
			continue;
		/* Other drivers' sessions have no such group. */
		group = dir_open("class/iscsi_session/%s/recovery", d->d_name);
		if (!group) {
			t->nr_foreign++;
			continue;
		}
		closedir(group);
		t->sessions = grow(t->sessions, &t->nr_sessions,
				   sizeof(*t->sessions));
		t->sessions[t->nr_sessions - 1].sid = sid;
		read_session(&t->sessions[t->nr_sessions - 1]);
	}
	if (dir)
		closedir(dir);
	if (t->nr_sessions)
		qsort(t->sessions, t->nr_sessions, sizeof(*t->sessions),
		      cmp_session);
}

void tree_free(struct tree *t)
{
	size_t i;

	for (i = 0; i < t->nr_sessions; i++)
		free(t->sessions[i].conns);
	free(t->sessions);
}

struct session *tree_find(struct tree *t, unsigned int sid)
{
	size_t i;

	for (i = 0; i < t->nr_sessions; i++) {
		if (t->sessions[i].sid == sid)
			return &t->sessions[i];
	}
	return NULL;
}
