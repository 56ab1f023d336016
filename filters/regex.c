/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCRE2 as the filters use it. A line's author chooses what a regex runs on:
 * how far it goes is limited (see effort.c), the JIT has a stack of its own and
 * fixed size, and whatever PCRE2 answers but a match or none is a limit, never
 * a failure.
 *
 * Machine code is made at the first search: of the shipped regexes most are
 * never asked on a given host, and it is half of the time and of the memory
 * that loading them took.
 */
#include "filters/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/effort.h"
#include "lib/hash.h"

/* For what begins a line only: it is short. */
#define HEAD_LIMIT 10000

#define FORMS 3 /* one for each enum regex_text */
enum jit { NOT_TRIED, JIT, NO_JIT };

/* Without a newline in the text, these are the same: "." and any byte, "$" and
 * the end. ".+$" then takes one step, not one for each byte. */
static const uint32_t form_options[FORMS] = {
	[REGEX_UTF] = PCRE2_UTF | PCRE2_UCP,
	[REGEX_LINE] = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY,
};

/* What is run: compiled at load or when it is first asked for. */
struct program {
	pcre2_code *code;
	enum jit jit;
	bool failed, anchored;
};

struct regex {
	struct regex *next; /* of those that are shared in one list */
	unsigned int users; /* 0: it is not shared */
	struct program plain[FORMS], counted[FORMS];
	enum regex_text first; /* the form that was compiled at load */
	char *text;
	pcre2_match_data *match;
	const PCRE2_SIZE *ovector; /* of match */
	uint32_t ovector_n;
	const char *subject;
	bool refers, trusted;
	/* The search before this one; line 0: another could not ask the same */
	struct {
		uint64_t line;
		const char *subject;
		size_t n;
		enum regex_text what;
		bool cut;
		enum regex_result result;
	} last;
};

/* All that somebody shares now, by their texts' hashes. */
#define SHARED_LISTS 512
static struct regex *shared[SHARED_LISTS];

/* The line that is looked at. */
static struct {
	uint64_t number;
	struct effort left;
} line_now = {0, {EFFORT_QUICK, EFFORT_COUNTED}};

static bool compile(struct program *program, const char *text, uint32_t options,
	char *why, size_t room)
{
	PCRE2_UCHAR message[160];
	PCRE2_SIZE at;
	int code;
	uint32_t all = 0;

	program->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		options, &code, &at, NULL);
	program->failed = !program->code;
	if (program->failed) {
		pcre2_get_error_message(code, message, sizeof(message));
		/* Not the offset: this text is longer than the file's. */
		if (text[at])
			snprintf(why, room, "%s, before '%.12s'",
				(char *)message, text + at);
		else
			snprintf(why, room, "%s, at the end", (char *)message);
		return false;
	}
	pcre2_pattern_info(program->code, PCRE2_INFO_ALLOPTIONS, &all);
	program->anchored = all & PCRE2_ANCHORED;
	return true;
}

/* Without JIT it still works, only slower. */
static enum jit make_jit(pcre2_code *code)
{
	size_t size = 0;

	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &size) == 0 && size
		       ? JIT
		       : NO_JIT;
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* A regex of plain ASCII is compiled for plain subjects, which nearly all are;
 * its other forms wait for the first subject of their kind. */
static struct regex *make(
	const char *text, enum regex_text first, char *why, size_t room)
{
	struct regex *regex = calloc(1, sizeof(*regex));
	uint32_t references = 0;
	pcre2_code *code;

	if (!regex)
		abort();
	if (!is_plain(text))
		first = REGEX_UTF;
	if (!compile(&regex->plain[first], text, form_options[first], why,
		    room)) {
		free(regex);
		return NULL;
	}
	code = regex->plain[first].code;
	regex->first = first;
	regex->text = strdup(text);
	regex->match = pcre2_match_data_create_from_pattern(code, NULL);
	if (!regex->match || !regex->text)
		abort();
	regex->ovector = pcre2_get_ovector_pointer(regex->match);
	regex->ovector_n = pcre2_get_ovector_count(regex->match);
	pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references);
	regex->refers = references > 0;
	return regex;
}

