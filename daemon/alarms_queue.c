/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who fills a queue: postqueue(1) is asked when an alarm of a queue is raised
 * or about to be, once a minute at most, for it opens every message. Its answer
 * is what strangers wrote, made harmless before it comes here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "daemon/alarms_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

#define MINUTE (60 * CLOCK_SECOND)
#define ASK_EVERY MINUTE
/* Who may not ask is no wiser soon. */
#define FAILED_EVERY (10 * MINUTE)
/* What is older is told of nobody. */
#define FRESH (10 * MINUTE)

static void say_list(const struct listing_summary *s, enum listing_part part,
	enum listing_list list, const char *what, char *text, size_t room)
{
	char names[160];
	size_t n = strlen(text);

	listing_text(s, part, list, names, sizeof(names));
	if (names[0])
		snprintf(text + n, room - n, "%s%s %s", n ? "; " : "", what,
			names);
}

static void say_part(const struct listing_summary *s, enum listing_part part,
	char *text, size_t room)
{
	*text = '\0';
	say_list(s, part, LISTING_SENDERS, "from", text, room);
	say_list(s, part, LISTING_DOMAINS, "to", text, room);
	say_list(s, part, LISTING_REASONS, "because", text, room);
}

void alarms_queue_ask(struct alarms *a)
{
	int64_t now = clock_mono();

	for (size_t s = 0; s < REPORT_SPOOLS; s++)
		if (a->lists[s].known && now - a->lists[s].took > FRESH) {
			a->lists[s].known = false;
			judge_set_more(a->judge, s, "", "");
		}
	for (size_t i = 0; i < a->postfix.n; i++) {
		size_t spool = a->postfix.spool[i];
		struct runner_request q = {.task = RUNNER_QUEUE};

		if (spool == REPORT_SPOOLS || a->listing ||
			now < a->lists[spool].next ||
			!judge_wants_more(a->judge, spool))
			continue;
		strcpy(q.directory, a->postfix.directories[a->postfix.of[i]]);
		if (!alarms_run(a, &q))
			continue;
		a->listing = true;
		a->listed = spool;
		a->lists[spool].next = now + ASK_EVERY;
	}
}

void alarms_queue_take(struct alarms *a, const struct runner_reply *reply)
{
	struct alarms_list *list = &a->lists[a->listed];
	char moving[JUDGE_MORE], hold[JUDGE_MORE];
	bool done = reply->status == RUNNER_TOO_LONG ||
		    (WIFEXITED(reply->status) && !WEXITSTATUS(reply->status));

	a->listing = false;
	if (!done || !listing_decode(reply->output, reply->n, &list->summary)) {
		list->next = clock_mono() + FAILED_EVERY;
		if (!a->list_failed)
			log_warning("alarms: postqueue cannot be asked who "
				    "fills the queue" NEEDS_MAIL_CONF);
		a->list_failed = true;
		return;
	}
	a->list_failed = false;
	list->known = true;
	list->took = clock_mono();
	say_part(&list->summary, LISTING_MOVING, moving, sizeof(moving));
	say_part(&list->summary, LISTING_HOLD, hold, sizeof(hold));
	judge_set_more(a->judge, a->listed, moving, hold);
}
