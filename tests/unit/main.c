// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit suites of the pure files, in user space: prints KTAP, a line for each
 * case. Exit status 0: all passed.
 */
#include "selftest/tests.h"

static struct kunit_suite *const suites[] = {
	&erl2_text_suite, &erl2_keys_suite, &erl2_offer_suite,
	&erl2_cmdsn_suite, &erl2_decide_suite, &erl2_gaps_suite,
	&erl2_datain_suite, &erl2_state_suite,
};

static bool run(const struct kunit_case *c)
{
	struct kunit test = { };

	if (!setjmp(test.abort))
		c->run_case(&test);
	while (test.memory) {
		void *next = *(void **)test.memory;

		free(test.memory);
		test.memory = next;
	}
	return !test.failed;
}

int main(void)
{
	unsigned int i, number = 0, failed = 0;
	const struct kunit_case *c;

	printf("TAP version 13\n");
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		for (c = suites[i]->test_cases; c->run_case; c++) {
			bool ok = run(c);

			failed += !ok;
			printf("%sok %u %s: %s\n", ok ? "" : "not ", ++number,
			       suites[i]->name, c->name);
		}
	printf("1..%u\n", number);
	return failed ? 1 : 0;
}
