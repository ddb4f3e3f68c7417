#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Set up a kernel (LIO) iSCSI target through configfs, without targetcli.
# usage: setup.sh [KEY=VALUE]...
#
#   iqn=IQN             target name                  iqn.2025-01.org.example:erl2
#   erl=0|1|2           default_erl                  2
#   portals="A:P ..."   portals, IPv6 in brackets    127.0.0.1:3260
#   max_connections=N   MaxConnections               1
#   time2wait=S         DefaultTime2Wait             0
#   time2retain=S       DefaultTime2Retain           60
#   digest=LIST         HeaderDigest and DataDigest  CRC32C,None
#   header_digest=LIST  either of them on its own
#   data_digest=LIST
#   chap=USER:SECRET    demand CHAP                  (none)
#   chap_mutual=U:S     what the target proves of itself
#   initial_r2t=Yes|No  immediate_data=Yes|No
#   first_burst=N       max_burst=N                  as LIO has them
#   backstore=KIND      rd_mcp, fileio or iblock     rd_mcp
#   device=PATH         iblock: the block device; fileio: the file or device
#   luns=N              number of LUNs, 0..N-1       1
#   size=BYTES          of each rd_mcp or fileio LUN; k, M, G allowed   64M
#   acl=demo|IQN        who may log in               demo
#   fixup=yes|no        load the fix-up module       yes
#   param.KEY=V         any other file of the target portal group's param/
#   attrib.KEY=V        ... or attrib/
#
# Loads the fix-up module $ERL2_LIO_KO above level 0 and for several connections:
# without it LIO does not survive a connection recovery at level 2, nor may it
# survive the reinstatement of a session of several connections. In User Mode Linux there are no
# kprobes; the LIO in that kernel has been patched at its build instead.

set -eu

CONFIGFS=/sys/kernel/config
CORE=$CONFIGFS/target/core
ISCSI=$CONFIGFS/target/iscsi

die()
{
	echo "lio/setup.sh: $*" >&2
	exit 1
}

bytes()
{
	case $1 in
	*k) echo $((${1%k} << 10)) ;;
	*M) echo $((${1%M} << 20)) ;;
	*G) echo $((${1%G} << 30)) ;;
	*) echo "$1" ;;
	esac
}

# Answered at write time. Without a newline: LIO takes it for a part of a
# user name or secret.
put()
{
	echo -n "$2" > "$1" || die "cannot write '$2' to $1"
}

iqn=iqn.2025-01.org.example:erl2 erl=2 portals=127.0.0.1:3260
max_connections=1 time2wait=0 time2retain=60
header_digest=CRC32C,None data_digest=CRC32C,None
chap='' chap_mutual='' initial_r2t='' immediate_data='' first_burst='' max_burst=''
backstore=rd_mcp device='' luns=1 size=64M acl=demo fixup=yes
params=() attribs=()

for arg in "$@"; do
	key=${arg%%=*} value=${arg#*=}
	case $arg in
	param.*=*) params+=("${key#param.}=$value") ;;
	attrib.*=*) attribs+=("${key#attrib.}=$value") ;;
	digest=*) header_digest=$value data_digest=$value ;;
	iqn=*|erl=*|portals=*|max_connections=*|time2wait=*|time2retain=*|\
	header_digest=*|data_digest=*|chap=*|chap_mutual=*|initial_r2t=*|\
	immediate_data=*|first_burst=*|max_burst=*|backstore=*|device=*|\
	luns=*|size=*|acl=*|fixup=*)
		printf -v "$key" %s "$value" ;;
	*) die "what is '$arg'?" ;;
	esac
done

modprobe -a target_core_mod iscsi_target_mod
modprobe -q crc32c_generic || true
case $backstore in
fileio) modprobe target_core_file ;;
iblock) modprobe target_core_iblock ;;
rd_mcp) ;;
*) die "backstore '$backstore' is not known" ;;
esac
if ! [ -d $CONFIGFS/target ]; then
	mountpoint -q $CONFIGFS || mount -t configfs configfs $CONFIGFS
fi
mkdir -p $ISCSI

