/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban trace: what became of a message. It reads the logs twice, so what
 * comes from a pipe is kept in a file that has no name.
 */
#include "cli/trace.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/text.h"
#include "sources/replay.h"

#define MAIL_LOG "/var/log/mail.log"

static void on_find(void *ctx, const struct line *line)
{
	trace_find(ctx, line);
}

static void on_take(void *ctx, const struct line *line)
{
	trace_take(ctx, line);
}

/* What standard input holds, as a path to be read more than once. */
static bool input_keep(char *path, size_t room)
{
	FILE *kept = tmpfile();
	char buf[65536];
	size_t n;

	if (!kept)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), stdin)))
		if (fwrite(buf, 1, n, kept) != n)
			return false;
	if (ferror(stdin) || fflush(kept) != 0)
		return false;
	/* It stays open until the program ends: the path needs it. */
	snprintf(path, room, "/proc/self/fd/%d", fileno(kept));
	return true;
}

/* Both passes over all logs; EXIT_FAULT when one was not read whole. */
static int logs_read(struct trace *trace, char **logs, int n)
{
	static const source_line_fn passes[] = {on_find, on_take};
	char why[256], kept[64] = "";
	int rc = EXIT_YES, got;

	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n; i++) {
			const char *log = logs[i];

			if (strcmp(log, "-") == 0) {
				if (!*kept && !input_keep(kept, sizeof(kept))) {
					text_complain("trace: cannot keep what "
						      "comes from standard "
						      "input: %m");
					return EXIT_FAULT;
				}
				log = kept;
			}
			if (strcmp(log, "journal") == 0)
				got = replay_journal(0, passes[pass], trace,
					why, sizeof(why));
			else
				got = replay_read(log, passes[pass], trace, why,
					sizeof(why));
			if (got == 0)
				continue;
			rc = EXIT_FAULT;
			if (!pass)
				text_complain("%s: %s", logs[i], why);
		}
	return rc;
}

int trace_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	char *usual[] = {
		(char *)(access(MAIL_LOG, F_OK) == 0 ? MAIL_LOG : "journal")};
	struct trace *trace;
	uint32_t n;
	int rc;

	if (!argc || !*argv[0] || strcmp(argv[0], "<>") == 0)
		return command_misused(self);
	trace = trace_new((struct span){argv[0], strlen(argv[0])}, SPAN(""), 0);
	if (argc > 1)
		rc = logs_read(trace, argv + 1, argc - 1);
	else
		rc = logs_read(trace, usual, 1);
	trace_steps(trace, &n);
	if (options->json)
		trace_json(trace, argv[0], stdout);
	else
		trace_text(trace, stdout);
	if (trace_lost(trace))
		text_complain("trace: there is more than is shown: %llu "
			      "messages or lines found no room",
			(unsigned long long)trace_lost(trace));
	trace_free(&trace);
	if (rc == EXIT_YES && !n)
		return EXIT_NO;
	return rc;
}
