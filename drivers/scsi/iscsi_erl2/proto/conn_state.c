// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a connection (RFC 7143 8.1).
 */
#include <linux/kernel.h>

#include "proto/conn_state.h"

static const char *const state_names[ERL2_CONN_NR_STATES] = {
	[ERL2_CONN_FREE] = "free",
	[ERL2_CONN_XPT_WAIT] = "xpt_wait",
	[ERL2_CONN_IN_LOGIN] = "in_login",
	[ERL2_CONN_LOGGED_IN] = "logged_in",
	[ERL2_CONN_IN_LOGOUT] = "in_logout",
	[ERL2_CONN_LOGOUT_REQUESTED] = "logout_requested",
	[ERL2_CONN_CLEANUP_WAIT] = "cleanup_wait",
};

/**
 * erl2_conn_state_name() - RFC 7143 8.1 name in lower case
 * @state: state
 *
 * Context: any.
 * Return: the name.
 */
const char *erl2_conn_state_name(enum erl2_conn_state state)
{
	return state < ERL2_CONN_NR_STATES ? state_names[state] : "unknown";
}
