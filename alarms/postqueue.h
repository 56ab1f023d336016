/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_POSTQUEUE_H
#define MAILBAN_ALARMS_POSTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

/* The longest line that is read: one of some thousand recipients. */
#define POSTQUEUE_LINE (1024 * 1024)

/*
 * A message as a line of `postqueue -j` has it (postqueue(1), "JSON OBJECT
 * FORMAT"). Sender, recipients and reasons are what strangers wrote.
 */
struct postqueue_message {
	bool hold;
	int64_t came;	    /* seconds since 1970; 0: it does not say */
	const char *sender; /* or NULL */
	struct json_t *json;
};

/*
 * Reads a line of n bytes, without its newline. False, and nothing to free, if
 * it is no message.
 */
bool postqueue_read(struct postqueue_message *m, const char *line, size_t n);
void postqueue_free(struct postqueue_message *m);

/*
 * Recipient i, from 0, and why it was put off; NULL for what is not told.
 * False behind the last.
 */
bool postqueue_recipient(const struct postqueue_message *m, size_t i,
	const char **address, const char **reason);

/* The domain of an address, which may be NULL; NULL if it has none. */
const char *postqueue_domain(const char *address);

#endif
