// SPDX-License-Identifier: GPL-2.0
/* One TCP connection: bytes in, PDUs up; PDUs down, bytes out. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "target.h"

#define TX_LOW		(512 * 1024)
#define RX_CHUNK	(256 * 1024)

struct conn_list all_conns = TAILQ_HEAD_INITIALIZER(all_conns);

const char *conn_state_name(enum conn_state s)
{
	static const char * const names[] = {
		"login", "ffp", "logout", "cleanup", "recovered", "free",
	};

	return names[s];
}

bool conn_live(const struct conn *c)
{
	return c->state == CONN_FFP && c->watch.fd >= 0;
}

static void conn_reap(void)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&all_conns); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state != CONN_FREE)
			continue;
		TAILQ_REMOVE(&all_conns, c, link);
		judge_conn_free(c);
		free(c->rx);
		free(c->text_in.buf);
		free(c->text_out.buf);
		free(c);
	}
}

static void conn_kick_all(void)
{
	struct conn *c;

	TAILQ_FOREACH(c, &all_conns, link)
		conn_kick(c);
	conn_reap();
}

/* ---- events ---- */

static void conn_events(struct conn *c)
{
	u32 ev = 0;

	if (c->watch.fd < 0)
		return;
	if (!c->rx_stopped && now_us() >= c->rx_not_before)
		ev |= EPOLLIN;
	if (!c->tx_stopped && !c->tx_draining && !c->tx_timer.armed &&
	    !c->tx_corked && !TAILQ_EMPTY(&c->txq))
		ev |= EPOLLOUT;
	if (ev == c->events)
		return;
	/* epoll reports HUP and ERR always: leave it when we want neither. */
	if (!ev)
		loop_del(&c->watch);
	else if (!c->events)
		loop_add(&c->watch, ev);
	else
		loop_mod(&c->watch, ev);
	c->events = ev;
}

/* ---- receive ---- */

static bool rx_one(struct conn *c)
{
	struct pdu *p = NULL;
	long n;

	if (c->rx_len >= BHS_LEN && !c->rx_cut_seen) {
		c->rx_cut_seen = true;
		c->rx_cut = fault_rx_cut(c, c->rx, &c->rx_cut_rule);
	}
	if (c->rx_cut_seen && c->rx_cut >= 0 &&
	    c->rx_len >= (size_t)c->rx_cut) {
		c->rx_cut = -1;
		fault_run(c->rx_cut_rule, c);
		if (c->watch.fd < 0)
			return false;
	}
	n = pdu_parse(c->rx, c->rx_len, c->hdr_digest, c->data_digest, &p);
	if (n < 0) {
		counters.digest_errors++;
		logf_("#%u cid %u header digest error", c->id, c->cid);
		conn_lost(c, "header digest error");
		return false;
	}
	if (!n)
		return false;
	c->rx_len -= n;
	memmove(c->rx, c->rx + n, c->rx_len);
	c->rx_cut_seen = false;
	c->last_rx = now_us();
	log_pdu(c, "<", p, p->bad_ddigest ? "data digest error" : NULL);
	judge_rx(c, p);
	if (fault_rx(c, p))
		pdu_free(p);
	else
		conn_rx_pdu(c, p);
	return c->watch.fd >= 0;
}

static void rx_all(struct conn *c)
{
	while (c->watch.fd >= 0 && !c->rx_stopped) {
		u64 now = now_us();

		if (now < c->rx_not_before) {
			timer_set(&c->rx_timer, c->rx_not_before - now);
			break;
		}
		if (!rx_one(c))
			break;
	}
	conn_events(c);
}

static void rx_timer(struct timer *t)
{
	rx_all(container_of(t, struct conn, rx_timer));
}

/* Neither read nor write any more, and notice nothing. */
void conn_quiet(struct conn *c, bool rx, bool tx)
{
	c->rx_stopped |= rx;
	c->tx_stopped |= tx;
	conn_events(c);
}

void conn_rx_resume(struct conn *c)
{
	c->rx_stopped = false;
	c->tx_stopped = false;
	timer_set(&c->rx_timer, 0);
	conn_events(c);
}

/* Takes the PDU. */
void conn_rx_pdu(struct conn *c, struct pdu *p)
{
	if (c->state == CONN_LOGIN) {
		login_rx(c, p);
		pdu_free(p);
		return;
	}
	if (c->state != CONN_FFP) {
		/* After a Logout nothing may come (11.14); the judge knows. */
		pdu_free(p);
		return;
	}
	session_rx(c, p);
}

