/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_LINES_H
#define MAILBAN_CLI_REPORT_LINES_H

#include <stddef.h>
#include <stdint.h>

struct ledger;
struct record;

/* Who takes what a log says, in the order of its lines. */
struct lines_to {
	struct ledger *ledger;
	/* Each record that counts for something; NULL: nobody asks. */
	void (*record)(void *ctx, const struct record *record);
	/* Now and then: so many lines and bytes more were read. */
	void (*read)(void *ctx, uint64_t lines, uint64_t bytes);
	void *ctx;
};

/*
 * Counts a log, a file or "-", with as many threads as there are processors;
 * however many, the counts are the same. 0, or -1 with what is wrong in why;
 * what stands before that was counted.
 */
int lines_count(
	const char *log, const struct lines_to *to, char *why, size_t room);

#endif
