// SPDX-License-Identifier: GPL-2.0
/*
 * TCP sockets: connect, hand over, tear down.
 */
#include <linux/file.h>
#include <linux/net.h>
#include <linux/sched/mm.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "core/conn.h"
#include "core/erl2.h"
#include "core/session.h"
#include "io/receive.h"
#include "io/send.h"
#include "io/socket.h"
#include "io/within_connection.h"

/*
 * Our sockets are locked while memory is reclaimed through the disks behind
 * them; lockdep must not take that for what user space sockets do.
 */
static struct lock_class_key erl2_slock_key[2], erl2_lock_key[2];

static void socket_classify(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (sk->sk_family == AF_INET)
		sock_lock_init_class_and_name(sk, "slock-AF_INET-ISCSI_ERL2",
					      &erl2_slock_key[0],
					      "sk_lock-AF_INET-ISCSI_ERL2",
					      &erl2_lock_key[0]);
	else
		sock_lock_init_class_and_name(sk, "slock-AF_INET6-ISCSI_ERL2",
					      &erl2_slock_key[1],
					      "sk_lock-AF_INET6-ISCSI_ERL2",
					      &erl2_lock_key[1]);
}

/**
 * erl2_socket_reserve() - a socket may use the memory kept for emergencies
 * @sock: socket; erl2_socket_close() undoes it
 *
 * Memory may be gone until this connection is there: its SYN-ACK and its Login
 * Responses must not be dropped for the want of it.
 *
 * Context: may sleep.
 */
void erl2_socket_reserve(struct socket *sock)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if (!sock_flag(sk, SOCK_MEMALLOC))
		sk_set_memalloc(sk);
	release_sock(sk);
}

/**
 * erl2_socket_connect() - open a TCP connection for a session
 * @s: session; gives namespace and interface
 * @to: portal
 * @timeout: jiffies
 * @res: the socket, on success
 *
 * Context: may sleep; session->mutex held. erl2_session_stop() cuts it short.
 * Return: 0 or a negative errno.
 */
int erl2_socket_connect(struct erl2_session *s,
			const struct sockaddr_storage *to,
			unsigned long timeout, struct socket **res)
{
	unsigned int noio = memalloc_noio_save();
	struct socket *sock;
	int err;

	err = sock_create_kern(s->net, to->ss_family, SOCK_STREAM, IPPROTO_TCP,
			       &sock);
	if (err)
		goto out;
	socket_classify(sock);
	sock->sk->sk_allocation = GFP_NOIO;
	erl2_socket_reserve(sock);
	tcp_sock_set_nodelay(sock->sk);
	sock->sk->sk_sndtimeo = timeout;
	if (s->bound_dev_if) {
		err = sock_bindtoindex(sock->sk, s->bound_dev_if, true);
		if (err)
			goto release;
	}

	err = erl2_session_watch(s, sock);
	if (!err)
		/* Which kind of sockaddr this is called depends on the kernel. */
		err = kernel_connect(sock, (void *)to, sizeof(*to), 0);
	erl2_session_watch(s, NULL);
	/* With a send timeout that is how connect() says it ran out. */
	if (err == -EINPROGRESS)
		err = -ETIMEDOUT;
release:
	if (err)
		erl2_socket_close(sock, false);
	else
		*res = sock;
out:
	memalloc_noio_restore(noio);
	return err;
}

/**
 * erl2_socket_close() - let go of a socket that no connection uses
 * @sock: socket
 * @file: it is iscsid's: drop the reference to its file
 *
 * Context: may sleep.
 */
void erl2_socket_close(struct socket *sock, bool file)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	if (sock_flag(sk, SOCK_MEMALLOC))
		sk_clear_memalloc(sk);
	release_sock(sk);
	if (file)
		sockfd_put(sock);
	else
		sock_release(sock);
}

/**
 * erl2_socket_abort() - reset a TCP connection
 * @sock: socket; a reference iscsid may have on it does not matter
 *
 * RFC 7143 7.1.4.3: the failed connection is closed before anything else. Not
 * a FIN: nothing queued may be retransmitted, its pages belong to commands
 * that go on elsewhere.
 *
 * Context: may sleep.
 */
void erl2_socket_abort(struct socket *sock)
{
	tcp_abort(sock->sk, ECONNABORTED);
}

