/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jail files to jails. Each value of an enabled jail is read, checked and put
 * into its struct; all faults of a configuration are told at once. Nothing
 * here compiles a filter or opens a log.
 */
#include "jails/jailfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <strings.h>

#include "jails/actionlist.h"
#include "jails/backend.h"
#include "jails/fail2ban.h"
#include "jails/formula.h"
#include "jails/ignore.h"
#include "jails/ignorelist.h"
#include "jails/jailkeys.h"
#include "jails/jailvalue.h"
#include "lib/arena.h"
#include "lib/layout.h"
#include "lib/paths.h"

#define MULTIPLIERS_MOST 1000

/* Keys whose %(known/KEY)s means the filter's own value. */
static const char *const filter_keys[] = {
	"failregex", "ignoreregex", "prefregex", "datepattern", "maxlines"};

#define FILTER_KEYS (sizeof(filter_keys) / sizeof(*filter_keys))

/* ---- the groups of keys ---- */

/* fail2ban's filter of this name finds bans in fail2ban's own log. */
static bool is_recidive(const char *filter)
{
	static const char name[] = "recidive";

	return filter && strncmp(filter, name, strlen(name)) == 0 &&
	       strchr(" \t\n[", filter[strlen(name)]) != NULL;
}

static void read_filter(const struct jailvalue *v, struct jail *jail)
{
	struct jail_text *own[FILTER_KEYS] = {&jail->failregex,
		&jail->ignoreregex, &jail->prefregex, &jail->datepattern,
		&jail->maxlines};

	jailvalue_text(v, "filter", &jail->filter);
	for (size_t i = 0; i < FILTER_KEYS; i++) {
		struct jailvalue_text t = jailvalue_get(v, filter_keys[i]);

		/* An empty one is meant, too: it takes the filter's away. */
		if (t.text && t.value->line)
			*own[i] = (struct jail_text){
				t.text, t.value->file, t.value->line};
	}
	jail->counts_bans = is_recidive(jail->filter.text);
	if (!jail->filter.text && !jail->failregex.text)
		err_fault(v->err, jail->file, jail->line,
			"[%s] is enabled but has neither filter nor failregex",
			v->section);
}

static bool is_too_wide(const char *pattern)
{
	glob_t found;
	bool cut;

	if (paths_find(pattern, GLOB_NOSORT, &found, &cut) == 0)
		globfree(&found);
	return cut;
}

/* Of what is there and is no log nothing is read, which is no reason to guard
 * the host by no jail at all: a link to /dev/null is a way to have no log. */
static void check_logpath(const struct jailvalue *v,
	const struct jailvalue_text *t, const char *at, const char *path)
{
	struct stat st;

	if (*path != '/')
		jailvalue_fault(v, t, at, "'%s' is no absolute path", path);
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		jailvalue_warning(v, t, at,
			"'%s' is a directory: name the files in it, as %s/*",
			path, path);
	else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		jailvalue_warning(v, t, at,
			"'%s' is no regular file, and is not read", path);
	else if (paths_is_pattern(path) && is_too_wide(path))
		jailvalue_warning(v, t, at,
			"'%s' has more than %d files and directories to look "
			"through: not all that it fits will be read; name the "
			"directories",
			path, PATHS_LOOKED_MOST);
}

static void read_logpaths(
	const struct jailvalue *v, struct jail *jail, struct jailvalue_text *t)
{
	struct jail_logpath *list;
	const char *s = t->text;

	list = arena_alloc(v->arena, JAIL_LOGPATHS_MOST * sizeof(*list));
	jail->logpaths = list;
	while (*s) {
		size_t n = strcspn(s, "\n"), end = n, word;

		while (end && isspace((unsigned char)s[end - 1]))
			end--;
		for (word = end; word && !isspace((unsigned char)s[word - 1]);)
			word--;
		if (end && jail->logpaths_n == JAIL_LOGPATHS_MOST) {
			jailvalue_fault(v, t, s, "more than %d paths",
				JAIL_LOGPATHS_MOST);
			return;
		}
		if (end) {
			struct jail_logpath *p = &list[jail->logpaths_n++];

			p->tail = word && end - word == 4 &&
				  strncmp(s + word, "tail", 4) == 0;
			if (p->tail ||
				(word && end - word == 4 &&
					strncmp(s + word, "head", 4) == 0))
				end = word;
			while (end && isspace((unsigned char)s[end - 1]))
				end--;
			p->glob = arena_copy(v->arena, s, end);
			check_logpath(v, t, s, p->glob);
		}
		s += n;
		s += *s == '\n';
	}
}

