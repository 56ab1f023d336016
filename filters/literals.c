/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the texts that a match cannot do without. It walks a regex once and
 * keeps, for each sequence, the best set of alternatives met: one literal run,
 * or one from each branch of a group. It must be sound: naming a text that
 * some match lacks would lose that match.
 */
#include "filters/literals.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 30

struct walker {
	const char *s;
	bool lost; /* met what it cannot read: nothing is required */
};

size_t literals_shortest(const struct literals *l)
{
	size_t least = 0;

	for (size_t i = 0; i < l->n; i++)
		if (i == 0 || l->items[i].n < least)
			least = l->items[i].n;
	return least;
}

/* Longer is rarer; beyond a few bytes fewer texts are better. */
static size_t worth(const struct literals *l)
{
	size_t n = literals_shortest(l);

	return l->n == 0 ? 0 : (n > 16 ? 16 : n) * 8 - l->n / 4;
}

/* So many bytes of it are in use. */
static size_t used(const struct literals *l)
{
	return offsetof(struct literals, items) + l->n * sizeof(*l->items);
}

static void keep_better(struct literals *best, const struct literals *other)
{
	if (worth(other) > worth(best))
		memcpy(best, other, used(other));
}

/* An empty set. It is not cleared: what n does not count is not read. */
static struct literals *literals_new(void)
{
	struct literals *l = malloc(sizeof(*l));

	if (!l)
		abort();
	l->n = 0;
	return l;
}

struct run {
	char text[256];
	size_t n;
	bool cut; /* it was longer: this is not its beginning */
};

/* A literal run has ended: it is one candidate. A long one is cut. */
static void run_end(struct run *run, struct literals *best)
{
	struct literals *one;
	size_t n = run->n < LITERAL_TEXT ? run->n : LITERAL_TEXT;

	if (n > 0) {
		one = literals_new();
		memcpy(one->items[0].text, run->text + run->n - n, n);
		one->items[0].n = n;
		one->n = 1;
		keep_better(best, one);
		free(one);
	}
	run->n = 0;
}

static void run_add(struct run *run, struct literals *best, char c)
{
	if (run->n == sizeof(run->text)) {
		run_end(run, best);
		run->cut = true;
	}
	run->text[run->n++] = c;
}

/* The least number of times that the quantifier at s asks for; 1 if none. */
static unsigned long quantifier(struct walker *w, bool *any)
{
	const char *s = w->s;
	unsigned long least = 1;
	char *end;

	*any = true;
	if (*s == '?' || *s == '*') {
		least = 0;
		s++;
	} else if (*s == '+') {
		s++;
	} else if (*s == '{' && isdigit((unsigned char)s[1])) {
		least = strtoul(s + 1, &end, 10);
		s = end + strspn(end, "0123456789,");
		if (*s != '}') {
			/* Not a quantifier after all; do not guess. */
			w->lost = true;
			return 0;
		}
		s++;
	} else {
		*any = false;
		return 1;
	}
	if (*s == '?' || *s == '+')
		s++;
	w->s = s;
	return least;
}

static void skip_class(struct walker *w)
{
	w->s++;
	w->s += *w->s == '^';
	w->s += *w->s == ']';
	while (*w->s && *w->s != ']')
		w->s += w->s[0] == '\\' && w->s[1] ? 2 : 1;
	if (*w->s)
		w->s++;
	else
		w->lost = true;
}

static void alternation(struct walker *w, struct literals *out,
	struct literals *starts, int depth);

/* Steps over a group whose content does not count. */
static void skip_group(struct walker *w, int depth)
{
	struct literals *unused = literals_new();

	alternation(w, unused, NULL, depth + 1);
	free(unused);
	if (*w->s == ')')
		w->s++;
	else
		w->lost = true;
}

/* At "(": reads the group's head. False if its content does not count. */
static bool group_open(struct walker *w)
{
	const char *s = ++w->s;
	const char *close;

	if (*s != '?')
		return true;
	if (s[1] == ':') {
		w->s += 2;
		return true;
	}
	if ((s[1] == 'P' && s[2] == '<') ||
		(s[1] == '<' && s[2] != '=' && s[2] != '!')) {
		close = strchr(s, '>');
		w->lost |= !close;
		w->s = close ? close + 1 : s + strlen(s);
		return true;
	}
	if (s[1] == '=' || s[1] == '!' || s[1] == '>') {
		w->s += 2;
		return s[1] == '>';
	}
	if (s[1] == '<') {
		w->s += 3;
		return false;
	}
	/* Flags, conditions, comments, back references: not read. */
	w->lost = true;
	return false;
}

