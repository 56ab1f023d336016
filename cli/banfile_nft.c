/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets and their elements as nft(8) reads and lists them. Only what bans is
 * taken: of our own table the elements of the sets "ban4-JAIL" and their like,
 * never whom it allows; of others all elements, which then name no jail. An
 * interval that is no prefix is a fault.
 */
#include "cli/banfile_parts.h"

#include <stdlib.h>
#include <string.h>

#include "jails/duration.h"

struct scan {
	char *at;
	uint32_t line;
	struct {
		const char *at;
		size_t n;
	} word;
	char jail[LAYOUT_NAME_MOST + 1];
	bool our_table;
	bool skips; /* a set of our table that bans nobody: allow4, ports */
};

/* The next word, or one of {},;= alone; false at the end. */
static bool next(struct scan *s)
{
	for (;;) {
		s->at += strspn(s->at, " \t\r");
		if (*s->at == '#')
			s->at += strcspn(s->at, "\n");
		if (*s->at != '\n')
			break;
		s->line++;
		s->at++;
	}
	s->word.at = s->at;
	s->word.n = *s->at && strchr("{},;=", *s->at)
			    ? 1
			    : strcspn(s->at, " \t\r\n{},;=#");
	if (*s->at == '"') {
		char *end = strpbrk(s->at + 1, "\"\n");

		s->word.n = end && *end == '"' ? (size_t)(end - s->at) + 1
					       : strlen(s->at);
	}
	s->at += s->word.n;
	return s->word.n > 0;
}

static bool is(const struct scan *s, const char *word)
{
	return s->word.n == strlen(word) &&
	       memcmp(s->word.at, word, s->word.n) == 0;
}

/* The jail of a set of ours; of another set, none. */
static void take_set(struct scan *s)
{
	static const char *const kinds[] = {
		"ban4-", "ban6-", "net4-", "net6-", "rush4-", "rush6-"};

	s->jail[0] = '\0';
	s->skips = s->our_table;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t head = strlen(kinds[i]), n = s->word.n - head;

		if (s->word.n <= head || n > LAYOUT_NAME_MOST ||
			memcmp(s->word.at, kinds[i], head) != 0)
			continue;
		memcpy(s->jail, s->word.at + head, n);
		s->jail[n] = '\0';
		s->skips = false;
	}
	if (!layout_name_valid(s->jail))
		s->jail[0] = '\0';
}

/* "1d2h3m4s500ms", cut to seconds; "ms" stands alone at the end. */
static bool timeout_parse(const char *text, size_t n, int64_t *seconds)
{
	char copy[64], *ms;

	if (n == 0 || n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	ms = strstr(copy, "ms");
	if (ms) {
		while (ms > copy && strchr("0123456789", ms[-1]))
			ms--;
		*ms = '\0';
	}
	if (!*copy) {
		*seconds = 1;
		return ms != NULL;
	}
	return duration_parse(copy, seconds) && *seconds >= 0;
}

struct where {
	struct banfile *list;
	uint32_t file;
	const char *name;
	struct err *err;
};

static bool fault(const struct where *w, const struct scan *s, const char *why)
{
	err_fault(w->err, w->name, (int)s->line, "'%.*s' is %s",
		s->word.n > 80 ? 80 : (int)s->word.n, s->word.at, why);
	return false;
}

/* What stands behind an element, up to the comma or brace, which is taken. */
static bool take_rest(
	const struct where *w, struct scan *s, struct banfile_row *row)
{
	int64_t seconds, end = BANFILE_FOREVER;
	bool expires = false, ends;

	/* "counter packets 0 bytes 0" says nothing of the ban. */
	while (next(s) && !is(s, ",") && !is(s, "}")) {
		ends = is(s, "expires");
		if (is(s, "comment") && next(s))
			continue;
		if (is(s, "counter") || is(s, "packets") || is(s, "bytes") ||
			strspn(s->word.at, "0123456789") >= s->word.n)
			continue;
		if (!ends && !is(s, "timeout"))
			return fault(w, s, "nothing that is known here");
		if (!next(s) || !timeout_parse(s->word.at, s->word.n, &seconds))
			return fault(w, s, "no timeout of nft(8)");
		if (ends || !expires)
			end = w->list->now + (seconds ? seconds : 1);
		expires |= ends;
	}
	row->end = end;
	if (!s->word.n)
		return fault(w, s, "where a } should be");
	return true;
}

/* Behind the opening brace. */
static bool take_elements(const struct where *w, struct scan *s)
{
	struct banfile_row *row;
	const char *why;

	for (;;) {
		if (!next(s))
			return fault(w, s, "where an element should be");
		if (is(s, "}"))
			return true;
		if (s->skips)
			continue;
		row = banfile_add(w->list, w->name, s->line, w->err);
		if (!row)
			return false;
		row->file = w->file;
		row->line = s->line;
		strcpy(row->jail, s->jail);
		why = banfile_prefix(s->word.at, s->word.n, &row->who);
		if (why)
			return fault(w, s, why);
		if (!take_rest(w, s, row))
			return false;
		if (is(s, "}"))
			return true;
	}
}

/* add element FAMILY TABLE SET { */
static bool take_command(const struct where *w, struct scan *s)
{
	if (!next(s) || !is(s, "element"))
		return fault(w, s, "no command that bans");
	for (int i = 0; i < 3; i++) {
		s->our_table = i == 2 && is(s, "mailban");
		if (!next(s))
			return fault(w, s, "where a set should be");
	}
	take_set(s);
	if (!next(s) || !is(s, "{"))
		return fault(w, s, "where a { should be");
	return take_elements(w, s);
}

void banfile_parse_nft(struct banfile *list, char *text, uint32_t file,
	const char *name, struct err *err)
{
	const struct where w = {
		.list = list, .file = file, .name = name, .err = err};
	struct scan s = {.at = text, .line = 1};
	bool good = true;

	while (good && next(&s)) {
		if (is(&s, "add") || is(&s, "create")) {
			good = take_command(&w, &s);
		} else if (is(&s, "table") && next(&s) && next(&s)) {
			s.our_table = is(&s, "mailban");
		} else if (is(&s, "set") && next(&s)) {
			take_set(&s);
		} else if (is(&s, "elements")) {
			if (!next(&s) || !is(&s, "=") || !next(&s) ||
				!is(&s, "{"))
				good = fault(&w, &s, "where = { should be");
			else
				good = take_elements(&w, &s);
		} else if (is(&s, "delete") || is(&s, "destroy") ||
			   is(&s, "flush") || is(&s, "include") ||
			   is(&s, "define")) {
			good = fault(&w, &s, "no command that bans");
		}
	}
}
