/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that journald cut. What a program writes to its standard output ends
 * for journald at a NUL and after LineMax= bytes too, and what follows becomes
 * an entry of its own: there a client who can write so much in one field, or a
 * NUL, would choose a whole message of the program's. journald says so in the
 * entry that ends (journald-stream.c), not in the one that follows.
 *
 * It must never take for whole what is not; streams that were pushed out by
 * others are the only exception, and their pieces would have to come after
 * those of LINEBREAK_STREAMS others.
 */
#include "sources/linebreak.h"

#include <string.h>

#include "lib/hash.h"

/* Of a stream's id, which is journald's own and random; 0 is none. */
static uint64_t name_of(const char *stream, size_t n)
{
	uint64_t h = hash_plain(stream, n);

	return h ? h : 1;
}

static bool is(const char *why, size_t n, const char *name)
{
	return why && n == strlen(name) && memcmp(why, name, n) == 0;
}

static void remember(struct linebreak *b, uint64_t stream)
{
	for (unsigned int i = 0; i < LINEBREAK_STREAMS; i++)
		if (!b->streams[i]) {
			b->streams[i] = stream;
			return;
		}
	b->streams[b->next] = stream;
	b->next = (b->next + 1) % LINEBREAK_STREAMS;
}

enum linebreak_part linebreak_note(struct linebreak *b, const char *stream,
	size_t n, const char *why, size_t why_n)
{
	/* "eof" and "pid-change" end what the program itself left open. */
	bool goes_on = is(why, why_n, "line-max") || is(why, why_n, "nul");
	uint64_t id = name_of(stream, n);

	for (unsigned int i = 0; i < LINEBREAK_STREAMS; i++)
		if (b->streams[i] == id) {
			if (!goes_on)
				b->streams[i] = 0;
			return LINEBREAK_REST;
		}
	if (!goes_on)
		return LINEBREAK_WHOLE;
	remember(b, id);
	return LINEBREAK_FIRST;
}
