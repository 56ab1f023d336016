/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is put into the state store, on its way to the thread that writes it:
 * statements with their values, packed. Nothing here waits for a disk, and
 * what waits for one is bounded: beyond that it is lost, and told to be.
 */
#include "daemon/state_parts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"

/* Bytes that may wait for a disk that is slow or full. */
#define PENDING_MOST (16u << 20)
/* What is kept of empty buffers. */
#define ROOM_KEPT (1u << 20)
#define COUNTS_DAYS 90
#define POSITIONS_DAYS 366

enum kind { NUMBER, TEXT, BLOB };

struct value {
	enum kind kind;
	int64_t number;
	const void *bytes;
	size_t n;
};

#define VALUE_NUMBER(x)                                \
	{                                              \
		.kind = NUMBER, .number = (int64_t)(x) \
	}
#define VALUE_TEXT(x)                                      \
	{                                                  \
		.kind = TEXT, .bytes = (x), .n = strlen(x) \
	}
#define VALUE_BLOB(x, size)                             \
	{                                               \
		.kind = BLOB, .bytes = (x), .n = (size) \
	}

void state_ops_clear(struct state_ops *ops)
{
	free(ops->bytes);
	*ops = (struct state_ops){.bytes = NULL};
}

/* Empties it, and gives back what a burst has made of it. */
static void ops_empty(struct state_ops *ops)
{
	ops->n = 0;
	if (ops->room > ROOM_KEPT)
		state_ops_clear(ops);
}

static void ops_add(struct state_ops *ops, const void *bytes, size_t n)
{
	if (ops->room - ops->n < n) {
		size_t room = ops->room ? ops->room * 2 : 4096;

		while (room < ops->n + n)
			room *= 2;
		ops->bytes = realloc(ops->bytes, room);
		if (!ops->bytes)
			abort();
		ops->room = room;
	}
	if (n)
		memcpy(ops->bytes + ops->n, bytes, n);
	ops->n += n;
}

static void put(struct state *state, enum state_statement statement,
	const struct value *values, size_t n)
{
	struct state_ops *ops = &state->filling;
	uint8_t head[2] = {(uint8_t)statement, (uint8_t)n};

	ops_add(ops, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		const struct value *v = &values[i];
		uint8_t kind = (uint8_t)v->kind;
		uint32_t size = (uint32_t)v->n;

		ops_add(ops, &kind, 1);
		if (v->kind == NUMBER) {
			ops_add(ops, &v->number, sizeof(v->number));
			continue;
		}
		ops_add(ops, &size, sizeof(size));
		ops_add(ops, v->bytes, v->n);
	}
}

#define PUT(state, statement, ...)                                 \
	put(state, statement, (const struct value[]){__VA_ARGS__}, \
		sizeof((const struct value[]){__VA_ARGS__}) /      \
			sizeof(struct value))

/* Binds the value at p; returns what is behind it. */
static const uint8_t *bind(sqlite3_stmt *s, int i, const uint8_t *p)
{
	enum kind kind = *p++;
	int64_t number;
	uint32_t n;

	if (kind == NUMBER) {
		memcpy(&number, p, sizeof(number));
		sqlite3_bind_int64(s, i, number);
		return p + sizeof(number);
	}
	memcpy(&n, p, sizeof(n));
	p += sizeof(n);
	/* It stays where it is until the statement has run. */
	if (kind == TEXT)
		sqlite3_bind_text(s, i, (const char *)p, (int)n, SQLITE_STATIC);
	else
		sqlite3_bind_blob(s, i, p, (int)n, SQLITE_STATIC);
	return p + n;
}

sqlite3_stmt *state_ops_bind(struct state *state, size_t *at)
{
	const uint8_t *p = state->batch.bytes + *at;
	sqlite3_stmt *s;
	uint8_t n;

	if (*at == state->batch.n)
		return NULL;
	s = state->made[*p++];
	n = *p++;
	for (int i = 1; i <= n; i++)
		p = bind(s, i, p);
	*at = (size_t)(p - state->batch.bytes);
	return s;
}

void state_put_ban(struct state *state, const struct state_ban *ban)
{
	if (state)
		PUT(state, STATE_PUT_BAN, VALUE_TEXT(ban->jail),
			VALUE_BLOB(ban->who.net.ip, 16),
			VALUE_NUMBER(ban->who.len), VALUE_NUMBER(ban->start),
			VALUE_NUMBER(ban->end), VALUE_NUMBER(ban->count),
			VALUE_TEXT(ban->reason));
}

