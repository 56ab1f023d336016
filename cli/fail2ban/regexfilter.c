/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fail2ban-regex tries a log with: a failregex as it is, or a filter, by
 * its name or its file, with the settings of the command line before those of
 * the file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/fail2ban/pytext.h"
#include "cli/fail2ban/regexrun.h"
#include "filters/dates.h"
#include "filters/filterfile.h"
#include "jails/fail2ban.h"

#define NAME_PATTERN_MOST 6

/* A filter's options as Python shows a dict, those of its file before. */
static void options_tell(struct regexrun *r, const char *title,
	const struct filter_spec *spec, const struct filterfile *file)
{
	json_t *dict = json_object();

	if (file)
		json_object_set_new(dict, "logtype",
			json_string(file->journal ? "journal" : "file"));
	if (file && file->datepattern)
		json_object_set_new(
			dict, "datepattern", json_string(file->datepattern));
	for (size_t i = 0; i < spec->options_n; i++)
		json_object_set_new(dict, spec->options[i].key,
			json_string(spec->options[i].value));
	regexrun_say(r, "%s : ", title);
	pytext_repr(r->to, dict);
	regexrun_say(r, "\n");
	json_decref(dict);
}

static bool dates_set(struct regexrun *r, const char *pattern)
{
	struct dates_template first, third;
	char why[256], *name;

	dates_free(&r->test.date.dates);
	r->test.date.dates = dates_new(pattern, why, sizeof(why));
	if (!r->test.date.dates) {
		regexrun_say(r,
			"ERROR: Failed to set datepattern '%s' (may be an "
			"invalid format or unescaped percent char): %s\n",
			pattern, why);
		return false;
	}
	/* What is asked for by name is told even if no line ever comes. */
	dates_compile(r->test.date.dates);
	name = dates_template(r->test.date.dates, 0, &first) &&
			       !dates_template(r->test.date.dates, 2, &third)
		       ? regexdate_name(first.row)
		       : strdup("Default Detectors");
	regexrun_tell(r, "Use      datepattern : %s : %s\n", pattern, name);
	free(name);
	return true;
}

static bool maxlines_set(struct regexrun *r, long n)
{
	if (r->maxlines_set)
		return true;
	if (n <= 0) {
		regexrun_say(r,
			"ERROR: maxlines must be integer greater than zero\n");
		return false;
	}
	r->maxlines_set = true;
	r->test.maxlines = (size_t)n;
	regexrun_tell(r, "Use         maxlines : %ld\n", n);
	return true;
}

static bool regex_added(struct regexrun *r, char *why)
{
	if (why)
		regexrun_say(r, "ERROR: %s\n", why);
	free(why);
	return !why;
}

static bool rows_add(struct regexrun *r, const struct filterfile *file)
{
	if (file->maxlines_set && !maxlines_set(r, file->maxlines))
		return false;
	if (file->prefregex.text &&
		!regex_added(r, regextest_pref(&r->test, file->prefregex.text)))
		return false;
	if (file->datepattern && !r->datepattern &&
		!dates_set(r, file->datepattern))
		return false;
	for (size_t i = 0; i < file->failregex_n; i++)
		if (!regex_added(r,
			    regextest_fail(&r->test, file->failregex[i].text)))
			return false;
	for (size_t i = 0; i < file->ignoreregex_n; i++)
		if (!regex_added(r, regextest_ignore(&r->test,
					    file->ignoreregex[i].text)))
			return false;
	return true;
}

