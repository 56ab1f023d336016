/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hours that the daemon counted, put together from the pages in which it
 * tells them. Of what it says nothing is believed but its form.
 */
#include "cli/history.h"

#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/run.h"
#include "cli/text.h"

/* More pages than there are hours to tell. */
#define PAGES_MOST 256
/* And more than all of them take, bytes. */
#define LEFT_MOST (4 << 20)

/* Where the columns of a row go: a field of the counter, or nowhere. */
struct columns {
	size_t field[2 * COUNTER_FIELDS];
	size_t n;
};

static void columns_read(const json_t *names, struct columns *columns)
{
	const size_t room = sizeof(columns->field) / sizeof(*columns->field);

	columns->n = json_array_size(names);
	if (columns->n > room)
		columns->n = room;
	for (size_t i = 0; i < columns->n; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		size_t k = 0;

		while (k < COUNTER_FIELDS &&
			(!name || strcmp(name, counter_fields[k].name) != 0))
			k++;
		columns->field[i] = k;
	}
}

static void row_read(
	struct history *h, const struct columns *columns, const json_t *row)
{
	struct history_hour *hour;

	h->hours = reallocarray(h->hours, h->n + 1, sizeof(*h->hours));
	if (!h->hours)
		abort();
	hour = &h->hours[h->n++];
	*hour = (struct history_hour){
		.number = client_seconds(json_array_get(row, 0), 0) / 3600};
	for (size_t i = 0; i < columns->n; i++) {
		json_int_t n = json_integer_value(json_array_get(row, i + 1));

		if (columns->field[i] < COUNTER_FIELDS && n > 0)
			*counter_at(&hour->sums, columns->field[i]) =
				(uint64_t)n;
	}
}

/* Where the next page begins, or -1. */
static int64_t page_read(struct history *h, const json_t *page)
{
	const json_t *rows = json_object_get(page, "hours"), *row;
	struct columns columns;
	size_t i;

	h->since = client_seconds(json_object_get(page, "since"), 0);
	columns_read(json_object_get(page, "columns"), &columns);
	json_array_foreach (rows, i, row)
		row_read(h, &columns, row);
	return client_seconds(json_object_get(page, "next"), -1);
}

int history_ask(const struct options *options, int64_t since, struct history *h)
{
	*h = (struct history){.since = 0};
	for (int i = 0; i < PAGES_MOST && since >= 0; i++) {
		json_t *page;
		int rc = client_ask(options,
			json_pack("{s:s, s:I}", "command", "history", "since",
				(json_int_t)since),
			&page);

		if (rc) {
			history_free(h);
			return rc;
		}
		since = page_read(h, page);
		json_decref(page);
	}
	return EXIT_YES;
}

/* Hours before since are left out. */
static void hours_from(struct history *h, int64_t since)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->hours[i].number >= since / 3600)
			h->hours[kept++] = h->hours[i];
	h->n = kept;
}

int history_left(const char *statedir, int64_t since, struct history *h)
{
	char *argv[] = {(char *)"mailband", (char *)"-p", (char *)"-d",
		(char *)statedir, NULL};
	char *text = run_daemon_output(argv, LEFT_MOST), *line, *rest = text;

	*h = (struct history){.since = 0};
	while (text && (line = strsep(&rest, "\n"))) {
		json_t *page = json_loads(line, 0, NULL);

		if (page)
			page_read(h, page);
		json_decref(page);
	}
	free(text);
	hours_from(h, since);
	return text ? EXIT_YES : EXIT_FAULT;
}

void history_free(struct history *h)
{
	free(h->hours);
	h->hours = NULL;
	h->n = 0;
}

struct counter history_sum(
	const struct history *h, int64_t since, int64_t until)
{
	struct counter sum = {0};

	for (size_t i = 0; i < h->n; i++) {
		int64_t begin = h->hours[i].number * 3600;

		if (begin < since || begin >= until)
			continue;
		for (size_t k = 0; k < COUNTER_FIELDS; k++)
			*counter_at(&sum, k) +=
				*counter_at(&h->hours[i].sums, k);
	}
	return sum;
}
