/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jails/window.h"
#include "lib/hash.h"

#define T0 INT64_C(1763719200) /* 2025-11-21 10:00:00 UTC */

static const struct hash_seed seed = {0x0123456789abcdef, 42};

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, strlen(text), &a));
	return a;
}

static struct addr nth(uint32_t i)
{
	uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	return addr_from_bytes(ip, 4);
}

struct step {
	int at; /* seconds after T0 */
	uint32_t count;
	bool full;
	uint32_t left; /* window_count afterwards */
};

static void play(
	uint32_t maxretry, int64_t findtime, const struct step *steps, size_t n)
{
	struct window *w = window_new(maxretry, findtime, 100, &seed);
	struct addr a = address("192.0.2.1");

	assert_non_null(w);
	for (size_t i = 0; i < n; i++) {
		bool full = window_add(w, &a, T0 + steps[i].at, steps[i].count);

		if (full != steps[i].full ||
			window_count(w, &a) != steps[i].left)
			fail_msg("step %zu: full %d, left %u", i, full,
				window_count(w, &a));
	}
	window_free(&w);
	assert_null(w);
}

#define PLAY(maxretry, findtime, ...)                      \
	do {                                               \
		const struct step steps[] = {__VA_ARGS__}; \
		play(maxretry, findtime, steps,            \
			sizeof(steps) / sizeof(*steps));   \
	} while (0)

static void test_sliding(void **state)
{
	(void)state;
	/* the third within 600 s, and then it begins anew */
	PLAY(3, 600, {0, 1, false, 1}, {300, 1, false, 2}, {600, 1, true, 0},
		{601, 1, false, 1});
	/* one second too late: the first has left, exactly */
	PLAY(3, 600, {0, 1, false, 1}, {300, 1, false, 2}, {601, 1, false, 2},
		{900, 1, true, 0});
	/* one line may tell of several failures */
	PLAY(3, 600, {0, 2, false, 2}, {1, 1, true, 0}, {2, 3, true, 0},
		{3, 4000000000, true, 0}, {4, 0, false, 0});
	PLAY(1, 600, {0, 1, true, 0}, {1, 1, true, 0});
	/* at the same second */
	PLAY(4, 1, {0, 1, false, 1}, {0, 1, false, 2}, {0, 1, false, 3},
		{0, 1, true, 0});
}

static void test_out_of_order(void **state)
{
	(void)state;
	/* an older time counts where it belongs */
	PLAY(3, 10, {5, 1, false, 1}, {0, 1, false, 2}, {11, 1, false, 2},
		{12, 1, true, 0});
	/* what is older than the newest by more than findtime does not */
	PLAY(2, 10, {20, 1, false, 1}, {9, 1, false, 1}, {10, 1, true, 0});
	/* a time from nowhere is no fault */
	PLAY(2, 10, {0, 1, false, 1}, {-2000000000, 1, false, 1},
		{2000000000, 1, false, 1}, {2000000001, 1, true, 0});
}

static void test_forget_and_expire(void **state)
{
	struct window *w = window_new(3, 600, 1000, &seed);
	struct addr a = address("2001:db8::1"), b = address("192.0.2.2");
	uint32_t gone = 0;

	(void)state;
	window_add(w, &a, T0, 1);
	window_add(w, &b, T0, 2);
	assert_int_equal(window_size(w), 2);
	assert_true(window_forget(w, &a));
	assert_false(window_forget(w, &a));
	assert_int_equal(window_count(w, &a), 0);
	assert_int_equal(window_count(w, &b), 2);
	for (uint32_t i = 0; i < 500; i++) {
		struct addr c = nth(i);

		window_add(w, &c, T0 + i, 1);
	}
	/* a few at a time, and only what has had its time */
	assert_int_equal(window_expire(w, T0 + 600, 1000), 0);
	for (int i = 0; i < 300; i++)
		gone += window_expire(w, T0 + 600 + 250, 8);
	assert_int_equal(gone, 251);
	assert_int_equal(window_size(w), 250);
	for (uint32_t i = 0; i < 500; i++) {
		struct addr c = nth(i);

		assert_int_equal(window_count(w, &c), i >= 250);
	}
	assert_int_equal(window_expire(w, T0 + 100000, 100000), 250);
	assert_int_equal(window_size(w), 0);
	assert_int_equal(window_expire(w, T0 + 100000, 100000), 0);
	window_free(&w);
}

