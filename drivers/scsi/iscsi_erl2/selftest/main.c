// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suites of the files that need nothing but the kernel, and of the Login
 * Phase, which needs a socket.
 */
#include <linux/module.h>
#include "tests.h"

kunit_test_suites(&erl2_text_suite, &erl2_keys_suite, &erl2_offer_suite,
		  &erl2_chap_suite, &erl2_cmdsn_suite, &erl2_decide_suite,
		  &erl2_gaps_suite, &erl2_datain_suite, &erl2_state_suite,
		  &erl2_login_suite);

MODULE_DESCRIPTION("KUnit suites of iscsi_erl2");
MODULE_LICENSE("GPL");
