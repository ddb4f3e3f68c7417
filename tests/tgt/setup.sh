#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Start a tgtd (user space, ErrorRecoveryLevel 0) with one target.
# usage: setup.sh [KEY=VALUE]...
#
#   iqn=IQN            target name                   iqn.2025-01.org.example:tgt
#   portal=A:P         where it listens              127.0.0.1:3270
#   id=N               control port: several can run 0
#   luns=N             disks, as LUN 1..N            1
#   size=BYTES         of each; k, M, G allowed      64M
#   time2wait=S        DefaultTime2Wait              0
#   time2retain=S      DefaultTime2Retain            20
#   digest=LIST        HeaderDigest and DataDigest   None
#   chap=USER:SECRET   demand CHAP                   (none)
#   chap_mutual=U:S    what the target proves of itself
#   redirect=A:P       answer every login with "target moved temporarily" (not
#                      where A is the initiator's own address: tgtd's rule)
#   param.KEY=V        any other target parameter

set -eu

die()
{
	echo "tgt/setup.sh: $*" >&2
	exit 1
}

iqn=iqn.2025-01.org.example:tgt portal=127.0.0.1:3270 id=0 luns=1 size=64M
time2wait=0 time2retain=20 digest=None chap='' chap_mutual='' redirect=''
params=()

for arg in "$@"; do
	case $arg in
	param.*=*) params+=("${arg#param.}") ;;
	iqn=*|portal=*|id=*|luns=*|size=*|time2wait=*|time2retain=*|digest=*|\
	chap=*|chap_mutual=*|redirect=*)
		printf -v "${arg%%=*}" %s "${arg#*=}" ;;
	*) die "what is '$arg'?" ;;
	esac
done

state=/run/erl2-tgt.$id
[ ! -e "$state" ] || die "$state exists: tear the old target down first"
mkdir -p "$state"

# In the foreground of a session of its own: its pid is then known.
setsid tgtd -f -C "$id" --iscsi "portal=$portal" \
	< /dev/null > "$state/log" 2>&1 &
echo $! > "$state/pid"

adm()
{
	tgtadm -C "$id" --lld iscsi "$@"
}

for ((i = 0; ; i++)); do
	adm --mode target --op show > /dev/null 2>&1 && break
	[ $i -lt 100 ] || die "tgtd does not come up: $(tail -n 3 "$state/log")"
	sleep 0.1
done

adm --mode target --op new --tid 1 --targetname "$iqn"
set_param()
{
	adm --mode target --op update --tid 1 --name "$1" --value "$2"
}
set_param DefaultTime2Wait "$time2wait"
set_param DefaultTime2Retain "$time2retain"
set_param HeaderDigest "$digest"
set_param DataDigest "$digest"
for kv in ${params[@]+"${params[@]}"}; do
	set_param "${kv%%=*}" "${kv#*=}"
done
for ((lun = 1; lun <= luns; lun++)); do
	truncate -s "$size" "$state/lun$lun"
	adm --mode logicalunit --op new --tid 1 --lun "$lun" \
		--backing-store "$state/lun$lun"
done
if [ -n "$chap" ]; then
	adm --mode account --op new --user "${chap%%:*}" --password "${chap#*:}"
	adm --mode account --op bind --tid 1 --user "${chap%%:*}"
	if [ -n "$chap_mutual" ]; then
		adm --mode account --op new --user "${chap_mutual%%:*}" \
			--password "${chap_mutual#*:}"
		adm --mode account --op bind --tid 1 --outgoing \
			--user "${chap_mutual%%:*}"
	fi
fi
if [ -n "$redirect" ]; then
	set_param RedirectAddress "${redirect%:*}"
	set_param RedirectPort "${redirect##*:}"
	set_param RedirectReason Temporary
fi
adm --mode target --op bind --tid 1 --initiator-address ALL
