/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the alarms of what a host has once: its memory, how its disks
 * keep up, the servers that a probe asks, and the eyes that all this is seen
 * by.
 */
#include "alarms/words_parts.h"

#include <stdio.h>
#include <string.h>

#include "alarms/words.h"

static void say_figure(char *to, size_t room, const struct alarm *a)
{
	char span[WORDS_SPAN];

	switch (a->kind) {
	case ALARM_IO:
		snprintf(to, room,
			"disks: all programs waited for them %.0f %% of a "
			"minute",
			a->value);
		break;
	case ALARM_MEMORY:
		snprintf(to, room, "memory: %s", a->said);
		break;
	case ALARM_GAUGE:
		if (a->state.level == LEVEL_OK)
			snprintf(to, room, "disks and queues: seen again");
		else
			snprintf(to, room, "disks and queues: not seen for %s",
				words_span(a->value, span));
		break;
	case ALARM_PROBE:
		snprintf(to, room, "probe: %s", a->said);
		break;
	default:
		*to = '\0';
		break;
	}
}

static void say_outlook(char *to, size_t room, const struct alarm *a)
{
	switch (a->kind) {
	case ALARM_IO:
		snprintf(to, room, "; mail is taken and read slowly");
		break;
	case ALARM_MEMORY:
		snprintf(to, room,
			"; everything gets slow, then the kernel kills "
			"programs");
		break;
	case ALARM_GAUGE:
		snprintf(to, room,
			"; a file system may hang; what gets full meanwhile is "
			"not told");
		break;
	case ALARM_PROBE:
		snprintf(to, room, "; %s",
			a->value > 1
				? "clients and other servers fail as it does"
			: strncmp(a->said, JUDGE_NOT_KNOWN,
				  strlen(JUDGE_NOT_KNOWN)) == 0
				? "it may be well, or not"
				: "as yet all are served");
		break;
	default:
		*to = '\0';
		break;
	}
}

static void say_next(char *to, size_t room, const struct alarm *a)
{
	switch (a->kind) {
	case ALARM_IO:
		snprintf(to, room,
			"vmstat 1 5; ps -eo stat,pid,wchan:20,args | grep "
			"'^D'; dmesg | tail");
		break;
	case ALARM_MEMORY:
		snprintf(to, room, "ps -eo rss,pid,args --sort -rss | head");
		break;
	case ALARM_GAUGE:
		snprintf(to, room,
			"systemctl status mailban; ps -o stat,wchan,args "
			"-C mailban-gauge");
		break;
	case ALARM_PROBE:
		snprintf(to, room,
			"mailban check probe; postfix status; "
			"systemctl status dovecot");
		break;
	default:
		*to = '\0';
		break;
	}
}

const struct words_about words_host = {
	.figure = say_figure, .outlook = say_outlook, .next = say_next};
