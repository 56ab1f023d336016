/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line's body as regular expressions may see it: PCRE2 must never be given
 * bytes that are no UTF-8, and a byte that is none must not hide what stands
 * around it, so each becomes U+FFFD, as Python's decoder has it. A text so long
 * that no person wrote it is matched by bytes.
 */
#include "filters/filter.h"

#include <stdlib.h>
#include <string.h>

#include "filters/regex.h"
#include "lib/block.h"
#include "lib/repeated.h"
#include "lib/utf8.h"
#include "lib/word.h"

static bool is_ascii_short(const char *s, size_t n)
{
	unsigned char seen = 0;

	for (size_t i = 0; i < n; i++)
		seen |= (unsigned char)s[i];
	return seen < 0x80;
}

/* Whether the n bytes at s are ASCII, and whether a newline is among them. */
static bool is_ascii(const char *s, size_t n, bool *newline)
{
	block seen = {0}, found = {0};

	if (n < BLOCK) {
		*newline = n > 0 && memchr(s, '\n', n);
		return is_ascii_short(s, n);
	}
	for (size_t i = 0; i < n; i += BLOCK) {
		/* The last one ends where the text does. */
		block b = block_at(s + (i + BLOCK <= n ? i : n - BLOCK));

		seen |= b;
		found |= (block)(b == '\n');
	}
	*newline = block_any(found);
	return !block_any(seen & 0x80);
}

/* The length of the well-formed sequence at s; 0 if it is none. */
static size_t sequence_length(const char *s, size_t n)
{
	bool whole;
	size_t len = utf8_part(s, n, &whole);

	return whole ? len : 0;
}

static bool is_no_start(unsigned char c)
{
	return c >= 0x80 && (c < 0xc2 || c > 0xf4);
}

/* How many of the n bytes at s are ASCII, in words of eight. */
static size_t ascii_run(const char *s, size_t n)
{
	size_t i = 0;

	while (i + 8 <= n && !(word_at(s + i) & 0x80 * WORD_EACH))
		i += 8;
	return i;
}

/* How many of the n bytes at s are well-formed, up to the first that is not. */
static size_t clean_run(const char *s, size_t n)
{
	size_t at = 0, len = 1;

	while (at < n && len > 0) {
		at += ascii_run(s + at, n - at);
		len = at < n ? sequence_length(s + at, n - at) : 0;
		at += len;
	}
	return at;
}

/* Copies n bytes with U+FFFD for each that is no UTF-8; returns how many they
 * are now. */
static size_t copy_clean(char *to, const char *s, size_t n)
{
	size_t out = 0;

	while (n > 0) {
		size_t len = clean_run(s, n);

		memcpy(to + out, s, len);
		out += len;
		/* Many that cannot begin one are many at a time. */
		while (len < n && (is_no_start((unsigned char)s[len]) ||
					  !sequence_length(s + len, n - len))) {
			memcpy(to + out, "\xef\xbf\xbd", 3);
			out += 3;
			len++;
		}
		s += len;
		n -= len;
	}
	return out;
}

/* 0xff for each byte that is above `least`, less than `below`. */
static inline block between(block b, unsigned char least, unsigned char below)
{
	return (block)(b - least < (unsigned char)(below - least));
}

/* As sequence_length for each of sixteen bytes; three more are behind them. */
static inline block sequence_lengths(const char *s)
{
	block a = block_at(s), b = block_at(s + 1);
	block more = between(b, 0x80, 0xc0);
	block more2 = more & between(block_at(s + 2), 0x80, 0xc0);
	block more3 = more2 & between(block_at(s + 3), 0x80, 0xc0);
	block low = (block)(b < 0xa0), lower = (block)(b < 0x90);
	block bad = ((block)(a == 0xe0) & low) | ((block)(a == 0xed) & ~low) |
		    ((block)(a == 0xf0) & lower) |
		    ((block)(a == 0xf4) & ~lower);

	return ((block)(a < 0x80) & 1) | (between(a, 0xc2, 0xe0) & more & 2) |
	       (between(a, 0xe0, 0xf0) & more2 & ~bad & 3) |
	       (between(a, 0xf0, 0xf5) & more3 & ~bad & 4);
}

/* Whether the byte whose sequence's length is at len is of a sequence: `before`
 * of them are in front of it. */
static bool is_clean(const unsigned char *len, size_t before)
{
	for (size_t i = 0; i < 4 && i <= before; i++)
		if (len[-(ptrdiff_t)i] > i)
			return true;
	return false;
}

/*
 * Copies n bytes with 0x1a for each that is no UTF-8. No sequence begins
 * within another: so first each byte's place gets the length of that which it
 * begins, and then, from the end on, what becomes of it.
 */
static void copy_clean_long(char *to, const char *s, size_t n)
{
	size_t i = 0;

	for (; i + BLOCK + 3 <= n; i += BLOCK) {
		block len = sequence_lengths(s + i);

		memcpy(to + i, &len, BLOCK);
	}
	for (; i < n; i++)
		to[i] = (char)sequence_length(s + i, n - i);
	for (; i >= BLOCK + 3; i -= BLOCK) {
		const char *len = to + i - BLOCK;
		block clean = (block)(block_at(len) > 0) |
			      (block)(block_at(len - 1) > 1) |
			      (block)(block_at(len - 2) > 2) |
			      (block)(block_at(len - 3) > 3);
		block b = (block_at(s + i - BLOCK) & clean) | (0x1a & ~clean);

		memcpy(to + i - BLOCK, &b, BLOCK);
	}
	while (i-- > 0)
		to[i] = is_clean((unsigned char *)to + i, i) ? s[i] : 0x1a;
}

void filter_subject_clean(const char *text, size_t n, char **buffer,
	size_t *room, struct filter_subject *out)
{
	bool bytes = n > FILTER_CHARACTERS;

	out->text = text;
	out->n = n;
	out->ascii = is_ascii(text, n, &out->has_newline);
	if (out->ascii)
		return;
	/* Grows to the longest line, which sources cap. */
	if (*room < (bytes ? n : n * 3)) {
		free(*buffer);
		*room = bytes ? n : n * 3;
		*buffer = malloc(*room);
		if (!*buffer)
			abort();
	}
	out->text = *buffer;
	if (bytes)
		copy_clean_long(*buffer, text, n);
	else
		out->n = copy_clean(*buffer, text, n);
	out->ascii = bytes;
}

void filter_subject(const struct line *line, struct filter_subject *out)
{
	static char *buffer;
	static size_t room;

	out->line = line;
	out->number = regex_begin_line();
	out->dated = line->journal || line->body != line->text;
	out->time = line->time;
	out->more = 0;
	filter_subject_clean(line->body, line->body_len, &buffer, &room, out);
}

bool filter_subject_repeated(
	const struct line *line, struct filter_subject *out)
{
	static struct repeated repeated;

	if (!repeated_cut(line, &repeated))
		return false;
	filter_subject(&repeated.line, out);
	out->more = repeated.times - 1;
	return true;
}

void filter_subject_for(const struct filter *filter, const struct line *line,
	struct filter_subject *out)
{
	if (!filter_counts_repeats(filter) ||
		!filter_subject_repeated(line, out))
		filter_subject(line, out);
}
