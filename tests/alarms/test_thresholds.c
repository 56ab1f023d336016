/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every alarm at its thresholds, without a configuration: a row each, and all
 * that an alarm does tried on each row. The clock is the test's own, a minute
 * a sample.
 */
#include "alarms/judge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "tests/alarms/mailhost.h"

#define MINUTE (60 * CLOCK_SECOND)
#define MB 1e6
#define GB 1e9
#define HOUR 3600.0
#define DAY (24 * HOUR)
#define NONE 1e300 /* there is no such level */

/* A level: beyond it by a hair; the value itself, which is not beyond; the
 * worst that does not end it; what does. */
struct line {
	double beyond, at, holds, clears;
};

static const struct row {
	const char *what;
	enum alarm_kind kind;
	double fine;
	struct line warning, critical;
	int n, of, good;
	int disk; /* which */
} rows[] = {
	{"a disk", ALARM_DISK, 50 * GB,
		{4.999 * GB, 5 * GB, 6.249 * GB, 6.25 * GB},
		{1.999 * GB, 2 * GB, 2.499 * GB, 2.5 * GB}, 1, 1, 5, 2},
	/* 20 and 5 times the 15.36 MB that Postfix wants. */
	{"a small disk of a queue", ALARM_DISK, 900 * MB,
		{307.1 * MB, 307.2 * MB, 383.9 * MB, 384 * MB},
		{76.7 * MB, 76.8 * MB, 95.9 * MB, 96 * MB}, 1, 1, 5, 0},
	{"inodes", ALARM_INODES, 90, {9.99, 10, 11.99, 12}, {2.99, 3, 4.99, 5},
		1, 1, 5, 2},
	{"read-only", ALARM_READ_ONLY, 0, {NONE, 0, 0, 0}, {1, 0, 1, 0}, 1, 1,
		10, 2},
	{"incoming", ALARM_INCOMING, 0, {101, 100, 51, 50},
		{1001, 1000, 501, 500}, 5, 5, 2, 0},
	{"active", ALARM_ACTIVE, 0, {4001, 4000, 2001, 2000},
		{16001, 16000, 8001, 8000}, 3, 5, 2, 0},
	{"deferred", ALARM_DEFERRED, 0, {201, 200, 141, 140},
		{2001, 2000, 1401, 1400}, 3, 5, 2, 0},
	{"corrupt", ALARM_CORRUPT, 0, {1, 0, 1, 0}, {NONE, 0, 0, 0}, 1, 1, 1,
		0},
	{"maildrop", ALARM_MAILDROP, 1, {301, 300, 301, 300},
		{1801, 1800, 1801, 1800}, 2, 3, 1, 0},
	{"oldest", ALARM_OLDEST, 1,
		{4 * HOUR + 1, 4 * HOUR, 4 * HOUR + 1, 4 * HOUR},
		{2 * DAY + 1, 2 * DAY, 2 * DAY + 1, 2 * DAY}, 2, 3, 1, 0},
	{"oldest deferred", ALARM_OLDEST_DEFERRED, HOUR,
		{6 * DAY + 1, 6 * DAY, 6 * DAY + 1, 6 * DAY}, {NONE, 0, 0, 0},
		2, 3, 1, 0},
	/* Percent, of the one that has least left. */
	{"processes", ALARM_PROCESSES, 0, {80.1, 80, 72.1, 72},
		{99.1, 99, 89.2, 89.1}, 3, 5, 2, 0},
	/* Percent of the time that some wait; 100 more: that all do. */
	{"memory", ALARM_MEMORY, 0, {10.1, 10, 5.1, 5}, {105.1, 105, 10.1, 10},
		5, 5, 2, 0},
	{"gauge", ALARM_GAUGE, 1, {181, 180, 181, 180}, {601, 600, 601, 600}, 1,
		1, 1, 0},
	{"io", ALARM_IO, 0, {50.1, 50, 25.1, 25}, {80.1, 80, 40.1, 40}, 5, 5, 2,
		0},
	/* What a plugin ends with; what is not known is a warning. */
	{"probe", ALARM_PROBE, 0, {1, 0, 3, 0}, {2, 1, 2, 1}, 2, 2, 1, 0},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

static const struct row *row;
static struct report_watch watch;
static struct report report;
static struct memory memory;
static struct judge_rules rules;
static struct judge *judge;
static int64_t now, wall, step; /* from a sample to the next */
static int samples;		/* since the last that was told */
static char told[256];		/* "raised critical 3;" */

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	size_t n = strlen(told);

	(void)ctx;
	if (alarm->kind != row->kind)
		fail_msg("%s: %s is told", row->what, judge_name(alarm->kind));
	snprintf(told + n, sizeof(told) - n, "%s %s %d;", level_news_text(news),
		level_text(alarm->state.level), samples);
	samples = 0;
}

