/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TABLE_H
#define MAILBAN_CLI_TABLE_H

#include <stdint.h>
#include <stdio.h>

/*
 * Rows of text in aligned columns. Cells are given from left to right, row by
 * row; each is escaped (cli/text.h). Aborts when memory is out.
 */
struct table;

enum table_tone { TABLE_PLAIN, TABLE_BAD };

/*
 * heads: one word or two a column, NULL at the end; it is not copied. With a
 * leading '>' the column is set to the right.
 */
struct table *table_new(const char *const *heads);
void table_free(struct table **table);
void table_text(struct table *table, const char *text, enum table_tone tone);
void table_number(struct table *table, int64_t value);
/* Heads and rows; only the heads' row when there are none. */
void table_print(const struct table *table, FILE *to);

/*
 * The escape sequences around a bold or a bad word: empty unless to is a
 * terminal that shows colours and NO_COLOR (no-color.org) is not set.
 */
const char *table_bold(FILE *to);
const char *table_bad(FILE *to);
const char *table_plain(FILE *to);

#endif
