/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mailban.conf, read by a table of its keys. */
#include "daemon/settings.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/counters.h"
#include "jails/duration.h"
#include "lib/conf.h"

#define SECTION "mailban"
#define ALARMS "alarms"

static bool take_user(struct settings *s, const char *text)
{
	if (!*text || strcmp(text, "root") == 0)
		return false;
	s->user = text;
	return true;
}

static bool take_loglevel(struct settings *s, const char *text)
{
	int level = log_level_parse(text);

	if (level < 0)
		return false;
	s->loglevel = (enum log_level)level;
	return true;
}

static bool take_flush_on_stop(struct settings *s, const char *text)
{
	return conf_bool(text, &s->flush_on_stop);
}

static bool take_never_lock_out(struct settings *s, const char *text)
{
	return conf_bool(text, &s->never_lock_out);
}

static bool take_sandbox(struct settings *s, const char *text)
{
	return conf_bool(text, &s->sandbox);
}

/* A count from 1 to 2^24. */
static bool take_count(uint32_t *to, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end || v < 1 || v > 1ul << 24 || *text == '-')
		return false;
	*to = (uint32_t)v;
	return true;
}

static bool take_counters(struct settings *s, const char *text)
{
	return conf_bool(text, &s->counters);
}

/* As long as a unix socket's name can be (unix(7)). */
static bool take_syslog_socket(struct settings *s, const char *text)
{
	s->syslog_socket = text;
	return *text == '/' && text[strlen(text) - 1] != '/' &&
	       strlen(text) < 108;
}

/* What it is is looked at where it is used. */
static bool take_zabbix_server(struct settings *s, const char *text)
{
	s->zabbix_server = strcmp(text, "none") != 0 ? text : NULL;
	return *text && !strpbrk(text, " \t,");
}

/* What Zabbix takes for the technical name of a host. */
static bool take_zabbix_host(struct settings *s, const char *text)
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._- ";

	s->zabbix_host = strcmp(text, "auto") != 0 ? text : NULL;
	return *text && strlen(text) <= 128 && text[strspn(text, may)] == '\0';
}

static bool take_zabbix_interval(struct settings *s, const char *text)
{
	return duration_parse(text, &s->zabbix_interval) &&
	       s->zabbix_interval >= 1 && s->zabbix_interval <= 86400;
}

static bool take_max_tracked(struct settings *s, const char *text)
{
	return take_count(&s->max_tracked, text);
}

static bool take_max_bans(struct settings *s, const char *text)
{
	return take_count(&s->max_bans, text);
}

/* 1M to 1T, with K, M, G or T. */
static bool take_max_state(struct settings *s, const char *text)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (end == text || *text == '-' || n > 1ull << 40)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return false;
	for (ptrdiff_t i = 0; unit && i <= unit - units; i++)
		n = n > 1ull << 40 ? n : n << 10;
	if (n < 1ull << 20 || n > 1ull << 40)
		return false;
	s->max_state = (int64_t)n;
	return true;
}

static const struct {
	const char *key;
	bool (*take)(struct settings *s, const char *text);
	const char *wants;
} keys[] = {
	{"user", take_user, "the name of a user without rights"},
	{"loglevel", take_loglevel,
		"critical, error, warning, notice, info or debug"},
	{"flush_on_stop", take_flush_on_stop, "true or false"},
	{"never_lock_out", take_never_lock_out, "true or false"},
	{"sandbox", take_sandbox, "yes or no"},
	{"counters", take_counters, "true or false"},
	{"syslog_socket", take_syslog_socket,
		"the absolute path of a socket, of less than 108 bytes"},
	{"zabbix_server", take_zabbix_server, "SERVER, SERVER:PORT or none"},
	{"zabbix_host", take_zabbix_host,
		"a name of letters, digits, blanks, '.', '_' and '-'"},
	{"zabbix_interval", take_zabbix_interval, "a duration from 1s to 1d"},
	{"max_tracked", take_max_tracked, "a number from 1 to 16777216"},
	{"max_bans", take_max_bans, "a number from 1 to 16777216"},
	{"max_state", take_max_state, "a size from 1M to 1T"},
};

#define KEYS (sizeof(keys) / sizeof(*keys))

static void take(struct settings *s, const struct conf *conf, const char *key,
	struct arena *arena, struct err *err)
{
	const struct conf_value *v = conf_find_own(conf, SECTION, key);
	char *text = conf_expand(conf, SECTION, v, err);
	size_t i = 0;

	while (i < KEYS && strcmp(keys[i].key, key) != 0)
		i++;
	if (i == KEYS)
		err_fault(err, v->file, v->line,
			"%s: no such key; see mailban.conf(5)", key);
	else if (text && !keys[i].take(s, arena_string(arena, text)))
		err_fault(err, v->file, v->line, "%s: '%s' is not %s", key,
			text, keys[i].wants);
	free(text);
	if (strcmp(key, "user") == 0) {
		s->user_file = v->file;
		s->user_line = v->line;
	}
}

/*
 * What an admin changed of fail2ban's own settings means nothing here, and is
 * to be told; its defaults are in every tree.
 */
static void warn_of_fail2ban(
	const char *confdir, struct arena *arena, struct err *err)
{
	struct conf *conf = conf_new(arena);
	static const char *const sections[] = {
		"DEFAULT", "Definition", "Thread"};

	conf_read_tree(conf, confdir, "fail2ban", NULL, err);
	for (size_t s = 0; s < sizeof(sections) / sizeof(*sections); s++)
		for (size_t i = 0; i < conf_keys(conf, sections[s]); i++) {
			const char *key = conf_key(conf, sections[s], i);
			const struct conf_value *v =
				conf_find_own(conf, sections[s], key);
			const char *slash = strrchr(v->file, '/');

			if (slash && strcmp(slash, "/fail2ban.conf") == 0)
				continue;
			err_warning(err, v->file, v->line,
				"%s: a setting of fail2ban itself; mailban's "
				"are in mailban.conf",
				key);
		}
}

void settings_load(struct settings *settings, const char *confdir,
	const char *datadir, struct arena *arena, struct err *err)
{
	struct conf *conf = conf_new(arena);

	*settings = (struct settings){
		.user = "mailban",
		.user_file = "mailban.conf",
		.loglevel = LOG_LEVEL_INFO,
		.never_lock_out = true,
		.sandbox = true,
		.counters = true,
		.syslog_socket = "/run/mailban/syslog",
		.zabbix_interval = COUNTERS_PERIOD,
		.max_tracked = 1000000,
		.max_bans = 1000000,
		.max_state = INT64_C(64) << 20,
	};
	if (datadir)
		conf_read_tree(conf, datadir, "mailban", NULL, err);
	conf_read_tree(conf, confdir, "mailban", NULL, err);
	for (size_t i = 0; i < conf_sections(conf); i++)
		if (strcmp(conf_section(conf, i), SECTION) != 0 &&
			strcmp(conf_section(conf, i), ALARMS) != 0)
			err_fault(err, "mailban.conf", 0,
				"[%s]: there are only [" SECTION
				"] and [" ALARMS "]",
				conf_section(conf, i));
	for (size_t i = 0; i < conf_keys(conf, SECTION); i++)
		take(settings, conf, conf_key(conf, SECTION, i), arena, err);
	alarm_settings_load(&settings->alarms, conf, ALARMS, arena, err);
	warn_of_fail2ban(confdir, arena, err);
}
