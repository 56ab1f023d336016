/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each alarm in words, as it begins, gets worse and ends. With --list it prints
 * each command that is advised, for who can try them on a mail host.
 */
#include "alarms/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"

#define NOW (INT64_C(1000000) * CLOCK_SECOND)
#define WALL (INT64_C(1795000000) * CLOCK_SECOND)
#define SPOOL "/var/spool/postfix"

static struct words words;

/* The longest that there can be. */
static char long_path[REPORT_PATH], long_said[JUDGE_SAID];
static char long_more[JUDGE_MORE], long_detail[JUDGE_DETAIL];

static void fill(char *text, size_t n, const char *begin)
{
	memset(text, 'x', n - 1);
	memcpy(text, begin, strlen(begin));
}

static bool is_of_program(enum alarm_kind kind)
{
	return kind >= ALARM_NO_SPACE && kind <= ALARM_UNKNOWN;
}

static struct alarm alarm_of(enum alarm_kind kind, size_t program)
{
	struct alarm a = {.kind = kind,
		.subject = SPOOL,
		.state = {LEVEL_CRITICAL, NOW - 40 * 60 * CLOCK_SECOND},
		.value = 7,
		.total = 2e10,
		.more = "",
		.said = "smtp 127.0.0.1: banner: 421 no",
		.about_mail = program == 0};

	if (kind == ALARM_PROCESSES) {
		strcpy(a.detail, "smtp/inet");
		a.total = 100;
	}
	if (kind == ALARM_VANISHED) {
		a.subject = "dovecot";
		strcpy(a.detail, "dovecot");
	}
	if (is_of_program(kind)) {
		a.subject = program ? "dovecot" : "postfix";
		strcpy(a.detail, "smtpd");
	}
	return a;
}

static void say(const struct alarm *a, enum level_news news)
{
	memset(&words, 0, sizeof(words));
	words_of(&words, a, news, NOW, WALL);
	for (const char *c = words.text; *c; c++)
		assert_true(isprint((unsigned char)*c));
	assert_true(strlen(words.text) < sizeof(words.text) - 1);
	assert_true(strlen(words.next) < sizeof(words.next) - 1);
}

static void each(void (*fn)(const struct alarm *a))
{
	struct alarm a;

	for (int kind = 0; kind < ALARM_RECIPIENTS; kind++)
		for (size_t program = 0; program < JUDGE_PROGRAMS; program++) {
			a = alarm_of((enum alarm_kind)kind, program);
			fn(&a);
		}
}

/* What is wrong, since when, what comes of it, and what to type. */
static void look_at_it(const struct alarm *a)
{
	const char *since;

	say(a, LEVEL_RAISED);
	since = strstr(words.text, ", since Nov 18 ");
	assert_non_null(since);
	assert_non_null(strstr(since, "; "));
	assert_true(words.next[0]);
	assert_null(strstr(words.next, "ALL"));
}

static void test_it_begins(void **state)
{
	(void)state;
	each(look_at_it);
}

static void look_at_end(const struct alarm *begun)
{
	struct alarm a = *begun;
	const char *end = ": well again, after 40 minutes";

	a.state.level = LEVEL_OK;
	a.value = a.kind == ALARM_FULL_IN ? INFINITY : 0;
	say(&a, LEVEL_RECOVERED);
	assert_string_equal(words.text + strlen(words.text) - strlen(end), end);
	/* Of what it was nothing is left. */
	assert_null(strstr(words.text, "smtpd"));
	assert_null(strstr(words.text, "not seen"));
	assert_string_equal(words.next, "");
}

static void test_it_ends(void **state)
{
	(void)state;
	each(look_at_end);
}

/* A path, a server's words and who fills the queue have room, all of them. */
static void look_at_longest(const struct alarm *begun)
{
	struct alarm a = *begun;

	if (!is_of_program(a.kind))
		a.subject = long_path;
	if (a.detail[0])
		strcpy(a.detail, long_detail);
	a.said = long_said;
	a.more = long_more;
	say(&a, LEVEL_WORSE);
	if (a.kind == ALARM_DISK)
		assert_non_null(strstr(words.next, "tail"));
	if (a.kind == ALARM_PROBE)
		assert_non_null(strstr(words.text, "x, since "));
}

static void test_what_is_long(void **state)
{
	(void)state;
	fill(long_path, sizeof(long_path), "/var");
	fill(long_said, sizeof(long_said), "smtp ");
	fill(long_more, sizeof(long_more), "from ");
	fill(long_detail, sizeof(long_detail), "smtp");
	each(look_at_longest);
}

/* What the disk of a queue comes to, and that of others. */
static void test_what_a_disk_comes_to(void **state)
{
	struct alarm a = alarm_of(ALARM_DISK, 0);

	(void)state;
	a.value = 4.2e8;
	a.refuses_below = 15360000;
	say(&a, LEVEL_RAISED);
	assert_non_null(strstr(
		words.text, SPOOL ": 420 MB free of 20 GB (2.1 %), since "));
	assert_non_null(strstr(
		words.text, "; below 15 MB Postfix refuses mail (452 4.3.1)"));
	a.value = 1.2e7;
	say(&a, LEVEL_WORSE);
	assert_non_null(strstr(words.text, "; Postfix refuses mail now"));
	a.refuses_below = 0;
	say(&a, LEVEL_WORSE);
	assert_non_null(strstr(words.text, "; when it is full nothing can"));
}

/* A warning of the probe, and what it could not find out. */
static void test_what_a_probe_comes_to(void **state)
{
	struct alarm a = alarm_of(ALARM_PROBE, 0);

	(void)state;
	a.value = 2;
	say(&a, LEVEL_RAISED);
	assert_non_null(strstr(words.text, "fail as it does"));
	a.value = 1;
	say(&a, LEVEL_RAISED);
	assert_non_null(strstr(words.text, "; as yet all are served"));
	a.said = JUDGE_NOT_KNOWN "no route";
	say(&a, LEVEL_RAISED);
	assert_non_null(strstr(words.text, "; it may be well, or not"));
}

static void list(const struct alarm *a)
{
	words_of(&words, a, LEVEL_RAISED, NOW, WALL);
	printf("%s\t%s\n", judge_name(a->kind), words.next);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_begins),
		cmocka_unit_test(test_it_ends),
		cmocka_unit_test(test_what_is_long),
		cmocka_unit_test(test_what_a_disk_comes_to),
		cmocka_unit_test(test_what_a_probe_comes_to),
	};

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		each(list);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
