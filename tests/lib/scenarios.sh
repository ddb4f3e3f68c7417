# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced by functional/6*-scenarios-*.sh, which then call
#
#	run_scenarios PATTERN...
#
# Each scenario of that name in tests/scenarios is a case: the scripted target
# does what the file says, an I/O load with known data runs meanwhile. It
# passes when all data is right, no I/O failed, the counters are in the bounds
# that the file states, and the judge has nothing to report.
#
# A line "#: WORD ..." in a scenario speaks to this script:
#	load ARG...	arguments of the program (-s 65536 -n 16 -j 4)
#	program NAME	verify, or another one of tests/progs that says the same
#	again ARG...	a second load after the first
#	pause N		that many seconds between the two
#	target ARG...	more arguments for erl2-target
#	driver P=V...	module parameters, by default time2wait=0 time2retain=20
#	node NAME VALUE	a setting of the node record
#	set NAME VALUE	an attribute of the session's recovery group
#	COUNTER BOUNDS	a counter of the session's recovery group: N, N.., N..M;
#			by default reinstatements 0 and tasks_lost 0
#	errors BOUNDS	I/O errors the load may see (0)
#	up N		the load begins when so many connections are logged in
#	still N		and at its end so many have to be, in a moment
#	lun N		the load goes to this logical unit
#	then NAME VALUE	an attribute of the session's recovery group that is
#			written half a second into the load
#	timeout N	the disk's SCSI timeout, in seconds
#	traced EVENT TEXT	this tracepoint fires meanwhile, with TEXT in it
#	seconds N	how long the load may take (20)
#	least MS	how long the last load takes at least, in milliseconds
#	logout no	the session is not there any more at the end
#
# SCENARIOS="name ..." in the environment: only these.

# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TARGET=$BIN/erl2-target
TARGET_PID='' TARGETS=0
KEEP=${ERL2_OUT:-$WORK}/scenarios

set_up()
{
	mkdir -p "$KEEP"
	must "erl2-target" test -x "$TARGET" || return
	must "driver" driver_load || return
	must "iscsid" iscsid_start
}

script_clean_up()
{
	target_stop
}

target_start()
{
	local file=$1 ready
	shift

	ready=$WORK/ready.$((++TARGETS))
	"$TARGET" --listen "$PORTAL" --iqn "$IQN" --lun ram:64m --scenario "$file" \
		--report "$WORK/report" --log "$WORK/log" --ready "$ready" \
		"$@" 2> "$WORK/target.err" &
	TARGET_PID=$!
	BACKGROUND+=("$TARGET_PID")
	wait_for 5 test -e "$ready" || {
		cat "$WORK/target.err"
		return 1
	}
}

target_stop()
{
	[ -n "$TARGET_PID" ] || return 0
	kill -TERM "$TARGET_PID" 2>/dev/null
	wait "$TARGET_PID"
	TARGET_RC=$?
	TARGET_PID=''
}

