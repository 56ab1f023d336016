/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Following a file through what logrotate and writers do to it. Where a test
 * waits, it waits on the inotify descriptor: a source that only sees by its
 * tick fails here.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "lib/log.h"
#include "sources/file.h"
#include "tests/sources/follow.h"
#include "tests/sources/scratch.h"

static void test_follow(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\ntwo\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("one\ntwo\n");
	scratch_append(log, "three\r\n\nfive\n");
	follow_await("three\n\nfive\n");
	assert_int_equal(file_source_stats(src)->lines, 5);
	assert_int_equal(file_source_stats(src)->bytes, 21);
	assert_int_equal(file_source_state(src), FILE_FOLLOWED);
	scratch_append(log, "six\n");
	assert_int_equal(file_source_lag(src), 4);
	follow_await("six\n");
	assert_int_equal(file_source_lag(src), 0);
	file_source_free(&src);
}

static void test_start_at_end(void **state)
{
	const char *log = scratch_path("log"), *half = scratch_path("half");
	struct file_source *a, *b;

	(void)state;
	scratch_append(log, "one\ntwo\n");
	scratch_append(half, "one\ntwo");
	a = follow_new(log, FILE_START_END, NULL);
	b = follow_new(half, FILE_START_END, NULL);
	follow_read(FOLLOW_ALL);
	assert_string_equal(follow_came, "");
	scratch_append(log, "three\n");
	follow_await("three\n");
	/* What ends a line whose beginning was not read is no line. */
	scratch_append(half, " forged\nthree\n");
	follow_await("three\n");
	file_source_free(&a);
	file_source_free(&b);
}

static void test_halves(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "on");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	assert_string_equal(follow_came, "");
	scratch_append(log, "e and");
	follow_read(FOLLOW_ALL);
	assert_string_equal(follow_came, "");
	scratch_append(log, " more\ntwo\nth");
	follow_await("one and more\ntwo\n");
	scratch_append(log, "ree\n");
	follow_await("three\n");
	file_source_free(&src);
}

static void test_any_bytes(void **state)
{
	static const char bytes[] = "a\0b\n\xff\xfe\x80\n\0\0\n\x1b[2J\n";
	const char *log = scratch_path("log");
	struct file_source *src;
	int fd = scratch_open(log);

	(void)state;
	scratch_write(fd, bytes, sizeof(bytes) - 1);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	assert_int_equal(follow_len, sizeof(bytes) - 1);
	assert_memory_equal(follow_came, bytes, sizeof(bytes) - 1);
	close(fd);
	file_source_free(&src);
}

/* 10 MB in one line, in pieces, then lines around the cap. */
static void test_long_lines(void **state)
{
	const char *log = scratch_path("log");
	char *piece = malloc(FOLLOW_ALL);
	struct file_source *src;
	int fd = scratch_open(log);

	(void)state;
	memset(piece, 'x', FOLLOW_ALL);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	scratch_write(fd, "before\n", 7);
	for (int i = 0; i < 10; i++) {
		scratch_write(fd, piece, FOLLOW_ALL);
		follow_read(i % 2 ? FOLLOW_ALL : 1000);
	}
	assert_int_equal(follow_lines, 1);
	scratch_write(fd, "\nafter\n", 7);
	follow_read(FOLLOW_ALL);
	assert_int_equal(follow_lines, 3);
	assert_int_equal(follow_cut, 1);
	assert_int_equal(follow_len, 7 + SOURCE_LINE_MOST + 1 + 6);
	assert_memory_equal(follow_came + follow_len - 7, "\nafter\n", 7);
	follow_clear();
	for (size_t n = SOURCE_LINE_MOST - 1; n <= SOURCE_LINE_MOST + 1; n++) {
		scratch_write(fd, piece, n);
		scratch_write(fd, "\n", 1);
	}
	follow_read(FOLLOW_ALL);
	assert_int_equal(follow_lines, 3);
	assert_int_equal(follow_cut, 1);
	assert_int_equal(follow_len, 3 * SOURCE_LINE_MOST + 2);
	assert_int_equal(file_source_stats(src)->cut, 2);
	file_source_free(&src);
	close(fd);
	free(piece);
}

