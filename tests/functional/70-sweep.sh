#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The connection is reset at every place of a command's life: behind each of its
# PDUs, in either direction, and inside of them: in the header, in the middle of
# the data, between data and data digest. Each place gets a command of its own;
# every one has to succeed, with the right data, executed exactly once.
#
# Then twice: at chosen places, and again at each step of the recovery that
# follows.
#
# Reads (status apart from the data, or with it) and writes (immediate,
# unsolicited, solicited data) of 4 KiB and of 1 MiB, in PDUs of 8 KiB, bursts
# of 64 KiB.
#
# SWEEP=short (default): of a command of 1 MiB the first ten PDUs, the last four,
# and every 16th between them; of 4 KiB all. SWEEP=full: all PDUs.
# SWEEP_CONNECTIONS: so many connections, and as many commands at a time (1);
# 72-sweep-connections.sh is the same with 3.
#
# guests: uml

. "$(dirname "$0")/../lib/scenarios.sh" || exit

SWEEP=${SWEEP:-short}
SEGMENT=8192		# MaxRecvDataSegmentLength of both sides
BURST=65536		# FirstBurstLength, MaxBurstLength
FIRST=1048576		# where sweep begins on the disk

# pdus TYPE SIZE: each PDU of a command in turn: DIRECTION NAME NTH DATA
pdus()
{
	local type=$1 size=$2 off=0 r2t=0 out=0 end

	if [[ $type == read* ]]; then
		echo rx ScsiCmd 1 0
		while [ $off -lt "$size" ]; do
			out=$((out + 1))
			end=$((size - off < SEGMENT ? size - off : SEGMENT))
			echo tx DataIn $out $end
			off=$((off + end))
			# the A bit at the end of a burst asks for a DataACK
			[ $((off % BURST)) != 0 ] || [ $off = "$size" ] ||
				echo rx Snack $((off / BURST)) 0
		done
		[ "$type" != read-apart ] || echo tx ScsiRsp 1 0
		return
	fi
	[ "$type" != write-immediate ] || off=$((size < SEGMENT ? size : SEGMENT))
	echo rx ScsiCmd 1 $off
	end=$off
	[ "$type" != write-unsolicited ] || end=$((size < BURST ? size : BURST))
	while :; do
		while [ $off -lt $end ]; do
			out=$((out + 1))
			echo rx DataOut $out $((end - off < SEGMENT ? end - off : SEGMENT))
			off=$((end - off < SEGMENT ? end : off + SEGMENT))
		done
		[ $end -lt "$size" ] || break
		r2t=$((r2t + 1))
		echo tx R2t $r2t 0
		end=$((end + BURST < size ? end + BURST : size))
	done
	echo tx ScsiRsp 1 0
}

# places DATA: sets PLACES in a PDU with so many bytes: h(eader), m(iddle),
# d(igest), a(fter)
places()
{
	PLACES="h a"
	[ "$1" = 0 ] || PLACES="h m d a"
}

# fault DIRECTION PLACE DATA: sets WORDS of a rule and its ACTION
fault()
{
	WORDS='' ACTION=rst
	case $2 in
	h)	ACTION="cut 20 ; rst" ;;
	m)	ACTION="cut $((48 + $3 / 2)) ; rst" ;;
	d)	ACTION="cut $((48 + $3)) ; rst" ;;
	b)	WORDS=before ;;
	a)	WORDS=after ;;
	esac
}

# address K COUNT: sets AT, what tells command K of COUNT (tests/progs/sweep.c)
address()
{
	local j=$(($1 / ($2 / JOBS)))

	[ $j -lt $JOBS ] || j=$((JOBS - 1))
	AT="lba=$(((FIRST + j * SIZE + $1 * 4096) / 512)) $RW"
}

# point K COUNT DIRECTION NAME NTH DATA PLACE: the rule for a place
point()
{
	address "$1" "$2"
	fault "$3" "$7" "$6"
	if [ "$4" = Snack ]; then
		# A DataACK does not tell its task.
		echo "on rx ScsiCmd $AT label=c$1 : note command $1"
		echo "on rx Snack type=2 after=c$1 nth=$5 $WORDS label=p$1 : $ACTION"
	else
		echo "on $3 $4 $AT nth=$5 $WORDS label=p$1 : $ACTION"
	fi
}

# step K COUNT DIRECTION NAME CONDITION DATA PLACE: the second one
step()
{
	fault "$3" "$7" "$6"
	# When the others have died as well there is a login instead.
	[ "$4" != Logout ] && [ "$4" != LogoutRsp ] || WORDS+=" optional"
	address "$1" "$2"
	echo "on $3 $4 ${5/LBA/$AT} after=p$1 $WORDS : $ACTION"
}

# The steps of a recovery: DIRECTION NAME CONDITION DATA PLACES
steps_of_connection()
{
	if [ "$CONNECTIONS" = 1 ]; then
		echo rx Login "nth=1" 0 h b
		echo tx LoginRsp "nth=1" 0 h a
	else
		echo rx Logout "reason=2" 0 h b
		echo tx LogoutRsp "nth=1" 0 h a
	fi
}

steps_of_reassign()
{
	echo rx Tmf fn=8,LBA 0 h b
	echo tx TmfRsp tmf=8,LBA 0 h a
}

