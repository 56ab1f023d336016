/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The beginnings of messages that no filter wants: a host's programs say the
 * same few things all day. Whoever can write a log has a say in what is asked
 * about, so what is kept is of fixed size, only one beginning is asked about at
 * a time, one filter for each line, and after the first ones there is a pause.
 * The worst that can come of it is that lines are looked through which need not
 * be.
 */
#include "filters/beginnings.h"

#include "filters/filter.h"

/* So many without a pause, and how many lines each takes then. */
#define FIRST 512
#define PAUSE 4096

/* With several pids, lest one be special. */
bool beginning_may_follow(struct filter *filter, const struct linehead *key,
	const char *message, size_t message_n)
{
	static const char *const pids[] = {"1", "4711", "4194303"};
	char head[LINEHEAD_TEXT + 16 + 8 + QUEUEID_ROOM + BEGINNING_MOST];

	for (size_t i = 0; i < (key->pid ? 3 : 1); i++) {
		size_t n = key->before_n, digits = strlen(pids[i]);

		memcpy(head, key->before, n);
		if (key->pid) {
			memcpy(head + n, pids[i], digits);
			n += digits;
		}
		memcpy(head + n, key->after, key->after_n);
		n += key->after_n;
		if (message_n > 0)
			memcpy(head + n, message, message_n);
		if (filter_may_follow(filter, head, n + message_n))
			return true;
	}
	return false;
}

/* What filters may tell apart in a queue id: letters from digits, those of hex
 * from others, capital ones from small. The one that was seen is the first. */
static const char *const ids[] = {NULL, "0123456789012345", "9876543210987654",
	"4A1F09BCDE5AF012", "F0E1D2C3B4A59687", "4a1f09bcde5af012",
	"f0e1d2c3b4a59687", "4XQ2kT1Bz2z6xyVW", "zY9xW8vU7tS6rQ5p",
	"Z0Y1X2W3V4U5T6S7"};

/* With how many ids a filter is to be asked. */
static size_t ids_of(const struct beginning_asked *now)
{
	return now->id ? sizeof(ids) / sizeof(*ids) : 1;
}

/* About what is asked, with one of the ids. */
static bool may_follow(
	struct filter *filter, const struct beginning_asked *now, size_t id)
{
	char message[sizeof(now->message)];

	memcpy(message, now->message, sizeof(message));
	if (ids[id])
		memcpy(message, ids[id], now->id - 2);
	return beginning_may_follow(
		filter, &now->key, message, now->id + now->n);
}

/* A number, which will not come again; and what filters may read in another way
 * than by its bytes. */
static bool is_none(const char *text)
{
	for (size_t i = 0; i < BEGINNING_MOST; i++)
		if ((unsigned char)text[i] >= 0x80 ||
			(i < 3 && text[i] >= '0' && text[i] <= '9'))
			return true;
	return false;
}

/* Never 0. */
static uint64_t hash_of(uint16_t mark, const char *text)
{
	uint64_t h = mark;

	for (size_t i = 0; i < BEGINNING_MOST; i += 8)
		h = (h ^ word_at(text + i)) * UINT64_C(0x9fb21c651e98df25);
	return h | 1;
}

static uint64_t *vain_of(struct beginnings *b, uint64_t hash)
{
	return &b->vain[hash >> 32 & (BEGINNING_VAIN - 1)];
}

static void begin(struct beginnings *b, const struct line *line, uint16_t mark,
	const char *text)
{
	struct beginning_asked *now = &b->now;

	/* Of other programs what looks like a queue id may be a word that a
	 * filter looks for: "worker1: ", "401005: ". */
	if (is_none(text) ||
		(text > line->message && !line_is_of(line, "postfix")))
		return;
	now->hash = hash_of(mark, text);
	if (*vain_of(b, now->hash) == now->hash ||
		!linehead_cut(line, &now->key) || !linehead_is_plain(&now->key))
		return;
	memcpy(now->before, now->key.before, now->key.before_n);
	memcpy(now->after, now->key.after, now->key.after_n);
	now->key.before = now->before;
	now->key.after = now->after;
	now->id = (size_t)(text - line->message);
	memcpy(now->message, line->message, now->id + BEGINNING_MOST);
	now->mark = mark;
	now->n = BEGINNING_LEAST;
	now->next = now->no = 0;
	now->others = 0;
	if (b->asked++ >= FIRST)
		b->pause = PAUSE;
}

/* What was asked about is one. */
static void add(struct beginnings *b, const struct beginning_asked *now)
{
	const char *text = now->message + now->id;
	struct beginning *pair = b->items[beginnings_pair(now->mark, text)];
	struct beginning made = {.mark = now->mark};
	char mask[BEGINNING_MOST] = {0};

	memset(mask, 0xff, now->n);
	memcpy(made.text, text, now->n);
	memcpy(made.mask, mask, sizeof(mask));
	/* The one that was there first goes. */
	if (pair[0].mark)
		pair[1] = pair[0];
	pair[0] = made;
}

/* As beginnings_ask, while one is asked about. */
static void go_on(struct beginnings *b, struct filter *const *filters,
	const uint64_t *wanted, size_t n, uint16_t head)
{
	struct beginning_asked *now = &b->now;
	size_t times = ids_of(now), i = now->next / times;

	/* Those of another head are others' filters; its own may not come
	 * again. */
	if (now->mark % LINEHEAD_NUMBERS != head) {
		if (now->others++ == PAUSE)
			now->mark = 0;
		return;
	}
	if (wanted[i / 64] >> (i % 64) & 1 &&
		may_follow(filters[i], now, now->next % times)) {
		/* Who wants it will do so as a rule with a byte more. */
		now->n++;
		now->no = 0;
		if (now->n > BEGINNING_MOST) {
			*vain_of(b, now->hash) = now->hash;
			now->mark = 0;
		}
		return;
	}
	now->next = (now->next + 1) % (n * times);
	now->no++;
	if (now->no == n * times) {
		add(b, now);
		now->mark = 0;
	}
}

void beginnings_ask(struct beginnings *b, struct filter *const *filters,
	const uint64_t *wanted, size_t n, const struct line *line)
{
	const char *text;
	uint16_t mark = beginning_of(line, &text);

	if (!mark)
		return;
	if (!b->now.mark && b->pause > 0)
		b->pause--;
	else if (!b->now.mark)
		begin(b, line, mark, text);
	if (b->now.mark)
		go_on(b, filters, wanted, n, line->head);
}