/* A flood of addresses stays within the cap, and does not push out the ones
 * that are busy. */
static void test_cap(void **state)
{
	struct window *w = window_new(5, 600, 1000, &seed);
	struct addr busy = address("198.51.100.7");
	bool banned = false;

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		struct addr c = nth(i);

		window_add(w, &c, T0 + i / 100, 1);
		if (i % 300 == 0)
			banned |= window_add(w, &busy, T0 + i / 100, 1);
		assert_true(window_size(w) <= 1000);
	}
	assert_true(banned);
	assert_int_equal(window_size(w), 1000);
	assert_in_range(window_evictions(w), 18900, 19100);
	window_free(&w);
}

static void test_memory(void **state)
{
	struct window *w = window_new(8, 600, 1u << 20, &seed);
	struct addr a;

	(void)state;
	/* Exactly as many as fill the room that doubling made. */
	for (uint32_t i = 0; i < 1u << 17; i++) {
		a = nth(i);
		window_add(w, &a, T0, 1);
	}
	assert_int_equal(window_size(w), 1u << 17);
	if (window_memory(w) / (1u << 17) > 64)
		fail_msg("%zu bytes an address", window_memory(w) >> 17);
	/* and it is given back */
	while (window_expire(w, T0 + 700, 1000))
		;
	assert_int_equal(window_size(w), 0);
	assert_true(window_memory(w) < 1u << 20);
	window_free(&w);
}

/* The same by the plainest means: keep everything, count on each question. */
struct model {
	struct {
		int64_t times[4096];
		uint32_t n;
	} of[8];
};

static bool model_add(struct model *m, uint32_t who, int64_t time,
	uint32_t count, uint32_t maxretry, int64_t findtime)
{
	int64_t newest = 0;
	uint32_t in = 0;

	while (count--)
		m->of[who].times[m->of[who].n++] = time;
	for (uint32_t i = 0; i < m->of[who].n; i++)
		if (m->of[who].times[i] > newest)
			newest = m->of[who].times[i];
	for (uint32_t i = 0; i < m->of[who].n; i++)
		in += m->of[who].times[i] >= newest - findtime;
	if (in < maxretry)
		return false;
	m->of[who].n = 0;
	return true;
}

static void compare_with_model(uint32_t maxretry, int64_t findtime,
	unsigned int random, struct model *m)
{
	struct window *w = window_new(maxretry, findtime, 64, &seed);
	int64_t now = T0;

	memset(m, 0, sizeof(*m));
	for (int i = 0; i < 2000; i++) {
		uint32_t who = (uint32_t)rand_r(&random) % 8;
		uint32_t count = rand_r(&random) % 10 ? 1 : 2;
		int64_t time;
		struct addr a = nth(who);
		bool want, got;

		now += rand_r(&random) % 3 ? 0 : rand_r(&random) % findtime;
		time = now -
		       (rand_r(&random) % 4 ? 0
					    : rand_r(&random) % (findtime + 5));
		want = model_add(m, who, time, count, maxretry, findtime);
		got = window_add(w, &a, time, count);
		if (want != got)
			fail_msg("maxretry %u findtime %d step %d: %d",
				maxretry, (int)findtime, i, got);
		if (rand_r(&random) % 200 == 0) {
			window_forget(w, &a);
			m->of[who].n = 0;
		}
	}
	window_free(&w);
}

static void test_against_model(void **state)
{
	struct model *m = malloc(sizeof(*m));

	(void)state;
	for (uint32_t maxretry = 1; maxretry <= WINDOW_EXACT; maxretry++)
		for (unsigned int random = 1; random <= 4; random++) {
			compare_with_model(maxretry, 10, random, m);
			compare_with_model(maxretry, 600, random + 100, m);
		}
	free(m);
}

