/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scan that most lines end at. Every literal gives the four-byte grams at
 * a few offsets, side by side, to a bitmap, so that looking at each stride-th
 * position of a text meets one gram of any literal in it; a bit that is set
 * leads to the literals with that gram, which are compared in full.
 */
#include "filters/sieve.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GRAM 4
#define STRIDE_MOST 8
#define LOOKS 64 /* at a time, a multiple of four */
#define BITS 16
#define BUCKETS (1u << BITS)
#define START_BITS 9
#define STARTS (1u << START_BITS)

/*
 * What lines say of which nothing is the matter: a gram of these would be met
 * in every other one. Nothing but speed hangs on what stands here.
 */
static const char ordinary[] =
	"connect from unknown[ disconnect from ehlo=1 auth=1 mail=1 rcpt=1 "
	"client=unknown[ sasl_method=PLAIN, sasl_username= message-id=<"
	"from=<, size=, nrcpt=1 (queue active) to=<, relay=, delay=, delays="
	"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as removed status=deferred"
	" lost connection after AUTH connection timed out Connection refused"
	" Anonymous TLS connection established from example.com[ with cipher"
	" key-exchange server-signature server-digest statistics: max connection"
	" rate CONNECT from PASS OLD PASS NEW DISCONNECT warning: hostname does"
	" not resolve to address imap-login: Login: user=<, method=PLAIN, rip=,"
	" lip=, mpid=, TLS, session=< Logged out in= out= deleted=0 expunged=0"
	" saved mail to INBOX Disconnected: Connection closed (no auth attempts"
	" in secs) Disconnected for inactivity copy from box=, uid=, msgid=";

struct needle {
	char text[LITERAL_TEXT];
	size_t n;
	uint64_t *members; /* bits */
};

struct gram {
	uint32_t text;	 /* as it lies in memory */
	uint16_t needle; /* up to SIEVE_LITERALS_MOST */
	uint8_t offset;
	uint8_t n;     /* the needle's length, and its last four bytes: */
	uint32_t last; /* many needles begin alike */
};

struct sieve {
	struct needle *needles;
	size_t n, room;
	size_t stride;
	uint64_t bitmap[BUCKETS / 64];
	struct gram *grams; /* sorted by bucket */
	size_t grams_n;
	uint32_t
		starts[STARTS + 1]; /* of the grams, by a bucket's first bits */
	uint64_t *always;	    /* members with no literals */
	bool has_always;
	size_t members;
};

struct sieve *sieve_new(size_t members)
{
	struct sieve *sieve = calloc(1, sizeof(*sieve));

	if (!sieve)
		abort();
	sieve->members = members;
	sieve->always = calloc(SIEVE_WORDS(members) + 1, sizeof(uint64_t));
	if (!sieve->always)
		abort();
	return sieve;
}

void sieve_free(struct sieve **sieve)
{
	struct sieve *s = *sieve;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->needles[i].members);
	free(s->needles);
	free(s->grams);
	free(s->always);
	free(s);
	*sieve = NULL;
}

