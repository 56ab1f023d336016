/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every failregex of a filter on every line, with the groups of each match
 * gathered as fail2ban gathers them: over the lines of a connection
 * (<F-MLFID>), over the last few lines (maxlines), with the prefregex's own.
 * It only tells; what it takes for an address bans nobody.
 */
#include "cli/fail2ban/regextest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexid.h"
#include "cli/fail2ban/regexlines.h"
#include "cli/fail2ban/regexsession.h"
#include "filters/dates.h"
#include "filters/pyregex.h"

#define GROUPS_MOST 128

void regextest_init(struct regextest *t)
{
	*t = (struct regextest){.maxlines = 1, .names = true};
	t->buffer = json_array();
	t->sessions = json_object();
	t->date.last_text = json_string("");
}

static void row_deinit(struct regextest_row *row)
{
	free(row->text);
	free(row->shown);
	regex_free(&row->regex);
	json_decref(row->found);
}

static void rows_deinit(struct regextest_rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		row_deinit(&rows->items[i]);
	free(rows->items);
}

void regextest_deinit(struct regextest *t)
{
	rows_deinit(&t->fail);
	rows_deinit(&t->ignore);
	row_deinit(&t->pref);
	dates_free(&t->date.dates);
	json_decref(t->buffer);
	json_decref(t->sessions);
	json_decref(t->date.last_text);
	json_decref(t->pref_groups);
	free(t->now);
}

/* Makes row of a text; NULL, or what is wrong. */
static char *row_init(const struct regextest *t, struct regextest_row *row,
	const char *text, bool multiline)
{
	const char *cause = NULL;
	char why[256] = "", *translated, *whole, *said = NULL;

	*row = (struct regextest_row){.text = strdup(text),
		.shown = pytext_regex(text, t->names),
		.found = json_array()};
	if (!row->shown[strspn(row->shown, " \t\n\v\f\r")])
		return strdup("Cannot add empty regex");
	translated = pyregex_translate(text, t->names, &cause);
	if (translated) {
		if (asprintf(&whole, "%s%s", multiline ? "(?m)" : "",
			    translated) < 0)
			abort();
		row->regex = regex_new(whole, why, sizeof(why));
		cause = why;
		free(whole);
	}
	free(translated);
	if (!row->regex &&
		asprintf(&said,
			"Unable to compile regular expression '%s':\n%s",
			row->shown, cause) < 0)
		abort();
	return said;
}

static struct regextest_row *rows_add(struct regextest_rows *rows)
{
	rows->items =
		reallocarray(rows->items, rows->n + 1, sizeof(*rows->items));
	if (!rows->items)
		abort();
	return &rows->items[rows->n++];
}

/* Somebody, or a connection; or it makes those behind it doubted or excused,
 * which fail2ban has not. */
static bool names_someone(const struct regex *regex)
{
	static const char *const ids[] = {GROUP_ID, GROUP_IP4, GROUP_IP6,
		GROUP_DNS, GROUP_MLFID, GROUP_SPILL, GROUP_FAULT};

	for (size_t i = 0; regex && i < sizeof(ids) / sizeof(*ids); i++)
		if (regex_has_group(regex, ids[i]))
			return true;
	return false;
}

char *regextest_fail(struct regextest *t, const char *text)
{
	struct regextest_row *row = rows_add(&t->fail);
	char *said = row_init(t, row, text, t->maxlines > 1);

	if (!said && !names_someone(row->regex) &&
		!names_someone(t->pref.regex) &&
		asprintf(&said, "No failure-id group in '%s'", row->shown) < 0)
		abort();
	return said;
}

char *regextest_ignore(struct regextest *t, const char *text)
{
	return row_init(t, rows_add(&t->ignore), text, false);
}

char *regextest_pref(struct regextest *t, const char *text)
{
	row_deinit(&t->pref);
	return row_init(t, &t->pref, text, false);
}

/* <F-ALT_USER_1> fills <F-USER> when that is empty. */
static void put_alternatives(json_t *groups)
{
	json_t *copy = json_copy(groups), *value;
	const char *key;

	json_object_foreach(copy, key, value)
	{
		char name[64];
		size_t n;

		if (strncmp(key, GROUP_ALT, strlen(GROUP_ALT)) != 0)
			continue;
		snprintf(name, sizeof(name), "%s", key + strlen(GROUP_ALT));
		n = strlen(name);
		while (n > 0 && isdigit((unsigned char)name[n - 1]))
			n--;
		if (name[n] && n > 0 && name[n - 1] == '_')
			name[n - 1] = '\0';
		if (!strcmp(name, "id") || !strcmp(name, "port"))
			memmove(name + 1, name, strlen(name) + 1),
				name[0] = 'f';
		if (regexsession_holds(copy, key) &&
			!regexsession_holds(groups, name))
			json_object_set(groups, name, value);
	}
	json_decref(copy);
}

/* All named groups of a match, in the order of the regex. */
static json_t *groups_of(const struct regex *regex)
{
	const char *by_number[GROUPS_MOST] = {NULL}, *name;
	json_t *groups = json_object();
	struct regex_span span;
	int number;

	for (size_t i = 0; (number = regex_named(regex, i, &name)) > 0; i++)
		if (number < GROUPS_MOST)
			by_number[number] = name;
	for (int i = 1; i < GROUPS_MOST; i++) {
		if (!by_number[i])
			continue;
		span = regex_numbered(regex, i);
		json_object_set_new(groups, by_number[i],
			span.text ? json_stringn_nocheck(span.text, span.n)
				  : json_null());
	}
	put_alternatives(groups);
	return groups;
}

static bool searched(struct regex *regex, const struct regexlines_text *in)
{
	return regex_search(regex, in->text, in->n, in->ascii) == REGEX_MATCH;
}