void state_drop_ban(
	struct state *state, const char *jail, const struct prefix *who)
{
	if (state)
		PUT(state, STATE_DROP_BAN, VALUE_TEXT(jail),
			VALUE_BLOB(who->net.ip, 16), VALUE_NUMBER(who->len));
}

void state_put_offender(struct state *state, const char *jail,
	const struct prefix *who, uint32_t count, int64_t last)
{
	if (state)
		PUT(state, STATE_PUT_OFFENDER, VALUE_TEXT(jail),
			VALUE_BLOB(who->net.ip, 16), VALUE_NUMBER(who->len),
			VALUE_NUMBER(count), VALUE_NUMBER(last));
}

void state_put_failures(struct state *state, const char *jail,
	const struct addr *who, int64_t last, const void *bytes, size_t n)
{
	if (!state)
		return;
	if (n)
		PUT(state, STATE_PUT_FAILURES, VALUE_TEXT(jail),
			VALUE_BLOB(who->ip, 16), VALUE_BLOB(bytes, n),
			VALUE_NUMBER(last));
	else
		PUT(state, STATE_DROP_FAILURES, VALUE_TEXT(jail),
			VALUE_BLOB(who->ip, 16));
}

static struct state_place *place_of(struct state *state, const char *source)
{
	for (size_t i = 0; i < state->places_n; i++)
		if (strcmp(state->places[i].source, source) == 0)
			return &state->places[i];
	return NULL;
}

/* Also in memory: a source that comes again must not wait for the disk. */
void state_keep_place(
	struct state *state, const char *source, const void *bytes, size_t n)
{
	struct state_place *place = place_of(state, source);

	if (!place) {
		state->places = reallocarray(state->places, state->places_n + 1,
			sizeof(*state->places));
		if (!state->places)
			abort();
		place = &state->places[state->places_n++];
		*place = (struct state_place){.source = strdup(source)};
	}
	place->bytes = realloc(place->bytes, n + 1);
	if (!place->source || !place->bytes)
		abort();
	memcpy(place->bytes, bytes, n);
	place->n = n;
}

void state_put_position(
	struct state *state, const char *source, const void *bytes, size_t n)
{
	if (!state)
		return;
	state_keep_place(state, source, bytes, n);
	PUT(state, STATE_PUT_POSITION, VALUE_TEXT(source), VALUE_BLOB(bytes, n),
		VALUE_NUMBER(clock_wall() / CLOCK_SECOND));
}

size_t state_get_position(
	struct state *state, const char *source, void *bytes, size_t room)
{
	const struct state_place *place =
		state ? place_of(state, source) : NULL;

	if (!place)
		return 0;
	if (place->n <= room)
		memcpy(bytes, place->bytes, place->n);
	return place->n;
}

void state_queue_meta(struct state *state, const char *name, int64_t value)
{
	PUT(state, STATE_PUT_META, VALUE_TEXT(name), VALUE_NUMBER(value));
}

void state_queue_count(struct state *state, const struct state_counted *c)
{
	PUT(state, STATE_PUT_COUNT, VALUE_NUMBER(c->hour), VALUE_TEXT(c->name),
		VALUE_NUMBER(c->n));
}

void state_put_mail(
	struct state *state, int64_t hour, const uint64_t *sums, size_t n)
{
	if (state)
		PUT(state, STATE_PUT_MAIL, VALUE_NUMBER(hour),
			VALUE_BLOB(sums, n * sizeof(*sums)));
}

void state_put_message(struct state *state, uint32_t number, int64_t last,
	const void *bytes, size_t n)
{
	if (!state)
		return;
	if (n)
		PUT(state, STATE_PUT_MESSAGE, VALUE_NUMBER(number),
			VALUE_NUMBER(last), VALUE_BLOB(bytes, n));
	else
		PUT(state, STATE_DROP_MESSAGE, VALUE_NUMBER(number));
}

void state_drop_messages(struct state *state)
{
	if (state)
		put(state, STATE_DROP_MESSAGES, NULL, 0);
}

void state_put_account(struct state *state, uint32_t number, int64_t hour,
	const void *bytes, size_t n)
{
	if (state)
		PUT(state, STATE_PUT_ACCOUNT, VALUE_NUMBER(number),
			VALUE_NUMBER(hour), VALUE_BLOB(bytes, n));
}