static void begin(const struct row *of)
{
	row = of;
	rules = judge_default;
	/* Of what jumps in a test. */
	rules.pairs[ALARM_FULL_IN] = (struct judge_pair){-INFINITY, -INFINITY};
	for (int k = ALARM_INCOMING_GROWTH; k <= ALARM_HOLD_GROWTH; k++)
		rules.pairs[k] = (struct judge_pair){INFINITY, INFINITY};
	mailhost_watch(&watch);
	mailhost_report(&report,
		(const uint64_t[]){1000000000, 100000000000, 100000000000});
	report.disks[0].disk.bytes_free = 900000000;
	memset(&memory, 0, sizeof(memory));
	now = 1000 * MINUTE;
	step = MINUTE;
	wall = INT64_C(1700000000) * CLOCK_SECOND;
	judge = judge_new(&rules, on_news, NULL);
	judge_watch(judge, &watch);
	judge_set_wanted(judge, 0, disk_wanted(0, 10240000));
}

static void put_queue(enum queue_name name, double messages)
{
	struct queue *q = &report.spools[0].queues[name].queue;

	q->files = q->ready = (uint32_t)messages;
}

static void put_age(enum queue_name name, double age)
{
	put_queue(name, 1);
	report.spools[0].queues[name].queue.oldest =
		wall / CLOCK_SECOND - (int64_t)age;
}

static void put_processes(double percent)
{
	struct services services = {.n = 2,
		.list = {{"smtp", "inet", 1, 100},
			{"submission", "inet", (uint32_t)(percent * 10 + 0.5),
				1000}}};

	judge_services(judge, 0, &services, now);
}

static void put(double value)
{
	struct disk *disk = &report.disks[row->disk].disk;
	double silent = 0;

	switch (row->kind) {
	case ALARM_DISK:
		disk->bytes_free = (uint64_t)value;
		break;
	case ALARM_INODES:
		disk->inodes_free = (uint64_t)(value / 100 * 1000000);
		break;
	case ALARM_READ_ONLY:
		disk->read_only = value > 0;
		break;
	case ALARM_INCOMING:
		put_queue(QUEUE_INCOMING, value);
		break;
	case ALARM_ACTIVE:
		put_queue(QUEUE_ACTIVE, value);
		break;
	case ALARM_DEFERRED:
		put_queue(QUEUE_DEFERRED, value);
		break;
	case ALARM_CORRUPT:
		put_queue(QUEUE_CORRUPT, value);
		break;
	case ALARM_MAILDROP:
		put_age(QUEUE_MAILDROP, value);
		break;
	case ALARM_OLDEST:
		put_age(QUEUE_INCOMING, value);
		break;
	case ALARM_OLDEST_DEFERRED:
		put_age(QUEUE_DEFERRED, value);
		break;
	case ALARM_PROCESSES:
		put_processes(value);
		break;
	case ALARM_MEMORY:
		memory.some = value > 100 ? 15 : value;
		memory.full = value > 100 ? value - 100 : 0;
		break;
	case ALARM_IO:
		memory.io_full = value;
		break;
	case ALARM_GAUGE:
		silent = value;
		break;
	case ALARM_PROBE:
		judge_probe(judge, (int)value, "said", now);
		break;
	default:
		fail_msg("%s: what is it?", row->what);
	}
	memory.swapped_in++;
	judge_memory(judge, &memory, now);
	judge_silence(judge, silent, now);
	judge_report(judge, &report, now, wall);
}

