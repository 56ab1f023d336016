/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/names.h"

static void none_is_known_at_first(void **state)
{
	struct arena *arena = arena_new();
	struct names *names = names_new(arena);

	(void)state;
	assert_null(names_find(NULL, "a"));
	assert_null(names_find(names, "a"));
	assert_int_equal(*names_put(names, "a"), 0);
	assert_non_null(names_find(names, "a"));
	assert_null(names_find(names, ""));
	assert_null(names_find(names, "A"));
	assert_null(names_find(names, "ab"));
	arena_free(&arena);
}

static void a_name_keeps_its_number(void **state)
{
	struct arena *arena = arena_new();
	struct names *names = names_new(arena);
	char same[] = "dovecot";

	(void)state;
	*names_put(names, "dovecot") = 7;
	*names_put(names, "postfix") = 8;
	/* By its text, wherever that stands. */
	assert_int_equal(*names_put(names, same), 7);
	*names_find(names, same) += 1;
	assert_int_equal(*names_find(names, "dovecot"), 8);
	assert_int_equal(*names_find(names, "postfix"), 8);
	arena_free(&arena);
}

/* Thousands, through each time that it grows. */
static void many_are_told_apart(void **state)
{
	enum { MANY = 5000 };
	static char texts[MANY][16];
	struct arena *arena = arena_new();
	struct names *names = names_new(arena);

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "jail-%zu", i);
		assert_null(names_find(names, texts[i]));
		*names_put(names, texts[i]) = i;
		if (i % 97 == 0)
			for (size_t k = 0; k <= i; k++)
				assert_int_equal(
					*names_find(names, texts[k]), k);
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(*names_put(names, texts[i]), i);
	assert_null(names_find(names, "jail-5000"));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_known_at_first),
		cmocka_unit_test(a_name_keeps_its_number),
		cmocka_unit_test(many_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
