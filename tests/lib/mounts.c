/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mounts of a test's own, in a plain chroot as well. */
#include "tests/lib/mounts.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/proc/root"

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

/*
 * In a chroot / is no mount point, and what it lies in cannot be reached to
 * be made private. /proc always is one: a second view of everything is made
 * upon it and gone over to.
 */
static void make_root(void)
{
	char here[PATH_MAX];

	need(getcwd(here, sizeof(here)) != NULL, "getcwd");
	need(mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) == 0,
		"mount: private /proc");
	need(mount("test", "/proc", "tmpfs", 0, NULL) == 0, "mount: tmpfs");
	need(mkdir(ROOT, 0755) == 0, ROOT);
	need(mount("/", ROOT, NULL, MS_BIND | MS_REC, NULL) == 0,
		"mount: bind");
	need(mount(NULL, ROOT, NULL, MS_REC | MS_PRIVATE, NULL) == 0,
		"mount: private");
	need(umount2(ROOT "/proc", MNT_DETACH) == 0, "umount");
	need(chroot(ROOT) == 0 && chdir(here) == 0, "chroot");
}

void mounts_leave_host(void)
{
	need(unshare(CLONE_NEWNS) == 0, "unshare: mounts (run as root)");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return;
	need(errno == EINVAL, "mount: private /");
	make_root();
}
