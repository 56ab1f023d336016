/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is given back is gone, and all that is left works as before. */
#include "lib/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS 4000u
#define BLOCK 1024u

/* Kilobytes of memory that this process has in use. */
static long resident(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long kb = -1;

	assert_non_null(f);
	while (kb < 0 && fgets(line, sizeof(line), f))
		(void)sscanf(line, "Rss: %ld", &kb);
	fclose(f);
	return kb;
}

static int backwards(const void *a, const void *b)
{
	return -strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Relocated, and closed to writing since. */
static const char *const words[] = {"one", "two", "three"};
static int (*const compare)(const void *, const void *) = backwards;

static void what_was_freed_is_gone(void **state)
{
	static char *blocks[BLOCKS];
	long before;

	(void)state;
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		assert_non_null(blocks[i]);
		memset(blocks[i], 1, BLOCK);
	}
	/* The last keeps the heap as high as it is. */
	for (size_t i = 0; i + 1 < BLOCKS; i++)
		free(blocks[i]);
	before = resident();
	memory_settle();
#ifndef __SANITIZE_ADDRESS__
	assert_true(resident() < before - (long)(BLOCKS * BLOCK / 1024 / 2));
#endif
	assert_int_equal(blocks[BLOCKS - 1][BLOCK - 1], 1);
	free(blocks[BLOCKS - 1]);
	(void)before;
}

static void what_is_left_works(void **state)
{
	const char *copy[3];
	char text[64];

	(void)state;
	memory_settle();
	memcpy(copy, words, sizeof(copy));
	qsort(copy, 3, sizeof(*copy), compare);
	assert_string_equal(copy[0], "two");
	snprintf(text, sizeof(text), "%s %.2f", copy[2], strtod("0.25", NULL));
	assert_string_equal(text, "one 0.25");
}

static void a_copy_of_nothing_is_nothing(void **state)
{
	char *copy = memory_copy("text");

	(void)state;
	assert_string_equal(copy, "text");
	free(copy);
	assert_null(memory_copy(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_freed_is_gone),
		cmocka_unit_test(what_is_left_works),
		cmocka_unit_test(a_copy_of_nothing_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
