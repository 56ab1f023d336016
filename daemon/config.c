/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings, jails and filters put together. Every fault of every file is
 * found in one go, so that an admin mends them in one go.
 */
#include "daemon/config.h"

#include <stdlib.h>
#include <string.h>

#include "jails/ignore.h"
#include "lib/clock.h"
#include "lib/paths.h"

struct loader {
	struct config *config;
	const char *confdir, *datadir;
	const char **keys; /* what each of config's filters was made from */
	struct err *err;
	int64_t left; /* microseconds that name servers may take */
};

/* All of a load, if name servers do not answer. */
#define RESOLVE_MOST (5 * CLOCK_SECOND)

/* What a jail says in place of its filter. */
static size_t overrides(const struct jail *jail, struct filter_option *options)
{
	const struct {
		const char *key;
		const struct jail_text *text;
	} all[] = {
		{"failregex", &jail->failregex},
		{"ignoreregex", &jail->ignoreregex},
		{"prefregex", &jail->prefregex},
		{"datepattern", &jail->datepattern},
		{"maxlines", &jail->maxlines},
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].text->text)
			options[n++] = (struct filter_option){
				all[i].key, all[i].text->text};
	if (jail->usedns_said)
		options[n++] = (struct filter_option){
			"usedns", jail_usedns_name(jail->usedns)};
	return n;
}

#define OVERRIDES_MOST 6

/* Two jails share a filter if this is the same of both. */
static const char *filter_key(struct arena *arena, const struct jail *jail,
	const struct filter_option *own, size_t own_n, bool journal)
{
	char *key = arena_print(arena, "%d %s", journal,
		jail->filter.text ? jail->filter.text : "");

	for (size_t i = 0; i < own_n; i++)
		key = arena_print(
			arena, "%s\n%s=%s", key, own[i].key, own[i].value);
	return key;
}

static bool make_spec(
	struct loader *l, const struct jail *jail, struct filter_spec *spec)
{
	const struct jail_text *from =
		jail->filter.text ? &jail->filter : &jail->failregex;

	spec->file = from->file;
	spec->line = from->line;
	return !jail->filter.text || filter_spec_parse(spec, jail->filter.text,
					     l->config->arena, l->err);
}

/* The index of the jail's filter, made now if no jail before had it. */
static size_t filter_get(
	struct loader *l, const struct jail *jail, bool journal)
{
	struct config *c = l->config;
	struct filter_spec spec = {.journal = journal};
	struct filter_option *options, own[OVERRIDES_MOST];
	size_t own_n = overrides(jail, own);
	const char *key = filter_key(c->arena, jail, own, own_n, journal);

	for (size_t i = 0; i < c->filters_n; i++)
		if (strcmp(l->keys[i], key) == 0)
			return i;
	if (!make_spec(l, jail, &spec))
		return CONFIG_NO_FILTER;
	options = arena_alloc(
		c->arena, (spec.options_n + own_n + 1) * sizeof(*options));
	if (spec.options_n)
		memcpy(options, spec.options,
			spec.options_n * sizeof(*options));
	memcpy(options + spec.options_n, own, own_n * sizeof(*options));
	spec.options = options;
	spec.options_n += own_n;
	c->filters[c->filters_n] =
		filter_new(&spec, l->confdir, l->datadir, l->err);
	if (!c->filters[c->filters_n])
		return CONFIG_NO_FILTER;
	l->keys[c->filters_n] = key;
	return c->filters_n++;
}

static bool any_file(const struct jail *jail)
{
	glob_t found;
	bool any = false;

	for (size_t i = 0; i < jail->logpaths_n && !any; i++) {
		any = paths_find(jail->logpaths[i].glob, GLOB_NOSORT, &found,
			      NULL) == 0;
		if (any)
			globfree(&found);
	}
	return any;
}

/*
 * The journal's entries for a jail: its own say, else its filter's; what is
 * wrong with that is no fault as long as the jail has files to read.
 */
static void choose_match(struct loader *l, struct config_jail *item)
{
	const struct jail *jail = item->jail;
	bool is_read = item->journal_filter != CONFIG_NO_FILTER;
	const struct jail_match *match;
	const struct filterfile *from;
	const char *why;
	size_t n;

	if (jail->journalmatch_text.text) {
		item->match = jail->journalmatch;
		item->match_n = jail->journalmatch_n;
		return;
	}
	from = filter_file(l->config->filters[config_filter(item)]);
	if (!from->journalmatch)
		return;
	if (!jail_match_parse(
		    from->journalmatch, l->config->arena, &match, &n, &why)) {
		(is_read ? err_fault : err_warning)(l->err,
			from->journalmatch_row.file,
			from->journalmatch_row.line, "journalmatch: %s", why);
	} else if (is_read) {
		item->match = match;
		item->match_n = n;
	}
}

/* No log to read is right only where nothing is to be looked for. */
static void load_sourceless(struct loader *l, const struct jail *jail)
{
	size_t filter = filter_get(l, jail, false);

	if (filter != CONFIG_NO_FILTER && !jail->counts_bans &&
		filter_regexes(l->config->filters[filter]) > 0)
		err_fault(l->err, jail->file, jail->line,
			"[%s] is enabled but has no logpath, and its backend "
			"is not systemd",
			jail->name);
}

