/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which keys a jail may have. fail2ban takes any key, as each may be meant
 * for a %(key)s elsewhere; a misspelt maxretry is then never noticed.
 */
#include "jails/jailkeys.h"

#include <string.h>

#include "lib/nearest.h"

/* Those that mailban reads come first: they are what to suggest. */
static const char *const keys[] = {
	"enabled",
	"filter",
	"failregex",
	"ignoreregex",
	"prefregex",
	"datepattern",
	"maxlines",
	"logpath",
	"backend",
	"journalmatch",
	"trust",
	"maxretry",
	"count",
	"findtime",
	"bantime",
	"bantime.increment",
	"bantime.factor",
	"bantime.formula",
	"bantime.multipliers",
	"bantime.maxtime",
	"bantime.rndtime",
	"bantime.overalljails",
	"ignoreip",
	"ignoreself",
	"disconnect",
	"usedns",
	"port",
	"protocol",
	"maxmatches",
	"action",
	"mode",
	/* fail2ban's, with no counterpart here */
	"ignorecommand",
	"ignorecache",
	"logencoding",
	"logtimezone",
	"logtype",
	"destemail",
	"sender",
	"sendername",
	"mta",
	"chain",
	"banaction",
	"banaction_allports",
	"fail2ban_agent",
	"fail2ban_version",
	"fail2ban_confpath",
	"dbpurgeage",
	"skip_if_nologs",
	"systemd_if_nologs",
	"blocktype",
	"returntype",
	"default-action",
	"description",
	"name",
	"actname",
	"tcpport",
	"udpport",
	"knocking_url",
	"cfemail",
	"cfapikey",
	"cftoken",
	"cfuser",
	"blocklist_de_apikey",
	"abuseipdb_apikey",
	"before",
	"after",
};

#define KEYS (sizeof(keys) / sizeof(*keys))

/* Names that distributions' paths-*.conf and jail.conf coin. */
static bool is_coined(const char *key)
{
	static const char *const ends[] = {"_log", "_logs", "_backend",
		"_access_log", "_error_log", "_paths"};
	size_t n = strlen(key);

	if (strncmp(key, "action_", 7) == 0 || strncmp(key, "syslog_", 7) == 0)
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t end = strlen(ends[i]);

		if (n > end && strcmp(key + n - end, ends[i]) == 0)
			return true;
	}
	return false;
}

static bool is_known(const char *key)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return is_coined(key);
}

static void check_section(
	const struct conf *conf, const char *section, struct err *err)
{
	for (size_t i = 0; i < conf_keys(conf, section); i++) {
		const char *key = conf_key(conf, section, i), *near;
		const struct conf_value *v;

		if (is_known(key) || conf_refers(conf, key))
			continue;
		/* Nobody reads more, and each takes its time. */
		if (err->faults >= ERR_MOST)
			return;
		v = conf_find_own(conf, section, key);
		near = nearest_word(key, keys, KEYS, strlen(key) < 5 ? 2 : 4);
		if (near)
			err_fault(err, v->file, v->line,
				"%s: no such key; is %s meant?", key, near);
		else
			err_fault(err, v->file, v->line,
				"%s: no such key, and no %%(%s)s refers to it",
				key, key);
	}
}

void jailkeys_check(const struct conf *conf, struct err *err)
{
	check_section(conf, "DEFAULT", err);
	for (size_t i = 0; i < conf_sections(conf); i++)
		check_section(conf, conf_section(conf, i), err);
}
