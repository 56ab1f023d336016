/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports in, news out, with a clock of the test's own: a minute a report. The
 * thresholds are those that hold without a configuration.
 */
#include "alarms/judge.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alarms/words.h"
#include "lib/clock.h"
#include "tests/alarms/mailhost.h"

#define MINUTE (60 * CLOCK_SECOND)
#define MB UINT64_C(1000000)
#define GB (1000 * MB)
#define WALL (INT64_C(1700000000) * CLOCK_SECOND)

static struct report_watch watch;
static struct report report;
static struct judge *judge;
static int64_t now, wall;
static char log_text[4096];

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	size_t n = strlen(log_text);

	(void)ctx;
	snprintf(log_text + n, sizeof(log_text) - n, "%s %s %s;",
		judge_name(alarm->kind), level_news_text(news),
		level_text(alarm->state.level));
}

static int setup(void **state)
{
	(void)state;
	mailhost_watch(&watch);
	mailhost_report(
		&report, (const uint64_t[]){100 * GB, 100 * GB, 100 * GB});
	/* The mailboxes lie on the queue's. */
	report.disks[0].disk.device = 1;
	log_text[0] = '\0';
	now = 1000 * MINUTE;
	wall = WALL;
	judge = judge_new(&judge_default, on_news, NULL);
	judge_watch(judge, &watch);
	judge_set_wanted(judge, 0, disk_wanted(0, 10240000));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	judge_free(&judge);
	return 0;
}

/* So many minutes, and what was told in them. */
static const char *minutes(int n)
{
	static char told[sizeof(log_text)];

	log_text[0] = '\0';
	for (int i = 0; i < n; i++) {
		judge_report(judge, &report, now, wall);
		now += MINUTE;
		wall += MINUTE;
	}
	strcpy(told, log_text);
	return told;
}

static void test_quiet(void **state)
{
	(void)state;
	assert_string_equal(minutes(24 * 60), "");
}

/* Two paths of one file system are one alarm, the queue's. */
static void test_one_device_one_alarm(void **state)
{
	(void)state;
	report.disks[0].disk.bytes_free = 4 * GB;
	report.disks[1].disk.bytes_free = 4 * GB;
	assert_string_equal(minutes(3), "disk_free raised warning;");
	report.disks[0].disk.bytes_free = 1 * GB;
	report.disks[1].disk.bytes_free = 1 * GB;
	assert_string_equal(minutes(3), "disk_free worse critical;");
	/* 5 % and a quarter more, for 5 minutes. */
	report.disks[0].disk.bytes_free = 6 * GB;
	report.disks[1].disk.bytes_free = 6 * GB;
	assert_string_equal(minutes(30), "disk_free better warning;");
	report.disks[0].disk.bytes_free = 7 * GB;
	report.disks[1].disk.bytes_free = 7 * GB;
	assert_string_equal(minutes(4), "");
	assert_string_equal(minutes(1), "disk_free recovered ok;");
}

/* 20 times and 5 times of what Postfix wants, 15.36 MB. */
static void test_a_small_queue(void **state)
{
	struct words words;
	const struct alarm *alarm = judge_alarm(judge, 0);

	(void)state;
	report.disks[0].disk.device = 7;
	report.disks[0].disk.bytes = 1 * GB;
	report.disks[0].disk.bytes_free = 310 * MB;
	assert_string_equal(minutes(3), "");
	report.disks[0].disk.bytes_free = 300 * MB;
	assert_string_equal(minutes(3), "disk_free raised warning;");
	report.disks[0].disk.bytes_free = 70 * MB;
	assert_string_equal(minutes(3), "disk_free worse critical;");
	words_of(&words, alarm, LEVEL_WORSE, now, wall);
	assert_non_null(strstr(words.text,
		"/var/spool/postfix: 70 MB free of 1.0 GB (7.0 %), since "));
	assert_non_null(strstr(
		words.text, "; below 15 MB Postfix refuses mail (452 4.3.1)"));
	report.disks[0].disk.bytes_free = 15 * MB;
	minutes(1);
	words_of(&words, alarm, LEVEL_STILL, now, wall);
	assert_non_null(strstr(words.text, "Postfix refuses mail now"));
	assert_true(alarm->about_mail);
	assert_false(judge_alarm(judge, 8)->about_mail);
}

static void test_inodes(void **state)
{
	(void)state;
	report.disks[2].disk.inodes_free = 99000;
	assert_string_equal(minutes(2), "inodes_free raised warning;");
	report.disks[2].disk.inodes_free = 110000;
	assert_string_equal(minutes(20), "");
	report.disks[2].disk.inodes_free = 121000;
	assert_string_equal(minutes(20), "inodes_free recovered ok;");
	/* A file system without a number of them. */
	report.disks[2].disk.inodes = report.disks[2].disk.inodes_free = 0;
	assert_string_equal(minutes(20), "");
}

