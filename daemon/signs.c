/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the counters, which read each mail line once, and from the sources to
 * the alarms: which lines tell of trouble, how many are not understood, which
 * log has become silent, what each jail finds.
 */
#include "daemon/signs.h"

#include <string.h>

#include "daemon/alarms.h"
#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/decisions.h"
#include "daemon/engine.h"
#include "daemon/feeds.h"

static void on_sign(void *ctx, const char *program, bool dovecot,
	enum sign sign, const char *who, size_t n, int64_t time)
{
	struct engine *e = ctx;

	alarms_sign(e->alarms, program, dovecot, sign, who, n, time);
}

void signs_begin(struct engine *e)
{
	counters_watch(e->counters, on_sign, e);
}

/* A tag is what somebody wrote: another is no name of an instance. */
static bool is_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] ==
	       '\0';
}

static void tell_programs(struct engine *e)
{
	uint64_t lines, unknown;
	const char *name;
	bool dovecot;

	for (size_t i = 0; (name = counters_program(e->counters, i, &dovecot,
				    &lines, &unknown));
		i++) {
		alarms_lines(e->alarms, name, dovecot, lines, unknown);
		if (is_name(name))
			alarms_log(e->alarms, name, lines);
	}
}

/* Whose lines a jail looks at, its filter's name tells. */
static void tell_jails(struct engine *e)
{
	struct decision_counts counts;

	for (size_t i = 0; i < e->config->n; i++) {
		const struct jail *jail = e->config->items[i].jail;
		const char *filter = jail->filter.text;
		bool dovecot = filter && strncmp(filter, "dovecot", 7) == 0;

		if (!dovecot && (!filter || strncmp(filter, "postfix", 7) != 0))
			continue;
		decisions_counts(e->decisions, i, &counts);
		alarms_jail(
			e->alarms, jail->name, dovecot, counts.total_failed);
	}
}

void signs_tick(struct engine *e)
{
	struct feed_status status;

	if (!alarms_tick(e->alarms))
		return;
	if (e->config->settings.counters)
		tell_programs(e);
	tell_jails(e);
	/* One that cannot be read is told of as such. */
	for (size_t i = 0; i < feeds_count(e->feeds); i++) {
		feeds_status(e->feeds, i, &status);
		if (!status.trouble)
			alarms_log(e->alarms, status.name, status.lines);
	}
}
