/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bans that come from elsewhere: from another host, a backup, a list. They are
 * kept apart until all of them are here and not one is wrong. After that
 * nothing may refuse one: what the warden and the kernel would not take is
 * asked beforehand, so that a list is in force whole or not at all.
 */
#include "daemon/import.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/asked.h"
#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/durable.h"
#include "daemon/engine.h"
#include "daemon/import_parts.h"
#include "daemon/warden.h"
#include "jails/jail.h"
#include "lib/clock.h"
#include "lib/log.h"

/* A ban that is longer than this is for ever: no clock gets there. */
#define END_MOST INT64_C(100000000000)

/* The same as nft/set.h: SET_PREFIXES_MOST. */
#define NETWORKS_MOST 65536

struct import {
	json_int_t id;
	const struct config *config; /* that the jails are numbered by */
	int64_t touched;	     /* monotonic */
	bool refused;
	struct ban *bans;
	size_t n, room;
};

void import_free(struct import **import)
{
	if (!*import)
		return;
	free((*import)->bans);
	free(*import);
	*import = NULL;
}

static bool is_too_wide(const struct prefix *who)
{
	return who->len <
	       (addr_is_v4(&who->net) ? 96 + WARDEN_V4_LEAST : WARDEN_V6_LEAST);
}

/* Reads one row; NULL, or why it is refused. */
static const char *take_row(
	const struct engine *e, const json_t *row, struct ban *ban)
{
	const char *who = json_string_value(json_array_get(row, 0));
	const char *jail = json_string_value(json_array_get(row, 1));
	json_int_t start = json_integer_value(json_array_get(row, 2));
	json_int_t end = json_integer_value(json_array_get(row, 3));
	json_int_t count = json_integer_value(json_array_get(row, 4));
	size_t j = 0;

	if (!who || !prefix_parse(who, strlen(who), &ban->who))
		return "no address and no network";
	while (jail && j < e->config->n &&
		strcmp(e->config->items[j].jail->name, jail) != 0)
		j++;
	if (!jail || j == e->config->n)
		return "there is no such jail";
	if (is_too_wide(&ban->who))
		return "the network is too large to be banned";
	ban->jail = (uint16_t)j;
	ban->start = start > 0 && start < END_MOST ? start : 0;
	ban->end = end < 0 || end > END_MOST ? BAN_FOREVER : end;
	ban->count = count > 0 && count < UINT32_MAX ? (uint32_t)count : 0;
	if (decisions_never_bans(e->decisions, j, &ban->who))
		return "it is never banned there: ignoreip, ignoreself or no "
		       "host's address";
	return NULL;
}

static void keep(struct import *import, const struct ban *ban)
{
	if (import->n == import->room) {
		import->room = import->room ? 2 * import->room : 1024;
		import->bans = reallocarray(
			import->bans, import->room, sizeof(*import->bans));
		if (!import->bans)
			abort();
	}
	import->bans[import->n++] = *ban;
}

/* The rows of one request; what is wrong with any of them, by its index. */
static json_t *take_rows(
	struct engine *e, struct import *import, const json_t *rows)
{
	json_t *refused = json_array(), *row;
	const char *why;
	struct ban ban;
	size_t i;

	json_array_foreach (rows, i, row) {
		why = take_row(e, row, &ban);
		if (!why && import->n == e->config->settings.max_bans)
			why = "there are more than max_bans of mailban.conf";
		if (!why)
			keep(import, &ban);
		else
			json_array_append_new(
				refused, json_pack("{s:I,s:s}", "index",
						 (json_int_t)i, "why", why));
		import->refused |= why != NULL;
	}
	return refused;
}

/* By jail and address, wider networks first; what ends last before others. */
static int compare_bans(const void *a, const void *b)
{
	const struct ban *x = a, *y = b;
	int c = (int)x->jail - (int)y->jail;

	if (!c)
		c = addr_compare(&x->who.net, &y->who.net);
	if (!c)
		c = (int)x->who.len - (int)y->who.len;
	return c ? c : (x->end < y->end) - (x->end > y->end);
}

static int64_t end_of(
	const struct engine *e, const struct ban *ban, int64_t now)
{
	int64_t bantime = e->config->items[ban->jail].jail->bantime;

	if (ban->end != 0)
		return ban->end;
	return bantime < 0 ? BAN_FOREVER : now + bantime;
}

