/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban top: what goes on now. It asks the daemon again and again for what
 * it counts, and shows what has changed in between; on a terminal in place,
 * elsewhere as tables one behind the other. It changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/screen.h"
#include "cli/top_show.h"
#include "lib/clock.h"

#define INTERVAL 2 /* seconds */
/* Attackers of a kind that are asked for. */
#define ROWS 40
/* A daemon that is silent for longer is told of, not waited for. */
#define PATIENCE 5

static void sample_free(struct sample *s)
{
	json_decref(s->status);
	json_decref(s->counters);
	json_decref(s->attackers);
	json_decref(s->senders);
	*s = (struct sample){.at = 0};
}

static int sample_take(const struct options *options, struct sample *s)
{
	int rc;

	*s = (struct sample){.at = 0};
	rc = client_ask(
		options, json_pack("{s:s}", "command", "status"), &s->status);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s}", "command", "counters"),
			&s->counters);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s, s:i, s:i}", "command", "attackers",
				"ago", 0, "most", ROWS),
			&s->attackers);
	if (!rc)
		rc = client_ask(options,
			json_pack("{s:s}", "command", "accounts"), &s->senders);
	s->at = clock_mono();
	if (rc)
		sample_free(s);
	return rc;
}

static int plain_run(
	const struct options *options, struct sample *old, int64_t rounds)
{
	const struct timespec interval = {.tv_sec = options->interval};
	struct sample now;

	for (int64_t i = 0; rounds < 0 || i < rounds; i++) {
		int rc;

		nanosleep(&interval, NULL);
		rc = sample_take(options, &now);
		if (rc)
			return rc;
		if (i && !options->json)
			putchar('\n');
		if (options->json)
			top_json(old, &now);
		else
			top_print(old, &now, 0, stdout);
		sample_free(old);
		*old = now;
		/* Who reads it has gone. */
		if (fflush(stdout) || ferror(stdout))
			return EXIT_FAULT;
	}
	return EXIT_YES;
}

/* As sample_take, but what is wrong comes back as text, to be freed. */
static char *sample_try(const struct options *options, struct sample *now)
{
	FILE *errors = stderr;
	char *text = NULL;
	size_t n;
	int rc;

	stderr = open_memstream(&text, &n);
	if (!stderr)
		abort();
	rc = sample_take(options, now);
	if (fclose(stderr))
		abort();
	stderr = errors;
	if (rc)
		return text;
	free(text);
	return NULL;
}

static void frame_draw(
	const struct sample *old, const struct sample *now, const char *trouble)
{
	char *text = NULL;
	size_t n;
	FILE *to = open_memstream(&text, &n);

	if (!to)
		abort();
	if (trouble)
		fputs(trouble, to);
	top_print(old, now, screen_rows(), to);
	if (fclose(to))
		abort();
	screen_draw(text);
	free(text);
}

static void screen_run(const struct options *options, struct sample *old)
{
	struct sample now = {0}, next;
	enum screen_event event;
	char *trouble = NULL;
	/* Something is there at once. */
	int wait = 300;

	while ((event = screen_wait(wait)) != SCREEN_QUIT) {
		wait = options->interval * 1000;
		if (event == SCREEN_TIME) {
			free(trouble);
			trouble = sample_try(options, &next);
			if (!trouble && now.at) {
				sample_free(old);
				*old = now;
			}
			if (!trouble)
				now = next;
		}
		if (now.at || trouble)
			frame_draw(old, now.at ? &now : old, trouble);
	}
	free(trouble);
	sample_free(&now);
}

int top_run(const struct command *self, const struct options *given, int argc,
	char **argv)
{
	struct options options = *given;
	bool plain = options.batch || options.rounds || options.json;
	struct sample old;
	int rc;

	(void)argv;
	if (argc)
		return command_misused(self);
	if (options.wait > PATIENCE)
		options.wait = PATIENCE;
	if (!options.interval)
		options.interval = INTERVAL;
	rc = sample_take(&options, &old);
	if (rc)
		return rc;
	if (!plain && isatty(STDOUT_FILENO) && screen_enter()) {
		screen_run(&options, &old);
		screen_leave();
	} else {
		rc = plain_run(&options, &old,
			options.rounds	? options.rounds
			: options.batch ? -1
					: 1);
	}
	sample_free(&old);
	return rc;
}
