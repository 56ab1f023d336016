/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ENFORCE_H
#define MAILBAN_DAEMON_ENFORCE_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/warden_client.h"
#include "jails/banlist.h"

struct config;

/*
 * The way from decisions to the warden: bans and unbans are gathered, in
 * order, and sent a jail at a time when the caller has read what there was.
 */
struct enforce;

/*
 * What it asks of who decides. lost: the warden tells that somebody had removed
 * our table and it was made anew, empty, or that others changed the ruleset, be
 * it in our table or not, or there is room now for what was refused: every ban
 * is to be given to enforce_keep again. wants: is this one banned in the jail
 * of this index? What the kernel would not lift is lifted later if it is not.
 */
struct enforce_user {
	void (*lost)(void *ctx);
	bool (*wants)(void *ctx, size_t jail, const struct prefix *who);
	void *ctx;
};

/* client NULL: nothing is enforced (mailband -n). The client stays the
 * caller's and must outlive it. */
struct enforce *enforce_new(
	struct warden_client *client, const struct enforce_user *user);
void enforce_free(struct enforce **enforce);

/*
 * Sends the table's layout and the allow list of this configuration, which
 * must outlive it or be replaced by another call. 0 or -errno: -EBUSY if what
 * was gathered before it could not be handed over; nothing has changed then.
 */
int enforce_layout(struct enforce *enforce, const struct config *config);

/* The allow list anew, as the configuration's jails have it now. 0 or -errno
 * as above. */
int enforce_allow(struct enforce *enforce);

void enforce_ban(struct enforce *enforce, const struct ban *ban);
/* The same where the kernel may have it still: then its time there stays. */
void enforce_keep(struct enforce *enforce, const struct ban *ban);
/* One of many that are kept, at the start: as many as go together are handed
 * over at once, and the kernel takes them while others are still read. */
void enforce_restore(struct enforce *enforce, const struct ban *ban);
void enforce_unban(struct enforce *enforce, const struct ban *ban);
/* Hands what was gathered to the warden, as far as its queue takes it. */
void enforce_flush(struct enforce *enforce);
/* True if something is gathered that enforce_flush would send. */
bool enforce_waits(const struct enforce *enforce);

/* For status: transactions and elements so far, as the warden last told. */
struct enforce_counts {
	uint64_t transactions, elements, errors;
	uint64_t cut; /* connections that were ended */
};
void enforce_counts(const struct enforce *enforce, struct enforce_counts *out);
/* To be called now and then: new counts, and what healing had to wait. */
void enforce_look_again(struct enforce *enforce);

#endif
