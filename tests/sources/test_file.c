/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Following a file through what logrotate and writers do to it. Where a test
 * waits, it waits on the inotify descriptor: a source that only sees by its
 * tick fails here.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "lib/log.h"
#include "sources/file.h"
#include "tests/sources/scratch.h"

#define WHOLE (1024 * 1024)

/* What came: the lines joined with newlines. */
static char *came;
static size_t came_len, came_room, came_lines, came_cut;
static struct file_watch *w;

static void collect(void *ctx, const struct line *line)
{
	size_t need = came_len + line->text_len + 2;

	(void)ctx;
	/* Under ASan each realloc is a copy. */
	if (need > came_room) {
		came_room = 2 * need;
		came = realloc(came, came_room);
		assert_non_null(came);
	}
	memcpy(came + came_len, line->text, line->text_len);
	came_len += line->text_len;
	came[came_len++] = '\n';
	came[came_len] = '\0';
	came_lines++;
	came_cut += line->cut_short;
}

static void came_clear(void)
{
	free(came);
	came = calloc(1, 1);
	came_room = 1;
	came_len = came_lines = came_cut = 0;
}

static void read_all(size_t max)
{
	struct file_source *src;

	assert_int_equal(file_watch_process(w), 0);
	while ((src = file_watch_next(w)))
		file_source_read(src, collect, NULL, max);
}

/* Reads when the kernel says so, until that has come. */
static void await(const char *want)
{
	struct pollfd p = {.fd = file_watch_fd(w), .events = POLLIN};

	read_all(WHOLE);
	while (came_len < strlen(want)) {
		if (poll(&p, 1, 5000) != 1)
			break;
		read_all(WHOLE);
	}
	assert_string_equal(came, want);
	came_clear();
}

static struct file_source *follow(
	const char *path, enum file_start start, const char *position)
{
	struct file_source *src;

	assert_int_equal(file_source_new(w, path, start, position, &src), 0);
	return src;
}

static int setup(void **state)
{
	(void)state;
	clock_hold(INT64_C(1795255200) * CLOCK_SECOND, CLOCK_SECOND);
	scratch_make();
	w = file_watch_new();
	came_clear();
	return w ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	file_watch_free(&w);
	scratch_remove();
	free(came);
	came = NULL;
	return 0;
}

static void test_follow(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "one\ntwo\n");
	src = follow(log, FILE_START_BEGIN, NULL);
	await("one\ntwo\n");
	scratch_append(log, "three\r\n\nfive\n");
	await("three\n\nfive\n");
	assert_int_equal(file_source_stats(src)->lines, 5);
	assert_int_equal(file_source_stats(src)->bytes, 21);
	assert_int_equal(file_source_state(src), FILE_FOLLOWED);
	scratch_append(log, "six\n");
	assert_int_equal(file_source_lag(src), 4);
	await("six\n");
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
	a = follow(log, FILE_START_END, NULL);
	b = follow(half, FILE_START_END, NULL);
	read_all(WHOLE);
	assert_string_equal(came, "");
	scratch_append(log, "three\n");
	await("three\n");
	/* What ends a line whose beginning was not read is no line. */
	scratch_append(half, " forged\nthree\n");
	await("three\n");
	file_source_free(&a);
	file_source_free(&b);
}

