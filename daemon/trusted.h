/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_TRUSTED_H
#define MAILBAN_DAEMON_TRUSTED_H

#include <stdbool.h>

#include "daemon/feeds.h"

struct line;

/*
 * The jails that look at a source which knows who writes, and what of its
 * lines may count for whom.
 */
struct trusted;

enum trusted_answer {
	TRUSTED_NOT_FOR_IT, /* not what the jail reads */
	TRUSTED_BELIEVED,
	TRUSTED_DOUBTED, /* it reads that, but anyone may have written it */
};

struct trusted_user {
	struct feeds_user feeds;
	uint32_t source; /* as feeds.h has it */
	/* Does the jail believe who wrote the line at hand? */
	enum trusted_answer (*ask)(
		void *ctx, size_t jail, const struct line *line);
	void *ctx;
	/* True while the jail has its lines from elsewhere; may be NULL. */
	bool (*elsewhere)(void *ctx, size_t jail);
	void *elsewhere_ctx;
};

/* Nobody looks yet. Never NULL. */
struct trusted *trusted_new(void);
void trusted_free(struct trusted **trusted);

/*
 * From now on for this configuration, which must outlive it or be replaced by
 * another call, and for nobody; then each jail with its filter's index there.
 */
void trusted_configure(struct trusted *trusted, const struct config *config,
	const struct trusted_user *user);
void trusted_add(struct trusted *trusted, size_t jail, size_t filter);

/*
 * Shows a line to those who look. What is not believed must neither count nor
 * change what a filter remembers of earlier lines.
 */
void trusted_line(struct trusted *trusted, const struct line *line);

/* Some jail that looks has its lines from nowhere else. */
bool trusted_is_needed(const struct trusted *trusted);

/* Lines that counted, and that would have if believed; since trusted_new. */
uint64_t trusted_matched(const struct trusted *trusted);
uint64_t trusted_refused(const struct trusted *trusted);

/*
 * Calls fn with how many lines were refused since the last call of it, if there
 * were any, once a minute at most: with the jail and what trusted_user's ctx
 * knows of the last.
 */
typedef void (*trusted_tell_fn)(
	void *ctx, const char *jail, unsigned long long n);
void trusted_tell(struct trusted *trusted, trusted_tell_fn fn, void *ctx);

#endif
