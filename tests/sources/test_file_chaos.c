/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A log through a thousand rotations of both kinds, with stops and starts: no
 * line is lost, none comes twice.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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
#include "tests/sources/follow.h"
#include "tests/sources/scratch.h"

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
	assert_int_equal(file_watch_process(follow_watch), 0);
	if (whole && roll(c, 4) == 0)
		file_watch_tick(follow_watch);
	if (!c->src)
		return;
	if (!whole)
		file_source_read(c->src, chaos_line, c, 100 + roll(c, 3000));
	while (whole && file_watch_next(follow_watch))
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
	file_watch_tick(follow_watch);
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
		strcpy(where, follow_stop(&c->src));
	} else {
		c->src = follow_new(c->log, FILE_START_BEGIN, where);
	}
}

static void test_chaos(void **state)
{
	struct chaos c = {.seed = 20261121, .log = strdup(scratch_path("log"))};

	(void)state;
	c.seen = calloc(1000000, 1);
	c.fd = scratch_open(c.log);
	c.src = follow_new(c.log, FILE_START_BEGIN, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLLOW_TEST(test_chaos),
	};

	log_setup(LOG_LEVEL_CRITICAL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
