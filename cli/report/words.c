/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a command line as Perl's Getopt::Long reads them, which is how
 * pflogsumm's users have written theirs: any unique beginning of a name does,
 * with one dash or two. What an option means is not for here.
 */
#include "cli/report/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"

#define NAME_ROOM 32

/* As people write it: "-h", "--detail". */
static const char *dashed(const struct word *row, char room[NAME_ROOM])
{
	snprintf(room, NAME_ROOM, "%s%s", row->name[1] ? "--" : "-", row->name);
	return room;
}

/* The row that name is a beginning of; NULL when told why there is none. */
static const struct word *find(
	const struct word *all, size_t many, const char *name)
{
	const struct word *found = NULL;
	size_t n = strlen(name), fit = 0;

	for (size_t i = 0; i < many; i++) {
		if (strcasecmp(all[i].name, name) == 0)
			return &all[i];
		if (n && strncasecmp(all[i].name, name, n) == 0) {
			found = &all[i];
			fit++;
		}
	}
	if (fit == 1)
		return found;
	text_complain(fit ? "report: --%s is ambiguous"
			  : "report: there is no option --%s",
		name);
	return NULL;
}

/* A whole number as Getopt::Long knows it. */
static bool number_parse(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return end != text && !*end && !errno && !strchr(" \t\n\v\f\r", *text);
}

/* The value of an option: behind '=' in its word, or the next word. */
static bool take_value(const struct word *row, const char *value,
	struct words *words, struct word_value *out)
{
	bool here = value != NULL;
	char room[NAME_ROOM];

	if (row->kind == WORD_FLAG) {
		if (value) {
			text_complain(
				"report: %s takes no value", dashed(row, room));
			return false;
		}
		return true;
	}
	if (value && !*value) {
		value = NULL;
		here = false;
	} else if (!value && words->left)
		value = *words->at;
	if (row->kind == WORD_NUMBER_OR_NOT) {
		bool good = value && number_parse(value, &out->number);

		if (here && !good) {
			text_complain("report: %s: '%s' is no number",
				dashed(row, room), value);
			return false;
		}
		if (good && !here)
			words->at++, words->left--;
		if (!good)
			out->number = 0;
		return true;
	}
	if (!value) {
		text_complain("report: %s needs a value", dashed(row, room));
		return false;
	}
	if (!here)
		words->at++, words->left--;
	if (row->kind == WORD_NUMBER && !number_parse(value, &out->number)) {
		text_complain("report: %s: '%s' is no number",
			dashed(row, room), value);
		return false;
	}
	out->text = value;
	return true;
}

bool words_is_option(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "--") != 0;
}

const struct word *words_option(const struct word *all, size_t n,
	const char *word, struct words *rest, struct word_value *value)
{
	char name[64], *equals;
	const struct word *row;
	const char *text = strchr(word, '=');

	*value = (struct word_value){NULL, 0};
	word += word[1] == '-' ? 2 : 1;
	snprintf(name, sizeof(name), "%s", word);
	equals = strchr(name, '=');
	if (equals)
		*equals = '\0';
	for (char *p = name; *p; p++)
		if (*p == '_')
			*p = '-';
	row = find(all, n, name);
	if (!row || !take_value(row, text ? text + 1 : NULL, rest, value))
		return NULL;
	return row;
}

void words_help(const struct word *all, size_t n, FILE *to)
{
	for (size_t i = 0; i < n; i++) {
		char left[40], room[NAME_ROOM];

		if (!all[i].about)
			continue;
		snprintf(left, sizeof(left), "%s%s%s", dashed(&all[i], room),
			all[i].value ? " " : "",
			all[i].value ? all[i].value : "");
		fprintf(to, "  %-25s %s\n", left, all[i].about);
	}
}
