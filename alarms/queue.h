/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_QUEUE_H
#define MAILBAN_ALARMS_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

/* Postfix' queues, each a directory of queue_directory (qmgr(8)). */
enum queue_name {
	QUEUE_MAILDROP,
	QUEUE_INCOMING,
	QUEUE_ACTIVE,
	QUEUE_DEFERRED,
	QUEUE_HOLD,
	QUEUE_CORRUPT,
	QUEUES
};

/* Files of a queue that are looked at one by one; the rest is counted. */
#define QUEUE_LOOKS 20000u
/* Files that are counted at all. */
#define QUEUE_MOST 4000000u

struct queue {
	uint32_t files; /* messages */
	/* Of those: complete ones. In incoming and maildrop others are still
	 * being written; elsewhere the same as files. */
	uint32_t ready;
	/* How many were looked at, and what they told: */
	uint32_t looked;
	uint64_t bytes; /* their sizes */
	/* When the oldest came, seconds since 1970; 0: not known. */
	int64_t oldest;
	bool cut; /* there are more than QUEUE_MOST */
};

/* Of a queue with more files than QUEUE_LOOKS others are looked at each time;
 * what was found so far. All zero at the start. */
struct queue_round {
	uint32_t start;	     /* the first that is looked at next */
	int64_t now, before; /* the oldest of this round, and of the last */
};

/* "maildrop" and so on; never NULL for a name below QUEUES. */
const char *queue_text(enum queue_name name);

/*
 * Counts a queue below the directory (queue_directory, which is opened anew
 * and let go). Reads names and inodes alone, through the hashed directories
 * below; opens no message. A message's age is that of its file's birth, or
 * what its long queue id tells; never its mtime, which is the next try.
 * 0, or -errno and zeroes: -ENOENT where there is no such queue.
 *
 * With a round (or NULL), the same each time, the oldest is that of all files
 * after so many calls as have looked at each; one that is gone is forgotten
 * after as many again. What a long queue id tells, is told at once.
 */
int queue_count(const char *directory, enum queue_name name,
	struct queue_round *round, struct queue *queue);

#endif
