/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log's lines on their way into a ledger. To cut a line and to see what it
 * says takes most of the time and nothing but the line, so it is done by
 * blocks of lines, several at a time; they are counted one after the other.
 */
#include "cli/report/lines.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "ledger/ledger.h"
#include "ledger/reading.h"
#include "lib/crew.h"
#include "lib/line.h"
#include "lib/repeated.h"
#include "sources/header.h"
#include "sources/portion.h"

/* Most blocks have fewer that count; what is left of one is read as the
 * others of it were counted. */
#define RECORDS 384

struct block {
	struct header_clock clock;
	struct reading reading;
	struct reading_sums sums;
	struct portion portion;
	struct portion_lines lines;
	size_t records_n;
	struct repeated repeated;
	uint32_t more; /* the last record counts so often beside itself */
	bool ended;    /* all of its lines are read */
	struct record records[RECORDS];
	char text[PORTION_ROOM];
};

struct counting {
	const struct lines_to *to;
	struct portions *portions;
	atomic_bool broken; /* nothing that comes now counts */
	char *why;
	size_t room;
};

static bool block_fill(void *ctx, void *item)
{
	struct counting *c = ctx;
	struct block *b = item;

	return !c->broken && portions_next(c->portions, b->text, &b->portion,
				     c->why, c->room);
}

/* Reads lines until there is no room for what they say. */
static void block_read(struct block *b)
{
	bool compat = b->reading.options->compat;
	struct portion_line text;
	struct line line = {0};

	b->sums = (struct reading_sums){0};
	b->records_n = 0;
	b->more = 0;
	while (b->records_n < RECORDS) {
		enum reading_what what;
		bool again;

		if (!portion_lines_next(&b->lines, &text)) {
			b->ended = true;
			return;
		}
		/* pflogsumm's way reads the text by itself. */
		if (compat) {
			line.text = text.text;
			line.text_len = text.n;
		} else {
			header_cut_plain(text.text, text.n, &b->clock, &line);
		}
		line.cut_short = text.cut;
		/* pflogsumm knows no such: with compat no message is cut. */
		again = repeated_begins(&line) &&
			repeated_cut(&line, &b->repeated);
		if (again)
			line = b->repeated.line;
		what = reading_line(
			&b->reading, &line, &b->records[b->records_n]);
		reading_sum(&b->sums, what, &line);
		if (what != READING_COUNTS)
			continue;
		b->records_n++;
		b->more = again ? b->repeated.times - 1 : 0;
		/* The next one that came again would stand in its place. */
		if (again || !reading_is_kept(&b->reading))
			return;
	}
}

static void block_work(void *ctx, void *item)
{
	const struct counting *c = ctx;
	struct block *b = item;

	portion_read(c->portions, &b->portion);
	portion_lines(&b->lines, &b->portion);
	b->ended = false;
	b->reading.day = -1;
	block_read(b);
}

static void block_count(const struct lines_to *to, const struct block *b)
{
	/* The last one is that of a line that came again, if any is. */
	for (size_t n = 0; n < b->records_n + b->more; n++) {
		size_t i = n < b->records_n ? n : b->records_n - 1;

		ledger_count(to->ledger, &b->records[i]);
		if (to->record)
			to->record(to->ctx, &b->records[i]);
	}
	ledger_add_sums(to->ledger, &b->sums);
}

static void block_finish(void *ctx, void *item)
{
	struct counting *c = ctx;
	struct block *b = item;
	uint64_t lines;

	if (c->broken)
		return;
	block_count(c->to, b);
	lines = b->sums.lines;
	while (!b->ended) {
		block_read(b);
		block_count(c->to, b);
		lines += b->sums.lines;
	}
	if (c->to->read)
		c->to->read(c->to->ctx, lines, b->portion.n);
	c->broken = !portion_is_whole(&b->portion, c->why, c->room);
}

static struct block *block_new(const struct lines_to *to)
{
	/* What is not used of it is never touched. */
	struct block *b = malloc(sizeof(*b));

	if (!b)
		abort();
	b->clock = (struct header_clock){.no_heads = true};
	reading_init(&b->reading, to->ledger);
	return b;
}

static void block_free(struct block *b)
{
	reading_free(&b->reading);
	free(b);
}

int lines_count(
	const char *log, const struct lines_to *to, char *why, size_t room)
{
	static const struct crew_work work = {
		block_fill, block_work, block_finish};
	struct counting c = {.to = to, .why = why, .room = room};
	size_t n = crew_items();
	void *blocks[CREW_ITEMS];

	c.portions = portions_open(log, why, room);
	if (!c.portions)
		return -1;
	for (size_t i = 0; i < n; i++)
		blocks[i] = block_new(to);
	crew_run(&work, &c, blocks, n);
	for (size_t i = 0; i < n; i++)
		block_free(blocks[i]);
	portions_close(&c.portions);
	return *why ? -1 : 0;
}
