/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A jail's settings changed while it runs. What a file may not say cannot be
 * set here either; whoever counts by a setting must be told by the caller.
 */
#include "jails/jailset.h"

#include <string.h>

#include "jails/ignore.h"
#include "jails/jail.h"

enum key {
	BANTIME,
	FINDTIME,
	MAXRETRY,
	MAXMATCHES,
	IGNORESELF,
	USEDNS,
	IGNORE
};

static const char *const keys[] = {
	[BANTIME] = "bantime",
	[FINDTIME] = "findtime",
	[MAXRETRY] = "maxretry",
	[MAXMATCHES] = "maxmatches",
	[IGNORESELF] = "ignoreself",
	[USEDNS] = "usedns",
	[IGNORE] = "ignoreip",
};

#define KEYS (sizeof(keys) / sizeof(*keys))

static void note(struct jail *jail, enum key key)
{
	jail->changed |= 1u << key;
}

static bool is_noted(const struct jail *jail, enum key key)
{
	return jail->changed & 1u << key;
}

const char *jailset_key(const struct jail *jail, unsigned int i, bool *changed)
{
	if (i >= KEYS)
		return NULL;
	if (changed)
		*changed = is_noted(jail, (enum key)i);
	return keys[i];
}

/* 0, or why this key cannot have this value. */
static const char *refuse(enum key key, int64_t value)
{
	switch (key) {
	case BANTIME:
		return value > 0 || value == ESCALATE_FOREVER
			       ? NULL
			       : "it is 1 or more; -1 is for ever";
	case FINDTIME:
		return value > 0 ? NULL : "it is 1 or more";
	case MAXRETRY:
		return value > 0 && value <= JAIL_MAXRETRY_MOST
			       ? NULL
			       : "it is from 1 to 1000000";
	case MAXMATCHES:
		return value >= 0 && value <= JAIL_MAXRETRY_MOST
			       ? NULL
			       : "it is from 0 to 1000000";
	case IGNORESELF:
		return value == 0 || value == 1 ? NULL : "it is 0 or 1";
	default:
		return "that is no number";
	}
}

bool jailset_number(
	struct jail *jail, const char *name, int64_t value, const char **why)
{
	unsigned int key = 0;

	while (key < KEYS && strcmp(keys[key], name) != 0)
		key++;
	*why = refuse((enum key)key, value);
	if (*why)
		return false;
	switch (key) {
	case BANTIME:
		jail->bantime = value;
		break;
	case FINDTIME:
		jail->findtime = value;
		break;
	case MAXRETRY:
		jail->maxretry = (uint32_t)value;
		break;
	case MAXMATCHES:
		jail->maxmatches = (uint32_t)value;
		break;
	case IGNORESELF:
		jail->ignoreself = value;
		break;
	}
	note(jail, (enum key)key);
	return true;
}

bool jailset_usedns(struct jail *jail, const char *word)
{
	if (!jail_usedns_parse(word, &jail->usedns))
		return false;
	note(jail, USEDNS);
	return true;
}

bool jailset_ignore(
	struct jail *jail, const char *name, const struct prefix *who)
{
	if (!ignore_add(jail, name, who))
		return false;
	note(jail, IGNORE);
	return true;
}

bool jailset_no_longer_ignore(
	struct jail *jail, const char *name, const struct prefix *who)
{
	if (!ignore_drop(jail, name, who))
		return false;
	note(jail, IGNORE);
	return true;
}

void jailset_keep(struct jail *to, const struct jail *from)
{
	to->changed = from->changed;
	if (is_noted(from, BANTIME))
		to->bantime = from->bantime;
	if (is_noted(from, FINDTIME))
		to->findtime = from->findtime;
	if (is_noted(from, MAXRETRY))
		to->maxretry = from->maxretry;
	if (is_noted(from, MAXMATCHES))
		to->maxmatches = from->maxmatches;
	if (is_noted(from, IGNORESELF))
		to->ignoreself = from->ignoreself;
	if (is_noted(from, USEDNS))
		to->usedns = from->usedns;
	if (is_noted(from, IGNORE))
		ignore_copy(to, from);
}
