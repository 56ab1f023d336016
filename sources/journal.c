/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the journal. journald tells of new entries late (by a timer of its
 * own), while they stand in the mapped file at once: so nobody here waits to
 * be told, the caller looks again every few milliseconds.
 */
#include "sources/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "lib/line.h"
#include "lib/linehead.h"
#include "sources/linebreak.h"
#include "sources/plain.h"

/* Where journald keeps its files (systemd-journald.service(8)). */
static const char *const places[] = {"/run/log/journal", "/var/log/journal"};
#define PLACES 2

/* Host, program and pid in front of a message at most. */
#define HEAD_MOST 600

struct journal {
	sd_journal *j;
	struct journal_place place;
	const struct journal_match *groups;
	size_t groups_n;
	char cursor[JOURNAL_CURSOR]; /* of the last entry handed on */
	int64_t since;
	bool behind_cursor; /* the next entry may be that of the cursor */
	bool moved;	    /* the cursor text is older than the place */
	bool enough;	    /* no entry more in this read */
	bool there[PLACES];
	struct linebreak broken;
	struct journal_stats stats;
	char *body; /* HEAD_MOST + SOURCE_LINE_MOST bytes */
};

static void look_at_places(bool there[PLACES])
{
	struct stat st;

	for (int i = 0; i < PLACES; i++)
		there[i] = stat(places[i], &st) == 0;
}

static int add_matches(struct journal *journal)
{
	int r = 0;

	for (size_t i = 0; i < journal->groups_n && r >= 0; i++) {
		const struct journal_match *g = &journal->groups[i];

		for (size_t k = 0; k < g->n && r >= 0; k++)
			r = sd_journal_add_match(journal->j, g->fields[k], 0);
		if (r >= 0)
			r = sd_journal_add_disjunction(journal->j);
	}
	return r;
}

/* Puts the place behind the cursor, or where there is none to since. */
static int seek(struct journal *journal)
{
	int r = -ENOENT;

	journal->behind_cursor = false;
	if (journal->cursor[0]) {
		r = sd_journal_seek_cursor(journal->j, journal->cursor);
		journal->behind_cursor = r >= 0;
		if (r < 0)
			journal->cursor[0] = '\0';
	}
	if (r < 0)
		r = sd_journal_seek_realtime_usec(
			journal->j, (uint64_t)journal->since);
	return r;
}

static int open_journal(struct journal *journal)
{
	const struct journal_place *p = &journal->place;
	int r;

	if (p->files)
		r = sd_journal_open_files(&journal->j, p->files, p->flags);
	else if (p->dir)
		r = sd_journal_open_directory(&journal->j, p->dir, p->flags);
	else
		r = sd_journal_open_namespace(&journal->j, p->name,
			p->flagged ? p->flags : SD_JOURNAL_LOCAL_ONLY);
	if (r < 0)
		return r;
	sd_journal_set_data_threshold(journal->j, SOURCE_LINE_MOST);
	/* Makes its inotify descriptor, by which it learns of new files. */
	r = sd_journal_get_fd(journal->j);
	if (r >= 0)
		r = add_matches(journal);
	return r < 0 ? r : seek(journal);
}

int journal_new(struct journal **out, const struct journal_place *place,
	const char *cursor, int64_t since)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int r;

	*out = NULL;
	if (!journal)
		return -ENOMEM;
	journal->since = since;
	look_at_places(journal->there);
	if (place)
		journal->place = *place;
	journal->body = malloc(HEAD_MOST + SOURCE_LINE_MOST);
	if (cursor && strlen(cursor) < JOURNAL_CURSOR)
		strcpy(journal->cursor, cursor);
	r = journal->body ? open_journal(journal) : -ENOMEM;
	if (r < 0)
		journal_free(&journal);
	*out = journal;
	return r < 0 ? r : 0;
}

void journal_free(struct journal **journal)
{
	struct journal *j = *journal;

	if (!j)
		return;
	sd_journal_close(j->j);
	free(j->body);
	free(j);
	*journal = NULL;
}

/* The cursor's text is made when it is asked for, not for every entry. */
static void fix_cursor(struct journal *journal)
{
	char *text;

	if (!journal->moved)
		return;
	journal->moved = false;
	if (sd_journal_get_cursor(journal->j, &text) < 0)
		return;
	if (strlen(text) < JOURNAL_CURSOR)
		strcpy(journal->cursor, text);
	free(text);
}

