/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of bans as JSON: an array of addresses, or of objects. It is held
 * whole, so what it may hold is counted before it is read.
 */
#include "cli/banfile_parts.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* A value of an object as the text that a line would have. */
static const char *json_text(
	const json_t *entry, enum banfile_column column, char buf[32])
{
	const json_t *value = json_object_get(entry, banfile_columns[column]);

	if (column == BANFILE_END && json_is_null(value))
		return "never";
	if (json_is_integer(value)) {
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
		return buf;
	}
	if (!value)
		return column == BANFILE_ADDRESS ? "" : "-";
	return json_is_string(value) ? json_string_value(value) : "?";
}

static void take_entry(struct banfile *list, const json_t *entry,
	const struct banfile_place *at, struct err *err)
{
	struct banfile_row *row = banfile_add(list, at->name, at->line, err);
	const char *why = NULL, *text = json_string_value(entry);
	char buf[32];

	if (!row)
		return;
	row->file = at->file;
	row->line = at->line;
	row->entry = true;
	if (text) {
		why = banfile_take(list, row, BANFILE_ADDRESS, text);
	} else if (!json_is_object(entry)) {
		text = "entry";
		why = "neither an address nor an object";
	}
	for (size_t c = 0; c < BANFILE_COLUMNS && json_is_object(entry) && !why;
		c++) {
		text = json_text(entry, (enum banfile_column)c, buf);
		why = banfile_take(list, row, (enum banfile_column)c, text);
	}
	if (why)
		err_fault(err, at->name, 0, "entry %u: '%.80s' is %s", at->line,
			text, why);
}

/* About how many values it has: all but an object's first stand behind one of
 * these. A value takes up to a hundred times the room of its text. */
static size_t json_values(const char *text, size_t n)
{
	size_t values = 1;

	for (const char *c = text; c < text + n; c++)
		values += *c == '{' || *c == '[' || *c == ',';
	return values;
}

void banfile_parse_json(struct banfile *list, const char *text, size_t n,
	uint32_t file, const char *name, struct err *err)
{
	struct banfile_place at = {.name = name, .file = file};
	json_error_t why;
	json_t *entry, *all;
	size_t i;

	if (json_values(text, n) > BANFILE_JSON_MOST) {
		err_fault(err, name, 0,
			"the JSON has more than %zu values: give a list of "
			"lines",
			BANFILE_JSON_MOST);
		return;
	}
	all = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
	if (!all)
		err_fault(err, name, why.line, "%s", why.text);
	else if (!json_is_array(all))
		err_fault(err, name, 1, "the JSON is no array");
	else
		json_array_foreach (all, i, entry) {
			at.line = (uint32_t)i + 1;
			if (err->faults < ERR_MOST)
				take_entry(list, entry, &at, err);
		}
	json_decref(all);
}
