/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_LISTING_H
#define MAILBAN_DAEMON_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms/heavy.h"

/*
 * Who fills a queue: what `postqueue -j` lists, an object a line, comes in as
 * it is written, and goes out as the few that are in it most often.
 */
struct listing;

/* Messages that are on their way, and those on hold. */
enum listing_part { LISTING_MOVING, LISTING_HOLD, LISTING_PARTS };
/* By message; by recipient; by recipient that was put off. */
enum listing_list {
	LISTING_SENDERS,
	LISTING_DOMAINS,
	LISTING_REASONS,
	LISTING_LISTS
};
#define LISTING_TOP 5

struct listing *listing_new(void);
void listing_free(struct listing **listing);
/* Bytes of any number; what is no such object is passed over. A message whose
 * line is longer than 1 MiB, of some thousand recipients, is not looked into.
 */
void listing_take(struct listing *listing, const char *bytes, size_t n);

/* The summary; all zero is an empty queue. n 0 ends a list. */
struct listing_summary {
	struct {
		uint32_t messages;
		struct listing_name {
			uint32_t n;
			char name[HEAVY_NAME];
		} lists[LISTING_LISTS][LISTING_TOP];
	} parts[LISTING_PARTS];
};

#define LISTING_BYTES 4096
/* Once, at the end: bytes written, 0 if there is no room. */
size_t listing_encode(struct listing *listing, void *bytes, size_t room);
/* False, and *summary unusable, unless all of it is as encode makes it; names
 * are as harmless as heavy_add() makes them. */
bool listing_decode(
	const void *bytes, size_t n, struct listing_summary *summary);

/* "queue_list" of mailban status: "a@b (17), c@d (3)" of one list, cut where
 * there is no more room. */
const char *listing_text(const struct listing_summary *summary,
	enum listing_part part, enum listing_list list, char *text,
	size_t room);

#endif
