// SPDX-License-Identifier: GPL-2.0
/*
 * sweep DEVICE [-m r|w] [-s SIZE] [-n COUNT] [-j JOBS] [-f FIRST]
 *
 * COUNT commands of SIZE bytes, one after the other in each of JOBS threads,
 * each at an address that no other has: command k of thread j, counted over all
 * threads, begins at FIRST + j * SIZE + k * 4096. A scenario of erl2-target can
 * therefore name any of them. "r" writes everything once, in blocks of 1 MiB and
 * with nobody else at work, and then reads; "w" writes, and reads back at once.
 *
 * Exit status 0: no byte wrong, no I/O failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP	4096
#define FILL	1048576

static const char *device;
static int writing;
static size_t size = STEP;
static off_t first = FILL;
static unsigned int count = 1, jobs = 1;
static int errors, wrong;

static void *buffer(size_t n)
{
	void *p;

	if (posix_memalign(&p, STEP, n)) {
		perror("memory");
		exit(2);
	}
	return p;
}

static int open_disk(void)
{
	int fd = open(device, O_RDWR | O_DIRECT);

	if (fd < 0) {
		perror(device);
		exit(2);
	}
	return fd;
}

static void fill(unsigned int *b, size_t n, off_t at, unsigned int generation)
{
	size_t i;

	for (i = 0; i < n / 4; i++)
		b[i] = ((at / 4 + i) * 2654435761u) ^ (generation * 40503u << 7);
}

static void failed(const char *what, unsigned int k, ssize_t n)
{
	printf("%s %u: %s\n", what, k, n < 0 ? strerror(errno) : "short");
	__atomic_add_fetch(&errors, 1, __ATOMIC_RELAXED);
}

/* One thread's commands: a stretch of the numbers. */
static void *work(void *arg)
{
	unsigned int j = (size_t)arg, k = count / jobs * j;
	unsigned int end = j == jobs - 1 ? count : k + count / jobs;
	unsigned int *b = buffer(size), *want = buffer(size);
	int fd = open_disk();
	ssize_t n;
	size_t i;

	for (; k < end; k++) {
		off_t at = first + (off_t)j * size + (off_t)k * STEP;

		fill(want, size, at, writing ? k + 1 : 0);
		if (writing) {
			n = pwrite(fd, want, size, at);
			if (n != (ssize_t)size)
				failed("write", k, n);
		}
		memset(b, 0xa5, size);
		n = pread(fd, b, size, at);
		if (n != (ssize_t)size) {
			failed("read", k, n);
			continue;
		}
		for (i = 0; i < size / 4 && b[i] == want[i]; i++)
			;
		if (i == size / 4)
			continue;
		printf("command %u: byte %zu is wrong: %08x, not %08x\n", k,
		       i * 4, b[i], want[i]);
		__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	}
	close(fd);
	free(b);
	free(want);
	return NULL;
}

/* What is there to be read; away from the addresses that count. */
static void prepare(void)
{
	off_t end = first + (off_t)jobs * size + (off_t)count * STEP, at;
	unsigned int *b = buffer(FILL);
	int fd = open_disk();

	for (at = first; at < end; at += FILL) {
		fill(b, FILL, at, 0);
		if (pwrite(fd, b, FILL, at) != FILL)
			failed("preparation", 0, -1);
	}
	close(fd);
	free(b);
}

/* The disk still works; not where anything counts. */
static void after(void)
{
	void *b = buffer(STEP);
	int fd = open_disk();

	if (pread(fd, b, STEP, 0) != STEP)
		failed("last read", 0, -1);
	close(fd);
	free(b);
}

int main(int argc, char **argv)
{
	pthread_t *thread;
	unsigned int j;
	int opt;

	while ((opt = getopt(argc, argv, "m:s:n:j:f:")) != -1) {
		switch (opt) {
		case 'm':
			writing = *optarg == 'w';
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
		case 'f':
			first = strtoul(optarg, NULL, 0);
			break;
		default:
			goto usage;
		}
	}
	if (optind != argc - 1 || !size || size % STEP || !jobs || count < jobs)
		goto usage;
	device = argv[optind];
	thread = calloc(jobs, sizeof(*thread));
	if (!thread)
		return 2;
	if (!writing)
		prepare();
	for (j = 0; j < jobs; j++)
		pthread_create(&thread[j], NULL, work, (void *)(size_t)j);
	for (j = 0; j < jobs; j++)
		pthread_join(thread[j], NULL);
	after();
	printf("sweep: %u commands of %zu bytes, %d I/O errors, %d wrong\n", count,
	       size, errors, wrong);
	return errors || wrong;
usage:
	fprintf(stderr,
		"usage: sweep [-m r|w] [-s SIZE] [-n COUNT] [-j JOBS] [-f FIRST] DEVICE\n");
	return 2;
}
