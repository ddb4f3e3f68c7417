// SPDX-License-Identifier: GPL-2.0
/* erl2-target: command line and life of the process. See README. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "target.h"

enum {
	O_PORT = 256, O_LISTEN, O_IQN, O_LUN, O_ERL, O_MAXC, O_KEY, O_CHAP,
	O_SCENARIO, O_DEFINE, O_REPORT, O_LOG, O_READY, O_SET, O_HELP,
};

static const struct option options[] = {
	{ "port", required_argument, NULL, O_PORT },
	{ "listen", required_argument, NULL, O_LISTEN },
	{ "iqn", required_argument, NULL, O_IQN },
	{ "lun", required_argument, NULL, O_LUN },
	{ "erl", required_argument, NULL, O_ERL },
	{ "max-connections", required_argument, NULL, O_MAXC },
	{ "key", required_argument, NULL, O_KEY },
	{ "chap", required_argument, NULL, O_CHAP },
	{ "scenario", required_argument, NULL, O_SCENARIO },
	{ "define", required_argument, NULL, O_DEFINE },
	{ "report", required_argument, NULL, O_REPORT },
	{ "log", required_argument, NULL, O_LOG },
	{ "ready", required_argument, NULL, O_READY },
	{ "set", required_argument, NULL, O_SET },
	{ "help", no_argument, NULL, O_HELP },
	{ }
};

static void usage(FILE *f)
{
	fprintf(f,
		"erl2-target [OPTION]...\n"
		"  --port N              port of the default portal (3260)\n"
		"  --listen ADDR[:PORT]  a portal, may be repeated; [v6]:PORT\n"
		"  --iqn NAME            target name\n"
		"  --lun SPEC            ram:SIZE[,bs=N] | file:PATH[,bs=N] | tape:\n"
		"  --erl N               highest ErrorRecoveryLevel (2)\n"
		"  --max-connections N   MaxConnections (8)\n"
		"  --key Name=Value      what to answer for a key\n"
		"  --chap USER:SECRET[,MUSER:MSECRET]\n"
		"  --scenario FILE       faults and expectations\n"
		"  --define NAME=VALUE   replaces $NAME in the scenario\n"
		"  --report FILE         the judge's findings and the summary\n"
		"  --log FILE            every PDU, one line each\n"
		"  --ready FILE          made when the portals listen\n"
		"  --set NAME=VALUE      one of these:\n");
	settings_list(f);
}

/* ADDR, ADDR:PORT, [V6], [V6]:PORT or a bare V6 */
static void add_portal(const char *spec, int port)
{
	struct portal *p = &portals[nr_portals];
	const char *host = spec, *end = spec + strlen(spec), *colon;

	if (nr_portals == ARRAY_SIZE(portals))
		die("too many portals");
	p->port = port;
	colon = strrchr(spec, ':');
	if (*spec == '[') {
		host = spec + 1;
		end = strchr(spec, ']');
		if (!end)
			die("--listen %s?", spec);
		if (end[1] == ':')
			p->port = atoi(end + 2);
	} else if (colon && colon == strchr(spec, ':')) {
		end = colon;
		p->port = atoi(colon + 1);
	}
	snprintf(p->addr, sizeof(p->addr), "%.*s", (int)(end - host), host);
	nr_portals++;
}

static void set_pair(const char *arg, bool (*fn)(const char *, const char *),
		     const char *what)
{
	char *s = xstrdup(arg), *eq = strchr(s, '=');

	if (!eq)
		die("--%s %s: NAME=VALUE", what, arg);
	*eq = 0;
	if (!fn(s, eq + 1))
		die("--%s %s: unknown name or bad value", what, arg);
	free(s);
}

static void set_chap(const char *arg)
{
	char *s = xstrdup(arg), *m = strchr(s, ','), *p;

	if (m)
		*m++ = 0;
	p = strchr(s, ':');
	if (!p)
		die("--chap %s: USER:SECRET", arg);
	*p = 0;
	chap_account.user = s;
	chap_account.secret = p + 1;
	if (!m)
		return;
	p = strchr(m, ':');
	if (!p)
		die("--chap %s: MUSER:MSECRET", arg);
	*p = 0;
	chap_account.muser = m;
	chap_account.msecret = p + 1;
}

static void on_signal(struct watch *w, u32 events)
{
	struct signalfd_siginfo si;

	(void)events;
	if (read(w->fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGUSR1)
		judge_summary();
	else
		loop_quit();
}

static void catch_signals(void)
{
	static struct watch w = { .fn = on_signal };
	sigset_t set_;

	sigemptyset(&set_);
	sigaddset(&set_, SIGTERM);
	sigaddset(&set_, SIGINT);
	sigaddset(&set_, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set_, NULL);
	signal(SIGPIPE, SIG_IGN);
	w.fd = signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w.fd < 0)
		die("signalfd: %m");
	loop_add(&w, EPOLLIN);
}

int main(int argc, char **argv)
{
	const char *listen_spec[16], *ready = NULL, *scenario = NULL;
	unsigned int nr_listen = 0, i;
	int opt, port = 3260;

	hash_selftest();
	keys_init();
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case O_PORT:
			port = atoi(optarg);
			break;
		case O_LISTEN:
			if (nr_listen == ARRAY_SIZE(listen_spec))
				die("too many portals");
			listen_spec[nr_listen++] = optarg;
			break;
		case O_IQN:
			target_iqn = optarg;
			break;
		case O_LUN:
			lun_add(optarg);
			break;
		case O_ERL:
			if (!keys_set_own("ErrorRecoveryLevel", optarg))
				die("--erl 0, 1 or 2");
			break;
		case O_MAXC:
			if (!keys_set_own("MaxConnections", optarg))
				die("--max-connections 1..65535");
			break;
		case O_KEY:
			set_pair(optarg, keys_set_own, "key");
			break;
		case O_CHAP:
			set_chap(optarg);
			break;
		case O_SCENARIO:
			scenario = optarg;
			break;
		case O_DEFINE: {
			char *s = xstrdup(optarg), *eq = strchr(s, '=');

			if (!eq)
				die("--define NAME=VALUE");
			*eq = 0;
			scenario_define(s, eq + 1);
			break;
		}
		case O_REPORT:
			judge_open(optarg);
			break;
		case O_LOG:
			log_open(optarg);
			break;
		case O_READY:
			ready = optarg;
			break;
		case O_SET:
			set_pair(optarg, setting, "set");
			break;
		case O_HELP:
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		usage(stderr);
		return 2;
	}
	if (scenario)
		scenario_load(scenario);
	if (!nr_luns())
		lun_add("ram:64m");
	for (i = 0; i < nr_listen; i++)
		add_portal(listen_spec[i], port);
	if (!nr_listen)
		add_portal("0.0.0.0", port);
	catch_signals();
	for (i = 0; i < nr_portals; i++)
		if (!listen_on(portals[i].addr, portals[i].port, i))
			die("cannot listen on %s port %d: %m", portals[i].addr,
			    portals[i].port);
	if (ready) {
		int fd = open(ready, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (fd < 0)
			die("%s: %m", ready);
		close(fd);
	}
	loop_run();
	scenario_verdict();
	judge_finish();
	return judge_breaches ? 1 : 0;
}
