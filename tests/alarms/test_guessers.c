/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms/guessers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795392000)
#define DAY 86400

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, strlen(text), &a));
	return a;
}

/* So many accounts, their first letter, fail. */
static void fail_of(struct guessers *g, const char *from, char letter, int n)
{
	struct addr a = address(from);
	char name[16];

	for (int i = 0; i < n; i++) {
		int len = snprintf(name, sizeof(name), "%c%d", letter, i);

		guessers_failed(g, &a, name, (size_t)len, NOW);
	}
}

static uint32_t come(
	struct guessers *g, const char *from, const char *name, int64_t now)
{
	struct addr a = address(from);

	return guessers_came(g, &a, name, strlen(name), now);
}

static void test_a_guesser(void **state)
{
	struct guessers *g = guessers_new();

	(void)state;
	fail_of(g, "192.0.2.1", 'a', 10);
	fail_of(g, "192.0.2.1", 'a', 10);
	assert_int_equal(come(g, "192.0.2.2", "a1", NOW), 0);
	/* The account that he came into is none that he failed on. */
	assert_int_equal(come(g, "192.0.2.1", "a1", NOW), 9);
	assert_int_equal(come(g, "192.0.2.1", "x", NOW), 9);
	assert_int_equal(come(g, "192.0.2.1", "x", NOW + DAY), 9);
	assert_int_equal(come(g, "192.0.2.1", "x", NOW + DAY + 1), 0);
	fail_of(g, "2001:db8::1", 'a', 100);
	assert_int_equal(
		come(g, "2001:db8::ffff:2", "x", NOW), GUESSERS_ACCOUNTS);
	guessers_free(&g);
	assert_null(g);
}

/* An office behind one address, where now and then somebody mistypes. */
static void test_an_office(void **state)
{
	struct guessers *g = guessers_new();
	char name[32];

	(void)state;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "user%d", i % 50);
		if (i % 3 == 0)
			guessers_failed(g, &(struct addr){{192}}, name,
				strlen(name), NOW);
		assert_true(guessers_came(g, &(struct addr){{192}}, name,
				    strlen(name), NOW) < 5);
	}
	/* A password that many have saved was changed for all. */
	for (int i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "phone%d", i);
		guessers_failed(
			g, &(struct addr){{192}}, name, strlen(name), NOW);
	}
	assert_int_equal(
		guessers_came(g, &(struct addr){{192}}, "user1", 5, NOW), 0);
	guessers_free(&g);
}

/* Very many addresses: who tried most stays. */
static void test_it_does_not_grow(void **state)
{
	struct guessers *g = guessers_new();
	char text[ADDR_TEXT];

	(void)state;
	fail_of(g, "192.0.2.1", 'a', 10);
	for (int i = 0; i < 10 * GUESSERS; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16,
			i >> 8 & 255, i & 255);
		fail_of(g, text, 'b', 2);
	}
	assert_int_equal(come(g, "192.0.2.1", "z", NOW), 10);
	guessers_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_guesser),
		cmocka_unit_test(test_an_office),
		cmocka_unit_test(test_it_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
