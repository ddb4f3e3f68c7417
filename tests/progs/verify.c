// SPDX-License-Identifier: GPL-2.0
/*
 * verify DEVICE [-m rw|r|w] [-s SIZE] [-n COUNT] [-j JOBS] [-t SECONDS]
 *
 * JOBS threads, each with a part of the device of its own, write blocks of SIZE
 * with direct I/O, COUNT each, and read every one back: any byte that is not
 * what was written last, and any error of the I/O, is told and counted. "r"
 * writes nothing but what it then reads over and over; "w" reads back once, at
 * the end. Exit status 0: no byte wrong, no I/O failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS	8		/* blocks in the part of one thread */

static const char *device;
static char mode = 'b';
static size_t size = 65536;
static unsigned int count = 50, jobs = 4, seconds;
static int errors, wrong;

struct job {
	pthread_t thread;
	unsigned int nr;
	unsigned int generation[SLOTS];
	unsigned int done;
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void fill(unsigned int *b, unsigned int job, unsigned int slot,
		 unsigned int generation)
{
	unsigned int x = generation * 2654435761u ^ (job << 16 | slot);
	size_t i;

	for (i = 0; i < size / 4; i++) {
		x = x * 1664525 + 1013904223;
		b[i] = x ^ i;
	}
}

static off_t place(const struct job *j, unsigned int slot)
{
	return ((off_t)j->nr * SLOTS + slot) * size;
}

static void io_error(const char *what, const struct job *j, unsigned int slot,
		     ssize_t n)
{
	fprintf(stderr, "%s of job %u at %lld: %s\n", what, j->nr,
		(long long)place(j, slot), n < 0 ? strerror(errno) : "short");
	__atomic_add_fetch(&errors, 1, __ATOMIC_RELAXED);
}

static void do_write(struct job *j, int fd, unsigned int slot, unsigned int *b)
{
	ssize_t n;

	fill(b, j->nr, slot, ++j->generation[slot]);
	n = pwrite(fd, b, size, place(j, slot));
	if (n != (ssize_t)size)
		io_error("write", j, slot, n);
}

static void do_read(struct job *j, int fd, unsigned int slot, unsigned int *b,
		    unsigned int *want)
{
	ssize_t n;
	size_t i;

	memset(b, 0xa5, size);
	n = pread(fd, b, size, place(j, slot));
	if (n != (ssize_t)size) {
		io_error("read", j, slot, n);
		return;
	}
	fill(want, j->nr, slot, j->generation[slot]);
	for (i = 0; i < size / 4 && b[i] == want[i]; i++)
		;
	if (i == size / 4)
		return;
	fprintf(stderr, "job %u at %lld: byte %zu is wrong: %08x, not %08x\n",
		j->nr, (long long)place(j, slot), i * 4, b[i], want[i]);
	__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct job *j = arg;
	double end = seconds ? now() + seconds : 0;
	unsigned int *b, *want;
	unsigned int i;
	int fd;

	fd = open(device, O_RDWR | O_DIRECT);
	if (fd < 0 || posix_memalign((void **)&b, 4096, size) ||
	    posix_memalign((void **)&want, 4096, size)) {
		perror(device);
		__atomic_add_fetch(&errors, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (mode == 'r')
		for (i = 0; i < SLOTS; i++)
			do_write(j, fd, i, b);
	for (i = 0; end ? now() < end : i < count; i++) {
		unsigned int slot = i % SLOTS;

		if (mode != 'r')
			do_write(j, fd, slot, b);
		if (mode != 'w')
			do_read(j, fd, slot, b, want);
		j->done++;
	}
	for (i = 0; i < SLOTS; i++)
		if (j->generation[i])
			do_read(j, fd, i, b, want);
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int i, done = 0;
	struct job *job;
	double start;
	int opt;

	while ((opt = getopt(argc, argv, "m:s:n:j:t:")) != -1) {
		switch (opt) {
		case 'm':
			mode = !strcmp(optarg, "rw") ? 'b' : *optarg;
			break;
		case 's':
			size = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'j':
			jobs = atoi(optarg);
			break;
		case 't':
			seconds = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1 || !size || size % 512 || !jobs) {
		fprintf(stderr,
			"usage: verify [-m rw|r|w] [-s SIZE] [-n COUNT] [-j JOBS] [-t SECONDS] DEVICE\n");
		return 2;
	}
	device = argv[optind];
	job = calloc(jobs, sizeof(*job));
	start = now();
	for (i = 0; i < jobs; i++) {
		job[i].nr = i;
		pthread_create(&job[i].thread, NULL, work, &job[i]);
	}
	for (i = 0; i < jobs; i++) {
		pthread_join(job[i].thread, NULL);
		done += job[i].done;
	}
	printf("verify: %u rounds of %zu bytes in %.2f s, %d I/O errors, %d wrong\n",
	       done, size, now() - start, errors, wrong);
	return errors || wrong;
}
