/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An alarm in words, for somebody who was woken by it: what is wrong, how much,
 * since when, what comes of it, and what to type. It must never advise what
 * loses mail.
 */
#include "alarms/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "alarms/words_parts.h"
#include "lib/clock.h"

#define ROOM(w) sizeof((w)->text)

/* How to stop one account without losing a message. */
#define SPAM                                                               \
	"; spam of one account: mailban accounts; mailban accounts --ids " \
	"ACCOUNT | postsuper -h -"

const char *words_size(double bytes, char text[WORDS_SIZE])
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t i = 0;

	while (bytes >= 999.5 && i + 1 < sizeof(units) / sizeof(*units)) {
		bytes /= 1000;
		i++;
	}
	snprintf(text, WORDS_SIZE, bytes < 9.95 && i ? "%.1f %s" : "%.0f %s",
		bytes, units[i]);
	return text;
}

const char *words_span(double seconds, char text[WORDS_SPAN])
{
	static const struct {
		double seconds;
		const char *one, *many;
	} units[] = {{86400, "day", "days"}, {3600, "hour", "hours"},
		{60, "minute", "minutes"}, {1, "second", "seconds"}};
	size_t i = 0;
	double n;

	/* A unit that there are two of at least says enough. */
	while (i < 3 && seconds < 2 * units[i].seconds)
		i++;
	n = floor(seconds / units[i].seconds);
	if (n > 99999)
		n = 99999;
	snprintf(text, WORDS_SPAN, "%.0f %s", n,
		(int)n == 1 ? units[i].one : units[i].many);
	return text;
}

/* Which queue a kind counts, for texts. */
static const char *queue_name_of(enum alarm_kind kind)
{
	switch (kind) {
	case ALARM_ACTIVE:
	case ALARM_ACTIVE_GROWTH:
		return "active";
	case ALARM_DEFERRED:
	case ALARM_OLDEST_DEFERRED:
	case ALARM_DEFERRED_GROWTH:
		return "deferred";
	case ALARM_HOLD_GROWTH:
		return "hold";
	case ALARM_CORRUPT:
		return "corrupt";
	case ALARM_MAILDROP:
		return "maildrop";
	default:
		return "incoming";
	}
}

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
	case ALARM_INCOMING:
	case ALARM_ACTIVE:
	case ALARM_DEFERRED:
	case ALARM_CORRUPT:
		snprintf(to, room, "%s: %.0f message%s in the %s queue",
			a->subject, a->value, a->value == 1 ? "" : "s",
			queue_name_of(a->kind));
		break;
	case ALARM_MAILDROP:
	case ALARM_OLDEST:
	case ALARM_OLDEST_DEFERRED:
		if (a->value > 0)
			snprintf(to, room,
				"%s: a message has been in the %s queue for %s",
				a->subject, queue_name_of(a->kind),
				words_span(a->value, span));
		else
			snprintf(to, room, "%s: the %s queue is empty",
				a->subject, queue_name_of(a->kind));
		break;
	case ALARM_INCOMING_GROWTH:
	case ALARM_ACTIVE_GROWTH:
	case ALARM_DEFERRED_GROWTH:
	case ALARM_HOLD_GROWTH:
		snprintf(to, room,
			"%s: %.0f more message%s in the %s queue within an "
			"hour",
			a->subject, a->value, a->value == 1 ? "" : "s",
			queue_name_of(a->kind));
		break;
	case ALARM_PROCESSES:
		snprintf(to, room, "%s: %.0f of at most %.0f processes of %s",
			a->subject, round(a->value * a->total / 100), a->total,
			a->detail);
		break;
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
		words_signs_figure(to, room, a);
		break;
	}
}

