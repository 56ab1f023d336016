/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled filter and its verdict on a line. An address is taken from the
 * group that the regex names for it and from nowhere else, and only if the
 * whole group is one well-formed address.
 */
#include "filters/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/groups.h"
#include "filters/linebuffer.h"
#include "filters/pyregex.h"
#include "filters/regex.h"
#include "filters/sessions.h"

/* No connection lasts for more attempts. */
#define ATTEMPTS_MOST 1000000
/* What a client's text spills into the lines behind it is logged at once; a
 * file's dates know no less than seconds. */
#define SPILL_TIME INT64_C(1000000)

struct rule {
	struct regex *regex;
	struct groups groups;
	struct literals *literals;
};

struct filter {
	struct arena *arena; /* of file */
	struct filterfile file;
	struct regex *prefregex;
	struct groups pref_groups;
	struct datecut *dates;	   /* NULL: lines come with their time */
	struct linebuffer *lines;  /* NULL: one line at a time */
	char name[SESSION_NAME];   /* whom the last of several lines named */
	struct sessions *sessions; /* NULL: no <F-MLFID> */
	struct rule *fail;
	size_t fail_n;
	struct regex **ignore;
	size_t ignore_n;
	bool has_spill; /* some failregex has <F-SPILL> */
	bool spilled;
	int64_t spilled_at; /* the line's time, if so */
	struct filter_counts counts;
};

/* With maxlines, "^" and "$" are those of each line. */
static struct regex *compile_text(
	const char *text, bool multiline, char *why, size_t room)
{
	struct regex *regex;
	char *whole;

	if (!multiline)
		return regex_new(text, why, room);
	if (asprintf(&whole, "(?m)%s", text) < 0)
		abort();
	regex = regex_new(whole, why, room);
	free(whole);
	return regex;
}

/* A row of a file to a compiled regex; *translated is freed by the caller. */
static struct regex *compile_row(const struct filter_row *row, const char *key,
	const struct filterfile *file, char **translated, struct err *err)
{
	const char *cause = NULL;
	char why[256];
	struct regex *regex;

	*translated = pyregex_translate(row->text, file->names, &cause);
	if (!*translated) {
		err_fault(err, row->file, row->line, "%s: %s: %s", key, cause,
			row->text);
		return NULL;
	}
	regex = compile_text(*translated, file->maxlines > 1, why, sizeof(why));
	if (!regex)
		err_fault(err, row->file, row->line, "%s: %s: %s", key, why,
			row->text);
	return regex;
}

static bool names_someone(const struct groups *g)
{
	return groups_has(g, OF_HOST) || groups_has(g, OF_ID) ||
	       groups_has(g, OF_MLFID);
}

static void compile_prefregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	char *text;

	if (!file->prefregex.text)
		return;
	filter->prefregex =
		compile_row(&file->prefregex, "prefregex", file, &text, err);
	free(text);
	if (filter->prefregex)
		groups_find(filter->prefregex, &filter->pref_groups);
}

static void compile_failregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	filter->fail = calloc(file->failregex_n, sizeof(*filter->fail));
	if (!filter->fail)
		abort();
	for (size_t i = 0; i < file->failregex_n; i++) {
		const struct filter_row *row = &file->failregex[i];
		struct rule *rule = &filter->fail[filter->fail_n];
		char *text;

		rule->regex = compile_row(row, "failregex", file, &text, err);
		if (rule->regex) {
			filter->fail_n++;
			rule->literals = literals_of(text);
			groups_find(rule->regex, &rule->groups);
			filter->has_spill |=
				groups_has(&rule->groups, OF_SPILL);
			if (!names_someone(&rule->groups) &&
				!names_someone(&filter->pref_groups) &&
				!groups_has(&rule->groups, OF_NOFAIL))
				err_fault(err, row->file, row->line,
					"failregex: names no address; put "
					"<HOST> where it stands: %s",
					row->text);
		}
		free(text);
	}
}

static void compile_ignoreregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	filter->ignore =
		calloc(file->ignoreregex_n + 1, sizeof(*filter->ignore));
	if (!filter->ignore)
		abort();
	for (size_t i = 0; i < file->ignoreregex_n; i++) {
		char *text;
		struct regex *regex = compile_row(
			&file->ignoreregex[i], "ignoreregex", file, &text, err);

		if (regex)
			filter->ignore[filter->ignore_n++] = regex;
		free(text);
	}
}