/* The option of fail2ban's filter that names the jail it is of. */
static const char *find_bans_but(struct loader *l, const struct jail *jail)
{
	struct filter_spec spec = {.name = NULL};
	const char *but = "recidive";

	if (!jail->counts_bans || !make_spec(l, jail, &spec))
		return but;
	for (size_t i = 0; i < spec.options_n; i++)
		if (strcmp(spec.options[i].key, "_jailname") == 0)
			but = spec.options[i].value;
	return but;
}

static void load_jail(struct loader *l, struct config_jail *item)
{
	struct jail *jail = item->jail;
	const char *usedns;
	bool file = jail->logpaths_n > 0;
	/* auto: the journal, until one of the files is there. */
	bool journal = jail->backend == JAIL_JOURNAL ||
		       (jail->backend == JAIL_AUTO && !any_file(jail));

	item->file_filter = item->journal_filter = CONFIG_NO_FILTER;
	item->syslog_filter = CONFIG_NO_FILTER;
	if (!jail->filter.text && !jail->failregex.text)
		return; /* told already */
	/* With a fault it comes to nothing. */
	if (!l->err->faults)
		ignore_resolve(jail, &l->left, l->err);
	item->bans_but = find_bans_but(l, jail);
	if (jail->sourceless) {
		load_sourceless(l, jail);
		return;
	}
	if (jail->backend == JAIL_SYSLOG)
		item->syslog_filter = filter_get(l, jail, true);
	if (file)
		item->file_filter = filter_get(l, jail, false);
	/* What is wrong with a filter is told once. */
	if (journal && (!file || item->file_filter != CONFIG_NO_FILTER))
		item->journal_filter = filter_get(l, jail, true);
	if (config_filter(item) == CONFIG_NO_FILTER)
		return;
	choose_match(l, item);
	usedns = filter_file(l->config->filters[config_filter(item)])->usedns;
	if (usedns && !jail->usedns_said)
		jail_usedns_parse(usedns, &jail->usedns);
}

size_t config_filter(const struct config_jail *item)
{
	if (item->journal_filter != CONFIG_NO_FILTER)
		return item->journal_filter;
	return item->syslog_filter != CONFIG_NO_FILTER ? item->syslog_filter
						       : item->file_filter;
}

int64_t config_longest_findtime(const struct config *config)
{
	int64_t most = 0;

	for (size_t i = 0; i < config->n; i++)
		if (config->items[i].jail->findtime > most)
			most = config->items[i].jail->findtime;
	return most;
}

static void load_all(struct loader *l)
{
	struct config *c = l->config;

	c->n = c->jails->n;
	c->items = arena_alloc(c->arena, (c->n + 1) * sizeof(*c->items));
	c->filters =
		arena_alloc(c->arena, (2 * c->n + 1) * sizeof(*c->filters));
	l->keys = arena_alloc(c->arena, (2 * c->n + 1) * sizeof(*l->keys));
	for (size_t i = 0; i < c->n; i++) {
		c->items[i].jail = &c->jails->items[i];
		load_jail(l, &c->items[i]);
	}
}

struct config *config_begin(
	const char *confdir, const char *datadir, struct err *err)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		abort();
	config->arena = arena_new();
	settings_load(&config->settings, confdir, datadir, config->arena, err);
	return config;
}

void config_finish(struct config **config, const char *confdir,
	const char *datadir, struct err *err)
{
	struct config *c = *config;
	struct loader l = {.config = c,
		.confdir = confdir,
		.datadir = datadir,
		.err = err,
		.left = RESOLVE_MOST};

	c->jails = jails_load(confdir, datadir, c->arena, err);
	if (c->jails)
		load_all(&l);
	if (err->faults)
		config_free(config);
}

struct config *config_load(
	const char *confdir, const char *datadir, struct err *err)
{
	struct config *config = config_begin(confdir, datadir, err);

	config_finish(&config, confdir, datadir, err);
	return config;
}

static void copy_safe(struct safe *to, const struct safe *from)
{
	*to = *from;
	prefixset_init(&to->set);
	for (size_t i = 0; i < from->set.n; i++)
		if (prefixset_add(&to->set, &from->set.items[i]) < 0)
			abort();
}

void config_make_safe(struct config *config, const struct config *before)
{
	if (before)
		copy_safe(&config->found, &before->found);
	else
		safe_gather(&config->found);
	if (config->settings.never_lock_out)
		copy_safe(&config->safe, &config->found);
}

void config_free(struct config **config)
{
	struct config *c = *config;

	if (!c)
		return;
	for (size_t i = 0; i < c->filters_n; i++)
		filter_free(&c->filters[i]);
	if (c->jails)
		jails_deinit(c->jails);
	safe_deinit(&c->safe);
	safe_deinit(&c->found);
	arena_free(&c->arena);
	free(c);
	*config = NULL;
}
