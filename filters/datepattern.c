/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of datepattern made into a regex: its parts ("%d") put in, the edges
 * of words and lines that it asks for around it, and a group for what is cut
 * out of the line. It is text from an admin's file, so what is not known is a
 * fault with its reason.
 */
#include "filters/datepattern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

char *datepattern_unbound(const char *pattern)
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
static char *put_edges(struct datepattern *t, char *s, enum edge begin,
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
	struct datepattern *t, const char *pattern, char *why, size_t room)
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
static char *wrapped_epoch(
	struct datepattern *t, const char *pattern, const char *at)
{
	bool is_long = begins(at, "{L");
	char *s;

	t->kind = is_long ? DATE_LONG_SECONDS : DATE_SECONDS;
	t->group = 2;
	if (asprintf(&s, "(%.*s(%s)%s)", (int)(at - pattern), pattern,
		    is_long ? LONG_EPOCH : EPOCH, strchr(at, '}') + 1) < 0)
		abort();
	return put_edges(t, s, EDGE_WORD, EDGE_WORD, take_flags(s));
}

/* The special ones; NULL if the pattern is none of them. */
static char *special_regex(struct datepattern *t, const char *name)
{
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
		t->kind = DATE_TAI64N;
		return join(line ? "^(?:\\W{0,2})?" : "", "(@[0-9a-f]{24})",
			WORD_END);
	}
	if (strcasecmp(name, "EPOCH") == 0)
		t->kind = DATE_SECONDS;
	else if (strcasecmp(name, "LEPOCH") == 0)
		t->kind = DATE_LONG_SECONDS;
	else
		return NULL;
	/* At the line's beginning, in brackets there, or as auditd has it. */
	return join(
		line ? "^(?:\\W{0,2})?(" : "(?:^|(?<=^\\[)|(?<=\\baudit\\())(",
		t->kind == DATE_SECONDS ? EPOCH : LONG_EPOCH, ")" WORD_END);
}

char *datepattern_regex(
	const char *pattern, struct datepattern *out, char *why, size_t room)
{
	const char *at = strcasestr(pattern, "{EPOCH}");
	char *text;

	*out = (struct datepattern){.kind = DATE_FIELDS};
	if (!at)
		at = strcasestr(pattern, "{LEPOCH}");
	if (at)
		text = wrapped_epoch(out, pattern, at);
	else
		text = special_regex(out, pattern);
	return text ? text : fields_regex(out, pattern, why, room);
}