static void conn_read(struct conn *c)
{
	ssize_t n;

	if (c->rx_size - c->rx_len < RX_CHUNK) {
		c->rx_size = c->rx_len + RX_CHUNK;
		c->rx = xrealloc(c->rx, c->rx_size);
	}
	n = read(c->watch.fd, c->rx + c->rx_len, c->rx_size - c->rx_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		logf_("#%u cid %u %s", c->id, c->cid,
		      n ? strerror(errno) : "closed by the initiator");
		conn_lost(c, n ? "socket error" : "FIN");
		return;
	}
	c->rx_len += n;
	rx_all(c);
}

/* ---- transmit ---- */

static void drop_txq(struct conn *c)
{
	struct txbuf *b;

	while ((b = TAILQ_FIRST(&c->txq))) {
		TAILQ_REMOVE(&c->txq, b, link);
		free(b->data);
		free(b);
	}
	c->txq_bytes = 0;
}

static void conn_drained(struct conn *c)
{
	struct rule *r = c->drain_rule;

	c->tx_draining = false;
	c->drain_rule = NULL;
	if (r)
		fault_run(r, c);
	else if (c->closing)
		conn_close(c, false);
}

static void drain_poll(struct conn *c)
{
	int left = 0;

	/* Bytes the peer has not acknowledged would die with a reset. */
	if (c->watch.fd >= 0 && !ioctl(c->watch.fd, SIOCOUTQ, &left) && left &&
	    now_us() < c->drain_until) {
		timer_set(&c->tx_timer, 500);
		return;
	}
	conn_drained(c);
}

static void drain_start(struct conn *c, struct rule *r)
{
	c->tx_draining = true;
	c->drain_rule = r;
	c->drain_until = now_us() + 1000000;
	drain_poll(c);
}

/* Do r once everything queued so far has reached the peer. NULL: close. */
void conn_drain_then(struct conn *c, struct rule *r)
{
	struct txbuf *b = TAILQ_LAST(&c->txq, txbuf_list);

	if (!r)
		c->closing = true;
	if (!b) {
		drain_start(c, r);
		return;
	}
	b->then = r;
	b->drained = true;
}

static void conn_write(struct conn *c)
{
	struct txbuf *b;

	while ((b = TAILQ_FIRST(&c->txq)) && !c->tx_draining && !c->tx_corked) {
		u64 now = now_us();
		size_t n = b->len - b->sent;
		ssize_t k;

		if (now < b->not_before) {
			timer_set(&c->tx_timer, b->not_before - now);
			break;
		}
		if (set.tx_chunk && n > set.tx_chunk)
			n = set.tx_chunk;
		if (b->drip && n > b->drip)
			n = b->drip;
		k = send(c->watch.fd, b->data + b->sent, n, MSG_NOSIGNAL);
		if (k < 0) {
			if (errno == EAGAIN || errno == EINTR)
				break;
			logf_("#%u cid %u send: %s", c->id, c->cid,
			      strerror(errno));
			conn_lost(c, "socket error");
			return;
		}
		c->last_tx = now;
		b->sent += k;
		c->txq_bytes -= k;
		if (b->drip)
			b->not_before = now + b->pause;
		if (b->sent == b->len) {
			struct rule *then = b->then;
			bool drained = b->drained;

			TAILQ_REMOVE(&c->txq, b, link);
			free(b->data);
			free(b);
			if (drained) {
				drain_start(c, then);
				if (c->watch.fd < 0)
					return;
			}
		}
	}
}

void conn_kick(struct conn *c)
{
	while (c->watch.fd >= 0 && !c->tx_stopped && !c->tx_draining &&
	       !c->tx_timer.armed) {
		size_t before;

		/* Data-In is made when there is room for it, not earlier. */
		while (c->txq_bytes < TX_LOW && !TAILQ_EMPTY(&c->sendq) &&
		       c->watch.fd >= 0)
			task_pump(c);
		before = c->txq_bytes;
		if (TAILQ_EMPTY(&c->txq))
			break;
		conn_write(c);
		if (c->txq_bytes == before)
			break;
	}
	conn_events(c);
}

static void tx_timer(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, tx_timer);

	if (c->tx_draining)
		drain_poll(c);
}

