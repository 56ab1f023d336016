/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says of itself and of a jail. The kernel's elements are
 * counted first, so the answer comes later.
 */
#include "daemon/command_status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/asked.h"
#include "daemon/audit.h"
#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/feeds.h"
#include "daemon/jailinfo.h"
#include "daemon/outbound.h"
#include "daemon/resolver.h"
#include "daemon/state.h"
#include "daemon/safe.h"
#include "lib/clock.h"

/* The word that fail2ban has for how the jail's lines come. */
static const char *backend_word(const struct config_jail *item)
{
	const char *word = item->jail->backend_word;

	if (item->journal_filter != CONFIG_NO_FILTER)
		return "systemd";
	if (item->syslog_filter != CONFIG_NO_FILTER)
		return word;
	return word && !strcmp(word, "polling") ? word : "pyinotify";
}

static json_t *jail_counts(const struct engine *e, size_t jail)
{
	struct decision_counts c;
	struct audit_jail held;

	decisions_counts(e->decisions, jail, &c);
	audit_jail(e->audit, jail, &held);
	return json_pack(
		"{s:s,s:s,s:o,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "name",
		e->config->items[jail].jail->name, "backend",
		backend_word(&e->config->items[jail]), "enforced",
		held.known ? json_integer(held.enforced) : json_null(),
		"differs", held.differs, "failed", (json_int_t)c.failed,
		"total_failed", (json_int_t)c.total_failed, "banned",
		(json_int_t)c.banned, "total_banned",
		(json_int_t)c.total_banned, "ignored", (json_int_t)c.ignored,
		"repeated", (json_int_t)c.repeated, "refused",
		(json_int_t)c.refused, "evictions", (json_int_t)c.evictions,
		"forgotten", (json_int_t)c.forgotten);
}

static json_t *filter_limits(const struct engine *e)
{
	json_int_t limits = 0;

	for (size_t i = 0; i < e->config->filters_n; i++)
		limits += (json_int_t)filter_counts(e->config->filters[i])
				  ->limits;
	return json_integer(limits);
}

/* Failures of names, which ban whoever they are found to be, or nobody. */
static json_t *filter_named(const struct engine *e)
{
	json_int_t named = 0;

	for (size_t i = 0; i < e->config->filters_n; i++)
		named +=
			(json_int_t)filter_counts(e->config->filters[i])->named;
	return json_integer(named);
}

static json_t *names_counts(const struct engine *e)
{
	struct resolver_counts c;

	resolver_counts(e->resolver, &c);
	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "asked", (json_int_t)c.asked,
		"cached", (json_int_t)c.cached, "not_found",
		(json_int_t)c.not_found, "dropped", (json_int_t)c.dropped,
		"waiting", (json_int_t)c.waiting);
}

/* Whom no jail bans, so that nobody is locked out. */
static json_t *safe_list(const struct safe *safe)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < safe->n; i++)
		json_array_append_new(
			list, json_pack("{s:s,s:s}", "address",
				      addr_format(&safe->items[i].who, text),
				      "why", safe->items[i].why));
	return list;
}

