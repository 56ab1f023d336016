/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal as fail2ban-regex reads it: each entry a line behind its date,
 * which is journald's and is never looked for in the text. A newline of a
 * message stays in its line, as "\n".
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexrun.h"
#include "cli/text.h"
#include "filters/dates.h"
#include "filters/filterfile.h"
#include "jails/jail.h"
#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "lib/paths.h"
#include "sources/replay.h"

/* SD_JOURNAL_SYSTEM of sd_journal_open(3), what fail2ban asks for. */
#define SYSTEM_ONLY 4

struct reading {
	struct regexrun *run;
	struct replay_entries entries;
	const char *files; /* journalfiles, as given last */
	char message[SOURCE_LINE_MOST];
};

/* A field that is a count of microseconds; false if the entry has none. */
static bool field_us(struct reading *g, const char *name, int64_t *us)
{
	char text[32];

	return journal_field(g->entries.journal, name, text, sizeof(text)) &&
	       sscanf(text, "%" SCNd64, us) == 1;
}

/* datetime.isoformat() of a local time, and a blank. */
static void put_date(FILE *to, int64_t us)
{
	time_t t = (time_t)(us / CLOCK_SECOND);
	char text[64] = "", zone[16] = "";
	struct tm tm;

	if (localtime_r(&t, &tm)) {
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		strftime(zone, sizeof(zone), "%z", &tm);
	}
	fputs(text, to);
	if (us % CLOCK_SECOND)
		fprintf(to, ".%06d", (int)(us % CLOCK_SECOND));
	fprintf(to, "%.3s:%s ", zone, strlen(zone) > 3 ? zone + 3 : "00");
}

/* Host, program and message, as they stand in the entry. */
static void put_line(FILE *to, struct reading *g, const struct line *line)
{
	const char *message = journal_field(
		g->entries.journal, "MESSAGE", g->message, sizeof(g->message));
	size_t head = (size_t)(line->message - line->text);
	int64_t us;

	fwrite(line->text, 1, head, to);
	if (head >= 8 && !memcmp(line->message - 8, "kernel: ", 8) &&
		field_us(g, "_SOURCE_MONOTONIC_TIMESTAMP", &us))
		fprintf(to, "[%12.6f] ", (double)us / (double)CLOCK_SECOND);
	/* With NULs in it, or too long, as the source has it. */
	if (!message || strlen(message) != line->message_len) {
		fwrite(line->message, 1, line->message_len, to);
		return;
	}
	for (; *message; message++)
		if (*message == '\n')
			fputs("\\n", to);
		else
			putc(*message, to);
}

static void on_entry(void *ctx, const struct line *line)
{
	struct reading *g = ctx;
	struct regexdate *date = &g->run->test.date;
	int64_t us = line->time;
	char *bytes, *text;
	size_t room, n;
	FILE *to = open_memstream(&bytes, &room);

	if (!to)
		abort();
	field_us(g, "_SOURCE_REALTIME_TIMESTAMP", &us);
	put_date(to, us);
	fflush(to);
	date->given_n = room;
	date->given = (double)us / (double)CLOCK_SECOND;
	put_line(to, g, line);
	if (fclose(to))
		abort();
	n = pytext_decode(bytes, room, g->run->encoding, &text);
	regexrun_line(g->run, text, n);
	free(text);
	free(bytes);
}

/* Adds to the n files those that fit a pattern; how many there are then. */
static size_t files_add(
	struct arena *arena, const char ***files, size_t n, const char *pattern)
{
	const char **more;
	glob_t found;

	if (paths_find(pattern, 0, &found, NULL) != 0)
		return n;
	more = arena_alloc(arena, (n + found.gl_pathc + 1) * sizeof(*more));
	if (n)
		memcpy(more, *files, n * sizeof(*more));
	for (size_t i = 0; i < found.gl_pathc; i++)
		more[n++] = arena_string(arena, found.gl_pathv[i]);
	globfree(&found);
	*files = more;
	return n;
}

/* The files of the patterns, as they are there now. */
static bool files_find(struct reading *g, struct arena *arena)
{
	char *rest = arena_string(arena, g->files), *word;
	size_t n = 0;

	while ((word = strsep(&rest, " \t\n,")))
		if (*word)
			n = files_add(arena, &g->entries.place.files, n, word);
	if (n == 0)
		text_complain("journalfiles: nothing fits '%s'", g->files);
	return n > 0;
}

