/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP sockets: connect, hand over, tear down.
 */
#ifndef _ERL2_SOCKET_H
#define _ERL2_SOCKET_H

#include <linux/socket.h>
#include <linux/types.h>

struct erl2_conn;
struct erl2_session;
struct sockaddr_storage;
struct socket;

void erl2_socket_reserve(struct socket *sock);
int erl2_socket_connect(struct erl2_session *s,
			const struct sockaddr_storage *to,
			unsigned long timeout, struct socket **res);
void erl2_socket_close(struct socket *sock, bool file);
void erl2_socket_abort(struct socket *sock);
void erl2_socket_install(struct erl2_conn *conn, struct socket *sock,
			 bool file);
void erl2_socket_start(struct erl2_conn *conn);
void erl2_socket_release(struct erl2_conn *conn, bool graceful);

#endif /* _ERL2_SOCKET_H */
