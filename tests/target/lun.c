// SPDX-License-Identifier: GPL-2.0
/* Logical units and where their blocks are. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target.h"

struct lun *luns[MAX_LUNS];

unsigned int nr_luns(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MAX_LUNS; i++)
		n += !!luns[i];
	return n;
}

/* ram:SIZE[,bs=N] file:PATH[,bs=N] tape:[SIZE] */
void lun_add(const char *spec)
{
	char *s = xstrdup(spec), *opt = strchr(s, ','), *arg;
	struct lun *l = xalloc(sizeof(*l));
	u64 v;

	for (l->nr = 0; l->nr < MAX_LUNS && luns[l->nr]; l->nr++)
		;
	if (l->nr == MAX_LUNS)
		die("no more than %d LUNs", MAX_LUNS);
	l->bs = 512;
	l->fd = -1;
	l->write_cache = true;
	if (opt) {
		*opt++ = 0;
		if (strncmp(opt, "bs=", 3) || !parse_u64(opt + 3, &v) ||
		    (v != 512 && v != 4096))
			die("--lun %s: %s?", spec, opt);
		l->bs = v;
	}
	arg = strchr(s, ':');
	if (!arg)
		die("--lun %s: ram:SIZE, file:PATH or tape:", spec);
	*arg++ = 0;
	snprintf(l->serial, sizeof(l->serial), "erl2t%04x%04u",
		 (unsigned int)getpid() & 0xffff, l->nr);
	if (!strcmp(s, "ram")) {
		if (!parse_u64(arg, &v) || v < l->bs)
			die("--lun %s: size?", spec);
		l->type = LUN_RAM;
		l->blocks = v / l->bs;
		l->mem = mmap(NULL, v, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			      0);
		if (l->mem == MAP_FAILED)
			die("--lun %s: %m", spec);
	} else if (!strcmp(s, "file")) {
		struct stat st;

		l->type = LUN_FILE;
		l->fd = open(arg, O_RDWR | O_CLOEXEC);
		if (l->fd < 0 || fstat(l->fd, &st))
			die("--lun %s: %m", spec);
		l->blocks = lseek(l->fd, 0, SEEK_END) / l->bs;
		if (!l->blocks)
			die("--lun %s: empty", spec);
	} else if (!strcmp(s, "tape")) {
		l->type = LUN_TAPE;
		tape_init(l);
	} else {
		die("--lun %s: ram:SIZE, file:PATH or tape:", spec);
	}
	if (l->type != LUN_TAPE) {
		l->writes = mmap(NULL, l->blocks * sizeof(*l->writes),
				 PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				 -1, 0);
		if (l->writes == MAP_FAILED)
			die("--lun %s: %m", spec);
	}
	pr_init(l);
	luns[l->nr] = l;
	free(s);
}

bool lun_io(struct lun *l, bool wr, u64 lba, u32 blocks, u8 *buf)
{
	size_t n = (size_t)blocks * l->bs;
	off_t off = lba * l->bs;

	if (l->mem) {
		if (wr)
			memcpy(l->mem + off, buf, n);
		else
			memcpy(buf, l->mem + off, n);
		return true;
	}
	if (wr)
		return pwrite(l->fd, buf, n, off) == (ssize_t)n;
	return pread(l->fd, buf, n, off) == (ssize_t)n;
}

/* A write was executed: once more for each of its blocks. */
void lun_count(struct lun *l, u64 lba, u32 blocks)
{
	l->nr_writes++;
	if (lba >= set.count_from)
		counters.writes++;
	while (blocks--) {
		if (l->writes[lba] != 0xffff)
			l->writes[lba]++;
		lba++;
	}
}