static json_t *status_all(const struct engine *e)
{
	json_t *jails = json_array(), *sources = json_array(), *status;
	json_int_t lines = 0, matched = 0;
	struct enforce_counts counts;
	struct decision_losses losses;

	for (size_t i = 0; i < e->config->n; i++)
		json_array_append_new(jails, jail_counts(e, i));
	for (size_t i = 0; i < feeds_count(e->feeds); i++) {
		struct feed_status s;

		feeds_status(e->feeds, i, &s);
		lines += (json_int_t)s.lines;
		matched += (json_int_t)s.matched;
		json_array_append_new(sources,
			json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:s?}",
				"name", s.name, "kind", s.kind, "lines",
				(json_int_t)s.lines, "matched",
				(json_int_t)s.matched, "cut", (json_int_t)s.cut,
				"refused", (json_int_t)s.refused, "full",
				(json_int_t)s.full, "lag", (json_int_t)s.lag,
				"trouble", s.trouble));
	}
	enforce_counts(e->enforce, &counts);
	decisions_losses(e->decisions, &losses);
	status = json_pack(
		"{s:s,s:i,s:I,s:b,s:I,s:I,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:I,s:I,"
		"s:o,s:o,s:o}",
		"version", MAILBAN_VERSION, "pid", (int)getpid(), "uptime",
		(json_int_t)(clock_mono() / CLOCK_SECOND - e->started),
		"dry_run", e->options.dry_run, "lines", lines, "matched",
		matched, "given_up", filter_limits(e), "named", filter_named(e),
		"names", names_counts(e), "bans_refused",
		(json_int_t)losses.bans, "offenders_forgotten",
		(json_int_t)losses.offenders, "transactions",
		(json_int_t)counts.transactions, "elements",
		(json_int_t)counts.elements, "errors",
		(json_int_t)counts.errors, "disconnected",
		(json_int_t)counts.cut, "jails", jails, "sources", sources,
		"allowed", safe_list(&e->config->safe));
	json_object_set_new(status, "state_trouble",
		state_trouble(e->state) ? json_string(state_trouble(e->state))
					: json_null());
	alarms_tell(e->alarms, status);
	outbound_tell_alarms(e->outbound, json_object_get(status, "alarms"));
	alarms_tell_states(status);
	return status;
}

static void add_address(void *ctx, const struct ban *ban)
{
	char text[PREFIX_TEXT];

	json_array_append_new(ctx, json_string(prefix_format(&ban->who, text)));
}

static json_t *match_text(const struct config_jail *item)
{
	char text[2048] = "";

	for (size_t i = 0; i < item->match_n; i++)
		for (size_t k = 0; k < item->match[i].n; k++) {
			if (text[0])
				strncat(text, k ? " " : " + ",
					sizeof(text) - strlen(text) - 1);
			strncat(text, item->match[i].fields[k],
				sizeof(text) - strlen(text) - 1);
		}
	return text[0] ? json_string(text) : json_null();
}

static json_t *status_jail(const struct engine *e, size_t jail)
{
	const struct config_jail *item = &e->config->items[jail];
	json_t *status = jail_counts(e, jail), *files = json_array();
	json_t *addresses = json_array(), *settings;
	const char *file;

	for (size_t i = 0; (file = feeds_of_jail(e->feeds, jail, i)); i++)
		json_array_append_new(files, json_string(file));
	banlist_each(decisions_bans(e->decisions), (uint16_t)jail, add_address,
		addresses);
	json_object_set_new(status, "filter",
		json_string(item->jail->filter.text ? item->jail->filter.text
						    : ""));
	json_object_set_new(status, "files", files);
	json_object_set_new(status, "journal",
		json_boolean(item->journal_filter != CONFIG_NO_FILTER));
	json_object_set_new(status, "journalmatch", match_text(item));
	json_object_set_new(status, "addresses", addresses);
	settings = jailinfo_settings(item->jail);
	json_object_update(status, settings);
	json_decref(settings);
	return status;
}

/* A status that is told once the kernel's elements are counted. */
struct status {
	struct engine *engine;
	struct control_call *call;
	char jail[LAYOUT_NAME_MOST + 1]; /* "" = all */
};

static json_t *tell_status(const struct engine *e, size_t jail)
{
	return control_ok(
		jail == ASKED_ALL ? status_all(e) : status_jail(e, jail));
}

/* A reload may have come between. */
static void on_audit(void *ctx)
{
	struct status *s = ctx;
	const struct config *config = s->engine->config;
	size_t jail = ASKED_ALL;

	for (size_t i = 0; s->jail[0] && i < config->n; i++)
		if (strcmp(config->items[i].jail->name, s->jail) == 0)
			jail = i;
	control_reply(s->call,
		s->jail[0] && jail == ASKED_ALL
			? control_error(
				  2, "the jail '%s' has just gone", s->jail)
			: tell_status(s->engine, jail));
	free(s);
}

json_t *command_status(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error;
	size_t jail = asked_jail(e->config, request, &error);
	struct status *s;

	if (error)
		return error;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->engine = e;
	s->call = call;
	if (jail != ASKED_ALL)
		strcpy(s->jail, e->config->items[jail].jail->name);
	if (audit_ask(e->audit, on_audit, s))
		return NULL;
	free(s);
	return tell_status(e, jail);
}
