/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log read once: plain, compressed, damaged, and from standard input. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "lib/line.h"
#include "sources/replay.h"
#include "tests/sources/scratch.h"

static char came[1 << 20];
static size_t came_n, came_lines, came_cut;
static char why[128];

static void collect(void *ctx, const struct line *line)
{
	assert_ptr_equal(ctx, came);
	came_lines++;
	came_cut += line->cut_short;
	assert_true(line->text_len <= SOURCE_LINE_MOST);
	if (came_n + line->text_len + 2 > sizeof(came))
		return;
	memcpy(came + came_n, line->text, line->text_len);
	came_n += line->text_len;
	came[came_n++] = '|';
	came[came_n] = '\0';
}

static int replay(const char *path)
{
	came[came_n = came_lines = came_cut = 0] = '\0';
	why[0] = '\0';
	return replay_read(path, collect, came, why, sizeof(why));
}

static int setup(void **state)
{
	(void)state;
	scratch_make();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_remove();
	return 0;
}

/* Lines of all lengths, "00000 xxx\n"; returns the text and its length. */
static char *lines_make(unsigned n, size_t *length)
{
	char *text = malloc((size_t)n * 300);

	*length = 0;
	for (unsigned i = 0; i < n; i++)
		*length += (size_t)sprintf(text + *length, "%05u %0*u\n", i,
			(int)(i * 7919 % 200) + 1, i % 10);
	return text;
}

static void gzip(const char *path, const char *text, size_t n)
{
	gzFile file = gzopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, text, (unsigned)n), (int)n);
	assert_int_equal(gzclose(file), Z_OK);
}

static void cut_off(const char *path, off_t less)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - less), 0);
}

static void test_plain(void **state)
{
	const char *log = scratch_path("log");

	(void)state;
	scratch_append(log, "one\ntwo\r\n\nfour");
	assert_int_equal(replay(log), 0);
	assert_string_equal(came, "one|two||four|");
	scratch_append(scratch_path("empty"), "");
	assert_int_equal(replay(scratch_path("empty")), 0);
	assert_int_equal(came_lines, 0);
}

static void test_bytes(void **state)
{
	static const char bytes[] = "a\0b\n\xff\xfe\n\0\n";
	const char *log = scratch_path("log");
	int fd = scratch_open(log);

	(void)state;
	scratch_write(fd, bytes, sizeof(bytes) - 1);
	close(fd);
	assert_int_equal(replay(log), 0);
	assert_int_equal(came_n, sizeof(bytes) - 1);
	assert_memory_equal(came, "a\0b|\xff\xfe|\0|", came_n);
}

static void test_long_lines(void **state)
{
	const char *log = scratch_path("log");
	char *big = malloc(10 << 20);
	int fd = scratch_open(log);

	(void)state;
	memset(big, 'x', 10 << 20);
	scratch_write(fd, "before\n", 7);
	scratch_write(fd, big, 10 << 20);
	scratch_write(fd, "\nafter\n", 7);
	scratch_write(fd, big, SOURCE_LINE_MOST - 1);
	scratch_write(fd, "\nlast", 5);
	close(fd);
	assert_int_equal(replay(log), 0);
	assert_int_equal(came_lines, 5);
	assert_int_equal(came_cut, 1);
	assert_memory_equal(came + came_n - 5, "last|", 5);
	free(big);
}

/* A line just as long as may be whose newline is in the next portion. */
static void test_longest_at_a_border(void **state)
{
	const char *log = scratch_path("log");
	size_t before = (256 << 10) - SOURCE_LINE_MOST, at = 0;
	char *text = malloc(1 << 20);
	int fd = scratch_open(log);

	(void)state;
	for (; at < before; at += 4096) {
		memset(text + at, 'x', 4095);
		text[at + 4095] = '\n';
	}
	memset(text + at, 'y', SOURCE_LINE_MOST);
	scratch_write(fd, text, at + SOURCE_LINE_MOST);
	scratch_write(fd, "\nend\n", 5);
	close(fd);
	assert_int_equal(replay(log), 0);
	assert_int_equal(came_lines, before / 4096 + 2);
	assert_int_equal(came_cut, 0);
	assert_memory_equal(came + came_n - 4, "end|", 4);
	free(text);
}

static void test_compressed(void **state)
{
	const char *log = scratch_path("log.gz");
	size_t n;
	char *text = lines_make(3000, &n);

	(void)state;
	gzip(log, text, n);
	assert_int_equal(replay(log), 0);
	assert_int_equal(came_lines, 3000);
	assert_int_equal(came_n, n);
	for (char *p = text; (p = strchr(p, '\n'));)
		*p = '|';
	assert_memory_equal(came, text, n);
	free(text);
}

static void test_damaged(void **state)
{
	const char *log = scratch_path("log.gz");
	size_t n;
	char *text = lines_make(3000, &n);
	int fd;

	(void)state;
	gzip(log, text, n);
	cut_off(log, 5);
	assert_int_equal(replay(log), -1);
	assert_string_equal(why, "the compressed data ends too early");
	cut_off(log, 3000);
	assert_int_equal(replay(log), -1);
	assert_string_equal(why, "the compressed data ends too early");
	assert_true(came_lines > 100 && came_lines < 3000);
	gzip(log, text, n);
	fd = open(log, O_WRONLY);
	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff", 6, 2000), 6);
	close(fd);
	assert_int_equal(replay(log), -1);
	assert_string_equal(why, "the compressed data is damaged");
	free(text);
}

static void test_input(void **state)
{
	const char *log = scratch_path("log.gz");
	int saved = dup(STDIN_FILENO), fd;

	(void)state;
	gzip(log, "one\ntwo\n", 8);
	fd = open(log, O_RDONLY);
	dup2(fd, STDIN_FILENO);
	assert_int_equal(replay("-"), 0);
	assert_string_equal(came, "one|two|");
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(fd);
}

static void test_faults(void **state)
{
	(void)state;
	assert_int_equal(replay(scratch_path("none")), -1);
	assert_string_equal(why, "No such file or directory");
	assert_int_equal(replay(scratch_path(".")), -1);
	assert_string_equal(why, "Is a directory");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_bytes),
		TEST(test_long_lines),
		TEST(test_longest_at_a_border),
		TEST(test_compressed),
		TEST(test_damaged),
		TEST(test_input),
		TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
