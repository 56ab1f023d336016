/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up rights. Every step is read back from the kernel: a process that
 * believes itself confined and is not is the worst of all, so no error here
 * may be passed over.
 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GROUPS_MOST 64

int sandbox_close_from(unsigned int first)
{
	return close_range(first, ~0u, 0) < 0 ? -errno : 0;
}

static int compare_groups(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

/* What the process has of supplementary groups, sorted; -errno or a count. */
static int groups_get(gid_t *have)
{
	int count = getgroups(GROUPS_MOST, have);

	if (count < 0)
		return -errno;
	qsort(have, (size_t)count, sizeof(*have), compare_groups);
	return count;
}

static bool groups_are(const gid_t *groups, size_t n)
{
	gid_t have[GROUPS_MOST], want[GROUPS_MOST];

	if (n > GROUPS_MOST || groups_get(have) != (int)n)
		return false;
	if (n == 0)
		return true;
	memcpy(want, groups, n * sizeof(*want));
	qsort(want, n, sizeof(*want), compare_groups);
	return memcmp(have, want, n * sizeof(*have)) == 0;
}

static bool groups_hold(const gid_t *groups, size_t n)
{
	gid_t have[GROUPS_MOST];
	int count = groups_get(have);

	if (count < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!bsearch(&groups[i], have, (size_t)count, sizeof(*have),
			    compare_groups))
			return false;
	return true;
}

static bool user_is(uid_t uid, gid_t gid)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return false;
	return ru == uid && eu == uid && su == uid && rg == gid && eg == gid &&
	       sg == gid;
}

int sandbox_drop_user(uid_t uid, gid_t gid, const gid_t *groups, size_t n)
{
	/* Who may not change them was made this user by the service manager,
	 * or never was root. */
	if (setgroups(n, groups) < 0)
		return errno == EPERM && user_is(uid, gid) &&
				       groups_hold(groups, n)
			       ? 0
			       : -errno;
	if (!groups_are(groups, n))
		return -EPERM;
	if (user_is(uid, gid))
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 1L, 0L, 0L, 0L) < 0 ||
		setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	return user_is(uid, gid) ? 0 : -EPERM;
}

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int caps_get(struct caps *caps)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	caps->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	caps->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	caps->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable
							  << 32;
	return 0;
}

static int caps_set(uint64_t both, uint64_t inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)both, (uint32_t)both, (uint32_t)inheritable},
		{(uint32_t)(both >> 32), (uint32_t)(both >> 32),
			(uint32_t)(inheritable >> 32)},
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/* Drops each capability there is from the bounding set; without the right to,
 * it must hold none outside mask already, or be out of execve's reach. */
static int bounding_empty(uint64_t mask)
{
	bool unreachable = prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1;

	for (int cap = 0; cap < 64; cap++) {
		int in = prctl(PR_CAPBSET_READ, (long)cap, 0L, 0L, 0L);

		if (in < 0)
			return errno == EINVAL ? 0 : -errno;
		if (in == 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, (long)cap, 0L, 0L, 0L) < 0 &&
			!unreachable && !(mask & SANDBOX_CAP(cap)))
			return -errno;
	}
	return 0;
}

int sandbox_keep_caps(uint64_t mask)
{
	struct caps caps;
	int rc = caps_get(&caps);

	if (rc < 0)
		return rc;
	if ((caps.permitted & mask) != mask)
		return -EPERM;
	/* After a change of user nothing is effective: take up what is
	 * permitted once more, for the right to empty the bounding set. */
	rc = caps_set(caps.permitted, 0);
	if (rc < 0)
		return rc;
	rc = bounding_empty(mask);
	if (rc < 0)
		return rc;
	if (prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L) <
		0)
		return -errno;
	rc = caps_set(mask, 0);
	if (rc < 0)
		return rc;
	rc = caps_get(&caps);
	if (rc < 0)
		return rc;
	return caps.effective == mask && caps.permitted == mask &&
			       caps.inheritable == 0
		       ? 0
		       : -EPERM;
}

int sandbox_no_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	return prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1 ? 0 : -EPERM;
}
