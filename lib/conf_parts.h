/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_CONF_PARTS_H
#define MAILBAN_LIB_CONF_PARTS_H

#include "lib/conf.h"
#include "lib/names.h"

/* What the files of conf share; not for others. */

/* Of what stands in %(...)s, and its NUL. */
#define CONF_NAME_MOST 256

struct conf_slot {
	const char *key;
	const struct conf_value *value;
};

struct conf_section {
	const char *name;
	const char *file; /* of its first heading; NULL: there was none */
	int line;
	struct conf_slot *slots;
	size_t n, room;
	struct names *numbers; /* of the slots, by their keys, from 1 */
};

/* What asking leaves behind, which changes nothing of what is asked. */
struct conf_memo {
	size_t references, bytes; /* that all values were expanded to */
	struct names *referred;	  /* NULL: not looked for yet */
};

struct conf {
	struct arena *arena;
	struct conf_section *sections;
	size_t n, room;
	struct names *numbers; /* of the sections, by their names, from 1 */
	unsigned int includes; /* files read so */
	size_t files, bytes, entries;
	bool full; /* there is more than may be: no more is read */
	struct conf_memo *memo;
};

/* value.key and value.known are set here. */
void conf_value_set(struct conf *conf, const char *section, const char *key,
	struct conf_value value);
/* The heading of a section at the place of a value. */
void conf_heading_set(
	struct conf *conf, const char *section, const struct conf_value *at);

#endif
