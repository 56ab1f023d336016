/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCRE2 as the filters use it. A line's author chooses what a regex runs on:
 * backtracking is limited, the JIT has a stack of its own and fixed size, and
 * whatever PCRE2 answers but a match or none is a limit, never a failure.
 *
 * Machine code is made at the first search: of the shipped regexes most are
 * never asked on a given host, and it is half of the time and of the memory
 * that loading them took.
 */
#include "filters/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/hash.h"

/*
 * How often PCRE2 may try again ("match limit"; with JIT it counts the starts
 * in a text and what it goes back to, not the bytes in between). A search may
 * do so twice for each byte, which is what a long user name takes; what it
 * needs beyond that it has from its line, and when that is used up, all
 * searches of the line together have had as much as one may ever have: many
 * filters cannot add up.
 */
#define SEARCH_LIMIT 1000
#define SEARCH_LIMIT_BYTE 2
#define LINE_LIMIT 50000
#define LINE_LIMIT_BYTE 4
#define HEAP_LIMIT_KB 1024
#define JIT_STACK_MOST (8 * 1024 * 1024)

#define FORMS 3 /* one for each enum regex_text */
enum jit { NOT_TRIED, JIT, NO_JIT };

/* Without a newline in the text, these are the same: "." and any byte, "$" and
 * the end. ".+$" then takes one step, not one for each byte. */
static const uint32_t form_options[FORMS] = {
	[REGEX_UTF] = PCRE2_UTF | PCRE2_UCP,
	[REGEX_LINE] = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY,
};

struct regex {
	struct regex *next; /* of those that are shared in one list */
	unsigned int users; /* 0: it is not shared */
	pcre2_code *code[FORMS];
	enum jit jit[FORMS];
	enum regex_text first; /* the form that was compiled at load */
	bool failed[FORMS];
	char *text;
	pcre2_match_data *match;
	const PCRE2_SIZE *ovector; /* of match */
	uint32_t ovector_n;
	const char *subject;
	bool anchored;
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

/* The line that is looked at, and what is left for it. */
static struct {
	uint64_t number;
	uint32_t left;
} line_now = {0, LINE_LIMIT};

/* One process matches one line at a time: limits and stack serve all. */
static pcre2_match_context *limits(void)
{
	static pcre2_match_context *context;
	pcre2_jit_stack *stack;

	if (context)
		return context;
	context = pcre2_match_context_create(NULL);
	stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK_MOST, NULL);
	if (!context || !stack)
		abort();
	pcre2_set_heap_limit(context, HEAP_LIMIT_KB);
	pcre2_jit_stack_assign(context, NULL, stack);
	return context;
}

static pcre2_code *compile(
	const char *text, uint32_t options, char *why, size_t room)
{
	PCRE2_UCHAR message[160];
	PCRE2_SIZE at;
	int code;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		options, &code, &at, NULL);

	if (!re) {
		pcre2_get_error_message(code, message, sizeof(message));
		/* Not the offset: this text is longer than the file's. */
		if (text[at])
			snprintf(why, room, "%s, before '%.12s'",
				(char *)message, text + at);
		else
			snprintf(why, room, "%s, at the end", (char *)message);
		return NULL;
	}
	return re;
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
	uint32_t options = 0;

	if (!regex)
		abort();
	if (!is_plain(text))
		first = REGEX_UTF;
	regex->code[first] = compile(text, form_options[first], why, room);
	if (!regex->code[first]) {
		free(regex);
		return NULL;
	}
	regex->first = first;
	regex->text = strdup(text);
	regex->match =
		pcre2_match_data_create_from_pattern(regex->code[first], NULL);
	if (!regex->match || !regex->text)
		abort();
	regex->ovector = pcre2_get_ovector_pointer(regex->match);
	regex->ovector_n = pcre2_get_ovector_count(regex->match);
	pcre2_pattern_info(regex->code[first], PCRE2_INFO_ALLOPTIONS, &options);
	regex->anchored = options & PCRE2_ANCHORED;
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
	for (int i = 0; i < FORMS; i++)
		pcre2_code_free(r->code[i]);
	pcre2_match_data_free(r->match);
	free(r->text);
	free(r);
}

uint64_t regex_begin_line(size_t n)
{
	line_now.left = LINE_LIMIT + LINE_LIMIT_BYTE * (uint32_t)n;
	return ++line_now.number;
}