static void read_sources(const struct jailvalue *v, struct jail *jail)
{
	struct jailvalue_text t = jailvalue_get(v, "journalmatch");
	const char *why;

	backend_read(v, jail);
	if (t.text) {
		jail->journalmatch_text = (struct jail_text){
			t.text, t.value->file, t.value->line};
		if (!jail_match_parse(t.text, v->arena, &jail->journalmatch,
			    &jail->journalmatch_n, &why))
			jailvalue_fault(v, &t, NULL, "%s", why);
	}
	if (jail->backend == JAIL_JOURNAL || jail->backend == JAIL_SYSLOG)
		return;
	t = jailvalue_get(v, "logpath");
	if (t.text)
		read_logpaths(v, jail, &t);
	if (jail->counts_bans && jail->logpaths_n > 0)
		jailvalue_warning(v, &t, NULL,
			"[%s] counts the bans of mailband's own jails, without "
			"a log; what fail2ban wrote to this one counts too",
			v->section);
	/* A value that could not be expanded has its own fault. */
	jail->sourceless =
		jail->logpaths_n == 0 && (!t.value || t.text) &&
		!(jail->backend == JAIL_AUTO && jail->journalmatch_n);
}

static void read_limits(const struct jailvalue *v, struct jail *jail)
{
	struct jailvalue_text t;

	jail->maxretry = JAIL_MAXRETRY;
	jail->findtime = JAIL_FINDTIME;
	jail->bantime = JAIL_BANTIME;
	jailvalue_count(v, "maxretry", 1, JAIL_MAXRETRY_MOST, &jail->maxretry);
	jail->maxmatches = jail->maxretry;
	jailvalue_count(
		v, "maxmatches", 0, JAIL_MAXRETRY_MOST, &jail->maxmatches);
	if (jailvalue_duration(v, "findtime", &jail->findtime) &&
		jail->findtime < 1) {
		t = jailvalue_get(v, "findtime");
		jailvalue_fault(v, &t, NULL,
			"'%s' is less than a second: nothing would ever be "
			"found",
			t.text);
	}
	if (jailvalue_duration(v, "bantime", &jail->bantime) &&
		jail->bantime == 0) {
		t = jailvalue_get(v, "bantime");
		jailvalue_fault(v, &t, NULL,
			"'%s' is no time to ban for; -1 is for ever", t.text);
	}
	if (jail->bantime < 0)
		jail->bantime = ESCALATE_FOREVER;
}

static void read_multipliers(
	const struct jailvalue *v, struct escalate *e, struct jailvalue_text *t)
{
	double *list = arena_alloc(v->arena, MULTIPLIERS_MOST * sizeof(*list));
	const char *s = t->text;

	for (;;) {
		size_t n;

		s += strspn(s, " \t\n,");
		n = strspn(s, "0123456789.");
		if (!*s)
			break;
		if (n == 0 || n > 15 || (s[n] && !strchr(" \t\n,", s[n])) ||
			e->multipliers_n == MULTIPLIERS_MOST) {
			jailvalue_fault(
				v, t, s, "'%.20s' is no list of numbers", s);
			return;
		}
		list[e->multipliers_n++] = strtod(s, NULL);
		s += n;
	}
	e->multipliers = list;
}

