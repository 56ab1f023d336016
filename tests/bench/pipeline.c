/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipeline LOG: the whole way of LOG's lines through all mail jails as the
 * daemon has it (file, header, filters, windows, bans), without the kernel.
 * Prints lines, seconds, failures and bans.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/decisions.h"
#include "daemon/feeds.h"
#include "lib/clock.h"
#include "lib/datadir.h"
#include "lib/log.h"

static const char *const jails[] = {
	"dovecot", "postfix", "postfix-rbl", "postfix-sasl"};

static void write_config(const char *dir, const char *log)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/jail.local", dir);
	f = fopen(path, "w");
	if (!f)
		abort();
	for (size_t i = 0; i < sizeof(jails) / sizeof(*jails); i++)
		fprintf(f,
			"[%s]\nenabled = true\nbackend = polling\n"
			"logpath = %s\n",
			jails[i], log);
	fclose(f);
}

static void remove_config(const char *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/jail.local", dir);
	unlink(path);
	rmdir(dir);
}

static void on_failure(void *ctx, size_t jail, const struct failure *failure)
{
	decisions_failure(ctx, jail, failure);
}

static void on_ban(void *ctx, const struct ban *ban)
{
	(void)ban;
	++*(uint64_t *)ctx;
}

static struct config *load(const char *log)
{
	char dir[] = "/tmp/mailban-bench-XXXXXX", data[PATH_MAX];
	const char *datadir;
	struct config *config;
	struct err err;
	char *path = realpath(log, NULL);

	/* Programs lie in build/tests/bench, the defaults in build/share. */
	setenv("MAILBAN_DATADIR", "/mailban/build/share", 0);
	datadir = datadir_find(data, sizeof(data));
	if (!mkdtemp(dir) || !path || !datadir)
		abort();
	write_config(dir, path);
	err_init(&err);
	config = config_load(dir, datadir, &err);
	for (size_t i = 0; i < err.n; i++)
		fprintf(stderr, "%s\n", err.items[i].text);
	remove_config(dir);
	free(path);
	if (!config)
		exit(1);
	return config;
}

int main(int argc, char **argv)
{
	uint64_t bans = 0, failed = 0;
	struct decisions_out out = {.ban = on_ban, .unban = on_ban};
	struct decisions *decisions;
	struct feed_status status;
	struct config *config;
	struct feeds *feeds;
	int64_t began, took;

	if (argc != 2) {
		fprintf(stderr, "usage: pipeline LOG\n");
		return 2;
	}
	log_setup(LOG_LEVEL_WARNING);
	config = load(argv[1]);
	out.ctx = &bans;
	decisions = decisions_new(config, NULL, &out);
	feeds = feeds_new(NULL, on_failure, decisions);
	began = clock_mono();
	if (feeds_configure(feeds, config) < 0)
		return 1;
	while (feeds_read(feeds))
		;
	took = clock_mono() - began;
	for (size_t i = 0; i < config->n; i++) {
		struct decision_counts c;

		decisions_counts(decisions, i, &c);
		failed += c.total_failed;
	}
	feeds_status(feeds, 0, &status);
	printf("%llu %.6f %llu %llu\n", (unsigned long long)status.lines,
		(double)took / CLOCK_SECOND, (unsigned long long)failed,
		(unsigned long long)bans);
	feeds_free(&feeds);
	decisions_free(&decisions);
	config_free(&config);
	return 0;
}
