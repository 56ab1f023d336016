/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_SOURCES_FOLLOW_H
#define MAILBAN_TESTS_SOURCES_FOLLOW_H

#include <stddef.h>

#include "sources/file.h"

/* Following files of scratch.h in a test, and what came of them. */

struct line;

/* As much as there is. */
#define FOLLOW_ALL (1024 * 1024)

/* What came: the lines joined with newlines; how many bytes and lines, how many
 * of them cut short. */
extern char *follow_came;
extern size_t follow_len, follow_lines, follow_cut;
extern struct file_watch *follow_watch;

/* Before and after each test: a clock that stands, a directory, a watch. */
int follow_setup(void **state);
int follow_teardown(void **state);

/* An entry of a table of tests. */
#define FOLLOW_TEST(test) \
	cmocka_unit_test_setup_teardown(test, follow_setup, follow_teardown)

/* A line comes: a source_line_fn. */
void follow_collect(void *ctx, const struct line *line);
/* Nothing came yet. */
void follow_clear(void);

/* Never NULL. */
struct file_source *follow_new(
	const char *path, enum file_start start, const char *position);
/* Ends it; where it was, in a static buffer. */
const char *follow_stop(struct file_source **source);
/* All that the kernel tells of, each source's at most so many bytes at a time.
 */
void follow_read(size_t max);
/* Reads when the kernel says so, until that has come, and clears it. */
void follow_await(const char *want);

#endif