/* So many samples of a value; what is told is wanted, "" for nothing. */
static void put_many(double value, int n, const char *wanted)
{
	told[0] = '\0';
	samples = 0;
	for (int i = 0; i < n; i++) {
		samples++;
		put(value);
		now += step;
		wall += step;
	}
	if (strcmp(told, wanted) != 0)
		fail_msg("%s: %d samples of %g: told is '%s', wanted '%s'",
			row->what, n, value, told, wanted);
}

static const char *at(const char *news, int sample)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s %d;", news, sample);
	return text;
}

/* What is not beyond is none, and neither is what does not last: one sample
 * too few, or all of them over too many. */
static void try_short(const struct line *line)
{
	put_many(line->at, 64, "");
	for (int i = 0; i < 3; i++) {
		put_many(line->beyond, row->n - 1, "");
		put_many(row->fine, row->of, "");
	}
	for (int i = 0; i < row->n && row->n > 1; i++) {
		put_many(line->beyond, 1, "");
		put_many(line->at, row->of - row->n + 1, "");
	}
	put_many(row->fine, 64, "");
}

/* It lasts: told once, at its last sample. It holds, and ends when what ends
 * it lasts too. */
static void try_level(const struct line *line, const char *level)
{
	char raised[32];

	snprintf(raised, sizeof(raised), "raised %s", level);
	put_many(line->beyond, row->n, at(raised, row->n));
	put_many(line->beyond, 64, "");
	put_many(line->holds, 64, "");
	put_many(row->fine, row->good - 1, "");
	put_many(line->holds, 64, "");
	put_many(row->fine, row->good, at("recovered ok", row->good));
	put_many(row->fine, 64, "");
}

/* As much as it takes, with holes. */
static void try_holes(const struct line *line)
{
	if (row->of == row->n)
		return;
	put_many(line->beyond, 1, "");
	put_many(row->fine, row->of - row->n, "");
	put_many(line->beyond, row->n - 1,
		at(line == &row->critical ? "raised critical"
					  : "raised warning",
			row->n - 1));
	put_many(row->fine, row->good, at("recovered ok", row->good));
	put_many(row->fine, 64, "");
}

/* Up, and down again: one step at a time, each told once. */
static void try_steps(void)
{
	put_many(row->warning.beyond, row->n, at("raised warning", row->n));
	put_many(row->critical.at, 64, "");
	put_many(row->critical.beyond, row->n, at("worse critical", row->n));
	put_many(row->critical.holds, 64, "");
	put_many(row->critical.clears, row->good,
		at("better warning", row->good));
	put_many(row->warning.holds, 64, "");
	put_many(row->warning.clears, row->good, at("recovered ok", row->good));
	put_many(row->critical.beyond, row->n, at("raised critical", row->n));
	put_many(row->warning.clears, row->good, at("recovered ok", row->good));
}

/* A critical one is told again each day, a warning is not. What lasts for days
 * is looked at less often here: a day is none of so many samples. */
