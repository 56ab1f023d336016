/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled filter and its verdict on a line. An address is taken from the
 * group that the regex names for it and from nowhere else, and only if the
 * whole group is one well-formed address.
 */
#include "filters/filter.h"

#include <stdlib.h>
#include <string.h>

#include "filters/pyregex.h"
#include "filters/regex.h"

struct rule {
	struct regex *regex;
	struct literals literals;
	char *text;
};

struct filter {
	struct regex *prefregex;
	bool prefregex_content;
	struct rule *fail;
	size_t fail_n;
	struct regex **ignore;
	size_t ignore_n;
	char *journalmatch;
	struct filter_counts counts;
};

/* A row of a file to a compiled regex; *translated is freed by the caller. */
static struct regex *compile_row(const struct filter_row *row, const char *key,
	bool names, char **translated, struct err *err)
{
	const char *cause = NULL;
	char why[256];
	struct regex *regex;

	*translated = pyregex_translate(row->text, names, &cause);
	if (!*translated) {
		err_fault(err, row->file, row->line, "%s: %s: %s", key, cause,
			row->text);
		return NULL;
	}
	regex = regex_new(*translated, why, sizeof(why));
	if (!regex)
		err_fault(err, row->file, row->line, "%s: %s: %s", key, why,
			row->text);
	return regex;
}

static bool names_someone(const struct regex *regex)
{
	return regex_has_group(regex, GROUP_HOST) ||
	       regex_has_group(regex, GROUP_ID);
}

static void compile_prefregex(
	struct filter *filter, const struct filterfile *file, struct err *err)
{
	char *text;

	if (!file->prefregex.text)
		return;
	filter->prefregex =
		compile_row(&file->prefregex, "prefregex", true, &text, err);
	free(text);
	if (filter->prefregex)
		filter->prefregex_content =
			regex_has_group(filter->prefregex, GROUP_CONTENT);
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

		rule->regex = compile_row(row, "failregex", true, &text, err);
		if (rule->regex) {
			filter->fail_n++;
			literals_find(text, &rule->literals);
			rule->text = strdup(row->text);
			if (!names_someone(rule->regex) &&
				!(filter->prefregex &&
					names_someone(filter->prefregex)) &&
				!regex_has_group(rule->regex, GROUP_NOFAIL))
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
			&file->ignoreregex[i], "ignoreregex", true, &text, err);

		if (regex)
			filter->ignore[filter->ignore_n++] = regex;
		free(text);
	}
}

struct filter *filter_new(const struct filter_spec *spec, const char *confdir,
	const char *datadir, struct err *err)
{
	struct arena *arena = arena_new();
	struct filter *filter = calloc(1, sizeof(*filter));
	size_t faults = err->faults;
	struct filterfile file;

	if (!filter)
		abort();
	if (filterfile_read(&file, spec, confdir, datadir, arena, err)) {
		compile_prefregex(filter, &file, err);
		compile_failregex(filter, &file, err);
		compile_ignoreregex(filter, &file, err);
		if (file.journalmatch)
			filter->journalmatch = strdup(file.journalmatch);
	}
	arena_free(&arena);
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
		free(f->fail[i].text);
	}
	for (size_t i = 0; i < f->ignore_n; i++)
		regex_free(&f->ignore[i]);
	free(f->fail);
	free(f->ignore);
	free(f->journalmatch);
	free(f);
	*filter = NULL;
}

size_t filter_regexes(const struct filter *filter)
{
	return filter->fail_n;
}

const struct literals *filter_literals(const struct filter *filter, size_t i)
{
	return &filter->fail[i].literals;
}

const char *filter_regex_text(const struct filter *filter, size_t i)
{
	return filter->fail[i].text;
}

const char *filter_journalmatch(const struct filter *filter)
{
	return filter->journalmatch;
}

const struct filter_counts *filter_counts(const struct filter *filter)
{
	return &filter->counts;
}

bool filter_may_follow(struct filter *filter, const char *head, size_t n)
{
	if (filter->prefregex)
		return regex_may_follow(filter->prefregex, head, n);
	for (size_t i = 0; i < filter->fail_n; i++)
		if (regex_may_follow(filter->fail[i].regex, head, n))
			return true;
	return false;
}

/* Counts a search that was given up and turns it into a miss. */
static bool matches(struct filter *filter, struct regex *regex,
	const struct filter_subject *s)
{
	enum regex_result r = regex_search(regex, s->text, s->n, s->ascii);

	filter->counts.limits += r == REGEX_LIMIT;
	return r == REGEX_MATCH;
}

/* The address that a matched regex names; false if there is none. */
static bool read_address(const struct regex *regex, struct prefix *who)
{
	struct regex_span host = regex_group(regex, GROUP_HOST);
	struct regex_span cidr = regex_group(regex, GROUP_CIDR);
	char text[PREFIX_TEXT + 4];

	if (!host.text)
		host = regex_group(regex, GROUP_ID);
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

static bool is_ignored(struct filter *filter, const struct filter_subject *s)
{
	for (size_t i = 0; i < filter->ignore_n; i++)
		if (matches(filter, filter->ignore[i], s))
			return true;
	return false;
}

static enum filter_verdict judge(struct filter *filter, size_t i,
	const struct filter_subject *s, struct failure *out)
{
	const struct regex *regex = filter->fail[i].regex;
	struct regex_span user;

	if (is_ignored(filter, s)) {
		filter->counts.ignored++;
		return FILTER_IGNORED;
	}
	if (regex_group(regex, GROUP_NOFAIL).text ||
		regex_group(regex, GROUP_GAINED).text ||
		regex_group(regex, GROUP_FORGET).text)
		return FILTER_HELD;
	if (!read_address(regex, &out->who) &&
		!(filter->prefregex &&
			read_address(filter->prefregex, &out->who))) {
		filter->counts.no_address++;
		return FILTER_MISS;
	}
	user = regex_group(regex, GROUP_USER);
	out->user = user.text;
	out->user_len = user.n;
	out->time = s->line->time;
	out->count = 1;
	out->regex = (int)i;
	filter->counts.matched++;
	return FILTER_MATCH;
}

enum filter_verdict filter_match(struct filter *filter,
	const struct filter_subject *subject, const uint64_t *wanted,
	struct failure *out)
{
	struct filter_subject s = *subject;

	if (filter->prefregex) {
		struct regex_span content;

		if (!matches(filter, filter->prefregex, &s))
			return FILTER_MISS;
		content = regex_group(filter->prefregex, GROUP_CONTENT);
		if (filter->prefregex_content && content.text) {
			s.text = content.text;
			s.n = content.n;
		}
	}
	for (size_t i = 0; i < filter->fail_n; i++) {
		if (wanted && !(wanted[i / 64] >> (i % 64) & 1))
			continue;
		if (matches(filter, filter->fail[i].regex, &s))
			return judge(filter, i, &s, out);
	}
	return FILTER_MISS;
}