/* Above WINDOW_EXACT: never later than the exact answer for findtime, never
 * sooner than that for findtime and an eighth. */
static void test_large_maxretry(void **state)
{
	const int64_t findtime = 800, longer = 900;
	struct model *m = malloc(2 * sizeof(*m));
	struct addr a = address("203.0.113.1");
	unsigned int random = 7;

	(void)state;
	for (uint32_t maxretry = WINDOW_EXACT + 1; maxretry < 120;
		maxretry += 17) {
		struct window *w = window_new(maxretry, findtime, 64, &seed);
		int64_t now = T0;

		memset(m, 0, 2 * sizeof(*m));
		for (int i = 0; i < 3000; i++) {
			bool exact, loose, got;

			now += rand_r(&random) % (1600 / (int)maxretry);
			m[1].of[0] = m[0].of[0];
			exact = model_add(&m[0], 0, now, 1, maxretry, findtime);
			loose = model_add(&m[1], 0, now, 1, maxretry, longer);
			got = window_add(w, &a, now, 1);
			if ((exact && !got) || (got && !loose))
				fail_msg("maxretry %u step %d: %d %d %d",
					maxretry, i, exact, got, loose);
			if (got)
				m[0].of[0].n = 0;
		}
		window_free(&w);
	}
	free(m);
}

static void copy(
	void *context, const struct addr *addr, int64_t time, uint32_t count)
{
	assert_false(window_add(context, addr, time, count));
}

static void test_each(void **state)
{
	(void)state;
	for (uint32_t maxretry = 6; maxretry < 40; maxretry += 30) {
		struct window *w = window_new(maxretry, 600, 2000, &seed);
		struct window *again = window_new(maxretry, 600, 2000, &seed);
		struct addr a;

		for (uint32_t i = 0; i < 3000; i++) {
			a = nth(i % 1000);
			window_add(w, &a, T0 + i % 7 * 50, 1);
		}
		window_each(w, copy, again);
		assert_int_equal(window_size(again), 1000);
		for (uint32_t i = 0; i < 1000; i++) {
			a = nth(i);
			assert_int_equal(window_count(again, &a), 3);
		}
		a = nth(5);
		while (!window_add(w, &a, T0 + 400, 1))
			assert_false(window_add(again, &a, T0 + 400, 1));
		assert_true(window_add(again, &a, T0 + 400, 1));
		window_free(&w);
		window_free(&again);
	}
}

/* Of as few as are looked at, the one that failed longest ago goes. */
static void test_the_oldest_goes(void **state)
{
	static const int times[] = {100, 90, 50, 95, 99};
	struct window *w = window_new(3, 600, 5, &seed);

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		struct addr a = nth(i);

		assert_false(window_add(w, &a, T0 + times[i], 1));
	}
	for (uint32_t i = 5; i < 7; i++) {
		struct addr a = nth(i), gone = nth(7 - i);

		assert_int_equal(window_count(w, &gone), 1);
		assert_false(window_add(w, &a, T0 + 200, 1));
		assert_int_equal(window_count(w, &gone), 0);
	}
	assert_int_equal(window_size(w), 5);
	assert_int_equal(window_evictions(w), 2);
	window_free(&w);
}

static void count_one(
	void *ctx, const struct addr *addr, int64_t time, uint32_t count)
{
	(void)addr;
	(void)time;
	*(uint32_t *)ctx += count;
}

/* What was forgotten is told no more, wherever it stood. */
static void test_each_of_those_that_are_left(void **state)
{
	struct window *w = window_new(3, 600, 5, &seed);
	uint32_t count = 0;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct addr a = nth(i);

		assert_false(window_add(w, &a, T0, 1));
	}
	for (uint32_t i = 3; i-- > 0;) {
		struct addr a = nth(i);

		assert_true(window_forget(w, &a));
		assert_false(window_forget(w, &a));
		count = 0;
		window_each(w, count_one, &count);
		assert_int_equal(count, i);
	}
	window_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sliding),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_forget_and_expire),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_large_maxretry),
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_the_oldest_goes),
		cmocka_unit_test(test_each_of_those_that_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
