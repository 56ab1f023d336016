/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_BORN_H
#define MAILBAN_DAEMON_BORN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The side of spawn.h of the program that is begun: what it was told. */
struct born {
	uid_t uid;
	gid_t gid;
	bool confined;
};

/*
 * Takes the arguments apart, and looks for the socket; false if they are not
 * mailband's: it was started by hand. Signals for the whole group are left to
 * the engine, that ends us by closing the socket.
 */
bool born_by_mailband(int argc, char **argv, struct born *born);

/*
 * Closes every other descriptor, becomes the user for good, and keeps no
 * capability but those of caps (SANDBOX_CAP). 0 or -errno, -EPERM if one of
 * caps is not there; then the process must end.
 */
int born_give_up(const struct born *born, uint64_t caps);

#endif
