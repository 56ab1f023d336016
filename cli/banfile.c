/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of bans as people and other programs write them, for mailban import.
 * Whatever a list holds, it must never ban anybody whom it does not name: what
 * is not understood is a fault with its line, nothing is guessed.
 */
#include "cli/banfile.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jails/duration.h"

#define FIELDS 16
/* A number of seconds that is a time and no duration: since 2001. */
#define TIME_LEAST INT64_C(1000000000)

/* OTHER: a head named it so; NONE: nothing says what would stand there. */
enum column {
	ADDRESS,
	END,
	JAIL,
	START,
	COUNT,
	COLUMNS,
	OTHER = COLUMNS,
	NONE
};

static const char *const column_names[COLUMNS] = {
	[ADDRESS] = "address",
	[END] = "end",
	[JAIL] = "jail",
	[START] = "start",
	[COUNT] = "count",
};

void banfile_deinit(struct banfile *list)
{
	free(list->rows);
	list->rows = NULL;
	list->n = list->room = 0;
}

struct banfile_row *banfile_add(
	struct banfile *list, const char *name, uint32_t line, struct err *err)
{
	if (list->n == BANFILE_ROWS_MOST) {
		err_fault(err, name, (int)line,
			"there are more than %zu bans in the list",
			BANFILE_ROWS_MOST);
		return NULL;
	}
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->rows = reallocarray(
			list->rows, list->room, sizeof(*list->rows));
		if (!list->rows)
			abort();
	}
	memset(&list->rows[list->n], 0, sizeof(*list->rows));
	return &list->rows[list->n++];
}

const char *banfile_prefix(const char *text, size_t n, struct prefix *out)
{
	const char *slash = memchr(text, '/', n);
	struct addr address;

	if (!prefix_parse(text, n, out))
		return "no address and no network (192.0.2.1, 2001:db8::/64)";
	if (slash && text + n - slash > 2 && slash[1] == '0')
		return "a network whose length begins with a zero";
	if (slash && addr_parse(text, (size_t)(slash - text), &address) &&
		!addr_equal(&address, &out->net))
		return "a network with host bits set; its own address is "
		       "meant to stand there, or the host's without a length";
	return NULL;
}

/* True if text has a digit for each 0 of the form, and is else the form. */
static bool has_form(const char *text, const char *form)
{
	for (; *text && *form; text++, form++)
		if (*form == '0' ? !isdigit((unsigned char)*text)
				 : *text != *form)
			return false;
	return *text == *form;
}

/* "2026-11-22T10:00:00Z", also with an offset. strptime(3) alone takes blanks,
 * signs and numbers of one digit. */
static bool moment_parse(const char *text, int64_t *out)
{
	struct tm tm = {0};
	const char *rest;
	int hours, minutes, day;
	int64_t offset = 0;

	if (!has_form(text, "0000-00-00T00:00:00Z") &&
		!has_form(text, "0000-00-00T00:00:00+00:00") &&
		!has_form(text, "0000-00-00T00:00:00-00:00"))
		return false;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest)
		return false;
	day = tm.tm_mday;
	if (*rest != 'Z') {
		if (sscanf(rest + 1, "%d:%d", &hours, &minutes) != 2 ||
			hours > 23 || minutes > 59)
			return false;
		offset = (hours * 60 + minutes) * (*rest == '+' ? 60 : -60);
	}
	*out = (int64_t)timegm(&tm) - offset;
	/* There is no 30th of February. */
	return *out > 0 && tm.tm_mday == day;
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0' &&
	       strlen(text) <= 18;
}

/* A moment, seconds since 1970, how long from now, or never. */
static bool end_parse(
	const struct banfile *list, const char *text, int64_t *out)
{
	int64_t seconds;

	if (!strcmp(text, "-") || !*text) {
		*out = BANFILE_UNSAID;
		return true;
	}
	if (!strcmp(text, "never") || !strcmp(text, "-1")) {
		*out = BANFILE_FOREVER;
		return true;
	}
	if (is_number(text) && strtoll(text, NULL, 10) >= TIME_LEAST) {
		*out = strtoll(text, NULL, 10);
		return true;
	}
	if (moment_parse(text, out))
		return true;
	if (!duration_parse(text, &seconds) || seconds <= 0)
		return false;
	*out = list->now + seconds;
	return true;
}

