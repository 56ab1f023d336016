/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A date pattern made into a regex and a match of it into a moment. The regex
 * runs on lines that attackers have a say in, so it runs as every other one
 * does: with limits, and its answer is a date or none, never an error.
 */
#include "filters/datetemplate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filters/datefields.h"
#include "filters/pyregex.h"
#include "filters/regex.h"
#include "lib/clock.h"

#define EPOCH "\\d{10,11}\\b(?:\\.\\d{3,6})?"
#define LONG_EPOCH "\\d{10,11}(?:\\d{3}(?:\\.\\d{1,6}|\\d{3})?)?"
#define LINE_BEGIN "{^LN-BEG}"
#define UNBOUND "{UNB}"
#define WORD_BEGIN "(?=^|\\b|\\W)"
#define WORD_END "(?=\\b|\\W|$)"
#define NAME "[A-Z](?:[A-Z]{2,4})?"
#define OFFSET "[+-][01]\\d(?::?\\d{2})?"
#define MONTHS                                                            \
	"january|february|march|april|june|july|august|september|october" \
	"|november|december|may"
#define DAYS "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
#define MONTH "(?P<b>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
#define DAY "(?P<d>3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9])"
#define TIME                                             \
	"(?P<H>2[0-3]|[0-1]\\d|\\d):(?P<M>[0-5]\\d|\\d)" \
	":(?P<S>6[0-1]|[0-5]\\d|\\d)"
#define WEEK "5[0-3]|[0-4]\\d|\\d"
#define FIELDS_MOST 16

enum kind { FIELDS, SECONDS, LONG_SECONDS, TAI64N };

struct datetemplate {
	struct datetemplate *next;
	char *pattern;
	unsigned int users;
	enum kind kind;
	int group; /* of the number, if kind is not FIELDS */
	bool anchored;
	struct regex *regex;
	struct {
		char letter;
		int group;
	} fields[FIELDS_MOST];
	size_t fields_n;
};

/* All that somebody has now. */
static struct datetemplate *templates;

/* What "%d" and so on stand for; the longer names first. */
static const struct {
	const char *name, *regex;
} parts[] = {
	{"%", "%"},
	{"ExZ", "(?P<Z>" NAME ")"},
	{"Exz", "(?P<z>(?:" NAME ")?" OFFSET "|" NAME ")"},
	{"Exd", "(?P<d>[1-2]\\d|0[1-9]|3[0-1])"},
	{"Exm", "(?P<m>0[1-9]|1[0-2])"},
	{"ExH", "(?P<H>[0-1]\\d|2[0-3])"},
	{"Exk", " ?(?P<H>[0-1]?\\d|2[0-3])"},
	{"Exl", " ?(?P<I>1[0-2]|\\d)"},
	{"ExM", "(?P<M>[0-5]\\d)"},
	{"ExS", "(?P<S>[0-5]\\d|6[0-1])"},
	{"ExY", "(?P<Y>20\\d\\d)"},
	{"Exy", "(?P<y>\\d{2})"},
	{"a", "(?P<a>mon|tue|wed|thu|fri|sat|sun)"},
	{"A", "(?P<A>" DAYS ")"},
	{"b", MONTH},
	{"B", "(?P<B>" MONTHS ")"},
	{"d", "(?P<d>[1-2]\\d|[0 ]?[1-9]|3[0-1])"},
	{"c", "(?P<a>mon|tue|wed|thu|fri|sat|sun)\\s+" MONTH "\\s+" DAY
	      "\\s+" TIME "\\s+(?P<Y>\\d{4})"},
	{"f", "(?P<f>[0-9]{1,6})"},
	{"G", "(?P<G>\\d{4})"},
	{"H", "(?P<H>[0-1]?\\d|2[0-3])"},
	{"I", "(?P<I>1[0-2]|0[1-9]|[1-9])"},
	{"j", "(?P<j>36[0-6]|3[0-5]\\d|[1-2]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d"
	      "|0[1-9]|[1-9])"},
	{"k", " ?(?P<H>[0-2]?\\d)"},
	{"l", " ?(?P<I>1?\\d)"},
	{"m", "(?P<m>0?[1-9]|1[0-2])"},
	{"M", "(?P<M>[0-5]?\\d)"},
	{"p", "(?P<p>am|pm)"},
	{"S", "(?P<S>[0-5]?\\d|6[0-1])"},
	{"u", "(?P<u>[1-7])"},
	{"U", "(?P<U>" WEEK ")"},
	{"V", "(?P<V>5[0-3]|0[1-9]|[1-4]\\d|\\d)"},
	{"w", "(?P<w>[0-6])"},
	{"W", "(?P<W>" WEEK ")"},
	{"x", "(?P<m>1[0-2]|0[1-9]|[1-9])/" DAY "/(?P<y>\\d\\d)"},
	{"X", TIME},
	{"y", "(?P<y>\\d\\d)"},
	{"Y", "(?P<Y>\\d{4})"},
	{"z", "(?P<z>Z|UTC|GMT|" OFFSET ")"},
	{"Z", "(?P<Z>Z|[A-Z]{3,5})"},
};

