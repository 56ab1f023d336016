/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns, and those that would look through a whole disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/paths.h"
#include "tests/sources/scratch.h"

static int setup(void **state)
{
	char name[16];

	(void)state;
	scratch_make();
	scratch_append(scratch_path("one.log"), "");
	scratch_append(scratch_path("two.log"), "");
	/* 60 x 60 x 60 ways to the same. */
	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		assert_int_equal(symlink(".", scratch_path("%s", name)), 0);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

static size_t count(const char *pattern, bool *cut)
{
	glob_t found;
	size_t n;

	if (paths_find(pattern, 0, &found, cut) != 0)
		return 0;
	n = found.gl_pathc;
	globfree(&found);
	return n;
}

static void as_glob(void **state)
{
	bool cut = true;

	(void)state;
	assert_int_equal(count(scratch_path("*.log"), &cut), 2);
	assert_false(cut);
	assert_int_equal(count(scratch_path("one.log"), NULL), 1);
	assert_int_equal(count(scratch_path("d*/[ot]*.log"), &cut), 120);
	assert_false(cut);
	assert_int_equal(count(scratch_path("*.txt"), &cut), 0);
	assert_false(cut);
}

static void ends(void **state)
{
	bool cut = false;

	(void)state;
	assert_true(count(scratch_path("d*/d*/d*/d*/d*/*.log"), &cut) <
		    PATHS_LOOKED_MOST);
	assert_true(cut);
	/* The next has all of its own. */
	assert_int_equal(count(scratch_path("*.log"), &cut), 2);
	assert_false(cut);
}

static void tells_patterns(void **state)
{
	(void)state;
	assert_true(paths_is_pattern("/var/log/*.log"));
	assert_true(paths_is_pattern("/var/log/mail.lo[gh]"));
	assert_true(paths_is_pattern("/var/log/mail.?"));
	assert_false(paths_is_pattern("/var/log/mail.log"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_glob),
		cmocka_unit_test(ends),
		cmocka_unit_test(tells_patterns),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
