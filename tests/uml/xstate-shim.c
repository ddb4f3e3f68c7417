// SPDX-License-Identifier: GPL-2.0
/*
 * LD_PRELOAD shim: lets User Mode Linux 6.1 run on a host whose XSAVE area is
 * larger than the 2696 bytes that it reserves (processors with AMX).  There
 * the host refuses a short PTRACE_SETREGSET with EFAULT, and UML stops with
 * "set fp regs failed, errno = 14".  The shim hands the host an area of the
 * size it wants; no other ptrace request is touched.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/types.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define NT_X86_XSTATE	0x202
#define XSTATE_MAX	16384
#define XSTATE_BV	512		/* offset of the header's XSTATE_BV */
/*
 * What fits UML's area: x87, SSE, AVX, AVX-512, PKRU.  A bit beyond would make
 * the host load a component from where UML saved none.
 */
#define XSTATE_KEPT	(0x2ffULL & ~0x18ULL)

static unsigned char area[XSTATE_MAX];
static size_t host_size;

static long do_ptrace(long request, long pid, void *addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static long read_host(long pid)
{
	struct iovec host = { area, sizeof(area) };
	long ret = do_ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &host);

	if (!ret)
		host_size = host.iov_len;
	return ret;
}

static long get_xstate(long pid, struct iovec *uml)
{
	long ret = read_host(pid);

	if (ret)
		return ret;
	if (uml->iov_len > host_size)
		uml->iov_len = host_size;
	memcpy(uml->iov_base, area, uml->iov_len);
	return 0;
}

static long set_xstate(long pid, struct iovec *uml)
{
	struct iovec host = { area, 0 };
	__u64 bv;

	if (!host_size && read_host(pid))
		return -1;
	if (uml->iov_len >= host_size)
		return do_ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, uml);

	memcpy(area, uml->iov_base, uml->iov_len);
	memset(area + uml->iov_len, 0, host_size - uml->iov_len);
	memcpy(&bv, area + XSTATE_BV, sizeof(bv));
	bv &= XSTATE_KEPT;
	memcpy(area + XSTATE_BV, &bv, sizeof(bv));
	host.iov_len = host_size;
	return do_ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &host);
}

long ptrace(enum __ptrace_request request, ...)
{
	void *addr, *data;
	long pid, word;
	va_list ap;

	va_start(ap, request);
	pid = va_arg(ap, int);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);

	switch ((long)request) {
	case PTRACE_GETREGSET:
		if (addr == (void *)NT_X86_XSTATE)
			return get_xstate(pid, data);
		break;
	case PTRACE_SETREGSET:
		if (addr == (void *)NT_X86_XSTATE)
			return set_xstate(pid, data);
		break;
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
	case PTRACE_PEEKUSER:
		/* The system call stores the word, the C function returns it. */
		if (do_ptrace(request, pid, addr, &word))
			return -1;
		errno = 0;
		return word;
	default:
		break;
	}
	return do_ptrace(request, pid, addr, data);
}