struct regex *regex_new(const char *text, char *why, size_t room)
{
	return make(text, REGEX_BYTES, why, room);
}

/* Of the admin's own texts: nobody chooses them to meet. */
static struct regex **shared_list(const char *text)
{
	return &shared[hash_plain(text, strlen(text)) % SHARED_LISTS];
}

struct regex *regex_shared(const char *text, char *why, size_t room)
{
	struct regex **list = shared_list(text), *r = *list;

	while (r && strcmp(r->text, text) != 0)
		r = r->next;
	if (!r) {
		r = make(text, REGEX_LINE, why, room);
		if (!r)
			return NULL;
		r->next = *list;
		*list = r;
	}
	r->users++;
	return r;
}

/* Whether nobody else has it any more. */
static bool is_last_user(struct regex *regex)
{
	struct regex **at;

	if (regex->users == 0)
		return true;
	if (--regex->users > 0)
		return false;
	at = shared_list(regex->text);
	while (*at != regex)
		at = &(*at)->next;
	*at = regex->next;
	return true;
}

void regex_free(struct regex **regex)
{
	struct regex *r = *regex;

	*regex = NULL;
	if (!r || !is_last_user(r))
		return;
	for (int i = 0; i < FORMS; i++) {
		pcre2_code_free(r->plain[i].code);
		pcre2_code_free(r->counted[i].code);
	}
	pcre2_match_data_free(r->match);
	free(r->text);
	free(r);
}

void regex_trust(struct regex *regex)
{
	regex->trusted = true;
}

uint64_t regex_begin_line(void)
{
	line_now.left = (struct effort){EFFORT_QUICK, EFFORT_COUNTED};
	return ++line_now.number;
}

/* A program for a subject, compiled now if it is the first of its kind. */
static struct program *program_for(
	struct regex *regex, enum regex_text what, bool counted)
{
	struct program *p =
		counted ? &regex->counted[what] : &regex->plain[what];
	char why[200];

	if (!p->code && !p->failed)
		compile(p, regex->text,
			form_options[what] | (counted ? PCRE2_AUTO_CALLOUT : 0),
			why, sizeof(why));
	return p;
}

static int run(struct regex *regex, struct program *program,
	const char *subject, size_t n, size_t from, uint32_t options,
	uint32_t limit)
{
	if (!program->code)
		return PCRE2_ERROR_INTERNAL;
	if (program->jit == NOT_TRIED)
		program->jit = make_jit(program->code);
	pcre2_set_match_limit(effort_context(), limit);
	/* Without pcre2_match's checks of what was checked at compile time. */
	if (program->jit == JIT && !options)
		return pcre2_jit_match(program->code, (PCRE2_SPTR)subject, n,
			from, 0, regex->match, effort_context());
	return pcre2_match(program->code, (PCRE2_SPTR)subject, n, from,
		PCRE2_NO_UTF_CHECK | options, regex->match, effort_context());
}

static enum regex_result search(struct regex *regex, const char *subject,
	size_t n, size_t from, enum regex_text what, uint32_t options,
	struct effort *left)
{
	enum regex_text form = regex->first == REGEX_UTF ? REGEX_UTF : what;
	struct program *plain = program_for(regex, form, false);
	struct effort_search s = {
		.regex = regex->text,
		.n = n,
		.from = from,
		.anchored = plain->anchored,
		.utf = form == REGEX_UTF,
		.refers = regex->refers,
		.trusted = regex->trusted,
	};
	uint32_t limit = effort_quick(left, &s);
	int r = PCRE2_ERROR_MATCHLIMIT;

