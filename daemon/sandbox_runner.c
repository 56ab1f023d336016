/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left to the process that runs postconf, and to that: programs and
 * their libraries to run, configuration and /proc to read, nothing to write.
 * Only where it runs no program of the admin's: what that needs is not ours to
 * know.
 */
#include "daemon/sandbox.h"

#include <sys/resource.h>

#include "daemon/sandbox_files.h"

static const struct sandbox_path paths[] = {
	{"/usr", SANDBOX_RUN},
	{"/lib", SANDBOX_RUN},
	{"/lib64", SANDBOX_RUN},
	{"/etc", SANDBOX_READ},
	/* The processes of Postfix. */
	{"/proc", SANDBOX_READ},
	{"/dev/null", SANDBOX_STATE},
	{"/dev/urandom", SANDBOX_READ},
};

static const struct sandbox_limit limits[] = {
	{RLIMIT_CORE, 0},
	{RLIMIT_FSIZE, 0},
};

int sandbox_enter_runner(void)
{
	int r = sandbox_limits(limits, sizeof(limits) / sizeof(*limits));

	if (r == 0)
		r = sandbox_files(paths, sizeof(paths) / sizeof(*paths), 0);
	return r;
}
