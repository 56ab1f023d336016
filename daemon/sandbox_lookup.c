/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left to who reads strangers' name servers' answers: those servers,
 * the files that say which they are, the libraries that ask in other ways. It
 * writes nothing and starts nothing but its threads.
 *
 * The one that starts it again when it died can fork, and does nothing else.
 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "daemon/sandbox_calls.h"
#include "daemon/sandbox_files.h"

static const struct sandbox_call calls[] = {
	SANDBOX_CALL(access),
	SANDBOX_CALL(bind),
	SANDBOX_CALL(clock_nanosleep),
	SANDBOX_CALL(connect),
	SANDBOX_CALL(faccessat),
	SANDBOX_CALL(faccessat2),
	SANDBOX_CALL(fstatfs),
	SANDBOX_CALL(getdents64),
	SANDBOX_CALL(getegid),
	SANDBOX_CALL(geteuid),
	SANDBOX_CALL(getgid),
	SANDBOX_CALL(getpeername),
	SANDBOX_CALL(getuid),
	SANDBOX_CALL1(ioctl, SANDBOX_IS(1, FIONREAD)),
	SANDBOX_FAIL1(ioctl, ENOTTY, SANDBOX_IS(1, TCGETS)),
	SANDBOX_CALL(lseek),
	SANDBOX_CALL(lstat),
	/* Code comes out of files alone. */
	SANDBOX_CALL1(mmap, SANDBOX_WITHOUT(2, PROT_EXEC)),
	SANDBOX_CALL2(mmap, SANDBOX_BITS(2, PROT_WRITE | PROT_EXEC, PROT_EXEC),
		SANDBOX_WITHOUT(3, MAP_ANONYMOUS)),
	SANDBOX_CALL1(mprotect, SANDBOX_WITHOUT(2, PROT_EXEC)),
	SANDBOX_CALL(open),
	SANDBOX_CALL(openat),
	SANDBOX_CALL(pread64),
	SANDBOX_CALL2(prlimit64, SANDBOX_IS(0, 0), SANDBOX_IS(2, 0)),
	SANDBOX_CALL(readlink),
	SANDBOX_CALL(recvmmsg),
	SANDBOX_CALL(sched_getaffinity),
	SANDBOX_CALL(sched_yield),
	SANDBOX_CALL(sendmmsg),
	SANDBOX_CALL(shutdown),
	SANDBOX_CALL(stat),
	SANDBOX_CALL(statx),
	SANDBOX_CALL(sysinfo),
	SANDBOX_CALL(uname),
};

/* The one that starts them: a fork, and a filter for the child. */
static const struct sandbox_call starter[] = {
	SANDBOX_CALL1(clone, SANDBOX_BITS(0, 0xff, SIGCHLD)),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_NAME)),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_PDEATHSIG)),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_NO_NEW_PRIVS)),
	SANDBOX_CALL(seccomp),
	SANDBOX_CALL(wait4),
};

static const struct sandbox_path paths[] = {
	{"/etc", SANDBOX_READ},
	/* Where resolv.conf may lead, and the sockets of who answers. */
	{"/run", SANDBOX_READ},
	{"/usr", SANDBOX_READ},
	{"/lib", SANDBOX_READ},
	{"/lib64", SANDBOX_READ},
	{"/dev/null", SANDBOX_READ},
	{"/dev/urandom", SANDBOX_READ},
};

static const struct sandbox_limit limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_MEMLOCK, 0},
	{RLIMIT_NOFILE, SANDBOX_LOOKUP_DESCRIPTORS},
};

int sandbox_enter_lookup(void)
{
	const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls),
		sandbox_calls_threads, sandbox_calls_local_sockets,
		sandbox_calls_name_sockets, SANDBOX_CALLS(starter)};
	int r = sandbox_limits(limits, sizeof(limits) / sizeof(*limits));

	if (r == 0)
		r = sandbox_files(paths, sizeof(paths) / sizeof(*paths),
			SANDBOX_MAY_ASK_NAMES | SANDBOX_MAY_ABSTRACT);
	if (r == 0)
		r = sandbox_calls(tables, sizeof(tables) / sizeof(*tables));
	return r;
}

int sandbox_enter_lookup_worker(void)
{
	const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls),
		sandbox_calls_threads, sandbox_calls_local_sockets,
		sandbox_calls_name_sockets};

	return sandbox_calls(tables, sizeof(tables) / sizeof(*tables));
}
