/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NOW 1795154400

static void test_each_refusal_doubles_it(void **state)
{
	static const int waits[] = {
		300, 600, 1200, 2400, 4800, 9600, 19200, 21600, 21600, 21600};
	struct backoff b = {0};
	int64_t now = NOW;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_true(backoff_may(&b, now));
		backoff_note(&b, true, now);
		assert_int_equal(b.next, now + waits[i]);
		assert_false(backoff_may(&b, now));
		assert_false(backoff_may(&b, b.next - 1));
		now = b.next;
	}
	b.refused = UINT32_MAX - 1;
	backoff_note(&b, true, now);
	assert_int_equal(b.next, now + BACKOFF_MOST);
	backoff_note(&b, false, now);
	assert_true(backoff_may(&b, now));
	backoff_note(&b, true, now);
	assert_int_equal(b.next, now + BACKOFF_LEAST);
}

static void test_a_clock_that_is_put_back(void **state)
{
	struct backoff b = {0};

	(void)state;
	backoff_note(&b, true, NOW);
	assert_false(backoff_may(&b, NOW - 3600));
	assert_true(backoff_may(&b, NOW - 86400));
	assert_true(backoff_may(&b, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_refusal_doubles_it),
		cmocka_unit_test(test_a_clock_that_is_put_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
