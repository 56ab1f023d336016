/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process with the capability: takes typed requests, checks each against
 * its own rules, and writes to the kernel. It never reads a log, a file or a
 * configuration, and never believes the engine: a message that is no request
 * ends it, and an address that may not be banned is refused here once more.
 */
#include "daemon/warden.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/request.h"
#include "lib/log.h"
#include "lib/prefixset.h"
#include "nft/batch.h"
#include "nft/change.h"
#include "nft/dump.h"
#include "nft/genid.h"
#include "nft/set.h"
#include "nft/socket.h"
#include "nft/table.h"

/* Requests that one transaction may answer. */
#define TOGETHER_MOST 4096u
#define ENTRIES_ROOM (ELEMENT_BATCH_MOST + REQUEST_ENTRIES_MOST)

/* A BAN request whose entries wait in the change. */
struct waiting {
	uint32_t id;
	size_t first, n; /* its entries */
};

struct warden {
	int fd;
	struct nft_socket *nft;
	struct batch batch;
	struct change change;
	struct layout layout, draft; /* in force; coming in in parts */
	struct prefixset allow, allow_draft, special;
	bool greeted, layout_open, allow_open;
	struct request request; /* the one at hand */
	struct request_room room;
	struct waiting waiting[TOGETHER_MOST];
	size_t n_waiting;
	uint64_t stats[REPLY_VALUES];
	uint64_t restored; /* how often the table had to be made anew */
	struct reply_refused refused[REPLY_REFUSED_MOST];
	struct reply_element elements[REPLY_ELEMENTS_MOST];
	size_t n_elements;
	uint8_t in[REQUEST_MOST + 1], out[REQUEST_MOST];
};

/* What a step of the loop may end in, besides 0 = go on. */
enum { STOP_END = 1, STOP_VIOLATION, STOP_FAULT };

/* Sends; 0 or STOP_END when nobody is left to read it. */
static int tell(struct warden *w, const struct reply *reply)
{
	int n = reply_encode(reply, w->out);
	ssize_t sent;

	if (n < 0) {
		log_error("warden: a reply does not fit: %s", strerror(-n));
		return STOP_FAULT;
	}
	do
		sent = send(w->fd, w->out, (size_t)n, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? STOP_END : 0;
}

/* The end of an answer: rc is 0 or -errno, text may be NULL. */
static int tell_done(
	struct warden *w, uint32_t id, int rc, uint64_t value, const char *text)
{
	struct reply reply = {.type = REPLY_DONE, .id = id, .result = rc};

	if (rc < 0)
		w->stats[STATS_ERRORS]++;
	reply.values[0] = value;
	if (text)
		snprintf(reply.text, sizeof(reply.text), "%s", text);
	else if (rc < 0)
		snprintf(reply.text, sizeof(reply.text), "%s", strerror(-rc));
	return tell(w, &reply);
}

/* Takes a message: 0 and the request in w, or a STOP_, or -EAGAIN. */
static int take(struct warden *w, int flags)
{
	ssize_t n;

	do
		n = recv(w->fd, w->in, sizeof(w->in), flags);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	if (n <= 0)
		return STOP_END;
	if (!request_decode(&w->request, &w->room, w->in, (size_t)n)) {
		log_error("warden: %zd bytes that are no request", n);
		return STOP_VIOLATION;
	}
	w->stats[STATS_REQUESTS]++;
	return 0;
}

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
	w->stats[STATS_TRANSACTIONS]++;
	return nft_socket_commit(w->nft, &w->batch, NULL);
}

/*
 * Somebody has removed our table or a set of it ("nft flush ruleset"): makes
 * it anew. The bans that were in it are lost to us; the engine learns from
 * values[1] of its next answer that it has to send them again. This is also
 * the place for healing by the generation id.
 */