void conn_queue_bytes(struct conn *c, struct pdu *p, u64 delay_us,
		      struct rule *then)
{
	struct txbuf *b = xalloc(sizeof(*b));

	b->data = pdu_build(p, c->hdr_digest, c->data_digest, &b->len);
	if (p->cut >= 0 && (size_t)p->cut < b->len)
		b->len = p->cut;
	b->not_before = delay_us ? now_us() + delay_us : 0;
	b->drip = p->drip;
	b->pause = p->drip_ms * 1000ull;
	b->then = then;
	b->drained = then;
	if (!b->len) {
		free(b->data);
		free(b);
		if (then)
			conn_drain_then(c, then);
		return;
	}
	TAILQ_INSERT_TAIL(&c->txq, b, link);
	c->txq_bytes += b->len;
}

/*
 * What was queued behind that buffer, or all, leaves by one send(), so that
 * the peer's TCP has it all at once.
 */
void conn_glue(struct conn *c, struct txbuf *behind)
{
	struct txbuf *b = behind ? TAILQ_NEXT(behind, link) :
				   TAILQ_FIRST(&c->txq), *n;

	if (!b || b->drained)
		return;
	while ((n = TAILQ_NEXT(b, link))) {
		size_t have = b->len - b->sent, more = n->len - n->sent;
		u8 *all = xalloc(have + more);

		memcpy(all, b->data + b->sent, have);
		memcpy(all + have, n->data + n->sent, more);
		free(b->data);
		b->data = all;
		b->len = have + more;
		b->sent = 0;
		b->drip = n->drip;
		b->pause = n->pause;
		b->then = n->then;
		b->drained = n->drained;
		TAILQ_REMOVE(&c->txq, n, link);
		free(n->data);
		free(n);
		if (b->drained)
			break;
	}
}

static void fill_reserved(struct pdu *p)
{
	/* FMT-02: what is reserved must be ignored on receipt. */
	switch (pdu_op(p)) {
	case OP_SCSI_RSP:
		memset(p->bhs + 8, 0xff, 8);
		break;
	case OP_TMF_RSP:
		p->bhs[3] = 0xff;
		memset(p->bhs + 8, 0xff, 8);
		memset(p->bhs + 20, 0xff, 4);
		memset(p->bhs + 36, 0xff, 12);
		break;
	case OP_NOP_IN:
		p->bhs[1] |= 0x7f;
		memset(p->bhs + 2, 0xff, 2);
		memset(p->bhs + 36, 0xff, 12);
		break;
	case OP_R2T:
		p->bhs[1] |= 0x7f;
		memset(p->bhs + 2, 0xff, 2);
		break;
	case OP_LOGOUT_RSP:
		p->bhs[3] = 0xff;
		memset(p->bhs + 8, 0xff, 8);
		memset(p->bhs + 20, 0xff, 4);
		memset(p->bhs + 36, 0xff, 4);
		memset(p->bhs + 44, 0xff, 4);
		break;
	}
}

void conn_number(struct conn *c, struct pdu *p)
{
	u8 op = pdu_op(p);
	struct session *s = c->sess;

	if (!p->resend) {
		if (p->status)
			put_be32(p->bhs + 24, c->statsn++);
		else if (op == OP_R2T || op == OP_NOP_IN)
			put_be32(p->bhs + 24, c->statsn);
	} else if (op == OP_R2T) {
		put_be32(p->bhs + 24, c->statsn);
	}
	if (s) {
		session_window(s);
		put_be32(p->bhs + 28, s->frozen ? s->frozen_cmdsn :
			 s->exp_cmdsn);
		put_be32(p->bhs + 32, s->max_cmdsn);
	} else {
		put_be32(p->bhs + 28, c->login_cmdsn);
		put_be32(p->bhs + 32, c->login_cmdsn);
	}
}

/* A status is kept for whoever asks for it until it is acknowledged. */
void conn_keep(struct conn *c, const struct pdu *p)
{
	struct pdu *keep;

	if (!p->status || p->resend || c->state == CONN_LOGIN)
		return;
	keep = pdu_clone(p);
	TAILQ_INSERT_TAIL(&c->unacked, keep, link);
}

