/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a jail is set to and whom it wants banned, for programs that were
 * written for fail2ban's answers. Only looks.
 */
#include "daemon/jailinfo.h"

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/engine.h"

static void add_prefixes(json_t *list, const struct prefixset *set, bool hosts)
{
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < set->n; i++)
		if (prefix_is_host(&set->items[i]) == hosts)
			json_array_append_new(list,
				json_string(
					prefix_format(&set->items[i], text)));
}

static json_t *ignored(const struct jail *jail)
{
	json_t *list = json_array();

	add_prefixes(list, &jail->ignoreip, false);
	for (size_t i = 0; i < jail->ignore_names_n; i++)
		json_array_append_new(
			list, json_string(jail->ignore_names[i].text));
	add_prefixes(list, &jail->ignoreip, true);
	return list;
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

json_t *jailinfo_tell(const struct engine *e, size_t number)
{
	static const char *const usedns[] = {
		[JAIL_DNS_NO] = "no",
		[JAIL_DNS_WARN] = "warn",
		[JAIL_DNS_YES] = "yes",
		[JAIL_DNS_RAW] = "raw",
	};
	const struct jail *jail = e->config->items[number].jail;
	json_t *bans = json_array();

	banlist_each(
		decisions_bans(e->decisions), (uint16_t)number, add_ban, bans);
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:s,s:b,s:o,s:o}", "name",
		jail->name, "bantime", (json_int_t)jail->bantime, "findtime",
		(json_int_t)jail->findtime, "maxretry",
		(json_int_t)jail->maxretry, "maxmatches",
		(json_int_t)jail->maxmatches, "usedns", usedns[jail->usedns],
		"ignoreself", jail->ignoreself, "ignoreip", ignored(jail),
		"bans", bans);
}
