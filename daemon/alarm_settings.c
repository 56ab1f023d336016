/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [alarms] of mailban.conf: a table of keys, and one of thresholds. */
#include "daemon/alarm_settings.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "jails/duration.h"
#include "lib/clock.h"

#define MAIL_TO_MOST 254
#define INTERVAL_LEAST 1
#define INTERVAL_MOST 3600
#define PROBE_LEAST 1
#define PROBE_MOST 86400

static bool take_enabled(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	(void)arena;
	return conf_bool(text, &s->enabled);
}

static bool take_interval(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	int64_t seconds;

	(void)arena;
	if (!duration_parse(text, &seconds) || seconds < INTERVAL_LEAST ||
		seconds > INTERVAL_MOST)
		return false;
	s->rules.interval = seconds * CLOCK_SECOND;
	return true;
}

static bool take_repeat(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	int64_t seconds;

	(void)arena;
	if (!duration_parse(text, &seconds) || seconds < 0)
		return false;
	s->rules.repeat = seconds * CLOCK_SECOND;
	return true;
}

static bool take_hook(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	(void)arena;
	s->hook = strcmp(text, "none") == 0 ? NULL : text;
	return !s->hook || *text == '/';
}

/* An argument of sendmail and a header's value: nothing else may be in it. */
static bool take_mail_to(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	(void)arena;
	s->mail_to = strcmp(text, "none") == 0 ? NULL : text;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("@.+_-=", *c))
			return false;
	return *text && *text != '-' && strlen(text) <= MAIL_TO_MOST;
}

static bool take_probe(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	int64_t seconds = 0;

	(void)arena;
	if (strcmp(text, "none") != 0 &&
		(!duration_parse(text, &seconds) || seconds < PROBE_LEAST ||
			seconds > PROBE_MOST))
		return false;
	s->probe = seconds * CLOCK_SECOND;
	return true;
}

static bool take_probe_options(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	char *copy = arena_string(arena, text), *rest = NULL;

	s->probe_words_n = 0;
	if (strcmp(text, "none") == 0)
		return true;
	for (char *word = strtok_r(copy, " \t\n", &rest); word;
		word = strtok_r(NULL, " \t\n", &rest)) {
		if (s->probe_words_n == RUNNER_WORDS)
			return false;
		s->probe_words[s->probe_words_n++] = word;
	}
	return true;
}

static bool take_paths(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	char *copy = arena_string(arena, text), *rest = NULL;

	s->paths_n = 0;
	if (strcmp(text, "none") == 0)
		return true;
	for (char *path = strtok_r(copy, " \t\n", &rest); path;
		path = strtok_r(NULL, " \t\n", &rest)) {
		if (*path != '/' || strlen(path) >= REPORT_PATH ||
			s->paths_n == ALARM_SETTINGS_PATHS)
			return false;
		s->paths[s->paths_n++] = path;
	}
	return true;
}

static bool take_hold(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	(void)arena;
	s->hold = strcmp(text, "none") == 0 ? NULL : text;
	return !s->hold || *text == '/';
}

static bool take_bulk(
	struct alarm_settings *s, const char *text, struct arena *arena)
{
	char *copy = arena_string(arena, text), *rest = NULL;

	s->bulk_n = 0;
	if (strcmp(text, "none") == 0)
		return true;
	for (char *name = strtok_r(copy, " \t\n", &rest); name;
		name = strtok_r(NULL, " \t\n", &rest)) {
		if (s->bulk_n == ALARM_SETTINGS_BULK)
			return false;
		s->bulk[s->bulk_n++] = name;
	}
	return true;
}

static const struct {
	const char *key;
	bool (*take)(struct alarm_settings *s, const char *text,
		struct arena *arena);
	const char *wants;
} keys[] = {
	{"enabled", take_enabled, "yes or no"},
	{"interval", take_interval, "a time from 1s to 1h"},
	{"repeat", take_repeat, "a time, or 0"},
	{"hook", take_hook, "the absolute path of a program, or none"},
	{"mail_to", take_mail_to, "a mail address, or none"},
	{"paths", take_paths, "absolute paths, 8 at most, or none"},
	{"hold", take_hold, "the absolute path of a program, or none"},
	{"bulk_accounts", take_bulk, "accounts, 32 at most, or none"},
	{"probe", take_probe, "a time from 1s to 1d, or none"},
	{"probe_options", take_probe_options, "16 words at most, or none"},
};

#define KEYS (sizeof(keys) / sizeof(*keys))

enum unit { PERCENT, TIME, NUMBER };

