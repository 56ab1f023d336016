/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-regex with a jail's name in a filter's place, as of 1.1.0: the
 * jail's filter, with what the jail says of it. The jail need not be enabled,
 * and nothing else of it is looked at.
 */
#include <string.h>

#include "cli/fail2ban/regexrun.h"
#include "jails/fail2ban.h"
#include "jails/jailfile.h"
#include "jails/jailvalue.h"

/* What a jail may say in its filter's place. */
static const char *const keys[] = {"failregex", "ignoreregex", "prefregex",
	"datepattern", "maxlines", "journalmatch"};

#define KEYS (sizeof(keys) / sizeof(*keys))

/* A path, or a file by its end, is no jail. */
static bool may_be_jail(const char *name)
{
	size_t n = strlen(name);

	return fail2ban_is_new() && !strchr(name, '/') &&
	       (n < 5 || strcmp(name + n - 5, ".conf") != 0) &&
	       (n < 6 || strcmp(name + n - 6, ".local") != 0);
}

/* The options of both, those of the command line last. */
static void options_join(struct filter_spec *out, struct filter_spec *of_jail,
	const struct filter_spec *given, const struct jailvalue *v)
{
	struct filter_option *all = arena_alloc(v->arena,
		(of_jail->options_n + given->options_n + KEYS) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < of_jail->options_n; i++)
		all[n++] = of_jail->options[i];
	for (size_t i = 0; i < given->options_n; i++)
		all[n++] = given->options[i];
	for (size_t i = 0; i < KEYS; i++) {
		struct jailvalue_text t = jailvalue_get(v, keys[i]);

		/* Line 0: what stands there before any file is read. */
		if (t.text && t.value->line)
			all[n++] = (struct filter_option){keys[i], t.text};
	}
	*out = (struct filter_spec){.name = of_jail->name,
		.journal = given->journal,
		.options = all,
		.options_n = n};
}

bool regexjail_find(struct regexrun *r, const struct filter_spec *given,
	struct filter_spec *out, struct arena *arena, bool *failed)
{
	struct err ignored, err;
	struct jails *jails;
	struct filter_spec of_jail = {.name = NULL};
	struct jailvalue v = {
		.arena = arena, .err = &err, .section = given->name};
	struct jailvalue_text filter;
	bool found;

	*failed = false;
	if (!may_be_jail(given->name))
		return false;
	/* What is wrong with the other jails is not asked here. */
	err_init(&ignored);
	err_init(&err);
	jails = jails_load(r->config, r->datadir, arena, &ignored);
	v.conf = jails->conf;
	found = conf_has_section(v.conf, given->name);
	if (found) {
		regexrun_tell(r, "Use %11s jail : %s\n", "", given->name);
		filter = jailvalue_get(&v, "filter");
		if (filter.text && *filter.text)
			filter_spec_parse(&of_jail, filter.text, arena, &err);
		options_join(out, &of_jail, given, &v);
		*failed = err.faults > 0;
	}
	jails_deinit(jails);
	err_deinit(&err);
	err_deinit(&ignored);
	return found;
}
