/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the shipped defaults, for an installed program and one in its tree. */
#include "lib/datadir.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_datadir(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/jail.conf", dir) <
		       (int)sizeof(path) &&
	       access(path, R_OK) == 0;
}

const char *datadir_find(char *buf, size_t room)
{
	static const char *const beside[] = {"share", "../share/mailban"};
	const char *set = getenv("MAILBAN_DATADIR");
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (set && snprintf(buf, room, "%s", set) < (int)room)
		return is_datadir(buf) ? buf : NULL;
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	for (size_t i = 0; slash && i < 2; i++)
		if (snprintf(buf, room, "%.*s/%s", (int)(slash - self), self,
			    beside[i]) < (int)room &&
			is_datadir(buf))
			return buf;
	if (snprintf(buf, room, "/usr/share/mailban") < (int)room &&
		is_datadir(buf))
		return buf;
	return NULL;
}
