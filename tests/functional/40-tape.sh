#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A tape: each WRITE appends, each READ moves on, so that a command that is run
# twice, or not at all, shows. tar writes an archive through st and dd reads it
# back while connections die; the scripted target counts what it has executed.
# Level 2 continues every command. At level 0 the outcome of what was in flight is
# unknown: st has to hear of it, and nothing is rerun behind its back.
#
# guests: uml uml-san

. "$(dirname "$0")/../lib/scenarios.sh"

RECORD=65536		# bytes; more than is sent without an R2T, see below
BLOCKING=$((RECORD / 512))
RECORDS=64		# of the archive
NST=''

tape_set_up()
{
	set_up || return
	[ -d /sys/class/scsi_tape ] || must "tape driver" modprobe st || return
	mkdir "$WORK/files"
	head -c $((RECORD * (RECORDS - 1) - 1000)) /dev/urandom | split -b 300000 - "$WORK/files/f"
	must "archive" tar -b $BLOCKING -cf "$WORK/archive" -C "$WORK" files
	eq "$(stat -c %s "$WORK/archive")" $((RECORD * RECORDS)) "size of the archive"
}

tape_name()
{
	local dev

	for dev in "$ISCSI_CLASS/iscsi_session/session$SID"/device/target*/*:*:*:1/scsi_tape/nst*; do
		case ${dev##*/} in
		nst[0-9]|nst[0-9][0-9])
			NST=/dev/${dev##*/}
			[ -c "$NST" ]
			return ;;
		esac
	done
	return 1
}

# tape_session [TARGET-ARGUMENT]...: a tape, LUN 1, that does what stdin says
tape_session()
{
	local pair

	cat > "$WORK/tape.scn"
	: > "$WORK/report"
	for pair in time2wait=0 time2retain=20 connections=1 error_recovery_level=2; do
		driver_param "${pair%%=*}" "${pair#*=}" || return
	done
	# Four PDUs make a record, each way; two of its Data-Outs need an R2T.
	must "target" target_start "$WORK/tape.scn" --lun tape: \
		--key FirstBurstLength=32768 --key MaxRecvDataSegmentLength=16384 "$@" || return
	must "session" new_session node.conn[0].iscsi.MaxRecvDataSegmentLength 16384 || return
	must "tape" wait_for 10 tape_name
}

# tape_counter NAME: of the target's report; "tape lun=1 NAME=..."
tape_counter()
{
	sed -n "s/^tape lun=1 .*\\b$1=\\([0-9]*\\).*/\\1/p" "$WORK/report"
}

tape_session_ends()
{
	[ -z "$SID" ] || must "logout" logout
	target_over "${1:-tape}"
}

tape_write()
{
	timeout $((60 * SLOW)) tar -b $BLOCKING -cf "$NST" -C "$WORK" files
}

# Whatever is there from the start; dd's own words are in $WORK/dd.
tape_read()
{
	mt -f "$NST" rewind &&
		timeout $((60 * SLOW)) dd if="$NST" of="$WORK/back" bs=$RECORD 2> "$WORK/dd"
}

# What was written and read, once each.
tape_is_right()
{
	must "write" tape_write
	must "read" tape_read
	must "archive is what it was" cmp "$WORK/back" "$WORK/archive"
	must "again, by tar" mt -f "$NST" rewind
	must "again, by tar" tar -b $BLOCKING -df "$NST" -C "$WORK"
}

tape_once()
{
	eq "$(tape_counter records)" $RECORDS "records on the tape"
	eq "$(tape_counter writes)" $RECORDS "writes executed"
	eq "$(tape_counter filemarks)" 1 "filemarks"
}

# all_recovered N
all_recovered()
{
	eq "$(recovery recoveries)" "$1" recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
}

# So that there is something to compare with.
case_nothing_happens()
{
	tape_session < /dev/null || return
	tape_is_right
	all_recovered 0
	tape_session_ends nothing
	tape_once
}

case_many_resets()
{
	# In total some 150 ms of commands; a reset for every few of them.
	tape_session <<-'SCN' || return
		set latency 3000
		at 50 login every=60 jitter=50 : rst
	SCN
	tape_is_right
	ge "$(recovery recoveries)" 4 recoveries
	eq "$(recovery reinstatements)" 0 reinstatements
	eq "$(recovery tasks_lost)" 0 tasks_lost
	tape_session_ends many
	tape_once
}

