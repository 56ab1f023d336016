/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sliding text of a few lines. Its size is fixed by maxlines: what a client
 * writes into a log can fill it, never make it grow.
 */
#include "filters/linebuffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/pyregex.h"

#define SKIPS_MOST 10

struct linebuffer {
	size_t most, n; /* lines */
	struct {
		size_t len; /* its newline included */
		bool ascii;
	} lines[LINEBUFFER_LINES];
	char *text, *taken, *scratch;
	size_t len;
	/* What is left behind linebuffer_take(), in scratch. */
	size_t left, left_len, left_lines[LINEBUFFER_LINES];
};

static char *room_for(size_t lines)
{
	char *text = malloc(lines * (LINEBUFFER_LINE + 1) + 1);

	if (!text)
		abort();
	return text;
}

struct linebuffer *linebuffer_new(size_t lines)
{
	struct linebuffer *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->most = lines < LINEBUFFER_LINES ? lines : LINEBUFFER_LINES;
	b->text = room_for(b->most);
	b->taken = room_for(b->most);
	b->scratch = room_for(b->most);
	return b;
}

void linebuffer_free(struct linebuffer **buffer)
{
	struct linebuffer *b = *buffer;

	if (!b)
		return;
	free(b->text);
	free(b->taken);
	free(b->scratch);
	free(b);
	*buffer = NULL;
}

/* No more than fits, and no character cut in two. */
static size_t kept_length(const char *text, size_t n)
{
	if (n <= LINEBUFFER_LINE)
		return n;
	n = LINEBUFFER_LINE;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void linebuffer_add(
	struct linebuffer *b, const char *text, size_t n, bool ascii)
{
	n = kept_length(text, n);
	if (b->n == b->most) {
		size_t first = b->lines[0].len;

		memmove(b->text, b->text + first, b->len - first);
		b->len -= first;
		b->n--;
		memmove(b->lines, b->lines + 1, b->n * sizeof(*b->lines));
	}
	memcpy(b->text + b->len, text, n);
	b->text[b->len + n] = '\n';
	b->len += n + 1;
	b->lines[b->n].len = n + 1;
	b->lines[b->n++].ascii = ascii;
}

const char *linebuffer_text(const struct linebuffer *b, size_t *n, bool *ascii)
{
	*ascii = true;
	for (size_t i = 0; i < b->n; i++)
		*ascii &= b->lines[i].ascii;
	*n = b->len;
	return b->text;
}

/* Whether the line that begins there was stepped over by <SKIPLINES>. */
static bool is_skipped(const char *line, const struct regex_span *skips)
{
	for (size_t i = 0; i < SKIPS_MOST; i++)
		if (skips[i].text && line >= skips[i].text &&
			line < skips[i].text + skips[i].n)
			return true;
	return false;
}

void linebuffer_take(struct linebuffer *b, const struct regex *regex,
	const char **text, size_t *n)
{
	struct regex_span all = regex_numbered(regex, 0), skips[SKIPS_MOST];
	const char *at = b->text, *end = all.text + all.n;
	char name[32];

	for (int i = 0; i < SKIPS_MOST; i++) {
		snprintf(name, sizeof(name), GROUP_SKIPPED "%d", i);
		skips[i] = regex_group(regex, name);
	}
	*n = b->left = b->left_len = 0;
	for (size_t i = 0; i < b->n; i++) {
		size_t len = b->lines[i].len;
		/* A match that ends behind a newline does not touch more. */
		bool in = at + len > all.text && at < end && all.n > 0;

		if (in && !is_skipped(at, skips)) {
			memcpy(b->taken + *n, at, len);
			*n += len;
		} else {
			memcpy(b->scratch + b->left_len, at, len);
			b->left_len += len;
			b->left_lines[b->left++] = i;
		}
		at += len;
	}
	*text = b->taken;
}

void linebuffer_drop(struct linebuffer *b)
{
	memcpy(b->text, b->scratch, b->left_len);
	b->len = b->left_len;
	for (size_t i = 0; i < b->left; i++)
		b->lines[i] = b->lines[b->left_lines[i]];
	b->n = b->left;
}
