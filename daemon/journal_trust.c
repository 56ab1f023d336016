/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a jail believes. Any local user can log under any name, so that a line
 * would have others banned; who he is, and which unit his process is of, he
 * cannot choose. A unit alone is no proof either where it runs people's own
 * programs: a cron job is of cron.service, and what stands in a .forward is
 * of Postfix's.
 */
#include "daemon/journal_trust.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/syslog_trust.h"

/* People's own uids, and not those that systemd lends to services
 * (login.defs(5), SYS_UID_MAX; systemd's "Users, Groups, UIDs and GIDs"). */
#define UID_PEOPLE 1000
#define UID_DYNAMIC_FIRST 61184
#define UID_DYNAMIC_LAST 65519
/* So short a part of a name proves nothing. */
#define NAME_LEAST 3
/* Where systemd runs, each process is of a unit (sd_booted(3)). */
#define SYSTEMD "/run/systemd/system"

struct journal_trust {
	const struct config_jail *item;
	/* The journalmatch's groups; behind them what is left of those that say
	 * both who writes and under which name, without who. */
	struct journal_match *groups;
	size_t own_n, n;
	bool *by_unit, *by_uid; /* of each group: does it name one? */
	bool has_units;
};

void journal_writer_read(struct journal *journal, struct journal_writer *out)
{
	char text[24];

	*out = (struct journal_writer){.has_uid = false};
	if (journal_field(journal, "_UID", text, sizeof(text))) {
		out->has_uid = true;
		out->uid = strtoul(text, NULL, 10);
	}
	out->by_kernel =
		journal_field(journal, "_TRANSPORT", text, sizeof(text)) &&
		strcmp(text, "kernel") == 0;
	journal_field(journal, "_COMM", out->comm, sizeof(out->comm));
	/* One that is longer is the unit of no service. */
	if (!journal_field(
		    journal, "_SYSTEMD_UNIT", out->unit, sizeof(out->unit)))
		out->unit[0] = '\0';
}

static bool names(const struct journal_match *group, const char *field)
{
	for (size_t i = 0; i < group->n; i++)
		if (strncmp(group->fields[i], field, strlen(field)) == 0)
			return true;
	return false;
}

/* Adds a group's fields that anyone may set, if it has others too. */
static void add_by_name(struct journal_trust *t, const struct jail_match *from)
{
	const char **fields = calloc(from->n + 1, sizeof(*fields));
	size_t n = 0;

	if (!fields)
		abort();
	for (size_t i = 0; i < from->n; i++)
		if (from->fields[i][0] != '_')
			fields[n++] = from->fields[i];
	if (n > 0 && n < from->n)
		t->groups[t->n++] = (struct journal_match){fields, n};
	else
		free(fields);
}

struct journal_trust *journal_trust_new(const struct config_jail *item)
{
	struct journal_trust *t = calloc(1, sizeof(*t));
	size_t most = 2 * item->match_n + 1;

	if (!t)
		abort();
	t->item = item;
	t->has_units = access(SYSTEMD, F_OK) == 0;
	t->groups = calloc(most, sizeof(*t->groups));
	t->by_unit = calloc(most, sizeof(*t->by_unit));
	t->by_uid = calloc(most, sizeof(*t->by_uid));
	if (!t->groups || !t->by_unit || !t->by_uid)
		abort();
	t->n = t->own_n = item->match_n;
	for (size_t i = 0; i < item->match_n; i++) {
		t->groups[i] = (struct journal_match){
			item->match[i].fields, item->match[i].n};
		t->by_unit[i] = names(&t->groups[i], "_SYSTEMD_UNIT=");
		t->by_uid[i] = names(&t->groups[i], "_UID=");
		add_by_name(t, &item->match[i]);
	}
	return t;
}

const struct journal_match *journal_trust_matches(
	const struct journal_trust *t, size_t *n)
{
	*n = t->n;
	return t->groups;
}

void journal_trust_free(struct journal_trust **trust)
{
	struct journal_trust *t = *trust;

	if (!t)
		return;
	for (size_t i = t->own_n; i < t->n; i++)
		free((void *)(uintptr_t)t->groups[i].fields);
	free(t->groups);
	free(t->by_unit);
	free(t->by_uid);
	free(t);
	*trust = NULL;
}

bool journal_trust_is_people(unsigned long uid)
{
	return uid >= UID_PEOPLE &&
	       (uid < UID_DYNAMIC_FIRST || uid > UID_DYNAMIC_LAST);
}

static bool is_somebodys(const struct journal_writer *w)
{
	return w->has_uid && journal_trust_is_people(w->uid);
}

static bool is_session(const char *unit)
{
	return strncmp(unit, "user@", 5) == 0 ||
	       strncmp(unit, "session-", 8) == 0;
}

/* One of the two begins with the other. */
static bool akin(const char *a, size_t a_n, const char *b, size_t b_n)
{
	size_t n = a_n < b_n ? a_n : b_n;

	return n >= NAME_LEAST && strncasecmp(a, b, n) == 0;
}

bool journal_trust_named(const char *unit, const char *tag, size_t tag_len)
{
	size_t stem = strcspn(unit, "@."), at = 0, head = 0;

	while (head < tag_len &&
		(isalnum((unsigned char)tag[head]) || strchr("_-.", tag[head])))
		head++;
	if (akin(unit, stem, tag, head))
		return true;
	while (at < stem) {
		size_t n = strcspn(unit + at, "-@.");

		if (akin(unit + at, n, tag, head))
			return true;
		at += n + 1;
	}
	return false;
}

bool journal_trust_systems(const struct journal_writer *w, bool has_units,
	const char *tag, size_t tag_len)
{
	/* Of a process it is always known, but for an entry read badly. */
	if (!w->has_uid)
		return w->by_kernel;
	if (w->uid == 0)
		return true;
	if (is_somebodys(w) || is_session(w->unit))
		return false;
	/* Of one that had ended when journald looked no more is known than who
	 * its user is: see had_ended. */
	if (!w->unit[0])
		return !has_units;
	return journal_trust_named(w->unit, tag, tag_len);
}

/* A process that logs its last may be gone when journald looks, and with it
 * its unit; the uid came with the message. So Exim logs whom it throws out. */
static bool had_ended(const struct journal_writer *w,
	const struct syslog_trust *users, const struct line *line)
{
	return users && w->has_uid && !w->unit[0] &&
	       syslog_trust_systems(
		       users, (uid_t)w->uid, line->tag, line->tag_len);
}

enum trusted_answer journal_trust_ask(const struct journal_trust *t,
	struct journal *journal, const struct journal_writer *w,
	const struct syslog_trust *users, const struct line *line)
{
	bool fits = t->n == 0;
	/* The admin knows whom his unit runs; a filter's author does not. */
	bool own = t->item->jail->journalmatch_text.text != NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (!journal_fits(journal, &t->groups[i]))
			continue;
		if (t->by_uid[i] ||
			(t->by_unit[i] && (own || !is_somebodys(w))))
			return TRUSTED_BELIEVED;
		fits = true;
	}
	if (!fits)
		return TRUSTED_NOT_FOR_IT;
	return t->item->jail->trust == JAIL_TRUST_ANY ||
			       journal_trust_systems(w, t->has_units, line->tag,
				       line->tag_len) ||
			       had_ended(w, users, line)
		       ? TRUSTED_BELIEVED
		       : TRUSTED_DOUBTED;
}