static void compile_dates(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	char why[256];

	if (file->journal)
		return;
	filter->dates = datecut_new(file->datepattern, why, sizeof(why));
	if (!filter->dates)
		err_fault(err, file->datepattern_row.file,
			file->datepattern_row.line, "datepattern: %s: %s", why,
			file->datepattern);
}

static bool has_sessions(const struct filter *filter)
{
	bool has = groups_has(&filter->pref_groups, OF_MLFID);

	for (size_t i = 0; i < filter->fail_n; i++)
		has |= groups_has(&filter->fail[i].groups, OF_MLFID);
	return has;
}

struct filter *filter_new(const struct filter_spec *spec, const char *confdir,
	const char *datadir, struct err *err)
{
	struct filter *filter = calloc(1, sizeof(*filter));
	size_t faults = err->faults;
	struct filterfile *file;

	if (!filter)
		abort();
	filter->arena = arena_new();
	file = &filter->file;
	if (filterfile_read(file, spec, confdir, datadir, filter->arena, err)) {
		compile_prefregex(filter, file, err);
		compile_failregex(filter, file, err);
		compile_ignoreregex(filter, file, err);
		compile_dates(filter, file, err);
		if (file->maxlines > 1)
			filter->lines = linebuffer_new((size_t)file->maxlines);
		if (has_sessions(filter))
			filter->sessions = sessions_new();
	}
	if (err->faults != faults)
		filter_free(&filter);
	return filter;
}

void filter_free(struct filter **filter)
{
	struct filter *f = *filter;

	if (!f)
		return;
	regex_free(&f->prefregex);
	for (size_t i = 0; i < f->fail_n; i++) {
		regex_free(&f->fail[i].regex);
		free(f->fail[i].literals);
	}
	for (size_t i = 0; i < f->ignore_n; i++)
		regex_free(&f->ignore[i]);
	free(f->fail);
	free(f->ignore);
	datecut_free(&f->dates);
	linebuffer_free(&f->lines);
	sessions_free(&f->sessions);
	arena_free(&f->arena);
	free(f);
	*filter = NULL;
}

size_t filter_regexes(const struct filter *filter)
{
	return filter->fail_n;
}

const struct literals *filter_literals(const struct filter *filter, size_t i)
{
	return filter->fail[i].literals;
}

const char *filter_regex_text(const struct filter *filter, size_t i)
{
	return filter->file.failregex[i].text;
}

const char *filter_journalmatch(const struct filter *filter)
{
	return filter->file.journalmatch;
}

const struct filterfile *filter_file(const struct filter *filter)
{
	return &filter->file;
}

const struct filter_counts *filter_counts(const struct filter *filter)
{
	return &filter->counts;
}

bool filter_wants_all(const struct filter *filter)
{
	return filter->lines ||
	       (filter->dates && datecut_kind(filter->dates) == DATECUT_OWN);
}

enum datecut_kind filter_datecut(const struct filter *filter)
{
	return filter->dates ? datecut_kind(filter->dates) : DATECUT_OWN;
}

bool filter_keeps_state(const struct filter *filter)
{
	return filter->sessions || filter->lines || filter->has_spill;
}

bool filter_may_follow(struct filter *filter, const char *head, size_t n)
{
	if (filter_wants_all(filter))
		return true;
	if (filter->prefregex)
		return regex_may_follow(filter->prefregex, head, n);
	for (size_t i = 0; i < filter->fail_n; i++)
		if (regex_may_follow(filter->fail[i].regex, head, n))
			return true;
	return false;
}

/*
 * Counts a search that was given up and turns it into a miss. A line that was
 * cut does not end where its text does: who can write so much could choose
 * what the last of it is.
 */
static bool matches(struct filter *filter, struct regex *regex,
	const struct filter_subject *s)
{
	enum regex_result r =
		s->line->cut_short
			? regex_search_cut(regex, s->text, s->n, s->ascii)
			: regex_search(regex, s->text, s->n, s->ascii);

	filter->counts.limits += r == REGEX_LIMIT;
	return r == REGEX_MATCH;
}

/* What a match says: of the failregex, else of the prefregex. */
static struct regex_span read_group(
	const struct filter *filter, size_t i, enum group what)
{
	struct regex_span span = groups_get(
		&filter->fail[i].groups, filter->fail[i].regex, what);

	if (!span.text && filter->prefregex)
		span = groups_get(
			&filter->pref_groups, filter->prefregex, what);
	return span;
}

static bool parse_host(
	struct regex_span host, struct regex_span cidr, struct prefix *who)
{
	char text[PREFIX_TEXT + 4];

