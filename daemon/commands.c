/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a running daemon answers over its control socket, a function for each
 * command. list asks the warden first, so its answer comes later.
 */
#include "daemon/commands.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/asked.h"
#include "daemon/attackers.h"
#include "daemon/command_jail.h"
#include "daemon/command_status.h"
#include "daemon/config.h"
#include "daemon/counters.h"
#include "daemon/decisions.h"
#include "daemon/durable.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "daemon/import.h"
#include "daemon/jailinfo.h"
#include "daemon/list.h"
#include "daemon/outbound.h"
#include "daemon/state.h"
#include "lib/log.h"

static json_t *ban_all(struct engine *e, struct control_call *call, size_t jail,
	const struct prefix *who, size_t n, int64_t seconds)
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
	return durable_answer(e->durable, call,
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

	if (error)
		return error;
	if (jail == ASKED_ALL)
		return control_error(2, "name the jail to ban in");
	who = asked_prefixes(request, &n, &error);
	if (error)
		return error;
	answer = ban_all(e, call, jail, who, n, seconds);
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
	return durable_answer(
		e->durable, call, json_pack("{s:I}", "count", done));
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
	return durable_answer(
		e->durable, call, json_pack("{s:I}", "count", done));
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
	const struct engine *e = ctx;
	json_t *answer;
	char *why;

	(void)call;
	if (engine_reload(ctx, json_string_value(only), &why))
		return control_ok(
			json_pack("{s:I}", "jails", (json_int_t)e->config->n));
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

static json_t *run_accounts(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;

	(void)call;
	return control_ok(outbound_tell(e->outbound,
		json_string_value(json_object_get(request, "account"))));
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
	{"status", CONTROL_LOOK, command_status},
	{"list", CONTROL_LOOK, run_list},
	{"counters", CONTROL_LOOK, run_counters},
	{"history", CONTROL_LOOK, run_history},
	{"attackers", CONTROL_LOOK, run_attackers},
	{"accounts", CONTROL_LOOK, run_accounts},
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
