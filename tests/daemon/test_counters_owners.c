/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From which source a program is counted, by a clock that goes where it will.
 */
#include "daemon/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/attackers.h"
#include "lib/clock.h"
#include "lib/line.h"
#include "sources/header.h"

#define T0 (INT64_C(1763719200) * CLOCK_SECOND)
#define HOUR (3600 * CLOCK_SECOND)
enum { FILE_SOURCE = 1, JOURNAL_SOURCE = 9 };

static struct attackers *attackers;
static struct counters *counters;

static int setup(void **state)
{
	(void)state;
	clock_hold(T0, 0);
	attackers = attackers_new();
	counters = counters_new(attackers, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	counters_free(&counters);
	attackers_free(&attackers);
	clock_release();
	return 0;
}

/* A line of that time: is it counted? */
static bool counts(uint32_t source, int64_t time)
{
	static const char tag[] = "postfix/smtpd", text[] = "a word of mine";
	struct line line = {.tag = tag,
		.tag_len = strlen(tag),
		.message = text,
		.message_len = strlen(text),
		.time = time};
	uint64_t before = 0, after = 0, unknown;
	bool dovecot;

	counters_program(counters, 0, &dovecot, &before, &unknown);
	counters_line(counters, &line, source);
	assert_non_null(
		counters_program(counters, 0, &dovecot, &after, &unknown));
	return after > before;
}

static void what_two_have_counts_from_one(void **state)
{
	(void)state;
	assert_true(counts(FILE_SOURCE, T0));
	assert_false(counts(JOURNAL_SOURCE, T0));
	/* The other had none for an hour. */
	clock_hold(T0 + 2 * HOUR, 2 * HOUR);
	assert_true(counts(JOURNAL_SOURCE, T0 + 2 * HOUR));
}

/* It was a day ahead, and is right again. */
static void a_clock_that_went_back(void **state)
{
	(void)state;
	clock_hold(T0 + 24 * HOUR, 0);
	assert_true(counts(FILE_SOURCE, T0 + 24 * HOUR));
	clock_hold(T0, 0);
	assert_false(counts(JOURNAL_SOURCE, T0));
	clock_hold(T0 + 2 * HOUR, 2 * HOUR);
	assert_true(counts(JOURNAL_SOURCE, T0 + 2 * HOUR));
}

/* Nor does a line's own time count that is still to come. */
static void a_line_from_the_future(void **state)
{
	(void)state;
	assert_true(counts(FILE_SOURCE, T0));
	assert_true(counts(FILE_SOURCE, T0 + 24 * HOUR));
	clock_hold(T0 + 2 * HOUR, 2 * HOUR);
	assert_true(counts(JOURNAL_SOURCE, T0 + 2 * HOUR));
	/* Nor does it make one silent that is not. */
	assert_true(counts(FILE_SOURCE, T0 + 2 * HOUR));
	assert_false(counts(JOURNAL_SOURCE, T0 + 48 * HOUR));
}

/* What rsyslog took together is counted as it was. */
static void a_line_for_several(void **state)
{
	static const char text[] =
		"Nov 21 10:00:00 mx postfix/smtpd[1]: message repeated 5 "
		"times: [ a word of mine]";
	struct header_clock clock = {0};
	uint64_t lines, unknown;
	struct line line;
	bool dovecot;

	(void)state;
	header_cut(text, strlen(text), &clock, &line);
	counters_line(counters, &line, FILE_SOURCE);
	counters_program(counters, 0, &dovecot, &lines, &unknown);
	assert_int_equal(lines, 5);
	assert_int_equal(unknown, 5);
	/* And what only looks like it, once. */
	line.message_len--;
	counters_line(counters, &line, FILE_SOURCE);
	counters_program(counters, 0, &dovecot, &lines, &unknown);
	assert_int_equal(lines, 6);
}

/* All that is told of a new host's lines: of n, or of one for seven. To be
 * given back by free. */
static char *told_of(
	const char *program, const char *message, unsigned int n, bool together)
{
	struct header_clock clock = {0};
	uint64_t lines, unknown;
	struct attackers *all;
	struct counters *own;
	char text[512], *told;
	struct line line;
	json_t *answer;
	bool dovecot;

	all = attackers_new();
	own = counters_new(all, NULL);
	snprintf(text, sizeof(text), "Nov 21 10:00:00 mx %s: %s%s%s", program,
		together ? "message repeated 7 times: [ " : "", message,
		together ? "]" : "");
	header_cut(text, strlen(text), &clock, &line);
	for (unsigned int i = 0; i < n; i++)
		counters_line(own, &line, FILE_SOURCE);
	assert_non_null(counters_program(own, 0, &dovecot, &lines, &unknown));
	answer = json_pack("{s:o, s:o, s:I, s:I}", "counters",
		counters_tell(own), "attackers", attackers_tell(all, 0, 10),
		"lines", (json_int_t)lines, "unknown", (json_int_t)unknown);
	told = json_dumps(answer, JSON_SORT_KEYS);
	assert_non_null(told);
	json_decref(answer);
	counters_free(&own);
	attackers_free(&all);
	return told;
}

/* It is read once for them all, and nobody sees that. */
static void it_counts_as_they_would(void **state)
{
	static const char *const messages[][2] = {
		{"postfix/smtpd[1]",
			"NOQUEUE: reject: RCPT from x[203.0.113.9]: "
			"454 4.7.1 <x@y>: Relay access denied; from=<a@b> to=<x@y> "
			"proto=ESMTP helo=<z>"},
		{"postfix/smtpd[1]",
			"warning: x[203.0.113.9]: SASL LOGIN "
			"authentication failed: bad, sasl_username=bob"},
		{"postfix/smtp[1]",
			"4ABCDEF1234: to=<a@b.c>, relay=x[1.2.3.4]:25, "
			"delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)"},
		{"postfix/smtpd[1]", "a word of mine"},
		{"dovecot",
			"imap-login: Disconnected (auth failed, 1 attempts in "
			"2 secs): user=<bob>, method=PLAIN, rip=203.0.113.9, "
			"lip=192.0.2.7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		char *one = told_of(messages[i][0], messages[i][1], 1, false);
		char *together =
			told_of(messages[i][0], messages[i][1], 1, true);
		char *alone = told_of(messages[i][0], messages[i][1], 7, false);

		assert_string_equal(together, alone);
		assert_string_not_equal(together, one);
		free(one);
		free(together);
		free(alone);
	}
}

/* The least of a few times that it takes, in CPU time. */
static clock_t takes(const char *text, unsigned int n)
{
	struct header_clock clock_of_log = {0};
	clock_t least = 0;
	struct line line;

	header_cut(text, strlen(text), &clock_of_log, &line);
	for (int i = 0; i < 9; i++) {
		clock_t begin = clock(), took;

		for (unsigned int k = 0; k < n; k++)
			counters_line(counters, &line, FILE_SOURCE);
		took = clock() - begin;
		if (i == 0 || took < least)
			least = took;
	}
	return least;
}

/* Any local user may write that a line came a thousand times. */
static void it_takes_no_thousand_lines_work(void **state)
{
#define HEAD "Nov 21 10:00:00 mx postfix/smtpd[1]: "
#define REJECT                                                         \
	"NOQUEUE: reject: RCPT from x[203.0.113.9]: 454 4.7.1 <x@y>: " \
	"Relay access denied; from=<a@b> to=<x@y> proto=ESMTP helo=<z>"
	(void)state;
	assert_true(2 * takes(HEAD "message repeated 1000 times: [ " REJECT "]",
				100) <
		    takes(HEAD REJECT, 100 * 1000));
}

#define OWNER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWNER_TEST(what_two_have_counts_from_one),
		OWNER_TEST(a_clock_that_went_back),
		OWNER_TEST(a_line_from_the_future),
		OWNER_TEST(a_line_for_several),
		OWNER_TEST(it_counts_as_they_would),
		OWNER_TEST(it_takes_no_thousand_lines_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
