/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bans that did not get into the kernel. A set that is full refuses each ban
 * of an attack, so the log must not get a line for each; and they are wanted
 * still, so that they are tried again, less and less often. So are unbans: who
 * was told that an address is free must not find it banned for hours.
 */
#include "daemon/refused.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/request.h"
#include "lib/clock.h"
#include "lib/log.h"

/* The time between two tries doubles from the first to the most. */
#define AGAIN_FIRST CLOCK_SECOND
#define AGAIN_MOST (300 * CLOCK_SECOND)
/* One of a jail in so long is told as refused for the same cause. */
#define TOLD (60 * CLOCK_SECOND)

/* What the warden's own rules refuse they always will. */
static bool is_final(int error)
{
	return error == -ERANGE || error == -EADDRNOTAVAIL || error == -EPERM ||
	       error == -EEXIST || error == -ENOTEMPTY;
}

static void tell(struct refused *r, const char *jail, const struct prefix *who,
	int error, bool ban)
{
	char text[PREFIX_TEXT], more[96] = "";
	int64_t now = clock_mono();

	if (error == r->error && now < r->until && strcmp(jail, r->jail) == 0) {
		r->untold++;
		return;
	}
	if (r->untold)
		snprintf(more, sizeof(more),
			"; %" PRIu64 " more were refused since the last of "
			"these messages",
			r->untold);
	log_error("[%s] the warden does not %s %s: %s%s", jail,
		ban ? "ban" : "unban", prefix_format(who, text),
		request_refusal(error), more);
	snprintf(r->jail, sizeof(r->jail), "%s", jail);
	r->error = error;
	r->until = now + TOLD;
	r->untold = 0;
}

void refused_keep(struct refused *r, const char *jail, const struct prefix *who)
{
	struct refused_unban *unbans = r->unbans;

	if (r->n == REFUSED_UNBANS_MOST)
		return;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		unbans = reallocarray(unbans, r->room, sizeof(*unbans));
		if (!unbans)
			abort();
		r->unbans = unbans;
	}
	snprintf(unbans[r->n].jail, sizeof(unbans->jail), "%s", jail);
	unbans[r->n++].who = *who;
}

void refused_take(struct refused *r, const char *jail, const struct prefix *who,
	int error, bool ban)
{
	tell(r, jail, who, error, ban);
	if (is_final(error))
		return;
	if (!ban)
		refused_keep(r, jail, who);
	if (r->missing)
		return;
	r->missing = true;
	r->wait = r->wait ? r->wait * 2 : AGAIN_FIRST;
	if (r->wait > AGAIN_MOST)
		r->wait = AGAIN_MOST;
	r->after = clock_mono() + r->wait;
}

bool refused_due(const struct refused *r)
{
	return r->missing && clock_mono() >= r->after;
}

struct refused_unban *refused_again(struct refused *r, size_t *n)
{
	struct refused_unban *unbans = r->unbans;

	r->missing = false;
	*n = r->n;
	r->unbans = NULL;
	r->n = r->room = 0;
	return unbans;
}

void refused_settle(struct refused *r)
{
	if (!r->missing)
		r->wait = 0;
}

void refused_deinit(struct refused *r)
{
	free(r->unbans);
	*r = (struct refused){.missing = false};
}
