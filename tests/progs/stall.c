// SPDX-License-Identifier: GPL-2.0
/*
 * stall - how long does I/O stand still?
 *
 * Keeps a number of I/Os in flight on a block device and notes when each one
 * completes. A gap is the time without any completion. With -k the TCP connections
 * to a port are destroyed every so often (as "ss -K" does, but without the
 * time that a process takes to start, which on one CPU is a stall of its own, and
 * in another thread, since to find them takes longer than some stalls); with -e a
 * command is run. The longest gap that follows is that event's stall; after -k the
 * longest of those that begin at once, for an emulated machine now and then stands
 * still by itself.
 *
 * Prints every gap of at least -g milliseconds, and a last line
 *
 *	ios=N errors=N gaps=N longest_gap_ms=F events=N median_stall_ms=F max_stall_ms=F
 *
 * Exits 0 when there was no I/O error, 1 when there was, 2 when it could not run.
 */
#include "aio.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MAX_EVENTS 4096
#define AT_ONCE 0.02	/* what is in flight ends, or stands still */

static const char usage[] =
"usage: stall [-d depth] [-b block size] [-t seconds] [-w] [-g ms]\n"
"             [-k port | -e command] [-i seconds] DEVICE\n"
"  -d N   I/Os in flight (32)          -b N   bytes of each (4096)\n"
"  -t S   how long to run (10)         -w     write (reads otherwise)\n"
"  -g MS  print gaps from this on (100)\n"
"  -k P   destroy the connections to this port every -i seconds (2)\n"
"  -e CMD have this run by the shell every -i seconds\n";

struct options {
	unsigned int depth;
	size_t block;
	double seconds;
	int write;
	double gap;
	int port;
	const char *command;
	double interval;
};

struct event {
	double at;	/* when the command was started */
	double stall;	/* longest gap that ended before the next event */
};

static struct event events[MAX_EVENTS];
static atomic_uint nr_events;
/* The next connections to destroy are looked for: that gap is our own. */
static atomic_bool looking;
static sem_t kill_now;

static int compare_stalls(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return (x->stall > y->stall) - (x->stall < y->stall);
}

static void start_command(const char *command)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
}

static void send_diag(int nl, int type, int flags, const struct inet_diag_req_v2 *req)
{
	struct {
		struct nlmsghdr nlh;
		struct inet_diag_req_v2 req;
	} msg = {
		.nlh = {
			.nlmsg_len = sizeof(msg),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.req = *req,
	};

	if (send(nl, &msg, sizeof(msg), 0) != sizeof(msg))
		die("sock_diag");
}

static void note_event(double t)
{
	events[nr_events].at = t;
	nr_events++;
}

static void destroy_connections(int port)
{
	const int families[] = { AF_INET, AF_INET6 };
	struct inet_diag_req_v2 victims[16];
	int nl, f, n = 0, i;

	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (nl < 0)
		die("NETLINK_SOCK_DIAG");
	for (f = 0; f < 2; f++) {
		struct inet_diag_req_v2 req = {
			.sdiag_family = families[f],
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = 1 << 1,		/* TCP_ESTABLISHED */
		};
		int done = 0;

		send_diag(nl, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req);
		while (!done) {
			char buf[32768];
			struct nlmsghdr *h = (struct nlmsghdr *)buf;
			int len = recv(nl, buf, sizeof(buf), 0);

			if (len <= 0)
				die("sock_diag dump");
			for (; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len)) {
				struct inet_diag_msg *m = NLMSG_DATA(h);

				if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
					done = 1;
					break;
				}
				if (ntohs(m->id.idiag_dport) != port || n == 16)
					continue;
				victims[n] = req;
				victims[n++].id = m->id;
			}
		}
	}
	if (n)
		note_event(now());
	looking = false;
	for (i = 0; i < n; i++)
		send_diag(nl, SOCK_DESTROY, 0, &victims[i]);
	close(nl);
}

static void *killer(void *arg)
{
	const struct options *opt = arg;

	for (;;) {
		sem_wait(&kill_now);
		destroy_connections(opt->port);
	}
	return NULL;
}

static void submit(aio_context_t ctx, struct iocb *cb, const struct options *opt, int fd,
		   void *buf, __u64 blocks)
{
	memset(cb, 0, sizeof(*cb));
	cb->aio_lio_opcode = opt->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	cb->aio_fildes = fd;
	cb->aio_buf = (uintptr_t)buf;
	cb->aio_nbytes = opt->block;
	cb->aio_offset = (((__u64)random() << 31 | random()) % blocks) * opt->block;
	aio_submit(ctx, cb);
}