	if (!host.text || !prefix_parse(host.text, host.n, who))
		return false;
	if (cidr.text && host.n + cidr.n + 1 < sizeof(text)) {
		memcpy(text, host.text, host.n);
		text[host.n] = '/';
		memcpy(text + host.n + 1, cidr.text, cidr.n);
		return prefix_parse(text, host.n + cidr.n + 1, who);
	}
	return true;
}

/*
 * Whom a match names: an id that is an address comes first, then the host. If
 * neither is an address, it is a name that somebody else may resolve.
 */
static bool read_who(const struct filter *filter, size_t i, struct prefix *who,
	struct regex_span *name)
{
	struct regex_span none = {NULL, 0};
	struct regex_span id = read_group(filter, i, OF_ID);
	struct regex_span host = read_group(filter, i, OF_HOST);

	*name = none;
	if (parse_host(id, none, who) ||
		parse_host(host, read_group(filter, i, OF_CIDR), who))
		return true;
	*name = id.text ? id : host;
	return false;
}

static bool is_ignored(struct filter *filter, const struct filter_subject *s)
{
	for (size_t i = 0; i < filter->ignore_n; i++)
		if (matches(filter, filter->ignore[i], s))
			return true;
	return false;
}

/* Puts a match to what earlier lines of its connection said. */
static bool ask_session(struct filter *filter, size_t i, int64_t time,
	bool has_who, struct prefix *who, struct regex_span *name)
{
	struct regex_span id = read_group(filter, i, OF_MLFID);
	struct regex_span user = read_group(filter, i, OF_USER);
	struct session_answer answer;

	sessions_tell(filter->sessions,
		&(struct session_line){
			.id = id.text,
			.id_len = id.n,
			.has_who = has_who,
			.who = *who,
			.name = has_who ? NULL : name->text,
			.name_len = name->n,
			.user = user.text,
			.user_len = user.n,
			.nofail = read_group(filter, i, OF_NOFAIL).text,
			.gained = read_group(filter, i, OF_GAINED).text,
			.forget = read_group(filter, i, OF_FORGET).text,
			.time = time,
		},
		&answer);
	*who = answer.who;
	*name = (struct regex_span){
		answer.has_who ? NULL : answer.name, answer.name_len};
	return answer.failure;
}

/* What tells which attempts of which connection the line is about. */
static void read_attempt(
	const struct filter *filter, size_t i, struct failure *out)
{
	struct regex_span number = read_group(filter, i, OF_ATTEMPTS);
	struct regex_span session = read_group(filter, i, OF_SESSION);
	struct regex_span witness = read_group(filter, i, OF_WITNESS);

	out->attempts = 0;
	for (size_t k = 0; k < number.n && out->attempts < ATTEMPTS_MOST; k++) {
		if (number.text[k] < '0' || number.text[k] > '9')
			break;
		out->attempts =
			out->attempts * 10 + (uint32_t)(number.text[k] - '0');
	}
	if (out->attempts > ATTEMPTS_MOST)
		out->attempts = ATTEMPTS_MOST;
	out->session = session.text;
	out->session_len = session.n;
	out->nameless = !session.text &&
			(groups_has(&filter->fail[i].groups, OF_SESSION) ||
				groups_has(&filter->pref_groups, OF_SESSION));
	out->witness = witness.text;
	out->witness_len = witness.n;
}

/*
 * Is the line, for all that it tells, the rest of what a client had the lines
 * before it say? Notes if others may be that of this.
 */
static bool is_spilled(struct filter *filter, size_t i, int64_t time)
{
	bool is = filter->spilled && read_group(filter, i, OF_SPILLABLE).text &&
		  time - filter->spilled_at <= SPILL_TIME &&
		  filter->spilled_at - time <= SPILL_TIME;

	if (read_group(filter, i, OF_SPILL).text) {
		filter->spilled = true;
		filter->spilled_at = time;
	}
	return is;
}

static enum filter_verdict judge(
	struct filter *filter, size_t i, int64_t time, struct failure *out)
{
	struct regex_span user = read_group(filter, i, OF_USER), name;
	bool has_who;