/* What will happen. */
static void say_outlook(char *to, size_t room, const struct alarm *a)
{
	char size[WORDS_SIZE];

	*to = '\0';
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
	case ALARM_INCOMING:
	case ALARM_OLDEST:
		snprintf(to, room,
			"; the queue manager does not keep up, mail is late");
		break;
	case ALARM_ACTIVE:
		snprintf(to, room,
			"; at qmgr_message_active_limit, 20000, new mail "
			"waits behind it");
		break;
	case ALARM_DEFERRED:
		snprintf(to, room,
			"; they are tried again, and go back after "
			"maximal_queue_lifetime");
		break;
	case ALARM_OLDEST_DEFERRED:
		snprintf(to, room,
			"; it should have gone back to its sender by now");
		break;
	case ALARM_CORRUPT:
		snprintf(to, room, "; Postfix delivers nothing out of it");
		break;
	case ALARM_MAILDROP:
		snprintf(to, room,
			"; what local programs send is not picked up");
		break;
	case ALARM_INCOMING_GROWTH:
	case ALARM_ACTIVE_GROWTH:
		snprintf(to, room, "; more comes than goes, mail gets late");
		break;
	case ALARM_DEFERRED_GROWTH:
		snprintf(to, room,
			"; a place where mail goes does not take it, or "
			"somebody sends spam");
		break;
	case ALARM_HOLD_GROWTH:
		snprintf(to, room,
			"; what is there stays until somebody lets it go");
		break;
	case ALARM_PROCESSES:
		snprintf(to, room,
			"; with all of them busy other clients wait, then give "
			"up");
		break;
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
		words_signs_outlook(to, room, a);
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
	case ALARM_INCOMING:
	case ALARM_OLDEST:
		snprintf(to, room,
			"postfix status; journalctl -t postfix/qmgr -n 20");
		break;
	case ALARM_ACTIVE:
		snprintf(to, room,
			"qshape active; qshape -s active (by sender's domain)" SPAM);
		break;
	case ALARM_DEFERRED:
		snprintf(to, room,
			"qshape deferred; when the cause is gone: postqueue -f" SPAM);
		break;
	case ALARM_OLDEST_DEFERRED:
		snprintf(to, room,
			"qshape -l -t 1440 -b 8 deferred (by days); "
			"postconf maximal_queue_lifetime; "
			"to have one routed anew: postsuper -r QUEUEID");
		break;
	case ALARM_CORRUPT:
		/* postsuper(1) does not go there. */
		snprintf(to, room,
			"ls -l %s/corrupt; to look at one: postcat "
			"%s/corrupt/QUEUEID; if it can go: rm -i "
			"%s/corrupt/QUEUEID",
			a->subject, a->subject, a->subject);
		break;
	case ALARM_MAILDROP:
		snprintf(to, room,
			"postfix status; journalctl -t postfix/pickup -n 20");
		break;
	case ALARM_INCOMING_GROWTH:
	case ALARM_ACTIVE_GROWTH:
	case ALARM_DEFERRED_GROWTH:
		snprintf(to, room,
			"qshape %s; qshape -s %s (by sender's domain)" SPAM,
			queue_name_of(a->kind), queue_name_of(a->kind));
		break;
	case ALARM_HOLD_GROWTH:
		snprintf(to, room,
			"qshape -s hold; to look at one: postcat -q QUEUEID; "
			"to let it go: postsuper -H QUEUEID; if it is spam: "
			"postsuper -d QUEUEID hold");
		break;
	case ALARM_PROCESSES:
		snprintf(to, room,
			"ss -tnp | grep smtpd; if all of them are wanted: "
			"postconf -F '%s/process_limit = %.0f'; postfix reload "
			"(an instance of its own: both with -c DIR)",
			a->detail, 2 * a->total);
		break;
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
		words_signs_next(to, room, a);
		break;
	}
}

void words_of(struct words *w, const struct alarm *a, enum level_news news,
	int64_t now, int64_t wall)
{
	char figure[400], outlook[160] = "", when[32] = "", span[WORDS_SPAN];
	int64_t took = now - a->state.since;
	time_t since = (time_t)((wall - took) / CLOCK_SECOND);
	struct tm tm;

	w->addresses[0] = w->queue_ids[0] = '\0';
	say_figure(figure, sizeof(figure), a);
	if (localtime_r(&since, &tm))
		strftime(when, sizeof(when), "%b %e %H:%M", &tm);
	words_span((double)took / CLOCK_SECOND, span);
	if (news == LEVEL_RECOVERED) {
		snprintf(w->text, ROOM(w), "%s: well again, after %s", figure,
			span);
		w->next[0] = '\0';
		return;
	}
	say_outlook(outlook, sizeof(outlook), a);
	snprintf(w->text, ROOM(w), "%s, since %s%s%s%s", figure, when, outlook,
		*a->more ? "; " : "", a->more);
	say_next(w->next, sizeof(w->next), a);
}