static void gather_network(void *ctx, const struct ban *ban)
{
	if (!prefix_is_host(&ban->who))
		keep(ctx, ban);
}

static bool is_in(const struct import *import, const struct ban *ban)
{
	return import->n && bsearch(ban, import->bans, import->n, sizeof(*ban),
				    compare_bans);
}

/*
 * The kernel's ranges must not overlap. A network within another that ends no
 * sooner is banned by that one: it is left out, or lifted where it is in force
 * (into *lift). One that would outlast the wider one cannot be held; it is
 * returned, if the import is what brings it about.
 */
static const struct ban *overlap(const struct import *networks,
	const struct import *import, struct import *lift)
{
	/* Nested prefixes: no more of them than bits. */
	const struct ban *open[129];
	size_t n = 0;

	for (size_t i = 0; i < networks->n; i++) {
		const struct ban *ban = &networks->bans[i];

		while (n > 0 && (open[n - 1]->jail != ban->jail ||
					!prefix_contains(&open[n - 1]->who,
						&ban->who.net)))
			n--;
		if (n > 0 && open[n - 1]->who.len < ban->who.len) {
			if (open[n - 1]->end >= ban->end)
				keep(lift, ban);
			else if (is_in(import, ban) ||
				 is_in(import, open[n - 1]))
				return ban;
		} else if (n == 0) {
			open[n++] = ban;
		}
	}
	return NULL;
}

/* Two lists of one order: takes out of import what is in lift as well. */
static void leave_out(struct import *import, const struct import *lift)
{
	size_t kept = 0, l = 0;

	for (size_t i = 0; i < import->n; i++) {
		const struct ban *ban = &import->bans[i];

		while (l < lift->n && compare_bans(&lift->bans[l], ban) < 0)
			l++;
		if (l == lift->n || compare_bans(&lift->bans[l], ban) != 0)
			import->bans[kept++] = *ban;
	}
	import->n = kept;
}

/* Sorts, settles the ends, drops duplicates and what is over by now. */
static size_t tidy(struct engine *e, struct import *import, int64_t now)
{
	size_t kept = 0, over = 0;

	for (size_t i = 0; i < import->n; i++)
		import->bans[i].end = end_of(e, &import->bans[i], now);
	if (import->n)
		qsort(import->bans, import->n, sizeof(*import->bans),
			compare_bans);
	for (size_t i = 0; i < import->n; i++) {
		struct ban *ban = &import->bans[i];
		bool again = kept > 0 &&
			     import->bans[kept - 1].jail == ban->jail &&
			     !memcmp(&import->bans[kept - 1].who, &ban->who,
				     sizeof(ban->who));

		if (ban->end <= now)
			over++;
		else if (!again)
			import->bans[kept++] = *ban;
	}
	import->n = kept;
	return over;
}

static size_t count_new(const struct engine *e, const struct import *import)
{
	const struct banlist *bans = decisions_bans(e->decisions);
	size_t n = 0;

	for (size_t i = 0; i < import->n; i++)
		n += !banlist_find(
			bans, &import->bans[i].who, import->bans[i].jail, NULL);
	return n;
}

/* Is there a jail with more networks than the kernel's set has room for? */
static bool has_too_many(const struct import *networks, size_t lifted)
{
	size_t run = 0;

	if (networks->n <= NETWORKS_MOST + lifted)
		return false;
	for (size_t i = 0; i < networks->n; i++) {
		const struct ban *ban = &networks->bans[i];
		bool same = i > 0 && ban[-1].jail == ban->jail &&
			    addr_is_v4(&ban[-1].who.net) ==
				    addr_is_v4(&ban->who.net);

		run = same ? run + 1 : 1;
		if (run > NETWORKS_MOST + lifted)
			return true;
	}
	return false;
}

static json_t *too_many(const struct engine *e, size_t new)
{
	return control_error(2,
		"nothing is imported: with %zu bans more there are over %u, "
		"max_bans of mailban.conf",
		new, e->config->settings.max_bans);
}

static json_t *apply(struct engine *e, struct import *import, size_t over)
{
	json_int_t banned = 0, renewed = 0, known = 0;

	for (size_t i = 0; i < import->n; i++) {
		bool was = banlist_find(decisions_bans(e->decisions),
			&import->bans[i].who, import->bans[i].jail, NULL);

		/* Asked before: it does not refuse. */
		if (decisions_import(e->decisions, &import->bans[i]) !=
			DECISION_DONE)
			known++;
		else if (was)
			renewed++;
		else
			banned++;
	}
	log_notice("import: %lld banned, %lld prolonged, %lld known, %zu over",
		(long long)banned, (long long)renewed, (long long)known, over);
	return json_pack("{s:I,s:[],s:I,s:I,s:I,s:I}", "id", import->id,
		"refused", "banned", banned, "renewed", renewed, "known", known,
		"over", (json_int_t)over);
}

