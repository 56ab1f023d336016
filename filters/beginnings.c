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
	char head[LINEHEAD_TEXT + 16 + 8 + BEGINNING_MOST];

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

/* A queue id, or what else will not come again; and what filters may read in
 * another way than by its bytes. */
static bool is_none(const char *message)
{
	for (size_t i = 0; i < BEGINNING_MOST; i++)
		if ((unsigned char)message[i] >= 0x80 ||
			(i < 8 && message[i] >= '0' && message[i] <= '9'))
			return true;
	return false;
}

/* Never 0. */
static uint64_t hash_of(uint16_t head, const char *message)
{
	uint64_t h = head;

	for (size_t i = 0; i < BEGINNING_MOST; i += 8)
		h = (h ^ word_at(message + i)) * UINT64_C(0x9fb21c651e98df25);
	return h | 1;
}

static uint64_t *vain_of(struct beginnings *b, uint64_t hash)
{
	return &b->vain[hash >> 32 & (BEGINNING_VAIN - 1)];
}

static void begin(struct beginnings *b, const struct line *line)
{
	struct beginning_asked *now = &b->now;

	if (is_none(line->message))
		return;
	now->hash = hash_of(line->head, line->message);
	if (*vain_of(b, now->hash) == now->hash ||
		!linehead_cut(line, &now->key) || !linehead_is_plain(&now->key))
		return;
	memcpy(now->before, now->key.before, now->key.before_n);
	memcpy(now->after, now->key.after, now->key.after_n);
	now->key.before = now->before;
	now->key.after = now->after;
	memcpy(now->message, line->message, BEGINNING_MOST);
	now->head = line->head;
	now->n = BEGINNING_LEAST;
	now->next = now->no = 0;
	now->others = 0;
	if (b->asked++ >= FIRST)
		b->pause = PAUSE;
}

/* What was asked about is one. */
static void add(struct beginnings *b, const struct beginning_asked *now)
{
	struct beginning *pair =
		b->items[beginnings_pair(now->head, now->message)];
	struct beginning made = {.head = now->head};
	char mask[BEGINNING_MOST] = {0};

	memset(mask, 0xff, now->n);
	memcpy(made.text, now->message, now->n);
	memcpy(made.mask, mask, sizeof(mask));
	/* The one that was there first goes. */
	if (pair[0].head)
		pair[1] = pair[0];
	pair[0] = made;
}

void beginnings_go_on(struct beginnings *b, struct filter *const *filters,
	const uint64_t *wanted, size_t n, const struct line *line)
{
	struct beginning_asked *now = &b->now;
	size_t i;

	if (!now->head)
		begin(b, line);
	/* Those of another head are others' filters; its own may not come
	 * again. */
	if (now->head != line->head) {
		if (now->others++ == PAUSE)
			now->head = 0;
		return;
	}
	i = now->next;
	if (wanted[i / 64] >> (i % 64) & 1 &&
		beginning_may_follow(
			filters[i], &now->key, now->message, now->n)) {
		/* Who wants it will do so as a rule with a byte more. */
		now->n++;
		now->no = 0;
		if (now->n > BEGINNING_MOST) {
			*vain_of(b, now->hash) = now->hash;
			now->head = 0;
		}
		return;
	}
	now->next = (i + 1) % n;
	now->no++;
	if (now->no == n) {
		add(b, now);
		now->head = 0;
	}
}
