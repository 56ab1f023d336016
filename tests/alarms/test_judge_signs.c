/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lines tell becomes alarms, with a clock of the test's own. The
 * thresholds are those that hold without a configuration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "alarms/growth.h"
#include "alarms/judge.h"
#include "alarms/words.h"
#include "lib/clock.h"

#define MINUTE (60 * CLOCK_SECOND)
#define HOUR (60 * MINUTE)
#define WALL (INT64_C(1700000000) * CLOCK_SECOND)

static struct judge *judge;
static int64_t now;
static char told[8192], text[1040];

static void on_news(void *ctx, const struct alarm *alarm, enum level_news news)
{
	size_t n = strlen(told);
	struct words words;

	(void)ctx;
	words_of(&words, alarm, news, now, WALL);
	snprintf(text, sizeof(text), "%s", words.text);
	snprintf(told + n, sizeof(told) - n, "%s %s %s;", alarm->subject,
		judge_name(alarm->kind), level_news_text(news));
}

static int setup(void **state)
{
	(void)state;
	judge = judge_new(&judge_default, on_news, NULL);
	now = 1000 * HOUR;
	told[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	judge_free(&judge);
	return 0;
}

static void say(size_t program, enum sign sign, const char *who)
{
	judge_sign(judge, program, sign, who, strlen(who), now);
}

static const char *minutes(int n)
{
	static char news[sizeof(told)];

	for (int i = 0; i < n; i++) {
		judge_signs(judge, now);
		now += MINUTE;
	}
	strcpy(news, told);
	told[0] = '\0';
	return news;
}

/* Each sign: how many are no alarm yet, the first news, when it is over. */
static void test_signs(void **state)
{
	static const struct {
		enum sign sign;
		int quiet, lasts;
		const char *news;
	} rows[] = {
		{SIGN_NO_SPACE, 0, 10, "postfix no_space raised;"},
		{SIGN_DISK_FAULT, 0, 10, "postfix disk_fault raised;"},
		{SIGN_LIMIT, 0, 20, "postfix process_limit raised;"},
		{SIGN_THROTTLED, 0, 10, "postfix throttled raised;"},
		{SIGN_CRASHED, 0, 10, "postfix crashed raised;"},
		{SIGN_FATAL, 2, 10, "postfix fatal raised;"},
		{SIGN_CONFIG, 4, 10, "postfix mail_config raised;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (int k = 0; k < rows[i].quiet; k++)
			say(JUDGE_POSTFIX, rows[i].sign, "smtpd");
		assert_string_equal(minutes(1), "");
		assert_false(judge_has_signs(judge));
		say(JUDGE_POSTFIX, rows[i].sign, "smtpd");
		assert_true(judge_has_signs(judge));
		assert_string_equal(minutes(1), rows[i].news);
		assert_non_null(strstr(text, "(the last one: smtpd)"));
		/* It was said a minute ago by the second of these. */
		assert_string_equal(minutes(rows[i].lasts - 1), "");
		assert_non_null(strstr(minutes(1), "recovered;"));
	}
}

static void test_levels(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		say(JUDGE_DOVECOT, SIGN_THROTTLED, "imap");
	assert_string_equal(minutes(1), "dovecot throttled raised;");
	say(JUDGE_DOVECOT, SIGN_THROTTLED, "imap");
	assert_string_equal(minutes(1), "dovecot throttled worse;");
	/* The others are another alarm's. */
	say(JUDGE_POSTFIX, SIGN_CRASHED, "");
	assert_string_equal(minutes(1), "postfix crashed raised;");
	assert_null(strstr(text, "the last one"));
}

/* What is no service's name is not repeated, whoever wrote it. */
static void test_details(void **state)
{
	static char long_name[JUDGE_DETAIL + 1];
	static const char *const bad[] = {
		"a b", "$(reboot)", "x\nNext: y", "-rf", long_name};

	(void)state;
	memset(long_name, 'x', JUDGE_DETAIL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		say(JUDGE_POSTFIX, SIGN_NO_SPACE, "cleanup");
		say(JUDGE_POSTFIX, SIGN_NO_SPACE, bad[i]);
		minutes(1);
		assert_null(strstr(text, "the last one"));
		minutes(30);
	}
}

static void test_down(void **state)
{
	(void)state;
	say(JUDGE_POSTFIX, SIGN_STOPPED, "master");
	assert_string_equal(minutes(2), "");
	say(JUDGE_POSTFIX, SIGN_STARTED, "master");
	assert_string_equal(minutes(20), "");
	say(JUDGE_DOVECOT, SIGN_STOPPED, "master");
	assert_string_equal(minutes(3), "");
	assert_string_equal(minutes(1), "dovecot mail_down raised;");
	assert_non_null(strstr(text, "nobody can read mail"));
	assert_string_equal(minutes(100), "");
	say(JUDGE_DOVECOT, SIGN_STARTED, "master");
	assert_string_equal(minutes(1), "dovecot mail_down recovered;");
	assert_non_null(strstr(text, "dovecot: it runs: well again"));
}

/* Ten minutes each, of a thousand lines so many are not understood. */
static const char *shares(int times, uint64_t unknown)
{
	static uint64_t lines, sum;

	if (!times)
		lines = sum = 0;
	for (int i = 0; i < times; i++) {
		judge_lines(judge, JUDGE_DOVECOT, lines += 1000, sum += unknown,
			now);
		now += 10 * MINUTE;
	}
	return minutes(0);
}

static void test_unknown_lines(void **state)
{
	(void)state;
	shares(0, 0);
	/* A host that always has some. */
	assert_string_equal(shares(200, 100), "");
	assert_string_equal(shares(20, 290), "");
	assert_string_equal(shares(10, 700), "dovecot unknown_lines raised;");
	assert_non_null(strstr(text, "70 % of its lines are not understood"));
	assert_string_equal(shares(3, 100), "dovecot unknown_lines recovered;");
	/* Few lines are no share. */
	for (int i = 0; i < 50; i++) {
		judge_lines(
			judge, JUDGE_POSTFIX, (uint64_t)i, (uint64_t)i, now);
		now += 3 * MINUTE;
	}
	assert_string_equal(minutes(0), "");
}

/* Half of all lines are an alarm before anything is usual. */
static void test_unknown_from_the_start(void **state)
{
	(void)state;
	shares(0, 0);
	assert_string_equal(shares(5, 400), "");
	teardown(NULL);
	setup(NULL);
	shares(0, 0);
	assert_string_equal(shares(4, 600), "dovecot unknown_lines raised;");
}

/* So many hours with a line each so many minutes, seen each minute. */
static const char *log_for(double hours, int every, uint64_t *lines)
{
	for (int i = 0; i < (int)(hours * 60); i++) {
		if (every && i % every == 0)
			++*lines;
		judge_log(judge, "/var/log/mail.log", *lines, now);
		now += MINUTE;
	}
	return minutes(0);
}

static void test_silence(void **state)
{
	uint64_t lines = 0;

	(void)state;
	/* Not before it is known for a day. */
	log_for(20, 1, &lines);
	assert_string_equal(log_for(3, 0, &lines), "");
	log_for(26, 1, &lines);
	assert_string_equal(log_for(0.9, 0, &lines), "");
	assert_string_equal(
		log_for(0.2, 0, &lines), "/var/log/mail.log silent raised;");
	assert_non_null(
		strstr(text, "/var/log/mail.log: no line for 61 minut"));
	assert_string_equal(
		log_for(0.1, 1, &lines), "/var/log/mail.log silent recovered;");
	/* One with a line each half an hour: three times that. */
	log_for(30, 30, &lines);
	assert_string_equal(log_for(0.9, 0, &lines), "");
	assert_string_equal(
		log_for(0.7, 0, &lines), "/var/log/mail.log silent raised;");
	log_for(0.1, 1, &lines);
	/* One that has quiet hours. */
	for (int i = 0; i < 10; i++)
		log_for(12, i % 2 ? 0 : 1, &lines);
	assert_string_equal(minutes(0), "");
}

/* A source that is read anew counts from 0. */
static void test_a_log_that_begins_anew(void **state)
{
	uint64_t lines = 1000;

	(void)state;
	log_for(30, 1, &lines);
	lines = 0;
	assert_string_equal(log_for(3, 0, &lines), "");
}

static void test_more_logs_than_there_is_room_for(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/var/log/%d", i);
		judge_log(judge, name, 1, now);
	}
	assert_string_equal(minutes(1), "");
}

static void test_growth(void **state)
{
	struct growth growth = {0};

	(void)state;
	assert_int_equal(growth_see(&growth, now, 1000), 0);
	assert_int_equal(growth_see(&growth, now + MINUTE, 1100), 100);
	assert_int_equal(growth_see(&growth, now + 2 * MINUTE, 900), 0);
	for (int i = 3; i < 61; i++)
		assert_int_equal(
			growth_see(&growth, now + i * MINUTE, 1400), 500);
	/* What was an hour ago is no growth any more. */
	assert_int_equal(growth_see(&growth, now + 61 * MINUTE, 1400), 500);
	assert_int_equal(growth_see(&growth, now + 62 * MINUTE, 1400), 0);
	assert_int_equal(growth_see(&growth, now + 500 * MINUTE, 9000), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Each instance of Postfix ends and begins for itself. */
static void test_instances(void **state)
{
	size_t out = judge_program(judge, "postfix-out", false);
	size_t in = judge_program(judge, "postfix", false);

	(void)state;
	assert_int_equal(in, JUDGE_POSTFIX);
	assert_true(out > JUDGE_DOVECOT);
	assert_int_equal(judge_program(judge, "postfix-out", false), out);
	assert_int_equal(judge_program(judge, "dovecot", true), JUDGE_DOVECOT);
	assert_int_equal(judge_program(judge, "x'y", false), JUDGE_POSTFIX);
	assert_int_equal(judge_program(judge, "", false), JUDGE_POSTFIX);
	say(out, SIGN_STOPPED, "");
	say(in, SIGN_STOPPED, "");
	say(in, SIGN_STARTED, "3.7.11");
	assert_string_equal(minutes(4), "postfix-out mail_down raised;");
	assert_non_null(strstr(text, "postfix-out: it stopped 3 minutes ago"));
	say(out, SIGN_STARTED, "3.7.11");
	assert_string_equal(minutes(2), "postfix-out mail_down recovered;");
	/* All that there is room for; the others are one. */
	for (int i = 0; i < 20; i++) {
		char name[24];

		snprintf(name, sizeof(name), "postfix-%d", i);
		say(judge_program(judge, name, false), SIGN_STOPPED, "");
	}
	assert_int_equal(
		judge_program(judge, "postfix-99", false), JUDGE_POSTFIX);
	assert_non_null(strstr(minutes(4), "postfix mail_down raised;"));
}

/* Who is only remembered makes room, but not with an alarm of his own. */
static void test_takes_over(void **state)
{
	static uint8_t bytes[JUDGE_KEPT];
	size_t n, ended;

	(void)state;
	for (int i = 0; i < JUDGE_PROGRAMS - 2; i++) {
		char name[24];

		snprintf(name, sizeof(name), "postfix-%d", i);
		(void)judge_program(judge, name, false);
	}
	ended = judge_program(judge, "postfix-0", false);
	say(ended, SIGN_STOPPED, "");
	n = judge_keep(judge, now, WALL + now, bytes, sizeof(bytes));
	judge_free(&judge);
	judge = judge_new(&judge_default, on_news, NULL);
	now += 10 * MINUTE;
	assert_true(judge_recall(judge, bytes, n, now, WALL + now));
	assert_string_equal(minutes(1), "postfix-0 mail_down raised;");
	for (int i = 0; i < JUDGE_PROGRAMS - 3; i++) {
		char name[24];
		size_t at;

		snprintf(name, sizeof(name), "postfix-new-%d", i);
		at = judge_program(judge, name, false);
		assert_true(at > JUDGE_DOVECOT && at != ended);
		say(at, SIGN_STARTED, "3.7.11");
	}
	assert_int_equal(
		judge_program(judge, "postfix-late", false), JUDGE_POSTFIX);
	assert_string_equal(judge_program_name(judge, ended), "postfix-0");
	assert_string_equal(minutes(2), "");
	say(ended, SIGN_STARTED, "3.7.11");
	assert_string_equal(minutes(1), "postfix-0 mail_down recovered;");
}

static uint64_t found;

/* Days with so many failures each. */
static const char *days(int n, int failures)
{
	static char news[sizeof(told)];

	for (int i = 0; i < n * 24; i++) {
		found += (uint64_t)failures / 24 + (i % 24 < failures % 24);
		judge_jail(judge, "jail-x", true, found, now, WALL + now);
		now += HOUR;
	}
	strcpy(news, told);
	told[0] = '\0';
	return news;
}

static void test_vanished(void **state)
{
	(void)state;
	found = 0;
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.3.19.1");
	assert_string_equal(days(15, 30), "");
	/* No upgrade, no alarm: attackers may have other things to do. */
	assert_string_equal(days(3, 0), "");
	assert_string_equal(days(9, 30), "");
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.3.19.1");
	assert_string_equal(days(2, 0), "");
	assert_string_equal(days(9, 30), "");
	say(JUDGE_POSTFIX, SIGN_STARTED, "3.5.0");
	say(JUDGE_POSTFIX, SIGN_STARTED, "3.7.11");
	assert_string_equal(days(2, 0), "");
	assert_string_equal(days(9, 30), "");
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.4.1");
	assert_string_equal(days(1, 0), "");
	assert_string_equal(days(1, 0), "jail-x vanished raised;");
	assert_non_null(strstr(text, "jail-x: no failure found since "
				     "dovecot/2.4.1 began, where quiet days "
				     "would have had 30"));
	assert_string_equal(days(60, 0), "");
	assert_string_equal(days(1, 1), "jail-x vanished recovered;");
	assert_string_equal(days(60, 0), "");
}

/* What is known goes over a restart, and a reboot, where the clock begins
 * anew. */
static void test_kept(void **state)
{
	static uint8_t bytes[JUDGE_KEPT];
	int64_t wall = WALL + now;
	uint64_t lines = 0;
	size_t n;

	(void)state;
	found = 0;
	say(judge_program(judge, "postfix-out", false), SIGN_STOPPED, "");
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.3.19.1");
	days(15, 240);
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.4.1");
	for (int i = 0; i < 25 * 6; i++) {
		judge_log(judge, "/var/log/mail.log", ++lines, now);
		now += 10 * MINUTE;
	}
	say(JUDGE_POSTFIX, SIGN_STOPPED, "");
	now += MINUTE;
	told[0] = '\0';
	wall = WALL + now;
	n = judge_keep(judge, now, wall, bytes, sizeof(bytes));
	assert_in_range(n, 100, sizeof(bytes));
	judge_free(&judge);
	judge = judge_new(&judge_default, on_news, NULL);
	/* An hour later, a minute after boot. */
	wall += HOUR;
	now = MINUTE;
	assert_true(judge_recall(judge, bytes, n, now, wall));
	judge_signs(judge, now);
	assert_non_null(strstr(told, "postfix mail_down raised;"));
	/* It ended two weeks ago and is no more. */
	assert_null(strstr(told, "postfix-out"));
	assert_non_null(strstr(text, "postfix: it stopped 61 minutes ago"));
	told[0] = '\0';
	judge_log(judge, "/var/log/mail.log", 0, now);
	assert_string_equal(told, "");
	now += HOUR;
	judge_log(judge, "/var/log/mail.log", 0, now);
	assert_string_equal(told, "/var/log/mail.log silent raised;");
	told[0] = '\0';
	judge_jail(judge, "jail-x", true, 0, now, wall + HOUR);
	assert_string_equal(told, "jail-x vanished raised;");
	assert_non_null(strstr(text, "since dovecot/2.4.1 began"));
	/* What is cut, or nobody's, is nothing. */
	for (size_t i = 0; i < n; i++)
		assert_false(judge_recall(judge, bytes, i, now, wall));
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 0xff;
		(void)judge_recall(judge, bytes, n, now, wall);
		judge_signs(judge, now);
		judge_jail(judge, "jail-x", true, 0, now, wall);
		judge_log(judge, "/var/log/mail.log", 0, now);
		bytes[i] ^= 0xff;
		told[0] = '\0';
	}
	/* All that there can be has room. */
	judge_free(&judge);
	judge = judge_new(&judge_default, on_news, NULL);
	for (int i = 0; i < 99; i++) {
		char name[REPORT_PATH], jail[JUDGE_JAIL];

		memset(name, 'x', sizeof(name));
		snprintf(name + 240, 16, "%u", (uint8_t)i);
		memset(jail, 'x', sizeof(jail));
		snprintf(jail + 60, 5, "%u", (uint8_t)i);
		judge_log(judge, name, 1, now);
		judge_jail(judge, jail, false, 1, now, wall);
		name[JUDGE_PROGRAM - 4] = '\0';
		snprintf(name, 24, "postfix-%d", i);
		judge_program(judge, name, false);
	}
	assert_in_range(judge_keep(judge, now, wall, bytes, sizeof(bytes)),
		10000, sizeof(bytes));
}

/* What judge_keep() would never write is not taken, though it can be read. */
static void test_forged(void **state)
{
	static uint8_t bytes[JUDGE_KEPT], forged[JUDGE_KEPT];
	/* From the day on: known, days, found, heard, split, upgrade, usual */
	const size_t of_day = 8 + 4 + 28 * 4 + 1 + 8 + 1 + 8 + 4;
	uint8_t *version;
	size_t n;

	(void)state;
	found = 0;
	say(JUDGE_DOVECOT, SIGN_STARTED, "2.3.19.1");
	days(15, 240);
	n = judge_keep(judge, now, WALL + now, bytes, sizeof(bytes));
	assert_in_range(n, 100, sizeof(bytes));
	assert_true(judge_recall(judge, bytes, n, now, WALL + now));
	/* More days are known than there were. */
	memcpy(forged, bytes, n);
	memset(forged + n - of_day, 0, 8);
	assert_false(judge_recall(judge, forged, n, now, WALL + now));
	memcpy(forged, bytes, n);
	version = memmem(forged, n, "2.3.19.1", 8);
	assert_non_null(version);
	version[1] = '\'';
	assert_false(judge_recall(judge, forged, n, now, WALL + now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signs),
		TEST(test_levels),
		TEST(test_details),
		TEST(test_down),
		TEST(test_unknown_lines),
		TEST(test_unknown_from_the_start),
		TEST(test_silence),
		TEST(test_a_log_that_begins_anew),
		TEST(test_more_logs_than_there_is_room_for),
		TEST(test_growth),
		TEST(test_instances),
		TEST(test_takes_over),
		TEST(test_vanished),
		TEST(test_kept),
		TEST(test_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
