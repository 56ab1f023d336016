/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_AGES_H
#define MAILBAN_ALARMS_AGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times that the wall clock was set which are remembered. */
#define AGES_ERAS 32

/* What the wall clock went through; all zero at the start. */
struct ages {
	struct age_era {
		int64_t offset;	    /* wall - monotonic */
		int64_t begin, end; /* wall; of the last one: so far */
	} eras[AGES_ERAS];
	size_t n;
	int64_t seen; /* monotonic: the last look */
};

/* Both clocks as they are now, microseconds; at each look. */
void ages_see(struct ages *ages, int64_t now, int64_t wall);

/*
 * How old a file is that was born at that second since 1970, in seconds by the
 * clock that nobody sets; 0 for one that is not born yet. Of two moments of the
 * same name it is the later.
 */
double ages_of(const struct ages *ages, int64_t born, int64_t now);

/* Whether the wall clock is where it has been before, so that what was born
 * long ago may look younger than it is. */
bool ages_unsure(const struct ages *ages);

#endif