static void read_escalate(const struct jailvalue *v, struct jail *jail)
{
	struct escalate *e = &jail->escalate;
	const struct formula_ban none = {.factor = 1};
	struct jailvalue_text t;
	struct formula *factor;
	char why[FORMULA_WHY];

	escalate_init(e);
	jailvalue_bool(v, "bantime.increment", &e->increment);
	jailvalue_bool(v, "bantime.overalljails", &e->overalljails);
	jailvalue_duration(v, "bantime.maxtime", &e->maxtime);
	jailvalue_duration(v, "bantime.rndtime", &e->rndtime);
	t = jailvalue_get(v, "bantime.factor");
	if (t.text && *t.text) {
		jail->bantime_factor = t.text;
		factor = formula_parse(v->arena, t.text, why);
		if (!factor)
			jailvalue_fault(v, &t, NULL, "%s", why);
		else if (!formula_eval(factor, &none, &e->factor))
			jailvalue_fault(
				v, &t, NULL, "'%s' has no value", t.text);
	}
	t = jailvalue_get(v, "bantime.formula");
	if (t.text && *t.text) {
		jail->bantime_formula = t.text;
		e->formula = formula_parse(v->arena, t.text, why);
		if (!e->formula)
			jailvalue_fault(v, &t, NULL, "%s", why);
	}
	t = jailvalue_get(v, "bantime.multipliers");
	if (t.text && *t.text) {
		jail->bantime_multipliers = t.text;
		read_multipliers(v, e, &t);
	}
}

/* Which of n words the key's value is; otherwise where it is not set. */
static int read_word(const struct jailvalue *v, const char *key,
	const char *const *words, int n, int otherwise, const char *all)
{
	struct jailvalue_text t = jailvalue_get(v, key);

	if (!t.text || !*t.text)
		return otherwise;
	for (int i = 0; i < n; i++)
		if (strcasecmp(t.text, words[i]) == 0)
			return i;
	jailvalue_fault(v, &t, NULL, "'%s' is none of %s", t.text, all);
	return otherwise;
}

static void read_words(const struct jailvalue *v, struct jail *jail)
{
	static const char *const counts[] = {
		[JAIL_COUNT_LINES] = "lines",
		[JAIL_COUNT_ATTEMPTS] = "attempts",
	};
	static const char *const trusts[] = {
		[JAIL_TRUST_SYSTEM] = "system",
		[JAIL_TRUST_ANY] = "any",
	};
	struct jailvalue_text t = jailvalue_get(v, "usedns");

	jail->usedns = JAIL_DNS_WARN;
	jail->usedns_said = t.text && *t.text;
	if (t.text && *t.text && !jail_usedns_parse(t.text, &jail->usedns))
		jailvalue_fault(v, &t, NULL,
			"'%s' is none of yes, warn, no and raw", t.text);
	jail->trust = (enum jail_trust)read_word(
		v, "trust", trusts, 2, JAIL_TRUST_SYSTEM, "system and any");
	jail->count = (enum jail_count)read_word(
		v, "count", counts, 2, JAIL_COUNT_LINES, "lines and attempts");
}

/* Bytes are read as UTF-8, and what is none as U+FFFD. */
static void read_encoding(const struct jailvalue *v)
{
	static const char *const same[] = {
		"auto", "utf-8", "utf8", "ascii", "us-ascii"};
	struct jailvalue_text t = jailvalue_get(v, "logencoding");

	if (!t.text || !*t.text)
		return;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (strcasecmp(t.text, same[i]) == 0)
			return;
	jailvalue_warning(v, &t, NULL, "not supported: logs are read as UTF-8");
}

static void read_unsupported(const struct jailvalue *v)
{
	static const struct {
		const char *key, *instead;
	} keys[] = {
		{"ignorecommand", "no command is run; use ignoreip"},
		{"logtimezone", "times are read in the host's own zone"},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct jailvalue_text t = jailvalue_get(v, keys[i].key);

		if (t.text && *t.text)
			jailvalue_warning(v, &t, NULL, "not supported: %s",
				keys[i].instead);
	}
	read_encoding(v);
}

