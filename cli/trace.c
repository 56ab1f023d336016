/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban trace: what became of a message. It reads the logs twice, so what
 * comes from a pipe is kept in a file that has no name.
 */
#include "cli/trace.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/text.h"
#include "sources/replay.h"

static void on_find(void *ctx, const struct line *line)
{
	trace_find(ctx, line);
}

static void on_take(void *ctx, const struct line *line)
{
	trace_take(ctx, line);
}

/* What a pipe holds, as a path to be read more than once; NULL with errno. The
 * caller frees it. */
static char *pipe_keep(FILE *in)
{
	FILE *kept = tmpfile();
	char buf[65536], *path;
	size_t n;

	if (!kept)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), in)))
		if (fwrite(buf, 1, n, kept) != n)
			return NULL;
	if (ferror(in) || fflush(kept) != 0)
		return NULL;
	/* It stays open until the program ends: the path needs it. */
	if (asprintf(&path, "/proc/self/fd/%d", fileno(kept)) < 0)
		abort();
	return path;
}

static bool is_pipe(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* The path to read a log by; NULL if it was told why there is none. */
static char *log_path(const char *log)
{
	bool input = strcmp(log, "-") == 0;
	FILE *in = stdin;
	char *path;

	if (!input && !is_pipe(log))
		return strdup(log);
	if (!input)
		in = fopen(log, "re");
	path = in ? pipe_keep(in) : NULL;
	if (!path)
		text_complain("trace: cannot keep what comes from %s: %m",
			input ? "standard input" : log);
	if (in && !input)
		fclose(in);
	return path;
}

/* Both passes over all logs; EXIT_FAULT when one was not read whole. */
static int logs_read(struct trace *trace, char **logs, int n)
{
	static const source_line_fn passes[] = {on_find, on_take};
	char why[256], **paths = calloc((size_t)n, sizeof(*paths));
	int rc = EXIT_YES, got;

	if (!paths)
		abort();
	for (int i = 0; i < n; i++) {
		paths[i] = log_path(logs[i]);
		if (!paths[i])
			rc = EXIT_FAULT;
	}
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n; i++) {
			if (!paths[i])
				continue;
			if (strcmp(paths[i], "journal") == 0)
				got = replay_journal(0, passes[pass], trace,
					why, sizeof(why));
			else
				got = replay_read(paths[i], passes[pass], trace,
					why, sizeof(why));
			if (got == 0)
				continue;
			rc = EXIT_FAULT;
			if (!pass)
				text_complain("%s: %s", logs[i], why);
		}
	for (int i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
	return rc;
}

/* usual is the log that was read as none was named, or NULL. */
static void tell_nothing(const char *what, const char *usual)
{
	if (usual)
		text_complain("trace: nothing of '%s' in %s; older logs are "
			      "read when they are named, as %s.1",
			what,
			strcmp(usual, REPLAY_MAIL_LOG) == 0 ? usual
							    : "the journal",
			REPLAY_MAIL_LOG);
	else
		text_complain("trace: nothing of '%s' in these logs", what);
}

int trace_run(const struct command *self, const struct options *options,
	int argc, char **argv)
{
	char *usual[] = {(char *)replay_usual()};
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
	if (rc == EXIT_YES && !n) {
		tell_nothing(argv[0], argc > 1 ? NULL : usual[0]);
		return EXIT_NO;
	}
	return rc;
}
