// SPDX-License-Identifier: GPL-2.0
/*
 * `iscsi-erl2 trace`: the driver's tracepoints as sentences.
 *
 * The events go to a trace instance of our own, so that nobody else's tracing
 * is disturbed, and it is removed in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "iscsi-erl2.h"

static const char *const events[] = {
	"conn_state", "recovery_begin", "recovery_logout", "recovery_login",
	"login", "task_reassign", "task_retry", "task_lost", "recovery_end",
	"session_reinstate", "async_message", "pdu_reject",
};

static const char *const pdu_events[] = { "pdu_send", "pdu_recv" };

/* When the recovery that a session is in began. */
static struct {
	unsigned int sid;
	double begin;
	bool open;
} recovery[64];

static double first_time = -1;

/* The value of KEY=value in @text, with underscores turned to blanks. */
static const char *value(const char *text, const char *key, char *buf,
			 size_t size)
{
	size_t len = strlen(key);
	const char *p = text;
	char *c;

	while ((p = strstr(p, key))) {
		if ((p == text || p[-1] == ' ') && p[len] == '=') {
			p += len + 1;
			snprintf(buf, size, "%.*s", (int)strcspn(p, " "), p);
			for (c = buf; *c; c++) {
				if (*c == '_' && c[1] >= 'a' && c[1] <= 'z')
					*c = ' ';
			}
			return buf;
		}
		p += len;
	}
	return "?";
}

#define VALUE(key) value(text, key, (char[64]) { 0 }, 64)

/* The words behind session%u cid=%u. */
static const char *rest(const char *text)
{
	int i;

	for (i = 0; i < 2; i++) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return text;
}

static const char *plural(const char *n)
{
	return strcmp(n, "1") ? "s" : "";
}

static bool is(const char *s, const char *what)
{
	return !strcmp(s, what);
}

/* How a login ended: the status if the target gave one, else the error. */
static const char *login_result(const char *err, const char *status)
{
	if (is(err, "ok"))
		return "ok";
	return is(status, "success") ? err : status;
}

static const char *login_kind(const char *kind)
{
	if (is(kind, "leading"))
		return "new session";
	if (is(kind, "reinstate"))
		return "connection reinstatement";
	if (is(kind, "add"))
		return "additional connection";
	return kind;
}

static void say_command(const char *text)
{
	printf("%s lun %s, CmdSN %s, ITT %s: ", VALUE("cdb"), VALUE("lun"),
	       VALUE("cmdsn"), VALUE("itt"));
}

static void say(const char *event, const char *text)
{
	char buf[32];

	if (is(event, "recovery_begin")) {
		printf("CONNECTION FAILED: %s", VALUE("reason"));
	} else if (is(event, "conn_state")) {
		printf("state %s", rest(text));
	} else if (is(event, "recovery_logout")) {
		const char *p = rest(text);
		bool sent = strstr(p, " sent");

		printf("%s logout of the failed connection%s%s",
		       strncmp(p, "implicit", 8) ? "explicit" : "implicit",
		       sent ? "" : ":", sent ? "" : p + strcspn(p, " "));
		if (sent && !strncmp(p, "implicit", 8))
			printf(" by logging in with its CID");
	} else if (is(event, "recovery_login")) {
		printf("attempt %s to reconnect: %s", VALUE("attempt"),
		       login_result(VALUE("err"), VALUE("status")));
	} else if (is(event, "login")) {
		printf("login, %s: %s", login_kind(VALUE("kind")),
		       login_result(VALUE("err"), VALUE("status")));
	} else if (is(event, "task_reassign")) {
		const char *response = VALUE("response");

		say_command(text);
		if (is(response, "sent"))
			printf("TASK REASSIGN sent, ExpDataSN %s",
			       VALUE("exp_datasn"));
		else
			printf("TASK REASSIGN answered: %s", response);
	} else if (is(event, "task_retry")) {
		say_command(text);
		printf("never arrived, sent again");
	} else if (is(event, "task_lost")) {
		say_command(text);
		printf("handed back to the SCSI layer with %s",
		       VALUE("result"));
	} else if (is(event, "recovery_end")) {
		const char *n = VALUE("reassigned");

		printf("RECOVERED in %s: %s command%s reassigned, %s retried, %s lost",
		       duration(strtoll(VALUE("us"), NULL, 10), buf,
				sizeof(buf)),
		       n, plural(n), VALUE("retried"), VALUE("lost"));
	} else if (is(event, "session_reinstate")) {
		printf("attempt %s to get a new session: %s", VALUE("attempt"),
		       VALUE("err"));
	} else if (is(event, "async_message")) {
		printf("Async Message from the target: %s (%s, %s, %s)",
		       VALUE("event"), VALUE("parameter1"),
		       VALUE("parameter2"), VALUE("parameter3"));
	} else if (is(event, "pdu_reject")) {
		printf("target rejected a PDU (%s): %s", VALUE("pdu"),
		       VALUE("reason"));
	} else if (is(event, "pdu_send")) {
		printf("-> %s", rest(text));
	} else if (is(event, "pdu_recv")) {
		printf("<- %s", rest(text));
	} else {
		printf("%s %s", event, rest(text));
	}
}