/* Does an ignoreregex match? rest replaces the buffer if one does. */
static bool is_ignored(
	struct regextest *t, const struct regexlines_text *in, json_t *rest)
{
	bool found = false;

	for (size_t i = 0; i < t->ignore.n; i++) {
		if (!searched(t->ignore.items[i].regex, in))
			continue;
		found = t->ignored = true;
		t->ignore.items[i].hits++;
		if (rest && (!t->all || t->maxlines > 1)) {
			json_decref(t->buffer);
			t->buffer = json_copy(rest);
		}
		if (!t->all)
			break;
	}
	return found;
}

/* One more of what was found. */
static void found_add(json_t *found, size_t regex, json_t *id,
	struct regexdate_moment at, json_t *fail)
{
	json_array_append_new(
		found, json_pack("{s:I, s:o, s:o, s:O}", "regex",
			       (json_int_t)regex, "id", id, "time",
			       !at.dated  ? json_null()
			       : at.whole ? json_integer((json_int_t)at.date)
					  : json_real(at.date),
			       "fail", fail));
}

/* A match of the i-th failregex; false if no other is to be tried. */
static bool take_match(struct regextest *t, size_t i, const json_t *lines,
	json_t *groups, struct regexdate_moment at, json_t *found)
{
	const char *session =
		json_string_value(json_object_get(groups, "mlfid"));
	json_t *ids, *id, *fail = groups;
	bool go_on = t->all;
	size_t n;

	if (session) {
		fail = regexsession_merge(t->sessions, session, fail, lines);
		if (regexsession_holds(fail, "nofail") && !t->all) {
			json_decref(fail);
			return false;
		}
	} else {
		regexsession_lines(fail, "matches",
			regexsession_take(fail, "matches"), lines);
	}
	ids = regexid_find(fail, t->raw, t->resolve);
	if (!ids && !session && !json_object_get(fail, GROUP_SPILL) &&
		!json_object_get(fail, GROUP_FAULT)) { /* names nobody after
							  all: the next one */
		json_decref(fail);
		return true;
	}
	if (!ids) {
		json_object_set_new(fail, "mlfpending", json_integer(1));
		if (!t->all && t->waits) {
			json_decref(fail);
			return false;
		}
		ids = json_pack("[n]");
	}
	if (t->all && session) {
		json_t *copy = json_copy(fail);

		json_decref(fail);
		fail = copy;
	}
	json_array_foreach (ids, n, id) {
		found_add(found, i, json_incref(id), at, fail);
	}
	json_decref(ids);
	json_decref(fail);
	return go_on;
}

/* The failregex on a text that is of lines; groups are the prefregex's. */
static void try_all(struct regextest *t, struct regexlines_text *in,
	const json_t *lines, const json_t *pref, struct regexdate_moment at,
	json_t *found)
{
	bool go_on = true, moved = false;

	for (size_t i = 0; go_on && i < t->fail.n; i++) {
		struct regex *regex = t->fail.items[i].regex;
		json_t *matched, *rest, *groups, *all;
		struct regexlines_text own = *in;

		if (moved) {
			free(in->text);
			regexlines_text(in, t->buffer);
			moved = false;
		}
		if (!searched(regex, in))
			continue;
		matched = regexlines_matched(regex, in, lines, &rest);
		groups = groups_of(regex);
		own = *in;
		if (t->maxlines > 1)
			regexlines_text(&own, matched);
		if (is_ignored(t, &own, rest)) {
			moved = true;
			go_on = t->all;
			json_decref(groups);
		} else {
			if (!t->all || t->maxlines > 1) {
				json_decref(t->buffer);
				t->buffer = json_incref(rest);
				moved = true;
			}
			all = pref ? json_copy((json_t *)pref) : json_object();
			json_object_update(all, groups);
			json_decref(groups);
			go_on = take_match(t, i, matched, all, at, found);
		}
		if (t->maxlines > 1)
			free(own.text);
		json_decref(matched);
		json_decref(rest);
	}
}

static void find_failures(struct regextest *t, json_t *line,
	struct regexdate_moment at, json_t *found)
{
	json_t *lines, *pref = NULL, *content = NULL;
	struct regexlines_text in;

	if (t->maxlines > 1) {
		json_array_append(t->buffer, line);
		while (json_array_size(t->buffer) > t->maxlines)
			json_array_remove(t->buffer, 0);
	} else {
		json_array_clear(t->buffer);
		json_array_append(t->buffer, line);
	}
	lines = json_copy(t->buffer);
	regexlines_text(&in, lines);
	if (t->ignore.n + 2 < t->fail.n && is_ignored(t, &in, NULL))
		goto end;
	if (t->pref.regex) {
		t->pref_matched = searched(t->pref.regex, &in);
		if (!t->pref_matched)
			goto end;
		json_decref(t->pref_groups);
		t->pref_groups = groups_of(t->pref.regex);
		pref = json_copy(t->pref_groups);
		content = regexsession_take(pref, GROUP_CONTENT);
		if (json_string_length(content)) {
			json_decref(t->buffer);
			t->buffer = json_pack("[[s, s, O]]", "", "", content);
			free(in.text);
			regexlines_text(&in, t->buffer);
		}
	}
	try_all(t, &in, lines, pref, at, found);
end:
	json_decref(content);
	json_decref(pref);
	json_decref(lines);
	free(in.text);
}

json_t *regextest_line(struct regextest *t, const char *text, size_t n)
{
	json_t *found = json_array(), *line;
	struct regexdate_moment at;
	size_t len;

	t->ignored = t->pref_matched = false;
	line = regexdate_cut(&t->date, text, n, &at);
	find_failures(t, line, at, found);
	free(t->now);
	t->now = regexlines_joined(line, false, &len);
	json_decref(line);
	return found;
}
