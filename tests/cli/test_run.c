/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/run.h"
#include "lib/clock.h"

static int run(const char *program, const char *word, size_t n, int seconds)
{
	char *argv[] = {
		(char *)(uintptr_t)program, (char *)(uintptr_t)word, NULL};
	char *bytes = calloc(n + 1, 1);
	int status;

	assert_non_null(bytes);
	status = run_with_input(argv, bytes, n, seconds);
	free(bytes);
	return status;
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(run("/bin/true", NULL, 0, 60), 0);
	assert_int_equal(run("/bin/false", NULL, 10, 60), 1);
	assert_int_equal(run("/nosuch", NULL, 10, 60), 127);
	/* More than a pipe holds, read to its end or not at all. */
	assert_int_equal(run("/usr/bin/tail", "-n0", 1 << 20, 60), 0);
	assert_int_equal(run("/bin/true", NULL, 1 << 20, 60), 0);
}

/* Who reads nothing, and who reads all, and does not end. */
static void test_a_limit(void **state)
{
	int64_t began = clock_mono();

	(void)state;
	assert_int_equal(run("/bin/sleep", "1000", 1 << 20, 1), -1);
	assert_int_equal(run("/bin/sleep", "1000", 0, 1), -1);
	assert_true(clock_mono() - began < 60 * CLOCK_SECOND);
}

static void test_nobody_is_left(void **state)
{
	char *argv[] = {(char *)"/bin/sh", (char *)"-c",
		(char *)"sleep 1000 & sleep 1000", NULL};
	struct pollfd held = {.events = POLLIN};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	held.fd = ends[0];
	assert_int_equal(run_with_input(argv, "", 0, 1), -1);
	close(ends[1]);
	/* It ends when nobody has it any more. */
	assert_int_equal(poll(&held, 1, 60000), 1);
	assert_true(held.revents & POLLHUP);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_a_limit),
		cmocka_unit_test(test_nobody_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
