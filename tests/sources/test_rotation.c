/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files beside a log were that log, and in which order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/rotation.h"

/* Where files have no time of birth, what was written last tells. */
static void what_was_begun_later(void **state)
{
	static const struct {
		struct sibling a, b;
		bool follows;
	} rows[] = {
		{{.born = 10, .modified = 20}, {.born = 15, .modified = 17},
			true},
		{{.born = 10, .modified = 20}, {.born = 10, .modified = 10},
			true},
		{{.born = 10, .modified = 20}, {.born = 9, .modified = 30},
			false},
		/* A copy that keeps the times of a file of before. */
		{{.born = 10, .modified = 20}, {.born = 30, .modified = 9},
			false},
		{{.modified = 20}, {.born = 30, .modified = 19}, false},
		{{.born = 40, .modified = 20}, {.modified = 21}, true},
		{{.born = 10, .modified = 20}, {.modified = 19}, false},
		{{.modified = 20}, {.modified = 20}, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(sibling_follows(&rows[i].a, &rows[i].b),
			rows[i].follows);
}

static char dir[] = "/tmp/mailban-rotation-XXXXXX";

static void make_file(const char *name, int64_t modified)
{
	struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

/* By their times, and where these are one, the higher number first. */
static void the_oldest_first(void **state)
{
	static const struct {
		const char *name;
		int64_t modified;
		bool rotated;
		long number;
	} rows[] = {
		{"mail.log.3", 1000, true, 3},
		{"mail.log.2", 2000, true, 2},
		{"mail.log.10", 3000, true, 10},
		{"mail.log.9", 3000, true, 9},
		{"mail.log.1", 3000, true, 1},
		{"mail.log.old", 4000, false, 0},
		{"mail-20261121.log", 5000, true, 0},
		{"mail.log-20261122", 6000, true, 0},
	};
	static const char *const others[] = {"mail.log", "mail.log.4.gz",
		"other.log.1", "mail.err", "mail.log.5", "mail.log.6"};
	const size_t n = sizeof(rows) / sizeof(*rows);
	struct siblings list;
	char path[100];

	(void)state;
	assert_non_null(mkdtemp(dir));
	/* Written in another order, with some that are none. */
	for (size_t i = 0; i < n; i++)
		make_file(rows[(i * 5 + 3) % n].name,
			rows[(i * 5 + 3) % n].modified);
	for (size_t i = 0; i < 4; i++)
		make_file(others[i], 500);
	snprintf(path, sizeof(path), "%s/mail.log.5", dir);
	assert_int_equal(symlink("mail.log", path), 0);
	snprintf(path, sizeof(path), "%s/mail.log.6", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/mail.log", dir);
	list = siblings_list(path);
	assert_int_equal(list.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct sibling *s = &list.at[i];

		assert_string_equal(s->path + strlen(dir) + 1, rows[i].name);
		assert_int_equal(s->rotated, rows[i].rotated);
		assert_int_equal(s->number, rows[i].number);
		assert_int_equal(file_name_is_rotated("mail.log", rows[i].name),
			rows[i].rotated);
		unlink(s->path);
	}
	siblings_free(&list);
	assert_null(list.at);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, others[i]);
		assert_int_equal(remove(path), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_begun_later),
		cmocka_unit_test(the_oldest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