case_reset_at_each_PDU_of_a_write()
{
	tape_session <<-'SCN' || return
		on rx ScsiCmd op=0x0a nth=2 : rst
		on rx ScsiCmd op=0x0a nth=6 after : rst
		on rx DataOut op=0x0a ttt=0xffffffff nth=12 : rst
		on rx DataOut op=0x0a ttt=0xffffffff nth=16 after : rst
		on rx DataOut op=0x0a nth=60 : cut 5000 ; rst
		on tx R2t op=0x0a nth=25 : drop ; rst
		on tx R2t op=0x0a nth=29 : rst
		on rx DataOut op=0x0a ttt!=0xffffffff nth=70 : rst
		on rx DataOut op=0x0a ttt!=0xffffffff nth=77 after : rst
		on tx ScsiRsp op=0x0a nth=45 : drop ; rst
		on tx ScsiRsp op=0x0a nth=49 : rst
		on rx ScsiCmd op=0x10 nth=1 : rst
	SCN
	tape_is_right
	all_recovered 12
	tape_session_ends each-write
	tape_once
}

case_reset_at_each_PDU_of_a_read()
{
	tape_session <<-'SCN' || return
		set collapse 0
		on tx ScsiRsp op=0x10 nth=1 : drop ; rst
		on tx ScsiRsp op=0x01 nth=1 : drop ; rst
		on rx ScsiCmd op=0x08 nth=3 : rst
		on rx ScsiCmd op=0x08 nth=6 after : rst
		on tx DataIn op=0x08 nth=40 : drop ; rst
		on tx DataIn op=0x08 nth=50 : cut 3000 ; rst
		on tx DataIn op=0x08 nth=60 : rst
		on tx DataIn op=0x08 nth=80 : rst
		on tx ScsiRsp op=0x08 nth=30 : drop ; rst
		on tx ScsiRsp op=0x08 nth=34 : rst
	SCN
	tape_is_right
	all_recovered 10
	tape_session_ends each-read
	tape_once
}

# at_most_once RECORDS: tar has failed; the tape has that many records, and they
# are the beginning of the archive.
at_most_once()
{
	eq "$(recovery recoveries)" 0 recoveries
	eq "$(recovery reinstatements)" 1 reinstatements
	tape_read
	must "beginning of the archive" cmp -n $((RECORD * $1)) "$WORK/back" "$WORK/archive"
	tape_session_ends "${FUNCNAME[1]}"
	eq "$(tape_counter records)" "$1" "records on the tape"
	eq "$(tape_counter writes)" "$1" "writes executed"
}

# Without the unit attention that a new session begins with: it would keep the first
# command there, a rerun one, from being executed.
case_level_0_answer_lost()
{
	tape_session --erl 0 --set ua=0 <<-'SCN' || return
		on tx ScsiRsp op=0x0a nth=20 : drop ; rst
	SCN
	must_fail_with 2 "tar hears of it" tape_write
	at_most_once 20
}

case_level_0_command_lost()
{
	tape_session --erl 0 --set ua=0 <<-'SCN' || return
		on rx ScsiCmd op=0x0a nth=20 : rst
	SCN
	must_fail_with 2 "tar hears of it" tape_write
	at_most_once 19
}

case_level_0_half_of_the_data()
{
	tape_session --erl 0 --set ua=0 <<-'SCN' || return
		on rx DataOut op=0x0a ttt!=0xffffffff nth=40 : rst
	SCN
	must_fail_with 2 "tar hears of it" tape_write
	at_most_once 19
}

case_level_0_while_reading()
{
	tape_session --erl 0 --set ua=0 <<-'SCN' || return
		on tx DataIn op=0x08 nth=42 : rst
	SCN
	must "write" tape_write
	must_fail_with 1 "dd hears of it" tape_read
	eq "$(recovery reinstatements)" 1 reinstatements
	# in the eleventh record
	eq "$(stat -c %s "$WORK/back")" $((RECORD * 10)) "bytes read"
	must "beginning of the archive" cmp -n $((RECORD * 10)) "$WORK/back" "$WORK/archive"
	tape_session_ends level-0-read
	tape_once
}

# The answer does not come, and ABORT TASK ends it: executed, but st cannot know.
case_abort_is_no_rerun()
{
	tape_session <<-'SCN' || return
		on rx ScsiCmd op=0x0a nth=20 : noreply
		expect rx Tmf fn=1 count 1
	SCN
	must "timeout" mt -f "$NST" sttimeout $((2 * SLOW))
	must_fail_with 2 "tar hears of it" tape_write
	all_recovered 0
	tape_read
	must "beginning of the archive" cmp -n $((RECORD * 20)) "$WORK/back" "$WORK/archive"
	tape_session_ends abort
	eq "$(tape_counter records)" 20 "records on the tape"
	eq "$(tape_counter writes)" 20 "writes executed"
}

run_cases tape_set_up case_nothing_happens case_many_resets \
	case_reset_at_each_PDU_of_a_write case_reset_at_each_PDU_of_a_read \
	case_level_0_answer_lost case_level_0_command_lost case_level_0_half_of_the_data \
	case_level_0_while_reading case_abort_is_no_rerun