	regex->last.line = 0;
	regex->subject = subject;
	if (limit > 0)
		r = run(regex, plain, subject, n, from, options, limit);
	if (r == PCRE2_ERROR_MATCHLIMIT) {
		effort_begin(left, &s);
		r = run(regex, program_for(regex, form, true), subject, n, from,
			options, UINT32_MAX);
		effort_end(left);
	}
	if (r > 0)
		return REGEX_MATCH;
	return r == PCRE2_ERROR_NOMATCH ? REGEX_MISS : REGEX_LIMIT;
}

enum regex_result regex_search(
	struct regex *regex, const char *subject, size_t n, bool ascii)
{
	struct effort left = {EFFORT_QUICK, EFFORT_COUNTED};

	return search(regex, subject, n, 0, ascii ? REGEX_BYTES : REGEX_UTF, 0,
		&left);
}

enum regex_result regex_search_in(struct regex *regex, uint64_t line,
	const char *subject, size_t n, enum regex_text what, bool cut)
{
	enum regex_result r;

	if (line > 0 && regex->last.line == line &&
		regex->last.subject == subject && regex->last.n == n &&
		regex->last.what == what && regex->last.cut == cut)
		return regex->last.result;
	r = search(regex, subject, n, 0, what, cut ? PCRE2_NOTEOL : 0,
		&line_now.left);
	regex->last.line = line;
	regex->last.subject = subject;
	regex->last.n = n;
	regex->last.what = what;
	regex->last.cut = cut;
	regex->last.result = r;
	return r;
}

enum regex_result regex_search_from(struct regex *regex, const char *subject,
	size_t n, size_t from, bool ascii)
{
	return search(regex, subject, n, from, ascii ? REGEX_BYTES : REGEX_UTF,
		0, &line_now.left);
}

struct regex_span regex_numbered(const struct regex *regex, int i)
{
	const PCRE2_SIZE *at = regex->ovector;

	if (i < 0 || (uint32_t)i >= regex->ovector_n ||
		at[2 * i] == PCRE2_UNSET || at[2 * i + 1] < at[2 * i])
		return (struct regex_span){NULL, 0};
	return (struct regex_span){
		regex->subject + at[2 * i], at[2 * i + 1] - at[2 * i]};
}

struct regex_span regex_group(const struct regex *regex, const char *name)
{
	return regex_numbered(regex,
		pcre2_substring_number_from_name(
			regex->plain[regex->first].code, (PCRE2_SPTR)name));
}

int regex_named(const struct regex *regex, size_t i, const char **name)
{
	const pcre2_code *code = regex->plain[regex->first].code;
	uint32_t n = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &n);
	pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
	if (i >= n)
		return 0;
	/* pcre2api(3): two bytes of number, then the name. */
	table += i * size;
	*name = (const char *)table + 2;
	return table[0] << 8 | table[1];
}

const char *regex_text(const struct regex *regex)
{
	return regex->text;
}

bool regex_has_group(const struct regex *regex, const char *name)
{
	return pcre2_substring_number_from_name(
		       regex->plain[regex->first].code, (PCRE2_SPTR)name) > 0;
}

bool regex_may_follow(struct regex *regex, const char *head, size_t n)
{
	/* PCRE2 calls no text at all no partial match; letters and blanks that
	 * are not ASCII's, and newlines, are for another form to judge, whole.
	 */
	if (!regex->plain[regex->first].anchored || n == 0 ||
		memchr(head, '\n', n))
		return true;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)head[i] >= 0x80)
			return true;
	regex->last.line = 0;
	pcre2_set_match_limit(effort_context(), HEAD_LIMIT);
	return pcre2_match(regex->plain[regex->first].code, (PCRE2_SPTR)head, n,
		       0, PCRE2_PARTIAL_HARD | PCRE2_NO_JIT, regex->match,
		       effort_context()) != PCRE2_ERROR_NOMATCH;
}

uint64_t regex_work(
	struct regex *regex, const char *subject, size_t n, uint64_t most)
{
	struct effort left = {0, most};

	search(regex, subject, n, 0, regex->first, 0, &left);
	return most - left.counted;
}