/* Takes the PDU. */
void conn_send(struct conn *c, struct pdu *p)
{
	if (c->watch.fd < 0) {
		pdu_free(p);
		return;
	}
	conn_number(c, p);
	if (set.phys_reserved)
		fill_reserved(p);
	conn_keep(c, p);
	if (!fault_tx(c, p)) {
		log_pdu(c, ">", p, NULL);
		judge_tx(c, p, true);
		conn_queue_bytes(c, p, 0, NULL);
		fault_sent(c);
	}
	pdu_free(p);
}

void conn_resend(struct conn *c, const struct pdu *p)
{
	struct pdu *n = pdu_clone(p);

	n->resend = true;
	conn_send(c, n);
}

/* ExpStatSN of a request: statuses below it are settled. */
void conn_ack(struct conn *c, u32 exp_statsn)
{
	struct pdu *p, *next;

	if (!sn_le(exp_statsn, c->statsn) || !sn_lt(c->exp_statsn, exp_statsn))
		return;
	c->exp_statsn = exp_statsn;
	for (p = TAILQ_FIRST(&c->unacked); p; p = next) {
		struct task *t;

		next = TAILQ_NEXT(p, link);
		if (!sn_lt(pdu_statsn(p), exp_statsn))
			continue;
		TAILQ_REMOVE(&c->unacked, p, link);
		t = c->sess ? task_find(c->sess, pdu_itt(p)) : NULL;
		if (t && t->state == TASK_STATUS && t->has_statsn &&
		    t->statsn == pdu_statsn(p) &&
		    (t->conn == c || t->old == c))
			task_free(t);
		pdu_free(p);
	}
}

/* 11.14.4: in a Logout it is that of the connection to be closed. */
void conn_ack_by(struct conn *c, const struct pdu *p)
{
	if (pdu_op(p) == OP_LOGOUT && (p->bhs[1] & 0x7f) != 0 &&
	    get_be16(p->bhs + 20) != c->cid)
		return;
	conn_ack(c, pdu_expstatsn(p));
}

/* ---- begin and end ---- */

void conn_free_later(struct conn *c)
{
	struct pdu *p;

	conn_close(c, false);
	timer_stop(&c->cleanup);
	timer_stop(&c->nop_timer);
	while ((p = TAILQ_FIRST(&c->unacked))) {
		TAILQ_REMOVE(&c->unacked, p, link);
		pdu_free(p);
	}
	if (c->sess) {
		TAILQ_REMOVE(&c->sess->conns, c, slink);
		c->sess = NULL;
	}
	c->state = CONN_FREE;
}

/* Only the socket; what it means for the session is in recovery.c. */
void conn_close(struct conn *c, bool rst)
{
	struct linger lg = { .l_onoff = 1, .l_linger = 0 };

	if (c->watch.fd < 0)
		return;
	if (rst)
		setsockopt(c->watch.fd, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg));
	if (c->events)
		loop_del(&c->watch);
	c->events = 0;
	close(c->watch.fd);
	c->watch.fd = -1;
	timer_stop(&c->rx_timer);
	timer_stop(&c->tx_timer);
	timer_stop(&c->nop_timer);
	drop_txq(c);
	pdu_free(c->swapped);
	c->swapped = NULL;
	c->rx_len = 0;
	c->drain_rule = NULL;
	c->tx_draining = false;
	login_free(c);
	if (c->state == CONN_LOGIN)
		c->state = CONN_FREE;
}

struct half_closed {
	struct watch watch;
	struct timer timer;
};

static void half_closed_end(struct half_closed *h)
{
	timer_stop(&h->timer);
	loop_del(&h->watch);
	close(h->watch.fd);
	free(h);
}

static void half_closed_event(struct watch *w, u32 events)
{
	struct half_closed *h = container_of(w, struct half_closed, watch);
	static char sink[65536];
	ssize_t n;

	(void)events;
	n = read(w->fd, sink, sizeof(sink));
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		half_closed_end(h);
}

static void half_closed_timeout(struct timer *t)
{
	half_closed_end(container_of(t, struct half_closed, timer));
}

/*
 * A FIN and nothing else: close() with unread bytes would send a reset. The
 * peer's bytes go nowhere until it closes as well.
 */