no_session()
{
	find_sessions
	[ ${#SIDS[@]} = 0 ]
}

# The middle layer makes no second attempt.
no_retries()
{
	local file

	for file in "/sys/block/${DISK##*/}/device/scsi_disk"/*/max_retries; do
		echo 0 > "$file"
	done
}

# ask REQUEST [NUMBER...]: of the transport class, see progs/netlink.c
ask()
{
	"$BIN/netlink" "$(cat "$ISCSI_CLASS/iscsi_transport/tcp/handle")" "$@"
}

# within VALUE BOUNDS: N, N.., N..M
within()
{
	local low=${2%%..*} high=${2##*..}

	[ "$1" -ge "$low" ] 2>/dev/null || return
	[[ $2 != *..* ]] || [ -n "$high" ] || return 0
	[ "$1" -le "$high" ]
}

recovery_within()
{
	recovery_value "$1" && within "$VALUE" "$2"
}

# judged: what the judge has reported are failures
judged()
{
	local line n=0

	while IFS= read -r line; do
		[[ $line == JUDGE* ]] || continue
		fail "$line"
		[ $((++n)) -lt 8 ] || break
	done < "$WORK/report"
}

# The files that tell what happened stay for a look at them.
keep()
{
	local name=$1 file

	for file in log report load target.err; do
		[ ! -s "$WORK/$file" ] || cp "$WORK/$file" "$KEEP/$name.$file"
	done
	msg "kept: $KEEP/$name.log"
}

# target_over NAME: the target ends, and what it thinks of the case counts
target_over()
{
	target_stop
	judged
	[ "$CASE_FAILED" -eq 0 ] || keep "$1"
}

run_load()
{
	local limit=$(($1 * PATIENCE_FACTOR)) start=${EPOCHREALTIME/./}
	shift

	timeout -k 5 "$limit" "$BIN/$program" "$@" "$DISK" >> "$WORK/load" 2>&1
	LOAD_RC=$?
	LOAD_MS=$(((${EPOCHREALTIME/./} - start) / 1000))
	[ $LOAD_RC -lt 124 ] || fail "the load hangs"
}

# The loads, in a fresh session.
scenario_io()
{
	local line errors=0 wrong='' ended=0

	: > "$WORK/load"
	[ -z "$up" ] || must "$up connections" wait_for 5 connections_up "$up"
	[ -z "$timeout" ] ||
		echo $((timeout * SLOW)) > "/sys/block/${DISK##*/}/device/timeout"
	if [ ${#later[@]} -gt 0 ]; then
		(sleep 0.5; recovery_set "${later[@]}") &
		BACKGROUND+=("$!")
	fi
	# shellcheck disable=SC2086	# words
	run_load "$seconds" $load
	if [ -n "$again" ] && [ "$CASE_FAILED" -eq 0 ]; then
		pause "$pause"
		# shellcheck disable=SC2086
		run_load "$seconds" $again
	fi
	while IFS= read -r line; do
		! [[ $line =~ \ ([0-9]+)\ I.O\ errors ]] || errors=$((errors + BASH_REMATCH[1]))
		[[ $line != *"is wrong"* ]] || wrong=${wrong:-$line}
		[[ $line != "$program: "* ]] || ended=1
	done < "$WORK/load"
	ge "$LOAD_MS" "$least" "milliseconds of the load"
	within "$errors" "${bounds[errors]}" ||
		fail "$errors I/O errors, expected ${bounds[errors]}"
	[ -z "$wrong" ] || fail "wrong data: $wrong"
	[ $ended = 1 ] || fail "the load did not come to its end"
	[ -z "$still" ] || must "$still connections" wait_for 5 connections_up "$still"
}

scenario_trace()
{
	grep -q ": .*${traced#* }" "$TRACING/trace" ||
		fail "no '$traced' in the trace"
	trace_stop
}

scenario_counters()
{
	local name

	for name in "${!bounds[@]}"; do
		[ "$name" != errors ] || continue
		# The last recovery may be a moment behind the last command.
		wait_for 3 recovery_within "$name" "${bounds[$name]}" ||
			fail "$name is ${VALUE:-not there}, expected ${bounds[$name]}"
	done
}

run_scenario()
{
	local file=$1 name=${1##*/} mark word rest pair
	local program=verify load="-s 65536 -n 16 -j 4" again='' pause=0 timeout='' bye=yes
	local seconds=${LOAD_SECONDS:-20} least=0 up='' still='' lun='*' traced='' later=()
	local -A bounds=([errors]=0 [reinstatements]=0 [tasks_lost]=0)
	local target=() node=() attributes=() driver=(time2wait=0 time2retain=20 connections=1
		error_recovery_level=2)

	name=${name%.scn}
	while read -r mark word rest; do
		[ "$mark" = "#:" ] || continue
		# shellcheck disable=SC2206	# words
		case $word in
		load)	load=$rest ;;
		program) program=$rest ;;
		again)	again=$rest ;;
		target)	target+=($rest) ;;
		lun)	lun=$rest ;;
		traced)	traced=$rest ;;
		driver)	driver+=($rest) ;;
		node)	node+=($rest) ;;
		set)	attributes+=("$rest") ;;
		pause)	pause=$rest ;;
		up)	up=$rest ;;
		still)	still=$rest ;;
		then)	later=($rest) ;;
		seconds) seconds=$rest ;;
		least)	least=$rest ;;
		timeout) timeout=$rest ;;
		logout)	bye=$rest ;;
		*)	bounds[$word]=$rest ;;
		esac
	done < "$file"

	for pair in "${driver[@]}"; do
		must "parameter" driver_param "${pair%%=*}" "${pair#*=}"
	done
	: > "$WORK/report"
	if must "target" target_start "$file" ${target[@]+"${target[@]}"}; then
		if must "session" new_session ${node[@]+"${node[@]}"}; then
			for pair in ${attributes[@]+"${attributes[@]}"}; do
				must "$pair" recovery_set "${pair% *}" "${pair#* }"
			done
			[ "$lun" = '*' ] || must "disk" wait_disk "$lun"
			[ -z "$traced" ] || trace_start "${traced% *}" || fail "no trace"
			scenario_io
			[ -z "$traced" ] || scenario_trace
			scenario_counters
			[ "$bye" = no ] || must "logout" logout
		fi
		[ -z "$SID" ] || {
			iadm -m node -T "$IQN" -p "$PORTAL" --logout > /dev/null 2>&1
			SID=''
		}
	fi
	target_stop
	judged
	[ "${TARGET_RC:-1}" -eq 0 ] || fail "erl2-target exits with ${TARGET_RC:-?}"
	[ "$CASE_FAILED" -eq 0 ] || keep "$name"
}

# run_scenarios PATTERN...: all whose names match
run_scenarios()
{
	local pattern file name cases=()

	for pattern in "$@"; do
		for file in "$TESTS"/scenarios/$pattern.scn; do
			name=${file##*/}
			name=${name%.scn}
			[[ -z ${SCENARIOS:-} || " $SCENARIOS " == *" $name "* ]] || continue
			eval "case_${name//-/_}() { run_scenario '$file'; }"
			cases+=("case_${name//-/_}")
		done
	done
	run_cases set_up ${cases[@]+"${cases[@]}"}
}
