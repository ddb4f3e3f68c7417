#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites of the driver's pure parts, where this kernel has KUnit
# (Debian's have it switched off; the User Mode Linux kernels have it on). Each
# KUnit case becomes one test here.
#
# guests: uml uml-san

. "$(dirname "$0")/../lib/common.sh"

trap - EXIT	# nothing of the system is used
trap 'rm -rf "$WORK"' EXIT

ktap_print_header
if ! modprobe -q kunit enable=1 && ! modprobe -q kunit && ! [ -d /sys/module/kunit ]; then
	if [ "$ERL2_GUEST" = uml ]; then
		ktap_exit_fail_msg "no KUnit in a User Mode Linux kernel: it has been built wrongly"
	fi
	ktap_skip_all "this kernel has no KUnit"
	exit "$KSFT_SKIP"
fi
[ -f "${ERL2_KUNIT_KO:-}" ] || ktap_exit_fail_msg "ERL2_KUNIT_KO: no such file '${ERL2_KUNIT_KO:-}'"

kmsg_mark
load_dependencies "$ERL2_KUNIT_KO"
insmod "$ERL2_KUNIT_KO" || ktap_exit_fail_msg "$ERL2_KUNIT_KO cannot be loaded"
# The cases run before insmod returns.
kmsg_since | sed 's/^\[[^]]*\] //' > "$WORK/ktap"
rmmod "$(basename "$ERL2_KUNIT_KO" .ko)" || ktap_print_msg "the suites cannot be unloaded"

# Cases are indented, suites are not: a suite whose init fails has no cases,
# so failed suites count as well.
sed -nE -e 's/^ +(not ok|ok) [0-9]+ (- )?(.*)/\1|\3/p' \
	-e 's/^not ok [0-9]+ (- )?(.*)/not ok|suite \2/p' "$WORK/ktap" > "$WORK/cases"
total=$(wc -l < "$WORK/cases")
if [ "$total" -eq 0 ]; then
	sed 's/^/# | /' "$WORK/ktap"
	ktap_exit_fail_msg "the suites have run no case"
fi
ktap_set_plan "$total"
while IFS='|' read -r result name; do
	case $result$name in
	*"# SKIP"*) ktap_test_skip "${name%% # SKIP*}" ;;
	ok*) ktap_test_pass "$name" ;;
	*) ktap_test_fail "$name" ;;
	esac
done < "$WORK/cases"
[ "$KTAP_CNT_FAIL" -eq 0 ] || sed 's/^/# | /' "$WORK/ktap"
ktap_finished
