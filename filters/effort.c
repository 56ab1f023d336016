/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far PCRE2 may go for one line. Its own limit ("match limit") is none of
 * time: with JIT each start in the text has it anew, and between two counts it
 * can go over the whole text; a long line would take seconds. What a search
 * can do at the most under a limit is known all the same, so each has a limit
 * under which that is little. The few that do not end then are run again, and
 * call us at each item of their regex (callouts), where the way is measured.
 * No clock is asked: a line is given up everywhere, or nowhere.
 */
#include "filters/effort.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* More than this no search needs that goes back for each byte twice, as for a
 * long user name. */
#define LIMIT 1000
#define LIMIT_BYTE 2
/* For those of which it is known that they need no more. */
#define TRUSTED_LIMIT 50000
#define TRUSTED_LIMIT_BYTE 6
/* With a lower one hardly any search would end. */
#define LIMIT_LEAST 8
/* What one search may do that is not counted. */
#define QUICK_MOST 2000000
/* Characters take so many times as long as bytes. */
#define UTF_WEIGHT 4

#define HEAP_LIMIT_KB 1024
#define JIT_STACK_MOST (8 * 1024 * 1024)

/* The search that is counted. */
static struct {
	uint64_t done, most, weight;
	size_t at;
	const char *regex; /* NULL if it refers to no group */
} now;

/* "\1" or "(?P=name)", which alone step over text unseen. */
static bool is_reference(const char *item)
{
	return item[0] == '\\' ? isdigit((unsigned char)item[1])
			       : strncmp(item, "(?P=", 4) == 0;
}

static size_t longest_group(const pcre2_callout_block *block)
{
	const PCRE2_SIZE *at = block->offset_vector;
	size_t most = 0;

	for (uint32_t i = 1; i < block->capture_top; i++)
		if (at[2 * i] != PCRE2_UNSET && at[2 * i + 1] > at[2 * i] &&
			at[2 * i + 1] - at[2 * i] > most)
			most = at[2 * i + 1] - at[2 * i];
	return most;
}

static int on_item(pcre2_callout_block *block, void *unused)
{
	size_t at = block->current_position;
	size_t way = at > now.at ? at - now.at : now.at - at;

	(void)unused;
	if (now.regex && is_reference(now.regex + block->pattern_position))
		way += longest_group(block);
	now.done += now.weight * (EFFORT_CALL + way);
	now.at = at;
	return now.done > now.most ? PCRE2_ERROR_CALLOUT : 0;
}

pcre2_match_context *effort_context(void)
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
	pcre2_set_callout(context, on_item, NULL);
	return context;
}

static uint64_t weight(const struct effort_search *s)
{
	return s->utf ? UTF_WEIGHT : 1;
}

/* What a search may do for each one of its match limit: go over the text, and
 * over the rest of it from each start. */
static uint64_t most_each(const struct effort_search *s)
{
	uint64_t n = s->n + 1;

	return weight(s) * (s->anchored ? n : n * (n + 1) / 2);
}

uint32_t effort_quick(struct effort *left, const struct effort_search *s)
{
	uint64_t limit = LIMIT + LIMIT_BYTE * (uint64_t)s->n;
	uint64_t share = left->quick < QUICK_MOST ? left->quick : QUICK_MOST;
	uint64_t each = most_each(s);

	if (s->trusted)
		return TRUSTED_LIMIT + TRUSTED_LIMIT_BYTE * (uint32_t)s->n;
	if (limit * each > share)
		limit = share / each;
	if (limit < LIMIT_LEAST)
		return 0;
	left->quick -= limit * each;
	return (uint32_t)limit;
}

void effort_begin(const struct effort *left, const struct effort_search *s)
{
	now.done = 0;
	now.most = left->counted;
	now.weight = weight(s);
	now.at = s->from;
	now.regex = s->refers ? s->regex : NULL;
}

void effort_end(struct effort *left)
{
	left->counted -= now.done < left->counted ? now.done : left->counted;
}