void state_put_attacker(struct state *state, int kind, const char *name,
	int64_t day, const uint32_t *counts, size_t n)
{
	if (!state)
		return;
	if (n)
		PUT(state, STATE_PUT_ATTACKER, VALUE_NUMBER(kind),
			VALUE_TEXT(name), VALUE_NUMBER(day),
			VALUE_BLOB(counts, n * sizeof(*counts)));
	else
		PUT(state, STATE_DROP_ATTACKER, VALUE_NUMBER(kind),
			VALUE_TEXT(name));
}

void state_prune(
	struct state *state, int64_t bans, int64_t offenders, int64_t failures)
{
	int64_t now = clock_wall() / CLOCK_SECOND;

	if (!state)
		return;
	PUT(state, STATE_PRUNE_BANS, VALUE_NUMBER(bans));
	PUT(state, STATE_PRUNE_OFFENDERS, VALUE_NUMBER(offenders));
	PUT(state, STATE_PRUNE_FAILURES, VALUE_NUMBER(failures));
	PUT(state, STATE_PRUNE_POSITIONS,
		VALUE_NUMBER(now - POSITIONS_DAYS * 86400));
	PUT(state, STATE_PRUNE_COUNTS,
		VALUE_NUMBER((now - COUNTS_DAYS * 86400) / 3600));
	PUT(state, STATE_PRUNE_MAIL,
		VALUE_NUMBER((now - COUNTS_DAYS * 86400) / 3600));
	PUT(state, STATE_PRUNE_ACCOUNTS,
		VALUE_NUMBER((now - COUNTS_DAYS * 86400) / 3600));
	PUT(state, STATE_PRUNE_ATTACKERS,
		VALUE_NUMBER(now / 86400 - STATE_ATTACKER_DAYS));
}

void state_commit(struct state *state)
{
	struct state_ops *filling;

	if (!state)
		return;
	filling = &state->filling;
	state_counts_put(state);
	pthread_mutex_lock(&state->lock);
	state->now = clock_mono();
	/* One alone may have any size: it may be all that there is. */
	if (state->pending.n && state->pending.n + filling->n > PENDING_MOST)
		state->lost = true;
	if (state->lost) {
		ops_empty(&state->pending);
	} else if (state->pending.n == 0) {
		struct state_ops empty = state->pending;

		state->pending = *filling;
		*filling = empty;
	} else {
		ops_add(&state->pending, filling->bytes, filling->n);
	}
	pthread_cond_signal(&state->work);
	pthread_mutex_unlock(&state->lock);
	ops_empty(filling);
}

bool state_is_behind(struct state *state)
{
	bool unread, behind;

	if (!state)
		return false;
	pthread_mutex_lock(&state->lock);
	behind = state->lost && !state->failing;
	unread = state->unread;
	if (behind)
		state->lost = state->unread = false;
	pthread_mutex_unlock(&state->lock);
	if (!behind)
		return false;
	ops_empty(&state->filling);
	if (!unread) {
		put(state, STATE_DROP_BANS, NULL, 0);
		put(state, STATE_DROP_OFFENDERS, NULL, 0);
		put(state, STATE_DROP_ALL_FAILURES, NULL, 0);
	}
	state_queue_meta(state, "closed", 0);
	state_counts_all_dirty(state);
	return true;
}

void state_sync(struct state *state)
{
	pthread_mutex_lock(&state->lock);
	while (state->writing || state_has_work(state))
		pthread_cond_wait(&state->idle, &state->lock);
	pthread_mutex_unlock(&state->lock);
}

void state_wait(struct state *state, int seconds)
{
	struct timespec until;
	int64_t end = clock_wall() + seconds * CLOCK_SECOND;
	int r = 0;

	if (!state)
		return;
	until.tv_sec = end / CLOCK_SECOND;
	until.tv_nsec = end % CLOCK_SECOND * 1000;
	pthread_mutex_lock(&state->lock);
	while (r == 0 && (state->writing || state_has_work(state)))
		r = pthread_cond_timedwait(&state->idle, &state->lock, &until);
	pthread_mutex_unlock(&state->lock);
}

enum state_progress state_progress(struct state *state)
{
	enum state_progress progress = STATE_WRITTEN;

	if (!state)
		return progress;
	pthread_mutex_lock(&state->lock);
	if (state->failing)
		progress = STATE_FAILING;
	else if (state->writing || state_has_work(state))
		progress = STATE_WRITING;
	pthread_mutex_unlock(&state->lock);
	return progress;
}

const char *state_trouble(struct state *state)
{
	const char *trouble = NULL;

	if (!state)
		return trouble;
	pthread_mutex_lock(&state->lock);
	if (state->failing)
		trouble = state->trouble;
	pthread_mutex_unlock(&state->lock);
	return trouble;
}
