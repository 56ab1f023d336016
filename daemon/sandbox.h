/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SANDBOX_H
#define MAILBAN_DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How a process of ours gives up what it does not need, in this order:
 *
 *	sandbox_close_from, sandbox_drop_user, sandbox_keep_caps,
 *	sandbox_no_new_privs, and then the sandbox_enter_ of the process, which
 *	needs no_new_privs
 *
 * Each returns 0 or -errno, has looked afterwards that it took, and a caller
 * that gets an error ends the process.
 */

/* Closes every descriptor from first on. */
int sandbox_close_from(unsigned int first);

/*
 * Becomes this user with this group and exactly these n supplementary groups
 * (n may be 0, 64 at most), for good: real, effective and saved. Permitted
 * capabilities stay until sandbox_keep_caps. Without the right to change them,
 * -EPERM unless it is this user with this group already and has those
 * supplementary groups; others that a service manager gave it then stay.
 */
int sandbox_drop_user(uid_t uid, gid_t gid, const gid_t *groups, size_t n);

/*
 * Keeps no capability but those of mask (SANDBOX_CAP): permitted and
 * effective become mask, inheritable and ambient empty, the bounding set
 * empty. -EPERM if one of mask is not there to be kept, or if the bounding set
 * holds another and cannot be emptied. Without the right to empty it, what is
 * in it does no harm if no_new_privs is set already: execve gives none of it.
 */
#define SANDBOX_CAP(cap) (UINT64_C(1) << (cap))
int sandbox_keep_caps(uint64_t mask);

/* execve can give nothing any more, here and in children. */
int sandbox_no_new_privs(void);

/*
 * From here on the process can make the system calls of its list alone (any
 * other ends it with SIGSYS), reach the files of its own rules alone, and
 * starts nothing. -ENOSYS or -EOPNOTSUPP where the kernel has no Landlock or
 * no seccomp. See mailband(8) for what each may do.
 */

/* The warden: nothing but its socket, stderr and netlink of nftables. */
int sandbox_enter_warden(void);

/* What a file, or all below a directory, is opened for. */
enum sandbox_access {
	SANDBOX_READ,
	SANDBOX_STATE,	/* make, write, rename and remove files too */
	SANDBOX_SOCKET, /* make and remove a socket, nothing else */
	SANDBOX_NAMES,	/* read directories, no file */
	SANDBOX_RUN,	/* read, and run programs */
};

struct sandbox_path {
	const char *path; /* one that is not there gives nothing */
	enum sandbox_access access;
};

/*
 * The engine: these paths and its own libraries' files. names: it may ask name
 * servers too, for names in ignoreip at a reload.
 */
int sandbox_enter_engine(
	const struct sandbox_path *paths, size_t n, bool names);

/*
 * The gauge process: first the calls, with which its keeper stays; then, once
 * it knows where the queues are, it starts nothing any more and has of the file
 * system nothing but the names below these paths (SANDBOX_NAMES).
 */
int sandbox_enter_gauge(void);
int sandbox_enter_gauge_watch(const struct sandbox_path *paths, size_t n);

/* The process that starts postconf, and that: files alone. */
int sandbox_enter_runner(void);

/* The process that starts those that look names up, then each of these. */
#define SANDBOX_LOOKUP_DESCRIPTORS 256 /* that each may have */
int sandbox_enter_lookup(void);
int sandbox_enter_lookup_worker(void);

#endif
