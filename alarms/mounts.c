/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file systems are read-only for all. statvfs(3) tells of a mount, and
 * in a service of systemd's nearly every mount is read-only for the service
 * alone; the kernel's list of mounts has the file system's own options too.
 */
#include "alarms/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Bytes of the list; of a host with more of it nothing is said. */
#define LIST_MOST (4u << 20)

/* All of it, with a NUL behind; NULL if it cannot be read. For free(3). */
static char *read_list(int fd)
{
	size_t room = 64 << 10, n = 0;
	char *list = malloc(room);
	ssize_t got = 1;

	while (list && got > 0) {
		if (n + 1 == room) {
			char *more = room < LIST_MOST ? realloc(list, room *= 2)
						      : NULL;

			if (!more)
				break;
			list = more;
		}
		do
			got = pread(fd, list + n, room - n - 1, (off_t)n);
		while (got < 0 && errno == EINTR);
		n += got > 0 ? (size_t)got : 0;
	}
	if (!list || got != 0) {
		free(list);
		return NULL;
	}
	list[n] = '\0';
	return list;
}

/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/sda1 ro,errors=..." */
static bool line_says_so(
	const char *line, unsigned int major_no, unsigned int minor_no)
{
	const char *super = strstr(line, " - ");
	unsigned int a, b;

	if (!super || sscanf(line, "%*u %*u %u:%u", &a, &b) != 2 ||
		a != major_no || b != minor_no)
		return false;
	/* Behind the type and the source, neither of which has a blank. */
	super = strchr(super + 3, ' ');
	super = super ? strchr(super + 1, ' ') : NULL;
	return super && strncmp(super, " ro", 3) == 0 &&
	       (super[3] == ',' || super[3] == '\0');
}

bool mounts_read_only(int fd, uint64_t device)
{
	char *list = read_list(fd), *rest = list, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n")))
		found = line_says_so(line, major(device), minor(device));
	free(list);
	return found;
}
