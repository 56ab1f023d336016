/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's sets hold, told to the engine in pieces as they come: a
 * set may be larger than what the warden would want to keep.
 */
#include "daemon/warden_state.h"

#include <errno.h>

#include "nft/dump.h"
#include "nft/set.h"

/* A set that others' changes interrupt is counted so often at most: looking
 * must not hold up bans. */
#define COUNTS_MOST 4

static int send_elements(struct warden *w)
{
	struct reply reply = {.type = REPLY_ELEMENTS,
		.id = w->request.id,
		.n = w->n_elements,
		.elements = w->elements};

	w->n_elements = 0;
	return reply.n > 0 ? warden_tell(w, &reply) : 0;
}

struct listing {
	struct warden *w;
	uint64_t count;
	int stop;
	bool holes; /* the sets changed under our eyes */
};

static int list_element(const struct dump_element *e, void *context)
{
	struct listing *l = context;
	struct warden *w = l->w;

	l->count++;
	if (w->request.type == REQUEST_COUNT)
		return 0;
	w->elements[w->n_elements++] =
		(struct reply_element){.prefix = e->prefix,
			.timeout = e->timeout,
			.remaining = e->remaining,
			.packets = e->packets,
			.bytes = e->bytes};
	if (w->n_elements == REPLY_ELEMENTS_MOST)
		l->stop = send_elements(w);
	return l->stop ? -ECANCELED : 0;
}

/* One set; what is only counted is counted again where that changes nothing
 * but the count. */
static int list_set(struct listing *l, enum set_kind kind, const char *name)
{
	uint64_t before = l->count;
	int tries = 0, rc;

	do {
		if (l->w->request.type == REQUEST_COUNT)
			l->count = before;
		rc = dump_set(l->w->nft, kind, name, list_element, l);
	} while (rc == -EINTR && l->w->request.type == REQUEST_COUNT &&
		 ++tries < COUNTS_MOST);
	l->holes |= rc == -EINTR;
	return rc == -EINTR ? 0 : rc;
}

int warden_handle_listing(struct warden *w)
{
	struct reply done = {.type = REPLY_DONE, .id = w->request.id};
	struct listing l = {.w = w};
	char name[SET_NAME];
	size_t i, end;
	int rc = 0;

	if (!warden_jails(w, &i, &end))
		return warden_tell_done(w, w->request.id, -ENOENT, 0, NULL);
	for (; i < end && rc == 0; i++) {
		for (int k = 0; k < SET_JAIL_KINDS && rc == 0; k++) {
			set_name(name, (enum set_kind)k,
				w->layout.jails[i].name);
			rc = list_set(&l, (enum set_kind)k, name);
		}
	}
	if (!l.stop)
		l.stop = send_elements(w);
	if (l.stop)
		return l.stop;
	if (rc < 0)
		return warden_tell_done(w, done.id, rc, l.count, NULL);
	done.values[0] = l.count;
	done.values[1] = l.holes;
	return warden_tell(w, &done);
}
