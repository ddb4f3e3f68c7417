/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions in the network stack.
 */
#ifndef _ERL2_COMPAT_NET_H
#define _ERL2_COMPAT_NET_H

#include <linux/bvec.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <net/tcp.h>

/**
 * erl2_compat_send_page() - hand a page range to TCP without copying
 * @sk: socket, locked
 * @page: first page
 * @offset: byte in @page
 * @len: bytes
 * @flags: MSG_DONTWAIT and friends
 *
 * Return: bytes taken or a negative errno.
 */
static inline int erl2_compat_send_page(struct sock *sk, struct page *page,
					int offset, size_t len, int flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };
	struct bio_vec bv;

	bvec_set_page(&bv, page, len, offset);
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bv, 1, len);
	return tcp_sendmsg_locked(sk, &msg, len);
#else
	if (flags & MSG_MORE)
		flags |= MSG_SENDPAGE_NOTLAST;
	return tcp_sendpage_locked(sk, page, offset, len, flags);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#ifndef ITER_SOURCE
#define ITER_SOURCE	1	/* == WRITE */
#define ITER_DEST	0	/* == READ */
#endif
#endif

#endif /* _ERL2_COMPAT_NET_H */
