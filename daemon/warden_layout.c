/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The warden's table and allow list: taken in parts, put in force as a whole.
 * What is in force stays so until the new one is; a half is never applied.
 */
#include "daemon/warden_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/warden.h"
#include "lib/log.h"
#include "nft/element.h"
#include "nft/set.h"
#include "nft/socket.h"
#include "nft/table.h"
#include "nft/watch.h"

/* The allow list as elements, into a batch begun. */
static int put_allow(struct warden *w, const struct prefixset *allow)
{
	struct element *e = calloc(allow->n + 1, sizeof(*e));
	char name[SET_NAME];

	if (!e)
		return -ENOMEM;
	for (int v6 = 0; v6 <= 1; v6++) {
		enum set_kind kind = v6 ? SET_ALLOW6 : SET_ALLOW4;
		size_t n = 0;

		for (size_t i = 0; i < allow->n; i++) {
			enum set_kind k = set_kind_of(&allow->items[i]);

			if (set_is_v4(k) == set_is_v4(kind))
				e[n++].prefix = allow->items[i];
		}
		set_name(name, kind, "");
		set_put_flush(&w->batch, name);
		element_put_add(&w->batch, kind, name, e, n, 0);
	}
	free(e);
	return 0;
}

static int apply_allow(struct warden *w, const struct prefixset *allow)
{
	int rc;

	batch_begin(&w->batch, 0);
	rc = put_allow(w, allow);
	if (rc < 0)
		return rc;
	return warden_commit(w);
}

/*
 * Somebody has removed our table or a set of it ("nft flush ruleset"): makes
 * it anew. The bans that were in it are lost to us; the engine learns from
 * values[1] of its next answer that it has to send them again.
 */
int warden_restore(struct warden *w)
{
	int rc = table_apply(w->nft, &w->batch, &w->layout, NULL, NULL);

	if (rc == 0)
		rc = apply_allow(w, &w->allow);
	if (rc == 0) {
		warden_rush_forget(w, 0, w->layout.n);
		warden_rush_laid_out(w, NULL);
		w->restored++;
		log_warning(
			"warden: table inet %s was gone, made anew", NFT_TABLE);
	}
	return rc;
}

static void draft_free(struct warden *w)
{
	free(w->draft.jails);
	w->draft = (struct layout){0};
	w->layout_open = false;
}

/* What a person can do about it; NULL: the kernel says it better. */
static const char *next_step(int error)
{
	switch (error) {
	case -EBUSY:
		return "a rule of somebody else's uses a set in the table "
		       "inet " NFT_TABLE " that has to be made anew; find it "
		       "with 'nft list table inet " NFT_TABLE "' and delete it";
	case -EPERM:
		return "the table inet " NFT_TABLE " belongs to another "
		       "program, which 'nft list table inet " NFT_TABLE
		       "' names; end that one";
	case -EOPNOTSUPP:
	case -EPROTONOSUPPORT:
	case -ENOENT:
		return "the kernel lacks a module of nftables; 'modprobe "
		       "nf_tables', or install this kernel's modules";
	case -EAGAIN:
		return "others change the ruleset without a pause; see 'nft "
		       "monitor'";
	default:
		return NULL;
	}
}

/* Each of them once. */
static void tell_in_use(struct warden *w, const char *set)
{
	if (set[0] && strcmp(set, w->in_use) != 0)
		log_warning("warden: the set %s is not needed any more, but a "
			    "rule of somebody else's uses it: it is emptied "
			    "and left; see 'nft list table inet " NFT_TABLE "'",
			set);
	snprintf(w->in_use, sizeof(w->in_use), "%s", set);
}

