/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bans into the kernel and out of it. Each address is checked once more here,
 * whatever the engine has decided, and what one transaction can take goes in
 * together; a ban alone must never wait for others to come.
 */
#include "daemon/warden_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/warden.h"
#include "nft/set.h"

/* 0, or why this may not be banned whoever asks. */
static int check(const struct warden *w, const struct request_entry *e)
{
	bool v4 = set_is_v4(set_kind_of(&e->prefix));

	if (e->prefix.len < (v4 ? 96 + WARDEN_V4_LEAST : WARDEN_V6_LEAST))
		return -ERANGE;
	if (prefixset_overlaps(&w->special, &e->prefix))
		return -EADDRNOTAVAIL;
	if (prefixset_overlaps(&w->allow, &e->prefix))
		return -EPERM;
	return 0;
}

/* The request's entries into the change, to be answered from there. */
static void gather(struct warden *w)
{
	const struct request *r = &w->request;
	bool bans = r->type == REQUEST_BAN;

	w->waiting[w->n_waiting++] = (struct warden_waiting){
		.id = r->id, .first = w->change.n, .n = r->n};
	for (size_t i = 0; i < r->n; i++) {
		const struct request_entry *e = &r->entries[i];
		struct change_entry entry = {.jail = r->jail,
			.element.prefix = e->prefix,
			.element.timeout = e->seconds * UINT64_C(1000),
			.refresh = e->refresh,
			.error = bans ? check(w, e) : 0};

		if (r->jail >= w->layout.n)
			entry.error = -ENOENT;
		change_put(&w->change, &entry);
	}
}

static int answer(struct warden *w, const struct warden_waiting *waiting)
{
	struct reply reply = {.type = REPLY_REFUSED,
		.id = waiting->id,
		.refused = w->refused};
	struct reply done = {.type = REPLY_DONE, .id = waiting->id};
	int stop;

	for (size_t i = 0; i < waiting->n; i++) {
		const struct change_entry *e =
			&w->change.entries[waiting->first + i];
		char text[PREFIX_TEXT];

		if (!e->error) {
			/* What is only put in again was cut off long ago. */
			if (e->refresh)
				warden_cut_add(w, e->jail, &e->element.prefix);
			continue;
		}
		if (reply.n == 0) {
			done.result = e->error;
			snprintf(done.text, sizeof(done.text), "%s: %s",
				prefix_format(&e->element.prefix, text),
				request_refusal(e->error));
		}
		w->refused[reply.n].index = (uint32_t)i;
		w->refused[reply.n++].error = e->error;
	}
	done.values[0] = waiting->n - reply.n;
	done.values[1] = w->restored;
	w->stats[STATS_ELEMENTS] += done.values[0];
	w->stats[STATS_ERRORS] += reply.n;
	if (reply.n > 0) {
		stop = warden_tell(w, &reply);
		if (stop)
			return stop;
	}
	return warden_tell(w, &done);
}

static int commit(struct warden *w, enum change_verb verb)
{
	int stop = 0, tries = 0, rc;

	if (verb == CHANGE_ADD)
		warden_rush_choose(w);
	else
		warden_rush_unban(w);
	/* Bans and unbans can be done twice. */
	do
		rc = change_commit(
			&w->change, verb, w->nft, &w->batch, &w->layout);
	while (warden_again(w, rc, &tries));
	if (rc == -ENOENT && warden_restore(w) == 0)
		rc = change_commit(
			&w->change, verb, w->nft, &w->batch, &w->layout);
	if (rc == 0 && verb == CHANGE_ADD)
		warden_rush_note(w);
	else if (rc == 0)
		warden_rush_unbanned(w);
	if (rc < 0)
		/* Of one address -EPERM is said where it is allowed. */
		change_refuse(&w->change, rc == -EPERM ? -EACCES : rc);
	w->stats[STATS_TRANSACTIONS] += w->change.transactions;
	w->stats[STATS_RETRIES] += w->change.retries;
	w->change.transactions = w->change.retries = 0;
	for (size_t i = 0; i < w->n_waiting && !stop; i++)
		stop = answer(w, &w->waiting[i]);
	w->n_waiting = 0;
	change_clear(&w->change);
	return stop;
}

/*
 * Bans, and every BAN that waits behind this one already: a burst becomes one
 * transaction, and a ban alone waits for nothing. *more: a request of another
 * type was taken and is in w.
 */
int warden_handle_ban(struct warden *w, bool *more)
{
	int stop, end;

	gather(w);
	for (;;) {
		end = w->change.n >= ELEMENT_BATCH_MOST ||
				      w->n_waiting == WARDEN_TOGETHER
			      ? -EAGAIN
			      : warden_take(w, MSG_DONTWAIT);
		if (end || w->request.type != REQUEST_BAN)
			break;
		gather(w);
	}
	*more = end == 0;
	stop = commit(w, CHANGE_ADD);
	/* What was asked before the end, or before nonsense, is done. */
	if (end > 0)
		return end;
	return stop;
}

int warden_handle_unban(struct warden *w)
{
	gather(w);
	return commit(w, CHANGE_REMOVE);
}

int warden_handle_flush(struct warden *w)
{
	char name[SET_NAME];
	size_t first, i, end;
	int rc;

	if (!warden_jails(w, &first, &end))
		return warden_tell_done(w, w->request.id, -ENOENT, 0, NULL);
	batch_begin(&w->batch, 0);
	for (i = first; i < end; i++)
		for (int k = 0; k < SET_JAIL_KINDS; k++)
			set_put_flush(
				&w->batch, set_name(name, (enum set_kind)k,
						   w->layout.jails[i].name));
	rc = warden_commit(w);
	if (rc == 0)
		warden_rush_forget(w, first, end);
	return warden_tell_done(w, w->request.id, rc, 0, NULL);
}
