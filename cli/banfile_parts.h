/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_BANFILE_PARTS_H
#define MAILBAN_CLI_BANFILE_PARTS_H

/* What the files banfile*.c share, and nobody else. */

#include "cli/banfile.h"

/* BANFILE_OTHER: a head named it so; BANFILE_NONE: nothing says what would
 * stand there. */
enum banfile_column {
	BANFILE_ADDRESS,
	BANFILE_END,
	BANFILE_JAIL,
	BANFILE_START,
	BANFILE_COUNT,
	BANFILE_COLUMNS,
	BANFILE_OTHER = BANFILE_COLUMNS,
	BANFILE_NONE
};

/* What the first ones are called. */
extern const char *const banfile_columns[BANFILE_COLUMNS];

/* Where a ban stands: in a list of this name and number, by line or entry. */
struct banfile_place {
	const char *name;
	uint32_t file, line;
};

/* Room for one more; NULL and told if there is none. */
struct banfile_row *banfile_add(
	struct banfile *list, const char *name, uint32_t line, struct err *err);
/* "192.0.2.0/24" without host bits; why not (of static storage), or NULL. */
const char *banfile_prefix(const char *text, size_t n, struct prefix *out);
/* One field into its place; why it is no good (of static storage), or NULL. */
const char *banfile_take(const struct banfile *list, struct banfile_row *row,
	enum banfile_column column, const char *text);

/* Each form that a list may have: as banfile_parse(). */
void banfile_parse_lines(struct banfile *list, char *text, uint32_t file,
	const char *name, struct err *err);
void banfile_parse_json(struct banfile *list, const char *text, size_t n,
	uint32_t file, const char *name, struct err *err);
void banfile_parse_nft(struct banfile *list, char *text, uint32_t file,
	const char *name, struct err *err);

#endif
