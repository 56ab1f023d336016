/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that change how a jail judges while it runs. Each takes hold at
 * once, in the engine, the warden and the kernel alike; a change that the
 * warden did not get would let it refuse what it should do.
 */
#include "daemon/command_jail.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/asked.h"
#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/enforce.h"
#include "daemon/engine.h"
#include "jails/jailset.h"
#include "lib/log.h"

/* The most that one attempt can count for. */
#define FAILURES_MOST 1000000

/* The jail's number, or ASKED_ALL with *error set. */
static size_t one_jail(
	const struct engine *e, const json_t *request, json_t **error)
{
	size_t jail = asked_jail(e->config, request, error);

	if (!*error && jail == ASKED_ALL)
		*error = control_error(2, "name the jail");
	return jail;
}

static json_t *set_number(
	struct engine *e, size_t number, const char *key, int64_t value)
{
	struct jail *jail = e->config->items[number].jail;
	const char *why;

	if (!jailset_number(jail, key, value, &why))
		return control_error(2, "%s: %s", key, why);
	if (!strcmp(key, "maxretry") || !strcmp(key, "findtime"))
		decisions_limits_changed(e->decisions, number);
	log_notice("[%s] %s is %lld until the next reload", jail->name, key,
		(long long)value);
	return NULL;
}

static json_t *set_usedns(struct engine *e, size_t number, const char *word)
{
	struct jail *jail = e->config->items[number].jail;

	if (!word || !jailset_usedns(jail, word))
		return control_error(
			2, "usedns: that is none of yes, warn, no and raw");
	log_notice("[%s] usedns is %s until the next reload", jail->name,
		jail_usedns_name(jail->usedns));
	return NULL;
}

/* A word that stands for addresses: NULL, or the answer why not. */
static json_t *add_name(
	struct jail *jail, const char *name, const json_t *request)
{
	struct prefix *members;
	json_t *error = NULL;
	bool room = jailset_ignore(jail, name, NULL);
	size_t n;

	if (room && json_array_size(json_object_get(request, "addresses"))) {
		members = asked_prefixes(request, &n, &error);
		for (size_t i = 0; members && room && i < n; i++)
			room = jailset_ignore(jail, name, &members[i]);
		free(members);
	}
	return room ? error : control_error(2, "ignoreip: the list is full");
}

static json_t *set_ignore(
	struct engine *e, size_t number, bool add, const json_t *request)
{
	struct jail *jail = e->config->items[number].jail;
	const char *word = json_string_value(json_object_get(request, "value"));
	json_t *error = NULL;
	struct prefix who;
	bool is_prefix;
	int r;

	if (!word || !*word || strlen(word) > 255)
		return control_error(2, "name whom to ignore");
	is_prefix = prefix_parse(word, strlen(word), &who);
	if (!add &&
		!jailset_no_longer_ignore(jail, is_prefix ? NULL : word, &who))
		error = control_error(1, "%s is not in ignoreip", word);
	else if (add && !is_prefix)
		error = add_name(jail, word, request);
	else if (add && !jailset_ignore(jail, NULL, &who))
		error = control_error(2, "ignoreip: the list is full");
	if (error)
		return error;
	log_notice("[%s] %s %s until the next reload", jail->name, word,
		add ? "is ignored" : "is no longer ignored");
	/* Orders before the new list, so that none is refused by it. */
	decisions_lift_ignored(e->decisions);
	enforce_flush(e->enforce);
	r = enforce_allow(e->enforce);
	return r < 0 ? control_error(2,
			       "%s: the kernel's allow list is as it was: %s",
			       word, strerror(-r))
		     : NULL;
}

json_t *command_jail_set(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	const char *key = json_string_value(json_object_get(request, "key"));
	const json_t *value = json_object_get(request, "value");
	json_t *error;
	size_t jail = one_jail(e, request, &error);

	(void)call;
	if (error)
		return error;
	if (!key)
		error = control_error(2, "name what to set");
	else if (!strcmp(key, "addignoreip") || !strcmp(key, "delignoreip"))
		error = set_ignore(e, jail, *key == 'a', request);
	else if (!strcmp(key, "usedns"))
		error = set_usedns(e, jail, json_string_value(value));
	else if (json_is_integer(value))
		error = set_number(e, jail, key, json_integer_value(value));
	else
		error = control_error(2, "%s: that is no number", key);
	return error ? error : control_ok(json_null());
}

json_t *command_jail_attempt(
	void *ctx, const json_t *request, struct control_call *call)
{
	struct engine *e = ctx;
	json_int_t failures =
		json_integer_value(json_object_get(request, "failures"));
	json_int_t done = 0;
	json_t *error, *refused;
	size_t jail = one_jail(e, request, &error), n;
	struct prefix *who;
	char text[PREFIX_TEXT];

	(void)call;
	if (error)
		return error;
	if (failures < 1 || failures > FAILURES_MOST)
		return control_error(2, "say how many failures");
	who = asked_prefixes(request, &n, &error);
	if (error)
		return error;
	refused = json_array();
	for (size_t i = 0; i < n; i++) {
		if (decisions_attempt(e->decisions, jail, &who[i],
			    (uint32_t)failures) == DECISION_DONE)
			done++;
		else
			json_array_append_new(refused,
				json_string(prefix_format(&who[i], text)));
	}
	free(who);
	enforce_flush(e->enforce);
	return control_ok(
		json_pack("{s:I, s:o}", "count", done, "refused", refused));
}
