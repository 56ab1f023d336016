/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the counters, which read each mail line once, and from the sources to
 * the alarms: which lines tell of trouble, how many are not understood, which
 * log has become silent.
 */
#include "daemon/signs.h"

#include <string.h>

#include "daemon/alarms.h"
#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/engine.h"
#include "daemon/feeds.h"

static void on_sign(void *ctx, bool dovecot, enum sign sign, const char *who,
	size_t n, int64_t time)
{
	struct engine *e = ctx;

	alarms_sign(e->alarms, dovecot ? JUDGE_DOVECOT : JUDGE_POSTFIX, sign,
		who, n, time);
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

	counters_lines(e->counters, false, &lines, &unknown);
	alarms_lines(e->alarms, JUDGE_POSTFIX, lines, unknown);
	counters_lines(e->counters, true, &lines, &unknown);
	alarms_lines(e->alarms, JUDGE_DOVECOT, lines, unknown);
	for (size_t i = 0; (name = counters_program(e->counters, i, &lines));
		i++)
		if (is_name(name))
			alarms_log(e->alarms, name, lines);
}

void signs_tick(struct engine *e)
{
	struct feed_status status;

	if (!alarms_tick(e->alarms))
		return;
	if (e->config->settings.counters)
		tell_programs(e);
	/* One that cannot be read is told of as such. */
	for (size_t i = 0; i < feeds_count(e->feeds); i++) {
		feeds_status(e->feeds, i, &status);
		if (!status.trouble)
			alarms_log(e->alarms, status.name, status.lines);
	}
}
