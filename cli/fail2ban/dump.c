/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as the list of commands that fail2ban makes of it, in its
 * order and in Python's spelling. Reads files only; asks no daemon.
 */
#include "cli/fail2ban/dump.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "cli/text.h"
#include "filters/filterfile.h"
#include "jails/jailfile.h"
#include "jails/jailvalue.h"
#include "lib/datadir.h"
#include "lib/paths.h"

/* Columns, with --dp. */
#define PRETTY_WIDTH 1000

struct dump {
	const char *confdir, *datadir;
	struct arena *arena;
	struct err err;
	bool pretty;
};

/* One jail: as it stands in the files, as read, and its filter. */
struct dumped {
	const char *name;
	struct jailvalue value;
	const struct jail *jail;
	struct filterfile filter;
};

/* A text, number, truth value or list of them, as Python has it. */
static char *value_repr(const json_t *value)
{
	char *text = NULL, *part;
	const json_t *item;
	size_t i, n;
	FILE *f;

	if (json_is_string(value))
		return python_repr(json_string_value(value));
	f = open_memstream(&text, &n);
	if (!f)
		abort();
	if (json_is_integer(value))
		fprintf(f, "%jd", (intmax_t)json_integer_value(value));
	else if (!json_is_array(value))
		fputs(json_is_true(value)      ? "True"
			: json_is_false(value) ? "False"
					       : "None",
			f);
	else
		fputs("[", f);
	json_array_foreach (value, i, item) {
		part = value_repr(item);
		fprintf(f, "%s%s", i ? ", " : "", part);
		free(part);
	}
	fputs(json_is_array(value) ? "]" : "", f);
	if (fclose(f))
		abort();
	return text;
}

/*
 * With --dp a list that is too wide has a line for each of its items, as
 * pprint writes it; after is what else must fit behind it.
 */
static void value_put(const json_t *value, size_t indent, size_t after)
{
	char *text = value_repr(value);
	size_t i, n = json_array_size(value);
	const json_t *item;

	if (!n || text_width(text) + indent + after <= PRETTY_WIDTH) {
		fputs(text, stdout);
	} else {
		fputs("[ ", stdout);
		json_array_foreach (value, i, item) {
			value_put(item, indent + 2, i + 1 < n ? 1 : after + 1);
			if (i + 1 < n)
				printf(",\n%*s", (int)indent + 2, "");
		}
		putchar(']');
	}
	free(text);
}

/* One command; takes it. */
static void command_put(const struct dump *d, json_t *command)
{
	char *text;

	if (d->pretty) {
		value_put(command, 0, 0);
		putchar('\n');
	} else {
		text = value_repr(command);
		puts(text);
		free(text);
	}
	json_decref(command);
}

/* ['set', 'sshd', 'findtime', value]; takes the value. */
static void set_put(
	const struct dump *d, const char *jail, const char *key, json_t *value)
{
	command_put(d, json_pack("[s, s, s, o]", "set", jail, key, value));
}

/* A file may hold what is no UTF-8. */
static json_t *text_value(const char *text)
{
	return json_stringn_nocheck(text, strlen(text));
}

/* ---- the server ---- */

static void server_put(struct dump *d)
{
	static const struct {
		const char *key, *otherwise;
	} keys[] = {
		{"syslogsocket", "auto"},
		{"loglevel", "INFO"},
		{"logtarget", "/var/log/fail2ban.log"},
		{"allowipv6", "auto"},
		{"dbfile", "/var/lib/fail2ban/fail2ban.sqlite3"},
		{"dbmaxmatches", NULL},
		{"dbpurgeage", "1d"},
	};
	struct conf *conf = conf_new(d->arena);
	json_t *value;

	/* A tree of mailban's has none of this. */
	if (!conf_read_tree(conf, d->confdir, "fail2ban", NULL, &d->err))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct conf_value *v =
			conf_find(conf, "Definition", keys[i].key);
		char *text =
			v ? conf_expand(conf, "Definition", v, &d->err) : NULL;

		if (strcmp(keys[i].key, "dbmaxmatches") != 0)
			value = text_value(text ? text : keys[i].otherwise);
		else
			value = text ? json_integer(strtol(text, NULL, 10))
				     : json_null();
		command_put(
			d, json_pack("[s, s, o]", "set", keys[i].key, value));
		free(text);
	}
}

/* ---- what a filter looks for ---- */

