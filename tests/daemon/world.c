/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/daemon/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"

static void on_ban(void *ctx, const struct ban *ban)
{
	struct world *w = ctx;

	w->bans++;
	w->last_ban = *ban;
	w->order = w->order * 31 + ban->who.net.ip[15] * 7 + ban->jail +
		   (uint64_t)ban->end;
}

static void on_unban(void *ctx, const struct ban *ban)
{
	struct world *w = ctx;

	w->unbans++;
	w->last_unban = *ban;
}

void world_hold(int64_t seconds)
{
	clock_hold(
		(T0 + seconds) * CLOCK_SECOND, (BOOT + seconds) * CLOCK_SECOND);
}

void world_begin(struct world *w)
{
	const struct decisions_out out = {
		.ban = on_ban, .unban = on_unban, .ctx = w};

	w->decisions = decisions_new(&w->config, w->store, &out);
}

int world_make(void **state)
{
	static const char *const names[JAILS] = {"a", "b", "c"};
	struct world *w = calloc(1, sizeof(*w));

	for (int i = 0; i < JAILS; i++) {
		w->jails[i] = (struct jail){.name = names[i],
			.maxretry = 3,
			.findtime = 600,
			.bantime = 600,
			.bans = true};
		escalate_init(&w->jails[i].escalate);
		prefixset_init(&w->jails[i].ignoreip);
		w->items[i].jail = &w->jails[i];
	}
	w->config = (struct config){.items = w->items, .n = JAILS};
	w->config.settings.max_bans = 1000;
	w->config.settings.max_tracked = 1000;
	strcpy(w->dir, "/tmp/test_decision.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->store = state_open(w->dir);
	assert_non_null(w->store);
	world_hold(0);
	world_begin(w);
	*state = w;
	return 0;
}

int world_unmake(void **state)
{
	static const char *const files[] = {
		"state.db", "state.db-wal", "state.db-shm"};
	struct world *w = *state;
	char path[128];

	decisions_free(&w->decisions);
	state_close(&w->store);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		unlink(path);
	}
	rmdir(w->dir);
	for (int i = 0; i < JAILS; i++)
		prefixset_deinit(&w->jails[i].ignoreip);
	clock_release();
	free(w);
	return 0;
}

void world_restart(struct world *w)
{
	decisions_save(w->decisions);
	state_commit(w->store);
	decisions_free(&w->decisions);
	state_close(&w->store);
	w->store = state_open(w->dir);
	assert_non_null(w->store);
	world_begin(w);
	decisions_restore(w->decisions);
}

struct prefix world_at(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

void world_fail(struct world *w, size_t jail, const char *who, int64_t seconds)
{
	const struct failure failure = {
		.who = world_at(who), .time = (T0 + seconds) * CLOCK_SECOND};

	decisions_failure(w->decisions, jail, &failure);
}

uint32_t world_banned(struct world *w, size_t jail)
{
	struct decision_counts c;

	decisions_counts(w->decisions, jail, &c);
	return c.banned;
}

uint32_t world_failing(struct world *w, size_t jail)
{
	struct decision_counts c;

	decisions_counts(w->decisions, jail, &c);
	return c.failed;
}

int world_said(const char *path, const char *words)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	int n = 0;

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (char *at = text; (at = strstr(at, words)); at++)
		n++;
	return n;
}

int world_quiet(void **state)
{
	(void)state;
	/* Each ban is a line of the log. */
	return freopen("/dev/null", "w", stderr) ? 0 : -1;
}