static void erl2_data_ready(struct sock *sk)
{
	struct erl2_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (likely(conn))
		erl2_rx_run(conn, sk);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void erl2_state_change(struct sock *sk)
{
	void (*old)(struct sock *sk) = NULL;
	struct erl2_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn) {
		old = conn->old_state_change;
		switch (sk->sk_state) {
		case TCP_ESTABLISHED:
			break;
		case TCP_CLOSE_WAIT:
			/* Data in the segment with the FIN counts. */
			erl2_rx_run(conn, sk);
			erl2_conn_fail(conn, ERL2_FAIL_CLOSED);
			break;
		default:
			erl2_conn_fail(conn, ERL2_FAIL_SOCKET);
		}
	}
	read_unlock_bh(&sk->sk_callback_lock);
	if (old)
		old(sk);
}

static void erl2_write_space(struct sock *sk)
{
	struct erl2_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/**
 * erl2_socket_install() - give a logged-in socket to its connection
 * @conn: connection without a socket
 * @sock: socket; on it the Login Phase is over
 * @file: it is iscsid's
 *
 * Context: may sleep; session->mutex held. Nothing is delivered before
 * erl2_socket_start().
 */
void erl2_socket_install(struct erl2_conn *conn, struct socket *sock, bool file)
{
	struct sock *sk = sock->sk;

	lock_sock(sk);
	/* iscsid asks for a reset at its own close(); this one is ours. */
	sock_reset_flag(sk, SOCK_LINGER);
	sk->sk_rcvtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_sndtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_allocation = GFP_ATOMIC | __GFP_MEMALLOC;
	release_sock(sk);
	tcp_sock_set_nodelay(sk);

	conn->sock = sock;
	conn->sock_file = file;
	conn->last_recv = jiffies;
	conn->last_moved = jiffies;
	conn->rx_credit = 0;
	conn->acked_octets = tcp_sk(sk)->bytes_acked;
	conn->last_sent = jiffies;
	kernel_getpeername(sock, (struct sockaddr *)&conn->portal);
	kernel_getsockname(sock, (struct sockaddr *)&conn->local);
}

/**
 * erl2_socket_start() - begin to send and receive
 * @conn: connection in Full Feature Phase with a socket
 *
 * Context: may sleep; session->mutex held.
 */
void erl2_socket_start(struct erl2_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	conn->old_data_ready = sk->sk_data_ready;
	conn->old_state_change = sk->sk_state_change;
	conn->old_write_space = sk->sk_write_space;
	sk->sk_user_data = conn;
	sk->sk_data_ready = erl2_data_ready;
	sk->sk_state_change = erl2_state_change;
	sk->sk_write_space = erl2_write_space;
	write_unlock_bh(&sk->sk_callback_lock);

	spin_lock_bh(&conn->lock);
	erl2_rx_reset(conn);
	erl2_tx_reset(conn);
	conn->sk = sk;
	spin_unlock_bh(&conn->lock);

	/* The target may have been quicker than we. */
	local_bh_disable();
	erl2_rx_run(conn, sk);
	local_bh_enable();
	if (sk->sk_state != TCP_ESTABLISHED)
		erl2_conn_fail(conn, ERL2_FAIL_CLOSED);
	release_sock(sk);

	queue_delayed_work(erl2_tx_wq, &conn->timer, HZ);
	queue_delayed_work(erl2_tx_wq, &conn->tx_work, 0);
}

/**
 * erl2_socket_release() - take the socket from a connection and close it
 * @conn: connection, with or without a socket
 * @graceful: after a Logout: FIN; otherwise reset
 *
 * Afterwards nothing sends for or receives into the connection's tasks.
 *
 * Context: may sleep; session->mutex held, or the session is stopped.
 */
void erl2_socket_release(struct erl2_conn *conn, bool graceful)
{
	struct socket *sock = conn->sock;
	struct sock *sk;

	if (!sock)
		return;
	sk = sock->sk;

	lock_sock(sk);
	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data == conn) {
		sk->sk_user_data = NULL;
		sk->sk_data_ready = conn->old_data_ready;
		sk->sk_state_change = conn->old_state_change;
		sk->sk_write_space = conn->old_write_space;
	}
	write_unlock_bh(&sk->sk_callback_lock);

	spin_lock_bh(&conn->lock);
	conn->sk = NULL;
	erl2_rx_reset(conn);
	erl2_tx_reset(conn);
	erl2_snack_reset(conn);
	conn->tx_wanted = false;
	spin_unlock_bh(&conn->lock);
	release_sock(sk);

	if (graceful)
		kernel_sock_shutdown(sock, SHUT_RDWR);
	else
		erl2_socket_abort(sock);
	conn->sock = NULL;
	erl2_socket_close(sock, conn->sock_file);
}
