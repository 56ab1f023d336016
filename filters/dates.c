/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of several templates a line's date is of. A date may also stand in
 * what a client sent, so the one that matched last, where it matched last, is
 * believed before any other, and one at the line's beginning before one in
 * its midst.
 */
#include "filters/dates.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filters/datepattern.h"
#include "lib/clock.h"

/* A line without a date is searched for every one. */
#define ROWS_MOST 100
#define ROW_MOST 4096
#define NOWHERE ((size_t)0x7fffffff)
#define UNUSED_LONG (300 * CLOCK_SECOND)
#define LINE_BEGIN "{^LN-BEG}"

/* fail2ban's own list, in its order: what comes first is tried first. */
static const char *const defaults[] = {
	"%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\\s*%z)"
	"?",
	"(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",
	"(?:%a )?%b %d %ExY %k:%M:%S(?:\\.%f)?",
	"%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S",
	"%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\\.%f)?(?: %z)?",
	"%m/%d/%ExY:%H:%M:%S",
	"%m-%d-%ExY %k:%M:%S(?:\\.%f)?",
	"EPOCH",
	"{^LN-BEG}%H:%M:%S",
	"^<%m/%d/%Exy@%H:%M:%S>",
	"%Exy%Exm%Exd  ?%H:%M:%S",
	"%b %d, %ExY %I:%M:%S %p",
	"^%b-%d-%Exy %k:%M:%S",
	"%ExY%Exm%Exd(?:T|  ?)%ExH%ExM%ExS(?:[.,]%f)?(?:\\s*%z)?",
	"(?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",
	"(?:%z )?(?:%a )?%b %d %k:%M:%S(?:\\.%f)?(?: %ExY)?",
	"TAI64N",
};
#define DEFAULTS (sizeof(defaults) / sizeof(*defaults))

struct way {
	struct datetemplate *template;
	uint64_t hits;	/* it won */
	uint64_t found; /* it matched */
	int64_t last_used;
	size_t distance;
	double weight;
};

struct dates {
	struct way *ways;
	size_t n;
	/* The usual list is compiled when a line asks for it. */
	bool waiting, anywhere;
	/* Of the last winner: its index, where it stood, the bytes around. */
	size_t last, start, end;
	int before, first, final, behind;
	size_t first_unused;
	uint64_t limits;
};

/* usual: of the default list, which no text takes long. */
static bool way_add(struct dates *d, const char *pattern, double weight,
	bool usual, char *why, size_t room)
{
	struct datetemplate *t = datetemplate_get(pattern, why, room);

	if (!t)
		return false;
	if (usual)
		datetemplate_trust(t);
	for (size_t i = 0; i < d->n; i++)
		if (d->ways[i].template == t) {
			datetemplate_put(&t);
			if (d->ways[i].weight < weight)
				d->ways[i].weight = weight;
			return true;
		}
	d->ways = reallocarray(d->ways, d->n + 1, sizeof(*d->ways));
	if (!d->ways)
		abort();
	d->ways[d->n++] = (struct way){
		.template = t, .distance = NOWHERE, .weight = weight};
	return true;
}

static bool is_line_bound(const char *pattern)
{
	return pattern[0] == '^' || strncmp(pattern, LINE_BEGIN, 9) == 0;
}

/* The default list: first all at the line's beginning, then anywhere. */
static bool add_defaults(struct dates *d, bool anywhere, char *why, size_t room)
{
	char text[200];

	for (size_t i = 0; i < DEFAULTS; i++) {
		if (is_line_bound(defaults[i]))
			continue;
		snprintf(text, sizeof(text), LINE_BEGIN "%s", defaults[i]);
		if (!way_add(d, text, 100, true, why, room))
			return false;
	}
	for (size_t i = 0; i < DEFAULTS; i++)
		if ((anywhere || is_line_bound(defaults[i])) &&
			!way_add(d, defaults[i], 1, true, why, room))
			return false;
	return true;
}

/* "{DATE}" within a pattern: each of the default list in its place. */
static bool add_within(struct dates *d, const char *pattern, const char *at,
	char *why, size_t room)
{
	for (size_t i = 0; i < DEFAULTS; i++) {
		char *bare, *text;
		bool ok;

		/* Those that are no patterns become the word, as there. */
		bare = datepattern_unbound(strcmp(defaults[i], "EPOCH") == 0
						   ? "Epoch"
						   : defaults[i]);
		if (asprintf(&text, "%.*s%s%s", (int)(at - pattern), pattern,
			    bare, at + 6) < 0)
			abort();
		ok = way_add(d, text, 1, false, why, room);
		free(bare);
		free(text);
		if (!ok)
			return false;
	}
	return true;
}