/* The slot of a session's recovery times, NULL when there are too many. */
static int recovery_slot(unsigned int sid)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(recovery); i++) {
		if (recovery[i].begin && recovery[i].sid != sid)
			continue;
		recovery[i].sid = sid;
		return i;
	}
	return -1;
}

/*
 * A line of the kernel looks like
 *	 fio-123  [000] d.h..  1234.567890: recovery_begin: session1 cid=0 ...
 * where the task's name may contain anything. False for other lines.
 */
static bool parse_line(char *line, double *time, char **event, char **text)
{
	char *p = strstr(line, ": session"), *colon, *start;

	if (!p)
		return false;
	*text = p + 2;
	*p = '\0';
	colon = strrchr(line, ':');
	if (!colon || colon[1] != ' ')
		goto other;
	*event = colon + 2;
	*colon = '\0';
	start = strrchr(line, ' ');
	if (!start)
		goto other;
	*time = strtod(start, &p);
	return p != start && !*p;

other:
	*p = ':';
	return false;
}

static void show_line(char *line)
{
	unsigned int sid = 0, cid = 0;
	char who[32], since[32] = "";
	char *event, *text, *copy;
	double time;
	int slot, n;

	if (!*line || *line == '#')
		return;
	copy = strdup(line);
	if (!copy || !parse_line(copy, &time, &event, &text)) {
		/* such as the kernel's note that events were lost */
		printf("%s\n", line);
		free(copy);
		return;
	}

	if (first_time < 0)
		first_time = time;
	n = sscanf(text, "session%u cid=%u", &sid, &cid);
	if (n == 2)
		snprintf(who, sizeof(who), "%u:%u", sid, cid);
	else
		snprintf(who, sizeof(who), "%u", sid);

	slot = recovery_slot(sid);
	if (slot >= 0) {
		if (is(event, "recovery_begin") && !recovery[slot].open) {
			recovery[slot].begin = time;
			recovery[slot].open = true;
		}
		if (recovery[slot].open)
			snprintf(since, sizeof(since), "+%.1f ms",
				 (time - recovery[slot].begin) * 1e3);
		if (is(event, "recovery_end"))
			recovery[slot].open = false;
		if (is(event, "session_reinstate") && is(VALUE("err"), "ok"))
			recovery[slot].open = false;
	}

	printf("%11.6f  %12s  %-6s  ", time - first_time, since, who);
	say(event, text);
	putchar('\n');
	free(copy);
}

static void head(void)
{
	printf("%11s  %12s  %-6s  %s\n", "SECONDS", "SINCE FAILED", "CONN",
	       "WHAT HAPPENED");
	fflush(stdout);
}

