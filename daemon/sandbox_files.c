/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock and limits: what a process can reach and how much of it. What the
 * kernel has of Landlock is used, from Linux 5.13 (files) over 6.7 (TCP) to
 * 6.12 (signals, abstract sockets); without any of it nothing may go on.
 */
#include "daemon/sandbox_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/landlock.h of Linux 6.12; older headers have less of it. */
struct ruleset {
	uint64_t fs, net, scoped;
};

struct port_rule {
	uint64_t access, port;
};

#define RULE_PORT 2
#define FS_TRUNCATE (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define FS_ALL ((UINT64_C(1) << 16) - 1)
#define NET_BIND (UINT64_C(1) << 0)
#define NET_CONNECT (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT (UINT64_C(1) << 0)
#define SCOPE_SIGNAL (UINT64_C(1) << 1)

/* What the rights of a file, not of a directory, can be. */
#define FS_OF_FILE                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
		LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

static const uint64_t rights[] = {
	[SANDBOX_READ] =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	[SANDBOX_STATE] =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
		LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE,
	[SANDBOX_SOCKET] =
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE,
	[SANDBOX_NAMES] = LANDLOCK_ACCESS_FS_READ_DIR,
	[SANDBOX_RUN] = LANDLOCK_ACCESS_FS_READ_FILE |
			LANDLOCK_ACCESS_FS_READ_DIR |
			LANDLOCK_ACCESS_FS_EXECUTE,
};

/* What this kernel can forbid, less what this process may. */
static struct ruleset all_of(long version, unsigned int may)
{
	struct ruleset set = {.fs = FS_ALL};

	if (version < 5)
		set.fs &= ~FS_IOCTL_DEV;
	if (version < 3)
		set.fs &= ~FS_TRUNCATE;
	if (version < 2)
		set.fs &= ~(UINT64_C(1) << 13); /* into another directory */
	if (version >= 4)
		set.net = NET_BIND | NET_CONNECT;
	if (version >= 6)
		set.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	if (may & SANDBOX_MAY_SIGNAL)
		set.scoped &= ~SCOPE_SIGNAL;
	if (may & SANDBOX_MAY_ABSTRACT)
		set.scoped &= ~SCOPE_ABSTRACT;
	return set;
}

static int allow_path(int rules, const struct sandbox_path *path, uint64_t fs)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights[path->access] & fs,
		.parent_fd = open(path->path, O_PATH | O_CLOEXEC),
	};
	struct stat st;
	int r = 0;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR
			       ? 0
			       : -errno;
	if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) < 0)
		r = -errno;
	close(rule.parent_fd);
	return r;
}

static int allow_names(int rules, const struct ruleset *set)
{
	const struct port_rule rule = {NET_CONNECT, 53};

	if (!set->net)
		return 0;
	return syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) < 0
		       ? -errno
		       : 0;
}

int sandbox_files(const struct sandbox_path *paths, size_t n, unsigned int may)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
		LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set = all_of(version, may);
	size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	int rules, r = 0;

	if (version < 1)
		return version < 0 ? -errno : -EOPNOTSUPP;
	rules = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	if (rules < 0)
		return -errno;
	for (size_t i = 0; i < n && r == 0; i++)
		r = allow_path(rules, &paths[i], set.fs);
#ifdef __SANITIZE_ADDRESS__
	/* Its reports read the program and /proc. */
	if (r == 0)
		r = allow_path(rules, &(struct sandbox_path){"/", SANDBOX_READ},
			set.fs);
#endif
	if (r == 0 && (may & SANDBOX_MAY_ASK_NAMES))
		r = allow_names(rules, &set);
	if (r == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		r = -errno;
	close(rules);
	return r;
}

int sandbox_limits(const struct sandbox_limit *limits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		__rlimit_resource_t resource =
			(__rlimit_resource_t)limits[i].resource;
		struct rlimit limit;

		if (getrlimit(resource, &limit) < 0)
			return -errno;
		if (limit.rlim_max > limits[i].most)
			limit.rlim_max = limits[i].most;
		if (limit.rlim_cur > limit.rlim_max)
			limit.rlim_cur = limit.rlim_max;
		if (setrlimit(resource, &limit) < 0)
			return -errno;
	}
	return 0;
}
