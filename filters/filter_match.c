/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter's verdict on a line. An address is taken from the group that the
 * regex names for it and from nowhere else, and only if the whole group is one
 * well-formed address.
 */
#include <string.h>

#include "filters/filter_parts.h"

/* No connection lasts for more attempts. */
#define ATTEMPTS_MOST 1000000

/*
 * Counts a search that was given up and turns it into a miss. A line that was
 * cut does not end where its text does: who can write so much could choose
 * what the last of it is.
 */
static bool matches(struct filter *filter, struct regex *regex,
	const struct filter_subject *s)
{
	enum regex_text what = !s->ascii	? REGEX_UTF
			       : s->has_newline ? REGEX_BYTES
						: REGEX_LINE;
	/* Of several lines together the text changes under way. */
	enum regex_result r =
		regex_search_in(regex, filter->lines ? 0 : s->number, s->text,
			s->n, what, s->line->cut_short);

	if (r == REGEX_LIMIT)
		filter_note_given_up(filter, regex);
	return r == REGEX_MATCH;
}

static struct regex_span read_named(
	const struct filter *filter, size_t i, enum group what)
{
	const struct groups *own = &filter->fail[i].groups;
	struct regex_span span = {NULL, 0};

	if (groups_has(own, what))
		span = groups_get(own, filter->fail[i].regex, what);
	if (!span.text && groups_has(&filter->pref_groups, what))
		span = groups_get(
			&filter->pref_groups, filter->prefregex, what);
	return span;
}

/* What a match says: of the failregex, else of the prefregex. Most name nothing
 * of what may be asked for. */
static inline struct regex_span read_group(
	const struct filter *filter, size_t i, enum group what)
{
	if (groups_has(&filter->fail[i].groups, what) ||
		groups_has(&filter->pref_groups, what))
		return read_named(filter, i, what);
	return (struct regex_span){NULL, 0};
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

/* May the line be the rest of what a client had the lines before it say? Notes
 * if others may be that of this. */
static bool is_spilled(struct filter *filter, size_t i, const struct line *line,
	int64_t time, const struct prefix *who)
{
	bool renamed = read_group(filter, i, OF_RENAMED).text;
	bool is = (renamed || read_group(filter, i, OF_SPILLABLE).text) &&
		  spills_doubt(&filter->spills, who, time, renamed);

	if (!line->stranger && read_group(filter, i, OF_SPILL).text)
		spills_add(&filter->spills, who, time);
	return is;
}

/* Does the line say that the server itself was at fault? Notes for whom. */
static bool is_fault(struct filter *filter, size_t i,
	const struct filter_subject *s, int64_t time, const struct prefix *who)
{
	if (!read_group(filter, i, OF_FAULT).text)
		return false;
	for (uint32_t n = 0; n <= s->more && n < EXCUSES_MOST; n++)
		if (!s->line->stranger)
			excuses_add(filter->excuses, who, time);
	return true;
}

/* Of the failures that the line stands for, how many nothing excuses. */
static uint32_t count_failures(struct filter *filter, size_t i,
	const struct filter_subject *s, int64_t time, const struct prefix *who)
{
	uint32_t n = s->more + 1;

	if (!filter->excuses || !who ||
		!read_group(filter, i, OF_EXCUSABLE).text)
		return n;
	while (n > 0 && excuses_take(filter->excuses, who, time))
		n--;
	return n;
}

static enum filter_verdict judge(struct filter *filter, size_t i,
	const struct filter_subject *s, int64_t time, struct failure *out)
{
	uint32_t n;
	struct regex_span user = read_group(filter, i, OF_USER), name;
	bool has_who;

	out->who = (struct prefix){0};
	has_who = read_who(filter, i, &out->who, &name);
	if (filter->has_spill && is_spilled(filter, i, s->line, time,
					 has_who ? &out->who : NULL))
		return FILTER_HELD;
	if (filter->excuses &&
		is_fault(filter, i, s, time, has_who ? &out->who : NULL))
		return FILTER_HELD;
	if (filter->sessions && read_group(filter, i, OF_MLFID).text) {
		if (!ask_session(filter, i, time, has_who, &out->who, &name))
			return FILTER_HELD;
		has_who = !name.text;
	} else if (read_group(filter, i, OF_NOFAIL).text ||
		   read_group(filter, i, OF_GAINED).text ||
		   read_group(filter, i, OF_FORGET).text) {
		return FILTER_HELD;
	}
	n = count_failures(filter, i, s, time, has_who ? &out->who : NULL);
	if (n == 0)
		return FILTER_HELD;
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
	out->more = n - 1;
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
	return judge(filter, i, &s, time, out);
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
	s.has_newline = taken.has_newline = true;
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
	v = judge(filter, i, line, time, out);
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
		filter_note_dates_given_up(
			filter, datecut_apply(filter->dates, subject));
}

enum filter_verdict filter_match_cut(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out)
{
	if (filter->lines)
		return match_lines(filter, subject, subject->time, out);
	return match_line(filter, subject, subject->time, wanted, out);
}

enum filter_verdict filter_match(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out)
{
	struct filter_subject s = *subject;

	filter_cut_date(filter, &s);
	return filter_match_cut(filter, &s, wanted, out);
}
