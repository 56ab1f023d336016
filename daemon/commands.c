/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a running daemon answers over its control socket, a function for each
 * command. list asks the warden first, so its answer comes later.
 */
#include "daemon/commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/asked.h"
#include "daemon/attackers.h"
#include "daemon/audit.h"
#include "daemon/command_jail.h"
#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/feeds.h"
#include "daemon/import.h"
#include "daemon/jailinfo.h"
#include "daemon/list.h"
#include "daemon/resolver.h"
#include "daemon/state.h"
#include "lib/clock.h"
#include "lib/log.h"

/* The word that fail2ban has for how the jail's lines come. */
static const char *backend_word(const struct config_jail *item)
{
	const char *word = item->jail->backend_word;

	if (item->journal_filter != CONFIG_NO_FILTER)
		return "systemd";
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
			json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s?}", "name",
				s.name, "kind", s.kind, "lines",
				(json_int_t)s.lines, "matched",
				(json_int_t)s.matched, "cut", (json_int_t)s.cut,
				"refused", (json_int_t)s.refused, "lag",
				(json_int_t)s.lag, "trouble", s.trouble));
	}
	enforce_counts(e->enforce, &counts);
	decisions_losses(e->decisions, &losses);
	status = json_pack(
		"{s:s,s:i,s:I,s:b,s:I,s:I,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:I,s:I,"
		"s:o,s:o,s:o}",
		"version", MAILBAN_VERSION, "pid", (int)getpid(), "uptime",
		(json_int_t)(clock_wall() / CLOCK_SECOND - e->started),
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
	alarms_tell(e->alarms, status);
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

static json_t *run_status(
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

static json_t *ban_all(struct engine *e, size_t jail, const struct prefix *who,
	size_t n, int64_t seconds)
{
	json_t *refused = json_array();
	char text[PREFIX_TEXT];
	json_int_t done = 0;

	for (size_t i = 0; i < n; i++) {
		prefix_format(&who[i], text);
		switch (decisions_ban(e->decisions, jail, &who[i], seconds)) {
		case DECISION_DONE:
			done++;
			break;
		case DECISION_NOTHING:
			break;
		case DECISION_IGNORED:
			json_array_append_new(refused, json_string(text));
			break;
		case DECISION_FULL:
			enforce_flush(e->enforce);
			json_decref(refused);
			return control_error(2,
				"%s is not banned: max_bans of mailban.conf "
				"is reached",
				text);
		}
	}
	enforce_flush(e->enforce);
	engine_save(e);
	return control_ok(
		json_pack("{s:I, s:o}", "count", done, "refused", refused));
}

static json_t *run_ban(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error, *answer;
	size_t jail = asked_jail(e->config, request, &error), n;
	int64_t seconds = json_integer_value(json_object_get(request, "time"));
	struct prefix *who;

	(void)call;
	if (error)
		return error;
	if (jail == ASKED_ALL)
		return control_error(2, "name the jail to ban in");
	who = asked_prefixes(request, &n, &error);
	if (error)
		return error;
	answer = ban_all(e, jail, who, n, seconds);
	free(who);
	return answer;
}

static json_t *run_confirm(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error;
	size_t jail = asked_jail(e->config, request, &error), n;
	int64_t seconds = json_integer_value(json_object_get(request, "time"));
	struct prefix *who;
	json_int_t done = 0;

	(void)call;
	if (error)
		return error;
	if (jail == ASKED_ALL)
		return control_error(2, "name the jail of the bans");
	who = asked_prefixes(request, &n, &error);
	if (error)
		return error;
	for (size_t i = 0; i < n; i++)
		done += decisions_confirm(e->decisions, jail, &who[i],
				seconds) == DECISION_DONE;
	free(who);
	enforce_flush(e->enforce);
	return control_ok(json_pack("{s:I}", "count", done));
}

static void gather_ban(void *ctx, const struct ban *ban)
{
	struct ban **next = ctx;

	*(*next)++ = *ban;
}

/* Lifts every ban of a jail, or of all with ASKED_ALL. */
static json_int_t unban_everyone(struct engine *e, size_t jail)
{
	const struct banlist *bans = decisions_bans(e->decisions);
	uint32_t n = jail == ASKED_ALL ? banlist_size(bans)
				       : banlist_size_of(bans, (uint16_t)jail);
	struct ban *all = calloc(n + 1, sizeof(*all)), *next = all;

	if (!all)
		abort();
	banlist_each(bans, jail == ASKED_ALL ? BANLIST_ALL : (uint16_t)jail,
		gather_ban, &next);
	for (uint32_t i = 0; i < n; i++)
		decisions_unban(e->decisions, all[i].jail, &all[i].who);
	free(all);
	return n;
}

static json_int_t unban_some(
	struct engine *e, size_t jail, const struct prefix *who, size_t n)
{
	json_int_t done = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < e->config->n; j++)
			if (jail == ASKED_ALL || jail == j)
				done += decisions_unban(e->decisions, j,
						&who[i]) == DECISION_DONE;
	return done;
}

static json_t *run_unban(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error;
	size_t jail = asked_jail(e->config, request, &error), n;
	struct prefix *who;
	json_int_t done;

	(void)call;
	if (error)
		return error;
	if (json_is_true(json_object_get(request, "all"))) {
		done = unban_everyone(e, jail);
	} else {
		who = asked_prefixes(request, &n, &error);
		if (error)
			return error;
		done = unban_some(e, jail, who, n);
		free(who);
	}
	enforce_flush(e->enforce);
	engine_save(e);
	return control_ok(json_pack("{s:I}", "count", done));
}

static json_t *run_list(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error;
	size_t jail = asked_jail(e->config, request, &error);

	if (error)
		return error;
	return list_begin(e, jail == ASKED_ALL ? LIST_ALL : jail, call);
}

static json_t *run_jail(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_t *error;
	size_t jail = asked_jail(e->config, request, &error);

	(void)call;
	if (error)
		return error;
	if (jail == ASKED_ALL)
		return control_error(2, "name the jail to look at");
	return control_ok(jailinfo_tell(e, jail));
}

static json_t *run_reload(
	void *ctx, const json_t *request, struct control_call *call)
{
	const json_t *only = json_object_get(request, "jail");
	json_t *answer;
	char *why;

	(void)call;
	if (engine_reload(ctx, json_string_value(only), &why))
		return control_ok(json_null());
	answer = control_error(2,
		"%s (the old configuration is still in force; mailband -t "
		"shows all faults)",
		why ? why : "the configuration is faulty");
	free(why);
	return answer;
}

static json_t *run_counters(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;

	(void)request;
	(void)call;
	return control_ok(counters_tell(e->counters));
}

static json_t *run_history(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_int_t since =
		json_integer_value(json_object_get(request, "since"));

	(void)call;
	return control_ok(counters_history(e->counters, since));
}

static json_t *run_attackers(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_int_t ago = json_integer_value(json_object_get(request, "ago"));
	json_int_t most = json_integer_value(json_object_get(request, "most"));

	(void)call;
	if (ago < 0 || ago > 1 || most < 0)
		return control_error(2, "ago is 0 or 1, most is from 0 on");
	return control_ok(attackers_tell(e->attackers, (int)ago, (size_t)most));
}

static json_t *run_mark(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;

	(void)call;
	counters_mark(e->counters,
		json_integer_value(json_object_get(request, "id")));
	return control_ok(json_null());
}

/* What clients ask of the daemon itself. */
static json_t *run_settings(
	void *ctx, const json_t *request, struct control_call *call)
{
	const struct engine *e = ctx;

	(void)request;
	(void)call;
	return control_ok(json_pack("{s:s, s:b, s:s?, s:I, s:s?, s:s?}",
		"loglevel", log_level_name(e->config->settings.loglevel),
		"journal", log_is_journal(), "database", state_file(e->state),
		"purge_age", (json_int_t)DECISIONS_DAYS * 86400,
		"zabbix_server", e->config->settings.zabbix_server,
		"zabbix_host", e->config->settings.zabbix_host));
}

/* Until the next reload. */
static json_t *run_loglevel(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	const char *name =
		json_string_value(json_object_get(request, "loglevel"));
	int level = name ? log_level_parse(name) : -1;

	(void)call;
	if (level < 0)
		return control_error(
			2, "there is no loglevel '%s'", name ? name : "?");
	e->config->settings.loglevel = (enum log_level)level;
	log_setup(e->config->settings.loglevel);
	return control_ok(json_null());
}

const struct control_command commands[] = {
	{"status", CONTROL_LOOK, run_status},
	{"list", CONTROL_LOOK, run_list},
	{"counters", CONTROL_LOOK, run_counters},
	{"history", CONTROL_LOOK, run_history},
	{"attackers", CONTROL_LOOK, run_attackers},
	{"jail", CONTROL_LOOK, run_jail},
	{"settings", CONTROL_LOOK, run_settings},
	{"ban", CONTROL_CHANGE, run_ban},
	{"confirm", CONTROL_CHANGE, run_confirm},
	{"unban", CONTROL_CHANGE, run_unban},
	{"mark", CONTROL_CHANGE, run_mark},
	{"import", CONTROL_CHANGE, import_run},
	{"set", CONTROL_CHANGE, command_jail_set},
	{"attempt", CONTROL_CHANGE, command_jail_attempt},
	{"loglevel", CONTROL_CHANGE, run_loglevel},
	{"reload", CONTROL_CHANGE, run_reload},
	{NULL, CONTROL_CHANGE, NULL},
};
