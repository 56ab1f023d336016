/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fault of the server's own excuses one failure, a little later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filters/excuses.h"

#define START INT64_C(1795255200000000)
#define SECOND INT64_C(1000000)

static struct prefix address(const char *text)
{
	struct prefix who;

	assert_true(prefix_parse(text, strlen(text), &who));
	return who;
}

static void one_each(void **state)
{
	struct excuses *e = excuses_new();
	struct prefix a = address("192.0.2.1"), b = address("2001:db8::1");

	(void)state;
	assert_false(excuses_take(e, &a, START));
	excuses_add(e, &a, START);
	excuses_add(e, &b, START);
	assert_true(excuses_take(e, &a, START + 2 * SECOND));
	assert_false(excuses_take(e, &a, START + 2 * SECOND));
	assert_true(excuses_take(e, &b, START + 2 * SECOND));
	assert_false(excuses_take(e, &b, START + 2 * SECOND));
	excuses_free(&e);
	assert_null(e);
}

static void of_anybody(void **state)
{
	struct excuses *e = excuses_new();
	struct prefix a = address("192.0.2.1"), b = address("192.0.2.2");

	(void)state;
	excuses_add(e, NULL, START);
	excuses_add(e, &a, START);
	/* Its own comes first, so that the other has what is left. */
	assert_true(excuses_take(e, &a, START));
	assert_true(excuses_take(e, &b, START));
	assert_false(excuses_take(e, &a, START));
	excuses_free(&e);
}

static void not_for_long(void **state)
{
	struct excuses *e = excuses_new();
	struct prefix a = address("192.0.2.1");

	(void)state;
	excuses_add(e, &a, START);
	assert_false(excuses_take(e, &a, START + EXCUSES_TIME + 1));
	assert_false(excuses_take(e, &a, START - 2 * SECOND));
	assert_true(excuses_take(e, &a, START + EXCUSES_TIME));
	excuses_free(&e);
}

static void it_does_not_grow(void **state)
{
	struct excuses *e = excuses_new();
	struct prefix a = address("192.0.2.1"), b = address("192.0.2.2");

	(void)state;
	excuses_add(e, &a, START);
	for (int i = 0; i < EXCUSES_MOST; i++)
		excuses_add(e, &b, START);
	assert_false(excuses_take(e, &a, START));
	for (int i = 0; i < EXCUSES_MOST; i++)
		assert_true(excuses_take(e, &b, START));
	assert_false(excuses_take(e, &b, START));
	excuses_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_each),
		cmocka_unit_test(of_anybody),
		cmocka_unit_test(not_for_long),
		cmocka_unit_test(it_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
