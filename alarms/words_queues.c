/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of the alarms of an instance of Postfix: of its queues, and of its
 * services whose processes are all busy. What they advise throws no message
 * away but one that its reader has looked at.
 */
#include "alarms/words_parts.h"

#include <math.h>
#include <stdio.h>

#include "alarms/words.h"

/* How to stop one account without losing a message. */
#define SPAM                                                               \
	"; spam of one account: mailban accounts; mailban accounts --ids " \
	"ACCOUNT | postsuper -h -"

/* Which queue a kind counts, and what comes of it. */
static const struct {
	const char *name, *then;
} queues[] = {
	[ALARM_INCOMING] = {"incoming",
		"the queue manager does not keep up, mail is late"},
	[ALARM_ACTIVE] = {"active",
		"at qmgr_message_active_limit, 20000, new mail waits behind "
		"it"},
	[ALARM_DEFERRED] = {"deferred",
		"they are tried again, and go back after "
		"maximal_queue_lifetime"},
	[ALARM_CORRUPT] = {"corrupt", "Postfix delivers nothing out of it"},
	[ALARM_MAILDROP] = {"maildrop",
		"what local programs send is not picked up"},
	[ALARM_OLDEST] = {"incoming",
		"the queue manager does not keep up, mail is late"},
	[ALARM_OLDEST_DEFERRED] = {"deferred",
		"it should have gone back to its sender by now"},
	[ALARM_INCOMING_GROWTH] = {"incoming",
		"more comes than goes, mail gets late"},
	[ALARM_ACTIVE_GROWTH] = {"active",
		"more comes than goes, mail gets late"},
	[ALARM_DEFERRED_GROWTH] = {"deferred",
		"a place where mail goes does not take it, or somebody sends "
		"spam"},
	[ALARM_HOLD_GROWTH] = {"hold",
		"what is there stays until somebody lets it go"},
	[ALARM_PROCESSES] = {NULL,
		"with all of them busy other clients wait, then give up"},
};

static void say_figure(char *to, size_t room, const struct alarm *a)
{
	char span[WORDS_SPAN];

	switch (a->kind) {
	case ALARM_INCOMING:
	case ALARM_ACTIVE:
	case ALARM_DEFERRED:
	case ALARM_CORRUPT:
		snprintf(to, room, "%s: %.0f message%s in the %s queue",
			a->subject, a->value, a->value == 1 ? "" : "s",
			queues[a->kind].name);
		break;
	case ALARM_MAILDROP:
	case ALARM_OLDEST:
	case ALARM_OLDEST_DEFERRED:
		if (a->value > 0)
			snprintf(to, room,
				"%s: a message has been in the %s queue for %s",
				a->subject, queues[a->kind].name,
				words_span(a->value, span));
		else
			snprintf(to, room, "%s: the %s queue is empty",
				a->subject, queues[a->kind].name);
		break;
	case ALARM_INCOMING_GROWTH:
	case ALARM_ACTIVE_GROWTH:
	case ALARM_DEFERRED_GROWTH:
	case ALARM_HOLD_GROWTH:
		snprintf(to, room,
			"%s: %.0f more message%s in the %s queue within an "
			"hour",
			a->subject, a->value, a->value == 1 ? "" : "s",
			queues[a->kind].name);
		break;
	case ALARM_PROCESSES:
		snprintf(to, room, "%s: %.0f of at most %.0f processes of %s",
			a->subject, round(a->value * a->total / 100), a->total,
			a->detail);
		break;
	default:
		*to = '\0';
		break;
	}
}

static void say_outlook(char *to, size_t room, const struct alarm *a)
{
	snprintf(to, room, "; %s", queues[a->kind].then);
}

static void say_next(char *to, size_t room, const struct alarm *a)
{
	switch (a->kind) {
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
			queues[a->kind].name, queues[a->kind].name);
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
	default:
		*to = '\0';
		break;
	}
}

const struct words_about words_queues = {
	.figure = say_figure, .outlook = say_outlook, .next = say_next};
