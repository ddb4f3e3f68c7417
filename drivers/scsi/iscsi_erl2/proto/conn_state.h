/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a connection (RFC 7143 8.1).
 */
#ifndef _ERL2_CONN_STATE_H
#define _ERL2_CONN_STATE_H

#include <linux/types.h>

/**
 * enum erl2_conn_state - RFC 7143 8.1.1
 * @ERL2_CONN_FREE: no TCP connection, nothing to clean up
 * @ERL2_CONN_XPT_WAIT: TCP connection being established
 * @ERL2_CONN_IN_LOGIN: Login Phase
 * @ERL2_CONN_LOGGED_IN: Full Feature Phase
 * @ERL2_CONN_IN_LOGOUT: Logout Request sent
 * @ERL2_CONN_LOGOUT_REQUESTED: the target asked for a Logout
 * @ERL2_CONN_CLEANUP_WAIT: TCP is gone, the target may hold tasks
 */
enum erl2_conn_state {
	ERL2_CONN_FREE,
	ERL2_CONN_XPT_WAIT,
	ERL2_CONN_IN_LOGIN,
	ERL2_CONN_LOGGED_IN,
	ERL2_CONN_IN_LOGOUT,
	ERL2_CONN_LOGOUT_REQUESTED,
	ERL2_CONN_CLEANUP_WAIT,
	ERL2_CONN_NR_STATES
};

const char *erl2_conn_state_name(enum erl2_conn_state state);
bool erl2_conn_transition_ok(enum erl2_conn_state from,
			     enum erl2_conn_state to);

#endif /* _ERL2_CONN_STATE_H */
