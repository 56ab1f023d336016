/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jails that are given another backend, over hours and restarts. */
#include "daemon/moved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/config.h"
#include "daemon/feeds.h"
#include "daemon/state.h"
#include "lib/clock.h"

#define T0 INT64_C(1763719200)
#define AT(seconds) ((T0 + (seconds)) * CLOCK_SECOND)
#define FILE_SOURCE 0

static char dir[64];
static struct state *state;
static struct moved *moved;

/* What a test's configuration is made of. */
enum { FILES = 1, OWN = 2, SYSLOG = 4, OTHER = 8, ANOTHER = 16 };

static const struct jail_journal others[] = {
	{.name = "journal[namespace=x]"}, {.name = "journal[namespace=y]"}};

static size_t filter(bool is_there)
{
	return is_there ? 0 : CONFIG_NO_FILTER;
}

/* Jails of these names, up to two, and the ways of each. */
static void configure(
	const char *a, unsigned int ways_a, const char *b, unsigned int ways_b)
{
	struct jail jails[] = {{.name = a}, {.name = b}};
	const unsigned int ways[] = {ways_a, ways_b};
	struct config_jail items[2];
	const struct config config = {
		.items = items, .n = (a != NULL) + (b != NULL)};

	for (size_t i = 0; i < config.n; i++) {
		if (ways[i] & (OTHER | ANOTHER))
			jails[i].journal = &others[ways[i] & ANOTHER ? 1 : 0];
		items[i] = (struct config_jail){.jail = &jails[i],
			.file_filter = filter(ways[i] & FILES),
			.journal_filter =
				filter(ways[i] & (OWN | OTHER | ANOTHER)),
			.syslog_filter = filter(ways[i] & SYSLOG)};
	}
	moved_configure(moved, &config);
}

static void only(unsigned int ways)
{
	configure("a", ways, NULL, 0);
}

static void set_clock(int64_t seconds)
{
	clock_hold(AT(seconds), (100000 + seconds) * CLOCK_SECOND);
}

static void restart(void)
{
	moved_save(moved, false);
	moved_free(&moved);
	state_commit(state);
	state_close(&state);
	state = state_open(dir);
	moved = moved_new(state);
}

static int setup(void **unused)
{
	(void)unused;
	strcpy(dir, "/tmp/test_moved.XXXXXX");
	assert_non_null(mkdtemp(dir));
	set_clock(0);
	state = state_open(dir);
	assert_non_null(state);
	moved = moved_new(state);
	return 0;
}

static int teardown(void **unused)
{
	char path[96];

	(void)unused;
	moved_free(&moved);
	state_close(&state);
	snprintf(path, sizeof(path), "%s/state.db", dir);
	unlink(path);
	rmdir(dir);
	clock_release();
	return 0;
}

/* How many of n failures of that second count. */
static int counted(uint32_t source, int64_t second, int n)
{
	int found = 0;

	for (int i = 0; i < n; i++)
		found += moved_is_new(moved, 0, source, AT(second));
	return found;
}

static int lines(uint32_t source, int64_t second, int n)
{
	int found = 0;

	for (int i = 0; i < n; i++)
		found += moved_line_is_new(moved, source, AT(second));
	return found;
}

static void what_was_counted_is_left_out(void **unused)
{
	(void)unused;
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, -5, 3), 3);
	assert_int_equal(counted(FILE_SOURCE, -1, 2), 2);
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -9, 4), 0);
	assert_int_equal(counted(FEEDS_JOURNAL, -5, 3), 0);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 1);
	assert_int_equal(counted(FEEDS_JOURNAL, 0, 3), 3);
	/* One that says no time is of now. */
	assert_true(moved_is_new(moved, 0, FEEDS_JOURNAL, 0));
}

static void and_after_a_restart_amid_it(void **unused)
{
	(void)unused;
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, -1, 4), 4);
	restart();
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 0);
	restart();
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 2);
}

static void a_file_that_comes_an_hour_later(void **unused)
{
	(void)unused;
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 3);
	only(FILES);
	set_clock(3600);
	assert_int_equal(counted(FILE_SOURCE, -2, 2), 0);
	assert_int_equal(counted(FILE_SOURCE, -1, 4), 1);
	assert_int_equal(counted(FILE_SOURCE, 1800, 2), 2);
}

/* One of its files is behind the other. */
static void a_way_that_stays_loses_nothing(void **unused)
{
	(void)unused;
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, -1, 3), 3);
	only(FILES | OWN);
	assert_int_equal(counted(FILE_SOURCE + 1, -5, 3), 3);
	assert_int_equal(counted(FEEDS_JOURNAL, -5, 3), 0);
}

/* What it counted is not saved yet when it goes. */
static void a_jail_that_goes_and_comes_back(void **unused)
{
	(void)unused;
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, -1, 3), 3);
	configure("b", FILES, NULL, 0);
	restart();
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 4), 1);
}

