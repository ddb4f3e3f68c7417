// SPDX-License-Identifier: GPL-2.0
/*
 * The states of a connection (RFC 7143 8.1).
 */
#include <linux/bits.h>
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

/*
 * RFC 7143 8.1.1, 8.1.2, seen from here: XPT_WAIT is part of IN_LOGIN, and a
 * connection is logged out by another one or by a login (M1 to M3) in CLEANUP_WAIT.
 */
static const u8 conn_transitions[ERL2_CONN_NR_STATES] = {
	[ERL2_CONN_FREE] = BIT(ERL2_CONN_IN_LOGIN),
	[ERL2_CONN_IN_LOGIN] = BIT(ERL2_CONN_LOGGED_IN) |
		BIT(ERL2_CONN_CLEANUP_WAIT) | BIT(ERL2_CONN_FREE),
	[ERL2_CONN_LOGGED_IN] = BIT(ERL2_CONN_IN_LOGOUT) |
		BIT(ERL2_CONN_LOGOUT_REQUESTED) |
		BIT(ERL2_CONN_CLEANUP_WAIT) | BIT(ERL2_CONN_FREE),
	[ERL2_CONN_IN_LOGOUT] = BIT(ERL2_CONN_CLEANUP_WAIT) |
		BIT(ERL2_CONN_FREE),
	[ERL2_CONN_LOGOUT_REQUESTED] = BIT(ERL2_CONN_IN_LOGOUT) |
		BIT(ERL2_CONN_CLEANUP_WAIT) | BIT(ERL2_CONN_FREE),
	[ERL2_CONN_CLEANUP_WAIT] = BIT(ERL2_CONN_IN_LOGIN) |
		BIT(ERL2_CONN_FREE),
};

/**
 * erl2_conn_transition_ok() - may a connection change its state so?
 * @from: the present state
 * @to: the next one
 *
 * Context: any.
 * Return: true if so; no change is always allowed.
 */
bool erl2_conn_transition_ok(enum erl2_conn_state from,
			     enum erl2_conn_state to)
{
	if (from >= ERL2_CONN_NR_STATES || to >= ERL2_CONN_NR_STATES)
		return false;
	return from == to || conn_transitions[from] & BIT(to);
}
