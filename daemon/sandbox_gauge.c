/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left to the process that may look into directories of others: its
 * socket, stderr, how full file systems are, and the names in the queues. It
 * can open no file, for reading neither, and make none.
 *
 * In two steps: where the queues are it is told once it is there, so the calls
 * that give up the file system go with the second. Between the two stays its
 * keeper, which starts it again when it dies, and does nothing else.
 */
#include "daemon/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "daemon/sandbox_calls.h"
#include "daemon/sandbox_files.h"

/* Its socket, stderr, and a directory each of the deepest queue. */
#define DESCRIPTORS 16

static const struct sandbox_call calls[] = {
	SANDBOX_CALL(fstatfs),
	SANDBOX_CALL(getdents64),
	SANDBOX_CALL1(mmap, SANDBOX_WITHOUT(2, PROT_EXEC)),
	SANDBOX_CALL1(mprotect, SANDBOX_WITHOUT(2, PROT_EXEC)),
	/* Directories, and what is no way to a file's bytes. */
	SANDBOX_CALL1(openat, SANDBOX_BITS(2, O_DIRECTORY, O_DIRECTORY)),
	SANDBOX_CALL1(openat, SANDBOX_BITS(2, O_PATH, O_PATH)),
	SANDBOX_CALL(statx),
};

/* The second step. */
static const struct sandbox_call step[] = {
	SANDBOX_CALL(landlock_add_rule),
	SANDBOX_CALL(landlock_create_ruleset),
	SANDBOX_CALL(landlock_restrict_self),
	SANDBOX_CALL(open),
	SANDBOX_CALL(openat),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_NO_NEW_PRIVS)),
	SANDBOX_CALL(prlimit64),
	SANDBOX_CALL(seccomp),
};

/* What its keeper has: a fork, and what the child does with it. */
static const struct sandbox_call keeper[] = {
	SANDBOX_CALL1(clone, SANDBOX_BITS(0, 0xff, SIGCHLD)),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_NAME)),
	SANDBOX_CALL1(prctl, SANDBOX_IS(0, PR_SET_PDEATHSIG)),
	SANDBOX_CALL(rseq),
	SANDBOX_CALL(set_robust_list),
	SANDBOX_CALL(wait4),
};

static const struct sandbox_limit limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_MEMLOCK, 0},
	{RLIMIT_FSIZE, 0},
#ifndef __SANITIZE_ADDRESS__
	{RLIMIT_NOFILE, DESCRIPTORS},
#endif
};

static const struct sandbox_limit limits_later[] = {
	{RLIMIT_CORE, 0},
#ifndef __SANITIZE_ADDRESS__
	{RLIMIT_NPROC, 0},
#endif
};

int sandbox_enter_gauge(void)
{
	static const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls),
		SANDBOX_CALLS(step), SANDBOX_CALLS(keeper)};
	int r = sandbox_limits(limits, sizeof(limits) / sizeof(*limits));

	if (r == 0)
		r = sandbox_calls(tables, sizeof(tables) / sizeof(*tables));
	return r;
}

int sandbox_enter_gauge_watch(const struct sandbox_path *paths, size_t n)
{
	static const struct sandbox_calls tables[] = {SANDBOX_CALLS(calls)};
	int r = sandbox_limits(
		limits_later, sizeof(limits_later) / sizeof(*limits_later));

	if (r == 0)
		r = sandbox_files(paths, n, 0);
	if (r == 0)
		r = sandbox_calls(tables, 1);
	return r;
}
