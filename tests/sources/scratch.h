/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_SOURCES_SCRATCH_H
#define MAILBAN_TESTS_SOURCES_SCRATCH_H

#include <stddef.h>

/* A directory of a test's own, and what its files go through. All of it
 * ends the program with a message when the system refuses. */

/* Makes one under /tmp and gives its path, a static buffer. */
const char *scratch_make(void);
/* Removes it and all in it. */
void scratch_remove(void);
/* Its path and what the format says, in one of 64 static buffers. */
__attribute__((format(printf, 1, 2))) const char *scratch_path(
	const char *format, ...);

/* Opens for appending, making the file if need be. */
int scratch_open(const char *path);
void scratch_write(int fd, const char *bytes, size_t n);
/* Appends a string to a file, opened for that. */
void scratch_append(const char *path, const char *text);
void scratch_rename(const char *from, const char *to);
void scratch_copy(const char *from, const char *to);
void scratch_truncate(const char *path);

#endif
