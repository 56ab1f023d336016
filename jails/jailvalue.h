/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_JAILVALUE_H
#define MAILBAN_JAILS_JAILVALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "jails/jail.h"
#include "lib/conf.h"

/* One section of a configuration while its values are read and checked. */
struct jailvalue {
	const struct conf *conf;
	struct arena *arena;
	struct err *err;
	const char *section;
	size_t *ignored; /* words of ignoreip, of all sections so far */
};

/* A value with all %(...)s put in, and where it was written. */
struct jailvalue_text {
	const char *key;
	const char *text; /* NULL: the key is not set */
	const struct conf_value *value;
};

/* The value of a key, from the arena. A fault, and not set, if a reference
 * in it cannot be put in. */
struct jailvalue_text jailvalue_get(const struct jailvalue *v, const char *key);
/* The line on which that part of the text stands that begins at `at`. */
int jailvalue_line(const struct jailvalue_text *t, const char *at);
/* Whether the text's rows are those of the file; then the lines of the value
 * are theirs. */
bool jailvalue_has_rows(const struct jailvalue_text *t);

/*
 * A fault or warning about the value: "file:line: key: ...". The same one
 * about the same place, met through several jails, is told once.
 */
__attribute__((format(printf, 4, 5))) void jailvalue_fault(
	const struct jailvalue *v, const struct jailvalue_text *t,
	const char *at, const char *format, ...);
__attribute__((format(printf, 4, 5))) void jailvalue_warning(
	const struct jailvalue *v, const struct jailvalue_text *t,
	const char *at, const char *format, ...);

/* Each leaves *out alone if the key is not set or empty; a fault if the value
 * is none of its kind. False unless *out was set. */
bool jailvalue_bool(const struct jailvalue *v, const char *key, bool *out);
bool jailvalue_count(const struct jailvalue *v, const char *key, uint32_t least,
	uint32_t most, uint32_t *out);
bool jailvalue_duration(
	const struct jailvalue *v, const char *key, int64_t *out);
bool jailvalue_text(
	const struct jailvalue *v, const char *key, struct jail_text *out);

#endif
