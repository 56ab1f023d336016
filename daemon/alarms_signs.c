/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lines tell, on its way into the alarms. A line that was logged while
 * mailband was away tells nothing of now, but for who has ended since.
 */
#include <string.h>

#include "daemon/alarms_parts.h"
#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
/* What is older is no news. */
#define OLDEST (10 * MINUTE)

void alarms_sign(struct alarms *a, const char *program, bool dovecot,
	enum sign sign, const char *who, size_t n, int64_t time)
{
	int64_t now = clock_mono(), age = time ? clock_wall() - time : 0;

	if (!a || (sign < SIGN_KINDS && age > OLDEST))
		return;
	/* From the future, by a clock that is not ours: of now. */
	judge_sign(a->judge, judge_program(a->judge, program, dovecot), sign,
		who, n, age > 0 ? now - age : now);
}

bool alarms_tick(struct alarms *a)
{
	int64_t now = clock_mono();

	if (!a)
		return false;
	if (judge_has_signs(a->judge))
		judge_signs(a->judge, now);
	if (now - a->counted < a->settings->rules.interval)
		return false;
	judge_signs(a->judge, now);
	a->counted = now;
	return true;
}

void alarms_lines(struct alarms *a, const char *program, bool dovecot,
	uint64_t lines, uint64_t unknown)
{
	size_t i = judge_program(a->judge, program, dovecot);

	/* Of those that are too many the share is not told. */
	if (strcmp(judge_program_name(a->judge, i), program) == 0)
		judge_lines(a->judge, i, lines, unknown, clock_mono());
}

void alarms_log(struct alarms *a, const char *name, uint64_t lines)
{
	judge_log(a->judge, name, lines, clock_mono());
}

void alarms_jail(
	struct alarms *a, const char *name, bool dovecot, uint64_t found)
{
	judge_jail(a->judge, name, dovecot, found, clock_mono(), clock_wall());
}
