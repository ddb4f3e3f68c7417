// SPDX-License-Identifier: GPL-2.0
/*
 * once - is each write executed exactly once, and in its place?
 *
 * "once write" writes numbered blocks, each to a place of its own, a number
 * of them in flight, and keeps a log of what it submitted (S) and what it saw
 * complete (C), in that order. Then it reads all of them back.
 *
 * "once check" compares this log with what happened below the target: a trace
 * of the block device that backs the LUN (tracefs, block:block_bio_queue). It
 * finds
 *   - a number that was executed twice, or not at all;
 *   - a number that was executed before another one, although that one had
 *     completed before this one was submitted.
 *
 * Exits 0 when all is well, 1 when not, 2 when it could not run.
 */
#include "aio.h"

#include <getopt.h>
#include <stdbool.h>

#define BLOCK		4096
#define SECTORS		(BLOCK / 512)
/* Every other block, so that no layer finds two writes to merge. */
#define STRIDE		2
#define MAGIC		0x6f6e6365u

static const char usage[] =
"usage: once write [-n count] [-d depth] [-l log] [-r rate] DEVICE\n"
"       once check [-n count] -l log -t trace -m MAJOR,MINOR\n"
"  -n N   numbered writes (10000)    -d N  in flight (16)\n"
"  -r N   at most so many a second (no limit)\n";

struct block {
	__u32 magic;
	__u32 number;
	__u32 filler[BLOCK / 4 - 2];
};

static void fill(struct block *b, __u32 number)
{
	unsigned int i;

	b->magic = MAGIC;
	b->number = number;
	for (i = 0; i < sizeof(b->filler) / 4; i++)
		b->filler[i] = number * 2654435761u + i;
}

static off_t place(unsigned int number)
{
	return (off_t)number * STRIDE * BLOCK;
}

/* Reads so many blocks, and what is between them, at a time. */
#define READ_BLOCKS	16

static unsigned int read_back(int fd, unsigned int count)
{
	struct block *got = io_buffer(READ_BLOCKS * STRIDE * BLOCK), want;
	unsigned int i, wrong = 0;

	for (i = 0; i < count; i++) {
		unsigned int slot = i % READ_BLOCKS;
		ssize_t n = BLOCK;

		/* The place behind the last one is inside the disk, see do_write(). */
		if (!slot) {
			unsigned int left = count - i;

			if (left > READ_BLOCKS)
				left = READ_BLOCKS;
			memset(got, 0, READ_BLOCKS * STRIDE * BLOCK);
			n = pread(fd, got, place(left), place(i));
		}
		fill(&want, i);
		if (n <= 0 || memcmp(&got[slot * STRIDE], &want, BLOCK)) {
			if (wrong++ < 5)
				printf("block %u does not hold what was written\n", i);
		}
	}
	free(got);
	return wrong;
}

static int do_write(const char *device, const char *log_path, unsigned int count,
		    unsigned int depth, double rate)
{
	unsigned int next = 0, in_flight = 0, errors = 0, wrong, i;
	struct io_event *done = calloc(depth, sizeof(*done));
	struct iocb *cbs = calloc(depth, sizeof(*cbs));
	struct block *bufs = io_buffer(depth * BLOCK);
	FILE *log = log_path ? fopen(log_path, "w") : NULL;
	unsigned int *idle = calloc(depth, sizeof(*idle));
	unsigned int nr_idle = 0;
	struct timespec tick = { .tv_nsec = 2000000 };
	double started = now();
	aio_context_t ctx;
	__u64 size;
	int fd, n, c;

	if (!done || !cbs || !idle || (log_path && !log))
		die("once write");
	fd = open_disk(device, &size);
	if ((__u64)place(count) > size) {
		fprintf(stderr, "%s is too small for %u blocks\n", device, count);
		return 2;
	}
	aio_setup(depth, &ctx);
	for (i = 0; i < depth; i++)
		idle[nr_idle++] = i;

	while (next < count || in_flight) {
		while (nr_idle && next < count &&
		       (!rate || next < (now() - started) * rate)) {
			struct iocb *cb = &cbs[i = idle[--nr_idle]];

			fill(&bufs[i], next);
			memset(cb, 0, sizeof(*cb));
			cb->aio_data = next;
			cb->aio_lio_opcode = IOCB_CMD_PWRITE;
			cb->aio_fildes = fd;
			cb->aio_buf = (uintptr_t)&bufs[i];
			cb->aio_nbytes = BLOCK;
			cb->aio_offset = place(next);
			if (log)
				fprintf(log, "S %u\n", next);
			aio_submit(ctx, cb);
			next++;
			in_flight++;
		}
		if (!in_flight) {
			nanosleep(&tick, NULL);
			continue;
		}
		n = aio_wait(ctx, done, depth, &tick);
		for (c = 0; c < n; c++) {
			struct iocb *cb = (struct iocb *)(uintptr_t)done[c].obj;

			if (done[c].res != BLOCK && errors++ < 5)
				printf("write %u: error %lld\n", (unsigned int)done[c].data,
				       (long long)done[c].res);
			if (log)
				fprintf(log, "C %u\n", (unsigned int)done[c].data);
			idle[nr_idle++] = cb - cbs;
			in_flight--;
		}
	}
	if (log && fclose(log))
		die(log_path);
	wrong = read_back(fd, count);
	printf("writes=%u errors=%u wrong=%u seconds=%.1f\n", count, errors, wrong,
	       now() - started);
	return errors || wrong ? 1 : 0;
}

