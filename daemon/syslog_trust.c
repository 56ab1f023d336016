/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may log in a program's name by syslog. All that is known of a writer is
 * his uid: his process may be gone by the time that the line is read, and its
 * number another's, so its unit is not asked for. What a system user's name
 * tells must do; a user that it does not tell of is believed where the jail
 * says so, not here.
 *
 * The file is read, not the name service: that would ask other processes, out
 * of a sandbox that starts none.
 */
#include "daemon/syslog_trust.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/journal_trust.h"

#define PASSWD "/etc/passwd"
#define USERS_MOST 1000
#define NAME_ROOM 33 /* useradd(8): at most 32 */

struct user {
	uid_t uid;
	char name[NAME_ROOM];
};

struct syslog_trust {
	const char *passwd;
	struct stat seen;
	struct user *users;
	size_t n;
};

static void read_users(struct syslog_trust *t)
{
	FILE *file = fopen(t->passwd, "re");
	struct passwd entry, *found;
	char room[4096];

	if (!file)
		return;
	t->n = 0;
	while (t->n < USERS_MOST &&
		fgetpwent_r(file, &entry, room, sizeof(room), &found) == 0) {
		if (journal_trust_is_people(entry.pw_uid) ||
			strlen(entry.pw_name) >= NAME_ROOM)
			continue;
		t->users[t->n].uid = entry.pw_uid;
		strcpy(t->users[t->n++].name, entry.pw_name);
	}
	fclose(file);
}

void syslog_trust_tick(struct syslog_trust *t)
{
	struct stat st;

	if (stat(t->passwd, &st) < 0 ||
		(st.st_ino == t->seen.st_ino && st.st_dev == t->seen.st_dev &&
			st.st_size == t->seen.st_size &&
			memcmp(&st.st_mtim, &t->seen.st_mtim,
				sizeof(st.st_mtim)) == 0))
		return;
	t->seen = st;
	read_users(t);
}

struct syslog_trust *syslog_trust_new(const char *passwd)
{
	struct syslog_trust *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->passwd = passwd ? passwd : PASSWD;
	t->users = calloc(USERS_MOST, sizeof(*t->users));
	if (!t->users)
		abort();
	syslog_trust_tick(t);
	return t;
}

void syslog_trust_free(struct syslog_trust **trust)
{
	if (!*trust)
		return;
	free((*trust)->users);
	free(*trust);
	*trust = NULL;
}

const char *syslog_trust_user(const struct syslog_trust *t, uid_t uid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->users[i].uid == uid)
			return t->users[i].name;
	return NULL;
}

bool syslog_trust_systems(const struct syslog_trust *t, uid_t uid,
	const char *tag, size_t tag_len)
{
	const char *name;

	if (uid == 0)
		return true;
	if (journal_trust_is_people(uid))
		return false;
	name = syslog_trust_user(t, uid);
	if (!name)
		return false;
	name += strspn(name, "_");
	return journal_trust_named(name, tag, tag_len);
}
