/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's list of mounts tells: which file systems are read-only for
 * all, for statvfs(3) tells of a mount, and in a service of systemd's nearly
 * every mount is read-only for the service alone; and where one is mounted, for
 * without it the disk beneath shows through, and looks well.
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
#define POINT_MOST 4096

struct mounts {
	char *list; /* NULL: it cannot be read */
};

/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/sda1 ro,errors=..." */
struct mount {
	uint64_t device;
	char point[POINT_MOST];
	bool read_only; /* the file system itself */
};

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

struct mounts *mounts_new(int fd)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->list = read_list(fd);
	return m;
}

void mounts_free(struct mounts **mounts)
{
	if (!*mounts)
		return;
	free((*mounts)->list);
	free(*mounts);
	*mounts = NULL;
}

/* Blanks and the like stand there as \040, always of three digits. */
static void unescape(char *text)
{
	char *to = text;
	unsigned int c;

	while (*text) {
		if (*text == '\\' && strspn(text + 1, "01234567") >= 3 &&
			sscanf(text + 1, "%3o", &c) == 1) {
			*to++ = (char)c;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* Behind the type and the source, neither of which has a blank. */
static bool is_read_only(const char *super)
{
	super = super ? strchr(super + 3, ' ') : NULL;
	super = super ? strchr(super + 1, ' ') : NULL;
	return super && strncmp(super, " ro", 3) == 0 &&
	       (super[3] == ',' || super[3] == '\0');
}

/* The next that is well formed, from *rest on; false behind the last. */
static bool next_mount(const char **rest, struct mount *m)
{
	char line[3 * POINT_MOST];

	while (*rest && **rest) {
		size_t n = strcspn(*rest, "\n");
		unsigned int a, b;
		bool whole = n < sizeof(line);

		if (whole)
			memcpy(line, *rest, n);
		line[whole ? n : 0] = '\0';
		*rest += n + ((*rest)[n] == '\n');
		if (sscanf(line, "%*u %*u %u:%u %*s %4095s", &a, &b,
			    m->point) != 3)
			continue;
		unescape(m->point);
		m->device = makedev(a, b);
		m->read_only = is_read_only(strstr(line, " - "));
		return true;
	}
	return false;
}

bool mounts_read_only(const struct mounts *mounts, uint64_t device)
{
	const char *rest = mounts->list;
	struct mount m;

	while (next_mount(&rest, &m))
		if (m.device == device && m.read_only)
			return true;
	return false;
}

static bool is_above(const char *point, const char *path)
{
	size_t n = strlen(point);

	return strcmp(point, "/") == 0 ||
	       (strncmp(point, path, n) == 0 &&
		       (path[n] == '/' || path[n] == '\0'));
}

bool mounts_point(const struct mounts *mounts, uint64_t device,
	const char *path, char *point, size_t room)
{
	const char *rest = mounts->list;
	bool above = false;
	size_t places = 0;
	struct mount m;

	*point = '\0';
	while (next_mount(&rest, &m)) {
		bool is = is_above(m.point, path);

		if (m.device != device || strlen(m.point) >= room || is < above)
			continue;
		places++;
		/* The deepest of those above it. */
		if (is == above && strlen(m.point) < strlen(point))
			continue;
		above = is;
		strcpy(point, m.point);
	}
	if (above || places == 1)
		return true;
	*point = '\0';
	return false;
}

bool mounts_is_gone(const struct mounts *mounts, const char *point)
{
	const char *rest = mounts->list;
	struct mount m;

	while (next_mount(&rest, &m))
		if (strcmp(m.point, point) == 0)
			return false;
	return mounts->list && *mounts->list;
}
