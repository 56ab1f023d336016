/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages that are never forgotten, as pflogsumm forgets none: of a log they
 * are what takes most memory, so a row is an id of letters and digits in
 * twelve bytes, and what is known of its message. Whatever else a line has for
 * an id, any bytes and any number of them, has a table of names.
 */
#include "ledger/kept.h"

#include <stddef.h>
#include <stdlib.h>

#include "ledger/messages.h"
#include "lib/slots.h"
#include "ledger/tally.h"

#define ROWS_FIRST 64
/* Six bits each. */
#define SHORT_MOST 16

/* The letters and digits of an id, the last lowest; no code is 0, so that its
 * length is known. */
struct short_id {
	uint32_t words[3];
};

struct row {
	struct short_id id;
	char message[offsetof(struct message, kept_to)];
};

struct kept {
	uint64_t seed;
	struct slots slots;
	struct row *rows;
	uint32_t n, room;
	struct tally *others;
	unsigned char codes[256]; /* of a letter, its number + 1 */
};

static const char letters[] =
	"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct kept *kept_new(void)
{
	struct kept *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->seed = tally_seed();
	k->others = tally_new(offsetof(struct message, kept_to), TALLY_MOST);
	for (size_t i = 0; letters[i]; i++)
		k->codes[(unsigned char)letters[i]] = (unsigned char)(i + 1);
	return k;
}

void kept_free(struct kept **kept)
{
	if (!*kept)
		return;
	slots_free(&(*kept)->slots);
	tally_free(&(*kept)->others);
	free((*kept)->rows);
	free(*kept);
	*kept = NULL;
}

/* False if it has anything else, or too much. */
static bool make_short(
	const struct kept *k, struct span id, struct short_id *out)
{
	size_t i = 0, above = id.n > 10 ? id.n - 10 : 0;
	uint64_t high = 0, low = 0;
	uint32_t wrong = 0; /* its highest bit: there was a 0 */

	if (id.n > SHORT_MOST)
		return false;
	for (; i < above; i++) {
		uint32_t code = k->codes[(unsigned char)id.at[i]];

		wrong |= code - 1;
		high = high << 6 | code;
	}
	for (; i < id.n; i++) {
		uint32_t code = k->codes[(unsigned char)id.at[i]];

		wrong |= code - 1;
		low = low << 6 | code;
	}
	out->words[0] = (uint32_t)low;
	out->words[1] = (uint32_t)(low >> 32 | high << 28);
	out->words[2] = (uint32_t)(high >> 4);
	return !(wrong >> 31);
}

static uint32_t hash_of(const struct kept *k, const struct short_id *id)
{
	return (uint32_t)tally_hash(
		(struct span){(const char *)id, sizeof(*id)}, k->seed);
}

static bool is_same(const struct short_id *a, const struct short_id *b)
{
	return ((a->words[0] ^ b->words[0]) | (a->words[1] ^ b->words[1]) |
		       (a->words[2] ^ b->words[2])) == 0;
}

static uint32_t row_make(
	struct kept *k, const struct short_id *id, uint32_t hash)
{
	uint32_t row = k->n++;

	if (row == k->room) {
		k->room = k->room ? 2 * k->room : ROWS_FIRST;
		if (k->room > TALLY_MOST)
			abort();
		k->rows = reallocarray(k->rows, k->room, sizeof(*k->rows));
		if (!k->rows)
			abort();
	}
	k->rows[row] = (struct row){.id = *id};
	if (!slots_full(&k->slots, row)) {
		slots_put(&k->slots, hash, row);
		return row;
	}
	slots_grow(&k->slots);
	for (uint32_t i = 0; i <= row; i++)
		slots_put(&k->slots, hash_of(k, &k->rows[i].id), i);
	return row;
}

/* Of an id that is not short. */
static struct message *other(struct kept *k, struct span id, bool make)
{
	uint32_t row =
		make ? tally_row(k->others, id) : tally_find(k->others, id);

	return row == TALLY_NONE ? NULL : tally_value(k->others, row);
}

struct message *kept_get(struct kept *k, struct span id, bool make)
{
	struct short_id short_id;
	uint32_t hash, at, row;

	if (!make_short(k, id, &short_id))
		return other(k, id, make);
	at = hash = hash_of(k, &short_id);
	do
		row = slots_next(&k->slots, hash, &at);
	while (row != SLOTS_NONE && !is_same(&k->rows[row].id, &short_id));
	if (row == SLOTS_NONE && !make)
		return NULL;
	if (row == SLOTS_NONE)
		row = row_make(k, &short_id, hash);
	return (struct message *)k->rows[row].message;
}

uint32_t kept_size(const struct kept *k)
{
	return k->n + tally_size(k->others);
}