static bool is_file(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

/* Could the text be a filter's name, with options? */
static bool looks_like_name(const char *text)
{
	size_t n = strcspn(text, "[");

	for (size_t i = 0; i < n; i++)
		if (!strchr("/_-.", text[i]) &&
			!((unsigned char)text[i] >= 0x80) &&
			!(text[i] >= '0' && text[i] <= '9') &&
			!((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z'))
			return false;
	return n > 0 && (!text[n] || text[strlen(text) - 1] == ']');
}

/* A filter's file in dir, by the name that was given; NULL if none. */
static char *find_in(struct arena *arena, const char *dir, const char *name)
{
	static const char *const ends[] = {"", ".conf", ".local"};
	size_t n = strlen(name);
	const char *tail =
		n > NAME_PATTERN_MOST ? name + n - NAME_PATTERN_MOST : name;
	size_t most = strchr(tail, '.') ? 1 : 3;
	const char *slash = strrchr(dir, '/');
	bool here = !strcmp(slash ? slash + 1 : dir, "filter.d");

	for (size_t i = 0; i < most; i++) {
		char *path = strchr(name, '/')
				     ? arena_print(arena, "%s%s", name, ends[i])
				     : arena_print(arena, "%s/%s%s%s", dir,
					       here ? "" : "filter.d/", name,
					       ends[i]);

		if (is_file(path))
			return path;
	}
	return NULL;
}

static bool errors_tell(
	struct regexrun *r, const struct err *err, const char *value)
{
	for (size_t i = 0; i < err->n; i++)
		if (err->items[i].kind == ERR_FAULT)
			regexrun_say(r, "Wrong config file: %s\n",
				err->items[i].text);
	if (err->faults)
		regexrun_say(r, "ERROR: failed to load filter %s\n", value);
	return !err->faults;
}

/* Reads the filter that stands in the file at path. */
static bool filter_read(struct regexrun *r, const char *value,
	struct filter_spec *spec, char *path, struct arena *arena)
{
	const char *basedir = strstr(path, "/filter.d/") ? path : NULL;
	char *slash = strrchr(path, '/'), *dot;
	struct filterfile file;
	struct err err;
	const char *what = fail2ban_is_new() ? "filter" : "  failregex filter";
	const char *foreign = fail2ban_is_new() ? "filter" : "failregex";
	bool ok;

	err_init(&err);
	if (basedir && strchr(basedir, '/') &&
		!memcmp(slash - strlen("/filter.d"), "/filter.d", 9)) {
		spec->name = arena_string(arena, slash + 1);
		dot = strrchr(spec->name, '.');
		if (dot)
			*dot = '\0';
		slash[-(ptrdiff_t)strlen("/filter.d")] = '\0';
		regexrun_tell(r, "Use %11s file : %s, basedir: %s\n", what,
			spec->name, path);
		basedir = path;
	} else {
		regexrun_tell(r, "Use %11s file : %s\n", foreign, spec->name);
		spec->name = strchr(path, '/')
				     ? path
				     : arena_print(arena, "./%s", path);
		basedir = r->config;
	}
	if (spec->options_n && !r->out)
		options_tell(r, "Use   filter options", spec, NULL);
	ok = filterfile_read(&file, spec, basedir, r->datadir, arena, &err);
	errors_tell(r, &err, value);
	if (ok && r->report.verbose > 1 && !r->out)
		options_tell(r, "Real  filter options", spec, &file);
	err_deinit(&err);
	if (ok && file.journalmatch)
		r->filter_match = strdup(file.journalmatch);
	return ok && rows_add(r, &file);
}

static void jail_failed(struct regexrun *r, const char *value)
{
	regexrun_say(r, "ERROR: Failed to get jail for '%s'\n", value);
}

/* Reads the filter of a jail, as it says; false if told what is wrong. */
static bool jail_read(struct regexrun *r, const char *value,
	const struct filter_spec *given, const struct filter_spec *spec,
	struct arena *arena)
{
	struct filter_spec shown = *given;
	struct filter_option *options =
		arena_alloc(arena, (given->options_n + 1) * sizeof(*options));
	struct filterfile file;
	struct err err;
	bool ok;

	err_init(&err);
	if (given->options_n && !r->out)
		options_tell(r, "Use jail/flt options", given, NULL);
	for (size_t i = 0; i < given->options_n; i++)
		options[i] = given->options[i];
	options[shown.options_n++] = (struct filter_option){
		"backend", r->journal ? "systemd" : "auto"};
	shown.options = options;
	ok = filterfile_read(&file, spec, r->config, r->datadir, arena, &err);
	if (!ok)
		jail_failed(r, value);
	else if (r->report.verbose > 1 && !r->out)
		options_tell(r, "Real  filter options", &shown, &file);
	if (ok && file.journalmatch)
		r->filter_match = strdup(file.journalmatch);
	err_deinit(&err);
	return ok && rows_add(r, &file);
}

bool regexfilter_fail(struct regexrun *r, const char *value)
{
	struct arena *arena = arena_new();
	struct filter_spec spec = {.journal = r->journal}, of_jail;
	char *path = NULL, *shown;
	bool ok = false, failed;
	struct err err;

	err_init(&err);
	if (looks_like_name(value)) {
		if (!filter_spec_parse(&spec, value, arena, &err)) {
			regexrun_say(r,
				"ERROR: Wrong filter name or options: %s\n"
				"       while parsing: %s\n",
				err.items[0].text, value);
			goto end;
		}
		if (regexjail_find(r, &spec, &of_jail, arena, &failed)) {
			ok = !failed &&
			     jail_read(r, value, &spec, &of_jail, arena);
			if (failed)
				jail_failed(r, value);
			goto end;
		}
		path = find_in(arena, r->config, spec.name);
		if (!path && r->datadir)
			path = find_in(arena, r->datadir, spec.name);
	}
	if (path) {
		ok = filter_read(r, value, &spec, path, arena);
	} else {
		shown = pytext_short(value);
		regexrun_tell(r, "Use %11s line : %s\n", "failregex", shown);
		free(shown);
		ok = regex_added(r, regextest_fail(&r->test, value));
	}
end:
	err_deinit(&err);
	arena_free(&arena);
	return ok;
}

bool regexfilter_ignore(struct regexrun *r, const char *value)
{
	char *shown = pytext_short(value);

	regexrun_tell(r, "Use %11s line : %s\n", "ignoreregex", shown);
	free(shown);
	return regex_added(r, regextest_ignore(&r->test, value));
}

/* "UTC+0200", "+02:00", "CET" as TZ has it, where the sign is the other way. */
static bool timezone_set(struct regexrun *r, const char *zone)
{
	static const struct {
		const char *name;
		int hours;
	} names[] = {{"UTC", 0}, {"GMT", 0}, {"Z", 0}, {"CET", 1}, {"CEST", 2},
		{"MSK", 3}, {"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5},
		{"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
	size_t n = strcspn(zone, "+-"), len = strlen(zone + n);
	int minutes = 0;
	bool known = n == 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == n &&
			!strncmp(names[i].name, zone, n)) {
			minutes = names[i].hours * 60;
			known = true;
		}
	if (len) {
		int h, m = 0;

		if (sscanf(zone + n + 1, "%2d%*[:]%2d", &h, &m) < 2 &&
			sscanf(zone + n + 1, "%2d%2d", &h, &m) < 1)
			return false;
		minutes += (zone[n] == '-' ? -1 : 1) * (h * 60 + m);
	}
	if (!known || len > 6)
		return false;
	snprintf(r->zone, sizeof(r->zone), "XXX%s%d:%02d",
		minutes > 0 ? "-" : "+", abs(minutes) / 60, abs(minutes) % 60);
	r->test.date.zone = r->zone;
	return true;
}

/* What stands on the command line beside the operands; false if told why. */
bool regexfilter_settings(struct regexrun *r)
{
	if (r->usedns) {
		r->test.names = strcmp(r->usedns, "no") != 0 &&
				(!strcmp(r->usedns, "yes") ||
					!strcmp(r->usedns, "warn") ||
					!strcmp(r->usedns, "raw"));
		r->test.resolve =
			r->test.names && strcmp(r->usedns, "raw") != 0;
		r->test.raw |= !strcmp(r->usedns, "raw");
	}
	if (r->maxlines) {
		r->report.shown_most = r->maxlines;
		if (!maxlines_set(r, r->maxlines))
			return false;
	}
	if (r->timezone && !timezone_set(r, r->timezone)) {
		regexrun_say(r,
			"ERROR: Unknown or unsupported time zone: '%s'\n",
			r->timezone);
		return false;
	}
	if (r->datepattern)
		return dates_set(r, r->datepattern);
	/* An entry of the journal has its date beside it. */
	if (!r->journal)
		r->test.date.dates = dates_new(NULL, NULL, 0);
	return true;
}
