/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every failregex of a filter on every line, with the groups of each match
 * gathered as fail2ban gathers them: over the lines of a connection
 * (<F-MLFID>), over the last few lines (maxlines), with the prefregex's own.
 * It only tells; what it takes for an address bans nobody.
 */
#include "cli/regextest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/pytext.h"
#include "cli/regexid.h"
#include "filters/pyregex.h"
#include "lib/clock.h"

#define SESSIONS_MOST 100
#define GROUPS_MOST 128
#define SAME_MOMENT 60

void regextest_init(struct regextest *t)
{
	*t = (struct regextest){.maxlines = 1, .names = true};
	t->buffer = json_array();
	t->sessions = json_object();
	t->last_text = json_string("");
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
	dates_free(&t->dates);
	json_decref(t->buffer);
	json_decref(t->sessions);
	json_decref(t->last_text);
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

static bool names_someone(const struct regex *regex)
{
	static const char *const ids[] = {
		GROUP_ID, GROUP_IP4, GROUP_IP6, GROUP_DNS, GROUP_MLFID};

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

/* Python's idea of what is true. */
static bool holds(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	if (json_is_string(v))
		return json_string_length(v) > 0;
	if (json_is_array(v))
		return json_array_size(v) > 0;
	return v && !json_is_null(v);
}

/* Takes a key out of an object: its value, to be given back, or NULL. */
static json_t *take(json_t *object, const char *key)
{
	json_t *v = json_incref(json_object_get(object, key));

	json_object_del(object, key);
	return v;
}

static bool take_held(json_t *object, const char *key)
{
	bool held = holds(object, key);

	json_object_del(object, key);
	return held;
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
		if (holds(copy, key) && !holds(groups, name))
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

char *regextest_joined(const json_t *line, bool date, size_t *n)
{
	size_t len = 0, room = 1;
	char *text;

	for (size_t i = 0; i < 3; i++)
		room += json_string_length(json_array_get(line, i));
	text = malloc(room);
	if (!text)
		abort();
	for (size_t i = 0; i < 3; i += date ? 1 : 2) {
		const json_t *part = json_array_get(line, i);
		size_t part_n = json_string_length(part);

		memcpy(text + len, json_string_value(part), part_n);
		len += part_n;
	}
	text[len] = '\0';
	*n = len;
	return text;
}

/* The text that a regex sees of some lines, a newline behind each. */
struct text {
	char *text;
	size_t n;
	bool ascii;
};

static void text_of(struct text *out, const json_t *lines)
{
	const json_t *line;
	FILE *to = open_memstream(&out->text, &out->n);
	size_t i, n;

	if (!to)
		abort();
	json_array_foreach (lines, i, line) {
		char *joined = regextest_joined(line, false, &n);

		fwrite(joined, 1, n, to);
		putc('\n', to);
		free(joined);
	}
	if (!json_array_size(lines))
		putc('\n', to);
	if (fclose(to))
		abort();
	out->ascii = true;
	for (i = 0; i < out->n; i++)
		out->ascii &= (unsigned char)out->text[i] < 0x80;
}

static size_t newlines(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += text[i] == '\n';
	return count;
}

/* Those of lines that a match skipped go from in to out. */
static void move_skipped(const struct regex *regex, json_t *in, json_t *out)
{
	struct regex_span span;
	size_t from = 0, n;
	char name[24];

	for (int i = 0;; i++) {
		const char *at, *end;

		snprintf(name, sizeof(name), GROUP_SKIPPED "%d", i);
		if (!regex_has_group(regex, name))
			return;
		span = regex_group(regex, name);
		for (at = span.text; at && at < span.text + span.n;
			at = end + 1) {
			end = memchr(
				at, '\n', (size_t)(span.text + span.n - at));
			for (size_t m = from; m < json_array_size(in); m++) {
				json_t *line = json_array_get(in, m);
				char *text = regextest_joined(line, false, &n);
				bool same = n == (size_t)(end - at) &&
					    !memcmp(text, at, n);

				free(text);
				if (!same)
					continue;
				json_array_append(out, line);
				json_array_remove(in, m);
				from = m;
				break;
			}
		}
	}
}

/* The lines that the last match covers, and in *rest all others. */
static json_t *matched_lines(const struct regex *regex, const struct text *in,
	const json_t *lines, json_t **rest)
{
	struct regex_span all = regex_numbered(regex, 0);
	size_t from = (size_t)(all.text - in->text), to = from + all.n, i;
	json_t *matched = json_array(), *line;
	const char *end;

	*rest = json_array();
	if (json_array_size(lines) <= 1) {
		json_array_extend(matched, (json_t *)lines);
		return matched;
	}
	from += from < in->n;
	while (from > 0 && in->text[from - 1] != '\n')
		from--;
	to -= to > 0;
	end = memchr(in->text + to, '\n', in->n - to);
	to = newlines(in->text, end ? (size_t)(end - in->text) + 1 : in->n);
	from = newlines(in->text, from);
	json_array_foreach (lines, i, line) {
		json_array_append(i >= from && i < to ? matched : *rest, line);
	}
	move_skipped(regex, matched, *rest);
	return matched;
}

static bool searched(struct regex *regex, const struct text *in)
{
	return regex_search(regex, in->text, in->n, in->ascii) == REGEX_MATCH;
}

/* Does an ignoreregex match? rest replaces the buffer if one does. */
static bool is_ignored(struct regextest *t, const struct text *in, json_t *rest)
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

static json_t *users_add(json_t *fail, const json_t *user)
{
	json_t *users = json_object_get(fail, "users"), *item;
	size_t i;

	if (!json_string_length(user))
		return users;
	if (!users) {
		users = json_array();
		json_object_set_new(fail, "users", users);
	}
	json_array_foreach (users, i, item) {
		if (json_equal(item, user))
			return users;
	}
	json_array_append(users, (json_t *)user);
	return users;
}

static void session_keep(struct regextest *t, const char *id, json_t *fail)
{
	if (json_object_size(t->sessions) >= SESSIONS_MOST)
		json_object_del(t->sessions,
			json_object_iter_key(json_object_iter(t->sessions)));
	json_object_set(t->sessions, id, fail);
}

/* What is of the session stays in it; what fail has and is set is put over. */
static void session_update(json_t *session, const json_t *fail)
{
	json_t *value;
	const char *key;

	json_object_foreach((json_t *)fail, key, value)
	{
		if (!json_is_null(value))
			json_object_set(session, key, value);
	}
}

static void append_lines(
	json_t *fail, const char *key, json_t *before, const json_t *lines)
{
	json_t *all = before ? before : json_array();

	if (lines)
		json_array_extend(all, (json_t *)lines);
	json_object_set_new(fail, key, all);
}

static void session_matches(json_t *fail, const json_t *lines, bool nofail,
	bool gained, bool forget)
{
	json_t *all;

	if (nofail && forget)
		return;
	if (nofail) {
		all = json_copy(json_object_get(fail, "nofail-matches"));
		append_lines(fail, "nofail-matches", all, lines);
		return;
	}
	all = take(fail, "nofail-matches");
	if (!all)
		all = json_array();
	json_array_extend(all, json_object_get(fail, "matches"));
	append_lines(fail, "matches", all, gained ? NULL : lines);
}

/*
 * A match of a connection together with what earlier lines of it said. Takes
 * fail and returns what is to be told, to be given back.
 */
static json_t *session_merge(
	struct regextest *t, const char *id, json_t *fail, const json_t *lines)
{
	json_t *session = json_object_get(t->sessions, id), *users = NULL;
	bool gained = holds(fail, "mlfgained"), nofail, forget, had = false;
	bool pending;

	nofail = gained || holds(fail, "nofail");
	if (gained && !holds(fail, "nofail"))
		json_object_set(
			fail, "nofail", json_object_get(fail, "mlfgained"));
	forget = take_held(fail, "mlfforget");
	if (session) {
		users = users_add(session, json_object_get(fail, "user"));
		had |= take_held(session, "nofail");
		had |= take_held(session, "mlfgained");
		if (gained)
			json_object_del(session, "mlfpending");
		if (!had && !holds(session, "mlfpending"))
			json_object_del(session, "matches");
		session_update(session, fail);
		json_decref(fail);
		fail = json_incref(session);
		if (forget)
			json_object_del(t->sessions, id);
	} else if (!forget) {
		users = users_add(fail, json_object_get(fail, "user"));
		session_keep(t, id, fail);
	}
	pending = take_held(fail, "mlfpending");
	if (pending || json_array_size(users) > 1) {
		json_object_del(fail, "nofail");
		json_object_del(fail, "mlfgained");
		nofail = gained = false;
	}
	session_matches(fail, lines, nofail, gained, forget);
	return fail;
}

struct moment {
	double date;
	bool dated;
	bool whole; /* Python has an int of it */
};

/* One more of what was found. */
static void found_add(
	json_t *found, size_t regex, json_t *id, struct moment at, json_t *fail)
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
	json_t *groups, struct moment at, json_t *found)
{
	const char *session =
		json_string_value(json_object_get(groups, "mlfid"));
	json_t *ids, *id, *fail = groups;
	bool go_on = t->all;
	size_t n;

	if (session) {
		fail = session_merge(t, session, fail, lines);
		if (holds(fail, "nofail") && !t->all) {
			json_decref(fail);
			return false;
		}
	} else {
		append_lines(fail, "matches", take(fail, "matches"), lines);
	}
	ids = regexid_find(fail, t->raw, t->resolve);
	if (!ids && !session) { /* names nobody after all: the next one */
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
static void try_all(struct regextest *t, struct text *in, const json_t *lines,
	const json_t *pref, struct moment at, json_t *found)
{
	bool go_on = true, moved = false;

	for (size_t i = 0; go_on && i < t->fail.n; i++) {
		struct regex *regex = t->fail.items[i].regex;
		json_t *matched, *rest, *groups, *all;
		struct text own = *in;

		if (moved) {
			free(in->text);
			text_of(in, t->buffer);
			moved = false;
		}
		if (!searched(regex, in))
			continue;
		matched = matched_lines(regex, in, lines, &rest);
		groups = groups_of(regex);
		own = *in;
		if (t->maxlines > 1)
			text_of(&own, matched);
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

static void find_failures(
	struct regextest *t, json_t *line, struct moment at, json_t *found)
{
	json_t *lines, *pref = NULL, *content = NULL;
	struct text in;

	if (t->maxlines > 1) {
		json_array_append(t->buffer, line);
		while (json_array_size(t->buffer) > t->maxlines)
			json_array_remove(t->buffer, 0);
	} else {
		json_array_clear(t->buffer);
		json_array_append(t->buffer, line);
	}
	lines = json_copy(t->buffer);
	text_of(&in, lines);
	if (t->ignore.n + 2 < t->fail.n && is_ignored(t, &in, NULL))
		goto end;
	if (t->pref.regex) {
		t->pref_matched = searched(t->pref.regex, &in);
		if (!t->pref_matched)
			goto end;
		json_decref(t->pref_groups);
		t->pref_groups = groups_of(t->pref.regex);
		pref = json_copy(t->pref_groups);
		content = take(pref, GROUP_CONTENT);
		if (json_string_length(content)) {
			json_decref(t->buffer);
			t->buffer = json_pack("[[s, s, O]]", "", "", content);
			free(in.text);
			text_of(&in, t->buffer);
		}
	}
	try_all(t, &in, lines, pref, at, found);
end:
	json_decref(content);
	json_decref(pref);
	json_decref(lines);
	free(in.text);
}

/* Is it a number of seconds, as which alone a date keeps its fraction? */
static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789.")] == '\0';
}

/* "...Z", "...+0100", "...+01:00", "... UTC": the date tells its zone. */
static bool has_zone(const char *text)
{
	size_t n = strlen(text), digits = 0;

	if (n > 3 && (text[n - 1] == 'Z' || !strcmp(text + n - 3, "UTC") ||
			     !strcmp(text + n - 3, "GMT")))
		return true;
	while (n > 0 && (text[n - 1] == ':' ||
				(text[n - 1] >= '0' && text[n - 1] <= '9'))) {
		digits += text[n - 1] != ':';
		n--;
	}
	return n > 8 && strchr("+-", text[n - 1]) && digits > 1 && digits < 5 &&
	       strchr(text, ':') < text + n;
}

/* The moment as fail2ban has it: no fraction but of a number of seconds. */
static struct moment moment_of(
	const struct regextest *t, int64_t us, const char *text)
{
	struct moment at = {.dated = true};

	at.date = (double)(us / CLOCK_SECOND);
	if (is_number(text))
		at.date = (double)us / (double)CLOCK_SECOND;
	else
		at.whole = t->zone || *text == '@' || has_zone(text);
	return at;
}

static bool is_ascii(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

/* dates_find in the zone that was asked for. */
static bool find_date(
	struct regextest *t, const char *text, size_t n, struct date_found *out)
{
	char *kept = t->zone && getenv("TZ") ? strdup(getenv("TZ")) : NULL;
	bool found;

	if (t->zone) {
		setenv("TZ", t->zone, 1);
		tzset();
	}
	found = dates_find(t->dates, text, n, is_ascii(text, n), out);
	if (t->zone) {
		if (kept)
			setenv("TZ", kept, 1);
		else
			unsetenv("TZ");
		tzset();
	}
	free(kept);
	return found;
}

/* Cuts the date out: the line as [before, date, behind]. */
static json_t *cut_date(
	struct regextest *t, const char *text, size_t n, struct moment *at)
{
	double now = (double)clock_wall() / (double)CLOCK_SECOND;
	bool known = t->last_date > now - SAME_MOMENT;
	struct date_found f = {0};
	bool found;
	json_t *line;

	*at = (struct moment){0};
	found = find_date(t, text, n, &f);
	if (!found)
		f = (struct date_found){0};
	line = json_pack("[s%, s%, s%]", text, f.cut_start, text + f.cut_start,
		f.cut_end - f.cut_start, text + f.cut_end, n - f.cut_end);
	if (f.cut_end > f.cut_start && f.time) {
		json_decref(t->last_text);
		t->last_text = json_incref(json_array_get(line, 1));
		*at = moment_of(t, f.time, json_string_value(t->last_text));
		t->last_date = at->date;
		return line;
	}
	if (known) {
		json_decref(line);
		line = json_pack("[s, O, s%]", "", t->last_text, text, n);
		at->dated = true;
		at->date = t->last_date;
	} else if (found && f.cut_end == f.cut_start) {
		at->dated = true;
		at->date = now;
	}
	return line;
}

json_t *regextest_line(struct regextest *t, const char *text, size_t n)
{
	json_t *found = json_array(), *line;
	struct moment at;
	size_t len;

	t->ignored = t->pref_matched = false;
	line = cut_date(t, text, n, &at);
	find_failures(t, line, at, found);
	free(t->now);
	t->now = regextest_joined(line, false, &len);
	json_decref(line);
	return found;
}
