/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each period has what was counted in it, whatever the clock does. */
#include "daemon/periods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOON INT64_C(1700049600) /* a multiple of 1800 */

static void tick(struct periods *p, int64_t now, uint64_t total)
{
	periods_tick(p, 1800, now, &total, 1);
}

static size_t count(const struct periods *p)
{
	size_t n = 0;

	while (periods_at(p, n))
		n++;
	return n;
}

static void check(const struct periods *p, size_t i, int64_t end, uint64_t n)
{
	const struct period *row = periods_at(p, i);

	assert_non_null(row);
	assert_int_equal(row->end, end);
	assert_int_equal(row->n[0], n);
}

static void test_from_half_hour_to_half_hour(void **state)
{
	struct periods *p = periods_new(1800, NOON + 600);

	(void)state;
	tick(p, NOON + 1799, 5);
	assert_int_equal(count(p), 0);
	tick(p, NOON + 1800, 7);
	tick(p, NOON + 1801, 8);
	tick(p, NOON + 3605, 20);
	assert_int_equal(count(p), 2);
	check(p, 0, NOON + 1800, 7);
	check(p, 1, NOON + 3600, 13);
	assert_int_equal(periods_at(p, 0)->id, 1);
	assert_int_equal(periods_at(p, 1)->id, 2);
	periods_free(&p);
	assert_null(p);
}

static void test_different_names(void **state)
{
	struct periods *p = periods_new(1800, NOON);

	(void)state;
	periods_sender(p, SPAN("a@example.org"));
	periods_sender(p, SPAN("a@example.org"));
	periods_sender(p, SPAN("b@example.org"));
	periods_recipient(p, SPAN("a@example.org"));
	tick(p, NOON + 1800, 3);
	periods_recipient(p, SPAN("a@example.org"));
	tick(p, NOON + 3600, 3);
	assert_int_equal(periods_at(p, 0)->senders, 2);
	assert_int_equal(periods_at(p, 0)->recipients, 1);
	assert_int_equal(periods_at(p, 1)->senders, 0);
	assert_int_equal(periods_at(p, 1)->recipients, 1);
	periods_free(&p);
}

static void test_the_oldest_go(void **state)
{
	struct periods *p = periods_new(1800, NOON);

	(void)state;
	for (int i = 1; i <= PERIODS + 5; i++)
		tick(p, NOON + 1800 * i, (uint64_t)(10 * i));
	assert_int_equal(count(p), PERIODS);
	assert_int_equal(periods_at(p, 0)->id, 6);
	check(p, 0, NOON + 6 * 1800, 10);
	check(p, PERIODS - 1, NOON + (PERIODS + 5) * 1800, 10);
	periods_free(&p);
}

/* A suspended host, and a clock that is set: the sum is what was counted. */
static void test_the_clock_jumps(void **state)
{
	struct periods *p = periods_new(1800, NOON);

	(void)state;
	tick(p, NOON + 86400, 4);
	assert_int_equal(count(p), 1);
	check(p, 0, NOON + 1800, 4);
	tick(p, NOON - 7200, 9);
	assert_int_equal(count(p), 1);
	tick(p, NOON - 5400, 11);
	check(p, 1, NOON - 5400, 7);
	assert_int_equal(periods_at(p, 1)->id, 2);
	periods_free(&p);
}

static void test_another_length(void **state)
{
	struct periods *p = periods_new(1800, NOON);
	uint64_t total = 5;

	(void)state;
	periods_tick(p, 600, NOON + 700, &total, 1);
	assert_int_equal(count(p), 0);
	total = 6;
	periods_tick(p, 600, NOON + 1200, &total, 1);
	assert_int_equal(count(p), 1);
	check(p, 0, NOON + 1200, 6);
	periods_free(&p);
}

/* What is kept of one is another, in whatever order it comes back. */
struct kept {
	uint64_t numbers[PERIODS_ROWS][PERIODS_COLUMNS + 8];
	size_t n[PERIODS_ROWS], told;
};

static void keep(void *ctx, size_t row, const uint64_t *numbers, size_t n)
{
	struct kept *kept = ctx;

	assert_true(row < PERIODS_ROWS && n <= PERIODS_COLUMNS + 8);
	memcpy(kept->numbers[row], numbers, n * sizeof(*numbers));
	kept->n[row] = n;
	kept->told++;
}

static void test_it_outlives_the_daemon(void **state)
{
	struct periods *p = periods_new(1800, NOON), *q;
	struct kept kept = {.told = 0};

	(void)state;
	for (int i = 1; i <= PERIODS + 5; i++)
		tick(p, NOON + 1800 * i, (uint64_t)(10 * i));
	periods_take(p, 90);
	periods_changed(p, keep, &kept);
	assert_int_equal(kept.told, PERIODS_ROWS);
	periods_changed(p, keep, &kept);
	assert_int_equal(kept.told, PERIODS_ROWS);
	periods_sender(p, SPAN("a@example.org"));
	tick(p, NOON + 1800 * (PERIODS + 6), 2000);
	periods_changed(p, keep, &kept);
	assert_int_equal(kept.told, PERIODS_ROWS + 2);
	for (int up = 0; up < 2; up++) {
		q = periods_new(1800, NOON + 1800 * (PERIODS + 9));
		for (size_t i = 0; i < PERIODS_ROWS; i++) {
			size_t row = up ? i : PERIODS_ROWS - 1 - i;

			periods_restore(q, row, kept.numbers[row], kept.n[row]);
		}
		assert_int_equal(count(q), PERIODS);
		for (size_t i = 0; i < PERIODS; i++)
			assert_memory_equal(periods_at(q, i), periods_at(p, i),
				sizeof(struct period));
		assert_int_equal(periods_at(q, PERIODS - 1)->senders, 1);
		/* What was counted since goes to the one that ran. */
		tick(q, NOON + 1800 * (PERIODS + 9), 2007);
		check(q, PERIODS - 1, NOON + 1800 * (PERIODS + 7), 7);
		periods_free(&q);
	}
	periods_free(&p);
}

static void test_rows_of_a_stranger(void **state)
{
	uint64_t numbers[PERIODS_COLUMNS + 8];
	struct periods *p = periods_new(1800, NOON);

	(void)state;
	memset(numbers, 0xff, sizeof(numbers));
	for (size_t row = 0; row < PERIODS_ROWS + 2; row++)
		for (size_t n = 0; n <= PERIODS_COLUMNS + 8; n++)
			periods_restore(p, row, numbers, n);
	assert_int_equal(count(p), 0);
	tick(p, NOON + 1800, 7);
	assert_int_equal(count(p), 1);
	check(p, 0, NOON + 1800, 7);
	periods_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_half_hour_to_half_hour),
		cmocka_unit_test(test_different_names),
		cmocka_unit_test(test_the_oldest_go),
		cmocka_unit_test(test_the_clock_jumps),
		cmocka_unit_test(test_another_length),
		cmocka_unit_test(test_it_outlives_the_daemon),
		cmocka_unit_test(test_rows_of_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
