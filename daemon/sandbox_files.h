/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SANDBOX_FILES_H
#define MAILBAN_DAEMON_SANDBOX_FILES_H

#include <stddef.h>

#include "daemon/sandbox.h"

/* Of the network and of other processes, where the kernel can; ORed. */
#define SANDBOX_MAY_ASK_NAMES 1u /* TCP to port 53 */
#define SANDBOX_MAY_SIGNAL 2u	 /* processes beside and above it */
#define SANDBOX_MAY_ABSTRACT 4u	 /* sockets that have no file */

/*
 * Landlock: from here on nothing of the file system but these n paths, no
 * other TCP, no signal to another but a child. 0 or -errno; -ENOSYS or
 * -EOPNOTSUPP where the kernel has no Landlock.
 */
int sandbox_files(const struct sandbox_path *paths, size_t n, unsigned int may);

struct sandbox_limit {
	int resource; /* RLIMIT_*, with its unit */
	unsigned long most;
};

/* Each as soft and hard limit, or what is less already; 0 or -errno. */
int sandbox_limits(const struct sandbox_limit *limits, size_t n);

#endif
