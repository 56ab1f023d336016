/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes that are kept on disk stay the same. */
#include "lib/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* That of a seed of zeroes, and of no other. */
static void without_a_secret(void **state)
{
	const struct hash_seed none = {0}, some = {1, 2};

	(void)state;
	assert_true(hash_plain("", 0) == UINT64_C(0xd1fba762150c532c));
	assert_true(hash_plain("journal", 7) == UINT64_C(0xbc9f7360108832e4));
	assert_int_equal(hash_plain("", 0), hash_bytes(&none, NULL, 0));
	assert_int_equal(
		hash_plain("journal", 7), hash_bytes(&none, "journal", 7));
	assert_int_not_equal(
		hash_plain("journal", 7), hash_bytes(&some, "journal", 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
