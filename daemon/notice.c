/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An alarm's news for the journal: a line for people, fields for programs. A
 * journal that does not take it must not hold up anything.
 */
#include "daemon/notice.h"

#include <inttypes.h>
#include <stdio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "lib/log.h"

static enum log_level severity(const struct alarm *alarm, enum level_news news)
{
	if (news == LEVEL_RECOVERED)
		return LOG_LEVEL_NOTICE;
	return alarm->state.level == LEVEL_CRITICAL ? LOG_LEVEL_CRITICAL
						    : LOG_LEVEL_WARNING;
}

void notice_log(const struct alarm *alarm, enum level_news news,
	const struct words *words, int64_t since)
{
	enum log_level level = severity(alarm, news);
	const char *hint = words->next[0] ? "; next: " : "";
	char value[32];
	int r;

	snprintf(value, sizeof(value), "%.17g", alarm->value);
	r = sd_journal_send("MESSAGE=[%s] %s%s%s", judge_name(alarm->kind),
		words->text, hint, words->next, "MESSAGE_ID=%s",
		news == LEVEL_RECOVERED ? NOTICE_RECOVERED : NOTICE_RAISED,
		"PRIORITY=%i", (int)level, "MAILBAN_ALARM=%s",
		judge_name(alarm->kind), "MAILBAN_LEVEL=%s",
		level_text(alarm->state.level), "MAILBAN_NEWS=%s",
		level_news_text(news), "MAILBAN_SUBJECT=%s", alarm->subject,
		"MAILBAN_VALUE=%s", value, "MAILBAN_SINCE=%" PRIi64, since,
		"MAILBAN_NEXT=%s", words->next,
		words->addresses[0] ? "MAILBAN_ADDRESSES=%s" : NULL,
		words->addresses, "MAILBAN_QUEUE_IDS=%s", words->queue_ids,
		NULL);
	if (r < 0 || !log_is_journal())
		log_line(level, "[%s] %s%s%s", judge_name(alarm->kind),
			words->text, hint, words->next);
}
