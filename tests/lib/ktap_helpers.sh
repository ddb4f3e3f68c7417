# SPDX-License-Identifier: GPL-2.0
#
# KTAP output (Documentation/dev-tools/ktap.rst) for shell tests. The names are
# those of tools/testing/selftests/kselftest/ktap_helpers.sh, which the kernels
# this project builds for do not all have, so that the tests can use that one
# where they run inside a kernel tree.

# shellcheck shell=bash
# shellcheck disable=SC2034	# the KSFT_* are for the scripts

KSFT_PASS=0
KSFT_FAIL=1
KSFT_SKIP=4

KSFT_NUM_TESTS=0
KTAP_TESTNO=1
KTAP_CNT_PASS=0
KTAP_CNT_FAIL=0
KTAP_CNT_SKIP=0

ktap_print_header()
{
	echo "TAP version 13"
}

ktap_print_msg()
{
	echo "# $*"
}

ktap_set_plan()
{
	KSFT_NUM_TESTS=$1
	echo "1..$1"
}

ktap_skip_all()
{
	echo "1..0 # SKIP $*"
}

_ktap_result()
{
	echo "$1 $KTAP_TESTNO $2"
	KTAP_TESTNO=$((KTAP_TESTNO + 1))
}

ktap_test_pass()
{
	_ktap_result ok "$1"
	KTAP_CNT_PASS=$((KTAP_CNT_PASS + 1))
}

ktap_test_fail()
{
	_ktap_result "not ok" "$1"
	KTAP_CNT_FAIL=$((KTAP_CNT_FAIL + 1))
}

ktap_test_skip()
{
	_ktap_result ok "$1 # SKIP"
	KTAP_CNT_SKIP=$((KTAP_CNT_SKIP + 1))
}

ktap_print_totals()
{
	ktap_print_msg "Totals: pass:$KTAP_CNT_PASS fail:$KTAP_CNT_FAIL" \
		"xfail:0 xpass:0 skip:$KTAP_CNT_SKIP error:0"
}

ktap_exit_fail_msg()
{
	echo "Bail out! $*"
	ktap_print_totals
	exit "$KSFT_FAIL"
}

# Fails also when fewer tests ran than were planned.
ktap_finished()
{
	ktap_print_totals
	if [ $((KTAP_CNT_PASS + KTAP_CNT_SKIP)) -eq "$KSFT_NUM_TESTS" ]; then
		exit "$KSFT_PASS"
	fi
	exit "$KSFT_FAIL"
}