static void test_full_soon(void **state)
{
	(void)state;
	report.disks[2].disk.bytes_free = 50 * GB;
	for (int i = 0; i < 120; i++) {
		report.disks[2].disk.bytes_free -= 100 * MB;
		minutes(1);
	}
	/* 38 GB left, 6 GB an hour: 6.3 hours. */
	assert_int_equal(judge_alarm(judge, 10)->state.level, LEVEL_WARNING);
	assert_true(fabs(judge_alarm(judge, 10)->value - 38 * 600) < 60);
	for (int i = 0; i < 180; i++) {
		report.disks[2].disk.bytes_free -= 100 * MB;
		minutes(1);
	}
	assert_int_equal(judge_alarm(judge, 10)->state.level, LEVEL_CRITICAL);
}

static void test_read_only(void **state)
{
	(void)state;
	/* A log disk that never was writable is somebody's will. */
	report.disks[2].disk.read_only = true;
	assert_string_equal(minutes(3), "");
	report.disks[2].disk.read_only = false;
	minutes(1);
	report.disks[2].disk.read_only = true;
	assert_string_equal(minutes(3), "read_only raised critical;");
	report.disks[2].disk.read_only = false;
	assert_string_equal(minutes(9), "");
	assert_string_equal(minutes(1), "read_only recovered ok;");
	report.disks[0].disk.read_only = true;
	assert_string_equal(minutes(1), "read_only raised critical;");
}

/* A server that is away, for one that was there; not a folder removed. */
static void test_gone(void **state)
{
	(void)state;
	report.disks[2].error = ESTALE;
	assert_string_equal(minutes(3), "");
	report.disks[2].error = 0;
	minutes(1);
	report.disks[2].error = ESTALE;
	assert_string_equal(minutes(3), "read_only raised critical;");
	report.disks[2].error = 0;
	assert_string_equal(minutes(9), "");
	assert_string_equal(minutes(1), "read_only recovered ok;");
	report.disks[2].error = EIO;
	assert_string_equal(minutes(1), "read_only raised critical;");
	report.disks[2].error = ENOENT;
	assert_string_equal(minutes(10), "read_only recovered ok;");
	report.disks[2].error = EIO;
	assert_string_equal(minutes(10), "");
}

/* What lies beneath is well, and is another's: it is neither looked at for what
 * was mounted there nor taken from the other. */
static void test_unmounted(void **state)
{
	(void)state;
	/* It lies on what is mounted for another: that one is told. */
	minutes(1);
	report.disks[1].unmounted = true;
	assert_string_equal(minutes(10), "");
	report.disks[1].unmounted = false;
	report.disks[1].disk.device = 7;
	minutes(1);
	report.disks[1].unmounted = true;
	report.disks[1].disk.device = report.disks[2].disk.device;
	assert_string_equal(minutes(3), "read_only raised critical;");
	report.disks[2].disk.bytes_free = 0;
	assert_string_equal(minutes(1), "disk_free raised critical;");
	report.disks[2].disk.bytes_free = report.disks[2].disk.bytes;
	minutes(10);
	/* Its folder was on it. */
	report.disks[1].error = ENOENT;
	assert_string_equal(minutes(9), "");
	report.disks[1].unmounted = false;
	report.disks[1].error = 0;
	report.disks[1].disk.device = 1;
	assert_string_equal(minutes(9), "");
	assert_string_equal(minutes(1), "read_only recovered ok;");
}

static struct queue *queue(enum queue_name name)
{
	return &report.spools[0].queues[name].queue;
}

static void test_queues(void **state)
{
	(void)state;
	queue(QUEUE_INCOMING)->files = 5000;
	queue(QUEUE_INCOMING)->ready = 100;
	assert_string_equal(minutes(10), "");
	queue(QUEUE_INCOMING)->ready = 101;
	assert_string_equal(minutes(4), "");
	assert_string_equal(minutes(1), "incoming raised warning;");
	queue(QUEUE_INCOMING)->ready = 0;
	assert_string_equal(minutes(2), "incoming recovered ok;");
	queue(QUEUE_ACTIVE)->files = 16001;
	assert_string_equal(minutes(5), "active raised critical;");
	queue(QUEUE_ACTIVE)->files = 0;
	assert_string_equal(minutes(5), "active recovered ok;");
	queue(QUEUE_CORRUPT)->files = 1;
	assert_string_equal(minutes(5), "corrupt raised warning;");
	queue(QUEUE_CORRUPT)->files = 0;
	assert_string_equal(minutes(5), "corrupt recovered ok;");
}

/* What swells is told before it is long; of what is on hold that alone. */
static void test_queues_that_grow(void **state)
{
	(void)state;
	queue(QUEUE_HOLD)->files = 5000;
	queue(QUEUE_DEFERRED)->files = 100;
	assert_string_equal(minutes(90), "");
	queue(QUEUE_HOLD)->files = 5020;
	assert_string_equal(minutes(10), "");
	queue(QUEUE_HOLD)->files = 5021;
	assert_string_equal(minutes(2), "hold_growth raised warning;");
	assert_string_equal(minutes(62), "hold_growth recovered ok;");
	for (int i = 0; i < 8; i++) {
		queue(QUEUE_ACTIVE)->files += 400;
		assert_string_equal(minutes(1),
			i == 7 ? "active_growth raised warning;" : "");
	}
}

