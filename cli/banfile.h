/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_BANFILE_H
#define MAILBAN_CLI_BANFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/layout.h"

/* The end of a ban that has none, and of one that does not say. */
#define BANFILE_FOREVER INT64_C(-1)
#define BANFILE_UNSAID INT64_C(0)

/* One ban of a list; what it does not say is empty or 0. */
struct banfile_row {
	struct prefix who;
	char jail[LAYOUT_NAME_MOST + 1];
	int64_t start, end; /* seconds since 1970 */
	uint32_t count;
	uint32_t file, line; /* where it stands */
	bool entry;	     /* JSON: line is the number of the entry */
};

struct banfile {
	struct banfile_row *rows;
	size_t n, room;
	int64_t now; /* seconds since 1970: what a duration counts from */
};

/* A list has at most so many bytes and bans; more is a fault. */
#define BANFILE_BYTES_MOST ((size_t)256 << 20)
/* Of JSON, which is held whole, so many values: about 600,000 bans as mailban
 * export writes them. */
#define BANFILE_JSON_MOST ((size_t)4 << 20)
#define BANFILE_ROWS_MOST ((size_t)4 << 20)
/* And a line that is no list of elements so many bytes. */
#define BANFILE_LINE_MOST 4096

/*
 * Adds the bans of one list, of number `file` and called name in messages:
 *   lines    ADDRESS [END [JAIL [START [COUNT]]]], # begins a comment
 *   CSV      the same with commas, or the columns that its first line names
 *   JSON     an array of addresses, or of objects as `mailban list` has them
 *   nft(8)   add element inet mailban SET { ... }, or a listing of its sets
 * Which it is shows from its first bytes. Every fault goes to err with its
 * line; what is told then of the rest may be too little. Any bytes are safe.
 */
void banfile_read(struct banfile *list, FILE *from, uint32_t file,
	const char *name, struct err *err);
/* The same of n bytes with a NUL behind them, which it changes. */
void banfile_parse(struct banfile *list, char *text, size_t n, uint32_t file,
	const char *name, struct err *err);
void banfile_deinit(struct banfile *list);

#endif
