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
#include "sources/header.h"
#include "sources/portion.h"
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

static void write_file(const char *path, const char *text, size_t n)
{
	int fd = scratch_open(path);

	assert_int_equal(ftruncate(fd, 0), 0);
	scratch_write(fd, text, n);
	close(fd);
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

/* Lines that begin, end and are too long around the ends of portions are the
 * same as in a stream. */
static void test_any_border(void **state)
{
	static const size_t around[] = {1, 2, 100, 511, 512, 513, 4096,
		PORTION_READ - 1, PORTION_READ, PORTION_READ + 1,
		SOURCE_LINE_MOST - 1, SOURCE_LINE_MOST, SOURCE_LINE_MOST + 1,
		3 * PORTION_READ};
	size_t kinds = sizeof(around) / sizeof(*around), n, cut, lines;
	char *text = malloc(sizeof(came)), *plain = malloc(sizeof(came));
	uint64_t random = 1;

	(void)state;
	for (int round = 0; round < 60; round++) {
		const char *log = scratch_path("log");
		size_t most = sizeof(came) / 2 - (size_t)round * 7919;

		for (n = 0; n < most; text[n++] = '\n') {
			size_t length = around[(random >> 33) % kinds];

			/* The same for a while, so that all places are met. */
			if (round % 3 == 0)
				length = around[round / 3 % kinds];
			if (length > most - n)
				length = most - n;
			memset(text + n, 'a' + (int)(random >> 40) % 26,
				length);
			n += length;
			random = random * UINT64_C(6364136223846793005) + 1;
		}
		n -= round % 2; /* the last has no newline */
		gzip(log, text, n);
		assert_int_equal(replay(log), 0);
		memcpy(plain, came, came_n + 1);
		cut = came_cut;
		lines = came_lines;
		unlink(log);
		write_file(log, text, n);
		assert_int_equal(replay(log), 0);
		assert_int_equal(came_lines, lines);
		assert_int_equal(came_cut, cut);
		assert_string_equal(came, plain);
	}
	free(text);
	free(plain);
}

static off_t shrunk;

static void shrink(void *ctx, const struct line *line)
{
	collect(came, line);
	assert_int_equal(truncate(ctx, shrunk), 0);
}

/* What is gone before it was read is told, and where; what is cut off by that
 * is no line. */
static void test_truncated(void **state)
{
	static const off_t cases[] = {20, PORTION_READ, PORTION_READ + 1000};
	size_t n, whole;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *log = strdup(scratch_path("log"));
		char *text = lines_make(3000, &n), *end;
		char wanted[128];

		write_file(log, text, n);
		came[came_n = came_lines = 0] = '\0';
		shrunk = cases[i];
		assert_int_equal(
			replay_read(log, shrink, log, why, sizeof(why)), -1);
		snprintf(wanted, sizeof(wanted),
			"truncated while it was read: nothing is there from "
			"byte %d on",
			(int)(shrunk < PORTION_READ ? PORTION_READ : shrunk));
		assert_string_equal(why, wanted);
		end = text + (shrunk < PORTION_READ ? PORTION_READ : shrunk);
		/* The line that goes over the border was read before. */
		if (shrunk <= PORTION_READ)
			end = strchr(end, '\n') + 1;
		whole = (size_t)((char *)memrchr(
					 text, '\n', (size_t)(end - text)) +
				 1 - text);
		assert_int_equal(came_n, whole);
		for (char *p = text; (p = strchr(p, '\n'));)
			*p = '|';
		assert_memory_equal(came, text, whole);
		free(text);
		free(log);
	}
}

static void grow(void *ctx, const struct line *line)
{
	collect(came, line);
	scratch_append(ctx, "more\n");
}

/* It ends where it did when it was opened. */
static void test_growing(void **state)
{
	char *log = strdup(scratch_path("log")), *text;
	size_t n;

	(void)state;
	text = lines_make(3000, &n);
	write_file(log, text, n);
	came[came_n = came_lines = 0] = '\0';
	assert_int_equal(replay_read(log, grow, log, why, sizeof(why)), 0);
	assert_int_equal(came_lines, 3000);
	assert_int_equal(came_n, n);
	free(text);
	free(log);
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
	close(fd);
	/* A plain one is read from where it stands, and to its end. */
	log = scratch_path("log");
	write_file(log, "one\ntwo\nthree", 13);
	fd = open(log, O_RDONLY);
	lseek(fd, 4, SEEK_SET);
	dup2(fd, STDIN_FILENO);
	assert_int_equal(replay("-"), 0);
	assert_string_equal(came, "two|three|");
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 13);
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
	assert_int_equal(replay("/dev/zero"), -1);
	assert_string_equal(why, "a device, and no log");
	assert_int_equal(replay("/dev/null"), 0);
}