static void test_io(void **state)
{
	struct memory m = {.io_full = 51};

	(void)state;
	for (int i = 0; i < 6; i++)
		judge_memory(judge, &m, now += MINUTE);
	assert_string_equal(log_text, "io raised warning;");
	m.io_full = 81;
	for (int i = 0; i < 5; i++)
		judge_memory(judge, &m, now += MINUTE);
	m.io_full = 20;
	for (int i = 0; i < 2; i++)
		judge_memory(judge, &m, now += MINUTE);
	assert_string_equal(log_text,
		"io raised warning;io worse critical;io recovered ok;");
}

/* Who always has 500 deferred messages hears of 1501, not of 500. */
static void test_deferred_as_usual(void **state)
{
	(void)state;
	queue(QUEUE_DEFERRED)->files = 500;
	assert_string_equal(minutes(5), "deferred raised warning;");
	assert_string_equal(minutes(3 * 24 * 60), "deferred recovered ok;");
	queue(QUEUE_DEFERRED)->files = 1400;
	assert_string_equal(minutes(10), "");
	queue(QUEUE_DEFERRED)->files = 1600;
	assert_string_equal(minutes(10), "deferred raised warning;");
	queue(QUEUE_DEFERRED)->files = 5100;
	assert_string_equal(minutes(10), "deferred worse critical;");
}

/* The wall clock jumps: days on, then back before the message came. */
static void test_a_clock_that_jumps(void **state)
{
	(void)state;
	queue(QUEUE_MAILDROP)->files = 1;
	queue(QUEUE_MAILDROP)->oldest = wall / CLOCK_SECOND;
	report.disks[2].disk.bytes_free = 1 * GB;
	assert_string_equal(minutes(2), "disk_free raised critical;");
	wall -= 10 * 24 * 60 * MINUTE;
	/* Nobody has fetched the message all the same. */
	assert_string_equal(minutes(60),
		"maildrop raised warning;maildrop worse critical;");
	queue(QUEUE_MAILDROP)->files = 0;
	assert_string_equal(minutes(1), "maildrop recovered ok;");
	assert_true(judge_alarm(judge, 8)->state.since == 1000 * MINUTE);
	/* The reminder of a day comes by the clock that does not jump. */
	assert_string_equal(minutes(24 * 60 - 63), "");
	assert_string_equal(minutes(1), "disk_free still critical;");
	assert_true(isinf(judge_full_in(judge, 2, now)));
}

static void test_age(void **state)
{
	(void)state;
	queue(QUEUE_MAILDROP)->files = 1;
	queue(QUEUE_MAILDROP)->oldest = wall / CLOCK_SECOND - 60;
	assert_string_equal(minutes(4), "");
	assert_string_equal(minutes(3), "maildrop raised warning;");
	assert_string_equal(minutes(30), "maildrop worse critical;");
	queue(QUEUE_MAILDROP)->files = 0;
	queue(QUEUE_MAILDROP)->oldest = 0;
	assert_string_equal(minutes(2), "maildrop recovered ok;");
}

static void test_memory(void **state)
{
	struct memory m = {.some = 15, .full = 1, .swapped_in = 10};

	(void)state;
	for (int i = 0; i < 60; i++)
		judge_memory(judge, &m, now += MINUTE);
	/* Nothing is swapped in: no alarm, however long they wait. */
	assert_string_equal(log_text, "");
	for (int i = 0; i < 6; i++) {
		m.swapped_in++;
		judge_memory(judge, &m, now += MINUTE);
	}
	assert_string_equal(log_text, "memory raised warning;");
	m.full = 6;
	for (int i = 0; i < 5; i++) {
		m.swapped_in++;
		judge_memory(judge, &m, now += MINUTE);
	}
	m = (struct memory){.swapped_in = m.swapped_in};
	for (int i = 0; i < 2; i++)
		judge_memory(judge, &m, now += MINUTE);
	assert_string_equal(log_text,
		"memory raised warning;memory worse critical;"
		"memory recovered ok;");
}

/* A report of other paths than were asked for is none. */
static void test_another_report(void **state)
{
	(void)state;
	report.disks_n = 2;
	report.disks[0].disk.bytes_free = 0;
	assert_string_equal(minutes(3), "");
	assert_null(judge_last(judge));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_quiet),
		TEST(test_one_device_one_alarm),
		TEST(test_a_small_queue),
		TEST(test_inodes),
		TEST(test_full_soon),
		TEST(test_read_only),
		TEST(test_gone),
		TEST(test_unmounted),
		TEST(test_queues),
		TEST(test_queues_that_grow),
		TEST(test_deferred_as_usual),
		TEST(test_a_clock_that_jumps),
		TEST(test_age),
		TEST(test_memory),
		TEST(test_io),
		TEST(test_another_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