if [ "$fixup" = yes ] && [ "${ERL2_GUEST:-qemu}" != uml ] &&
   { [ "$erl" -gt 0 ] || [ "$max_connections" -gt 1 ]; } && ! [ -d /sys/module/lio_fixup ]; then
	[ -f "${ERL2_LIO_KO:-}" ] ||
		die "ERL2_LIO_KO: no fix-up module; LIO may crash this kernel"
	insmod "$ERL2_LIO_KO"
fi

# Backstores. The name carries the target's name so that teardown finds them.
tag=${iqn##*:}
hba=$CORE/${backstore}_0
mkdir -p "$hba"
for ((lun = 0; lun < luns; lun++)); do
	dev=$hba/$tag.$lun
	mkdir "$dev" || die "$dev exists: tear the old target down first"
	case $backstore in
	rd_mcp)
		put "$dev/control" "rd_pages=$(($(bytes "$size") / 4096))" ;;
	fileio)
		put "$dev/control" "fd_dev_name=${device:?},fd_dev_size=$(bytes "$size")" ;;
	iblock)
		put "$dev/control" "udev_path=${device:?}" ;;
	esac
	# A serial of its own for each, or multipath-like tools mix them up.
	put "$dev/wwn/vpd_unit_serial" "$(echo -n "$iqn.$lun" | md5sum | cut -c1-32)"
	put "$dev/enable" 1
done

tpg=$ISCSI/$iqn/tpgt_1
mkdir "$ISCSI/$iqn" "$tpg"

put "$tpg/attrib/default_erl" "$erl"
put "$tpg/attrib/authentication" 0
if [ "$acl" = demo ]; then
	put "$tpg/attrib/generate_node_acls" 1
	put "$tpg/attrib/cache_dynamic_acls" 1
	put "$tpg/attrib/demo_mode_write_protect" 0
fi
put "$tpg/param/MaxConnections" "$max_connections"
put "$tpg/param/DefaultTime2Wait" "$time2wait"
put "$tpg/param/DefaultTime2Retain" "$time2retain"
put "$tpg/param/HeaderDigest" "$header_digest"
put "$tpg/param/DataDigest" "$data_digest"
[ -z "$initial_r2t" ] || put "$tpg/param/InitialR2T" "$initial_r2t"
[ -z "$immediate_data" ] || put "$tpg/param/ImmediateData" "$immediate_data"
[ -z "$first_burst" ] || put "$tpg/param/FirstBurstLength" "$first_burst"
[ -z "$max_burst" ] || put "$tpg/param/MaxBurstLength" "$max_burst"
for kv in ${params[@]+"${params[@]}"}; do
	put "$tpg/param/${kv%%=*}" "${kv#*=}"
done
for kv in ${attribs[@]+"${attribs[@]}"}; do
	put "$tpg/attrib/${kv%%=*}" "${kv#*=}"
done

for ((lun = 0; lun < luns; lun++)); do
	mkdir "$tpg/lun/lun_$lun"
	ln -s "$hba/$tag.$lun" "$tpg/lun/lun_$lun/port"
done

auth=$tpg/auth
if [ "$acl" != demo ]; then
	mkdir "$tpg/acls/$acl"
	auth=$tpg/acls/$acl/auth
	for ((lun = 0; lun < luns; lun++)); do
		mkdir "$tpg/acls/$acl/lun_$lun"
		ln -s "$tpg/lun/lun_$lun" "$tpg/acls/$acl/lun_$lun/port"
	done
fi
if [ -n "$chap" ]; then
	put "$tpg/attrib/authentication" 1
	put "$tpg/param/AuthMethod" CHAP
	put "$auth/userid" "${chap%%:*}"
	put "$auth/password" "${chap#*:}"
	if [ -n "$chap_mutual" ]; then
		put "$auth/userid_mutual" "${chap_mutual%%:*}"
		put "$auth/password_mutual" "${chap_mutual#*:}"
	fi
fi

for portal in $portals; do
	mkdir "$tpg/np/$portal" || die "cannot listen at $portal"
done
put "$tpg/enable" 1
