/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_SOURCES_SOURCE_H
#define MAILBAN_SOURCES_SOURCE_H

struct line;

/*
 * Takes one line from a source. The line and all it points to live until
 * the call returns. It must not free the source that it is called from.
 */
typedef void (*source_line_fn)(void *ctx, const struct line *line);

/* The longest line that is handed on, in bytes; the rest of it is dropped. */
#define SOURCE_LINE_MOST 65536

#endif