static int restore(struct warden *w)
{
	int rc = table_apply(w->nft, &w->batch, &w->layout, NULL, NULL);

	if (rc == 0)
		rc = apply_allow(w, &w->allow);
	if (rc == 0) {
		w->restored++;
		log_warning(
			"warden: table inet %s was gone, made anew", NFT_TABLE);
	}
	return rc;
}

static int handle_hello(struct warden *w)
{
	w->greeted = w->request.version == REQUEST_VERSION;
	return tell_done(w, w->request.id, w->greeted ? 0 : -EPROTO,
		REQUEST_VERSION, NULL);
}

static void draft_free(struct warden *w)
{
	free(w->draft.jails);
	w->draft = (struct layout){0};
	w->layout_open = false;
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
		stop = tell(w, &reply);
	if (rc < 0)
		snprintf(text, sizeof(text), "%s%s%s", strerror(-rc),
			fault->text[0] ? ": " : "", fault->text);
	return stop ? stop
		    : tell_done(w, w->request.id, rc, 0, rc < 0 ? text : NULL);
}

static int handle_layout(struct warden *w)
{
	const struct request *r = &w->request;
	struct nft_fault fault = {0};
	bool kept[LAYOUT_JAILS_MOST];
	struct layout_jail *jails;
	int rc;

	if (r->part & REQUEST_FIRST) {
		draft_free(w);
		w->layout_open = true;
	}
	if (!w->layout_open || w->draft.n + r->n > LAYOUT_JAILS_MOST)
		return STOP_VIOLATION;
	jails = reallocarray(
		w->draft.jails, w->draft.n + r->n + 1, sizeof(*jails));
	if (!jails)
		return STOP_FAULT;
	w->draft.jails = jails;
	memcpy(jails + w->draft.n, r->jails, r->n * sizeof(*jails));
	w->draft.n += r->n;
	if (!(r->part & REQUEST_LAST))
		return tell_done(w, r->id, 0, 0, NULL);
	w->layout_open = false;
	if (layout_has_twins(&w->draft))
		return STOP_VIOLATION;
	rc = table_apply(w->nft, &w->batch, &w->draft, kept, &fault);
	w->stats[STATS_TRANSACTIONS]++;
	if (rc == 0) {
		free(w->layout.jails);
		w->layout = w->draft;
		w->draft = (struct layout){0};
	}
	return tell_layout(w, rc, kept, &fault);
}

static int handle_allow(struct warden *w)
{
	const struct request *r = &w->request;
	struct prefixset old;
	int rc;

	if (r->part & REQUEST_FIRST) {
		prefixset_deinit(&w->allow_draft);
		w->allow_open = true;
	}
	if (!w->allow_open)
		return STOP_VIOLATION;
	for (size_t i = 0; i < r->n; i++)
		if (prefixset_add(&w->allow_draft, &r->entries[i].prefix) < 0)
			return STOP_FAULT;
	if (w->allow_draft.n > WARDEN_ALLOW_MOST)
		return STOP_VIOLATION;
	if (!(r->part & REQUEST_LAST))
		return tell_done(w, r->id, 0, 0, NULL);
	w->allow_open = false;
	rc = apply_allow(w, &w->allow_draft);
	if (rc == 0) {
		old = w->allow;
		w->allow = w->allow_draft;
		prefixset_deinit(&old);
		prefixset_init(&w->allow_draft);
	}
	return tell_done(w, r->id, rc, w->allow.n, NULL);
}

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

static const char *reason(int error)
{
	switch (error) {
	case -ERANGE:
		return "prefix too short to be banned";
	case -EADDRNOTAVAIL:
		return "loopback, multicast and the like are not banned";
	case -EPERM:
		return "in the allow list";
	case -EEXIST:
	case -ENOTEMPTY:
		return "overlaps a prefix that is banned";
	case -ENFILE:
		return "the set is full";
	default:
		return strerror(-error);
	}
}

