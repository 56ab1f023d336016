/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_SPILLS_H
#define MAILBAN_FILTERS_SPILLS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"

/* A line behind which there may be more that its client wrote. */
struct spill {
	bool is;
	bool has_who;
	struct prefix who; /* that it says it is of, if has_who */
	int64_t at;	   /* the line's time, in microseconds */
};

/* All zero, there was none. */
struct spills {
	struct spill sure;  /* is of whom it says: none was near that one */
	struct spill last;  /* whatever it says */
	struct spill other; /* the last one that says another than that */
};

/* Notes a line of who's (NULL: nobody knows) at a time. */
void spills_add(struct spills *s, const struct prefix *who, int64_t time);

/*
 * Whether a line that names who (NULL: nobody) may be the rest of one. Of what
 * begins as another program's line (renamed), only where it is known of whom.
 */
bool spills_doubt(const struct spills *s, const struct prefix *who,
	int64_t time, bool renamed);

#endif
