// SPDX-License-Identifier: GPL-2.0
/* One epoll loop with timers. Everything in this process runs from here. */
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

static int epfd = -1;
static bool quit;
TAILQ_HEAD(timer_list, timer);
static struct timer_list timers = TAILQ_HEAD_INITIALIZER(timers);
static void (*idle[8])(void);
static unsigned int nr_idle;

/* Watches removed while a batch of events is being handed out. */
static struct watch *removed[64];
static unsigned int nr_removed;
static bool in_batch;

u64 now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void timer_stop(struct timer *t)
{
	if (!t->armed)
		return;
	TAILQ_REMOVE(&timers, t, link);
	t->armed = false;
}

void timer_set(struct timer *t, u64 delay_us)
{
	struct timer *o;

	timer_stop(t);
	t->when = now_us() + delay_us;
	t->armed = true;
	/* Most timers are the latest: look from the end. */
	TAILQ_FOREACH_REVERSE(o, &timers, timer_list, link) {
		if (o->when <= t->when) {
			TAILQ_INSERT_AFTER(&timers, o, t, link);
			return;
		}
	}
	TAILQ_INSERT_HEAD(&timers, t, link);
}

static void loop_open(void)
{
	if (epfd >= 0)
		return;
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		die("epoll_create1: %m");
}

int loop_add(struct watch *w, u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	loop_open();
	return epoll_ctl(epfd, EPOLL_CTL_ADD, w->fd, &ev);
}

void loop_mod(struct watch *w, u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	epoll_ctl(epfd, EPOLL_CTL_MOD, w->fd, &ev);
}

void loop_del(struct watch *w)
{
	epoll_ctl(epfd, EPOLL_CTL_DEL, w->fd, NULL);
	if (in_batch && nr_removed < ARRAY_SIZE(removed))
		removed[nr_removed++] = w;
}

void loop_at_idle(void (*fn)(void))
{
	if (nr_idle < ARRAY_SIZE(idle))
		idle[nr_idle++] = fn;
}

void loop_quit(void)
{
	quit = true;
}

static void run_timers(void)
{
	struct timer *t;
	u64 now = now_us();

	while ((t = TAILQ_FIRST(&timers)) && t->when <= now) {
		timer_stop(t);
		t->fn(t);
	}
}

static bool was_removed(const struct watch *w)
{
	unsigned int i;

	for (i = 0; i < nr_removed; i++)
		if (removed[i] == w)
			return true;
	return false;
}

void loop_run(void)
{
	struct epoll_event ev[16];
	unsigned int k;
	int i, n;

	loop_open();
	while (!quit) {
		struct timer *t = TAILQ_FIRST(&timers);
		int wait = -1;

		if (t) {
			u64 now = now_us();

			wait = t->when <= now ? 0 : (t->when - now + 999) / 1000;
		}
		n = epoll_wait(epfd, ev, ARRAY_SIZE(ev), wait);
		if (n < 0 && errno != EINTR)
			die("epoll_wait: %m");
		in_batch = true;
		nr_removed = 0;
		for (i = 0; i < n; i++) {
			struct watch *w = ev[i].data.ptr;

			if (!was_removed(w))
				w->fn(w, ev[i].events);
		}
		in_batch = false;
		run_timers();
		for (k = 0; k < nr_idle; k++)
			idle[k]();
	}
}
