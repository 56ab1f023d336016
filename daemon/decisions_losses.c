/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the caps of the tables cost: who was forgotten to make room for
 * another, and who was not banned. It is counted for as long as the daemon
 * runs, over reloads too, and told once a minute, since whoever fills a table
 * would else fill the log as well.
 */
#include "daemon/decisions_parts.h"
#include "lib/clock.h"
#include "lib/log.h"

#define TELL_EVERY 60

uint64_t decisions_evictions(const struct decisions_room *room)
{
	return room->evictions_before + window_evictions(room->window);
}

uint64_t decisions_forgotten(const struct decisions_room *room)
{
	return room->forgotten_before +
	       (room->attempts ? attempts_evictions(room->attempts) : 0);
}

void decisions_losses(const struct decisions *d, struct decision_losses *out)
{
	out->bans = d->before.bans + banlist_refused(d->bans);
	out->offenders =
		d->before.offenders + offenders_evictions(d->offenders);
}

/* How many there are more than were told a minute ago or before. */
static unsigned long long news(struct decisions_told *told, uint64_t count)
{
	int64_t now = clock_mono() / CLOCK_SECOND;
	uint64_t more = count - told->count;

	if (more == 0 || (told->at && now - told->at < TELL_EVERY))
		return 0;
	*told = (struct decisions_told){.count = count, .at = now};
	return more;
}

static void tell_room(const struct decisions *d, struct decisions_room *room)
{
	unsigned long long n;

	n = news(&room->told_evictions, decisions_evictions(room));
	if (n)
		log_warning("[%s] failures of %llu addresses were forgotten "
			    "for those of others: %u have failed; see "
			    "max_tracked in mailban.conf",
			room->jail->name, n, window_size(room->window));
	n = news(&room->told_forgotten, decisions_forgotten(room));
	if (n)
		log_warning("[%s] attempts of %llu addresses were forgotten "
			    "for those of others, and may count twice",
			room->jail->name, n);
	n = news(&room->told_kept_out, room->kept_out);
	if (n)
		log_error("[%s] %llu not banned, %s the last: %u bans are in "
			  "force; raise max_bans in mailban.conf",
			room->jail->name, n, room->kept_out_last,
			banlist_size(d->bans));
}

void decisions_tell_losses(struct decisions *d)
{
	struct decision_losses losses;
	unsigned long long n;

	for (size_t i = 0; i < d->config->n; i++)
		tell_room(d, &d->rooms[i]);
	decisions_losses(d, &losses);
	n = news(&d->told_offenders, losses.offenders);
	if (n)
		log_warning("%llu offenders were forgotten for others: their "
			    "next bans are as their first; see max_bans in "
			    "mailban.conf",
			n);
}
