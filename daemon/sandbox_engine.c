/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left to the process that reads what attackers write: logs, journal
 * and configuration to read, its state to write, its control socket. It starts
 * no process and no program, and one thread, that writes the state. Executable
 * memory it can have, for the filters are compiled to machine code anew at each
 * reload; it cannot turn memory that it wrote as data into code otherwise.
 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "daemon/sandbox_calls.h"
#include "daemon/sandbox_files.h"

/* Logs of many jails, the journal's files, connections to its socket. */
#define DESCRIPTORS 8192
/* The state is 64 MB; what stderr is sent to may be a file too. */
#define FILE_SIZE (4ul << 30)

static const struct sandbox_call calls[] = {
	SANDBOX_CALL(accept4),
	SANDBOX_CALL(access),
	SANDBOX_CALL(bind),
	SANDBOX_CALL(chmod),
	SANDBOX_CALL(chown),
	SANDBOX_CALL(clock_nanosleep),
	SANDBOX_CALL(connect),
	SANDBOX_CALL(dup),
	SANDBOX_CALL(epoll_create1),
	SANDBOX_CALL(epoll_ctl),
	SANDBOX_CALL(epoll_pwait),
	SANDBOX_CALL(epoll_pwait2),
	SANDBOX_CALL(epoll_wait),
	SANDBOX_CALL(eventfd2),
	SANDBOX_CALL(faccessat),
	SANDBOX_CALL(faccessat2),
	SANDBOX_CALL(fallocate),
	SANDBOX_CALL(fchmod),
	SANDBOX_CALL(fchmodat),
	SANDBOX_CALL(fchown),
	SANDBOX_CALL(fchownat),
	SANDBOX_CALL(fdatasync),
	SANDBOX_CALL(flock),
	SANDBOX_CALL(fstatfs),
	SANDBOX_CALL(fsync),
	SANDBOX_CALL(ftruncate),
	SANDBOX_CALL(getcwd),
	SANDBOX_CALL(getdents64),
	SANDBOX_CALL(getegid),
	SANDBOX_CALL(geteuid),
	SANDBOX_CALL(getgid),
	SANDBOX_CALL(getpeername),
	SANDBOX_CALL(getppid),
	SANDBOX_CALL(getuid),
	SANDBOX_CALL(inotify_add_watch),
	SANDBOX_CALL(inotify_init1),
	SANDBOX_CALL(inotify_rm_watch),
	SANDBOX_CALL1(ioctl, SANDBOX_IS(1, FIONREAD)),
	SANDBOX_FAIL1(ioctl, ENOTTY, SANDBOX_IS(1, TCGETS)),
	/* The warden that stands still, and who looks names up, at the end. */
	SANDBOX_CALL1(kill, SANDBOX_IS(1, SIGKILL)),
	SANDBOX_CALL(listen),
	SANDBOX_CALL(lseek),
	SANDBOX_CALL(lstat),
	SANDBOX_CALL(mkdir),
	SANDBOX_CALL(mkdirat),
	SANDBOX_CALL(mmap),
	SANDBOX_CALL1(mprotect, SANDBOX_WITHOUT(2, PROT_EXEC)),
	SANDBOX_CALL(open),
	SANDBOX_CALL(openat),
	SANDBOX_CALL(pread64),
	/* Limits are read, not set. */
	SANDBOX_CALL2(prlimit64, SANDBOX_IS(0, 0), SANDBOX_IS(2, 0)),
	SANDBOX_CALL(pwrite64),
	SANDBOX_CALL(readlink),
	SANDBOX_CALL(readlinkat),
	SANDBOX_CALL(readv),
	SANDBOX_CALL(recvmmsg),
	SANDBOX_CALL(rename),
	SANDBOX_CALL(renameat),
	SANDBOX_CALL(renameat2),
	SANDBOX_CALL(sched_getaffinity),
	SANDBOX_CALL(sched_yield),
	SANDBOX_CALL(sendmmsg),
	SANDBOX_CALL(shutdown),
	SANDBOX_CALL(signalfd4),
	SANDBOX_CALL(stat),
	SANDBOX_CALL(statfs),
	SANDBOX_CALL(statx),
	SANDBOX_CALL(sysinfo),
	SANDBOX_CALL(timerfd_create),
	SANDBOX_CALL(timerfd_settime),
	SANDBOX_CALL(umask),
	SANDBOX_CALL(uname),
	SANDBOX_CALL(unlink),
	SANDBOX_CALL(unlinkat),
	SANDBOX_CALL(wait4),
	SANDBOX_CALL(waitid),
};

/* The C library looks for a name in files, then asks: it is not answered. */
static const struct sandbox_call without_names[] = {
	SANDBOX_FAIL1(socket, EAFNOSUPPORT, SANDBOX_IS(0, AF_INET)),
	SANDBOX_FAIL1(socket, EAFNOSUPPORT, SANDBOX_IS(0, AF_INET6)),
};

static const struct sandbox_limit limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_MEMLOCK, 0},
	{RLIMIT_NOFILE, DESCRIPTORS},
	{RLIMIT_FSIZE, FILE_SIZE},
};

int sandbox_enter_engine(const struct sandbox_path *paths, size_t n, bool names)
{
	const struct sandbox_calls without = SANDBOX_CALLS(without_names);
	const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls),
		sandbox_calls_threads, sandbox_calls_local_sockets,
		names ? sandbox_calls_name_sockets : without};
	const char *notify = getenv("NOTIFY_SOCKET");
	unsigned int may = SANDBOX_MAY_SIGNAL;
	int r = sandbox_limits(limits, sizeof(limits) / sizeof(*limits));

	/* A write beyond the size fails, as on a full disk. */
	if (r == 0 && signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		r = -errno;
	if (names)
		may |= SANDBOX_MAY_ASK_NAMES;
	if (notify && *notify == '@')
		may |= SANDBOX_MAY_ABSTRACT;
	if (r == 0)
		r = sandbox_files(paths, n, may);
	if (r == 0)
		r = sandbox_calls(tables, sizeof(tables) / sizeof(*tables));
	return r;
}
