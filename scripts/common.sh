# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the scripts that build kernels and boot guests.

ERL2_TOP=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
ERL2_CACHE=${ISCSI_ERL2_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/iscsi_erl2}
mkdir -p "$ERL2_CACHE"

note()
{
	echo "${0##*/}: $*" >&2
}

die()
{
	note "$*"
	exit 1
}

# measure_speed: sets ERL2_STRETCH, unless it is set. What tests do most is to start
# processes: 300 take 0.3 s on a usual machine. All limits that only end what hangs
# are stretched by it.
measure_speed()
{
	local start=${EPOCHREALTIME/./} i

	[ -z "${ERL2_STRETCH:-}" ] || return 0
	for ((i = 0; i < 300; i++)); do
		/bin/true
	done
	ERL2_STRETCH=$(((${EPOCHREALTIME/./} - start + 299999) / 300000))
	((ERL2_STRETCH <= 4)) || ERL2_STRETCH=4
	export ERL2_STRETCH
}

# need_packages NAME...: installs the Debian packages that are not there yet.
need_packages()
{
	local p missing=() sudo=()

	for p; do
		dpkg-query -W -f '${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qx installed || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0

	note "installing ${missing[*]}"
	[ "$(id -u)" = 0 ] || sudo=(sudo)
	(
		# One at a time: the others find it done.
		flock 9
		export DEBIAN_FRONTEND=noninteractive
		opts=(-o DPkg::Lock::Timeout=600 -qq -y --no-install-recommends)
		# A package list may be old or, on a bare machine, empty.
		"${sudo[@]}" apt-get install "${opts[@]}" "${missing[@]}" ||
		{ "${sudo[@]}" apt-get update -qq &&
		  "${sudo[@]}" apt-get install "${opts[@]}" "${missing[@]}"; }
	) 9>"$ERL2_CACHE/apt.lock" >"$ERL2_CACHE/apt.log.$$" 2>&1 || {
		tail -n 20 "$ERL2_CACHE/apt.log.$$" >&2
		die "could not install ${missing[*]}"
	}
	rm -f "$ERL2_CACHE/apt.log.$$"
}

# kernel_release DIR: what a configured kernel build directory calls itself.
kernel_release()
{
	cat "$1/include/config/kernel.release"
}
