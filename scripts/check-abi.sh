#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Compares what the driver shows with what is promised about it: the attributes
# in host/sysfs.c with Documentation/ABI (names and access), the tracepoints in
# core/trace.h with Documentation/tracing.rst (names and fields).
set -euo pipefail

top=$(realpath "$(dirname "$0")/..")
driver=$top/drivers/scsi/iscsi_erl2
abi=$top/Documentation/ABI/testing/sysfs-class-iscsi-erl2
tracing=$top/Documentation/tracing.rst

# compare WHAT CODE DOCUMENT: two sorted lists that have to be the same.
compare()
{
	local what=$1

	if [ -z "$2" ] || [ -z "$3" ]; then
		echo "check-abi: no $what found" >&2
		return 1
	fi
	diff <(echo "$2") <(echo "$3") >"$tmp" && return 0
	sed -n "s/^< /check-abi: $what not documented: /p
		s/^> /check-abi: $what documented but not there: /p" "$tmp" >&2
	return 1
}

tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
failed=0

# ERL2_ATTR_RW(session, name); is "session name RW"
in_code=$(sed -nE 's/^ERL2_ATTR_(RO|RW|WO)\((\w+), (\w+)\);$/\2 \3 \1/p' \
	"$driver/host/sysfs.c" | LC_ALL=C sort)
in_abi=$(awk '
	/^What:/ {
		n = split($2, p, "/")
		owner = p[4] == "iscsi_session" ? "session" : "conn"
		if (p[n - 1] != "recovery") owner = "(not in recovery/)"
		name = p[n]; seen = 0
	}
	/^Description:/ { seen = 1; next }
	seen == 1 && NF { seen = 2; print owner, name, substr($1, 2, 2) }
	' "$abi" | LC_ALL=C sort)
compare attribute "$in_code" "$in_abi" || failed=1

for field in Date KernelVersion Contact Description; do
	if [ "$(grep -c "^$field:" "$abi")" != "$(grep -c "^What:" "$abi")" ]; then
		echo "check-abi: entries without $field: in ${abi#"$top/"}" >&2
		failed=1
	fi
done

# "event field" of each field, and "event" for the event itself
in_code=$(awk '
	/^TRACE_EVENT\(/ { sub(/.*\(/, ""); sub(/,.*/, ""); event = $0; print }
	match($0, /__field\([^,]*, *[a-z0-9_]+\)/) {
		f = substr($0, RSTART, RLENGTH)
		sub(/.*, */, "", f); sub(/\)/, "", f); print event, f
	}
	' "$driver/core/trace.h" | LC_ALL=C sort)
# in the text a line ``event`` starts an entry, its fields follow "Fields:"
in_text=$(awk '
	/^``[a-z_0-9]+``$/ {
		event = $0; gsub(/`/, "", event); fields = 0
		print event
	}
	fields {
		gsub(/[` ]/, "")
		n = split($0, f, ",")
		for (i = 1; i <= n; i++)
			print event, f[i]
	}
	/Fields:$/ { fields = 1 }
	' "$tracing" | sed '/ $/d' | LC_ALL=C sort)
compare tracepoint "$in_code" "$in_text" || failed=1

exit $failed
