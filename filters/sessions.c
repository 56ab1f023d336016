/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines joined by the connection that they are of. A client can open many
 * connections and try many users: all is of fixed size, who was silent
 * longest goes first, and of user names only a hash is kept.
 */
#include "filters/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/hash.h"

#define USERS_MOST 4

struct session {
	char id[SESSION_ID];
	size_t id_len;
	int64_t life;
	bool has_who, nofail, gained, pending;
	struct prefix who;
	char name[SESSION_NAME];
	size_t name_len;
	uint64_t users[USERS_MOST];
	size_t users_n;
};

struct sessions {
	/* Of each place; what all are gone through for lies side by side. */
	uint32_t keys[SESSIONS_MOST]; /* hash of the id, 0 where none is */
	int64_t told[SESSIONS_MOST];  /* when its last line was */
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

/* Never 0. */
static uint32_t key_of(const char *id, size_t n)
{
	uint64_t h = hash_plain(id, n);

	return (uint32_t)(h ^ h >> 32) | 1;
}

/* A process id comes again with another's connection, and so does what has one
 * in it; so many hexadecimal digits are drawn by lot. */
static int64_t life_of(const char *id, size_t n)
{
	if (n < SESSION_RANDOM)
		return SESSION_SECONDS * CLOCK_SECOND;
	for (size_t i = 0; i < n; i++)
		if (!strchr("0123456789abcdef", id[i]) || !id[i])
			return SESSION_SECONDS * CLOCK_SECOND;
	return SESSION_RANDOM_SECONDS * CLOCK_SECOND;
}

/* The place of a line's connection; SESSIONS_MOST if it has none. */
static size_t find(
	struct sessions *all, const struct session_line *line, int64_t now)
{
	uint32_t key = key_of(line->id, line->id_len);

	for (size_t i = 0; i < SESSIONS_MOST; i++) {
		const struct session *s = &all->items[i];

		if (all->keys[i] != key || s->id_len != line->id_len ||
			memcmp(s->id, line->id, s->id_len) != 0)
			continue;
		if (now - all->told[i] <= s->life)
			return i;
		all->keys[i] = 0;
	}
	return SESSIONS_MOST;
}

/* A free place, or that of which nothing was told for longest. */
static size_t make(struct sessions *all, const struct session_line *line)
{
	size_t at = 0;

	for (size_t i = 0; i < SESSIONS_MOST && all->keys[at]; i++)
		if (!all->keys[i] || all->told[i] < all->told[at])
			at = i;
	all->keys[at] = key_of(line->id, line->id_len);
	all->items[at] = (struct session){.id_len = line->id_len,
		.life = life_of(line->id, line->id_len)};
	memcpy(all->items[at].id, line->id, line->id_len);
	return at;
}

static void add_user(struct session *s, const struct session_line *line)
{
	uint64_t h = hash_plain(line->user, line->user_len);

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
	size_t at = keep ? find(all, line, now) : SESSIONS_MOST;
	struct session *s = &all->one;

	if (at == SESSIONS_MOST && keep && !line->forget)
		at = make(all, line);
	if (at < SESSIONS_MOST) {
		all->told[at] = now;
		s = &all->items[at];
	} else {
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
	if (line->forget && at < SESSIONS_MOST)
		all->keys[at] = 0;
}
