/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which keys a jail may have. fail2ban takes any key, as each may be meant
 * for a %(key)s elsewhere; a misspelt maxretry is then never noticed.
 */
#include "jails/jailkeys.h"

#include <string.h>

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

/* True if text has a %(key)s, with or without a section in it. */
static bool text_refers(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = text; (s = strstr(s, "%(")) != NULL;) {
		const char *end = strstr(s, ")s"), *name = s + 2;

		if (!end)
			break;
		for (const char *c = name; c < end; c++)
			if (*c == '/')
				name = c + 1;
		if ((size_t)(end - name) == n && strncasecmp(name, key, n) == 0)
			return true;
		s = name;
	}
	return false;
}

static bool section_refers(
	const struct conf *conf, const char *section, const char *key)
{
	for (size_t i = 0; i < conf_keys(conf, section); i++)
		for (const struct conf_value *v = conf_find_own(
			     conf, section, conf_key(conf, section, i));
			v; v = v->known)
			if (text_refers(v->text, key))
				return true;
	return false;
}

static bool is_referred(const struct conf *conf, const char *key)
{
	if (section_refers(conf, "DEFAULT", key))
		return true;
	for (size_t i = 0; i < conf_sections(conf); i++)
		if (section_refers(conf, conf_section(conf, i), key))
			return true;
	return false;
}

#define WORD_MOST 40

/* How many letters to add, drop, change or swap with a neighbour. */
static int distance(const char *a, const char *b)
{
	int rows[3][WORD_MOST + 1];
	int an = (int)strlen(a), bn = (int)strlen(b);

	if (an > WORD_MOST || bn > WORD_MOST)
		return WORD_MOST;
	for (int j = 0; j <= bn; j++)
		rows[0][j] = j;
	for (int i = 1; i <= an; i++) {
		int *row = rows[i % 3], *up = rows[(i + 2) % 3];
		int *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= bn; j++) {
			int best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[an % 3][bn];
}

static const char *nearest(const char *key)
{
	const char *found = NULL;
	int best = strlen(key) < 5 ? 2 : 4;

	for (size_t i = 0; i < KEYS; i++) {
		int d = distance(key, keys[i]);

		if (d < best) {
			best = d;
			found = keys[i];
		}
	}
	return found;
}

static void check_section(
	const struct conf *conf, const char *section, struct err *err)
{
	for (size_t i = 0; i < conf_keys(conf, section); i++) {
		const char *key = conf_key(conf, section, i), *near;
		const struct conf_value *v;

		if (is_known(key) || is_referred(conf, key))
			continue;
		v = conf_find_own(conf, section, key);
		near = nearest(key);
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
