# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by tests/vm/run and tests/uml/run: what the two have in common.
# Both boot a kernel on the host's root, read-only under an overlay in memory,
# with a work directory of the run's own ($work) shared as control directory.

# shellcheck source=../../scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

# What a run exits with where the command gives no status of its own.
STATUS_TIMEOUT=124
STATUS_PANIC=125

timeout=600
silence=0
out=${ERL2_OUT:-}
want_build=
want_console=
pass_env=()

common_usage()
{
	cat <<EOF
	--timeout S	give up after S seconds, boot included (600)
	--silence S	give up as well when the guest's kernel logs nothing for S
			seconds (the tests log the beginning of each case)
	--out DIR	share DIR of the host, writable, as /out (\$ERL2_OUT)
	--env NAME[=VALUE]
			take NAME into the guest; ERL2_*, SOAK and SWEEP come by themselves
	--build		build the modules and test programs for this kernel first
	--console	show the kernel's log on stderr as it comes
Exit status: that of COMMAND; $STATUS_TIMEOUT when time ran out, $STATUS_PANIC when the guest
died (the end of its log is shown).
EOF
}

# common_option ARG...: takes one option that both have; sets $taken.
common_option()
{
	taken=2
	case $1 in
	--timeout)	timeout=$2 ;;
	--silence)	silence=$2 ;;
	--out)		out=$2 ;;
	--env)		case $2 in
			*=*)	pass_env+=("$2") ;;
			*)	[ -z "${!2+x}" ] || pass_env+=("$2=${!2}") ;;
			esac ;;
	--build)	want_build=1; taken=1 ;;
	--console)	want_console=1; taken=1 ;;
	--)		taken=1 ;;
	-h|--help)	usage; exit 0 ;;
	*)		usage >&2; die "unknown option $1" ;;
	esac
}

# Everything of one run; nothing of it is shared with another.
make_work()
{
	local name

	work=$(mktemp -d "${TMPDIR:-/tmp}/erl2-guest.XXXXXX")
	mkdir "$work/ctl"
	trap 'finish' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP

	if [ -n "$out" ]; then
		mkdir -p "$out"
		out=$(realpath "$out")
	else
		mkdir "$work/out"
		out=$work/out
	fi

	# Arguments and environment go through files: no quoting to get wrong.
	printf '%s\0' "$@" > "$work/ctl/args"
	for name in $(compgen -e); do
		case $name in
		ERL2_TOP|ERL2_CACHE|ERL2_OUT) ;;
		ERL2_*|SOAK|SOAK_*|SWEEP) printf '%s=%s\0' "$name" "${!name}" ;;
		esac
	done > "$work/ctl/env"
	[ ${#pass_env[@]} = 0 ] || printf '%s\0' "${pass_env[@]}" >> "$work/ctl/env"
	printf '%s' "$ERL2_TOP" > "$work/ctl/top"
	printf '%s' "$timeout" > "$work/ctl/timeout"
	: > "$work/console.log"
}

# set_guest KIND SAN FLAVOUR MODULES: what the tests in the guest are told, and
# where the guest finds its kernel's modules.  The caller's own values win.
set_guest()
{
	local build=$ERL2_TOP/.build

	{
		printf '%s=%s\0' ERL2_GUEST "$1" ERL2_SAN "$2" \
			ERL2_KO "$build/$3/iscsi_erl2.ko" \
			ERL2_LIO_KO "$build/$3/lio_fixup.ko" \
			ERL2_KUNIT_KO "$build/$3/iscsi_erl2_test.ko" \
			ERL2_BIN "$build/bin" ERL2_OUT /out
		cat "$work/ctl/env"
	} > "$work/ctl/env.all"
	mv "$work/ctl/env.all" "$work/ctl/env"
	printf '%s' "$4" > "$work/ctl/modules"
}

# show_console: follows the kernel's log on stderr until the run ends.
show_console()
{
	[ -n "$want_console" ] || return 0
	tail -f -n +1 "$work/console.log" >&2 &
	tail_pid=$!
}

# patience: as long as the guest may go on.
patience()
{
	local end=$((SECONDS + timeout)) quiet=0

	# Whatever kills the run must not leave its locks to this.
	exec 7>&- 9>&-
	trap 'kill $!; exit' TERM
	while [ $SECONDS -lt $end ] && [ "$quiet" -le "$silence" ]; do
		sleep $((end - SECONDS < 5 ? end - SECONDS : 5)) &
		wait $!
		[ "$silence" = 0 ] ||
			quiet=$(($(date +%s) - $(stat -c %Y "$work/console.log")))
	done
}

# run_guest: waits for the guest $guest_pid, with the command's output passing
# through $cat_pid, but not longer than allowed, and exits.
run_guest()
{
	local timer_pid timed_out=0 began=$SECONDS

	show_console
	patience &
	timer_pid=$!
	{ wait -n "$guest_pid" "$timer_pid" || true; } 2>/dev/null
	kill "$timer_pid" 2>/dev/null || timed_out=1
	[ $timed_out = 0 ] || ! type -t last_words > /dev/null || last_words
	stop_guest
	{ wait "$guest_pid" "$timer_pid" || true; } 2>/dev/null
	# Had the guest never opened it, nobody else would end the reader.
	: <> "$work/output"
	wait "$cat_pid" || true
	guest_pid=
	verdict $timed_out
	exit
}

# verdict TIMED_OUT: the run's exit status, with the reason on stderr where it
# is not the command's own.
verdict()
{
	local status why stack

	status=$(cat "$work/ctl/status" 2>/dev/null) || true
	if [ -n "$status" ] && ! guest_panicked; then
		return "$status"
	fi

	if [ "$1" = 1 ]; then
		why="no end after $timeout s: the guest was stopped" status=$STATUS_TIMEOUT
		[ $((SECONDS - began)) -ge "$timeout" ] ||
			why="silent for $silence s: the guest was stopped"
	elif guest_panicked; then
		why="the guest's kernel panicked" status=$STATUS_PANIC
	else
		why="the guest died without a word" status=$STATUS_PANIC
	fi
	sleep 0.2
	note "$why; the end of its kernel log:"
	tail -n 120 "$work/console.log" | tr -d '\r' | sed 's/^/    | /' >&2
	[ ! -s "$work/emulator.log" ] || sed 's/^/    : /' "$work/emulator.log" | tail -n 20 >&2
	# Where it stood, as last_words found it.
	stack=$(sed -n 's/^stack 1: #[0-9]* *\(0x[0-9a-f]* in \)\?\([^ ]*\).*/\2/p' \
		"$work/console.log" | head -n 16 | tr '\n' ' ')
	note "verdict: $why${stack:+, in $stack}"
	return "$status"
}

guest_panicked()
{
	grep -aq 'Kernel panic - not syncing' "$work/console.log"
}

finish()
{
	[ -z "${guest_pid-}" ] || stop_guest
	[ -z "${tail_pid-}" ] || kill "$tail_pid" 2>/dev/null || true
	[ "$out" = "$work/out" ] || tr -d '\r' < "$work/console.log" > "$out/console.log" || true
	rm -rf "$work"
}