int journal_set_matches(
	struct journal *journal, const struct journal_match *groups, size_t n)
{
	int r;

	fix_cursor(journal);
	journal->groups = groups;
	journal->groups_n = n;
	sd_journal_flush_matches(journal->j);
	r = add_matches(journal);
	if (r >= 0)
		r = seek(journal);
	return r < 0 ? r : 0;
}

void journal_cursor(const struct journal *journal, char buf[JOURNAL_CURSOR])
{
	/* Only the text is made; what is read next stays the same. */
	fix_cursor((struct journal *)journal);
	strcpy(buf, journal->cursor);
}

const struct journal_stats *journal_stats(const struct journal *journal)
{
	return &journal->stats;
}

/* A field's value without "NAME="; NULL if the entry has none. */
static const char *get(struct journal *journal, const char *name, size_t *n)
{
	size_t skip = strlen(name) + 1;
	const void *data;

	*n = 0;
	if (sd_journal_get_data(journal->j, name, &data, n) < 0 || *n < skip)
		return NULL;
	*n -= skip;
	return (const char *)data + skip;
}

const char *journal_field(
	struct journal *journal, const char *name, char *buf, size_t room)
{
	size_t n;
	const char *value = get(journal, name, &n);

	if (!value || n >= room)
		return NULL;
	memcpy(buf, value, n);
	buf[n] = '\0';
	return buf;
}

/* The entry has that field, with that value. */
static bool has_field(struct journal *journal, const char *field, size_t name_n)
{
	const void *data;
	char name[128];
	size_t n;

	if (name_n >= sizeof(name))
		return false;
	memcpy(name, field, name_n);
	name[name_n] = '\0';
	return sd_journal_get_data(journal->j, name, &data, &n) >= 0 &&
	       n == strlen(field) && memcmp(data, field, n) == 0;
}

/* Of the group's values for one field, any will do (journalctl(1)). */
static bool has_any(struct journal *journal, const struct journal_match *group,
	const char *field, size_t name_n)
{
	for (size_t i = 0; i < group->n; i++)
		if (strncmp(group->fields[i], field, name_n + 1) == 0 &&
			has_field(journal, group->fields[i], name_n))
			return true;
	return false;
}

bool journal_fits(struct journal *journal, const struct journal_match *group)
{
	for (size_t i = 0; i < group->n; i++) {
		const char *field = group->fields[i];
		const char *equals = strchr(field, '=');

		if (!equals || !has_any(journal, group, field,
				       (size_t)(equals - field)))
			return false;
	}
	return true;
}

/* "host program[pid]: " into the body; fills the parts of line. */
static size_t put_head(struct journal *journal, struct line *line)
{
	char *body = journal->body;
	const char *value;
	size_t n, at;

	value = get(journal, "_HOSTNAME", &n);
	at = value ? plain_put(body, value, n, 255) : 0;
	line->host = body;
	line->host_len = at;
	if (at)
		body[at++] = ' ';
	value = get(journal, "SYSLOG_IDENTIFIER", &n);
	if (!value)
		value = get(journal, "_COMM", &n);
	line->tag = body + at;
	line->tag_len = value ? plain_put(body + at, value, n, 255) : 0;
	at += line->tag_len;
	value = get(journal, "SYSLOG_PID", &n);
	if (!value)
		value = get(journal, "_PID", &n);
	if (value && line->tag_len) {
		body[at++] = '[';
		at += plain_put(body + at, value, n, 20);
		body[at++] = ']';
	}
	if (line->tag_len) {
		body[at++] = ':';
		body[at++] = ' ';
	}
	return at;
}

/* What of a line the entry at the place is. */
static enum linebreak_part part(struct journal *journal)
{
	char stream[64];
	size_t n, why_n;
	const char *id = get(journal, "_STREAM_ID", &n), *why;

	if (!id || n > sizeof(stream))
		return LINEBREAK_WHOLE;
	memcpy(stream, id, n);
	why = get(journal, "_LINE_BREAK", &why_n);
	return linebreak_note(&journal->broken, stream, n, why, why_n);
}