/* One field into its place; NULL, or why it is no good. */
static const char *take(const struct banfile *list, struct banfile_row *row,
	enum column column, const char *text)
{
	switch (column) {
	case ADDRESS:
		return banfile_prefix(text, strlen(text), &row->who);
	case END:
		return end_parse(list, text, &row->end)
			       ? NULL
			       : "no time (2026-11-22T10:00:00Z), no duration "
				 "(10m), nor never";
	case JAIL:
		if (!*text || !strcmp(text, "-"))
			return NULL;
		if (!layout_name_valid(text))
			return "no name of a jail";
		strcpy(row->jail, text);
		return NULL;
	case START:
		if (!*text || !strcmp(text, "-") ||
			moment_parse(text, &row->start))
			return NULL;
		if (!is_number(text))
			return "no time (2026-11-22T10:00:00Z)";
		row->start = strtoll(text, NULL, 10);
		return NULL;
	case COUNT:
		if (!*text || !strcmp(text, "-"))
			return NULL;
		if (!is_number(text) || strlen(text) > 9)
			return "no count of bans";
		row->count = (uint32_t)strtoul(text, NULL, 10);
		return NULL;
	case NONE:
		return *text ? "behind the last column; they are address, "
			       "end, jail, start and count, or those that "
			       "the first line names"
			     : NULL;
	case OTHER:
		break;
	}
	return NULL;
}

/* Cuts line into fields; 0 if there are too many. */
static size_t split(char *line, bool csv, char *fields[FIELDS])
{
	size_t n = 0, len;
	char *at = line;

	for (;;) {
		at += strspn(at, " \t");
		if (!csv && !*at)
			return n;
		if (n == FIELDS)
			return 0;
		len = strcspn(at, csv ? "," : " \t");
		fields[n] = at;
		at += len;
		if (*at)
			*at++ = '\0';
		else if (csv)
			at = NULL;
		while (len > 0 && strchr(" \t", fields[n][len - 1]))
			fields[n][--len] = '\0';
		if (csv && len >= 2 && fields[n][0] == '"' &&
			fields[n][len - 1] == '"') {
			fields[n][len - 1] = '\0';
			fields[n]++;
		}
		n++;
		if (!at)
			return n;
	}
}

/* True if fields are a first line that names columns; how many are twice. */
static bool take_heads(char *const *fields, size_t n,
	enum column columns[FIELDS], size_t *twice)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= !strcmp(fields[i], column_names[ADDRESS]);
	for (size_t i = n; any && i < FIELDS; i++)
		columns[i] = NONE;
	for (size_t i = 0; any && i < n; i++) {
		columns[i] = OTHER;
		for (size_t c = 0; c < COLUMNS; c++)
			if (!strcmp(fields[i], column_names[c]))
				columns[i] = (enum column)c;
		for (size_t before = 0; before < i; before++)
			*twice += columns[i] != OTHER &&
				  columns[i] == columns[before];
	}
	return any;
}

struct place {
	const char *name;
	uint32_t file, line;
};

static void take_fields(struct banfile *list, char *const *fields, size_t n,
	const enum column *columns, const struct place *at, struct err *err)
{
	struct banfile_row *row = banfile_add(list, at->name, at->line, err);
	bool has_address = false;
	const char *why = NULL;

	if (!row)
		return;
	row->file = at->file;
	row->line = at->line;
	for (size_t i = 0; i < n && !why; i++) {
		why = take(list, row, columns[i], fields[i]);
		has_address |= columns[i] == ADDRESS;
		if (why)
			err_fault(err, at->name, (int)at->line, "'%.80s' is %s",
				fields[i], why);
	}
	if (!why && !has_address)
		err_fault(err, at->name, (int)at->line, "there is no address");
}

static void parse_lines(struct banfile *list, char *text, uint32_t file,
	const char *name, struct err *err)
{
	enum column columns[FIELDS] = {ADDRESS, END, JAIL, START, COUNT, NONE,
		NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE};
	struct place at = {.name = name, .file = file};
	char *fields[FIELDS], *next;
	size_t len, n, twice = 0;
	bool csv, first = true;

	for (; text && !(err->faults >= ERR_MOST); text = next) {
		at.line++;
		len = strcspn(text, "\n");
		next = text[len] ? text + len + 1 : NULL;
		text[len] = '\0';
		if (len > BANFILE_LINE_MOST) {
			err_fault(err, name, (int)at.line,
				"the line is longer than %d bytes",
				BANFILE_LINE_MOST);
			continue;
		}
		if (len && text[len - 1] == '\r')
			text[len - 1] = '\0';
		text[strcspn(text, "#")] = '\0';
		if (!text[strspn(text, " \t")])
			continue;
		if (strchr(text, '\r')) {
			err_fault(err, name, (int)at.line,
				"a carriage return ends no line");
			continue;
		}
		csv = strchr(text, ',') != NULL;
		n = split(text, csv, fields);
		if (n == 0)
			err_fault(err, name, (int)at.line,
				"there are more than %d fields", FIELDS);
		else if (!first || !take_heads(fields, n, columns, &twice))
			take_fields(list, fields, n, columns, &at, err);
		if (first && twice)
			err_fault(err, name, (int)at.line,
				"a column stands there twice");
		first = false;
	}
}