static bool flags_take(struct reading *g, const char *text)
{
	char *end;
	long flags = strtol(text, &end, 10);

	if (end == text || *end || flags < 0 || flags > INT_MAX) {
		text_complain("journalflags: '%s' is no number; it is the sum "
			      "of 1 this host's, 2 since the boot, 4 the "
			      "system's, 8 the user's",
			text);
		return false;
	}
	g->entries.place.flagged = true;
	g->entries.place.flags = (int)flags;
	return true;
}

static bool option_take(
	struct reading *g, const struct filter_option *o, const char *what)
{
	if (!strcmp(o->key, "journalpath"))
		g->entries.place.dir = o->value;
	else if (!strcmp(o->key, "namespace"))
		g->entries.place.name = o->value;
	else if (!strcmp(o->key, "journalflags"))
		return flags_take(g, o->value);
	else if (!strcmp(o->key, "journalfiles"))
		g->files = o->value;
	else {
		text_complain("%s: '%s' is not known; there are journalpath, "
			      "journalfiles, journalflags and namespace",
			what, o->key);
		return false;
	}
	return true;
}

/* "systemd-journal[journalpath=DIR]"; false if told what is not known. */
static bool options_take(
	struct reading *g, const char *what, struct arena *arena)
{
	struct journal_place *place = &g->entries.place;
	struct filter_spec spec = {0};
	struct err err;
	bool ok;

	err_init(&err);
	ok = filter_spec_parse(&spec, what, arena, &err);
	if (!ok)
		text_complain("%s: %s", what, err.items[0].text);
	for (size_t i = 0; ok && i < spec.options_n; i++)
		ok = option_take(g, &spec.options[i], what);
	if (ok && g->files)
		ok = files_find(g, arena);
	/* Else people's own journals would be read too. */
	if (!place->dir && !place->files && !place->flagged) {
		place->flagged = true;
		place->flags = SYSTEM_ONLY;
	}
	err_deinit(&err);
	return ok;
}

/* Which entries: of several rows in a filter, the last, as it has it. */
static bool match_take(struct reading *g, struct arena *arena)
{
	struct regexrun *r = g->run;
	const char *text = r->journalmatch ? r->journalmatch : r->filter_match;
	const char *row = text ? strrchr(text, '\n') : NULL, *why;
	const struct jail_match *from;
	struct journal_match *groups;
	size_t n;

	if (row && !r->journalmatch)
		text = row + 1;
	if (!text)
		return true;
	if (!jail_match_parse(text, arena, &from, &n, &why)) {
		text_complain("journal match: %s", why);
		return false;
	}
	if (!n)
		return true;
	groups = arena_alloc(arena, n * sizeof(*groups));
	regexrun_tell(r, "Use    journal match :");
	for (size_t i = 0; i < n; i++) {
		groups[i] = (struct journal_match){from[i].fields, from[i].n};
		if (i)
			regexrun_tell(r, " +");
		for (size_t k = 0; k < from[i].n; k++)
			regexrun_tell(r, " %s", from[i].fields[k]);
	}
	regexrun_tell(r, "\n");
	g->entries.groups = groups;
	g->entries.groups_n = n;
	return true;
}

bool regexjournal_run(struct regexrun *r, const char *what)
{
	struct arena *arena = arena_new();
	struct reading *g = calloc(1, sizeof(*g));
	char why[256];
	bool ok;

	if (!g)
		abort();
	g->run = r;
	regexrun_tell(r, "Use         systemd journal\n");
	regexrun_tell(r, "Use         encoding : %s\n", r->encoding);
	ok = options_take(g, what, arena) && match_take(g, arena);
	if (ok) {
		regexrun_tell(r, "\n");
		/* No entry asks for the usual dates, and yet they are told. */
		if (r->test.date.dates)
			dates_compile(r->test.date.dates);
		ok = replay_entries(
			     &g->entries, on_entry, g, why, sizeof(why)) == 0;
		if (!ok)
			text_complain("the journal: %s", why);
	}
	free(g);
	arena_free(&arena);
	return ok;
}