static void test_rename_and_create(void **state)
{
	const char *log = scratch_path("log"), *old = scratch_path("log.1");
	struct file_source *src;
	int fd;

	(void)state;
	fd = scratch_open(log);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	scratch_write(fd, "one\n", 4);
	follow_await("one\n");
	scratch_write(fd, "two\n", 4);
	scratch_rename(log, old);
	scratch_write(fd, "three\n", 6);
	follow_await("two\nthree\n");
	/* The new file comes while the writer still holds the old one. */
	close(scratch_open(log));
	scratch_write(fd, "four\n", 5);
	follow_await("four\n");
	scratch_append(log, "six\n");
	scratch_write(fd, "five\n", 5);
	follow_await("five\nsix\n");
	scratch_write(fd, "seven\n", 6);
	follow_await("seven\n");
	assert_int_equal(file_source_stats(src)->rotations, 1);
	file_source_free(&src);
	close(fd);
}

static unsigned open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* A rotated file is let go after a minute of silence, not before. */
static void test_linger(void **state)
{
	const char *log = scratch_path("log"), *old = scratch_path("log.1");
	struct file_source *src;
	unsigned files;
	int fd;

	(void)state;
	fd = scratch_open(log);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	files = open_files();
	scratch_write(fd, "one\nhal", 7);
	follow_await("one\n");
	scratch_rename(log, old);
	scratch_append(log, "two\n");
	follow_await("two\n");
	assert_int_equal(open_files(), files + 1);
	clock_hold(clock_wall(), clock_mono() + 59 * CLOCK_SECOND);
	file_watch_tick(follow_watch);
	follow_read(FOLLOW_ALL);
	assert_int_equal(open_files(), files + 1);
	clock_hold(clock_wall(), clock_mono() + 2 * CLOCK_SECOND);
	file_watch_tick(follow_watch);
	follow_await("hal\n");
	assert_int_equal(open_files(), files);
	close(fd);
	file_source_free(&src);
	assert_int_equal(open_files(), files - 2);
}

static void test_moved_back(void **state)
{
	const char *log = scratch_path("log"), *old = scratch_path("log.1");
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("one\n");
	scratch_rename(log, old);
	scratch_append(log, "two\n");
	follow_await("two\n");
	scratch_rename(old, log);
	scratch_append(log, "three\n");
	follow_await("three\n");
	file_watch_tick(follow_watch);
	follow_await("");
	file_source_free(&src);
}

