/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last lines of a log, each as [before its date, date, behind it], as one
 * text for a regex, and which of them a match covers.
 */
#include "cli/fail2ban/regexlines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters/pyregex.h"
#include "filters/regex.h"

char *regexlines_joined(const json_t *line, bool date, size_t *n)
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

void regexlines_text(struct regexlines_text *out, const json_t *lines)
{
	const json_t *line;
	FILE *to = open_memstream(&out->text, &out->n);
	size_t i, n;

	if (!to)
		abort();
	json_array_foreach (lines, i, line) {
		char *joined = regexlines_joined(line, false, &n);

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
				char *text = regexlines_joined(line, false, &n);
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
json_t *regexlines_matched(const struct regex *regex,
	const struct regexlines_text *in, const json_t *lines, json_t **rest)
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
