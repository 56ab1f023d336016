/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SANDBOX_H
#define MAILBAN_DAEMON_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How a process of ours gives up what it does not need, in this order:
 *
 *	sandbox_close_from, sandbox_drop_user, sandbox_keep_caps,
 *	sandbox_no_new_privs (then what needs no_new_privs: Landlock, seccomp)
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

#endif
