/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_ATTEMPTS_H
#define MAILBAN_JAILS_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/failure.h"

struct hash_seed;

/*
 * Which attempts a jail has counted of late, and who has told of each: a
 * program that checks a password, the one that asked it to and the one that
 * sums up a connection may each write a line about one attempt.
 *
 * A line counts nothing only where it tells of attempts of its own address
 * that were counted before, that are of its connection (or of none that is
 * known), and that this witness has not told of yet; one without a witness is
 * an attempt of its own, unless its connection was summed up before, which
 * another process may have done. So an address always counts at least as many
 * attempts as any one witness tells of, whatever its client sends.
 */
struct attempts;

/* Lines about one attempt are at most so many seconds apart: where both name
 * their connection, where one does not know it, and where it has no name. */
#define ATTEMPT_NAMED 600
#define ATTEMPT_ANY 300
#define ATTEMPT_NAMELESS 60
/* So many connections of one address, open at a time, are told apart. */
#define ATTEMPT_OPEN 12

/* Of at most `most` addresses at a time. NULL with errno. */
struct attempts *attempts_new(uint32_t most, const struct hash_seed *seed);
void attempts_free(struct attempts **attempts);

/* What a failure tells of attempts, without the line's text: hashes of it. */
struct attempt {
	struct addr who;
	uint32_t hash; /* of who */
	uint64_t session;
	uint32_t user;
	uint16_t witness;
	bool has_session;
	uint32_t sum; /* failure->attempts */
};

/* Of a failure whose line is there; hash is its address's, which keytable_hash
 * gives for the seed of these. */
void attempts_read(const struct attempts *attempts,
	const struct failure *failure, uint32_t hash, struct attempt *out);
/*
 * How many attempts a failure at time (seconds since 1970 UTC) tells of that
 * were not counted before; they are from now on.
 */
uint32_t attempts_count(
	struct attempts *attempts, const struct attempt *attempt, int64_t time);
/* As of a window (jails/window.h). */
void attempts_expect(const struct attempts *attempts, uint32_t hash);
void attempts_near(const struct attempts *attempts, uint32_t hash);

/* Looks at the next few addresses, at most `most`, and drops those that no
 * line at or after now can be about. Returns how many. */
uint32_t attempts_expire(struct attempts *attempts, int64_t now, uint32_t most);

/* Addresses; those pushed out by the cap, whose attempts may count twice. */
uint32_t attempts_size(const struct attempts *attempts);
uint64_t attempts_evictions(const struct attempts *attempts);

#endif