static int tell_layout(struct warden *w, int rc, const bool *kept,
	const struct nft_fault *fault)
{
	struct reply reply = {.type = REPLY_KEPT,
		.id = w->request.id,
		.n = w->layout.n,
		.kept = kept};
	char text[REPLY_TEXT];
	int stop = 0;

	if (rc == 0 && w->layout.n > 0)
		stop = warden_tell(w, &reply);
	if (rc < 0 && next_step(rc))
		snprintf(text, sizeof(text), "%s", next_step(rc));
	else if (rc < 0)
		snprintf(text, sizeof(text), "%s%s%s", strerror(-rc),
			fault->text[0] ? ": " : "", fault->text);
	return stop ? stop
		    : warden_tell_done(
			      w, w->request.id, rc, 0, rc < 0 ? text : NULL);
}

static bool same_jails(const struct layout *a, const struct layout *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->jails[i].name, b->jails[i].name) != 0)
			return false;
	return a->n == b->n;
}

/* What is in force is numbered otherwise than what is asked for from now on:
 * no ban may go into another jail's set. */
static void forget_layout(struct warden *w)
{
	warden_cut_run(w);
	warden_rush_forget(w, 0, w->layout.n);
	free(w->layout.jails);
	w->layout = (struct layout){0};
}

int warden_handle_layout(struct warden *w)
{
	const struct request *r = &w->request;
	struct table_news news;
	bool kept[LAYOUT_JAILS_MOST];
	struct layout_jail *jails;
	int rc;

	if (r->part & REQUEST_FIRST) {
		draft_free(w);
		w->layout_open = true;
	}
	if (!w->layout_open || w->draft.n + r->n > LAYOUT_JAILS_MOST)
		return WARDEN_STOP_VIOLATION;
	jails = reallocarray(
		w->draft.jails, w->draft.n + r->n + 1, sizeof(*jails));
	if (!jails)
		return WARDEN_STOP_FAULT;
	w->draft.jails = jails;
	memcpy(jails + w->draft.n, r->jails, r->n * sizeof(*jails));
	w->draft.n += r->n;
	if (!(r->part & REQUEST_LAST))
		return warden_tell_done(w, r->id, 0, 0, NULL);
	w->layout_open = false;
	if (layout_has_twins(&w->draft))
		return WARDEN_STOP_VIOLATION;
	rc = table_apply(w->nft, &w->batch, &w->draft, kept, &news);
	w->stats[STATS_TRANSACTIONS]++;
	if (rc == 0) {
		/* They are numbered by the old one. */
		warden_cut_run(w);
		warden_rush_renumber(w);
		free(w->layout.jails);
		w->layout = w->draft;
		w->draft = (struct layout){0};
		warden_rush_laid_out(w, w->watch ? NULL : kept);
		/* It is as it should be: changes count from here on. */
		if (!w->watch)
			rc = watch_open(&w->watch, w->nft);
		tell_in_use(w, news.in_use);
	} else if (!same_jails(&w->draft, &w->layout)) {
		forget_layout(w);
	}
	return tell_layout(w, rc, kept, &news.fault);
}

int warden_handle_allow(struct warden *w)
{
	const struct request *r = &w->request;
	struct prefixset old;
	int rc;

	if (r->part & REQUEST_FIRST) {
		prefixset_deinit(&w->allow_draft);
		w->allow_open = true;
	}
	if (!w->allow_open)
		return WARDEN_STOP_VIOLATION;
	for (size_t i = 0; i < r->n; i++)
		if (prefixset_add(&w->allow_draft, &r->entries[i].prefix) < 0)
			return WARDEN_STOP_FAULT;
	if (w->allow_draft.n > WARDEN_ALLOW_MOST)
		return WARDEN_STOP_VIOLATION;
	if (!(r->part & REQUEST_LAST))
		return warden_tell_done(w, r->id, 0, 0, NULL);
	w->allow_open = false;
	rc = apply_allow(w, &w->allow_draft);
	if (rc == 0) {
		old = w->allow;
		w->allow = w->allow_draft;
		prefixset_deinit(&old);
		prefixset_init(&w->allow_draft);
	}
	return warden_tell_done(w, r->id, rc, w->allow.n, NULL);
}