static void test_copytruncate(void **state)
{
	const char *log = scratch_path("log"), *old = scratch_path("log.1");
	struct file_source *src;

	(void)state;
	scratch_append(log, "the first line of all\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("the first line of all\n");
	/* What was not read yet is in the copy. */
	scratch_append(log, "two\nth");
	scratch_copy(log, old);
	scratch_truncate(log);
	scratch_append(log, "ree\nfour\n");
	follow_await("two\nthree\nfour\n");
	assert_int_equal(file_source_stats(src)->truncations, 1);
	/* Truncated and grown beyond where it was, and no copy. */
	scratch_append(log, "five\n");
	follow_await("five\n");
	scratch_truncate(log);
	scratch_append(log, "six, which is longer than all before\n");
	scratch_append(log, "seven, which is longer than all before\n");
	follow_await("six, which is longer than all before\n"
		     "seven, which is longer than all before\n");
	/* To the very length that it had. */
	scratch_truncate(log);
	scratch_append(log, "SIX, which is longer than all before\n");
	scratch_append(log, "SEVEN, which is longer than all before\n");
	follow_await("SIX, which is longer than all before\n"
		     "SEVEN, which is longer than all before\n");
	assert_int_equal(file_source_stats(src)->truncations, 3);
	file_source_free(&src);
}

/* The half of a line before, the other half behind a truncation. */
static void test_truncated_in_line(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\nuser=<");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("one\n");
	scratch_truncate(log);
	scratch_append(log, "Nov 21 forged>\ntwo\n");
	follow_await("user=<Nov 21 forged>\ntwo\n");
	file_source_free(&src);
}

/* A writer that does not append goes on behind a hole. */
static void test_hole(void **state)
{
	const char *log = scratch_path("log");
	int fd = open(log, O_WRONLY | O_CREAT, 0644);
	char *big = malloc(100000);
	struct file_source *src;

	(void)state;
	memset(big, 'x', 100000);
	memcpy(big + 99990, "\n", 1);
	memcpy(big + 99999, "\n", 1);
	scratch_write(fd, big, 100000);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	assert_int_equal(follow_lines, 2);
	follow_clear();
	scratch_truncate(log);
	scratch_write(fd, "Nov 21\ntwo\n", 11);
	follow_await("Nov 21\ntwo\n");
	scratch_write(fd, "\0three\n", 7);
	follow_read(FOLLOW_ALL);
	assert_memory_equal(follow_came, "\0three\n", 7);
	close(fd);
	free(big);
	file_source_free(&src);
}

static void test_not_there_yet(void **state)
{
	const char *log = scratch_path("a/b/log");
	struct file_source *src;

	(void)state;
	src = follow_new(log, FILE_START_END, NULL);
	follow_read(FOLLOW_ALL);
	assert_int_equal(file_source_state(src), FILE_MISSING);
	mkdir(scratch_path("a"), 0755);
	follow_read(FOLLOW_ALL);
	mkdir(scratch_path("a/b"), 0755);
	follow_read(FOLLOW_ALL);
	scratch_append(log, "one\n");
	follow_await("one\n");
	assert_int_equal(file_source_state(src), FILE_FOLLOWED);
	/* The directory goes and comes again, with all in it. */
	scratch_rename(scratch_path("a/b"), scratch_path("a/c"));
	follow_read(FOLLOW_ALL);
	assert_int_equal(file_source_state(src), FILE_MISSING);
	mkdir(scratch_path("new"), 0755);
	scratch_append(scratch_path("new/log"), "two\n");
	scratch_rename(scratch_path("new"), scratch_path("a/b"));
	follow_await("two\n");
	unlink(log);
	rmdir(scratch_path("a/b"));
	follow_read(FOLLOW_ALL);
	mkdir(scratch_path("a/b"), 0755);
	follow_read(FOLLOW_ALL);
	scratch_append(log, "three\n");
	follow_await("three\n");
	file_source_free(&src);
}

/* A parent was moved away and made anew: no watch tells, the tick sees. */
static void test_parent_replaced(void **state)
{
	const char *log = scratch_path("a/b/log");
	struct file_source *src;

	(void)state;
	mkdir(scratch_path("a"), 0755);
	mkdir(scratch_path("a/b"), 0755);
	scratch_append(log, "one\n");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_await("one\n");
	scratch_rename(scratch_path("a"), scratch_path("old"));
	mkdir(scratch_path("a"), 0755);
	mkdir(scratch_path("a/b"), 0755);
	scratch_append(log, "two\n");
	scratch_append(scratch_path("old/b/log"), "still\n");
	file_watch_tick(follow_watch);
	follow_await("still\ntwo\n");
	scratch_append(log, "three\n");
	follow_await("three\n");
	file_source_free(&src);
}

static void test_symlink(void **state)
{
	const char *link = scratch_path("link");
	const char *log = scratch_path("real/log");
	struct file_source *src;

	(void)state;
	mkdir(scratch_path("real"), 0755);
	scratch_append(log, "one\n");
	assert_int_equal(symlink("real/log", link), 0);
	src = follow_new(link, FILE_START_BEGIN, NULL);
	follow_await("one\n");
	/* Rotated where it really is. */
	scratch_rename(log, scratch_path("real/log.1"));
	follow_read(FOLLOW_ALL);
	scratch_append(log, "two\n");
	follow_await("two\n");
	/* The link shows to another file. */
	scratch_append(scratch_path("other"), "three\n");
	assert_int_equal(symlink("other", scratch_path("link.new")), 0);
	scratch_rename(scratch_path("link.new"), link);
	follow_await("three\n");
	file_source_free(&src);
}

static void test_denied(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\n");
	chmod(log, 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	assert_int_equal(file_source_state(src), FILE_DENIED);
	assert_int_equal(seteuid(getuid()), 0);
	chmod(log, 0644);
	follow_await("one\n");
	assert_int_equal(file_source_state(src), FILE_FOLLOWED);
	file_source_free(&src);
}

/* What the log says of a file that turns readable after so many ticks. */
static const char *said_of_denied(int ticks)
{
	static char said[1024];
	const char *log = scratch_path("denied"), *err = scratch_path("said");
	int saved = dup(STDERR_FILENO);
	int fd = open(err, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct file_source *src;
	ssize_t n;

	scratch_append(log, "one\n");
	chmod(log, 0);
	dup2(fd, STDERR_FILENO);
	log_setup(LOG_LEVEL_INFO);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	src = follow_new(log, FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	for (int i = 0; i < ticks; i++) {
		file_watch_tick(follow_watch);
		follow_read(FOLLOW_ALL);
	}
	assert_int_equal(file_source_state(src), FILE_DENIED);
	assert_int_equal(seteuid(getuid()), 0);
	chmod(log, 0644);
	follow_await("one\n");
	file_source_free(&src);
	unlink(log);
	dup2(saved, STDERR_FILENO);
	close(saved);
	log_setup(LOG_LEVEL_CRITICAL);
	n = pread(fd, said, sizeof(said) - 1, 0);
	close(fd);
	said[n > 0 ? n : 0] = '\0';
	return said;
}

static void test_denial_told(void **state)
{
	const char *said, *at;

	(void)state;
	/* Just made, and not given away yet. */
	assert_string_equal(said_of_denied(0), "");
	assert_string_equal(said_of_denied(1), "");
	said = said_of_denied(4);
	at = strstr(said, "denied: Permission denied; trying again");
	assert_non_null(at);
	at = strchr(at, '\n');
	assert_null(strstr(at, "trying again"));
	assert_non_null(strstr(at, "denied: followed now"));
}

static void test_refused(void **state)
{
	const char *names[] = {"dir", "fifo"};
	struct file_source *src;

	(void)state;
	mkdir(scratch_path("dir"), 0755);
	mkfifo(scratch_path("fifo"), 0644);
	for (size_t i = 0; i < 2; i++) {
		src = follow_new(
			scratch_path("%s", names[i]), FILE_START_BEGIN, NULL);
		follow_read(FOLLOW_ALL);
		assert_int_equal(file_source_state(src), FILE_REFUSED);
		file_source_free(&src);
	}
	src = follow_new("/dev/zero", FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	assert_int_equal(file_source_state(src), FILE_REFUSED);
	file_source_free(&src);
}

static void collect_one(void *ctx, const struct line *line)
{
	struct file_source **src = ctx;

	follow_collect(NULL, line);
	file_source_enough(*src);
}

/* A reader that has had enough gets the next line by the next read, and who
 * stops there goes on there. */
static void test_enough(void **state)
{
	const char *log = scratch_path("log");
	char position[FILE_POSITION_TEXT];
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\ntwo\nthree\nhal");
	src = follow_new(log, FILE_START_BEGIN, NULL);
	assert_int_equal(
		file_source_read(src, collect_one, &src, FOLLOW_ALL), 1);
	assert_string_equal(follow_came, "one\n");
	assert_int_equal(file_source_stats(src)->bytes, 4);
	assert_ptr_equal(file_watch_next(follow_watch), src);
	file_source_position(src, position);
	file_source_free(&src);
	src = follow_new(log, FILE_START_BEGIN, position);
	assert_int_equal(
		file_source_read(src, collect_one, &src, FOLLOW_ALL), 1);
	assert_string_equal(follow_came, "one\ntwo\n");
	while (file_source_read(src, collect_one, &src, FOLLOW_ALL))
		continue;
	assert_string_equal(follow_came, "one\ntwo\nthree\n");
	scratch_append(log, "f\nfour\n");
	follow_await("one\ntwo\nthree\nhalf\nfour\n");
	file_source_free(&src);
}

/* Two logs of 10,000 lines: neither waits for the other. */
static void test_turns(void **state)
{
	struct file_source *src[2];
	size_t calls = 0, at_switch = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *log = scratch_path("log-%d", i);
		FILE *f = fopen(log, "w");

		for (int k = 0; k < 10000; k++)
			fprintf(f, "line %06d of %d\n", k, i);
		fclose(f);
		src[i] = follow_new(log, FILE_START_BEGIN, NULL);
	}
	for (;;) {
		struct file_source *next = file_watch_next(follow_watch);
		struct file_source *again;

		if (!next)
			break;
		file_source_read(next, follow_collect, NULL, 4096);
		assert_true(follow_lines <= (calls + 1) * (4096 / 17 + 1));
		again = file_watch_next(follow_watch);
		at_switch += again && again != next;
		if (again)
			file_source_read(again, follow_collect, NULL, 4096);
		calls += 2;
	}
	assert_int_equal(follow_lines, 20000);
	assert_true(at_switch > 30);
	file_source_free(&src[0]);
	file_source_free(&src[1]);
}

/* What was at rest begins with the first, whoever was read last. */
static void test_first_turn(void **state)
{
	struct file_source *src[3];
	int fd[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		fd[i] = scratch_open(scratch_path("log-%d", i));
		src[i] = follow_new(
			scratch_path("log-%d", i), FILE_START_BEGIN, NULL);
	}
	for (int last = 0; last < 3; last++) {
		follow_read(FOLLOW_ALL);
		scratch_write(fd[last], "one\n", 4);
		follow_read(FOLLOW_ALL);
		for (int i = 2; i >= 0; i--)
			scratch_write(fd[i], "another\n", 8);
		file_watch_process(follow_watch);
		for (int i = 0; i < 3; i++) {
			assert_ptr_equal(file_watch_next(follow_watch), src[i]);
			file_source_read(
				src[i], follow_collect, NULL, FOLLOW_ALL);
		}
		assert_null(file_watch_next(follow_watch));
	}
	for (int i = 0; i < 3; i++) {
		close(fd[i]);
		file_source_free(&src[i]);
	}
}

/* The kernel's queue runs over while files come and go. */
static void test_overflow(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *a, *b;
	int fd[2];

	(void)state;
	fd[0] = scratch_open(log);
	fd[1] = scratch_open(scratch_path("other"));
	a = follow_new(log, FILE_START_BEGIN, NULL);
	b = follow_new(scratch_path("other"), FILE_START_BEGIN, NULL);
	follow_read(FOLLOW_ALL);
	for (int i = 0; i < 200000; i++)
		scratch_write(fd[i % 2], "x\n", 2);
	scratch_rename(log, scratch_path("log.1"));
	scratch_append(log, "new\n");
	follow_read(FOLLOW_ALL);
	assert_true(file_watch_overflows(follow_watch) > 0);
	assert_int_equal(follow_lines, 200001);
	follow_clear();
	scratch_append(log, "newer\n");
	follow_await("newer\n");
	close(fd[0]);
	close(fd[1]);
	file_source_free(&a);
	file_source_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(test_follow),
		FOLLOW_TEST(test_start_at_end),
		FOLLOW_TEST(test_halves),
		FOLLOW_TEST(test_any_bytes),
		FOLLOW_TEST(test_long_lines),
		FOLLOW_TEST(test_rename_and_create),
		FOLLOW_TEST(test_linger),
		FOLLOW_TEST(test_moved_back),
		FOLLOW_TEST(test_copytruncate),
		FOLLOW_TEST(test_truncated_in_line),
		FOLLOW_TEST(test_hole),
		FOLLOW_TEST(test_not_there_yet),
		FOLLOW_TEST(test_parent_replaced),
		FOLLOW_TEST(test_symlink),
		FOLLOW_TEST(test_denied),
		FOLLOW_TEST(test_denial_told),
		FOLLOW_TEST(test_refused),
		FOLLOW_TEST(test_enough),
		FOLLOW_TEST(test_turns),
		FOLLOW_TEST(test_first_turn),
		FOLLOW_TEST(test_overflow),
	};

	log_setup(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
