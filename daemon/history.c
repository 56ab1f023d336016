/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was counted of the mail, for who asks while no daemon runs: out of the
 * state store, which is read as whoever owns it and never written.
 */
#include "daemon/history.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/counters.h"

/* Who wrote the file may have been broken into: root does not read it. */
static bool become_owner(const char *statedir)
{
	char path[PATH_MAX];
	struct stat st;

	if (geteuid() != 0)
		return true;
	snprintf(path, sizeof(path), "%s/state.db", statedir);
	if (stat(path, &st) < 0)
		return false;
	return st.st_uid == 0 ||
	       (setgroups(0, NULL) == 0 &&
		       setresgid(st.st_gid, st.st_gid, st.st_gid) == 0 &&
		       setresuid(st.st_uid, st.st_uid, st.st_uid) == 0);
}

static void pages_print(struct counters *c)
{
	json_int_t since = 0;

	while (since >= 0) {
		json_t *page = counters_history(c, since);
		const json_t *next = json_object_get(page, "next");

		since = json_is_integer(next) ? json_integer_value(next) : -1;
		json_dumpf(page, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(page);
	}
}

int history_print(const char *statedir)
{
	struct counters *c = counters_new(NULL, NULL);
	const char *why;

	why = become_owner(statedir) ? counters_peek(c, statedir)
				     : strerror(errno);
	if (!why)
		pages_print(c);
	counters_free(&c);
	if (!why && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "%s: what was counted cannot be read: %s\n", statedir,
		why ? why : strerror(errno));
	return 1;
}