static void regexes_put(const struct dump *d, const char *jail, const char *key,
	const struct filter_row *row, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, text_value(row[i].text));
	if (n == 1)
		set_put(d, jail, key, json_incref(json_array_get(list, 0)));
	else if (n)
		command_put(d, json_pack("[s, s, s, O]", "multi-set", jail, key,
				       list));
	json_decref(list);
}

/* Each row of it is a command; a + stands between what is ORed in a row. */
static void match_put(struct dump *d, const char *jail, const char *text)
{
	char *rows = arena_string(d->arena, text), *row;
	const struct jail_match *groups;
	const char *why;
	json_t *command;
	size_t n;

	while ((row = strsep(&rows, "\n"))) {
		if (!*row ||
			!jail_match_parse(row, d->arena, &groups, &n, &why))
			continue;
		command =
			json_pack("[s, s, s]", "set", jail, "addjournalmatch");
		for (size_t i = 0; i < n; i++) {
			if (i)
				json_array_append_new(
					command, json_string("+"));
			for (size_t k = 0; k < groups[i].n; k++)
				json_array_append_new(command,
					text_value(groups[i].fields[k]));
		}
		command_put(d, command);
	}
}

/* Those that go first, from the jail or from its filter. */
static void early_put(
	const struct dump *d, const struct dumped *j, bool of_jail)
{
	const struct filterfile *f = &j->filter;

	if (f->prefregex.text && (j->jail->prefregex.text != NULL) == of_jail)
		set_put(d, j->name, "prefregex", text_value(f->prefregex.text));
	if (f->maxlines_set && (j->jail->maxlines.text != NULL) == of_jail)
		set_put(d, j->name, "maxlines", json_integer(f->maxlines));
}

static void late_put(struct dump *d, const struct dumped *j, bool of_jail)
{
	const struct filterfile *f = &j->filter;
	const char *match = f->journalmatch;

	if ((j->jail->ignoreregex.text != NULL) == of_jail)
		regexes_put(d, j->name, "addignoreregex", f->ignoreregex,
			f->ignoreregex_n);
	if ((j->jail->failregex.text != NULL) == of_jail)
		regexes_put(d, j->name, "addfailregex", f->failregex,
			f->failregex_n);
	if (f->datepattern && (j->jail->datepattern.text != NULL) == of_jail)
		set_put(d, j->name, "datepattern", text_value(f->datepattern));
	if ((j->jail->journalmatch_text.text != NULL) != of_jail)
		return;
	if (of_jail)
		match = j->jail->journalmatch_text.text;
	if (match)
		match_put(d, j->name, match);
}

/* The filter's files, with what the jail says in their place. */
static bool filter_read(struct dump *d, struct dumped *j)
{
	const struct {
		const char *key;
		const struct jail_text *text;
	} own[] = {
		{"failregex", &j->jail->failregex},
		{"ignoreregex", &j->jail->ignoreregex},
		{"prefregex", &j->jail->prefregex},
		{"datepattern", &j->jail->datepattern},
		{"maxlines", &j->jail->maxlines},
	};
	const size_t n = sizeof(own) / sizeof(*own);
	struct filter_spec spec = {
		.journal = j->jail->backend == JAIL_JOURNAL ||
			   j->jail->backend == JAIL_SYSLOG};
	struct filter_option *options;

	if (j->jail->filter.text &&
		!filter_spec_parse(
			&spec, j->jail->filter.text, d->arena, &d->err))
		return false;
	options =
		arena_alloc(d->arena, (spec.options_n + n) * sizeof(*options));
	for (size_t i = 0; i < spec.options_n; i++)
		options[i] = spec.options[i];
	for (size_t i = 0; i < n; i++)
		if (own[i].text->text)
			options[spec.options_n++] = (struct filter_option){
				own[i].key, own[i].text->text};
	spec.options = options;
	return filterfile_read(
		&j->filter, &spec, d->confdir, d->datadir, d->arena, &d->err);
}

/* ---- a jail ---- */

enum kind { TEXT, NUMBER, TRUTH, WORDS };

static const struct {
	const char *key;
	enum kind kind;
} settings[] = {
	{"maxretry", NUMBER},
	{"maxmatches", NUMBER},
	{"findtime", TEXT},
	{"bantime", TEXT},
	{"bantime.increment", TRUTH},
	{"bantime.factor", TEXT},
	{"bantime.formula", TEXT},
	{"bantime.multipliers", TEXT},
	{"bantime.maxtime", TEXT},
	{"bantime.rndtime", TEXT},
	{"bantime.overalljails", TRUTH},
	{"ignorecommand", TEXT},
	{"ignoreself", TRUTH},
	{"ignoreip", WORDS},
	{"ignorecache", TEXT},
	{"logtimezone", TEXT},
	{"logencoding", TEXT},
};

