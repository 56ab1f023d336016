/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sources/follow.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/line.h"
#include "tests/sources/scratch.h"

char *follow_came;
size_t follow_len, follow_lines, follow_cut;
struct file_watch *follow_watch;
static size_t room;

void follow_collect(void *ctx, const struct line *line)
{
	size_t need = follow_len + line->text_len + 2;

	(void)ctx;
	/* Under ASan each realloc is a copy. */
	if (need > room) {
		room = 2 * need;
		follow_came = realloc(follow_came, room);
		assert_non_null(follow_came);
	}
	memcpy(follow_came + follow_len, line->text, line->text_len);
	follow_len += line->text_len;
	follow_came[follow_len++] = '\n';
	follow_came[follow_len] = '\0';
	follow_lines++;
	follow_cut += line->cut_short;
}

void follow_clear(void)
{
	free(follow_came);
	follow_came = calloc(1, 1);
	room = 1;
	follow_len = follow_lines = follow_cut = 0;
}

void follow_read(size_t max)
{
	struct file_source *src;

	assert_int_equal(file_watch_process(follow_watch), 0);
	while ((src = file_watch_next(follow_watch)))
		file_source_read(src, follow_collect, NULL, max);
}

void follow_await(const char *want)
{
	struct pollfd p = {.fd = file_watch_fd(follow_watch), .events = POLLIN};

	follow_read(FOLLOW_ALL);
	while (follow_len < strlen(want)) {
		if (poll(&p, 1, 60000) != 1)
			break;
		follow_read(FOLLOW_ALL);
	}
	assert_string_equal(follow_came, want);
	follow_clear();
}

struct file_source *follow_new(
	const char *path, enum file_start start, const char *position)
{
	struct file_source *src;

	assert_int_equal(
		file_source_new(follow_watch, path, start, position, &src), 0);
	return src;
}

int follow_setup(void **state)
{
	(void)state;
	clock_hold(INT64_C(1795255200) * CLOCK_SECOND, CLOCK_SECOND);
	scratch_make();
	follow_watch = file_watch_new();
	follow_clear();
	return follow_watch ? 0 : -1;
}

int follow_teardown(void **state)
{
	(void)state;
	file_watch_free(&follow_watch);
	scratch_remove();
	free(follow_came);
	follow_came = NULL;
	return 0;
}

const char *follow_stop(struct file_source **src)
{
	static char position[FILE_POSITION_TEXT];

	file_source_position(*src, position);
	file_source_free(src);
	return position;
}