# Where it fails first, and from which step on the recovery is of interest:
# DIRECTION NAME NTH DATA PLACE STEPS...
first_failures()
{
	local imm=0 big=$((SIZE > SEGMENT)) n=$((SIZE < SEGMENT ? SIZE : SEGMENT))

	[ "$TYPE" != write-immediate ] || imm=$n
	echo rx ScsiCmd 1 "$imm" h retry
	case $TYPE in
	read-apart)
		echo tx DataIn $((big * 60 + 1)) "$n" m data-in
		echo tx ScsiRsp 1 0 h status
		echo tx ScsiRsp 1 0 a none ;;
	read-together)
		echo tx DataIn 1 "$n" h data-in
		echo tx DataIn $((big * 20 + 1)) "$n" d data-in ;;
	*)
		echo tx ScsiRsp 1 0 h status
		echo tx ScsiRsp 1 0 a none
		if [ $big = 1 ]; then
			echo tx R2t 2 0 a r2t
			echo rx DataOut 61 "$n" m r2t
		elif [ "$TYPE" != write-immediate ]; then
			echo rx DataOut 1 "$n" m r2t
		fi ;;
	esac
}

# The steps that follow on those of the connection: as steps_of_connection
steps_of_task()
{
	local n=$((SIZE < SEGMENT ? SIZE : SEGMENT)) imm=0

	[ "$TYPE" != write-immediate ] || imm=$n
	case $1 in
	retry)	places $imm
		echo "rx ScsiCmd LBA $imm $PLACES" ;;
	none)	;;
	*)	steps_of_reassign ;;
	esac
	case $1 in
	status)	echo tx ScsiRsp "LBA,reassigned>0" 0 h a ;;
	data-in) echo tx DataIn "LBA,reassigned>0,nth=1" "$n" h m d a ;;
	r2t)	echo tx R2t "LBA,reassigned>0,nth=1" 0 h a
		echo rx DataOut "LBA,reassigned>0,nth=1" "$n" h m d a ;;
	esac
}

# Every place: lines for point().
places_once()
{
	local dir name nth data place i=0 all

	all=$(pdus "$TYPE" "$SIZE" | wc -l)
	while read -r dir name nth data; do
		i=$((i + 1))
		[ "$SWEEP" = full ] || [ $i -le 10 ] || [ $i -gt $((all - 4)) ] ||
			[ $((i % 16)) = 0 ] || continue
		places "$data"
		for place in $PLACES; do
			echo "$dir $name $nth $data $place"
		done
	done < <(pdus "$TYPE" "$SIZE")
}

# Two failures: lines for point() and, behind a colon, for step().
places_twice()
{
	local dir name nth data place place2 kind line

	while read -r dir name nth data place kind; do
		while read -r -a line; do
			for place2 in "${line[@]:4}"; do
				echo "$dir $name $nth $data $place : ${line[*]:0:4} $place2"
			done
		done < <(steps_of_connection; steps_of_task "$kind")
	done < <(first_failures)
}

# The scenario for the lines of stdin.
scenario()
{
	local i=0 lines=() first second mode=w count least words

	mapfile -t lines
	count=${#lines[@]}
	# Several may die at once, and one may end while others still carry on.
	least=$((CONNECTIONS > 1 ? count / 2 : count))
	RW=wr=1
	[[ $TYPE != read* ]] || RW=rd=1 mode=r
	cat <<-EOF
		#: program sweep
		#: load -m $mode -s $SIZE -n $count -j $JOBS -f $FIRST
		#: seconds 150
		#: driver connections=$CONNECTIONS
		#: node node.conn[0].iscsi.MaxRecvDataSegmentLength $SEGMENT
		#: node node.conn[0].iscsi.DataDigest CRC32C
		#: recoveries $least..$((count * 3))
		#: up $CONNECTIONS
		#: still $CONNECTIONS
		key MaxRecvDataSegmentLength $SEGMENT
		key MaxBurstLength $BURST
		key FirstBurstLength $BURST
		set count_from $((FIRST / 512))
		expect counter reads $count
	EOF
	# Reads need their data written first.
	[ $mode = r ] || echo "expect counter writes $count"
	case $TYPE in
	read-apart) echo "set collapse 0" ;;
	write-immediate)
		echo "#: node node.session.iscsi.ImmediateData Yes"
		echo "#: node node.session.iscsi.InitialR2T Yes" ;;
	write-unsolicited)
		echo "#: node node.session.iscsi.ImmediateData No"
		echo "#: node node.session.iscsi.InitialR2T No" ;;
	write-solicited)
		echo "#: node node.session.iscsi.ImmediateData No"
		echo "#: node node.session.iscsi.InitialR2T Yes" ;;
	esac
	for ((i = 0; i < count; i++)); do
		first=${lines[i]%% : *} second=${lines[i]#* : }
		# shellcheck disable=SC2086	# words
		point $i $count $first
		[[ ${lines[i]} == *" : "* ]] || continue
		read -r -a words <<< "$second"
		step $i "$count" "${words[@]}"
	done | tr , ' '
}

# sweep once|twice TYPE SIZE CONNECTIONS
sweep()
{
	local TYPE=$2 SIZE=$3 CONNECTIONS=$4 JOBS=1 RW file

	file=$WORK/sweep-$1-$2-$3-$4.scn

	# More than one in flight, unless the steps have to be one command's.
	[ "$1" = twice ] || JOBS=$CONNECTIONS
	"places_$1" | scenario > "$file"
	msg "$(grep -c '^on .* label=p' "$file") places"
	run_scenario "$file"
	[ "$CASE_FAILED" -eq 0 ] || cp "$file" "$KEEP/"
}

cases=()
connections=${SWEEP_CONNECTIONS:-1}
for times in once twice; do
	for type in read-apart read-together write-immediate \
			write-unsolicited write-solicited; do
		for size in 4096 1048576; do
			name=${times}_${type//-/_}_${size}_${connections}
			eval "case_$name() { sweep $times $type $size $connections; }"
			[[ -n ${CASES:-} && " $CASES " != *" $name "* ]] ||
				cases+=("case_$name")
		done
	done
done

run_cases set_up "${cases[@]}"
