/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ATTACKERS_H
#define MAILBAN_DAEMON_ATTACKERS_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct prefix;
struct state;

/*
 * Who attacks, for people's eyes: failures that count in a jail, by address and
 * by network (/24, and /64 of IPv6), and failed logins by mail account, on each
 * of the last nine days (local time). At most ATTACKERS_MOST of each are known;
 * those who have attacked least, and not today, make room.
 */
struct attackers;

#define ATTACKERS_MOST 4096

struct attackers *attackers_new(void);
void attackers_free(struct attackers **attackers);

/* So many failures of an address; a network is none that stands out. */
void attackers_failed(struct attackers *attackers, const struct prefix *who,
	uint32_t count, int64_t seconds);
/* So many logins of an account that failed, at a time in microseconds. */
void attackers_login(struct attackers *attackers, const char *name, size_t n,
	uint32_t count, int64_t time);

/* As counters_save and its like. Addresses do not outlive the daemon. */
void attackers_save(struct attackers *attackers, struct state *state);
void attackers_save_all(struct attackers *attackers, struct state *state);
void attackers_restore(struct attackers *attackers, struct state *state);

/*
 * The answer to the command attackers, about the day so many days ago (0 or
 * 1): of address, network, account:
 *   {days [[names, failures], ...] (the day, those before),
 *    new: how many had not attacked on the seven days before,
 *    rows [{name, failures, new}, ...] (at most `most`, up to 100)}
 */
json_t *attackers_tell(struct attackers *attackers, int ago, size_t most);

#endif
