/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp filter out of tables. A call that stands in no table is one that
 * our code never makes: who makes it is no longer us, and is ended at once. A
 * call fails with an error only where a table says so.
 *
 * No table may ever hold what starts a program or looks into another process:
 * execve, ptrace, process_vm_*, mount, bpf, io_uring_*, keyctl, userfaultfd.
 */
#include "daemon/sandbox_calls.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Of PR_SET_VMA, which older headers lack: the C library names its memory. */
#define SET_VMA 0x53564d41

/* What the C library needs for memory, time, locks and its own end. */
static const struct sandbox_call basic[] = {
	SANDBOX_CALL(brk),
	SANDBOX_CALL(clock_gettime),
	SANDBOX_CALL(close),
	SANDBOX_CALL(exit),
	SANDBOX_CALL(exit_group),
	SANDBOX_CALL(fcntl),
	SANDBOX_CALL(fstat),
	SANDBOX_CALL(futex),
	SANDBOX_CALL(getpid),
	SANDBOX_CALL(getrandom),
	SANDBOX_CALL(getsockname),
	SANDBOX_CALL(getsockopt),
	SANDBOX_CALL(gettid),
	SANDBOX_CALL(gettimeofday),
	SANDBOX_CALL(madvise),
	SANDBOX_CALL(mremap),
	SANDBOX_CALL(munmap),
	SANDBOX_CALL(newfstatat),
	SANDBOX_CALL(poll),
	SANDBOX_CALL(ppoll),
	SANDBOX_FAIL1(prctl, EINVAL, SANDBOX_IS(0, SET_VMA)),
	SANDBOX_CALL(recvfrom),
	SANDBOX_CALL(recvmsg),
	SANDBOX_CALL(restart_syscall),
	SANDBOX_CALL(rt_sigaction),
	SANDBOX_CALL(rt_sigprocmask),
	SANDBOX_CALL(rt_sigreturn),
	SANDBOX_CALL(sendmsg),
	SANDBOX_CALL(sendto),
	SANDBOX_CALL(setsockopt),
	/* abort() */
	SANDBOX_CALL1(tgkill, SANDBOX_IS(2, SIGABRT)),
	SANDBOX_CALL(write),
	SANDBOX_CALL(writev),
};

/*
 * Comes before all tables. A build for tests, never one that is shipped, has
 * more: the sanitizers look for leaks with a thread that traces the others, and
 * read their own program for their reports.
 */
static const struct sandbox_call first[] = {
	SANDBOX_CALL(read),
#ifdef __SANITIZE_ADDRESS__
	SANDBOX_CALL(arch_prctl),
	SANDBOX_CALL(capget),
	SANDBOX_CALL(clone),
	SANDBOX_CALL(dup),
	SANDBOX_CALL(getdents),
	SANDBOX_CALL(getdents64),
	SANDBOX_CALL(getppid),
	SANDBOX_CALL(getrlimit),
	SANDBOX_CALL(getrusage),
	SANDBOX_CALL(ioctl),
	SANDBOX_CALL(kill),
	SANDBOX_CALL(lseek),
	SANDBOX_CALL(mmap),
	SANDBOX_CALL(mprotect),
	SANDBOX_CALL(open),
	SANDBOX_CALL(openat),
	SANDBOX_CALL(personality),
	SANDBOX_CALL(pipe),
	SANDBOX_CALL(pipe2),
	SANDBOX_CALL(prctl),
	SANDBOX_CALL(prlimit64),
	SANDBOX_CALL(process_vm_readv),
	SANDBOX_CALL(ptrace),
	SANDBOX_CALL(readlink),
	SANDBOX_CALL(readlinkat),
	SANDBOX_CALL(sched_getaffinity),
	SANDBOX_CALL(sched_yield),
	SANDBOX_CALL(sigaltstack),
	SANDBOX_CALL(stat),
	SANDBOX_CALL(tgkill),
	SANDBOX_CALL(uname),
	SANDBOX_CALL(wait4),
#endif
};

#define FIRST_N (sizeof(first) / sizeof(*first))

static const struct sandbox_call threads[] = {
	/* With clone3 the flags could not be seen, without it the C library
	 * takes clone. */
	SANDBOX_CALL1(clone, SANDBOX_BITS(0, CLONE_THREAD, CLONE_THREAD)),
	SANDBOX_FAIL(clone3, ENOSYS),
	SANDBOX_CALL(rseq),
	SANDBOX_CALL(set_robust_list),
};

/* Of linux/netlink.h, which is nft's. */
#define NETLINK_OF_ROUTES 0

static const struct sandbox_call local_sockets[] = {
	SANDBOX_CALL1(socket, SANDBOX_IS(0, AF_UNIX)),
	SANDBOX_CALL2(socket, SANDBOX_IS(0, AF_NETLINK),
		SANDBOX_IS(2, NETLINK_OF_ROUTES)),
};

#define DATAGRAM SANDBOX_BITS(1, 0xf, SOCK_DGRAM)
#define STREAM SANDBOX_BITS(1, 0xf, SOCK_STREAM)

static const struct sandbox_call name_sockets[] = {
	SANDBOX_CALL2(socket, SANDBOX_IS(0, AF_INET), DATAGRAM),
	SANDBOX_CALL2(socket, SANDBOX_IS(0, AF_INET), STREAM),
	SANDBOX_CALL2(socket, SANDBOX_IS(0, AF_INET6), DATAGRAM),
	SANDBOX_CALL2(socket, SANDBOX_IS(0, AF_INET6), STREAM),
};

const struct sandbox_calls sandbox_calls_threads = SANDBOX_CALLS(threads);
const struct sandbox_calls sandbox_calls_local_sockets =
	SANDBOX_CALLS(local_sockets);
const struct sandbox_calls sandbox_calls_name_sockets =
	SANDBOX_CALLS(name_sockets);

static int add(scmp_filter_ctx filter, const struct sandbox_call *call)
{
	uint32_t action = call->error ? SCMP_ACT_ERRNO((uint32_t)call->error)
				      : SCMP_ACT_ALLOW;
	int r = seccomp_rule_add_array(
		filter, action, call->number, call->n, call->args);

	/* Two tables have it. */
	return r == -EEXIST ? 0 : r;
}

static bool is_first(int number)
{
	for (size_t i = 0; i < FIRST_N; i++)
		if (first[i].number == number)
			return true;
	return false;
}

static int add_all(scmp_filter_ctx filter, const struct sandbox_call *calls,
	size_t n, bool all)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (all || !is_first(calls[i].number))
			r = add(filter, &calls[i]);
	return r;
}

int sandbox_calls(const struct sandbox_calls *tables, size_t n)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* All threads, should there be others; the kernel's own errors. */
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (r == 0)
		r = add_all(filter, first, FIRST_N, true);
	if (r == 0)
		r = add_all(
			filter, basic, sizeof(basic) / sizeof(*basic), false);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_all(filter, tables[i].calls, tables[i].n, false);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	/* What it took to make is ten times what a process of ours has. */
	malloc_trim(0);
	return r;
}
