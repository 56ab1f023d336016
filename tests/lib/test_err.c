/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of faults: what a person reads, and that it ends. */
#include "lib/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_texts(void **state)
{
	struct err err;

	(void)state;
	err_init(&err);
	err_fault(&err, "a.conf", 7, "%s: no such key", "x");
	err_warning(&err, "a.conf", 0, "is empty");
	err_fault(&err, NULL, 0, "nowhere");
	assert_int_equal(err.n, 3);
	assert_int_equal(err.faults, 2);
	assert_string_equal(err.items[0].text, "a.conf:7: x: no such key");
	assert_string_equal(err.items[1].text, "a.conf: is empty");
	assert_int_equal(err.items[1].kind, ERR_WARNING);
	assert_string_equal(err.items[2].text, "nowhere");
	err_deinit(&err);
	err_fault(NULL, "a.conf", 1, "told to nobody");
}

static void test_bound(void **state)
{
	struct err err;

	(void)state;
	err_init(&err);
	for (int i = 0; i < ERR_MOST + 200; i++)
		err_fault(&err, "a.conf", i, "again");
	assert_int_equal(err.n, ERR_MOST);
	assert_int_equal(err.faults, ERR_MOST + 200);
	err_deinit(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
