/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_NEWLINES_H
#define MAILBAN_SOURCES_NEWLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many bytes are looked through at a time: few enough that they are still
 * near when the lines in them are. */
#define NEWLINES_BYTES 4096

/* For tests: as if the processor had no AVX2. */
extern bool newlines_narrow;

/*
 * Where the newlines in the n bytes at text are, n at most NEWLINES_BYTES:
 * their offsets, ascending. Returns how many.
 */
size_t newlines_find(
	const char *text, size_t n, uint16_t offsets[NEWLINES_BYTES]);

#endif