/* The form for a subject, compiled now if it is the first of its kind. */
static enum regex_text form_for(struct regex *regex, enum regex_text what)
{
	char why[200];

	if (regex->first == REGEX_UTF)
		return REGEX_UTF;
	if (!regex->code[what] && !regex->failed[what]) {
		regex->code[what] = compile(
			regex->text, form_options[what], why, sizeof(why));
		regex->failed[what] = !regex->code[what];
	}
	return what;
}

static int run(struct regex *regex, enum regex_text form, const char *subject,
	size_t n, size_t from, uint32_t options, uint32_t limit)
{
	pcre2_code *code = regex->code[form];

	if (!code)
		return PCRE2_ERROR_INTERNAL;
	if (regex->jit[form] == NOT_TRIED)
		regex->jit[form] = make_jit(code);
	pcre2_set_match_limit(limits(), limit);
	/* Without pcre2_match's checks of what was checked at compile time. */
	if (regex->jit[form] == JIT && !options)
		return pcre2_jit_match(code, (PCRE2_SPTR)subject, n, from, 0,
			regex->match, limits());
	return pcre2_match(code, (PCRE2_SPTR)subject, n, from,
		PCRE2_NO_UTF_CHECK | options, regex->match, limits());
}

/* *left is what the search may take beyond its own. */
static enum regex_result search(struct regex *regex, const char *subject,
	size_t n, size_t from, enum regex_text what, uint32_t options,
	uint32_t *left)
{
	uint32_t limit = SEARCH_LIMIT + SEARCH_LIMIT_BYTE * (uint32_t)n;
	enum regex_text form = form_for(regex, what);
	int r;

	regex->last.line = 0;
	regex->subject = subject;
	r = run(regex, form, subject, n, from, options, limit);
	/* From its beginning each time: PCRE2 does not say how much it took. */
	while (r == PCRE2_ERROR_MATCHLIMIT && *left > limit) {
		limit = limit < *left / 2 ? limit * 2 : *left;
		*left -= limit;
		r = run(regex, form, subject, n, from, options, limit);
	}
	if (r > 0)
		return REGEX_MATCH;
	return r == PCRE2_ERROR_NOMATCH ? REGEX_MISS : REGEX_LIMIT;
}

enum regex_result regex_search(
	struct regex *regex, const char *subject, size_t n, bool ascii)
{
	uint32_t left = LINE_LIMIT + LINE_LIMIT_BYTE * (uint32_t)n;

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
	return regex_numbered(
		regex, pcre2_substring_number_from_name(
			       regex->code[regex->first], (PCRE2_SPTR)name));
}

int regex_named(const struct regex *regex, size_t i, const char **name)
{
	const pcre2_code *code = regex->code[regex->first];
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
		       regex->code[regex->first], (PCRE2_SPTR)name) > 0;
}

bool regex_may_follow(struct regex *regex, const char *head, size_t n)
{
	/* PCRE2 calls no text at all no partial match; letters and blanks that
	 * are not ASCII's, and newlines, are for another form to judge, whole.
	 */
	if (!regex->anchored || n == 0 || memchr(head, '\n', n))
		return true;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)head[i] >= 0x80)
			return true;
	regex->last.line = 0;
	return pcre2_match(regex->code[regex->first], (PCRE2_SPTR)head, n, 0,
		       PCRE2_PARTIAL_HARD | PCRE2_NO_JIT, regex->match,
		       limits()) != PCRE2_ERROR_NOMATCH;
}

static bool is_enough(struct regex *regex, const char *subject, size_t n,
	uint32_t limit, pcre2_match_context *context)
{
	pcre2_set_match_limit(context, limit);
	return pcre2_match(regex->code[regex->first], (PCRE2_SPTR)subject, n, 0,
		       PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, regex->match,
		       context) != PCRE2_ERROR_MATCHLIMIT;
}

uint32_t regex_steps(
	struct regex *regex, const char *subject, size_t n, uint32_t most)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	uint32_t high = 1, low;

	if (!context)
		abort();
	while (high < most && !is_enough(regex, subject, n, high, context))
		high *= 2;
	low = high / 2;
	while (low + 1 < high && high < most) {
		uint32_t middle = low + (high - low) / 2;

		if (is_enough(regex, subject, n, middle, context))
			high = middle;
		else
			low = middle;
	}
	pcre2_match_context_free(context);
	return high < most ? high : most;
}
