/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue's directories as Postfix lays them out, with what must not be
 * counted among them.
 */
#include "alarms/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

static char top[] = "/tmp/test_queue.XXXXXX";
static char folder[sizeof(top)];

static int setup(void **state)
{
	(void)state;
	strcpy(folder, top);
	return mkdtemp(folder) ? chdir(folder) : -1;
}

static int teardown(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", folder, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return chdir("/");
}

static void put(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void make(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void test_hashed(void **state)
{
	struct queue q;

	(void)state;
	make("deferred");
	make("deferred/A");
	make("deferred/A/B");
	make("deferred/lost");
	put("deferred/1A2B3C", "four", 0700);
	put("deferred/A/AB2B3C", "seven..", 0700);
	put("deferred/A/B/ABC", "", 0700);
	put("deferred/1234.99", "on its way", 0600);
	put("deferred/.hidden", "", 0700);
	put("deferred/lost/found", "", 0700);
	assert_int_equal(symlink("/etc/passwd", "deferred/LINK"), 0);
	assert_int_equal(symlink("/etc", "deferred/B"), 0);
	assert_int_equal(queue_count(folder, QUEUE_DEFERRED, NULL, &q), 0);
	assert_int_equal(q.files, 3);
	assert_int_equal(q.ready, 3);
	assert_int_equal(q.looked, 3);
	assert_int_equal(q.bytes, 11);
	assert_false(q.cut);
}

/* src/global/mail_queue.h: 0600 while it is written, 0700 then. */
static void test_ready(void **state)
{
	struct queue q;

	(void)state;
	make("incoming");
	put("incoming/1A", "", 0600);
	put("incoming/1B", "", 0700);
	put("incoming/1C", "", 0700);
	assert_int_equal(queue_count(folder, QUEUE_INCOMING, NULL, &q), 0);
	assert_int_equal(q.files, 3);
	assert_int_equal(q.ready, 2);
}

static int64_t born(const char *path)
{
	struct statx st;

	assert_int_equal(statx(AT_FDCWD, path, 0, STATX_BTIME, &st), 0);
	return st.stx_mask & STATX_BTIME ? st.stx_btime.tv_sec : 0;
}

/* A deferred file's mtime is its next try. */
static void test_age_is_no_mtime(void **state)
{
	const struct timespec when[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct queue q;

	(void)state;
	make("deferred");
	put("deferred/AAAA", "", 0700);
	assert_int_equal(utimensat(AT_FDCWD, "deferred/AAAA", when, 0), 0);
	assert_int_equal(queue_count(folder, QUEUE_DEFERRED, NULL, &q), 0);
	assert_true(q.oldest != 1000);
	assert_int_equal(q.oldest, born("deferred/AAAA"));
}

/* Six digits to the base 52 (src/global/safe_ultostr.c), then four. */
static void test_age_by_long_id(void **state)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} rows[] = {
		{"4000000000z1", INT64_C(4) * 52 * 52 * 52 * 52 * 52},
		{"3zzzzz0000zF", INT64_C(4) * 52 * 52 * 52 * 52 * 52 - 1},
		{"4000010000zBcdf", INT64_C(4) * 52 * 52 * 52 * 52 * 52 + 1},
	};
	struct queue q;

	(void)state;
	make("hold");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[64];

		snprintf(path, sizeof(path), "hold/%s", rows[i].name);
		put(path, "", 0700);
		assert_int_equal(queue_count(folder, QUEUE_HOLD, NULL, &q), 0);
		assert_int_equal(q.oldest, rows[i].seconds);
		unlink(path);
	}
	/* No time is read out of what only looks like one. */
	put("hold/4000AE0000zF", "", 0700);
	assert_int_equal(queue_count(folder, QUEUE_HOLD, NULL, &q), 0);
	assert_int_equal(q.oldest, born("hold/4000AE0000zF"));
}

static void test_missing(void **state)
{
	struct queue q = {.files = 7};

	(void)state;
	assert_int_equal(queue_count(folder, QUEUE_ACTIVE, NULL, &q), -ENOENT);
	assert_int_equal(q.files, 0);
	assert_int_equal(queue_count("/nowhere/at/all", QUEUE_ACTIVE, NULL, &q),
		-ENOENT);
	put("active", "no directory", 0600);
	assert_int_equal(queue_count(folder, QUEUE_ACTIVE, NULL, &q), -ENOTDIR);
	/* A queue that is a link is none of Postfix'. */
	assert_int_equal(symlink("/etc", "corrupt"), 0);
	assert_true(queue_count(folder, QUEUE_CORRUPT, NULL, &q) < 0);
}

#define MANY 100000

/* Each call looks at others, until all were looked at. */
static void test_round(void)
{
	struct queue_round round = {0};
	int64_t first = born("deferred/0/000000000");
	struct queue q;

	for (uint32_t i = 1; i <= MANY / QUEUE_LOOKS; i++) {
		assert_int_equal(
			queue_count(folder, QUEUE_DEFERRED, &round, &q), 0);
		assert_int_equal(q.files, MANY);
		assert_int_equal(q.looked, QUEUE_LOOKS);
		assert_int_equal(round.start,
			i < MANY / QUEUE_LOOKS ? i * QUEUE_LOOKS : 0);
	}
	/* It was made first. */
	assert_int_equal(q.oldest, first);
	assert_int_equal(round.before, first);
	assert_int_equal(queue_count(folder, QUEUE_DEFERRED, &round, &q), 0);
	assert_int_equal(q.oldest, first);
	/* A long queue id tells its age, looked at or not. */
	put("deferred/3zzzzz0000z1F", "", 0700);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			queue_count(folder, QUEUE_DEFERRED, &round, &q), 0);
		assert_int_equal(
			q.oldest, INT64_C(4) * 52 * 52 * 52 * 52 * 52 - 1);
	}
}

static int64_t cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * CLOCK_SECOND +
	       r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

/* In the time of this process alone: others may have the machine. */
static void test_a_hundred_thousand(void **state)
{
	static const char hex[] = "0123456789ABCDEF";
	int64_t before, took = INT64_MAX;
	struct queue q;
	char path[64];

	(void)state;
	make("deferred");
	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "deferred/%c", hex[i]);
		make(path);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "deferred/%c/%c%08X", hex[i % 16],
			hex[i % 16], i);
		assert_int_equal(mknod(path, S_IFREG | 0700, 0), 0);
	}
	for (int i = 0; i < 3; i++) {
		before = cpu();
		assert_int_equal(
			queue_count(folder, QUEUE_DEFERRED, NULL, &q), 0);
		before = cpu() - before;
		took = before < took ? before : took;
		assert_int_equal(q.files, MANY);
		assert_int_equal(q.looked, QUEUE_LOOKS);
	}
	print_message("%d messages in %d ms\n", MANY, (int)(took / 1000));
	test_round();
	assert_true(took < CLOCK_SECOND / 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hashed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ready, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_age_is_no_mtime, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_age_by_long_id, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_hundred_thousand, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
