// SPDX-License-Identifier: GPL-2.0
/*
 * iscsi-erl2: status, drills, connections and a live trace of the iscsi_erl2
 * initiator. It only reads and writes sysfs and tracefs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "iscsi-erl2.h"

static const char help_text[] =
"iscsi-erl2 - look at and drive the iscsi_erl2 initiator\n"
"\n"
"    iscsi-erl2 [status] [--json] [--watch [SECONDS]]\n"
"        sessions, connections, counters; --watch repeats, every second\n"
"        unless told otherwise\n"
"    iscsi-erl2 fail SESSION[:CID] [--wait [SECONDS]]\n"
"        a drill: resets the TCP connection, as if the network had failed;\n"
"        --wait waits for the recovery, 60 seconds unless told otherwise,\n"
"        and tells what it did\n"
"    iscsi-erl2 connections SESSION N\n"
"        have N connections from now on\n"
"    iscsi-erl2 trace [--pdus] [--raw] [--file FILE]\n"
"        what happens, live; --pdus: every PDU as well; --raw: as the kernel\n"
"        prints it; --file: a trace saved before, - for standard input\n"
"    iscsi-erl2 help\n"
"\n"
"SESSION is the N of sessionN. --sysfs DIR or ISCSI_ERL2_SYSFS=DIR look at\n"
"DIR in place of /sys. See also iscsi-erl2(8).\n";

static int usage(const char *what, const char *arg)
{
	fprintf(stderr, "iscsi-erl2: %s%s%s (see iscsi-erl2 help)\n", what,
		arg ? ": " : "", arg ?: "");
	return 2;
}

static int failed(const char *what, unsigned int sid, int err)
{
	const char *why = strerror(-err);

	if (err == -ENOENT)
		why = "no such session or connection of iscsi_erl2";
	else if (err == -EACCES || err == -EPERM)
		why = "only root may do that";
	else if (err == -EINVAL)
		why = "not allowed, the kernel log tells what is";
	fprintf(stderr, "iscsi-erl2: session%u: %s: %s\n", sid, what, why);
	return 1;
}

static bool parse_seconds(const char *arg, double *val)
{
	char *end;

	if (!arg || *arg < '0' || *arg > '9')
		return false;
	*val = strtod(arg, &end);
	return !*end && *val > 0 && *val <= 86400;
}

static void sleep_seconds(double seconds)
{
	struct timespec ts = { .tv_sec = seconds };

	ts.tv_nsec = (seconds - ts.tv_sec) * 1e9;
	nanosleep(&ts, NULL);
}

/* "1", "session1", with @cid also "1:0"; no CID leaves *cid -1. */
static bool parse_session(const char *arg, unsigned int *sid, long *cid)
{
	char *end;

	if (!strncmp(arg, "session", 7))
		arg += 7;
	if (*arg < '0' || *arg > '9')
		return false;
	*sid = strtoul(arg, &end, 10);
	if (cid)
		*cid = -1;
	if (!*end)
		return true;
	if (!cid || *end != ':' || end[1] < '0' || end[1] > '9')
		return false;
	*cid = strtol(end + 1, &end, 10);
	return !*end;
}

static int cmd_status(int argc, char **argv)
{
	bool json = false, watch = false;
	double seconds = 1;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			json = true;
		} else if (!strcmp(argv[i], "--watch")) {
			watch = true;
			if (i + 1 < argc && argv[i + 1][0] != '-' &&
			    !parse_seconds(argv[++i], &seconds))
				return usage("not a number of seconds",
					     argv[i]);
		} else {
			return usage("status does not know", argv[i]);
		}
	}

	for (;;) {
		struct tree t;
		bool loaded;

		tree_read(&t);
		if (json) {
			show_json(stdout, &t);
		} else {
			if (watch && isatty(STDOUT_FILENO))
				fputs("\033[H\033[2J", stdout);
			show_text(stdout, &t);
			if (watch && !isatty(STDOUT_FILENO))
				puts("");
		}
		loaded = t.loaded || t.nr_sessions;
		tree_free(&t);
		if (fflush(stdout) || ferror(stdout))
			return 1;
		if (!watch)
			return loaded ? 0 : 1;
		sleep_seconds(seconds);
	}
}