	out->who = (struct prefix){0};
	if (filter->has_spill && is_spilled(filter, i, time))
		return FILTER_HELD;
	has_who = read_who(filter, i, &out->who, &name);
	if (filter->sessions && read_group(filter, i, OF_MLFID).text) {
		if (!ask_session(filter, i, time, has_who, &out->who, &name))
			return FILTER_HELD;
		has_who = !name.text;
	} else if (read_group(filter, i, OF_NOFAIL).text ||
		   read_group(filter, i, OF_GAINED).text ||
		   read_group(filter, i, OF_FORGET).text) {
		return FILTER_HELD;
	}
	if (!has_who && !name.text) {
		filter->counts.no_address++;
		return FILTER_MISS;
	}
	out->name = has_who ? NULL : name.text;
	out->name_len = name.n;
	out->is_host = !has_who && !read_group(filter, i, OF_ID).text;
	out->user = user.text;
	out->user_len = user.n;
	out->time = time;
	out->regex = (int)i;
	read_attempt(filter, i, out);
	if (!has_who) {
		filter->counts.named++;
		return FILTER_NAMED;
	}
	filter->counts.matched++;
	return FILTER_MATCH;
}

/* The first failregex that matches; fail_n if none does. */
static size_t search(struct filter *filter, const struct filter_subject *s,
	const uint64_t *wanted)
{
	for (size_t i = 0; i < filter->fail_n; i++)
		if ((!wanted || (wanted[i / 64] >> (i % 64) & 1)) &&
			matches(filter, filter->fail[i].regex, s))
			return i;
	return filter->fail_n;
}

/* What of a subject the failregex see; false if the prefregex misses. */
static bool prefilter(struct filter *filter, struct filter_subject *s)
{
	struct regex_span content;

	if (!filter->prefregex)
		return true;
	if (!matches(filter, filter->prefregex, s))
		return false;
	content =
		groups_get(&filter->pref_groups, filter->prefregex, OF_CONTENT);
	if (content.text) {
		s->text = content.text;
		s->n = content.n;
	}
	return true;
}

/* Few ignoreregex are tried on the whole line too, not only its content. */
static bool is_ignored_whole(
	struct filter *filter, const struct filter_subject *whole)
{
	return filter->prefregex && filter->ignore_n + 2 < filter->fail_n &&
	       is_ignored(filter, whole);
}

static enum filter_verdict match_line(struct filter *filter,
	const struct filter_subject *whole, int64_t time,
	const uint64_t *wanted, struct failure *out)
{
	struct filter_subject s = *whole;
	size_t i;

	if (!prefilter(filter, &s))
		return FILTER_MISS;
	i = search(filter, &s, wanted);
	if (i == filter->fail_n)
		return FILTER_MISS;
	if (is_ignored(filter, &s) || is_ignored_whole(filter, whole)) {
		filter->counts.ignored++;
		return FILTER_IGNORED;
	}
	return judge(filter, i, time, out);
}

/* The same over the last lines, of which a match takes its own away. */
static enum filter_verdict match_lines(struct filter *filter,
	const struct filter_subject *line, int64_t time, struct failure *out)
{
	struct filter_subject s = *line, taken = *line;
	enum filter_verdict v;
	size_t i;

	linebuffer_add(filter->lines, line->text, line->n, line->ascii);
	s.text = linebuffer_text(filter->lines, &s.n, &s.ascii);
	taken.ascii = s.ascii;
	if (!prefilter(filter, &s))
		return FILTER_MISS;
	i = search(filter, &s, NULL);
	if (i == filter->fail_n)
		return FILTER_MISS;
	linebuffer_take(filter->lines,
		filter->prefregex ? filter->prefregex : filter->fail[i].regex,
		&taken.text, &taken.n);
	if (is_ignored(filter, &taken)) {
		linebuffer_drop(filter->lines);
		filter->counts.ignored++;
		return FILTER_IGNORED;
	}
	/* What it names must be read before the text moves. */
	v = judge(filter, i, time, out);
	if (v == FILTER_NAMED) {
		if (out->name_len > sizeof(filter->name))
			out->name_len = sizeof(filter->name);
		memcpy(filter->name, out->name, out->name_len);
		out->name = filter->name;
	}
	out->user = out->session = out->witness = NULL;
	out->user_len = 0;
	linebuffer_drop(filter->lines);
	return v;
}

/* Whether the line's date is still to be cut out of it. */
static bool is_undated(
	const struct filter *filter, const struct filter_subject *s)
{
	return filter->dates && !s->line->journal &&
	       (!s->dated || datecut_kind(filter->dates) == DATECUT_OWN);
}

void filter_cut_date(struct filter *filter, struct filter_subject *subject)
{
	if (is_undated(filter, subject))
		filter->counts.limits += datecut_apply(filter->dates, subject);
}

enum filter_verdict filter_match(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out)
{
	struct filter_subject s = *subject;

	filter_cut_date(filter, &s);
	if (filter->lines)
		return match_lines(filter, &s, s.time, out);
	return match_line(filter, &s, s.time, wanted, out);
}