/* A value of an object as the text that a line would have. */
static const char *json_text(
	const json_t *entry, enum column column, char buf[32])
{
	const json_t *value = json_object_get(entry, column_names[column]);

	if (column == END && json_is_null(value))
		return "never";
	if (json_is_integer(value)) {
		snprintf(buf, 32, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
		return buf;
	}
	if (!value)
		return column == ADDRESS ? "" : "-";
	return json_is_string(value) ? json_string_value(value) : "?";
}

static void take_entry(struct banfile *list, const json_t *entry,
	const struct place *at, struct err *err)
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
		why = take(list, row, ADDRESS, text);
	} else if (!json_is_object(entry)) {
		text = "entry";
		why = "neither an address nor an object";
	}
	for (size_t c = 0; c < COLUMNS && json_is_object(entry) && !why; c++) {
		text = json_text(entry, (enum column)c, buf);
		why = take(list, row, (enum column)c, text);
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

static void parse_json(struct banfile *list, const char *text, size_t n,
	uint32_t file, const char *name, struct err *err)
{
	struct place at = {.name = name, .file = file};
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

/* The first byte that no text has, NULL if there is none. */
static const char *find_binary(const char *text, size_t n)
{
	for (const char *c = text; c < text + n; c++)
		if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c))
			return c;
		else if (*c == '\0' || *c == 127)
			return c;
	return NULL;
}

static bool is_nft(const char *text)
{
	static const char *const begins[] = {"add element", "create element",
		"table ", "elements =", "set ", "#!"};

	for (;;) {
		text += strspn(text, " \t\r\n");
		for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
			if (!strncmp(text, begins[i], strlen(begins[i])))
				return true;
		if (*text != '#')
			return false;
		text += strcspn(text, "\n");
	}
}

/* What mailban export writes ends with a line's end: of "192.0.2.17" that is
 * cut off another address would be left. */
static bool is_cut_off(const char *text, size_t n)
{
	static const char *const begins[] = {"# address end jail start count",
		"address,end,jail,start,count"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return text[n - 1] != '\n';
	return false;
}

/* A mark that says the text is UTF-8, which it is anyway. */
#define BOM "\xef\xbb\xbf"

void banfile_parse(struct banfile *list, char *text, size_t n, uint32_t file,
	const char *name, struct err *err)
{
	size_t skip = strncmp(text, BOM, strlen(BOM)) ? 0 : strlen(BOM), blank;
	const char *binary;
	int line = 1;

	text += skip;
	n -= skip;
	binary = find_binary(text, n);
	blank = strspn(text, " \t\r\n");
	if (is_cut_off(text, n)) {
		err_fault(err, name, 0,
			"the list is cut off: its last line "
			"has no end");
	} else if (binary) {
		for (const char *c = text; c < binary; c++)
			line += *c == '\n';
		err_fault(err, name, line, "this is no text");
	} else if (text[blank] == '[' || text[blank] == '{') {
		parse_json(list, text, n, file, name, err);
	} else if (is_nft(text)) {
		banfile_parse_nft(list, text, file, name, err);
	} else {
		parse_lines(list, text, file, name, err);
	}
}

void banfile_read(struct banfile *list, FILE *from, uint32_t file,
	const char *name, struct err *err)
{
	size_t n = 0, room = 65536, got;
	char *text = malloc(room);

	if (!text)
		abort();
	while ((got = fread(text + n, 1, room - n - 1, from)) > 0) {
		n += got;
		if (n > BANFILE_BYTES_MOST)
			break;
		if (room - n > 1)
			continue;
		room *= 2;
		text = realloc(text, room);
		if (!text)
			abort();
	}
	text[n] = '\0';
	if (n > BANFILE_BYTES_MOST)
		err_fault(err, name, 0, "the list is longer than %zu MiB",
			BANFILE_BYTES_MOST >> 20);
	else if (ferror(from))
		err_fault(err, name, 0, "%s", strerror(errno));
	else
		banfile_parse(list, text, n, file, name, err);
	free(text);
}
