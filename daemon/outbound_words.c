/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An account's alarm in words: who, what, since when, from where, with which
 * messages, and the command that holds them. A name is what an account of this
 * host is called, but it came out of a log: it is shown as printable ASCII, and
 * stands in a command only if no shell can see more in it than a name.
 */
#include "daemon/outbound_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"

const char *outbound_name(
	const struct outbound_account *a, char text[OUTBOUND_NAME + 1])
{
	for (uint8_t i = 0; i < a->n; i++)
		text[i] = a->name[i] > ' ' && a->name[i] < 0x7f ? a->name[i]
								: '?';
	text[a->n] = '\0';
	return text;
}

static bool is_plain(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("@.+_-=", *c))
			return false;
	return *name != '-';
}

/* One more of a list in to, of room bytes, if there is room for it. */
static void list_add(char *to, size_t room, const char *item)
{
	size_t n = strlen(to);

	if (n + strlen(item) + 2 <= room)
		snprintf(to + n, room - n, "%s%s", n ? " " : "", item);
}

/* The newest first. */
static void list_parts(struct words *w, const struct outbound_alarm *alarm)
{
	const struct outbound_account *a = alarm->account;
	char text[ADDR_TEXT];

	w->addresses[0] = w->queue_ids[0] = '\0';
	if (alarm->alarm.kind == ALARM_LOGIN)
		list_add(w->addresses, sizeof(w->addresses),
			addr_format(&alarm->from, text));
	for (int i = 1; i <= a->addresses_n; i++) {
		const struct addr *from =
			&a->addresses[(a->addresses_at + OUTBOUND_ADDRESSES -
					      i) %
				      OUTBOUND_ADDRESSES];

		if (alarm->alarm.kind != ALARM_LOGIN ||
			!addr_equal(from, &alarm->from))
			list_add(w->addresses, sizeof(w->addresses),
				addr_format(from, text));
	}
	for (int i = 1; i <= OUTBOUND_IDS; i++) {
		const char *id =
			a->ids[(a->ids_at + OUTBOUND_IDS - i) % OUTBOUND_IDS];

		if (*id)
			list_add(w->queue_ids, sizeof(w->queue_ids), id);
	}
}

static void say_figure(
	char *to, size_t room, const struct outbound_alarm *alarm)
{
	const struct habit *h = &alarm->account->habit;
	const struct alarm *a = &alarm->alarm;
	char from[ADDR_TEXT];

	switch (a->kind) {
	case ALARM_RECIPIENTS:
		snprintf(to, room,
			"%s: mail to %.0f recipients in this hour, usually %u",
			a->subject, a->value, h->usual);
		break;
	case ALARM_RETURNED:
		snprintf(to, room,
			"%s: %.0f %% of the mail to %ju recipients came back, "
			"usually %u %%",
			a->subject, a->value,
			(uintmax_t)h->recipients + h->recipients_1,
			h->usual_share);
		break;
	case ALARM_NETWORKS:
		snprintf(to, room, "%s: used from %.0f network%s in this hour",
			a->subject, a->value, a->value == 1 ? "" : "s");
		break;
	default:
		snprintf(to, room,
			"%s: logged in from %s, which failed on %.0f other "
			"accounts",
			a->subject, addr_format(&alarm->from, from), a->value);
		break;
	}
}

/* A name that a shell would read otherwise. */
static void hold_by_id(struct words *w)
{
	char ids[sizeof(w->queue_ids)], *rest = NULL;
	size_t at = 0;

	strcpy(ids, w->queue_ids);
	at += (size_t)snprintf(w->next, sizeof(w->next), "postsuper");
	for (char *id = strtok_r(ids, " ", &rest); id;
		id = strtok_r(NULL, " ", &rest))
		at += (size_t)snprintf(
			w->next + at, sizeof(w->next) - at, " -h %s", id);
}

/* What will happen. */
static const char *outlook(const struct outbound_alarm *alarm)
{
	switch (alarm->alarm.kind) {
	case ALARM_RECIPIENTS:
		return "if it is spam, others will refuse this host's mail; "
		       "if it is meant to be, it belongs in bulk_accounts";
	case ALARM_RETURNED:
		return "if it is spam, others will refuse this host's mail";
	default:
		return "if somebody else has its password, its mail is read, "
		       "and spam will be sent";
	}
}

static void say_next(
	struct words *w, const struct outbound_alarm *alarm, const char *name)
{
	bool sends = alarm->alarm.kind == ALARM_RECIPIENTS ||
		     alarm->alarm.kind == ALARM_RETURNED;

	if (sends && is_plain(name))
		snprintf(w->next, sizeof(w->next),
			"mailban accounts --ids %s | postsuper -h -; a new "
			"password, then: doveadm kick %s",
			name, name);
	else if (sends)
		hold_by_id(w);
	else if (is_plain(name))
		snprintf(w->next, sizeof(w->next),
			"doveadm who %s; a new password, then: doveadm kick %s",
			name, name);
	else
		snprintf(w->next, sizeof(w->next),
			"doveadm who; mailban accounts; mailban report "
			"--attacks");
}

void outbound_words(struct words *w, const struct outbound_alarm *alarm,
	enum level_news news, int64_t now, int64_t wall)
{
	const struct alarm *a = &alarm->alarm;
	int64_t took = now - a->state.since;
	time_t since = (time_t)((wall - took) / CLOCK_SECOND);
	char figure[240], when[32] = "", span[WORDS_SPAN];
	struct tm tm;

	list_parts(w, alarm);
	say_figure(figure, sizeof(figure), alarm);
	if (news == LEVEL_RECOVERED) {
		snprintf(w->text, sizeof(w->text), "%s: over after %s", figure,
			words_span((double)took / CLOCK_SECOND, span));
		w->next[0] = '\0';
		return;
	}
	if (localtime_r(&since, &tm))
		strftime(when, sizeof(when), "%b %e %H:%M", &tm);
	snprintf(w->text, sizeof(w->text),
		"%s, since %s; %s; from %s; its last messages: %s", figure,
		when, outlook(alarm),
		w->addresses[0] ? w->addresses : "this host",
		w->queue_ids[0] ? w->queue_ids : "none");
	say_next(w, alarm, alarm->name);
}
