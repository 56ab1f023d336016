/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line as a record: all that can be said of it without what came before, so
 * that many may be read at a time. It must never come to depend on other
 * lines: what is remembered of them makes it quicker, and nothing else.
 */
#include "ledger/reading.h"

#include <stdlib.h>
#include <time.h>

#include "ledger/ledger.h"
#include "lib/clock.h"

void reading_init(struct reading *r, const struct ledger *ledger)
{
	const struct ledger_options *o = &ledger->options;
	time_t now = (time_t)(clock_wall() / CLOCK_SECOND);
	struct tm tm = {0};

	*r = (struct reading){.options = o,
		.key = messages_key(ledger->messages),
		.quick = !o->compat && !o->since && !o->until,
		.day = -1};
	localtime_r(&now, &tm);
	r->pflogsumm.name = o->name.n ? o->name : SPAN("postfix");
	r->pflogsumm.year = tm.tm_year + 1900;
	r->pflogsumm.month = tm.tm_mon;
	r->pflogsumm.connections = o->connections;
	r->pflogsumm.date[0] = o->date[0];
	r->pflogsumm.date[1] = o->date[1];
}

void reading_free(struct reading *r)
{
	free(r->pflogsumm.scratch);
}

bool reading_is_kept(const struct reading *r)
{
	return !r->pflogsumm.moved;
}

/* Half of a log. */
static bool counts_nothing(
	const struct ledger_options *o, enum record_kind kind)
{
	return kind == RECORD_IDLE || kind == RECORD_MESSAGE_ID ||
	       ((kind == RECORD_CONNECT || kind == RECORD_DISCONNECT) &&
		       !o->connections);
}

/* Those of a message in the queue: who counts them will look for it. */
static bool is_of_message(enum record_kind kind)
{
	return kind == RECORD_RECEIVED || kind == RECORD_QUEUED ||
	       kind == RECORD_DELIVERY || kind == RECORD_REMOVED ||
	       kind == RECORD_REFUSED || kind == RECORD_CHECKED;
}

static enum reading_what counts(struct reading *r, struct record *record)
{
	record->hash = is_of_message(record->kind)
			       ? messages_hash(r->key, record->queue)
			       : 0;
	return READING_COUNTS;
}

static enum reading_what read_compat(
	struct reading *r, const struct line *line, struct record *record)
{
	struct span text = {line->text, line->text_len};

	if (!pflogsumm_parse(&r->pflogsumm, text, &record->when, record))
		return READING_OTHER;
	if (record->when.day == r->day &&
		counts_nothing(r->options, record->kind))
		return READING_IDLE;
	r->day = record->when.day;
	return counts(r, record);
}

/*
 * Whether all lines that begin so are as this one: a queue id, which might
 * stand in front of anything, has no blank.
 */
static bool is_settled(const struct record *r)
{
	return r->settled && r->settled <= FAMILIAR_MOST &&
	       r->log.n >= FAMILIAR_MOST &&
	       memchr(r->log.at, ' ', FAMILIAR_MOST);
}

enum reading_what reading_line_anew(
	struct reading *r, const struct line *line, struct record *record)
{
	const struct ledger_options *o = r->options;

	record->kind = RECORD_OTHER;
	if (o->compat)
		return read_compat(r, line, record);
	if (!line->time)
		return READING_UNDATED;
	if ((o->since && line->time < o->since) ||
		(o->until && line->time >= o->until))
		return READING_OTHER;
	record->when.time = line->time;
	if (!r->quick && familiar_is(&r->familiar, line)) {
		record->kind = RECORD_IDLE;
		return READING_IDLE;
	}
	record_parse(line, o->name, record);
	if (record->kind == RECORD_OTHER)
		return READING_OTHER;
	if (!counts_nothing(o, record->kind))
		return counts(r, record);
	if (is_settled(record))
		familiar_learn(&r->familiar, line);
	return READING_IDLE;
}
