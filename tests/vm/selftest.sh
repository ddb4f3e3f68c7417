#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# selftest.sh: does the harness report what happened?  Most of it is the same
# for all guests and is tried in the quickest, User Mode Linux; what is QEMU's
# own is tried there.  Prints KTAP.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# A state of the host's files that no guest may change.
witness=$here/../../.build/selftest-witness
mkdir -p "${witness%/*}"
echo untouched > "$witness"

result()
{
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		failed=$((failed + 1))
		echo "not ok $number $2"
		tail -n 40 "$work/log" | sed 's/^/  # /'
	fi
}

# try NAME WANTED-STATUS PATTERN COMMAND...: output and messages in one log.
try()
{
	local name=$1 want=$2 pattern=$3 status ok=0
	shift 3

	"$@" > "$work/log" 2>&1
	status=$?
	if [ $status != "$want" ]; then
		echo "selftest: exit status $status, not $want" >> "$work/log"
		ok=1
	fi
	if [ -n "$pattern" ] && ! grep -aqE -- "$pattern" "$work/log"; then
		echo "selftest: nothing like '$pattern'" >> "$work/log"
		ok=1
	fi
	result $ok "$name"
}

# suite NAME WANTED-STATUS PATTERN TEST...: run-guest.sh on tests of known fate.
suite()
{
	local name=$1 want=$2 pattern=$3
	shift 3

	rm -rf "$work/out"
	# shellcheck disable=SC2086
	try "$name" "$want" "$pattern" "$uml" $san --timeout 240 --out "$work/out" \
		--env ERL2_TEST_TIMEOUT=5 -- tests/run-guest.sh "${@/#/tests/vm/selftest/}"
}

# recorded NAME REGEXP...: each of them is a line of the last suite's results.
recorded()
{
	local name=$1 ok=0 line
	shift

	for line; do
		grep -qxE "$line" "$work/out/results" || {
			echo "selftest: no '$line' in the results:" >> "$work/log"
			cat "$work/out/results" >> "$work/log"
			ok=1
		}
	done
	result $ok "$name"
}

uml=$here/../uml/run
san=
qemu=$here/../vm/run

echo "TAP version 13"

cd / || exit 1
try "uml: exit status" 7 '' "$uml" --timeout 30 -- sh -c 'exit 7'
# shellcheck disable=SC2016
try "uml: arguments arrive as they are" 0 '^<a  b><c"d'\''e><><\*\$HOME>$' \
	"$uml" --timeout 30 -- printf '<%s>' 'a  b' 'c"d'\''e' '' '*$HOME'
try "uml: working directory is the checkout" 0 '^found$' \
	"$uml" --timeout 30 -- sh -c '[ -x tests/uml/run ] && echo found'
try "uml: environment" 0 '^erl2-variable and named$' \
	env ERL2_X=erl2-variable "$uml" --timeout 30 --env Y='and named' -- sh -c 'echo "$ERL2_X $Y"'
try "uml: stderr comes too, and can be opened again" 0 '^once more$' \
	"$uml" --timeout 30 -- sh -c 'echo once more > /dev/stderr'
try "uml: a daemon left behind holds nothing up" 0 '^done$' \
	"$uml" --timeout 30 -- sh -c 'sleep 500 & echo done'
try "uml: what the guest writes stays in the guest" 0 '^untouched$' \
	sh -c '"$1" --timeout 30 -- sh -c "echo changed > .build/selftest-witness" && cat "$2"' - "$uml" "$witness"
try "uml: except in /out" 0 '^taken out$' \
	sh -c '"$1" --timeout 30 --out "$2/o" -- sh -c "echo taken out > /out/file" && cat "$2/o/file"' - "$uml" "$work"
try "uml: every byte of the output" 0 '^1000000 ' \
	sh -c '"$1" --timeout 30 -- head -c 1000000 /dev/urandom | wc -c | sed "s/$/ /"' - "$uml"
try "uml: a panic is 125, with the reason" 125 'Kernel panic - not syncing: dumptest' \
	"$uml" --timeout 30 -- tests/vm/selftest/panic.sh
try "uml: a hang is 124" 124 'verdict: no end after 8 s' \
	"$uml" --timeout 8 -- sleep 1000
try "uml: so is a guest of which nothing is heard" 124 'verdict: silent for 6 s' \
	"$uml" --timeout 60 --silence 6 -- sleep 1000

suite "tests that pass and skip" 0 '^ok 1 pass.sh' pass.sh
recorded "are counted as such" 'pass pass.sh a thing that works' \
	'skip pass.sh a thing that is not there # SKIP' 'end pass.sh'
suite "tests that fail, each in its way" 1 '^not ok 1 fail.sh' \
	fail.sh silent.sh short.sh dies.sh splat.sh hang.sh none.sh pass.sh
recorded "are counted as such" 'fail fail.sh another does not' \
	'fail silent.sh ran no test' 'fail short.sh planned 3 tests, ran 1' \
	'fail dies.sh exited with 3' 'fail splat.sh splat in the kernel log: .*[a-z].*' \
	'fail hang.sh stopped after 5 s' 'fail .*none.sh there is no such test' \
	'pass pass.sh a thing that works'
suite "a panic in a test" 125 'Kernel panic' pass.sh panic.sh fail.sh
recorded "leaves what went before" 'end pass.sh' 'begin panic.sh'

san=--san
suite "a leak in a test" 1 '^not ok 3 kmemleak' pass.sh leak.sh
recorded "counts beside what it says" 'pass leak.sh nothing to see' 'fail kmemleak .*objects leaked'
suite "no leak" 0 '^ok 2 kmemleak' pass.sh
recorded "counts too" 'pass kmemleak no object leaked'

try "qemu: exit status and arguments" 5 '^<a  b><>$' \
	"$qemu" --timeout 120 -- sh -c 'printf "<%s>" "$@"; echo; exit 5' - 'a  b' ''
try "qemu: a panic is 125, with the reason" 125 'Kernel panic - not syncing: sysrq triggered crash' \
	"$qemu" --timeout 120 -- tests/vm/selftest/panic.sh

echo "1..$number"
rm -f "$witness"
[ $failed = 0 ]