static void set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline uint64_t get_bit(const uint64_t *bits, uint32_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* Several members look for the same text: it is compared once for all. */
static struct needle *needle_get(
	struct sieve *sieve, const struct literal *text)
{
	struct needle *l;

	for (size_t i = 0; i < sieve->n; i++) {
		l = &sieve->needles[i];
		if (l->n == text->n && memcmp(l->text, text->text, l->n) == 0)
			return l;
	}
	if (sieve->n == sieve->room) {
		sieve->room = sieve->room ? sieve->room * 2 : 64;
		sieve->needles = reallocarray(
			sieve->needles, sieve->room, sizeof(*sieve->needles));
		if (!sieve->needles)
			abort();
	}
	l = &sieve->needles[sieve->n++];
	memcpy(l->text, text->text, LITERAL_TEXT);
	l->n = text->n;
	l->members = calloc(SIEVE_WORDS(sieve->members) + 1, sizeof(uint64_t));
	if (!l->members)
		abort();
	return l;
}

void sieve_add(struct sieve *sieve, size_t member, const struct literals *l)
{
	/* A text shorter than a gram cannot be looked for. */
	if (literals_shortest(l) < GRAM ||
		sieve->n + l->n > SIEVE_LITERALS_MOST) {
		set_bit(sieve->always, member);
		sieve->has_always = true;
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		set_bit(needle_get(sieve, &l->items[i])->members, member);
}

static uint32_t gram_at(const char *at)
{
	uint32_t gram;

	memcpy(&gram, at, sizeof(gram));
	return gram;
}

static uint32_t bucket(uint32_t gram)
{
	return (gram * UINT32_C(2654435761)) >> (32 - BITS);
}

static int compare_grams(const void *a, const void *b)
{
	const struct gram *x = a, *y = b;
	uint32_t in_x = bucket(x->text), in_y = bucket(y->text);

	return in_x < in_y ? -1 : in_x > in_y;
}

static void find_starts(struct sieve *sieve)
{
	size_t at = 0;

	for (uint32_t i = 0; i <= STARTS; i++) {
		while (at < sieve->grams_n && bucket(sieve->grams[at].text) >>
						      (BITS - START_BITS) < i)
			at++;
		sieve->starts[i] = (uint32_t)at;
	}
}

/* The buckets of all grams in ordinary lines. */
static void find_ordinary(uint64_t bits[BUCKETS / 64])
{
	memset(bits, 0, BUCKETS / 8);
	for (size_t i = 0; i + GRAM < sizeof(ordinary); i++)
		set_bit(bits, bucket(gram_at(ordinary + i)));
}

/* In how many needles a bucket's grams stand; of more than 255 so many. */
static void find_crowds(const struct sieve *sieve, uint8_t crowds[BUCKETS])
{
	memset(crowds, 0, BUCKETS);
	for (size_t i = 0; i < sieve->n; i++) {
		const struct needle *l = &sieve->needles[i];

		for (size_t at = 0; at + GRAM <= l->n; at++) {
			uint8_t *crowd = &crowds[bucket(gram_at(l->text + at))];

			*crowd += *crowd < UINT8_MAX;
		}
	}
}

/*
 * Where in a needle the `stride` grams begin that are least ordinary, and of
 * those that are as much the ones that fewest needles have: a text made of such
 * has each of these compared, again and again.
 */
static size_t rarest(const struct needle *l, size_t stride,
	const uint64_t *usual, const uint8_t *crowds)
{
	size_t best = 0, fewest = SIZE_MAX;

	for (size_t from = 0; from + stride + GRAM - 1 <= l->n; from++) {
		size_t found = 0;

		for (size_t at = from; at < from + stride; at++) {
			uint32_t in = bucket(gram_at(l->text + at));

			found += get_bit(usual, in) * BUCKETS + crowds[in];
		}
		if (found < fewest) {
			best = from;
			fewest = found;
		}
	}
	return best;
}

void sieve_seal(struct sieve *sieve)
{
	size_t shortest = GRAM + STRIDE_MOST - 1;
	uint64_t usual[BUCKETS / 64];
	uint8_t *crowds = malloc(BUCKETS);

	if (!crowds)
		abort();
	find_ordinary(usual);
	find_crowds(sieve, crowds);
	for (size_t i = 0; i < sieve->n; i++)
		if (sieve->needles[i].n < shortest)
			shortest = sieve->needles[i].n;
	sieve->stride = shortest - GRAM + 1;
	sieve->grams =
		calloc(sieve->n * sieve->stride + 1, sizeof(*sieve->grams));
	if (!sieve->grams)
		abort();
	for (size_t i = 0; i < sieve->n; i++) {
		const struct needle *l = &sieve->needles[i];
		size_t from = rarest(l, sieve->stride, usual, crowds);

		for (size_t at = from; at < from + sieve->stride; at++) {
			uint32_t gram = gram_at(l->text + at);

			set_bit(sieve->bitmap, bucket(gram));
			sieve->grams[sieve->grams_n++] = (struct gram){gram,
				(uint16_t)i, (uint8_t)at, (uint8_t)l->n,
				gram_at(l->text + l->n - GRAM)};
		}
	}
	free(crowds);
	qsort(sieve->grams, sieve->grams_n, sizeof(*sieve->grams),
		compare_grams);
	find_starts(sieve);
}

/*
 * A set bit at position at of the text: which literals really stand there?
 * any: there were some before, else the hits are to be emptied for the first.
 * Returns whether there are some now.
 */
static bool compare_at(const struct sieve *sieve, const char *text, size_t n,
	size_t at, uint64_t *hits, bool any)
{
	uint32_t gram = gram_at(text + at);
	uint32_t start = bucket(gram) >> (BITS - START_BITS);
	const struct gram *g = sieve->grams + sieve->starts[start];
	const struct gram *end = sieve->grams + sieve->starts[start + 1];
	size_t words = SIEVE_WORDS(sieve->members);

	for (; g < end; g++) {
		const struct needle *l = &sieve->needles[g->needle];
		size_t from = at - g->offset;

		if (g->text != gram || g->offset > at || n - from < g->n ||
			gram_at(text + from + g->n - GRAM) != g->last ||
			memcmp(text + from, l->text, g->n) != 0)
			continue;
		if (!any)
			memset(hits, 0, words * sizeof(*hits));
		any = true;
		for (size_t i = 0; i < words; i++)
			hits[i] |= l->members[i];
	}
	return any;
}

size_t sieve_overlap(const struct sieve *sieve, const char *text, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < sieve->n; i++) {
		const struct needle *l = &sieve->needles[i];

		if (memmem(text, n, l->text, l->n))
			return n;
		for (size_t k = most + 1; k < l->n && k <= n; k++)
			if (memcmp(text + n - k, l->text, k) == 0)
				most = k;
	}
	return most;
}

size_t sieve_crowd(const struct sieve *sieve)
{
	size_t most = 0;

	for (size_t i = 0; i < STARTS; i++)
		if (sieve->starts[i + 1] - sieve->starts[i] > most)
			most = sieve->starts[i + 1] - sieve->starts[i];
	return most;
}

static size_t count_of(const struct needle *l, const char *chars)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->text[i] && strchr(chars, l->text[i]);
	return n;
}