/* ---- the whole ---- */

static void read_jail(const struct jailvalue *v, struct jail *jail,
	struct actionlist_named *named)
{
	struct jailvalue_text enabled = jailvalue_get(v, "enabled");

	jail->name = v->section;
	jail->file = enabled.value->file;
	jail->line = enabled.value->line;
	jail->ignoreself = jail->disconnect = true;
	read_filter(v, jail);
	read_sources(v, jail);
	read_limits(v, jail);
	read_escalate(v, jail);
	read_words(v, jail);
	jailvalue_bool(v, "ignoreself", &jail->ignoreself);
	jailvalue_bool(v, "disconnect", &jail->disconnect);
	ignorelist_read(v, jail);
	actionlist_read(v, jail, named);
	read_unsupported(v);
}

/* What fail2ban itself sets before any file is read. */
static void set_builtin(
	struct conf *conf, struct arena *arena, const char *confdir)
{
	conf_set(conf, "DEFAULT", "fail2ban_version", fail2ban_version(),
		"built in", 0);
	conf_set(conf, "DEFAULT", "fail2ban_confpath", confdir ? confdir : "",
		"built in", 0);
	for (size_t i = 0; i < FILTER_KEYS; i++)
		conf_set(conf, "DEFAULT", filter_keys[i],
			arena_print(arena, "%%%%(known/%s)s", filter_keys[i]),
			"built in", 0);
}

/* How many sections there are, or as many as may be. */
static size_t count_jails(const struct conf *conf, struct err *err)
{
	size_t n = conf_sections(conf);
	const char *one, *file;
	int line = 0;

	if (n <= JAILS_MOST)
		return n;
	one = conf_section(conf, JAILS_MOST);
	file = conf_section_place(conf, one, &line);
	err_fault(err, file, line,
		"[%s] is one jail more than %d; none from here on is read", one,
		JAILS_MOST);
	return JAILS_MOST;
}

static bool has_name(const struct jailvalue *v, const char *confdir)
{
	const char *key;
	const struct conf_value *first;

	if (layout_name_valid(v->section))
		return true;
	key = conf_key(v->conf, v->section, 0);
	first = key ? conf_find(v->conf, v->section, key) : NULL;
	err_fault(v->err, first ? first->file : confdir,
		first ? first->line : 0,
		"[%s]: a jail's name is 1 to %d of letters, digits, '_', '.' "
		"and '-'",
		v->section, LAYOUT_NAME_MOST);
	return false;
}

struct jails *jails_load(const char *confdir, const char *datadir,
	struct arena *arena, struct err *err)
{
	struct jails *jails = arena_alloc(arena, sizeof(*jails));
	struct conf *conf = conf_new(arena);
	struct actionlist_named named = {.n = 0};
	const char **disabled;
	size_t n, ignored = 0;

	set_builtin(conf, arena, confdir);
	if (datadir)
		conf_read_tree(conf, datadir, "jail", NULL, err);
	if (confdir)
		conf_read_tree(conf, confdir, "jail", datadir, err);
	jailkeys_check(conf, err);
	n = count_jails(conf, err);
	jails->items = arena_alloc(arena, n * sizeof(*jails->items));
	jails->conf = conf;
	disabled = arena_alloc(arena, n * sizeof(*disabled));
	jails->disabled = disabled;
	for (size_t i = 0; i < n; i++) {
		struct jailvalue v = {.conf = conf,
			.arena = arena,
			.err = err,
			.section = conf_section(conf, i),
			.ignored = &ignored};
		bool enabled = false;

		if (!has_name(&v, confdir))
			continue;
		jailvalue_bool(&v, "enabled", &enabled);
		if (enabled)
			read_jail(&v, &jails->items[jails->n++], &named);
		else
			disabled[jails->disabled_n++] = v.section;
	}
	return jails;
}

void jails_deinit(struct jails *jails)
{
	for (size_t i = 0; i < jails->n; i++)
		ignore_deinit(&jails->items[i]);
	jails->n = 0;
}