void conn_half_close(struct conn *c)
{
	struct half_closed *h;
	int fd = dup(c->watch.fd);

	if (fd < 0)
		return;
	shutdown(fd, SHUT_WR);
	h = xalloc(sizeof(*h));
	h->watch.fd = fd;
	h->watch.fn = half_closed_event;
	h->timer.fn = half_closed_timeout;
	timer_set(&h->timer, 5000000);
	loop_add(&h->watch, EPOLLIN);
	conn_close(c, false);
}

static void conn_event(struct watch *w, u32 events)
{
	struct conn *c = container_of(w, struct conn, watch);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (!c->rx_stopped)
			conn_read(c);
		else
			conn_lost(c, "socket error");
	}
	if (c->watch.fd >= 0 && (events & EPOLLOUT))
		conn_kick(c);
}

static const char *addr_text(const struct sockaddr_storage *ss, char *out,
			     size_t n)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const void *)ss;

		inet_ntop(AF_INET6, &a->sin6_addr, host, sizeof(host));
		snprintf(out, n, "[%s]:%u", host, ntohs(a->sin6_port));
	} else {
		const struct sockaddr_in *a = (const void *)ss;

		inet_ntop(AF_INET, &a->sin_addr, host, sizeof(host));
		snprintf(out, n, "%s:%u", host, ntohs(a->sin_port));
	}
	return out;
}

struct listener {
	struct watch watch;
	int index;
	bool paused;
};

static struct listener listeners[16];
static unsigned int nr_listeners;
int listen_refuse;

static void accept_event(struct watch *w, u32 events)
{
	struct listener *l = container_of(w, struct listener, watch);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	static unsigned int next_id;
	int fd, one = 1;
	struct conn *c;

	(void)events;
	fd = accept4(w->fd, (void *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (set.rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &set.rcvbuf,
			   sizeof(set.rcvbuf));
	if (listen_refuse) {
		struct linger lg = { .l_onoff = 1, .l_linger = 0 };

		if (listen_refuse > 0)
			listen_refuse--;
		logf_("new connection refused");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg));
		close(fd);
		return;
	}
	c = xalloc(sizeof(*c));
	c->id = ++next_id;
	c->portal = l->index;
	c->since = now_us();
	c->last_rx = c->since;
	c->rx_cut = -1;
	c->mrdsl_out = 8192;
	c->mrdsl_in = LOGIN_MRDSL;
	c->text_itt = RSVD_TAG;
	c->nop_ttt = RSVD_TAG;
	TAILQ_INIT(&c->txq);
	TAILQ_INIT(&c->unacked);
	TAILQ_INIT(&c->sendq);
	c->rx_timer.fn = rx_timer;
	c->tx_timer.fn = tx_timer;
	c->watch.fd = fd;
	c->watch.fn = conn_event;
	c->events = EPOLLIN;
	addr_text(&ss, c->peer, sizeof(c->peer));
	len = sizeof(ss);
	getsockname(fd, (void *)&ss, &len);
	addr_text(&ss, c->local, sizeof(c->local));
	TAILQ_INSERT_TAIL(&all_conns, c, link);
	counters.conns++;
	logf_("#%u connection from %s to %s", c->id, c->peer, c->local);
	loop_add(&c->watch, EPOLLIN);
	judge_conn_new(c);
	login_start(c);
}

bool listen_on(const char *addr, int port, int index)
{
	struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
		.ai_socktype = SOCK_STREAM,
	}, *ai;
	struct listener *l;
	char service[8];
	int fd, one = 1;

	if (!nr_listeners)
		loop_at_idle(conn_kick_all);
	if (nr_listeners == ARRAY_SIZE(listeners))
		return false;
	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(addr, service, &hints, &ai))
		return false;
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (ai->ai_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
				   sizeof(one));
	}
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) ||
	    listen(fd, 64)) {
		freeaddrinfo(ai);
		if (fd >= 0)
			close(fd);
		return false;
	}
	freeaddrinfo(ai);
	l = &listeners[nr_listeners++];
	l->index = index;
	l->watch.fd = fd;
	l->watch.fn = accept_event;
	loop_add(&l->watch, EPOLLIN);
	return true;
}

/* Paused: connections wait in the backlog, as with a target that hangs. */
void listen_pause(bool on)
{
	unsigned int i;

	for (i = 0; i < nr_listeners; i++) {
		if (listeners[i].paused == on)
			continue;
		listeners[i].paused = on;
		if (on)
			loop_del(&listeners[i].watch);
		else
			loop_add(&listeners[i].watch, EPOLLIN);
	}
}