/* The request's entries into the change, to be answered from there. */
static void gather(struct warden *w)
{
	const struct request *r = &w->request;
	bool bans = r->type == REQUEST_BAN;

	w->waiting[w->n_waiting++] =
		(struct waiting){.id = r->id, .first = w->change.n, .n = r->n};
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

static int answer(struct warden *w, const struct waiting *waiting)
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

		if (!e->error)
			continue;
		if (reply.n == 0) {
			done.result = e->error;
			snprintf(done.text, sizeof(done.text), "%s: %s",
				prefix_format(&e->element.prefix, text),
				reason(e->error));
		}
		w->refused[reply.n].index = (uint32_t)i;
		w->refused[reply.n++].error = e->error;
	}
	done.values[0] = waiting->n - reply.n;
	done.values[1] = w->restored;
	w->stats[STATS_ELEMENTS] += done.values[0];
	w->stats[STATS_ERRORS] += reply.n;
	if (reply.n > 0) {
		stop = tell(w, &reply);
		if (stop)
			return stop;
	}
	return tell(w, &done);
}

static int commit(struct warden *w, enum change_verb verb)
{
	int rc = change_commit(&w->change, verb, w->nft, &w->batch, &w->layout);
	int stop = 0;

	if (rc == -ENOENT && restore(w) == 0)
		rc = change_commit(
			&w->change, verb, w->nft, &w->batch, &w->layout);
	if (rc < 0) {
		log_error("warden: %zu elements refused: %s", w->change.n,
			strerror(-rc));
		change_refuse(&w->change, rc);
	}
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
static int handle_ban(struct warden *w, bool *more)
{
	int stop, end;

	gather(w);
	for (;;) {
		end = w->change.n >= ELEMENT_BATCH_MOST ||
				      w->n_waiting == TOGETHER_MOST
			      ? -EAGAIN
			      : take(w, MSG_DONTWAIT);
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

static int handle_unban(struct warden *w)
{
	gather(w);
	return commit(w, CHANGE_REMOVE);
}

/* The jails a request is about: one, or all. False if there is no such. */
static bool jails_of(const struct warden *w, size_t *first, size_t *end)
{
	bool all = w->request.jail == REQUEST_ALL;

	*first = all ? 0 : w->request.jail;
	*end = all ? w->layout.n : *first + 1;
	return *end <= w->layout.n;
}

static int handle_flush(struct warden *w)
{
	char name[SET_NAME];
	size_t i, end;
	int rc;

	if (!jails_of(w, &i, &end))
		return tell_done(w, w->request.id, -ENOENT, 0, NULL);
	batch_begin(&w->batch, 0);
	for (; i < end; i++)
		for (int k = 0; k < SET_JAIL_KINDS; k++)
			set_put_flush(
				&w->batch, set_name(name, (enum set_kind)k,
						   w->layout.jails[i].name));
	rc = nft_socket_commit(w->nft, &w->batch, NULL);
	w->stats[STATS_TRANSACTIONS]++;
	return tell_done(w, w->request.id, rc, 0, NULL);
}

static int send_elements(struct warden *w)
{
	struct reply reply = {.type = REPLY_ELEMENTS,
		.id = w->request.id,
		.n = w->n_elements,
		.elements = w->elements};

	w->n_elements = 0;
	return reply.n > 0 ? tell(w, &reply) : 0;
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

/* DUMP and COUNT: values[1] is 1 if it may have holes. */
static int handle_listing(struct warden *w)
{
	struct reply done = {.type = REPLY_DONE, .id = w->request.id};
	struct listing l = {.w = w};
	char name[SET_NAME];
	size_t i, end;
	int rc = 0;

	if (!jails_of(w, &i, &end))
		return tell_done(w, w->request.id, -ENOENT, 0, NULL);
	for (; i < end && rc == 0; i++) {
		for (int k = 0; k < SET_JAIL_KINDS && rc == 0; k++) {
			set_name(name, (enum set_kind)k,
				w->layout.jails[i].name);
			rc = dump_set(w->nft, (enum set_kind)k, name,
				list_element, &l);
			l.holes |= rc == -EINTR;
			rc = rc == -EINTR ? 0 : rc;
		}
	}
	if (!l.stop)
		l.stop = send_elements(w);
	if (l.stop)
		return l.stop;
	if (rc < 0)
		return tell_done(w, done.id, rc, l.count, NULL);
	done.values[0] = l.count;
	done.values[1] = l.holes;
	return tell(w, &done);
}

static int handle_genid(struct warden *w)
{
	uint32_t generation;
	int rc = genid_read(w->nft, &generation);

	return tell_done(w, w->request.id, rc, generation, NULL);
}

static int handle_stats(struct warden *w)
{
	struct reply reply = {.type = REPLY_DONE, .id = w->request.id};

	memcpy(reply.values, w->stats, sizeof(reply.values));
	return tell(w, &reply);
}

static int handle_quit(struct warden *w)
{
	int rc = w->request.flush ? table_remove(w->nft, &w->batch) : 0;

	(void)tell_done(w, w->request.id, rc, 0, NULL);
	return STOP_END;
}

static int handle(struct warden *w, bool *more)
{
	if (!w->greeted && w->request.type != REQUEST_HELLO)
		return STOP_VIOLATION;
	switch (w->request.type) {
	case REQUEST_HELLO:
		return handle_hello(w);
	case REQUEST_LAYOUT:
		return handle_layout(w);
	case REQUEST_ALLOW:
		return handle_allow(w);
	case REQUEST_BAN:
		return handle_ban(w, more);
	case REQUEST_UNBAN:
		return handle_unban(w);
	case REQUEST_FLUSH:
		return handle_flush(w);
	case REQUEST_DUMP:
	case REQUEST_COUNT:
		return handle_listing(w);
	case REQUEST_GENID:
		return handle_genid(w);
	case REQUEST_STATS:
		return handle_stats(w);
	case REQUEST_QUIT:
		return handle_quit(w);
	}
	return STOP_VIOLATION;
}

static int warden_init(struct warden *w, int fd)
{
	static const char *const special[] = {"0.0.0.0/8", "127.0.0.0/8",
		"224.0.0.0/3", "::/120", "ff00::/8"};
	struct prefix p;
	int rc;

	w->fd = fd;
	prefixset_init(&w->allow);
	prefixset_init(&w->allow_draft);
	prefixset_init(&w->special);
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
		if (!prefix_parse(special[i], strlen(special[i]), &p) ||
			prefixset_add(&w->special, &p) < 0)
			return -ENOMEM;
	rc = batch_init(&w->batch);
	if (rc == 0)
		rc = change_init(&w->change, ENTRIES_ROOM);
	if (rc == 0)
		rc = nft_socket_open(&w->nft);
	return rc;
}

static void warden_deinit(struct warden *w)
{
	nft_socket_close(&w->nft);
	change_deinit(&w->change);
	batch_deinit(&w->batch);
	prefixset_deinit(&w->special);
	prefixset_deinit(&w->allow_draft);
	prefixset_deinit(&w->allow);
	free(w->draft.jails);
	free(w->layout.jails);
}

int warden_run(int fd)
{
	struct warden *w = calloc(1, sizeof(*w));
	bool more = false;
	int stop = 0, rc;

	if (!w)
		return WARDEN_FAULT;
	rc = warden_init(w, fd);
	if (rc < 0) {
		log_error("warden: %s", strerror(-rc));
		stop = STOP_FAULT;
	}
	while (!stop) {
		if (!more)
			stop = take(w, 0);
		more = false;
		if (!stop)
			stop = handle(w, &more);
	}
	if (stop == STOP_VIOLATION)
		log_error("warden: protocol violated in \"%s\", ending",
			request_name(w->request.type));
	warden_deinit(w);
	free(w);
	return stop == STOP_END		? WARDEN_END
	       : stop == STOP_VIOLATION ? WARDEN_VIOLATION
					: WARDEN_FAULT;
}
