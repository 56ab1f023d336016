/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work by several threads: all of it, once, in order, however many there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/crew.h"

struct item {
	uint64_t number, square;
	bool worked;
};

struct whole {
	uint64_t most, filled, finished, sum;
};

static bool fill(void *ctx, void *item)
{
	struct whole *w = ctx;
	struct item *i = item;

	if (w->filled == w->most)
		return false;
	*i = (struct item){.number = w->filled++};
	return true;
}

/* Some take long, so that others come before them. */
static void work(void *ctx, void *item)
{
	struct item *i = item;
	volatile uint64_t idle = i->number % 7 * 1000;

	(void)ctx;
	while (idle)
		idle--;
	i->square = i->number * i->number;
	i->worked = true;
}

static void finish(void *ctx, void *item)
{
	struct whole *w = ctx;
	const struct item *i = item;

	assert_true(i->worked);
	assert_int_equal(i->number, w->finished);
	w->finished++;
	w->sum += i->square;
}

static const struct crew_work all = {fill, work, finish};

static uint64_t run(uint64_t most, size_t n)
{
	struct item room[CREW_ITEMS];
	void *items[CREW_ITEMS];
	struct whole w = {.most = most};

	for (size_t i = 0; i < n; i++)
		items[i] = &room[i];
	crew_run(&all, &w, items, n);
	assert_int_equal(w.filled, most);
	assert_int_equal(w.finished, most);
	return w.sum;
}

static void test_any_number(void **state)
{
	static const uint64_t most[] = {0, 1, 2, 31, 32, 33, 34, 40, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(most) / sizeof(*most); i++)
		for (size_t n = 1; n <= CREW_ITEMS; n++)
			assert_int_equal(run(most[i], n), run(most[i], 1));
}

static void test_processors(void **state)
{
	size_t n = crew_items();

	(void)state;
	assert_true(n == 1 || (n >= 4 && n <= CREW_ITEMS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
