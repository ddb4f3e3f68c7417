/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The suites of this module. Each test file includes the file it tests, so
 * that it is compiled for this module alone and its inner functions are in
 * reach.
 */
#ifndef _ERL2_SELFTEST_TESTS_H
#define _ERL2_SELFTEST_TESTS_H

#include <kunit/test.h>

extern struct kunit_suite erl2_text_suite;
extern struct kunit_suite erl2_keys_suite;
extern struct kunit_suite erl2_offer_suite;
extern struct kunit_suite erl2_chap_suite;
extern struct kunit_suite erl2_cmdsn_suite;
extern struct kunit_suite erl2_decide_suite;
extern struct kunit_suite erl2_gaps_suite;
extern struct kunit_suite erl2_datain_suite;
extern struct kunit_suite erl2_state_suite;
extern struct kunit_suite erl2_login_suite;

#endif /* _ERL2_SELFTEST_TESTS_H */