bool sieve_has(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->needles[i], chars) > 0)
			return true;
	return false;
}

bool sieve_has_only(const struct sieve *sieve, const char *chars)
{
	for (size_t i = 0; i < sieve->n; i++)
		if (count_of(&sieve->needles[i], chars) == sieve->needles[i].n)
			return true;
	return false;
}

static inline uint64_t is_set(const struct sieve *sieve, const char *at)
{
	return get_bit(sieve->bitmap, bucket(gram_at(at)));
}

static inline size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Bit i: a gram may stand i strides behind `at`, of LOOKS looks. What one finds
 * tells nothing of the next, so no branch asks; and they are made by fours:
 * those too many look at the text's last bytes once more.
 */
static inline uint64_t look(
	const struct sieve *sieve, const char *text, size_t n, size_t at)
{
	size_t stride = sieve->stride, last = n - GRAM;
	uint64_t found = 0;

	for (int i = 0; i < LOOKS && at <= last; i += 4, at += 4 * stride) {
		const char *second = text + least(at + stride, last);
		const char *third = text + least(at + 2 * stride, last);
		const char *fourth = text + least(at + 3 * stride, last);

		found |=
			(is_set(sieve, text + at) | is_set(sieve, second) << 1 |
				is_set(sieve, third) << 2 |
				is_set(sieve, fourth) << 3)
			<< i;
	}
	return found;
}

bool sieve_scan(
	const struct sieve *sieve, const char *text, size_t n, uint64_t *hits)
{
	size_t stride = sieve->stride;
	bool any = sieve->has_always;

	if (any)
		memcpy(hits, sieve->always,
			SIEVE_WORDS(sieve->members) * sizeof(*hits));
	/* Of what begins the text, the gram that ends last is looked at. */
	for (size_t at = stride - 1; at + GRAM <= n; at += LOOKS * stride)
		for (uint64_t found = look(sieve, text, n, at); found;
			found &= found - 1) {
			size_t far = (size_t)__builtin_ctzll(found) * stride;

			any = compare_at(sieve, text, n,
				least(at + far, n - GRAM), hits, any);
		}
	return any;
}
