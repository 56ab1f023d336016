/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a jail is set to and whom it wants banned, for programs that were
 * written for fail2ban's answers. Only looks.
 */
#include "daemon/jailinfo.h"

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/engine.h"
#include "jails/jailset.h"

/* fail2ban has them so: addresses after all else. */
static json_t *ignored(const struct jail *jail)
{
	json_t *list = json_array(), *hosts = json_array();
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < jail->ignored_n; i++) {
		const struct jail_ignored *word = &jail->ignored[i];
		bool host = !word->name && prefix_is_host(&word->prefix);

		json_array_append_new(host ? hosts : list,
			json_string(word->name ? word->name
					       : prefix_format(
							 &word->prefix, text)));
	}
	json_array_extend(list, hosts);
	json_decref(hosts);
	return list;
}

static json_t *changed_keys(const struct jail *jail)
{
	json_t *list = json_array();
	const char *key;
	bool changed;

	for (unsigned int i = 0; (key = jailset_key(jail, i, &changed)); i++)
		if (changed)
			json_array_append_new(list, json_string(key));
	return list;
}

static json_t *rows(const struct filter_row *row, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(row[i].text));
	return list;
}

static json_t *action_names(const struct jail *jail)
{
	json_t *list = json_array();

	for (size_t i = 0; i < jail->actions_n; i++)
		json_array_append_new(list, json_string(jail->actions[i]));
	return list;
}

/* null: not set, or off. */
static void tell_escalate(json_t *told, const struct jail *jail)
{
	const struct escalate *e = &jail->escalate;
	json_t *keys = json_pack("{s:b,s:b,s:I,s:I,s:s?,s:s?,s:s?}",
		"bantime.increment", e->increment, "bantime.overalljails",
		e->overalljails, "bantime.maxtime", (json_int_t)e->maxtime,
		"bantime.rndtime", (json_int_t)e->rndtime, "bantime.factor",
		jail->bantime_factor, "bantime.formula", jail->bantime_formula,
		"bantime.multipliers", jail->bantime_multipliers);
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(keys, next, key, value)
	{
		if (json_is_false(value) ||
			(json_is_integer(value) &&
				json_integer_value(value) <= 0))
			json_object_set_new(keys, key, json_null());
	}
	json_object_update(told, keys);
	json_decref(keys);
}

/* As the filter's files have it, with <HOST> and its like. */
static void tell_filter(json_t *told, const struct config *config,
	const struct config_jail *item)
{
	size_t number = config_filter(item);
	const struct filterfile none = {.maxlines = 1}, *file = &none;

	if (number != CONFIG_NO_FILTER)
		file = filter_file(config->filters[number]);
	json_object_set_new(told, "prefregex",
		file->prefregex.text ? json_string(file->prefregex.text)
				     : json_null());
	json_object_set_new(
		told, "failregex", rows(file->failregex, file->failregex_n));
	json_object_set_new(told, "ignoreregex",
		rows(file->ignoreregex, file->ignoreregex_n));
	json_object_set_new(told, "datepattern",
		file->datepattern ? json_string(file->datepattern)
				  : json_null());
	json_object_set_new(told, "maxlines", json_integer(file->maxlines));
	json_object_set_new(told, "names", json_boolean(file->names));
}

static void add_ban(void *ctx, const struct ban *ban)
{
	char text[PREFIX_TEXT];

	json_array_append_new(
		ctx, json_pack("{s:s,s:I,s:o}", "address",
			     prefix_format(&ban->who, text), "start",
			     (json_int_t)ban->start, "end",
			     ban->end == BAN_FOREVER ? json_null()
						     : json_integer(ban->end)));
}

json_t *jailinfo_settings(const struct jail *jail)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:s,s:b,s:o,s:o}", "bantime",
		(json_int_t)jail->bantime, "findtime",
		(json_int_t)jail->findtime, "maxretry",
		(json_int_t)jail->maxretry, "maxmatches",
		(json_int_t)jail->maxmatches, "usedns",
		jail_usedns_name(jail->usedns), "ignoreself", jail->ignoreself,
		"ignoreip", ignored(jail), "changed", changed_keys(jail));
}

json_t *jailinfo_tell(const struct engine *e, size_t number)
{
	const struct config_jail *item = &e->config->items[number];
	json_t *told = jailinfo_settings(item->jail), *bans = json_array();

	banlist_each(
		decisions_bans(e->decisions), (uint16_t)number, add_ban, bans);
	json_object_set_new(told, "name", json_string(item->jail->name));
	json_object_set_new(told, "bans", bans);
	json_object_set_new(told, "actions", action_names(item->jail));
	tell_escalate(told, item->jail);
	tell_filter(told, e->config, item);
	return told;
}