/* A trace that was saved before; "-" is the standard input. */
int trace_file(const char *path)
{
	FILE *f = is(path, "-") ? stdin : fopen(path, "r");
	size_t size = 0;
	char *line = NULL;

	if (!f) {
		fprintf(stderr, "iscsi-erl2: %s: %s\n", path, strerror(errno));
		return 1;
	}
	head();
	while (getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		show_line(line);
	}
	free(line);
	if (f != stdin)
		fclose(f);
	return 0;
}

/* tracefs below the root, where either of its mount points has it */
static const char *tracefs(void)
{
	static const char *const places[] = {
		"kernel/tracing", "kernel/debug/tracing",
	};
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/events", sysfs_root,
			 places[i]);
		if (!access(path, F_OK))
			return places[i];
	}
	return NULL;
}

static int enable(const char *instance, const char *const *names, size_t nr)
{
	size_t i;
	int err;

	for (i = 0; i < nr; i++) {
		err = attr_write("1", "%s/events/iscsi_erl2/%s/enable",
				 instance, names[i]);
		if (err) {
			fprintf(stderr, "iscsi-erl2: event %s: %s\n", names[i],
				strerror(-err));
			return 1;
		}
	}
	return 0;
}

/* What has come in, line by line; a line may come in pieces. */
static int drain(int fd, bool raw)
{
	static char buf[65536];
	static size_t have;
	ssize_t n;
	char *nl;

	n = read(fd, buf + have, sizeof(buf) - 1 - have);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	have += n;
	buf[have] = '\0';
	while ((nl = strchr(buf, '\n'))) {
		*nl = '\0';
		if (raw)
			puts(buf);
		else
			show_line(buf);
		have -= nl + 1 - buf;
		memmove(buf, nl + 1, have + 1);
	}
	if (have == sizeof(buf) - 1)
		have = 0;
	fflush(stdout);
	return ferror(stdout) ? -1 : 0;
}

static int follow(const char *instance, bool raw)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	char path[PATH_MAX];
	sigset_t set;
	int status = 1;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fds[1].fd = signalfd(-1, &set, SFD_CLOEXEC);

	snprintf(path, sizeof(path), "%s/%s/trace_pipe", sysfs_root, instance);
	fds[0].fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fds[0].fd < 0 || fds[1].fd < 0) {
		fprintf(stderr, "iscsi-erl2: %s: %s\n", path, strerror(errno));
		goto out;
	}

	if (!raw)
		head();
	for (;;) {
		/* What comes in just before the end is shown as well. */
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (drain(fds[0].fd, raw))
			break;
		if (fds[1].revents) {
			status = 0;
			break;
		}
	}
out:
	if (fds[0].fd >= 0)
		close(fds[0].fd);
	if (fds[1].fd >= 0)
		close(fds[1].fd);
	return status;
}

/* Until interrupted. */
int trace_live(bool pdus, bool raw)
{
	const char *where = tracefs();
	char instance[128], path[PATH_MAX];
	int status = 1;

	if (!where) {
		fprintf(stderr, "iscsi-erl2: no tracefs at /sys/kernel/tracing, mount it\n");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/%s/events/iscsi_erl2", sysfs_root,
		 where);
	if (access(path, F_OK)) {
		fprintf(stderr, errno == ENOENT ?
			"iscsi-erl2: iscsi_erl2 is not loaded\n" :
			"iscsi-erl2: not allowed to trace, try as root\n");
		return 1;
	}

	snprintf(instance, sizeof(instance), "%s/instances/iscsi-erl2-%d",
		 where, (int)getpid());
	snprintf(path, sizeof(path), "%s/%s", sysfs_root, instance);
	if (mkdir(path, 0700)) {
		fprintf(stderr, "iscsi-erl2: %s: %s\n", path, strerror(errno));
		return 1;
	}
	if (!enable(instance, events, ARRAY_SIZE(events)) &&
	    (!pdus || !enable(instance, pdu_events, 2)))
		status = follow(instance, raw);
	if (rmdir(path))
		fprintf(stderr, "iscsi-erl2: %s: %s\n", path, strerror(errno));
	return status;
}
