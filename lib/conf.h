/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_CONF_H
#define MAILBAN_LIB_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/err.h"

/*
 * Several ini files laid over each other as fail2ban does it: a later file's
 * key overrides, what it overrode stays reachable as %(known/key)s, and
 * [DEFAULT] is the fallback of every section. Everything lives in the arena
 * that the conf was made with.
 */
struct conf;

struct conf_value {
	const char *key;
	const char *file; /* where it was written, for messages */
	int line;
	const char *text; /* as written, not interpolated */
	const int *lines; /* the file's line of each row of text */
	int rows;
	const struct conf_value *known; /* what it overrode, or NULL */
};

struct conf *conf_new(struct arena *arena);

/*
 * Lays the file at path over conf: first what its [INCLUDES] before names,
 * each with its own .local, then itself, then after. Names of includes are
 * relative to the including file's directory; if not there, to that of
 * fallback_dir (may be NULL). 0, or -errno if this file cannot be read; what
 * is wrong inside is told in err.
 */
int conf_read(struct conf *conf, const char *path, const char *fallback_dir,
	struct err *err);

/*
 * NAME.conf, NAME.d/(any).conf, NAME.local, NAME.d/(any).local in dir, each if
 * it is there, sorted by name. Returns how many files were read; one that is
 * there and cannot be read is a fault.
 */
int conf_read_tree(struct conf *conf, const char *dir, const char *name,
	const char *fallback_dir, struct err *err);

/* In the section, else in [DEFAULT]; NULL if in neither. */
const struct conf_value *conf_find(
	const struct conf *conf, const char *section, const char *key);
/* Only in the section itself. */
const struct conf_value *conf_find_own(
	const struct conf *conf, const char *section, const char *key);

/* Sections in the order they first came, [DEFAULT] and [INCLUDES] left out. */
size_t conf_sections(const struct conf *conf);
const char *conf_section(const struct conf *conf, size_t i);
bool conf_has_section(const struct conf *conf, const char *section);
/* The keys of a section's own values, in the order they first came. */
size_t conf_keys(const struct conf *conf, const char *section);
const char *conf_key(const struct conf *conf, const char *section, size_t i);

/* Where the section's first heading stands: the file, and *line; NULL if
 * there is none of that name. */
const char *conf_section_place(
	const struct conf *conf, const char *section, int *line);

typedef bool (*conf_text_fn)(const char *text, const char *word);
/* Whether fn is true of the text, as it is written, of any value, also of one
 * that was overridden. */
bool conf_any_text(const struct conf *conf, conf_text_fn fn, const char *word);
/* Whether any value has a %(key)s, with or without a section in it. */
bool conf_refers(const struct conf *conf, const char *key);

/* Adds or overrides one value, as if a later file had it at file:line. */
void conf_set(struct conf *conf, const char *section, const char *key,
	const char *text, const char *file, int line);

/*
 * The text of value with %(key)s, %(known/key)s, %(section/key)s,
 * %(default/key)s, %(__name__)s and %% put in, to a depth of 10. NULL when a
 * reference has no value or the depth is exceeded: then err has a fault at the
 * value's file and line. At most CONF_TEXT_MOST bytes; the caller frees.
 */
char *conf_expand(const struct conf *conf, const char *section,
	const struct conf_value *value, struct err *err);

#define CONF_TEXT_MOST (1u << 20)

/*
 * "yes", "true", "on" or "1", or their opposites, in any case, as
 * configparser's getboolean has them. False, and *out as it was, if text is
 * none of these.
 */
bool conf_bool(const char *text, bool *out);

#endif
