/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From which source a program is counted, by a clock that goes where it will.
 */
#include "daemon/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

#define OWNER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OWNER_TEST(what_two_have_counts_from_one),
		OWNER_TEST(a_clock_that_went_back),
		OWNER_TEST(a_line_from_the_future),
		OWNER_TEST(a_line_for_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
