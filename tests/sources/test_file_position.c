/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a stop and a start find: a file that was rotated, cut, edited or
 * replaced while nobody looked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "tests/sources/follow.h"
#include "tests/sources/scratch.h"

static void test_position(void **state)
{
	const char *log = scratch_path("log");
	const char *where;
	struct file_source *src;

	(void)state;
	/* Not there at all, then. */
	src = follow_new(log, FILE_START_END, NULL);
	where = follow_stop(&src);
	scratch_append(log, "line one\nline two\nli");
	src = follow_new(log, FILE_START_END, where);
	follow_await("line one\nline two\n");
	where = follow_stop(&src);
	/* The half that was read is read again. */
	scratch_append(log, "ne three\n");
	src = follow_new(log, FILE_START_END, where);
	follow_await("line three\n");
	where = follow_stop(&src);
	src = follow_new(log, FILE_START_BEGIN, where);
	follow_await("");
	/* A damaged position is as good as none. */
	file_source_free(&src);
	src = follow_new(log, FILE_START_END, "f:1:2:zz");
	follow_await("");
	file_source_free(&src);
}

/* Where it was left when its first line was read. */
static const char *one_line_of(const char *log)
{
	struct file_source *src;

	scratch_append(log, "line one of the first\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("line one of the first\n");
	return follow_stop(&src);
}

static void test_rotated_while_down(void **state)
{
	const char *log = scratch_path("log"), *where;
	struct file_source *src;

	(void)state;
	where = one_line_of(log);
	scratch_append(log, "two\n");
	scratch_rename(log, scratch_path("log-20261121"));
	scratch_append(log, "three\n");
	src = follow_new(log, FILE_START_END, where);
	follow_await("two\nthree\n");
	where = follow_stop(&src);
	/* Three times, and no new file yet. */
	scratch_append(log, "four\n");
	scratch_rename(log, scratch_path("log.3"));
	scratch_append(scratch_path("log.2"), "five\n");
	scratch_append(scratch_path("log.1"), "six\n");
	scratch_append(scratch_path("log.1.gz"), "packed\n");
	scratch_append(scratch_path("log.save"), "no log\n");
	src = follow_new(log, FILE_START_END, where);
	follow_await("four\nfive\nsix\n");
	scratch_append(log, "seven\n");
	follow_await("seven\n");
	file_source_free(&src);
}

static void test_truncated_while_down(void **state)
{
	const char *log = scratch_path("log"), *where;
	struct file_source *src;

	(void)state;
	where = one_line_of(log);
	scratch_append(log, "two\nthr");
	scratch_copy(log, scratch_path("log.1"));
	scratch_truncate(log);
	scratch_append(log, "ee\nfour, and longer than it was before\n");
	src = follow_new(log, FILE_START_END, where);
	follow_await("two\nthree\nfour, and longer than it was before\n");
	where = follow_stop(&src);
	/* Replaced by something that has nothing to do with it. */
	unlink(log);
	unlink(scratch_path("log.1"));
	scratch_append(log, "another\n");
	src = follow_new(log, FILE_START_END, where);
	follow_await("another\n");
	file_source_free(&src);
}

/* Stopped while a rotated file was still written to. */
static void test_stopped_while_lingering(void **state)
{
	const char *log = scratch_path("log"), *where;
	struct file_source *src;
	int fd = scratch_open(log);

	(void)state;
	scratch_write(fd, "line one of the first\n", 22);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("line one of the first\n");
	scratch_rename(log, scratch_path("log.1"));
	scratch_append(log, "line one of the second\n");
	follow_await("line one of the second\n");
	where = follow_stop(&src);
	scratch_write(fd, "two\n", 4);
	scratch_append(log, "three\n");
	src = follow_new(log, FILE_START_BEGIN, where);
	follow_await("two\nthree\n");
	close(fd);
	file_source_free(&src);
}

/* An editor writes a copy and renames it over the log. */
static void test_edited(void **state)
{
	const char *log = scratch_path("log"), *copy = scratch_path("copy");
	struct file_source *src;

	(void)state;
	scratch_append(log, "line one of the first\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("line one of the first\n");
	scratch_copy(log, copy);
	scratch_append(copy, "two\n");
	scratch_rename(copy, log);
	follow_await("two\n");
	file_source_free(&src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(test_position),
		FOLLOW_TEST(test_rotated_while_down),
		FOLLOW_TEST(test_truncated_while_down),
		FOLLOW_TEST(test_stopped_while_lingering),
		FOLLOW_TEST(test_edited),
	};

	log_setup(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