/* Nothing comes by the second; the third has it all the same. */
static void to_one_and_on_to_another(void **unused)
{
	(void)unused;
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 3);
	only(SYSLOG);
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, -1, 4), 1);
	only(OTHER);
	assert_int_equal(counted(FEEDS_FOREIGN, -1, 5), 1);
	only(ANOTHER);
	assert_int_equal(counted(FEEDS_FOREIGN, -1, 6), 1);
	/* The same again is no move. */
	only(ANOTHER);
	assert_int_equal(counted(FEEDS_FOREIGN, -1, 6), 6);
}

static void the_socket_has_nothing_of_before(void **unused)
{
	(void)unused;
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, -1, 3), 3);
	only(SYSLOG);
	assert_int_equal(counted(FEEDS_SYSLOG, -2, 3), 3);
}

/* Three failures in a file, when the clock is a day ahead. */
static void count_a_day_ahead(void)
{
	const int64_t day = 86400;

	only(FILES);
	set_clock(day);
	assert_int_equal(counted(FILE_SOURCE, day, 3), 3);
}

/* Nobody is blind until it is as late again. */
static void a_clock_that_was_ahead(void **unused)
{
	(void)unused;
	count_a_day_ahead();
	set_clock(10);
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, 9, 3), 0);
	assert_int_equal(counted(FEEDS_JOURNAL, 10, 3), 3);
	/* And what is counted now is known from now on. */
	only(FILES);
	assert_int_equal(counted(FILE_SOURCE, 10, 4), 1);
}

static void a_clock_that_is_set_back_later(void **unused)
{
	(void)unused;
	count_a_day_ahead();
	only(OWN);
	set_clock(10);
	assert_int_equal(counted(FEEDS_JOURNAL, 9, 3), 0);
	set_clock(11);
	assert_int_equal(counted(FEEDS_JOURNAL, 10, 3), 3);
}

/* What was counted by the new time is known, as by any. */
static void a_clock_that_is_set_back_amid_it(void **unused)
{
	(void)unused;
	count_a_day_ahead();
	set_clock(10);
	assert_int_equal(counted(FILE_SOURCE, 10, 3), 3);
	set_clock(11);
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, 10, 4), 1);
}

static void a_line_of_the_future_is_one_of_now(void **unused)
{
	(void)unused;
	only(FILES);
	set_clock(100);
	assert_int_equal(counted(FILE_SOURCE, 100, 1), 1);
	assert_int_equal(counted(FILE_SOURCE, 5000, 2), 2);
	set_clock(101);
	only(OWN);
	assert_int_equal(counted(FEEDS_JOURNAL, 100, 4), 1);
}

static void the_mail_of_a_way_that_is_left(void **unused)
{
	(void)unused;
	configure("a", OWN, "b", OWN);
	assert_int_equal(lines(FEEDS_JOURNAL, -1, 3), 3);
	/* While the journal is read, a file has other mail. */
	configure("a", OWN, "b", FILES);
	assert_int_equal(lines(FILE_SOURCE, -5, 3), 3);
	configure("a", FILES, "b", FILES);
	assert_int_equal(lines(FILE_SOURCE, -5, 3), 3);
	restart();
	configure("a", SYSLOG, "b", OWN);
	assert_int_equal(lines(FEEDS_JOURNAL, -5, 3), 0);
}

/* A jail of another name reads it now. */
static void the_mail_of_a_jail_that_is_gone(void **unused)
{
	(void)unused;
	only(OWN);
	assert_int_equal(lines(FEEDS_JOURNAL, -1, 3), 3);
	configure("b", FILES, NULL, 0);
	assert_int_equal(lines(FILE_SOURCE, -1, 4), 1);
	restart();
	configure("c", OWN, NULL, 0);
	assert_int_equal(lines(FEEDS_JOURNAL, -1, 5), 1);
}

/* Its mail is not counted, so the host's own journal is new. */
static void the_mail_behind_another_journal(void **unused)
{
	(void)unused;
	configure("a", FILES, "b", OTHER);
	assert_int_equal(lines(FILE_SOURCE, -1, 3), 3);
	configure("a", OWN, "b", OTHER);
	assert_int_equal(lines(FEEDS_JOURNAL, -1, 4), 1);
}

#define MOVED_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MOVED_TEST(what_was_counted_is_left_out),
		MOVED_TEST(and_after_a_restart_amid_it),
		MOVED_TEST(a_file_that_comes_an_hour_later),
		MOVED_TEST(a_way_that_stays_loses_nothing),
		MOVED_TEST(a_jail_that_goes_and_comes_back),
		MOVED_TEST(to_one_and_on_to_another),
		MOVED_TEST(the_socket_has_nothing_of_before),
		MOVED_TEST(a_clock_that_was_ahead),
		MOVED_TEST(a_clock_that_is_set_back_later),
		MOVED_TEST(a_clock_that_is_set_back_amid_it),
		MOVED_TEST(a_line_of_the_future_is_one_of_now),
		MOVED_TEST(the_mail_of_a_way_that_is_left),
		MOVED_TEST(the_mail_of_a_jail_that_is_gone),
		MOVED_TEST(the_mail_behind_another_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
