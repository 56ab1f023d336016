/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the alarms of disks and what they are full of: from how much is
 * left to where to look for who took it.
 */
#include "alarms/words_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alarms/words.h"

static void say_figure(char *to, size_t room, const struct alarm *a)
{
	char size[WORDS_SIZE], whole[WORDS_SIZE], span[WORDS_SPAN];

	switch (a->kind) {
	case ALARM_DISK:
		snprintf(to, room, "%s: %s free of %s (%.1f %%)", a->subject,
			words_size(a->value, size), words_size(a->total, whole),
			a->total > 0 ? 100 * a->value / a->total : 0);
		break;
	case ALARM_INODES:
		snprintf(to, room, "%s: %.1f %% of %.0f inodes free",
			a->subject, a->value, a->total);
		break;
	case ALARM_FULL_IN:
		if (isfinite(a->value))
			snprintf(to, room, "%s: full in %s at this rate",
				a->subject, words_span(a->value, span));
		else
			snprintf(to, room, "%s: does not fill up", a->subject);
		break;
	case ALARM_READ_ONLY:
		snprintf(to, room, "%s: %s%s", a->subject,
			a->value > 2   ? "is not mounted any more"
			: a->value > 1 ? "cannot be looked at: "
			: a->value > 0 ? "mounted read-only"
				       : "writable",
			a->value == 2 ? strerror((int)a->total) : "");
		break;
	default:
		*to = '\0';
		break;
	}
}

static void say_outlook(char *to, size_t room, const struct alarm *a)
{
	char size[WORDS_SIZE];

	switch (a->kind) {
	case ALARM_DISK:
		if (a->refuses_below && a->value <= (double)a->refuses_below)
			snprintf(to, room,
				"; Postfix refuses mail now (452 4.3.1: less "
				"than %s)",
				words_size((double)a->refuses_below, size));
		else if (a->refuses_below)
			snprintf(to, room,
				"; below %s Postfix refuses mail (452 4.3.1)",
				words_size((double)a->refuses_below, size));
		else
			snprintf(to, room,
				"; when it is full nothing can be written "
				"there");
		break;
	case ALARM_INODES:
	case ALARM_FULL_IN:
		snprintf(to, room, "; %s %s",
			a->kind == ALARM_INODES ? "when none is left" : "then",
			a->about_mail ? "no mail is taken any more"
				      : "nothing can be written there");
		break;
	case ALARM_READ_ONLY:
		snprintf(to, room, "; %s",
			a->value > 2	? "what is written there lies beneath, "
					  "and is not seen when it is mounted"
			: a->about_mail ? "no mail is taken"
			: a->value > 1	? "nothing can be read or written there"
					: "nothing can be written there");
		break;
	default:
		*to = '\0';
		break;
	}
}

static void say_next(char *to, size_t room, const struct alarm *a)
{
	switch (a->kind) {
	case ALARM_DISK:
	case ALARM_FULL_IN:
		/* Who filled it may be anywhere on that file system. */
		snprintf(to, room,
			"du -xh --max-depth=3 \"$(findmnt -no TARGET -T %s)\" "
			"| sort -h | tail",
			a->subject);
		break;
	case ALARM_INODES:
		snprintf(to, room,
			"du -x --inodes --max-depth=3 \"$(findmnt -no TARGET "
			"-T %s)\" | sort -n | tail",
			a->subject);
		break;
	case ALARM_READ_ONLY:
		snprintf(to, room, "%sdmesg | tail; findmnt -T %s%s",
			a->value > 2 ? "mount -a; " : "", a->subject,
			a->value > 2 ? "; if it is to stay so: systemctl "
				       "restart mailban"
				     : "");
		break;
	default:
		*to = '\0';
		break;
	}
}

const struct words_about words_disks = {
	.figure = say_figure, .outlook = say_outlook, .next = say_next};