static void try_days(void)
{
	step = 10 * MINUTE;
	if (row->warning.beyond < NONE) {
		put_many(row->warning.beyond, row->n,
			at("raised warning", row->n));
		put_many(row->warning.beyond, 3 * 24 * 6, "");
		put_many(row->fine, row->good, at("recovered ok", row->good));
	}
	if (row->critical.beyond < NONE) {
		put_many(row->critical.beyond, row->n,
			at("raised critical", row->n));
		put_many(row->critical.beyond, 24 * 6,
			at("still critical", 24 * 6));
		put_many(row->critical.beyond, 24 * 6,
			at("still critical", 24 * 6));
		put_many(row->fine, row->good, at("recovered ok", row->good));
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		begin(&rows[i]);
		put_many(row->fine, 64, "");
		if (row->warning.beyond < NONE) {
			try_short(&row->warning);
			try_level(&row->warning, "warning");
			try_holes(&row->warning);
		}
		if (row->critical.beyond < NONE) {
			try_level(&row->critical, "critical");
			try_holes(&row->critical);
		}
		if (row->warning.beyond < NONE && row->critical.beyond < NONE)
			try_steps();
		/* It would be as usual. */
		if (row->kind != ALARM_DEFERRED)
			try_days();
		judge_free(&judge);
	}
}

/* A level that is off is never reached, however bad it gets. */
static void test_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		begin(&rows[i]);
		for (int k = 0; k < ALARM_KINDS; k++) {
			bool low = k == ALARM_DISK || k == ALARM_INODES ||
				   k == ALARM_FULL_IN;

			rules.pairs[k].warning = rules.pairs[k].critical =
				low ? -INFINITY : INFINITY;
		}
		judge_set_rules(judge, &rules);
		if (row->warning.beyond < NONE)
			put_many(row->warning.beyond, 64, "");
		/* Where Postfix refuses mail is no matter of taste. */
		if (row->critical.beyond < NONE)
			put_many(row->critical.beyond, 64, "");
		judge_free(&judge);
	}
}

/* Each kind stands in the table, but those that need a history: see below, and
 * test_judge.c and test_judge_signs.c for growth and lines. */
static void test_all_are_there(void **state)
{
	bool seen[ALARM_KINDS] = {[ALARM_FULL_IN] = true};

	(void)state;
	for (int k = ALARM_INCOMING_GROWTH; k <= ALARM_HOLD_GROWTH; k++)
		seen[k] = true;
	for (int k = ALARM_NO_SPACE; k < ALARM_KINDS; k++)
		seen[k] = true;
	for (size_t i = 0; i < ROWS; i++)
		seen[rows[i].kind] = true;
	for (int k = 0; k < ALARM_KINDS; k++)
		if (!seen[k])
			fail_msg("%s is not tried",
				judge_name((enum alarm_kind)k));
}

/* A gigabyte an hour, from 50: told with a day left, worse with four hours,
 * over when it stops. */
static void test_time_to_full(void **state)
{
	static const struct row full = {
		.what = "time to full", .kind = ALARM_FULL_IN};
	struct disk *disk = &report.disks[2].disk;
	char all[256] = "";

	(void)state;
	begin(&full);
	rules = judge_default;
	for (int k = 0; k < ALARM_KINDS; k++)
		if (k != ALARM_FULL_IN)
			rules.pairs[k] = (struct judge_pair){
				k < ALARM_FULL_IN ? -INFINITY : INFINITY,
				k < ALARM_FULL_IN ? -INFINITY : INFINITY};
	judge_set_rules(judge, &rules);
	told[0] = '\0';
	for (int minute = 0; minute < 60 * 60; minute++) {
		size_t n = strlen(all);

		if (minute < 48 * 60)
			disk->bytes_free = 50000000000 -
					   (uint64_t)minute * 1000000000 / 60;
		judge_report(judge, &report, now, wall);
		now += MINUTE;
		wall += MINUTE;
		if (told[0])
			snprintf(all + n, sizeof(all) - n, "%d %.9s;",
				minute / 60, told);
		told[0] = '\0';
	}
	/* When it has stopped, the last 15 minutes and then 6 hours say so. */
	assert_string_equal(all, "26 raised wa;46 worse cri;51 recovered;");
	judge_free(&judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_all_are_there),
		cmocka_unit_test(test_time_to_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
