/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any line through every shipped filter: whom it names must stand in it, and
 * it is judged the same again, alone and together with the other filters.
 */
#include <string.h>

#include "filters/dispatch.h"
#include "filters/filter.h"
#include "sources/header.h"
#include "tests/fuzz/fuzz.h"

/* The last one's lines mean what those before them say. */
static const char *const specs[] = {"filters/courier.conf",
	"filters/cyrus.conf", "filters/dovecot.conf[mode=aggressive]",
	"filters/exim.conf[mode=aggressive]", "filters/horde.conf",
	"filters/nginx.conf", "filters/nginx.conf[mode=errorlog]",
	"filters/postfix.conf[mode=aggressive]",
	"filters/postfix.conf[mode=auth]", "filters/roundcube.conf",
	"filters/rspamd.conf", "filters/sendmail.conf[mode=aggressive]",
	"filters/sogo.conf", "filters/sshd.conf[mode=aggressive]",
	"filters/opensmtpd.conf"};
#define FILTERS (sizeof(specs) / sizeof(*specs))
#define ADDRESS_MOST 46

static struct filter *filters[FILTERS];
static struct dispatch *together;

static struct filter *load(const char *text)
{
	struct arena *arena = arena_new();
	struct filter_spec spec = {0};
	struct filter *filter = NULL;
	struct err err;

	err_init(&err);
	if (filter_spec_parse(&spec, text, arena, &err))
		filter = filter_new(&spec, NULL, "build/share", &err);
	for (size_t i = 0; i < err.n; i++)
		fprintf(stderr, "%s\n", err.items[i].text);
	err_deinit(&err);
	arena_free(&arena);
	must(filter);
	return filter;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_hold("UTC");
	for (size_t i = 0; i < FILTERS; i++)
		filters[i] = load(specs[i]);
	together = dispatch_new(filters, FILTERS);
	return 0;
}

static bool stands_in(const struct prefix *who, const char *text, size_t n)
{
	for (size_t at = 0; at < n; at++)
		for (size_t len = 2; len <= ADDRESS_MOST && at + len <= n;
			len++) {
			struct prefix found;

			if (prefix_parse(text + at, len, &found) &&
				memcmp(&found, who, sizeof(found)) == 0)
				return true;
		}
	return false;
}

static void check(struct filter *filter, const struct failure *f,
	const struct filter_subject *s)
{
	must(stands_in(&f->who, s->text, s->n));
	must(f->regex >= 0 && (size_t)f->regex < filter_regexes(filter));
	must(!f->user || (f->user >= s->text &&
				 f->user + f->user_len <= s->text + s->n));
	must(f->time == s->line->time);
	for (size_t n = 0; n <= s->n; n += 1 + s->n / 16)
		must(filter_may_follow(filter, s->text, n));
}

static void on_found(void *ctx, size_t filter, enum filter_verdict v,
	const struct failure *failure)
{
	enum filter_verdict *found = ctx;

	(void)failure;
	found[filter] = v;
}

/* What may be a client's text puts in doubt what comes with it, and that may be
 * itself, asked about again. No address is ever one time known, then not. */
static bool is_same(enum filter_verdict a, enum filter_verdict b)
{
	return a == b || (a != FILTER_MATCH && b != FILTER_MATCH &&
				 (a == FILTER_HELD || b == FILTER_HELD));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum filter_verdict found[FILTERS] = {FILTER_MISS};
	struct header_clock clock = {0};
	struct filter_subject subject;
	struct line line;

	header_cut((const char *)data, n, &clock, &line);
	/* Such dates are looked for by the filters themselves. */
	if (!line.time)
		line.journal = true;
	dispatch_line(together, &line, on_found, found);
	for (size_t i = 0; i < FILTERS; i++) {
		struct failure one, two;
		enum filter_verdict v;

		filter_subject_for(filters[i], &line, &subject);
		v = filter_match(filters[i], &subject, NULL, &one);

		must(is_same(
			v, filter_match(filters[i], &subject, NULL, &two)));
		if (i + 1 < FILTERS)
			must(is_same(v, found[i]));
		if (v != FILTER_MATCH)
			continue;
		must(memcmp(&one.who, &two.who, sizeof(one.who)) == 0);
		must(one.regex == two.regex);
		if (i + 1 < FILTERS)
			check(filters[i], &one, &subject);
	}
	return 0;
}
