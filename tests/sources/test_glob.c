/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a pattern finds now and later, and what it must leave out. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sources/glob.h"
#include "sources/watch.h"
#include "tests/sources/scratch.h"

static struct file_watch *w;
static char told[4096];

static void tell(void *ctx, const char *path)
{
	(void)ctx;
	strcat(strcat(told, strrchr(path, '/') + 1), " ");
}

static int setup(void **state)
{
	(void)state;
	scratch_make();
	w = file_watch_new();
	return w ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	file_watch_free(&w);
	scratch_remove();
	return 0;
}

/* Scans when the kernel says that something happened. */
static void await(struct file_glob *g, const char *want)
{
	struct pollfd p = {.fd = file_watch_fd(w), .events = POLLIN};

	told[0] = '\0';
	for (;;) {
		assert_int_equal(file_watch_process(w), 0);
		if (file_glob_changed(g))
			file_glob_scan(g, tell, NULL);
		if (strlen(told) >= strlen(want) || poll(&p, 1, 60000) != 1)
			break;
	}
	assert_string_equal(told, want);
}

static void await_nothing(struct file_glob *g)
{
	assert_int_equal(file_watch_process(w), 0);
	told[0] = '\0';
	if (file_glob_changed(g))
		file_glob_scan(g, tell, NULL);
	assert_string_equal(told, "");
}

static void test_come_and_go(void **state)
{
	struct file_glob *g;

	(void)state;
	scratch_append(scratch_path("mail.log"), "x\n");
	scratch_append(scratch_path("mail.err"), "x\n");
	scratch_append(scratch_path("mail.log.1"), "x\n");
	scratch_append(scratch_path("mail.log.2.gz"), "x\n");
	scratch_append(scratch_path("mail.log-20261121"), "x\n");
	scratch_append(scratch_path("other"), "x\n");
	assert_int_equal(file_glob_new(w, scratch_path("mail*"), &g), 0);
	await(g, "mail.err mail.log ");
	await_nothing(g);
	/* A rotation tells nothing, a new file does. */
	scratch_rename(scratch_path("mail.log"), scratch_path("mail.log.3"));
	scratch_append(scratch_path("mail.log"), "x\n");
	scratch_append(scratch_path("mail.new"), "x\n");
	await(g, "mail.new ");
	file_glob_free(&g);
}

static void test_directories(void **state)
{
	struct file_glob *g;

	(void)state;
	assert_int_equal(file_glob_new(w, scratch_path("*/x*.log"), &g), 0);
	await_nothing(g);
	mkdir(scratch_path("a"), 0755);
	scratch_append(scratch_path("a/x1.log"), "x\n");
	await(g, "x1.log ");
	scratch_append(scratch_path("a/x2.log"), "x\n");
	await(g, "x2.log ");
	/* Made whole elsewhere and moved here. */
	mkdir(scratch_path("a/b"), 0755);
	scratch_append(scratch_path("a/b/x3.log"), "x\n");
	scratch_rename(scratch_path("a/b"), scratch_path("c"));
	await(g, "x3.log ");
	file_glob_free(&g);
}

static void test_plain_path(void **state)
{
	struct file_glob *g;

	(void)state;
	assert_int_equal(file_glob_new(w, scratch_path("not-there"), &g), 0);
	await(g, "not-there ");
	await_nothing(g);
	file_watch_tick(w);
	assert_false(file_glob_changed(g));
	file_glob_free(&g);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_come_and_go),
		TEST(test_directories),
		TEST(test_plain_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
