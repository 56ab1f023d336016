/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_INI_H
#define MAILBAN_LIB_INI_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"

/*
 * One file in fail2ban's ini dialect (Python's configparser): "[section]",
 * "key = value" or "key: value" with keys lower-cased, a deeper indent
 * continues the value, '#' or ';' begins a comment line, " ;" a comment at a
 * line's end. Rows of a value are joined by newlines, blank ends cut.
 */
struct ini_entry {
	const char *section;
	const char *key; /* NULL: the section's own heading, without text */
	const char *text;
	const int *lines; /* the line in the file of each row of text */
	int rows;
};

struct ini {
	struct ini_entry *entries; /* in the file's order */
	size_t n, room;
	size_t bytes; /* of the file */
};

/* Limits that only a broken or hostile file meets: it is read up to there. */
#define INI_FILE_MOST (8u << 20)
#define INI_SECTIONS_MOST 5000
#define INI_KEYS_MOST 5000     /* in a section */
#define INI_ENTRIES_MOST 50000 /* sections and keys in all */

/*
 * Reads the file at path into ini, all memory from the arena. Faults of form
 * go to err with their lines and reading goes on. 0, or -errno if the file
 * cannot be read; no message is added for those. -EFBIG over INI_FILE_MOST,
 * -EISDIR, and -ENOTSUP for a device, a pipe or a socket: only /dev/null is as
 * good as an empty file.
 */
int ini_read(struct ini *ini, struct arena *arena, const char *path,
	struct err *err);
/* Why ini_read failed, as words behind "cannot read: ". */
const char *ini_why(int error);
/* The same for n bytes in memory; path is only for messages. */
void ini_parse(struct ini *ini, struct arena *arena, const char *path,
	const char *text, size_t n, struct err *err);

#endif