/* The entry at the place as a line; false if it is none. */
static bool compose(struct journal *journal, struct line *line)
{
	char *body = journal->body;
	const char *message;
	uint64_t time = 0;
	size_t head, n;

	enum linebreak_part is = part(journal);

	*line = (struct line){.journal = true};
	if (is == LINEBREAK_REST)
		return false;
	head = put_head(journal, line);
	message = get(journal, "MESSAGE", &n);
	if (!message)
		return false;
	/* The threshold counts "MESSAGE=" too; at it, the rest is missing. */
	line->cut_short = is == LINEBREAK_FIRST ||
			  n + strlen("MESSAGE=") >= SOURCE_LINE_MOST;
	journal->stats.cut += line->cut_short;
	line->message = body + head;
	line->message_len =
		plain_put(body + head, message, n, SOURCE_LINE_MOST);
	line->text = line->body = body;
	line->text_len = line->body_len = head + line->message_len;
	line->head = linehead_of(line);
	if (sd_journal_get_realtime_usec(journal->j, &time) >= 0)
		line->time = (int64_t)time;
	return true;
}

/*
 * True if the place is on the entry that was handed on last. Sequence numbers
 * do not tell: an entry has another when journald has moved it from /run to
 * /var. What stands in the cursor behind them stays: boot, both times, and a
 * hash of the contents.
 */
static bool is_known(struct journal *journal)
{
	const char *before = strstr(journal->cursor, ";b="), *now;
	bool known = false;
	char *text;

	if (!journal->behind_cursor)
		return false;
	journal->behind_cursor = false;
	if (!before || sd_journal_get_cursor(journal->j, &text) < 0)
		return false;
	now = strstr(text, ";b=");
	known = now && strcmp(now, before) == 0;
	free(text);
	return known;
}

/*
 * Takes what inotify has to say. An entry is counted in its file before it can
 * be found by its fields: who looks in between is told that there is nothing,
 * and libsystemd does not look again until another entry is counted. journald
 * tells of a change only when it is whole, so then the place is sought anew.
 * 1 if it was, 0 if nothing was told, or -errno.
 */
static int look_again(struct journal *journal)
{
	int r = sd_journal_process(journal->j);

	if (r <= SD_JOURNAL_NOP)
		return r;
	r = seek(journal);
	return r < 0 ? r : 1;
}

int journal_read(struct journal *journal, source_line_fn fn, void *ctx,
	unsigned int most)
{
	unsigned int n = 0;
	bool again = false;
	struct line line;
	int r;

	journal->enough = false;
	while (n < most && !journal->enough) {
		r = sd_journal_next(journal->j);
		if (r < 0)
			return r;
		if (r == 0) {
			if (again)
				break;
			/* Files that came or went since; where it stands is
			 * asked first, as that file may be among them. */
			fix_cursor(journal);
			r = look_again(journal);
			if (r <= 0)
				return r < 0 ? r : (int)n;
			again = true;
			continue;
		}
		if (is_known(journal))
			continue;
		n++;
		journal->moved = true;
		journal->stats.entries++;
		if (compose(journal, &line))
			fn(ctx, &line);
	}
	return (int)n;
}

void journal_enough(struct journal *journal)
{
	journal->enough = true;
}

/* Files that were named, and are not journald's for this host. */
static bool is_elsewhere(const struct journal *journal)
{
	return journal->place.dir || journal->place.files;
}

bool journal_is_readable(const struct journal *journal)
{
	return is_elsewhere(journal) ||
	       sd_journal_has_runtime_files(journal->j) > 0 ||
	       sd_journal_has_persistent_files(journal->j) > 0;
}

void journal_tick(struct journal *journal)
{
	sd_journal *old = journal->j;
	bool there[PLACES];

	if (is_elsewhere(journal))
		return;
	look_at_places(there);
	if (memcmp(there, journal->there, sizeof(there)) == 0)
		return;
	/* /var/log/journal was made, say: it is not among what is watched. */
	fix_cursor(journal);
	journal->j = NULL;
	if (open_journal(journal) < 0) {
		sd_journal_close(journal->j);
		journal->j = old;
		return;
	}
	memcpy(journal->there, there, sizeof(there));
	journal->stats.reopened++;
	sd_journal_close(old);
}