/* An escape at w->s: true and *c set if it stands for one character. */
static bool escape(struct walker *w, char *c)
{
	char e = w->s[1];

	if (!e) {
		w->lost = true;
		return false;
	}
	w->s += 2;
	if (!isalnum((unsigned char)e)) {
		*c = e;
		return true;
	}
	if (!strchr("dDsSwWbBAz", e))
		w->lost = true;
	return false;
}

/* "invalid (?:input|name)" holds "invalid input" or "invalid name". */
static void keep_joined(const struct run *before, const struct literals *starts,
	struct literals *best)
{
	struct literals *joined = literals_new();

	if (before->n > 0)
		joined->n = starts->n;
	for (size_t i = 0; i < joined->n; i++) {
		size_t n = starts->items[i].n, more = LITERAL_TEXT - n;
		char *to = joined->items[i].text;

		if (more > before->n)
			more = before->n;
		memcpy(to, before->text + before->n - more, more);
		memcpy(to + more, starts->items[i].text, n);
		joined->items[i].n = more + n;
	}
	keep_better(best, joined);
	free(joined);
}

static void group(
	struct walker *w, struct run *run, struct literals *best, int depth)
{
	struct literals *inner, *starts;
	struct run before = *run;
	bool any;

	run_end(run, best);
	if (!group_open(w)) {
		if (!w->lost)
			skip_group(w, depth);
		quantifier(w, &any);
		return;
	}
	inner = literals_new();
	starts = literals_new();
	alternation(w, inner, starts, depth + 1);
	if (*w->s == ')')
		w->s++;
	else
		w->lost = true;
	if (quantifier(w, &any) > 0) {
		keep_better(best, inner);
		keep_joined(&before, starts, best);
	}
	free(inner);
	free(starts);
}

/* The run that a branch begins with joins what others begin with. */
static void starts_add(
	struct literals *starts, const struct run *run, bool *all)
{
	size_t n = run->n < LITERAL_TEXT ? run->n : LITERAL_TEXT;

	if (n == 0 || run->cut || starts->n == LITERALS_MOST)
		*all = false;
	if (!*all)
		return;
	memcpy(starts->items[starts->n].text, run->text, n);
	starts->items[starts->n++].n = n;
}

/* One branch: everything up to "|", ")" or the end. *first is the literal
 * that it begins with. */
static void sequence(
	struct walker *w, struct literals *best, struct run *first, int depth)
{
	struct run run = {.n = 0};
	unsigned long least;
	bool any, one, begun = false;

	while (*w->s && *w->s != '|' && *w->s != ')' && !w->lost) {
		char c = *w->s;

		one = false;
		if (c == '(') {
			if (!begun)
				*first = run;
			begun = true;
			group(w, &run, best, depth);
			continue;
		}
		if (c == '[')
			skip_class(w);
		else if (c == '\\')
			one = escape(w, &c);
		else {
			one = !strchr(".^$", c) && !((unsigned char)c & 0x80);
			w->s++;
		}
		least = quantifier(w, &any);
		if (one && least > 0)
			run_add(&run, best, c);
		if (!one || any) {
			if (!begun)
				*first = run;
			begun = true;
			run_end(&run, best);
		}
	}
	if (!begun)
		*first = run;
	run_end(&run, best);
}

static void alternation(struct walker *w, struct literals *out,
	struct literals *starts, int depth)
{
	struct literals *branch = literals_new();
	bool required = true, all = starts;

	if (depth > DEPTH_MOST)
		w->lost = true;
	for (;;) {
		struct run first = {.n = 0};

		branch->n = 0;
		sequence(w, branch, &first, depth);
		if (all)
			starts_add(starts, &first, &all);
		if (branch->n == 0 || out->n + branch->n > LITERALS_MOST)
			required = false;
		for (size_t i = 0; required && i < branch->n; i++)
			out->items[out->n++] = branch->items[i];
		if (*w->s != '|' || w->lost)
			break;
		w->s++;
	}
	if (!required || w->lost)
		out->n = 0;
	if (starts && (!all || w->lost))
		starts->n = 0;
	free(branch);
}

void literals_find(const char *regex, struct literals *out)
{
	struct walker w = {.s = regex};

	out->n = 0;
	/* Flags before the rest of a regex change what letters mean. */
	if (strstr(regex, "(?i") || strstr(regex, "(?x") ||
		strstr(regex, "(?s") || strstr(regex, "(?m"))
		return;
	alternation(&w, out, NULL, 0);
	if (w.lost || *w.s)
		out->n = 0;
}

struct literals *literals_of(const char *regex)
{
	struct literals *l = literals_new(), *kept;

	literals_find(regex, l);
	kept = realloc(l, used(l));
	return kept ? kept : l;
}
