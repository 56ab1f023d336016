/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban import: lists of bans into the daemon, all of them or, with one that
 * is wrong, none. The lists are read to their end before the daemon is asked,
 * and it puts nothing in force before it has them whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/banfile.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/jsonout.h"
#include "cli/text.h"
#include "lib/clock.h"

/* A row is at most 200 bytes of JSON: this fits a request. */
#define ROWS_A_REQUEST 300

static const char *name_of(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static void read_lists(
	struct banfile *list, int argc, char **argv, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		bool in = !strcmp(argv[i], "-");
		FILE *f = in ? stdin : fopen(argv[i], "re");

		if (!f) {
			err_fault(err, argv[i], 0, "%s", strerror(errno));
			continue;
		}
		banfile_read(list, f, (uint32_t)i, name_of(argv[i]), err);
		if (!in)
			fclose(f);
	}
}

/* "entry 3: " of JSON, whose lines are not known; else "". */
static const char *entry_text(const struct banfile_row *row, char buf[32])
{
	if (!row->entry)
		return "";
	snprintf(buf, 32, "entry %u: ", row->line);
	return buf;
}

/* The jail and the end of those that name none. */
static void fill(struct banfile *list, const struct options *options,
	char **names, struct err *err)
{
	char text[32];

	for (size_t i = 0; i < list->n; i++) {
		struct banfile_row *row = &list->rows[i];

		if (!row->jail[0] && options->jail)
			strcpy(row->jail, options->jail);
		else if (!row->jail[0])
			err_fault(err, name_of(names[row->file]),
				row->entry ? 0 : (int)row->line,
				"%sit names no jail: give one with --jail",
				entry_text(row, text));
		if (row->end == BANFILE_UNSAID && options->has_time)
			row->end = options->time < 0
					   ? BANFILE_FOREVER
					   : list->now + options->time;
	}
}

static json_t *rows_request(
	const struct banfile *list, size_t first, size_t n, json_int_t id)
{
	json_t *bans = json_array();
	char text[PREFIX_TEXT];

	for (size_t i = first; i < first + n; i++) {
		const struct banfile_row *row = &list->rows[i];

		json_array_append_new(bans,
			json_pack("[s,s,I,I,I]", prefix_format(&row->who, text),
				row->jail, (json_int_t)row->start,
				(json_int_t)row->end, (json_int_t)row->count));
	}
	return json_pack(
		"{s:s,s:I,s:o}", "command", "import", "id", id, "bans", bans);
}

static void tell_row(
	const struct banfile_row *row, char **names, const char *why)
{
	const char *name = name_of(names[row->file]);
	char who[PREFIX_TEXT], entry[32];

	prefix_format(&row->who, who);
	if (row->entry)
		text_complain("%s: %s%s in %s: %s", name,
			entry_text(row, entry), who, row->jail, why);
	else
		text_complain("%s:%u: %s in %s: %s", name, row->line, who,
			row->jail, why);
}

/* Tells of what the daemon refused. */
static void tell_refused(const struct banfile *list, size_t first,
	const json_t *refused, char **names, bool *left_out)
{
	const json_t *item;
	size_t i;

	json_array_foreach (refused, i, item) {
		size_t at = first + (size_t)client_number(item, "index");
		const char *why =
			json_string_value(json_object_get(item, "why"));

		if (at >= list->n || !why)
			continue;
		left_out[at] = true;
		tell_row(&list->rows[at], names, why);
	}
}

static void drop_left_out(struct banfile *list, const bool *left_out)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!left_out[i])
			list->rows[kept++] = list->rows[i];
	list->n = kept;
}

/* Sends all rows; EXIT_YES with the number of those that were refused. */
static int send_rows(const struct options *options, const struct banfile *list,
	char **names, json_int_t *id, bool *left_out, size_t *refused)
{
	json_t *result, *bad;
	size_t part;
	int rc;

	*refused = 0;
	*id = 0;
	for (size_t i = 0; i < list->n; i += part) {
		part = list->n - i < ROWS_A_REQUEST ? list->n - i
						    : ROWS_A_REQUEST;
		rc = client_ask(
			options, rows_request(list, i, part, *id), &result);
		if (rc)
			return rc;
		*id = client_number(result, "id");
		bad = json_object_get(result, "refused");
		*refused += json_array_size(bad);
		tell_refused(list, i, bad, names, left_out);
		json_decref(result);
	}
	return EXIT_YES;
}

static int finish(const struct options *options, json_int_t id, bool commit)
{
	json_t *result;
	int rc = client_ask(options,
		json_pack("{s:s,s:I,s:[],s:b}", "command", "import", "id", id,
			"bans", commit ? "commit" : "abort", 1),
		&result);

	if (rc || !commit) {
		json_decref(result);
		return rc;
	}
	if (options->json) {
		json_object_del(result, "id");
		json_object_del(result, "refused");
		jsonout_print(result);
	} else {
		printf("%lld banned, %lld prolonged, %lld known, %lld over\n",
			(long long)client_number(result, "banned"),
			(long long)client_number(result, "renewed"),
			(long long)client_number(result, "known"),
			(long long)client_number(result, "over"));
	}
	json_decref(result);
	return EXIT_YES;
}

static int import_list(
	const struct options *options, struct banfile *list, char **names)
{
	bool *left_out = calloc(list->n + 1, sizeof(*left_out));
	size_t refused;
	json_int_t id;
	int rc;

	if (!left_out)
		abort();
	rc = send_rows(options, list, names, &id, left_out, &refused);
	if (!rc && refused && options->skip) {
		/* The import that knows of them is given up for another. */
		drop_left_out(list, left_out);
		rc = finish(options, id, false);
		if (!rc)
			rc = send_rows(
				options, list, names, &id, left_out, &refused);
	}
	if (!rc && refused) {
		finish(options, id, false);
		text_complain("nothing is imported: %zu of %zu bans are "
			      "refused; --skip leaves them out",
			refused, list->n);
		rc = EXIT_FAULT;
	}
	free(left_out);
	return rc ? rc : finish(options, id, true);
}

int import_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	static char *standard[] = {(char *)"-", NULL};
	struct banfile list = {.now = clock_wall() / CLOCK_SECOND};
	char **names = argc ? argv : standard;
	int rc = EXIT_FAULT;
	struct err err;

	(void)self;
	err_init(&err);
	read_lists(&list, argc ? argc : 1, names, &err);
	if (!err.faults)
		fill(&list, options, names, &err);
	for (size_t i = 0; i < err.n; i++)
		text_complain("%s", err.items[i].text);
	if (err.faults > err.n)
		text_complain("and %zu more", err.faults - err.n);
	if (err.faults)
		text_complain("nothing is imported");
	else
		rc = import_list(options, &list, names);
	err_deinit(&err);
	banfile_deinit(&list);
	return rc;
}
