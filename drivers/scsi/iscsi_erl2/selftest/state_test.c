// SPDX-License-Identifier: GPL-2.0
/*
 * Which changes of state are allowed: all others are refused.
 */
#include "../proto/conn_state.c"
#include "../proto/task_state.c"
#include "tests.h"

/* From each state: to which others, a letter each, '.' is a refusal. */
struct row {
	unsigned int from;
	const char *to;
};

static void conn_states_refuse(struct kunit *test)
{
	/* free, xpt_wait, in_login, logged_in, in_logout, requested, cleanup */
	static const struct row rows[] = {
		{ ERL2_CONN_FREE,		"=.y...." },
		{ ERL2_CONN_XPT_WAIT,		".=....." },
		{ ERL2_CONN_IN_LOGIN,		"y.=y..y" },
		{ ERL2_CONN_LOGGED_IN,		"y..=yyy" },
		{ ERL2_CONN_IN_LOGOUT,		"y...=.y" },
		{ ERL2_CONN_LOGOUT_REQUESTED,	"y...y=y" },
		{ ERL2_CONN_CLEANUP_WAIT,	"y.y...=" },
	};
	unsigned int i, to;

	KUNIT_ASSERT_EQ(test, (int)ARRAY_SIZE(rows), (int)ERL2_CONN_NR_STATES);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (to = 0; to < ERL2_CONN_NR_STATES; to++)
			KUNIT_EXPECT_EQ(test,
					erl2_conn_transition_ok(rows[i].from,
								to),
					rows[i].to[to] != '.');
	KUNIT_EXPECT_FALSE(test, erl2_conn_transition_ok(ERL2_CONN_NR_STATES,
							 ERL2_CONN_FREE));
	KUNIT_EXPECT_FALSE(test, erl2_conn_transition_ok(ERL2_CONN_FREE,
							 ERL2_CONN_NR_STATES));
}

static void task_states_refuse(struct kunit *test)
{
	/* free, queued, active, held, reassigning, ending */
	static const struct row rows[] = {
		{ ERL2_TASK_FREE,		"=y...." },
		{ ERL2_TASK_QUEUED,		"y=yy.y" },
		{ ERL2_TASK_ACTIVE,		"yy=y.y" },
		{ ERL2_TASK_HELD,		".y.=yy" },
		{ ERL2_TASK_REASSIGNING,	".yyy=y" },
		{ ERL2_TASK_ENDING,		"y....=" },
	};
	unsigned int i, to;

	KUNIT_ASSERT_EQ(test, (int)ARRAY_SIZE(rows), (int)ERL2_TASK_NR_STATES);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (to = 0; to < ERL2_TASK_NR_STATES; to++)
			KUNIT_EXPECT_EQ(test,
					erl2_task_transition_ok(rows[i].from,
								to),
					rows[i].to[to] != '.');
	KUNIT_EXPECT_FALSE(test, erl2_task_transition_ok(ERL2_TASK_NR_STATES,
							 ERL2_TASK_FREE));
	KUNIT_EXPECT_FALSE(test, erl2_task_transition_ok(ERL2_TASK_FREE,
							 ERL2_TASK_NR_STATES));
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(conn_states_refuse),
	KUNIT_CASE(task_states_refuse),
	{ }
};

struct kunit_suite erl2_state_suite = {
	.name = "erl2_state",
	.test_cases = state_cases,
};