static void test_halves(void **state)
{
	const char *log = scratch_path("log");
	struct file_source *src;

	(void)state;
	scratch_append(log, "on");
	src = follow(log, FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	assert_string_equal(came, "");
	scratch_append(log, "e and");
	read_all(WHOLE);
	assert_string_equal(came, "");
	scratch_append(log, " more\ntwo\nth");
	await("one and more\ntwo\n");
	scratch_append(log, "ree\n");
	await("three\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	assert_int_equal(came_len, sizeof(bytes) - 1);
	assert_memory_equal(came, bytes, sizeof(bytes) - 1);
	close(fd);
	file_source_free(&src);
}

/* 10 MB in one line, in pieces, then lines around the cap. */
static void test_long_lines(void **state)
{
	const char *log = scratch_path("log");
	char *piece = malloc(WHOLE);
	struct file_source *src;
	int fd = scratch_open(log);

	(void)state;
	memset(piece, 'x', WHOLE);
	src = follow(log, FILE_START_BEGIN, NULL);
	scratch_write(fd, "before\n", 7);
	for (int i = 0; i < 10; i++) {
		scratch_write(fd, piece, WHOLE);
		read_all(i % 2 ? WHOLE : 1000);
	}
	assert_int_equal(came_lines, 1);
	scratch_write(fd, "\nafter\n", 7);
	read_all(WHOLE);
	assert_int_equal(came_lines, 3);
	assert_int_equal(came_cut, 1);
	assert_int_equal(came_len, 7 + SOURCE_LINE_MOST + 1 + 6);
	assert_memory_equal(came + came_len - 7, "\nafter\n", 7);
	came_clear();
	for (size_t n = SOURCE_LINE_MOST - 1; n <= SOURCE_LINE_MOST + 1; n++) {
		scratch_write(fd, piece, n);
		scratch_write(fd, "\n", 1);
	}
	read_all(WHOLE);
	assert_int_equal(came_lines, 3);
	assert_int_equal(came_cut, 1);
	assert_int_equal(came_len, 3 * SOURCE_LINE_MOST + 2);
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
	src = follow(log, FILE_START_BEGIN, NULL);
	scratch_write(fd, "one\n", 4);
	await("one\n");
	scratch_write(fd, "two\n", 4);
	scratch_rename(log, old);
	scratch_write(fd, "three\n", 6);
	await("two\nthree\n");
	/* The new file comes while the writer still holds the old one. */
	close(scratch_open(log));
	scratch_write(fd, "four\n", 5);
	await("four\n");
	scratch_append(log, "six\n");
	scratch_write(fd, "five\n", 5);
	await("five\nsix\n");
	scratch_write(fd, "seven\n", 6);
	await("seven\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	files = open_files();
	scratch_write(fd, "one\nhal", 7);
	await("one\n");
	scratch_rename(log, old);
	scratch_append(log, "two\n");
	await("two\n");
	assert_int_equal(open_files(), files + 1);
	clock_hold(clock_wall(), clock_mono() + 59 * CLOCK_SECOND);
	file_watch_tick(w);
	read_all(WHOLE);
	assert_int_equal(open_files(), files + 1);
	clock_hold(clock_wall(), clock_mono() + 2 * CLOCK_SECOND);
	file_watch_tick(w);
	await("hal\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	await("one\n");
	scratch_rename(log, old);
	scratch_append(log, "two\n");
	await("two\n");
	scratch_rename(old, log);
	scratch_append(log, "three\n");
	await("three\n");
	file_watch_tick(w);
	await("");
	file_source_free(&src);
}

static void test_copytruncate(void **state)
{
	const char *log = scratch_path("log"), *old = scratch_path("log.1");
	struct file_source *src;

	(void)state;
	scratch_append(log, "the first line of all\n");
	src = follow(log, FILE_START_BEGIN, NULL);
	await("the first line of all\n");
	/* What was not read yet is in the copy. */
	scratch_append(log, "two\nth");
	scratch_copy(log, old);
	scratch_truncate(log);
	scratch_append(log, "ree\nfour\n");
	await("two\nthree\nfour\n");
	assert_int_equal(file_source_stats(src)->truncations, 1);
	/* Truncated and grown beyond where it was, and no copy. */
	scratch_append(log, "five\n");
	await("five\n");
	scratch_truncate(log);
	scratch_append(log, "six, which is longer than all before\n");
	scratch_append(log, "seven, which is longer than all before\n");
	await("six, which is longer than all before\n"
	      "seven, which is longer than all before\n");
	/* To the very length that it had. */
	scratch_truncate(log);
	scratch_append(log, "SIX, which is longer than all before\n");
	scratch_append(log, "SEVEN, which is longer than all before\n");
	await("SIX, which is longer than all before\n"
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
	src = follow(log, FILE_START_BEGIN, NULL);
	await("one\n");
	scratch_truncate(log);
	scratch_append(log, "Nov 21 forged>\ntwo\n");
	await("user=<Nov 21 forged>\ntwo\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	assert_int_equal(came_lines, 2);
	came_clear();
	scratch_truncate(log);
	scratch_write(fd, "Nov 21\ntwo\n", 11);
	await("Nov 21\ntwo\n");
	scratch_write(fd, "\0three\n", 7);
	read_all(WHOLE);
	assert_memory_equal(came, "\0three\n", 7);
	close(fd);
	free(big);
	file_source_free(&src);
}

static void test_not_there_yet(void **state)
{
	const char *log = scratch_path("a/b/log");
	struct file_source *src;

	(void)state;
	src = follow(log, FILE_START_END, NULL);
	read_all(WHOLE);
	assert_int_equal(file_source_state(src), FILE_MISSING);
	mkdir(scratch_path("a"), 0755);
	read_all(WHOLE);
	mkdir(scratch_path("a/b"), 0755);
	read_all(WHOLE);
	scratch_append(log, "one\n");
	await("one\n");
	assert_int_equal(file_source_state(src), FILE_FOLLOWED);
	/* The directory goes and comes again, with all in it. */
	scratch_rename(scratch_path("a/b"), scratch_path("a/c"));
	read_all(WHOLE);
	assert_int_equal(file_source_state(src), FILE_MISSING);
	mkdir(scratch_path("new"), 0755);
	scratch_append(scratch_path("new/log"), "two\n");
	scratch_rename(scratch_path("new"), scratch_path("a/b"));
	await("two\n");
	unlink(log);
	rmdir(scratch_path("a/b"));
	read_all(WHOLE);
	mkdir(scratch_path("a/b"), 0755);
	read_all(WHOLE);
	scratch_append(log, "three\n");
	await("three\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	await("one\n");
	scratch_rename(scratch_path("a"), scratch_path("old"));
	mkdir(scratch_path("a"), 0755);
	mkdir(scratch_path("a/b"), 0755);
	scratch_append(log, "two\n");
	scratch_append(scratch_path("old/b/log"), "still\n");
	file_watch_tick(w);
	await("still\ntwo\n");
	scratch_append(log, "three\n");
	await("three\n");
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
	src = follow(link, FILE_START_BEGIN, NULL);
	await("one\n");
	/* Rotated where it really is. */
	scratch_rename(log, scratch_path("real/log.1"));
	read_all(WHOLE);
	scratch_append(log, "two\n");
	await("two\n");
	/* The link shows to another file. */
	scratch_append(scratch_path("other"), "three\n");
	assert_int_equal(symlink("other", scratch_path("link.new")), 0);
	scratch_rename(scratch_path("link.new"), link);
	await("three\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	assert_int_equal(file_source_state(src), FILE_DENIED);
	assert_int_equal(seteuid(getuid()), 0);
	chmod(log, 0644);
	await("one\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	for (int i = 0; i < ticks; i++) {
		file_watch_tick(w);
		read_all(WHOLE);
	}
	assert_int_equal(file_source_state(src), FILE_DENIED);
	assert_int_equal(seteuid(getuid()), 0);
	chmod(log, 0644);
	await("one\n");
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
		src = follow(
			scratch_path("%s", names[i]), FILE_START_BEGIN, NULL);
		read_all(WHOLE);
		assert_int_equal(file_source_state(src), FILE_REFUSED);
		file_source_free(&src);
	}
	src = follow("/dev/zero", FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	assert_int_equal(file_source_state(src), FILE_REFUSED);
	file_source_free(&src);
}

static void collect_one(void *ctx, const struct line *line)
{
	struct file_source **src = ctx;

	collect(NULL, line);
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
	src = follow(log, FILE_START_BEGIN, NULL);
	assert_int_equal(file_source_read(src, collect_one, &src, WHOLE), 1);
	assert_string_equal(came, "one\n");
	assert_int_equal(file_source_stats(src)->bytes, 4);
	assert_ptr_equal(file_watch_next(w), src);
	file_source_position(src, position);
	file_source_free(&src);
	src = follow(log, FILE_START_BEGIN, position);
	assert_int_equal(file_source_read(src, collect_one, &src, WHOLE), 1);
	assert_string_equal(came, "one\ntwo\n");
	while (file_source_read(src, collect_one, &src, WHOLE))
		continue;
	assert_string_equal(came, "one\ntwo\nthree\n");
	scratch_append(log, "f\nfour\n");
	await("one\ntwo\nthree\nhalf\nfour\n");
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
		src[i] = follow(log, FILE_START_BEGIN, NULL);
	}
	for (;;) {
		struct file_source *next = file_watch_next(w);
		struct file_source *again;

		if (!next)
			break;
		file_source_read(next, collect, NULL, 4096);
		assert_true(came_lines <= (calls + 1) * (4096 / 17 + 1));
		again = file_watch_next(w);
		at_switch += again && again != next;
		if (again)
			file_source_read(again, collect, NULL, 4096);
		calls += 2;
	}
	assert_int_equal(came_lines, 20000);
	assert_true(at_switch > 30);
	file_source_free(&src[0]);
	file_source_free(&src[1]);
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
	a = follow(log, FILE_START_BEGIN, NULL);
	b = follow(scratch_path("other"), FILE_START_BEGIN, NULL);
	read_all(WHOLE);
	for (int i = 0; i < 200000; i++)
		scratch_write(fd[i % 2], "x\n", 2);
	scratch_rename(log, scratch_path("log.1"));
	scratch_append(log, "new\n");
	read_all(WHOLE);
	assert_true(file_watch_overflows(w) > 0);
	assert_int_equal(came_lines, 200001);
	came_clear();
	scratch_append(log, "newer\n");
	await("newer\n");
	close(fd[0]);
	close(fd[1]);
	file_source_free(&a);
	file_source_free(&b);
}

/* Stops following and tells where. */
static const char *stop(struct file_source **src)
{
	static char position[FILE_POSITION_TEXT];

	file_source_position(*src, position);
	file_source_free(src);
	return position;
}

static void test_position(void **state)
{
	const char *log = scratch_path("log");
	const char *where;
	struct file_source *src;

	(void)state;
	/* Not there at all, then. */
	src = follow(log, FILE_START_END, NULL);
	where = stop(&src);
	scratch_append(log, "line one\nline two\nli");
	src = follow(log, FILE_START_END, where);
	await("line one\nline two\n");
	where = stop(&src);
	/* The half that was read is read again. */
	scratch_append(log, "ne three\n");
	src = follow(log, FILE_START_END, where);
	await("line three\n");
	where = stop(&src);
	src = follow(log, FILE_START_BEGIN, where);
	await("");
	/* A damaged position is as good as none. */
	file_source_free(&src);
	src = follow(log, FILE_START_END, "f:1:2:zz");
	await("");
	file_source_free(&src);
}

static void test_rotated_while_down(void **state)
{
	const char *log = scratch_path("log"), *where;
	struct file_source *src;

	(void)state;
	scratch_append(log, "line one of the first\n");
	src = follow(log, FILE_START_BEGIN, NULL);
	await("line one of the first\n");
	where = stop(&src);
	scratch_append(log, "two\n");
	scratch_rename(log, scratch_path("log-20261121"));
	scratch_append(log, "three\n");
	src = follow(log, FILE_START_END, where);
	await("two\nthree\n");
	where = stop(&src);
	/* Three times, and no new file yet. */
	scratch_append(log, "four\n");
	scratch_rename(log, scratch_path("log.3"));
	scratch_append(scratch_path("log.2"), "five\n");
	scratch_append(scratch_path("log.1"), "six\n");
	scratch_append(scratch_path("log.1.gz"), "packed\n");
	scratch_append(scratch_path("log.save"), "no log\n");
	src = follow(log, FILE_START_END, where);
	await("four\nfive\nsix\n");
	scratch_append(log, "seven\n");
	await("seven\n");
	file_source_free(&src);
}

static void test_truncated_while_down(void **state)
{
	const char *log = scratch_path("log"), *where;
	struct file_source *src;

	(void)state;
	scratch_append(log, "line one of the first\n");
	src = follow(log, FILE_START_BEGIN, NULL);
	await("line one of the first\n");
	where = stop(&src);
	scratch_append(log, "two\nthr");
	scratch_copy(log, scratch_path("log.1"));
	scratch_truncate(log);
	scratch_append(log, "ee\nfour, and longer than it was before\n");
	src = follow(log, FILE_START_END, where);
	await("two\nthree\nfour, and longer than it was before\n");
	where = stop(&src);
	/* Replaced by something that has nothing to do with it. */
	unlink(log);
	unlink(scratch_path("log.1"));
	scratch_append(log, "another\n");
	src = follow(log, FILE_START_END, where);
	await("another\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	await("line one of the first\n");
	scratch_rename(log, scratch_path("log.1"));
	scratch_append(log, "line one of the second\n");
	await("line one of the second\n");
	where = stop(&src);
	scratch_write(fd, "two\n", 4);
	scratch_append(log, "three\n");
	src = follow(log, FILE_START_BEGIN, where);
	await("two\nthree\n");
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
	src = follow(log, FILE_START_BEGIN, NULL);
	await("line one of the first\n");
	scratch_copy(log, copy);
	scratch_append(copy, "two\n");
	scratch_rename(copy, log);
	await("two\n");
	file_source_free(&src);
}

/*
 * A thousand random steps: lines whole and in halves, both kinds of
 * rotation, stops and starts, looks of all sizes. Each line comes once.
 */
struct chaos {
	uint32_t seed;
	unsigned written; /* lines */
	unsigned rotations, lately;
	char rest[256]; /* of a line whose first half is written */
	int fd;
	bool on_old; /* the writer has not reopened */
	struct file_source *src;
	const char *log;
	unsigned char *seen;
};

static uint32_t roll(struct chaos *c, uint32_t sides)
{
	c->seed = c->seed * 1664525 + 1013904223;
	return (c->seed >> 8) % sides;
}

static void chaos_line(void *ctx, const struct line *line)
{
	struct chaos *c = ctx;
	char want[256], text[256];
	unsigned n;

	assert_true(line->text_len < sizeof(text));
	memcpy(text, line->text, line->text_len);
	text[line->text_len] = '\0';
	assert_int_equal(sscanf(text, "%u", &n), 1);
	assert_true(n < c->written);
	snprintf(want, sizeof(want), "%08u mx postfix/smtpd[%u]: %.*s", n, n,
		(int)(n * 7919 % 180),
		"connect from client.example.org, and then a text of a length "
		"that changes from line to line, so that ends of reads and "
		"beginnings of files fall anywhere at all in it ............."
		"...................");
	assert_string_equal(text, want);
	if (c->seen[n])
		fail_msg("line %u came twice", n);
	c->seen[n] = 1;
	if (n % 5 == 0 && c->src)
		file_source_enough(c->src);
}

static void chaos_look(struct chaos *c, bool whole)
{
	assert_int_equal(file_watch_process(w), 0);
	if (whole && roll(c, 4) == 0)
		file_watch_tick(w);
	if (!c->src)
		return;
	if (!whole)
		file_source_read(c->src, chaos_line, c, 100 + roll(c, 3000));
	while (whole && file_watch_next(w))
		file_source_read(c->src, chaos_line, c, 200 + roll(c, 9000));
}

static void chaos_finish(struct chaos *c)
{
	scratch_write(c->fd, c->rest, strlen(c->rest));
	c->rest[0] = '\0';
}

static void chaos_write(struct chaos *c, bool half)
{
	char text[256];
	unsigned n = c->written++;
	size_t length;

	chaos_finish(c);
	length = (size_t)snprintf(text, sizeof(text),
		"%08u mx postfix/smtpd[%u]: %.*s\n", n, n,
		(int)(n * 7919 % 180),
		"connect from client.example.org, and then a text of a length "
		"that changes from line to line, so that ends of reads and "
		"beginnings of files fall anywhere at all in it ............."
		"...................");
	if (half) {
		/* A file of less than a date is known by nothing. */
		size_t cut = 16 + roll(c, (uint32_t)length - 16);

		scratch_write(c->fd, text, cut);
		strcpy(c->rest, text + cut);
	} else {
		scratch_write(c->fd, text, length);
	}
}

static void chaos_reopen(struct chaos *c)
{
	chaos_finish(c);
	close(c->fd);
	c->fd = scratch_open(c->log);
	c->on_old = false;
}

/*
 * Before 6.13 the kernel stamps files by a clock of 4 ms. Nobody rotates twice
 * in that time but this test, so it waits there until that clock goes on.
 */
static void chaos_stamp(void)
{
	struct timespec then, now;
	struct utsname kernel;
	int major = 0, minor = 0;

	uname(&kernel);
	sscanf(kernel.release, "%d.%d", &major, &minor);
	if (major * 1000 + minor >= 6013)
		return;
	clock_gettime(CLOCK_REALTIME_COARSE, &then);
	do {
		sched_yield();
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
	} while (now.tv_sec == then.tv_sec && now.tv_nsec == then.tv_nsec);
}

/* A minute passes, and what was rotated before is let go. */
static void chaos_minute(struct chaos *c)
{
	if (c->on_old)
		chaos_reopen(c);
	chaos_look(c, true);
	clock_hold(clock_wall(), clock_mono() + 61 * CLOCK_SECOND);
	file_watch_tick(w);
	chaos_look(c, true);
}

static void chaos_shift(struct chaos *c)
{
	chaos_stamp();
	unlink(scratch_path("log.14"));
	for (int i = 13; i > 0; i--)
		rename(scratch_path("log.%d", i),
			scratch_path("log.%d", i + 1));
	c->rotations++;
	c->lately++;
}

static void chaos_rename(struct chaos *c)
{
	if (c->on_old)
		chaos_reopen(c);
	chaos_shift(c);
	scratch_rename(c->log, scratch_path("log.1"));
	close(scratch_open(c->log));
	chaos_stamp();
	c->on_old = true;
	if (roll(c, 2))
		chaos_reopen(c);
}

static void chaos_copytruncate(struct chaos *c)
{
	if (c->on_old)
		chaos_reopen(c);
	/* While nobody is there, nobody puts a half line together. */
	if (!c->src)
		chaos_finish(c);
	chaos_shift(c);
	scratch_copy(c->log, scratch_path("log.1"));
	scratch_truncate(c->log);
	chaos_stamp();
}

static void chaos_restart(struct chaos *c)
{
	static char where[FILE_POSITION_TEXT];

	if (c->src) {
		/* A half that was read before a truncation is lost. */
		chaos_finish(c);
		chaos_write(c, false);
		chaos_look(c, true);
		for (uint32_t i = roll(c, 50); i > 0; i--)
			chaos_write(c, false);
		chaos_look(c, false);
		strcpy(where, stop(&c->src));
	} else {
		c->src = follow(c->log, FILE_START_BEGIN, where);
	}
}

static void test_chaos(void **state)
{
	struct chaos c = {.seed = 20261121, .log = strdup(scratch_path("log"))};

	(void)state;
	c.seen = calloc(1000000, 1);
	c.fd = scratch_open(c.log);
	c.src = follow(c.log, FILE_START_BEGIN, NULL);
	for (int step = 0; c.rotations < 1000; step++) {
		/* Not more than there is room for. */
		if (c.lately > 8) {
			if (!c.src)
				chaos_restart(&c);
			chaos_minute(&c);
			c.lately = 0;
		}
		switch (roll(&c, 16)) {
		case 0 ... 5:
			for (uint32_t i = roll(&c, 30); i > 0; i--)
				chaos_write(&c, false);
			break;
		case 6:
			chaos_write(&c, true);
			break;
		case 7:
			chaos_rename(&c);
			break;
		case 8:
			chaos_copytruncate(&c);
			break;
		case 9:
			chaos_restart(&c);
			break;
		case 10:
			if (c.on_old)
				chaos_reopen(&c);
			chaos_look(&c, true);
			clock_hold(
				clock_wall(), clock_mono() + 61 * CLOCK_SECOND);
			break;
		default:
			chaos_look(&c, roll(&c, 3) == 0);
		}
	}
	chaos_finish(&c);
	if (!c.src)
		chaos_restart(&c);
	chaos_look(&c, true);
	for (unsigned i = 0; i < c.written; i++)
		if (!c.seen[i])
			fail_msg("line %u of %u never came", i, c.written);
	assert_true(c.written > 10000);
	close(c.fd);
	file_source_free(&c.src);
	free(c.seen);
	free((char *)c.log);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_follow),
		TEST(test_start_at_end),
		TEST(test_halves),
		TEST(test_any_bytes),
		TEST(test_long_lines),
		TEST(test_rename_and_create),
		TEST(test_linger),
		TEST(test_moved_back),
		TEST(test_copytruncate),
		TEST(test_truncated_in_line),
		TEST(test_hole),
		TEST(test_not_there_yet),
		TEST(test_parent_replaced),
		TEST(test_symlink),
		TEST(test_denied),
		TEST(test_denial_told),
		TEST(test_refused),
		TEST(test_enough),
		TEST(test_turns),
		TEST(test_overflow),
		TEST(test_position),
		TEST(test_rotated_while_down),
		TEST(test_truncated_while_down),
		TEST(test_stopped_while_lingering),
		TEST(test_edited),
		TEST(test_chaos),
	};

	log_setup(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