/* As each line is cut when nothing is known of those before it. */
static void compare(void *ctx, const struct line *line)
{
	struct header_clock clock = {0};
	struct line alone;

	(*(size_t *)ctx)++;
	header_cut(line->text, line->text_len, &clock, &alone);
	assert_int_equal(line->time, alone.time);
	assert_ptr_equal(line->body, alone.body);
	assert_int_equal(line->body_len, alone.body_len);
	assert_int_equal(line->host_len, alone.host_len);
	if (alone.host_len)
		assert_ptr_equal(line->host, alone.host);
	assert_int_equal(line->tag_len, alone.tag_len);
	if (alone.tag_len)
		assert_ptr_equal(line->tag, alone.tag);
	assert_ptr_equal(line->message, alone.message);
	assert_int_equal(line->message_len, alone.message_len);
	assert_false(line->cut_short);
}

/* Whatever stands behind a beginning that came before. */
static void test_beginnings(void **state)
{
	static const char *const begins[] = {"Nov 21 10:00:00 mx ",
		"Nov 21 10:00:00 mx", "Nov 21 10:00:00 ",
		"Nov 21 10:00:00 mx2 ",
		"2026-11-21T10:00:00.123456+01:00 mail.example.org ",
		"<22>Nov 21 10:00:00 mx ", "no date at all ", ""};
	static const char *const ends[] = {"postfix/smtpd[123]: text",
		"postfix/submission/smtpd[123456]: text: [x] more of it, "
		"so that there is a window full of bytes",
		"dovecot: imap-login: text, and more of it so that there is a "
		"window full of bytes",
		"dovecot:\ttext that goes on and on and on, as lines may that "
		"have a tab in front of them",
		"a[1]b: glued to the pid, which is looked at elsewhere, and "
		"so on and on and on",
		"a[1 2]: a blank in the pid, which is looked at elsewhere, and "
		"so on and on and on",
		"a:b:c[1]: colons in the name, as programs may have them if "
		"they want to",
		"a [1]: a blank before the pid, and then enough of them all to "
		"fill a window",
		" two blanks, of which one is the host's then, and then a lot "
		"of other bytes",
		"[1]: no name at all, but a pid, and then enough of them all "
		"to fill a window",
		"a[1]:no blank behind the colon, and then enough of them all to "
		"fill a window",
		"averyveryveryveryveryveryveryveryverylongname[1]: text and "
		"then some more of it",
		"x", "", ": text", "\r"};
	const size_t many = sizeof(begins) / sizeof(*begins);
	const size_t others = sizeof(ends) / sizeof(*ends);
	size_t came_here = 0;
	char line[512];
	int fd = scratch_open(scratch_path("beginnings"));

	(void)state;
	for (size_t i = 0; i < 3 * many * others * others; i++) {
		int n = snprintf(line, sizeof(line), "%s%s\n",
			begins[i / others / others % many],
			ends[(i % 2 ? i / others : i) % others]);

		scratch_write(fd, line, (size_t)n);
	}
	close(fd);
	assert_int_equal(replay_read(scratch_path("beginnings"), compare,
				 &came_here, why, sizeof(why)),
		0);
	assert_int_equal(came_here, 3 * many * others * others);
}

/* Many newlines in one block, and none for long. */
static void test_newlines(void **state)
{
	char text[9000];
	size_t lines = 0;
	int fd = scratch_open(scratch_path("newlines"));

	(void)state;
	memset(text, '\n', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i += 7)
		text[i] = 'x';
	memset(text + 3000, 'y', 4200);
	scratch_write(fd, text, sizeof(text));
	close(fd);
	assert_int_equal(replay(scratch_path("newlines")), 0);
	for (size_t i = 0; i < sizeof(text); i++)
		lines += text[i] == '\n';
	assert_int_equal(came_lines, lines);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_bytes),
		TEST(test_long_lines),
		TEST(test_longest_at_a_border),
		TEST(test_any_border),
		TEST(test_truncated),
		TEST(test_growing),
		TEST(test_compressed),
		TEST(test_damaged),
		TEST(test_input),
		TEST(test_faults),
		TEST(test_beginnings),
		TEST(test_newlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