/* Waits until the session is up again and tells what it took. */
static int wait_recovered(const struct session *before, double seconds)
{
	double left;

	for (left = seconds; left > 0; left -= 0.02) {
		const long long *n, *m = before->number;
		struct session *s;
		char buf[32];
		struct tree t;

		sleep_seconds(0.02);
		tree_read(&t);
		s = tree_find(&t, before->sid);
		if (!s) {
			tree_free(&t);
			return failed("wait", before->sid, -ENOENT);
		}
		n = s->number;
		if (strcmp(s->state, "up") ||
		    n[N_RECOVERIES] + n[N_REINSTATEMENTS] <=
		    m[N_RECOVERIES] + m[N_REINSTATEMENTS]) {
			tree_free(&t);
			continue;
		}
		if (n[N_REINSTATEMENTS] > m[N_REINSTATEMENTS])
			printf("session%u: reinstated", s->sid);
		else
			printf("session%u: recovered in %s", s->sid,
			       duration(n[N_LAST_RECOVERY_US], buf,
					sizeof(buf)));
		printf(", commands: %lld reassigned, %lld retried, %lld lost\n",
		       n[N_TASKS_REASSIGNED] - m[N_TASKS_REASSIGNED],
		       n[N_TASKS_RETRIED] - m[N_TASKS_RETRIED],
		       n[N_TASKS_LOST] - m[N_TASKS_LOST]);
		tree_free(&t);
		return 0;
	}
	fprintf(stderr, "iscsi-erl2: session%u: not recovered after %g s\n",
		before->sid, seconds);
	return 1;
}

static int cmd_fail(int argc, char **argv)
{
	struct session *s;
	double wait = 0;
	unsigned int sid;
	struct tree t;
	int i, err;
	long cid;

	if (argc < 1 || !parse_session(argv[0], &sid, &cid))
		return usage("fail wants SESSION[:CID]", argc ? argv[0] : NULL);
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--wait"))
			return usage("fail does not know", argv[i]);
		wait = 60;
		if (i + 1 < argc && !parse_seconds(argv[++i], &wait))
			return usage("not a number of seconds", argv[i]);
	}

	tree_read(&t);
	s = tree_find(&t, sid);
	if (s && cid < 0 && s->nr_conns > 1) {
		fprintf(stderr, "iscsi-erl2: session%u has %zu connections, name one:",
			sid, s->nr_conns);
		for (i = 0; i < (int)s->nr_conns; i++)
			fprintf(stderr, " %u:%u", sid, s->conns[i].cid);
		fputc('\n', stderr);
		tree_free(&t);
		return 2;
	}
	if (s && cid < 0 && s->nr_conns == 1)
		cid = s->conns[0].cid;

	err = s && cid >= 0 ?
		attr_write("1", "class/iscsi_connection/connection%u:%ld/recovery/fail",
			   sid, cid) : -ENOENT;
	if (err) {
		err = failed("fail", sid, err);
	} else {
		printf("connection%u:%ld reset\n", sid, cid);
		fflush(stdout);
		if (wait)
			err = wait_recovered(s, wait);
	}
	tree_free(&t);
	return err;
}

static int cmd_connections(int argc, char **argv)
{
	unsigned int sid;
	int err;

	if (argc != 2 || !parse_session(argv[0], &sid, NULL) ||
	    strspn(argv[1], "0123456789") != strlen(argv[1]) || !*argv[1])
		return usage("connections wants SESSION N", NULL);
	err = attr_write(argv[1], "class/iscsi_session/session%u/recovery/connections",
			 sid);
	if (err)
		return failed("connections", sid, err);
	return 0;
}

static int cmd_trace(int argc, char **argv)
{
	bool pdus = false, raw = false;
	const char *file = NULL;
	int i;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--pdus"))
			pdus = true;
		else if (!strcmp(argv[i], "--raw"))
			raw = true;
		else if (!strcmp(argv[i], "--file") && i + 1 < argc)
			file = argv[++i];
		else
			return usage("trace does not know", argv[i]);
	}
	return file ? trace_file(file) : trace_live(pdus, raw);
}

/* Takes --sysfs DIR out of the arguments, wherever it stands. */
static bool global_options(int *argc, char **argv)
{
	const char *env = getenv("ISCSI_ERL2_SYSFS");
	int i, n = 1;

	if (env && *env)
		sysfs_root = env;
	for (i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--sysfs"))
			argv[n++] = argv[i];
		else if (++i < *argc)
			sysfs_root = argv[i];
		else
			return false;
	}
	*argc = n;
	return true;
}

int main(int argc, char **argv)
{
	const char *cmd;

	if (!global_options(&argc, argv))
		return usage("--sysfs wants a directory", NULL);
	cmd = argc > 1 ? argv[1] : "status";

	if (!strcmp(cmd, "help") || !strcmp(cmd, "--help") ||
	    !strcmp(cmd, "-h")) {
		fputs(help_text, stdout);
		return 0;
	}
	if (!strcmp(cmd, "status"))
		return cmd_status(argc > 1 ? argc - 2 : 0, argv + 2);
	if (!strcmp(cmd, "fail"))
		return cmd_fail(argc - 2, argv + 2);
	if (!strcmp(cmd, "connections"))
		return cmd_connections(argc - 2, argv + 2);
	if (!strcmp(cmd, "trace"))
		return cmd_trace(argc - 2, argv + 2);
	/* status may go without its name */
	if (cmd[0] == '-')
		return cmd_status(argc - 1, argv + 1);
	return usage("no such command", cmd);
}
