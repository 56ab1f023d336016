/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/banfile_parts.h"

/* A list of one ban that is a fault, and what is kept of it. */
static void check_refused(const char *line)
{
	struct banfile list = {.now = 1795000000};
	char text[128];
	struct err err;

	err_init(&err);
	strcpy(text, line);
	banfile_parse(&list, text, strlen(text), 0, "list", &err);
	assert_int_equal(err.faults, 1);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.rows[0].start, 0);
	assert_int_equal(list.rows[0].end, 0);
	banfile_deinit(&list);
	err_deinit(&err);
}

static void a_moment_that_is_none_leaves_no_trace(void **state)
{
	(void)state;
	check_refused("start,address\n1969-12-31T23:59:59Z,192.0.2.1\n");
	check_refused("start,address\n1970-01-01T00:00:00Z,192.0.2.1\n");
	check_refused("start,address\n2026-02-30T10:00:00Z,192.0.2.1\n");
	check_refused("end,address\n1969-12-31T23:59:59Z,192.0.2.1\n");
	check_refused("end,address\n2026-02-30T10:00:00Z,192.0.2.1\n");
	check_refused("[{\"address\": \"192.0.2.1\", "
		      "\"start\": \"1900-01-01T00:00:00Z\"}]");
}

static void a_moment_is_kept(void **state)
{
	struct banfile list = {.now = 1795000000};
	char text[] = "192.0.2.1 2026-11-22T11:00:00+01:00 - "
		      "1970-01-01T00:00:01Z\n";
	struct err err;

	(void)state;
	err_init(&err);
	banfile_parse(&list, text, strlen(text), 0, "list", &err);
	assert_int_equal(err.faults, 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.rows[0].start, 1);
	assert_int_equal(list.rows[0].end, 1795341600);
	banfile_deinit(&list);
	err_deinit(&err);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_that_is_none_leaves_no_trace),
		cmocka_unit_test(a_moment_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
