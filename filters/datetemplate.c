/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A date pattern's regex, and a match of it made into a moment. The regex runs
 * on lines that attackers have a say in, so it runs as every other one does:
 * with limits, and its answer is a date or none, never an error.
 */
#include "filters/datetemplate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filters/datefields.h"
#include "filters/datepattern.h"
#include "filters/pyregex.h"
#include "filters/regex.h"
#include "lib/clock.h"
#include "lib/memory.h"

#define FIELDS_MOST 16

struct datetemplate {
	struct datetemplate *next;
	char *pattern;
	unsigned int users;
	struct datepattern is;
	struct regex *regex;
	struct {
		char letter;
		int group;
	} fields[FIELDS_MOST];
	size_t fields_n;
};

/* All that somebody has now. */
static struct datetemplate *templates;

static void find_fields(struct datetemplate *t)
{
	const char *name;
	int group;

	for (size_t i = 0; (group = regex_named(t->regex, i, &name)) > 0; i++)
		if (!name[1] && t->fields_n < FIELDS_MOST) {
			t->fields[t->fields_n].letter = name[0];
			t->fields[t->fields_n++].group = group;
		}
}

static bool compile(struct datetemplate *t, char *why, size_t room)
{
	char *text = datepattern_regex(t->pattern, &t->is, why, room);
	const char *cause = NULL;
	char *translated;

	if (!text)
		return false;
	translated = pyregex_translate(text, true, &cause);
	free(text);
	if (!translated) {
		snprintf(why, room, "%s", cause);
		return false;
	}
	t->regex = regex_new(translated, why, room);
	free(translated);
	if (t->regex && t->is.kind == DATE_FIELDS)
		find_fields(t);
	return t->regex;
}

/* "EPOCH" and "Epoch" are one; in what has parts a case means something. */
static bool same_pattern(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (!strchr(a, '%') && strcasecmp(a, b) == 0);
}

struct datetemplate *datetemplate_get(
	const char *pattern, char *why, size_t room)
{
	struct datetemplate *t = templates;

	while (t && !same_pattern(t->pattern, pattern))
		t = t->next;
	if (!t) {
		t = calloc(1, sizeof(*t));
		if (!t)
			abort();
		t->pattern = memory_copy(pattern);
		if (!compile(t, why, room)) {
			free(t->pattern);
			free(t);
			return NULL;
		}
		t->next = templates;
		templates = t;
	}
	t->users++;
	return t;
}

void datetemplate_put(struct datetemplate **template)
{
	struct datetemplate *t = *template, **at = &templates;

	*template = NULL;
	if (!t || --t->users > 0)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	regex_free(&t->regex);
	free(t->pattern);
	free(t);
}

void datetemplate_trust(struct datetemplate *template)
{
	regex_trust(template->regex);
}

const char *datetemplate_pattern(const struct datetemplate *template)
{
	return template->pattern;
}

bool datetemplate_is_anchored(const struct datetemplate *template)
{
	return template->is.anchored;
}

bool datetemplate_search(struct datetemplate *t, const char *text, size_t n,
	size_t from, bool ascii, struct date_found *out)
{
	enum regex_result r = regex_search_from(t->regex, text, n, from, ascii);
	struct regex_span all, cut;

	out->limited = r == REGEX_LIMIT;
	if (r != REGEX_MATCH)
		return false;
	all = regex_numbered(t->regex, 0);
	cut = regex_numbered(t->regex, 1);
	if (!cut.text)
		cut = (struct regex_span){all.text, 0};
	out->start = (size_t)(all.text - text);
	out->end = out->start + all.n;
	out->cut_start = (size_t)(cut.text - text);
	out->cut_end = out->cut_start + cut.n;
	return true;
}

/* "1124013600", with a fraction; or longer, in milli- or microseconds. */
static int64_t epoch_time(struct regex_span span, bool is_long)
{
	int64_t whole = 0, scale = CLOCK_SECOND, us;
	size_t i = 0, digits;

	while (i < span.n && isdigit((unsigned char)span.text[i]))
		whole = whole * 10 + (span.text[i++] - '0');
	digits = i;
	if (is_long && digits >= 16)
		return whole;
	if (is_long && digits >= 13)
		scale = 1000;
	us = whole * scale;
	for (i++; i < span.n && scale >= 10; i++) {
		scale /= 10;
		us += (span.text[i] - '0') * scale;
	}
	return us;
}

/* "@4000000052e0f5f6..." counts from 2^62; the leap seconds are left in. */
static int64_t tai_time(struct regex_span span)
{
	char digits[16];

	if (span.n < 17)
		return 0;
	memcpy(digits, span.text + 2, 15);
	digits[15] = '\0';
	return (int64_t)(strtoull(digits, NULL, 16) & 0xffffffffff) *
	       CLOCK_SECOND;
}

int64_t datetemplate_time(const struct datetemplate *t)
{
	struct datefields fields;

	if (t->is.kind == DATE_TAI64N)
		return tai_time(regex_numbered(t->regex, t->is.group));
	if (t->is.kind != DATE_FIELDS)
		return epoch_time(regex_numbered(t->regex, t->is.group),
			t->is.kind == DATE_LONG_SECONDS);
	datefields_init(&fields);
	for (size_t i = 0; i < t->fields_n; i++) {
		struct regex_span span =
			regex_numbered(t->regex, t->fields[i].group);

		if (span.text && !datefields_put(&fields, t->fields[i].letter,
					 span.text, span.n))
			return 0;
	}
	return datefields_time(&fields);
}
