/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines joined by the connection that they are of. A client can open many
 * connections and try many users: all is of fixed size, the oldest goes first,
 * and of user names only a hash is kept.
 */
#include "filters/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

#define USERS_MOST 4

struct session {
	bool used;
	char id[SESSION_ID];
	size_t id_len;
	int64_t born;
	bool has_who, nofail, gained, pending;
	struct prefix who;
	char name[SESSION_NAME];
	size_t name_len;
	uint64_t users[USERS_MOST];
	size_t users_n;
};

struct sessions {
	struct session items[SESSIONS_MOST];
	struct session one; /* of a line that names none to be kept */
};

struct sessions *sessions_new(void)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	return s;
}

void sessions_free(struct sessions **sessions)
{
	free(*sessions);
	*sessions = NULL;
}

static bool is_over(const struct session *s, int64_t now)
{
	return now - s->born > SESSION_SECONDS * CLOCK_SECOND;
}

static struct session *find(
	struct sessions *all, const struct session_line *line, int64_t now)
{
	for (size_t i = 0; i < SESSIONS_MOST; i++) {
		struct session *s = &all->items[i];

		if (s->used && s->id_len == line->id_len &&
			memcmp(s->id, line->id, s->id_len) == 0) {
			if (!is_over(s, now))
				return s;
			s->used = false;
		}
	}
	return NULL;
}

/* A free place, or that of the oldest. */
static struct session *make(
	struct sessions *all, const struct session_line *line, int64_t now)
{
	struct session *s = &all->items[0];

	for (size_t i = 0; i < SESSIONS_MOST && s->used; i++)
		if (!all->items[i].used || all->items[i].born < s->born)
			s = &all->items[i];
	*s = (struct session){
		.used = true, .id_len = line->id_len, .born = now};
	memcpy(s->id, line->id, line->id_len);
	return s;
}

static uint64_t hash(const char *text, size_t n)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void add_user(struct session *s, const struct session_line *line)
{
	uint64_t h = hash(line->user, line->user_len);

	for (size_t i = 0; i < s->users_n; i++)
		if (s->users[i] == h)
			return;
	/* That there were several is all that is asked. */
	if (s->users_n < USERS_MOST)
		s->users[s->users_n++] = h;
}

/*
 * Whatever the line names replaces what was known; but a name, which bans
 * nobody, no address.
 */
static void update(struct session *s, const struct session_line *line)
{
	s->nofail = line->nofail || line->gained;
	s->gained = line->gained;
	if (line->user)
		add_user(s, line);
	if (line->has_who) {
		s->who = line->who;
		s->has_who = true;
		s->name_len = 0;
	} else if (!s->has_who && line->name &&
		   line->name_len <= SESSION_NAME) {
		memcpy(s->name, line->name, line->name_len);
		s->name_len = line->name_len;
	}
}

void sessions_tell(struct sessions *all, const struct session_line *line,
	struct session_answer *out)
{
	int64_t now = line->time ? line->time : clock_wall();
	bool keep = line->id_len <= SESSION_ID;
	struct session *s = keep ? find(all, line, now) : NULL;

	if (!s && keep && !line->forget) {
		s = make(all, line, now);
	} else if (!s) {
		s = &all->one;
		*s = (struct session){0};
	}
	update(s, line);
	/* Whoever gets in had mistyped before. */
	if (line->gained)
		s->pending = false;
	/* A failure that waits, or several users: getting in excuses none. */
	if (s->pending || s->users_n > 1)
		s->nofail = s->gained = false;
	s->pending = false;
	*out = (struct session_answer){
		.failure = !s->nofail,
		.has_who = s->has_who,
		.who = s->who,
		.name = s->name_len ? s->name : NULL,
		.name_len = s->name_len,
	};
	if (out->failure && !out->has_who && !out->name) {
		s->pending = true;
		out->failure = false;
	}
	if (line->forget)
		s->used = false;
}
