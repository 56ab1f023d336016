/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the content of a prefregex may begin, when only the beginning of a line
 * is known. PCRE2 tells: it is stopped where the group begins, each time it
 * gets there, and told to go on looking for another way. So every way is seen
 * that a match could take; a prefregex of which that is not certain, since its
 * content is in a part that may come again or not at all, has none.
 */
#include "filters/content.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/pyregex.h"

#define GROUP "(?P<" GROUP_CONTENT ">"
/* Number of the callout in front of the group. */
#define STOP 1
#define LIMIT 10000

struct content {
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *context;
	size_t *starts; /* of the search that runs */
	size_t n;
};

/* Behind a class that begins at s; NULL if it is not read here. */
static const char *class_end(const char *s)
{
	s++;
	s += *s == '^';
	s += *s == ']';
	while (*s && *s != ']') {
		if (s[0] == '[' && s[1] == ':')
			return NULL;
		s += s[0] == '\\' && s[1] ? 2 : 1;
	}
	return *s ? s + 1 : NULL;
}

/*
 * Where the group begins, if it stands in no other, comes once and the regex
 * has no branches beside it; NULL if not.
 */
static const char *group_of(const char *regex)
{
	const char *group = NULL, *s = regex;
	bool within = false;
	int depth = 0;

	while (s && *s) {
		if (*s == '\\') {
			if (!s[1] || s[1] == 'Q' || s[1] == 'K')
				return NULL;
			s += 2;
			continue;
		}
		if (*s == '[') {
			s = class_end(s);
			continue;
		}
		if (*s == '(') {
			if (strncmp(s, GROUP, strlen(GROUP)) == 0) {
				if (group || depth > 0)
					return NULL;
				group = s;
				within = true;
			}
			depth++;
		} else if (*s == ')') {
			if (--depth < 0)
				return NULL;
			if (within && depth == 0 && s[1] &&
				strchr("*+?{", s[1]))
				return NULL;
			within &= depth > 0;
		} else if (*s == '|' && depth == 0) {
			return NULL;
		}
		s++;
	}
	return s && depth == 0 ? group : NULL;
}

static bool is_ascii(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* Calls of groups would stop in the midst of something else; in extended
 * patterns there is text that is none. */
static bool is_simple(const char *regex)
{
	static const char *const others[] = {"(?R", "(?&", "(?P>", "(?+", "(?-",
		"(?x", "(*", GROUP_ALT GROUP_CONTENT};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strstr(regex, others[i]))
			return false;
	for (const char *s = regex; (s = strstr(s, "(?")); s += 2)
		if (s[2] >= '0' && s[2] <= '9')
			return false;
	return is_ascii(regex, strlen(regex));
}

/* One that may begin anywhere may do so behind what is known. */
static bool is_anchored(const pcre2_code *code)
{
	uint32_t options = 0;

	pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
	return options & PCRE2_ANCHORED;
}

static int stop(pcre2_callout_block *block, void *ctx)
{
	struct content *c = ctx;
	size_t at = block->current_position;

	if (block->callout_number != STOP)
		return 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->starts[i] == at)
			return 1;
	if (c->n == CONTENT_STARTS)
		return PCRE2_ERROR_CALLOUT;
	c->starts[c->n++] = at;
	return 1;
}

static pcre2_code *compile(const char *regex, const char *group)
{
	pcre2_code *code;
	PCRE2_SIZE at;
	char *text;
	int error;

	if (asprintf(&text, "%.*s(?C%d)%s", (int)(group - regex), regex, STOP,
		    group) < 0)
		abort();
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
		PCRE2_NO_AUTO_POSSESS, &error, &at, NULL);
	free(text);
	return code;
}

struct content *content_new(const char *prefregex)
{
	const char *group = is_simple(prefregex) ? group_of(prefregex) : NULL;
	pcre2_code *code = group ? compile(prefregex, group) : NULL;
	struct content *c;

	if (!code || !is_anchored(code)) {
		pcre2_code_free(code);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->code = code;
	c->match = pcre2_match_data_create_from_pattern(code, NULL);
	c->context = pcre2_match_context_create(NULL);
	if (!c->match || !c->context)
		abort();
	pcre2_set_callout(c->context, stop, c);
	pcre2_set_match_limit(c->context, LIMIT);
	return c;
}

void content_free(struct content **content)
{
	struct content *c = *content;

	if (!c)
		return;
	pcre2_match_context_free(c->context);
	pcre2_match_data_free(c->match);
	pcre2_code_free(c->code);
	free(c);
	*content = NULL;
}

size_t content_starts(struct content *c, const char *head, size_t n,
	size_t starts[CONTENT_STARTS])
{
	int r;

	/* PCRE2 calls no text at all no partial match, and letters and blanks
	 * that are not ASCII's are for the other form to judge. */
	if (n == 0 || !is_ascii(head, n))
		return CONTENT_UNKNOWN;
	c->starts = starts;
	c->n = 0;
	r = pcre2_match(c->code, (PCRE2_SPTR)head, n, 0,
		PCRE2_PARTIAL_HARD | PCRE2_NO_JIT, c->match, c->context);
	return r == PCRE2_ERROR_NOMATCH ? c->n : CONTENT_UNKNOWN;
}
