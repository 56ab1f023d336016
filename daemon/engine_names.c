/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures of names: each is looked up in another process, and whoever it is
 * found to be fails in its place. A stranger may choose the name, so what the
 * log says of it has a limit.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/engine_parts.h"
#include "daemon/lookup.h"
#include "daemon/resolver.h"
#include "filters/failure.h"
#include "lib/clock.h"
#include "lib/log.h"

/* Lines about names that one second may write. */
#define NAMES_A_SECOND 50

static bool looks_up(const struct jail *jail)
{
	return jail->usedns == JAIL_DNS_YES || jail->usedns == JAIL_DNS_WARN;
}

void engine_ask_name(
	struct engine *e, size_t number, const struct failure *failure)
{
	const struct jail *jail = e->config->items[number].jail;
	struct resolver_failure of = {
		.time = failure->time ? failure->time : clock_wall(),
		.more = failure->more};

	if (!failure->is_host || !looks_up(jail))
		return;
	strcpy(of.jail, jail->name);
	resolver_ask(e->resolver, failure->name, failure->name_len, &of);
}

/* As fail2ban words it; not as often as strangers have names looked up. */
static void tell_name(struct engine *e, const struct jail *jail,
	const char *name, const struct addr *addresses, size_t n)
{
	char list[LOOKUP_ADDRESSES * (ADDR_TEXT + 2)] = "", text[ADDR_TEXT];
	size_t at = 0;
	int64_t second = clock_mono() / CLOCK_SECOND;

	if (second != e->names_second)
		e->names_told = 0;
	e->names_second = second;
	if (e->names_told++ >= NAMES_A_SECOND)
		return;
	for (size_t i = 0; i < n && at < sizeof(list); i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
			i ? ", " : "", addr_format(&addresses[i], text));
	if (n == 0)
		log_info("[%s] no address was found for %s", jail->name, name);
	else if (jail->usedns == JAIL_DNS_WARN)
		log_warning("[%s] Determined IP using DNS Lookup: %s = %s",
			jail->name, name, list);
}

/* Each address of the name fails, at the time of the line; behind those that
 * wait already, for a name that is known is told of while lines are read. */
static void on_name(void *ctx, const struct resolver_failure *of,
	const char *name, const struct addr *addresses, size_t n, bool fresh)
{
	struct engine *e = ctx;
	struct failure failure = {
		.time = of->time, .more = of->more, .regex = DECISIONS_BY_ANY};

	for (size_t j = 0; j < e->config->n; j++) {
		const struct jail *jail = e->config->items[j].jail;

		if (strcmp(jail->name, of->jail) != 0 || !looks_up(jail))
			continue;
		if (fresh)
			tell_name(e, jail, name, addresses, n);
		for (size_t i = 0; i < n; i++) {
			failure.who = prefix_of(&addresses[i]);
			if (!addr_is_special(&addresses[i]))
				decisions_later(e->decisions, j, &failure);
		}
	}
}

static void on_names(void *ctx)
{
	engine_settle(ctx);
}

struct resolver_user engine_resolver_user(struct engine *e)
{
	return (struct resolver_user){
		.found = on_name, .settled = on_names, .ctx = e};
}
