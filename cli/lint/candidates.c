/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which failregex may match a text: those of which it holds what they cannot
 * do without, by the sieve that the daemon has for the same. Each of thousands
 * is asked about lines of its own, so none may have to ask all others. It
 * must never leave one out that matches.
 */
#include <stdlib.h>

#include "cli/lint/lint.h"
#include "filters/sieve.h"

void lintcandidates_init(struct lint *lint)
{
	lint->candidates.sieve = sieve_new(lint->n);
	for (size_t i = 0; i < lint->n; i++)
		sieve_add(lint->candidates.sieve, i,
			filter_literals(lint->filter, i));
	sieve_seal(lint->candidates.sieve);
	lint->candidates.bits =
		calloc(SIEVE_WORDS(lint->n) + 1, sizeof(uint64_t));
	lint->alone = calloc(SIEVE_WORDS(lint->n) + 1, sizeof(uint64_t));
	if (!lint->candidates.bits || !lint->alone)
		abort();
}

void lintcandidates_deinit(struct lint *lint)
{
	sieve_free(&lint->candidates.sieve);
	free(lint->candidates.bits);
	free(lint->alone);
}

const uint64_t *lintcandidates_of(struct lint *lint, const char *text, size_t n)
{
	return sieve_scan(
		       lint->candidates.sieve, text, n, lint->candidates.bits)
		       ? lint->candidates.bits
		       : NULL;
}

size_t lintcandidates_next(
	const struct lint *lint, const uint64_t *bits, size_t from)
{
	while (bits && from < lint->n) {
		uint64_t left = bits[from / 64] >> (from % 64);

		if (left)
			return from + (size_t)__builtin_ctzll(left);
		from = (from / 64 + 1) * 64;
	}
	return lint->n;
}