static const struct {
	const char *key;
	enum alarm_kind kind;
	enum unit unit;
	bool below;
} thresholds[] = {
	{"disk_free", ALARM_DISK, PERCENT, true},
	{"inodes_free", ALARM_INODES, PERCENT, true},
	{"time_to_full", ALARM_FULL_IN, TIME, true},
	{"incoming", ALARM_INCOMING, NUMBER, false},
	{"active", ALARM_ACTIVE, NUMBER, false},
	{"deferred", ALARM_DEFERRED, NUMBER, false},
	{"maildrop", ALARM_MAILDROP, TIME, false},
	{"oldest", ALARM_OLDEST, TIME, false},
	{"oldest_deferred", ALARM_OLDEST_DEFERRED, TIME, false},
	{"incoming_growth", ALARM_INCOMING_GROWTH, NUMBER, false},
	{"active_growth", ALARM_ACTIVE_GROWTH, NUMBER, false},
	{"deferred_growth", ALARM_DEFERRED_GROWTH, NUMBER, false},
	{"hold_growth", ALARM_HOLD_GROWTH, NUMBER, false},
	{"processes", ALARM_PROCESSES, PERCENT, false},
	{"memory", ALARM_MEMORY, PERCENT, false},
	{"io", ALARM_IO, PERCENT, false},
	{"no_space", ALARM_NO_SPACE, NUMBER, false},
	{"disk_fault", ALARM_DISK_FAULT, NUMBER, false},
	{"process_limit", ALARM_LIMIT, NUMBER, false},
	{"throttled", ALARM_THROTTLED, NUMBER, false},
	{"crashed", ALARM_CRASHED, NUMBER, false},
	{"fatal", ALARM_FATAL, NUMBER, false},
	{"mail_config", ALARM_CONFIG, NUMBER, false},
	{"mail_down", ALARM_DOWN, TIME, false},
	{"unknown_lines", ALARM_UNKNOWN, PERCENT, false},
	{"silent", ALARM_SILENT, TIME, false},
	{"vanished", ALARM_VANISHED, NUMBER, false},
	{"recipients", ALARM_RECIPIENTS, NUMBER, false},
	{"returned", ALARM_RETURNED, PERCENT, false},
	{"networks", ALARM_NETWORKS, NUMBER, false},
	{"guessed_login", ALARM_LOGIN, NUMBER, false},
};

#define THRESHOLDS (sizeof(thresholds) / sizeof(*thresholds))

static bool parse_threshold(
	const char *text, enum unit unit, bool below, double *to)
{
	char *end;

	if (strcmp(text, "off") == 0) {
		*to = below ? -INFINITY : INFINITY;
		return true;
	}
	if (unit == TIME)
		return duration_read(text, to) && *to >= 0;
	*to = strtod(text, &end);
	if (end == text || !isfinite(*to) || *to < 0)
		return false;
	if (unit == PERCENT && *end == '%')
		end++;
	return *end == '\0' && (unit != PERCENT || *to <= 100);
}

/* "5% 2%": warning, then critical. */
static bool take_pair(
	struct judge_pair *pair, char *text, enum unit unit, bool below)
{
	char *rest = NULL, *first = strtok_r(text, " \t", &rest);
	char *second = strtok_r(NULL, " \t", &rest);

	return first && second && !strtok_r(NULL, " \t", &rest) &&
	       parse_threshold(first, unit, below, &pair->warning) &&
	       parse_threshold(second, unit, below, &pair->critical);
}

static const char *const wants[] = {
	[PERCENT] = "two shares, as 5% 2%, or off",
	[TIME] = "two times, as 24h 4h, or off",
	[NUMBER] = "two numbers, as 100 1000, or off",
};

/* NULL, or what was wanted. */
static const char *take(struct alarm_settings *s, const char *key,
	const char *text, struct arena *arena)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcmp(keys[i].key, key) == 0)
			return keys[i].take(s, text, arena) ? NULL
							    : keys[i].wants;
	for (size_t i = 0; i < THRESHOLDS; i++)
		if (strcmp(thresholds[i].key, key) == 0)
			return take_pair(&s->rules.pairs[thresholds[i].kind],
				       arena_string(arena, text),
				       thresholds[i].unit, thresholds[i].below)
				       ? NULL
				       : wants[thresholds[i].unit];
	return "";
}

void alarm_settings_load(struct alarm_settings *s, const struct conf *conf,
	const char *section, struct arena *arena, struct err *err)
{
	*s = (struct alarm_settings){.enabled = true, .rules = judge_default};
	for (size_t i = 0; i < conf_keys(conf, section); i++) {
		const char *key = conf_key(conf, section, i), *wanted;
		const struct conf_value *v = conf_find_own(conf, section, key);
		char *text = conf_expand(conf, section, v, err);

		if (!text)
			continue;
		wanted = take(s, key, arena_string(arena, text), arena);
		if (wanted && !*wanted)
			err_fault(err, v->file, v->line,
				"%s: no such key; see mailban.conf(5)", key);
		else if (wanted)
			err_fault(err, v->file, v->line, "%s: '%s' is not %s",
				key, text, wanted);
		free(text);
	}
}
