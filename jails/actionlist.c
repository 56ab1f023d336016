/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a jail's actions ask for: to ban, where, or to send a notice. mailban
 * bans in the kernel by itself; an action that it does not stand in for is
 * named in a warning, never silently left out.
 */
#include "jails/actionlist.h"

#include <string.h>
#include <strings.h>

#include "jails/action.h"
#include "jails/jailvalue.h"
#include "lib/arena.h"

static void add_protocols(const struct jailvalue *v, struct jail *jail,
	struct jailvalue_text *t, const char *s)
{
	for (;;) {
		size_t n;

		s += strspn(s, ", \t\n");
		n = strcspn(s, ", \t\n");
		if (n == 0)
			return;
		if ((n == 3 && strncasecmp(s, "tcp", n) == 0) ||
			(n == 1 && *s == '6'))
			jail->tcp = true;
		else if ((n == 3 && strncasecmp(s, "udp", n) == 0) ||
			 (n == 2 && strncmp(s, "17", n) == 0))
			jail->udp = true;
		else if ((n == 3 && (strncasecmp(s, "all", n) == 0 ||
					    strncasecmp(s, "any", n) == 0)) ||
			 (n == 1 && *s == '0'))
			jail->tcp = jail->udp = true;
		else
			jailvalue_fault(v, t, NULL,
				"'%.*s' is neither tcp (6), udp (17) nor all",
				(int)n, s);
		s += n;
	}
}

/* Adds text's ports to those that the jail has. */
static void add_ports(const struct jailvalue *v, struct jail *jail,
	struct jailvalue_text *t, const char *text)
{
	const char *all_text = text, *bad;
	bool all;

	for (size_t i = 0; i < jail->ports_n; i++)
		all_text = arena_print(v->arena, "%s,%u:%u", all_text,
			jail->ports[i].first, jail->ports[i].last);
	if (!jail_ports_parse(all_text, v->arena, &jail->ports, &jail->ports_n,
		    &all, &bad)) {
		jailvalue_fault(v, t, NULL,
			"'%s' is no port, range of ports or service", bad);
		return;
	}
	if (all)
		jail->ports_all = true;
}

static void settle_ports(const struct jailvalue *v, struct jail *jail)
{
	struct jailvalue_text port = jailvalue_get(v, "port");
	struct jailvalue_text protocol = jailvalue_get(v, "protocol");

	if (!jail->tcp && !jail->udp && protocol.text)
		add_protocols(v, jail, &protocol, protocol.text);
	if (!jail->tcp && !jail->udp)
		jail->tcp = true;
	if (jail->ports_n == 0 && !jail->ports_all) {
		if (port.text)
			add_ports(v, jail, &port, port.text);
		else if (!port.value)
			jail->ports_all = true;
	}
	if (jail->ports_all) {
		jail->ports = NULL;
		jail->ports_n = 0;
	}
}

static bool name_first(struct actionlist_named *named, const char *name)
{
	for (size_t i = 0; i < named->n; i++)
		if (strcmp(named->names[i], name) == 0)
			return false;
	if (named->n < ACTIONLIST_NAMED)
		named->names[named->n++] = name;
	return true;
}

static void read_action(const struct jailvalue *v, struct jail *jail,
	struct actionlist_named *named, struct jailvalue_text *t,
	const struct action *action)
{
	/* A jail that opens a door must not become one that shuts it. */
	if (action->allows) {
		jailvalue_warning(v, t, NULL,
			"[%s] lets addresses in (blocktype of %s), mailban "
			"only bans: left out",
			v->section, action->name);
		return;
	}
	switch (action->kind) {
	case ACTION_NOTICE:
		jail->notices = true;
		return;
	case ACTION_BAN:
		jail->bans = true;
		break;
	case ACTION_OTHER_BAN:
		jail->bans = true;
		if (name_first(named, action->name))
			jailvalue_warning(v, t, NULL,
				"%s is not used: mailban bans in its own "
				"nftables sets",
				action->name);
		break;
	case ACTION_OTHER:
		if (name_first(named, action->name))
			jailvalue_warning(v, t, NULL,
				"%s has no counterpart in mailban and is left "
				"out",
				action->name);
		return;
	}
	if (action->allports)
		jail->ports_all = true;
	else if (action->port)
		add_ports(v, jail, t, action->port);
	if (action->protocol)
		add_protocols(v, jail, t, action->protocol);
}

static void read_actions(const struct jailvalue *v, struct jail *jail,
	struct actionlist_named *named)
{
	struct jailvalue_text t = jailvalue_get(v, "action");
	struct action action;
	int r = 0, n = 0;

	if (!t.value) {
		jail->bans = true;
		return;
	}
	if (!t.text)
		return;
	jail->actions = arena_alloc(
		v->arena, JAIL_ACTIONS_MOST * sizeof(*jail->actions));
	for (const char *s = t.text;
		(r = action_next(&s, v->arena, &action)) > 0; n++) {
		if (jail->actions_n < JAIL_ACTIONS_MOST)
			jail->actions[jail->actions_n++] = action.actname;
		read_action(v, jail, named, &t, &action);
	}
	if (r < 0)
		jailvalue_fault(v, &t, NULL,
			"'%s' is not of the form name[option=value, ...]",
			action.name ? action.name : t.text);
	else if (!jail->bans)
		jailvalue_warning(v, &t, NULL,
			"[%s] has no action that bans: it only counts",
			v->section);
}

void actionlist_read(const struct jailvalue *v, struct jail *jail,
	struct actionlist_named *named)
{
	read_actions(v, jail, named);
	settle_ports(v, jail);
}