static bool add_row(struct dates *d, const char *row, char *why, size_t room)
{
	const char *at = strcasestr(row, "{DATE}");

	if (strcasecmp(row, LINE_BEGIN) == 0)
		return add_defaults(d, false, why, room);
	if (strcasecmp(row, "{DEFAULT}") == 0)
		return add_defaults(d, true, why, room);
	if (strcasecmp(row, "{NONE}") == 0)
		return way_add(d, "{UNB}^", 1, false, why, room);
	if (at && (at == row || at[-1] != '\\'))
		return add_within(d, row, at, why, room);
	return way_add(d, row, 1, false, why, room);
}

bool dates_is_usual(const char *datepattern)
{
	return strcasecmp(datepattern, LINE_BEGIN) == 0 ||
	       strcasecmp(datepattern, "{DEFAULT}") == 0;
}

static bool add_rows(struct dates *d, const char *rows, char *why, size_t room)
{
	char *copy = strdup(rows), *rest = copy, *row;
	bool ok = true;
	int rows_n = 0;

	if (!copy)
		abort();
	while (ok && (row = strsep(&rest, "\n"))) {
		size_t n = strlen(row);

		while (n > 0 && isspace((unsigned char)row[n - 1]))
			row[--n] = '\0';
		row += strspn(row, " \t");
		if (!*row)
			continue;
		ok = strlen(row) <= ROW_MOST && ++rows_n <= ROWS_MOST;
		if (!ok)
			snprintf(why, room,
				"there are more than %d forms, or one is "
				"longer than %d bytes",
				ROWS_MOST, ROW_MOST);
		ok = ok && add_row(d, row, why, room);
	}
	free(copy);
	return ok;
}

struct dates *dates_new(const char *datepattern, char *why, size_t room)
{
	struct dates *d = calloc(1, sizeof(*d));

	if (!d)
		abort();
	d->last = NOWHERE;
	d->start = 1;
	d->end = NOWHERE;
	d->before = d->first = d->final = d->behind = -1;
	d->waiting = !datepattern || dates_is_usual(datepattern);
	d->anywhere = !datepattern || strcasecmp(datepattern, LINE_BEGIN) != 0;
	if (!d->waiting && !add_rows(d, datepattern, why, room))
		dates_free(&d);
	return d;
}

void dates_free(struct dates **dates)
{
	struct dates *d = *dates;

	if (!d)
		return;
	for (size_t i = 0; i < d->n; i++)
		datetemplate_put(&d->ways[i].template);
	free(d->ways);
	free(d);
	*dates = NULL;
}

static int byte_at(const char *text, size_t n, size_t at)
{
	return at < n ? (unsigned char)text[at] : -1;
}

static bool is_mark(int c)
{
	return c >= 0 && !isalnum(c);
}

/* Whether the line looks where the last date stood as that line did. */
static bool looks_the_same(const struct dates *d, const char *text, size_t n)
{
	int before = d->start > 0 ? byte_at(text, n, d->start - 1) : -1;
	int first = byte_at(text, n, d->start);
	int final = d->end > 0 ? byte_at(text, n, d->end - 1) : -1;

	return (before == d->before || (first == d->first && is_mark(first))) &&
	       (byte_at(text, n, d->end) == d->behind ||
		       (final == d->final && is_mark(final)));
}

static bool search(struct dates *d, struct way *way, const char *text, size_t n,
	size_t from, bool ascii, struct date_found *out)
{
	bool found =
		datetemplate_search(way->template, text, n, from, ascii, out);

	d->limits += out->limited;
	way->found += found;
	return found;
}

static double way_weight(const struct way *w)
{
	return (double)w->hits * w->weight /
	       (double)(w->distance ? w->distance : 1);
}