static char *join(const char *a, const char *b, const char *c)
{
	char *text;

	if (asprintf(&text, "%s%s%s", a, b, c) < 0)
		abort();
	return text;
}

/* Text with b in a's place; frees a. */
static void become(char **a, char *b)
{
	free(*a);
	*a = b;
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

char *datetemplate_unbound(const char *pattern)
{
	if (begins(pattern, UNBOUND))
		pattern += strlen(UNBOUND);
	if (begins(pattern, LINE_BEGIN))
		pattern += strlen(LINE_BEGIN);
	return join(pattern, "", "");
}

/* "%Y-%m" with its parts put in; NULL with why if one is unknown. */
static char *put_parts(const char *pattern, char *why, size_t room)
{
	char *text = join("", "", "");

	while (*pattern) {
		size_t plain = strcspn(pattern, "%"), i = 0;
		const size_t most = sizeof(parts) / sizeof(*parts);
		char *more;

		if (asprintf(&more, "%s%.*s", text, (int)plain, pattern) < 0)
			abort();
		become(&text, more);
		pattern += plain;
		if (!*pattern)
			break;
		while (i < most && strncmp(pattern + 1, parts[i].name,
					   strlen(parts[i].name)) != 0)
			i++;
		if (i == most) {
			snprintf(why, room,
				"'%.2s' is no part of a date that mailban "
				"knows",
				pattern);
			free(text);
			return NULL;
		}
		become(&text, join(text, parts[i].regex, ""));
		pattern += 1 + strlen(parts[i].name);
	}
	return text;
}

/* Months and days are read without regard to case. */
static bool has_names(const char *pattern)
{
	for (; *pattern; pattern++)
		if (pattern[0] == '%' && pattern[1]) {
			if (strchr("aAbBcp", pattern[1]))
				return true;
			pattern++;
		}
	return false;
}

/* A group that only takes part of the match for the date. */
static bool has_group(const char *s)
{
	for (size_t i = 0; s[i]; i++) {
		if (s[i] == '\\' && s[i + 1])
			i++;
		else if (s[i] == '(' && s[i + 1] != '?')
			return true;
	}
	return false;
}

/* Where s begins behind opened groups. */
static const char *inside(const char *s)
{
	while (s[0] == '(' && s[1] != '?')
		s++;
	return strncmp(s, "(?:", 3) == 0 ? s + 3 : s;
}

static bool ends_unbound(const char *s)
{
	size_t n = strlen(s), stars = n;

	while (stars > 0 && s[stars - 1] == ')')
		stars--;
	if (stars >= 2 && strncmp(s + stars - 2, "**", 2) == 0)
		return true;
	if (n >= 2 && s[n - 1] == ')' && s[n - 2] == '$')
		n--;
	if (n >= 1 && s[n - 1] == '$')
		return n < 2 || s[n - 2] != '\\';
	return n >= 2 && s[n - 2] == '\\' &&
	       (s[n - 1] == 'b' || s[n - 1] == 's') &&
	       (n < 3 || s[n - 3] != '\\');
}

static bool is_anchored(const char *s)
{
	size_t n = strlen(s);

	if (s[0] == '^')
		return true;
	if (s[0] == '(' && inside(s) != s && inside(s)[0] == '^' &&
		inside(s)[1] != '|')
		return true;
	if (n >= 2 && s[n - 1] == ')')
		n--;
	return n >= 1 && s[n - 1] == '$' &&
	       (n < 2 || (s[n - 2] != '\\' && s[n - 2] != '|'));
}

/* "**" at an edge says that there is no word's edge; it is no regex. */
static void drop_stars(char *s)
{
	size_t n = strlen(s), at = (size_t)(inside(s) - s);

	if (n - at >= 2 && memcmp(s + at, "**", 2) == 0) {
		memmove(s + at, s + at + 2, n - at - 1);
		n -= 2;
	}
	for (at = n; at > 0 && s[at - 1] == ')';)
		at--;
	if (at >= 2 && memcmp(s + at - 2, "**", 2) == 0)
		memmove(s + at - 2, s + at, n - at + 1);
}

/* Everything but "^" and "$" becomes the group that is cut out. */
static char *put_group(const char *s)
{
	const char *head = *s == '^' ? "^" : "";
	size_t n = strlen(s);
	bool end = n > 0 && s[n - 1] == '$' && (n < 2 || s[n - 2] != '\\');
	char *text;

	s += strlen(head);
	if (asprintf(&text, "%s(%.*s)%s", head, (int)(strlen(s) - end), s,
		    end ? "$" : "") < 0)
		abort();
	return text;
}

enum edge { EDGE_NONE, EDGE_WORD, EDGE_LINE };

/* The regex of s with the edges that it asks for. */
static char *put_edges(struct datetemplate *t, char *s, enum edge begin,
	enum edge end, bool caseless)
{
	bool at_begin = begin != EDGE_NONE && inside(s)[0] != '^' &&
			strncmp(inside(s), "**", 2) != 0;
	bool at_end = end != EDGE_NONE && !ends_unbound(s);
	const char *before = "";

	if (!has_group(s))
		become(&s, put_group(s));
	drop_stars(s);
	if (at_begin)
		before = begin == EDGE_LINE ? "^(?:\\W{0,2})?" : WORD_BEGIN;
	t->anchored = begin == EDGE_LINE ? at_begin : false;
	become(&s, join(before, s, at_end ? WORD_END : ""));
	t->anchored |= is_anchored(s);
	if (caseless)
		become(&s, join("(?i)", s, ""));
	return s;
}

/* "(?i)" somewhere in a pattern is of the whole of it. */
static bool take_flags(char *s)
{
	char *at = strstr(s, "(?i)");

	if (!at)
		at = strstr(s, "(?iu)");
	if (!at)
		return false;
	memmove(at, strchr(at, ')') + 1, strlen(strchr(at, ')') + 1) + 1);
	return true;
}

static char *fields_regex(
	struct datetemplate *t, const char *pattern, char *why, size_t room)
{
	enum edge begin = EDGE_WORD, end = EDGE_WORD;
	bool caseless;
	char *s;

	if (begins(pattern, UNBOUND)) {
		pattern += strlen(UNBOUND);
		begin = end = EDGE_NONE;
	} else if (begins(pattern, LINE_BEGIN)) {
		pattern += strlen(LINE_BEGIN);
		begin = EDGE_LINE;
	}
	s = put_parts(pattern, why, room);
	if (!s)
		return NULL;
	caseless = take_flags(s) || has_names(pattern);
	return put_edges(t, s, begin, end, caseless);
}

/* "{EPOCH}" or "{LEPOCH}" within a pattern of its own. */
static char *wrapped_epoch(struct datetemplate *t, const char *at)
{
	bool is_long = begins(at, "{L");
	char *s;

	t->kind = is_long ? LONG_SECONDS : SECONDS;
	t->group = 2;
	if (asprintf(&s, "(%.*s(%s)%s)", (int)(at - t->pattern), t->pattern,
		    is_long ? LONG_EPOCH : EPOCH, strchr(at, '}') + 1) < 0)
		abort();
	return put_edges(t, s, EDGE_WORD, EDGE_WORD, take_flags(s));
}

/* The special ones; NULL if the pattern is none of them. */
static char *special_regex(struct datetemplate *t)
{
	const char *name = t->pattern;
	bool line = true;

	if (begins(name, LINE_BEGIN))
		name += strlen(LINE_BEGIN);
	else if (*name == '^')
		name++;
	else
		line = false;
	t->group = 1;
	t->anchored = line;
	if (strcasecmp(name, "TAI64N") == 0) {
		t->kind = TAI64N;
		return join(line ? "^(?:\\W{0,2})?" : "", "(@[0-9a-f]{24})",
			WORD_END);
	}
	if (strcasecmp(name, "EPOCH") == 0)
		t->kind = SECONDS;
	else if (strcasecmp(name, "LEPOCH") == 0)
		t->kind = LONG_SECONDS;
	else
		return NULL;
	/* At the line's beginning, in brackets there, or as auditd has it. */
	return join(
		line ? "^(?:\\W{0,2})?(" : "(?:^|(?<=^\\[)|(?<=\\baudit\\())(",
		t->kind == SECONDS ? EPOCH : LONG_EPOCH, ")" WORD_END);
}

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
	const char *at = strcasestr(t->pattern, "{EPOCH}"), *cause = NULL;
	char *text, *translated;

	if (!at)
		at = strcasestr(t->pattern, "{LEPOCH}");
	if (at)
		text = wrapped_epoch(t, at);
	else
		text = special_regex(t);
	if (!text)
		text = fields_regex(t, t->pattern, why, room);
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
	if (t->regex && t->kind == FIELDS)
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
		t->pattern = join(pattern, "", "");
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

const char *datetemplate_pattern(const struct datetemplate *template)
{
	return template->pattern;
}

bool datetemplate_is_anchored(const struct datetemplate *template)
{
	return template->anchored;
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

	if (t->kind == TAI64N)
		return tai_time(regex_numbered(t->regex, t->group));
	if (t->kind != FIELDS)
		return epoch_time(regex_numbered(t->regex, t->group),
			t->kind == LONG_SECONDS);
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
