/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_OFFENDER_H
#define MAILBAN_JAILS_OFFENDER_H

#include <stdint.h>

#include "lib/addr.h"

struct hash_seed;

/*
 * Who was banned before, and how often: the memory of bantime.increment. By
 * jail, and with OFFENDER_ALL as the jail over all of them: whoever wants
 * bantime.overalljails counts each ban under both. Times are seconds since
 * 1970 UTC. Below 48 bytes an entry, all in.
 */
struct offenders;

#define OFFENDER_ALL UINT16_MAX

/* For at most `most` entries; above, one of the oldest makes room. */
struct offenders *offenders_new(uint32_t most, const struct hash_seed *seed);
void offenders_free(struct offenders **o);

/* How often this one was banned in this jail; 0 if it never was. *end, if not
 * NULL, is then when its last ban ends or ended. */
uint32_t offender_count(const struct offenders *o, const struct prefix *who,
	uint16_t jail, int64_t *end);
/* One more ban, until end. Returns how often it was banned now. */
uint32_t offender_add(struct offenders *o, const struct prefix *who,
	uint16_t jail, int64_t end);
/* Sets what a state store kept. */
void offender_set(struct offenders *o, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end);
/* Forgets it, in all jails below `jails` and over all. */
void offender_forget(
	struct offenders *o, const struct prefix *who, uint16_t jails);

/*
 * Looks at the next few, at most `most`, and drops those whose last ban ended
 * before `before`. Returns how many.
 */
uint32_t offenders_expire(struct offenders *o, int64_t before, uint32_t most);

uint32_t offenders_size(const struct offenders *o);
uint64_t offenders_evictions(const struct offenders *o);

/* Calls fn with each; fn must not change them. */
typedef void offender_fn(void *context, const struct prefix *who, uint16_t jail,
	uint32_t count, int64_t end);
void offenders_each(const struct offenders *o, offender_fn *fn, void *context);

#endif