/* All of it goes into the state, then into the kernel. */
static json_t *put_in_force(struct engine *e, struct control_call *call,
	struct import *import, const struct import *lift, size_t over)
{
	json_t *result;

	import_hold(e);
	for (size_t i = 0; i < lift->n; i++)
		decisions_unban(
			e->decisions, lift->bans[i].jail, &lift->bans[i].who);
	result = apply(e, import, over);
	import_hold_end(e);
	return durable_answer_first(e->durable, call, result, import_release);
}

/* All of it, or an error and nothing of it. */
static json_t *commit(
	struct engine *e, struct control_call *call, struct import *import)
{
	struct import networks = {0}, lift = {0};
	const struct ban *bad;
	char text[PREFIX_TEXT];
	json_t *error = NULL, *answer;
	size_t over, before;

	over = tidy(e, import, clock_wall() / CLOCK_SECOND);
	banlist_each(decisions_bans(e->decisions), BANLIST_ALL, gather_network,
		&networks);
	for (size_t i = 0; i < import->n; i++)
		gather_network(&networks, &import->bans[i]);
	if (networks.n)
		qsort(networks.bans, networks.n, sizeof(*networks.bans),
			compare_bans);
	bad = overlap(&networks, import, &lift);
	before = import->n;
	leave_out(import, &lift);
	if (bad)
		error = control_error(2,
			"nothing is imported: [%s] %s lies in a larger network "
			"that is banned for less long",
			e->config->items[bad->jail].jail->name,
			prefix_format(&bad->who, text));
	else if (has_too_many(&networks, lift.n))
		error = control_error(2,
			"nothing is imported: a jail holds at most %d networks",
			NETWORKS_MOST);
	else if (banlist_size(decisions_bans(e->decisions)) +
			 count_new(e, import) >
		 e->config->settings.max_bans)
		error = too_many(e, count_new(e, import));
	answer = error ? error : put_in_force(e, call, import, &lift, over);
	if (before != import->n)
		log_debug("import: %zu networks lay in others",
			before - import->n);
	free(networks.bans);
	free(lift.bans);
	return answer;
}

/* The import that the request goes on with, or a new one; NULL with *error. */
static struct import *find(
	struct engine *e, const json_t *request, json_t **error)
{
	json_int_t id = json_integer_value(json_object_get(request, "id"));
	int64_t now = clock_mono();
	struct import *import = e->import;

	if (import && now - import->touched > IMPORT_SILENCE * CLOCK_SECOND) {
		import_free(&e->import);
		import = NULL;
	}
	if (id != 0 && (!import || import->id != id)) {
		*error = control_error(2, "that import is over, it was silent "
					  "for too long: begin anew");
		return NULL;
	}
	if (id != 0 && import->config != e->config) {
		import_free(&e->import);
		*error = control_error(2, "nothing is imported: the "
					  "configuration was reloaded "
					  "meanwhile; begin anew");
		return NULL;
	}
	if (id == 0 && import) {
		*error = control_error(
			2, "another import is under way; try again");
		return NULL;
	}
	if (id == 0) {
		e->import = import = calloc(1, sizeof(*import));
		if (!import)
			abort();
		import->id = ++e->imports;
		import->config = e->config;
	}
	import->touched = now;
	return import;
}

json_t *import_run(void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	struct import *import;
	json_t *answer, *refused;
	bool end = json_is_true(json_object_get(request, "commit"));

	import = find(e, request, &answer);
	if (!import)
		return answer;
	refused = take_rows(e, import, json_object_get(request, "bans"));
	if (!end || json_array_size(refused)) {
		answer = control_ok(json_pack(
			"{s:I,s:o}", "id", import->id, "refused", refused));
	} else {
		json_decref(refused);
		answer = import->refused
				 ? control_error(2, "nothing is imported: a "
						    "part was refused")
				 : commit(e, call, import);
	}
	if (end || json_is_true(json_object_get(request, "abort")))
		import_free(&e->import);
	return answer;
}