/* A gap from @last to @t has ended. */
static void note_gap(double last, double t, double started,
		     const struct options *opt, unsigned int *gaps, double *longest)
{
	double gap = t - last;

	if (gap > *longest)
		*longest = gap;
	/* It belongs to the last event before its end. */
	if (nr_events && !looking && events[nr_events - 1].at < t &&
	    (opt->command || last < events[nr_events - 1].at + AT_ONCE)) {
		double since = events[nr_events - 1].at;
		double stall = last > since ? gap : t - since;

		if (stall > events[nr_events - 1].stall)
			events[nr_events - 1].stall = stall;
	}
	if (gap * 1000 >= opt->gap) {
		(*gaps)++;
		printf("gap %.1f ms at %.3f s\n", gap * 1000, last - started);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct options opt = {
		.depth = 32, .block = 4096, .seconds = 10, .gap = 100, .interval = 2,
	};
	double started, last, next_command, longest = 0, median = 0, worst = 0;
	unsigned long ios = 0, errors = 0;
	unsigned int gaps = 0, i, in_flight;
	struct timespec tick = { .tv_nsec = 10000000 };
	struct io_event *done;
	aio_context_t ctx;
	pthread_t thread;
	struct iocb *cbs;
	__u64 size;
	char *bufs;
	int c, fd;

	while ((c = getopt(argc, argv, "d:b:t:wg:k:e:i:")) != -1) {
		switch (c) {
		case 'd':
			opt.depth = atoi(optarg);
			break;
		case 'b':
			opt.block = atoi(optarg);
			break;
		case 't':
			opt.seconds = atof(optarg);
			break;
		case 'w':
			opt.write = 1;
			break;
		case 'g':
			opt.gap = atof(optarg);
			break;
		case 'k':
			opt.port = atoi(optarg);
			break;
		case 'e':
			opt.command = optarg;
			break;
		case 'i':
			opt.interval = atof(optarg);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind != argc - 1 || !opt.depth || opt.block < 512 || opt.block % 512) {
		fputs(usage, stderr);
		return 2;
	}

	fd = open_disk(argv[optind], &size);
	aio_setup(opt.depth, &ctx);
	bufs = io_buffer(opt.depth * opt.block);
	cbs = calloc(opt.depth, sizeof(*cbs));
	done = calloc(opt.depth, sizeof(*done));
	if (!cbs || !done)
		die("calloc");
	if (opt.port && (sem_init(&kill_now, 0, 0) ||
			 pthread_create(&thread, NULL, killer, &opt)))
		die("killer");

	started = now();
	last = started;
	next_command = opt.command || opt.port ? started + opt.interval :
		started + opt.seconds + 1;
	for (i = 0; i < opt.depth; i++)
		submit(ctx, &cbs[i], &opt, fd, bufs + i * opt.block, size / opt.block);
	in_flight = opt.depth;

	while (in_flight) {
		int n = aio_wait(ctx, done, opt.depth, &tick);
		double t = now();
		int ended = t - started >= opt.seconds;

		if (n > 0) {
			note_gap(last, t, started, &opt, &gaps, &longest);
			last = t;
		}
		for (c = 0; c < n; c++) {
			struct iocb *cb = (struct iocb *)(uintptr_t)done[c].obj;

			i = cb - cbs;
			ios++;
			if (done[c].res != (long long)opt.block) {
				if (errors++ < 5)
					printf("I/O error %lld at %.3f s\n",
					       (long long)done[c].res, t - started);
			}
			if (ended)
				in_flight--;
			else
				submit(ctx, cb, &opt, fd, bufs + i * opt.block,
				       size / opt.block);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		/* Not in the last interval: its stall has to be seen whole. */
		if (t >= next_command && t - started + opt.interval <= opt.seconds &&
		    nr_events < MAX_EVENTS) {
			if (opt.command) {
				start_command(opt.command);
				note_event(t);
			} else {
				looking = true;
				sem_post(&kill_now);
			}
			next_command = t + opt.interval;
		}
	}

	if (nr_events) {
		qsort(events, nr_events, sizeof(events[0]), compare_stalls);
		median = events[nr_events / 2].stall;
		worst = events[nr_events - 1].stall;
	}
	printf("ios=%lu errors=%lu gaps=%u longest_gap_ms=%.1f", ios, errors, gaps, longest * 1000);
	printf(" events=%u median_stall_ms=%.1f max_stall_ms=%.1f\n", (unsigned int)nr_events,
	       median * 1000, worst * 1000);
	return errors ? 1 : 0;
}