static void words_put(const struct dump *d, const char *jail, const char *text)
{
	json_t *command = json_pack("[s, s, s]", "set", jail, "addignoreip");
	char *rest = arena_string(d->arena, text), *word;

	while ((word = strsep(&rest, " ,\n")))
		if (*word)
			json_array_append_new(command, text_value(word));
	command_put(d, command);
}

static void setting_put(const struct dump *d, const struct dumped *j, size_t i)
{
	const char *key = settings[i].key;
	const char *text = jailvalue_get(&j->value, key).text;

	if (!text)
		return;
	switch (settings[i].kind) {
	case TEXT:
		set_put(d, j->name, key, text_value(text));
		break;
	case NUMBER:
		set_put(d, j->name, key, json_integer(strtol(text, NULL, 10)));
		break;
	case TRUTH:
		set_put(d, j->name, key, json_boolean(python_truth(text)));
		break;
	case WORDS:
		words_put(d, j->name, text);
		break;
	}
}

/* The files that are there, in the order in which they lie. */
static void paths_put(const struct dump *d, const struct dumped *j)
{
	for (size_t i = 0; i < j->jail->logpaths_n; i++) {
		const struct jail_logpath *path = &j->jail->logpaths[i];
		glob_t found;

		if (paths_find(path->glob, GLOB_NOSORT, &found, NULL) != 0)
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			if (access(found.gl_pathv[k], F_OK) == 0)
				command_put(d,
					json_pack("[s, s, s, o, s]", "set",
						j->name, "addlogpath",
						text_value(found.gl_pathv[k]),
						path->tail ? "tail" : "head"));
		globfree(&found);
	}
}

static bool jail_put(struct dump *d, const struct jails *jails, size_t i)
{
	struct dumped j = {.name = jails->items[i].name,
		.jail = &jails->items[i],
		.value = {.conf = jails->conf,
			.arena = d->arena,
			.err = &d->err,
			.section = jails->items[i].name}};
	const char *backend = jailvalue_get(&j.value, "backend").text;
	const char *usedns = jailvalue_get(&j.value, "usedns").text;

	if (!filter_read(d, &j))
		return false;
	command_put(d, json_pack("[s, s, o]", "add", j.name,
			       text_value(backend ? backend : "auto")));
	if (!usedns)
		usedns = j.filter.usedns;
	if (usedns)
		set_put(d, j.name, "usedns", text_value(usedns));
	early_put(d, &j, true);
	early_put(d, &j, false);
	late_put(d, &j, false);
	late_put(d, &j, true);
	for (size_t k = 0; k < sizeof(settings) / sizeof(*settings); k++)
		setting_put(d, &j, k);
	paths_put(d, &j);
	return true;
}

/* ---- all of it ---- */

static void dump_all(struct dump *d)
{
	const struct jails *jails =
		jails_load(d->confdir, d->datadir, d->arena, &d->err);
	size_t i;

	if (!d->err.faults) {
		server_put(d);
		for (i = 0; i < jails->n && jail_put(d, jails, i); i++)
			;
		for (i = 0; i < jails->n && !d->err.faults; i++)
			command_put(d, json_pack("[s, s]", "start",
					       jails->items[i].name));
	}
	jails_deinit((struct jails *)jails);
}

int fail2ban_dump(const char *confdir, bool pretty)
{
	struct dump d = {
		.confdir = confdir, .pretty = pretty, .arena = arena_new()};
	char own[PATH_MAX], data[PATH_MAX];
	int rc;

	/* A whole tree of fail2ban's stands for itself. */
	if (snprintf(own, sizeof(own), "%s/jail.conf", confdir) >=
			(int)sizeof(own) ||
		access(own, F_OK) != 0)
		d.datadir = datadir_find(data, sizeof(data));
	err_init(&d.err);
	dump_all(&d);
	for (size_t i = 0; i < d.err.n; i++)
		if (d.err.items[i].kind == ERR_FAULT)
			text_complain("%s", d.err.items[i].text);
	rc = d.err.faults ? FAIL2BAN_NO : FAIL2BAN_YES;
	err_deinit(&d.err);
	arena_free(&d.arena);
	return rc;
}