/* Lets one that matches often come before others; where it is now. */
static size_t move_up(struct dates *d, size_t i)
{
	struct way way = d->ways[i];
	size_t to = d->first_unused < i ? d->first_unused : i / 2;

	for (int attempt = 0;; attempt++) {
		const struct way *other = &d->ways[to];

		if (way_weight(&way) > way_weight(other) ||
			way.last_used - UNUSED_LONG > other->last_used)
			break;
		if (attempt || to == i - 1)
			return i;
		to = i - 1;
	}
	memmove(&d->ways[to + 1], &d->ways[to], (i - to) * sizeof(way));
	d->ways[to] = way;
	while (d->first_unused < d->n && d->ways[d->first_unused].hits)
		d->first_unused++;
	return to;
}

static void remember(struct dates *d, size_t i, const char *text, size_t n,
	const struct date_found *f)
{
	struct way *way = &d->ways[i];

	way->hits++;
	way->last_used = clock_wall();
	way->distance = f->start;
	if (d->first_unused == i)
		d->first_unused++;
	d->start = f->start;
	d->end = f->end;
	d->before = f->start > 0 ? byte_at(text, n, f->start - 1) : -1;
	d->first = byte_at(text, n, f->start);
	d->final = f->end > 0 ? byte_at(text, n, f->end - 1) : -1;
	d->behind = byte_at(text, n, f->end);
	if (i && i != d->last)
		i = move_up(d, i);
	d->last = i;
}

/*
 * The last winner, at its old place if the line looks alike there. *skip is it
 * if it need not be tried again. True if it won; else *index may be it, found
 * elsewhere than before.
 */
static bool try_last(struct dates *d, const char *text, size_t n, bool ascii,
	struct date_found *out, size_t *index, size_t *skip)
{
	struct way *way = &d->ways[d->last];
	bool anchored = datetemplate_is_anchored(way->template), found;

	if (!anchored && d->end <= n && d->start <= d->end &&
		looks_the_same(d, text, n)) {
		found = search(d, way, text, d->end, d->start, ascii, out);
	} else {
		found = search(d, way, text, n, 0, ascii, out);
		*skip = d->last;
	}
	if (!found)
		return false;
	*index = d->last;
	return d->n == 1 || anchored ||
	       (out->start == d->start && out->end == d->end);
}

/* All others, in their order; the index of the winner in *index. */
static void try_all(struct dates *d, const char *text, size_t n, bool ascii,
	struct date_found *out, size_t *index, size_t skip)
{
	struct date_found f;

	for (size_t i = 0; i < d->n; i++) {
		struct way *way = &d->ways[i];

		if (i == skip || !search(d, way, text, n, 0, ascii, &f))
			continue;
		/* One that stands elsewhere than it did may be what a client
		 * sent: it wins only if nothing better comes. */
		if (i + 1 < d->n && !datetemplate_is_anchored(way->template) &&
			!(f.start == 0 && way->hits && !d->ways[i + 1].found) &&
			(f.start > way->distance || f.start > d->start)) {
			if (*index == NOWHERE || f.start < out->start) {
				*out = f;
				*index = i;
			}
			continue;
		}
		*out = f;
		*index = i;
		return;
	}
}

void dates_compile(struct dates *d)
{
	char why[256];

	if (!d->waiting)
		return;
	d->waiting = false;
	add_defaults(d, d->anywhere, why, sizeof(why));
}

bool dates_find(struct dates *d, const char *text, size_t n, bool ascii,
	struct date_found *out)
{
	size_t index = NOWHERE, skip = NOWHERE;
	bool won = false;

	dates_compile(d);
	if (d->last < d->n)
		won = try_last(d, text, n, ascii, out, &index, &skip);
	if (!won)
		try_all(d, text, n, ascii, out, &index, skip);
	if (index == NOWHERE)
		return false;
	/* The match that its time is read from must be its last one. */
	if (!datetemplate_search(d->ways[index].template, text, out->end,
		    out->start, ascii, out))
		return false;
	out->time = datetemplate_time(d->ways[index].template);
	remember(d, index, text, n, out);
	return true;
}

bool dates_template(const struct dates *d, size_t i, struct dates_template *out)
{
	const struct way *way = &d->ways[i];

	if (i >= d->n)
		return false;
	*out = (struct dates_template){
		.row = datetemplate_pattern(way->template),
		.hits = way->hits,
		.own = way->weight,
		.weight = way_weight(way),
	};
	return true;
}

uint64_t dates_limits(struct dates *d)
{
	uint64_t limits = d->limits;

	d->limits = 0;
	return limits;
}
