// SPDX-License-Identifier: GPL-2.0
/*
 * ioload - a number of I/Os on a block device, with as little around them as
 * possible: what is measured is the initiator and the target, not the load.
 *
 * Prints
 *
 *	ios=N seconds=F idle=F
 *
 * where idle is the time that all processors together had nothing to do in it.
 * Exits 1 when there was an I/O error, 2 when it could not run.
 */
#include "../progs/aio.h"

static const char usage[] =
"usage: ioload [-w] [-s] [-b block size] [-d depth] [-n count | -t seconds] DEVICE\n"
"  -w     write, otherwise read       -s     sequential, otherwise random\n"
"  -b N   bytes of each (4096)        -d N   I/Os in flight (1)\n"
"  -n N   so many I/Os                -t S   as many as go into S seconds\n";

struct load {
	aio_context_t ctx;
	struct iocb *cbs;
	char *bufs;
	int fd;
	int write;
	int sequential;
	size_t block;
	__u64 blocks;
	__u64 next;
};

/* Seconds since boot, summed over the processors. */
static double idle_time(void)
{
	double up, idle;
	FILE *f = fopen("/proc/uptime", "r");

	if (!f || fscanf(f, "%lf %lf", &up, &idle) != 2)
		die("/proc/uptime");
	fclose(f);
	return idle;
}

static void submit(struct load *l, unsigned int i)
{
	struct iocb *cb = &l->cbs[i];
	__u64 block;

	if (l->sequential)
		block = l->next++ % l->blocks;
	else
		block = ((__u64)random() << 31 | random()) % l->blocks;

	memset(cb, 0, sizeof(*cb));
	cb->aio_data = i;
	cb->aio_lio_opcode = l->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	cb->aio_fildes = l->fd;
	cb->aio_buf = (uintptr_t)(l->bufs + i * l->block);
	cb->aio_nbytes = l->block;
	cb->aio_offset = block * l->block;
	aio_submit(l->ctx, cb);
}

int main(int argc, char **argv)
{
	unsigned long count = 0, submitted, done = 0, errors = 0;
	struct load l = { .block = 4096 };
	double started, ended, idle, seconds = 0;
	unsigned int depth = 1, i;
	struct io_event *events;
	__u64 size;
	int c, n;

	while ((c = getopt(argc, argv, "wsb:d:n:t:")) != -1) {
		switch (c) {
		case 'w':
			l.write = 1;
			break;
		case 's':
			l.sequential = 1;
			break;
		case 'b':
			l.block = strtoul(optarg, NULL, 0);
			break;
		case 'd':
			depth = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			count = strtoul(optarg, NULL, 0);
			break;
		case 't':
			seconds = strtod(optarg, NULL);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind != argc - 1 || !depth || depth > 1024 || l.block < 512 ||
	    l.block % 512 || !count == !(seconds > 0) ||
	    (count && count < depth)) {
		fputs(usage, stderr);
		return 2;
	}

	l.fd = open_disk(argv[optind], &size);
	l.blocks = size / l.block;
	if (!l.blocks) {
		fprintf(stderr, "ioload: %s is too small\n", argv[optind]);
		return 2;
	}
	l.bufs = io_buffer(depth * l.block);
	l.cbs = calloc(depth, sizeof(*l.cbs));
	events = calloc(depth, sizeof(*events));
	if (!l.cbs || !events)
		die("calloc");
	aio_setup(depth, &l.ctx);
	srandom(1);	/* the same blocks every time */

	idle = idle_time();
	started = now();
	ended = started;
	for (submitted = 0; submitted < depth; submitted++)
		submit(&l, submitted);
	while (done < submitted) {
		n = aio_wait(l.ctx, events, depth, NULL);
		ended = now();
		for (i = 0; i < (unsigned int)n; i++) {
			done++;
			if (events[i].res != (long long)l.block)
				errors++;
			if (count ? submitted < count : ended - started < seconds) {
				submit(&l, events[i].data);
				submitted++;
			}
		}
	}
	printf("ios=%lu seconds=%.9f idle=%.2f\n", done, ended - started,
	       idle_time() - idle);
	if (errors)
		fprintf(stderr, "ioload: %lu I/O errors\n", errors);
	return errors ? 1 : 0;
}
