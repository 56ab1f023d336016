/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slow way to a line's date, for lines that do not begin as syslog's do.
 * Dozens of templates are tried, on text that a client may have filled: so it
 * is done once for all filters that look for the same, and never further into
 * a line than a daemon writes its date.
 */
#include "filters/datecut.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filters/dates.h"
#include "filters/filter.h"
#include "lib/clock.h"

/* A line without a date is of the one before, if that was so near to now. */
#define SAME_MOMENT (60 * CLOCK_SECOND)

struct datecut {
	struct dates *dates;
	enum datecut_kind kind;
	int64_t last;	    /* date of the line before */
	char *whole, *rest; /* a line cleaned, and without its date */
	size_t whole_room, rest_room;
};

static enum datecut_kind kind_of(const char *datepattern)
{
	if (!datepattern || strcasecmp(datepattern, "{DEFAULT}") == 0)
		return DATECUT_ANYWHERE;
	return dates_is_usual(datepattern) ? DATECUT_BEGIN : DATECUT_OWN;
}

struct datecut *datecut_new(const char *datepattern, char *why, size_t room)
{
	struct datecut *cut = calloc(1, sizeof(*cut));

	if (!cut)
		abort();
	cut->kind = kind_of(datepattern);
	cut->dates = dates_new(datepattern, why, room);
	if (!cut->dates)
		datecut_free(&cut);
	return cut;
}

void datecut_free(struct datecut **cut)
{
	struct datecut *c = *cut;

	if (!c)
		return;
	dates_free(&c->dates);
	free(c->whole);
	free(c->rest);
	free(c);
	*cut = NULL;
}

enum datecut_kind datecut_kind(const struct datecut *cut)
{
	return cut->kind;
}

static void make_room(char **buffer, size_t *room, size_t n)
{
	if (*room >= n)
		return;
	free(*buffer);
	*room = n;
	*buffer = malloc(n);
	if (!*buffer)
		abort();
}

/* How much of a line is looked at; no character is cut in two. */
static size_t reach(const struct datecut *cut, const struct filter_subject *s)
{
	size_t n = DATECUT_REACH;

	if (cut->kind == DATECUT_OWN || s->n <= n)
		return s->n;
	while (n > 0 && ((unsigned char)s->text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static bool find(struct datecut *cut, const struct filter_subject *s,
	struct date_found *f)
{
	size_t n = reach(cut, s);

	return dates_find(cut->dates, s->text, n, s->ascii, f) &&
	       f->cut_end > f->cut_start &&
	       /* One that goes on behind was not seen whole. */
	       (n == s->n || f->end < n);
}

uint64_t datecut_apply(struct datecut *cut, struct filter_subject *s)
{
	const struct line *line = s->line;
	struct date_found f;

	if (line->body != line->text)
		filter_subject_clean(line->text, line->text_len, &cut->whole,
			&cut->whole_room, s);
	s->dated = true;
	s->time = 0;
	if (find(cut, s, &f)) {
		s->time = f.time;
		make_room(&cut->rest, &cut->rest_room, s->n);
		memcpy(cut->rest, s->text, f.cut_start);
		memcpy(cut->rest + f.cut_start, s->text + f.cut_end,
			s->n - f.cut_end);
		s->text = cut->rest;
		s->n -= f.cut_end - f.cut_start;
	}
	if (s->time)
		cut->last = s->time;
	else if (cut->last > clock_wall() - SAME_MOMENT)
		s->time = cut->last;
	return dates_limits(cut->dates);
}