/* Position in the trace of the first execution; 0: none. */
static unsigned int *read_trace(const char *path, const char *device, unsigned int count,
				unsigned int *twice)
{
	unsigned int *position = calloc(count, sizeof(*position));
	unsigned int at = 0;
	FILE *trace = fopen(path, "r");
	char line[512], want[40];

	if (!trace || !position)
		die(path);
	snprintf(want, sizeof(want), "block_bio_queue: %s W", device);
	while (fgets(line, sizeof(line), trace)) {
		unsigned long long sector;
		unsigned int sectors, number;
		char *event;

		if (strstr(line, "LOST")) {
			printf("the trace has lost events: %s", line);
			exit(2);
		}
		event = strstr(line, want);
		if (!event)
			continue;
		/* "block_bio_queue: 1,0 WS 16 + 8 [iscsi_trx]" */
		event += strlen(want);
		event += strcspn(event, " ");
		if (sscanf(event, " %llu + %u", &sector, &sectors) != 2)
			continue;
		number = sector / (STRIDE * SECTORS);
		if (sector % (STRIDE * SECTORS) || sectors != SECTORS || number >= count) {
			printf("a write that is none of ours: %s", line);
			exit(2);
		}
		at++;
		if (position[number]) {
			if ((*twice)++ < 5)
				printf("write %u was executed again\n", number);
			continue;
		}
		position[number] = at;
	}
	fclose(trace);
	return position;
}

static int do_check(const char *log_path, const char *trace_path, const char *device,
		    unsigned int count)
{
	unsigned int missing = 0, twice = 0, misplaced = 0, latest = 0, latest_number = 0;
	unsigned int *position = read_trace(trace_path, device, count, &twice);
	FILE *log = fopen(log_path, "r");
	unsigned int number, i, lines = 0;
	char what;

	if (!log)
		die(log_path);
	for (i = 0; i < count; i++) {
		if (!position[i] && missing++ < 5)
			printf("write %u was never executed\n", i);
	}
	/*
	 * Going through the log, latest is the last place in the trace of all
	 * writes that have completed so far: what is submitted now has to be behind.
	 */
	while (fscanf(log, " %c %u", &what, &number) == 2) {
		lines++;
		if (number >= count)
			die("log");
		if (what == 'C' && position[number] > latest) {
			latest = position[number];
			latest_number = number;
		}
		if (what == 'S' && position[number] && position[number] < latest &&
		    misplaced++ < 5)
			printf("write %u was executed before %u, which had completed before it\n",
			       number, latest_number);
	}
	fclose(log);
	if (lines != 2 * count) {
		printf("the log has %u lines, not %u\n", lines, 2 * count);
		return 2;
	}
	printf("executed=%u twice=%u missing=%u misplaced=%u\n", count - missing, twice,
	       missing, misplaced);
	return twice || missing || misplaced ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *log = NULL, *trace = NULL, *device = NULL;
	unsigned int count = 10000, depth = 16;
	double rate = 0;
	bool check;
	int c;

	if (argc < 2)
		goto usage;
	check = !strcmp(argv[1], "check");
	if (!check && strcmp(argv[1], "write"))
		goto usage;
	optind = 2;
	while ((c = getopt(argc, argv, "n:d:l:r:t:m:")) != -1) {
		switch (c) {
		case 'n':
			count = atoi(optarg);
			break;
		case 'd':
			depth = atoi(optarg);
			break;
		case 'l':
			log = optarg;
			break;
		case 'r':
			rate = atof(optarg);
			break;
		case 't':
			trace = optarg;
			break;
		case 'm':
			device = optarg;
			break;
		default:
			goto usage;
		}
	}
	if (!count || !depth)
		goto usage;
	if (check && log && trace && device && optind == argc)
		return do_check(log, trace, device, count);
	if (!check && optind == argc - 1)
		return do_write(argv[optind], log, count, depth, rate);
usage:
	fputs(usage, stderr);
	return 2;
}
