/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban-client -i: a command a line, from a terminal or from a script's
 * here-document, until "exit", "quit" or the input's end. A line is cut into
 * words as Python's shlex.split does; it must never come near a shell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/interactive.h"

#define PROMPT "fail2ban> "

static bool is_blank(char c)
{
	return c && strchr(" \t\r\n", c);
}

/*
 * The word that begins at from, with its quotes taken off, to *to; both are
 * moved behind it. NULL, or why it is none.
 */
static const char *word_cut(const char **from, char **to)
{
	const char *in = *from;
	char *out = *to, quote = 0;

	for (; *in && (quote || !is_blank(*in)); in++) {
		if (*in == quote) {
			quote = 0;
		} else if (!quote && (*in == '\'' || *in == '"')) {
			quote = *in;
		} else if (*in == '\\' && quote != '\'') {
			if (!in[1])
				return "No escaped character";
			/* Within quotes a backslash else is one. */
			if (quote && in[1] != quote && in[1] != '\\')
				*out++ = '\\';
			*out++ = *++in;
		} else {
			*out++ = *in;
		}
	}
	if (quote)
		return "No closing quotation";
	*out++ = '\0';
	*from = in;
	*to = out;
	return NULL;
}

/* A line's words, NULL behind the last, in one block that the caller frees;
 * NULL when told why there are none. */
static char **words_cut(const char *line, int *n)
{
	/* Each but the last has a blank behind it: room for its end. */
	size_t most = strlen(line) / 2 + 2, room = strlen(line) + 1;
	char **words = malloc(most * sizeof(*words) + room), *to;
	const char *wrong = NULL;

	if (!words)
		abort();
	to = (char *)(words + most);
	*n = 0;
	while (!wrong) {
		while (is_blank(*line))
			line++;
		if (!*line)
			break;
		words[(*n)++] = to;
		wrong = word_cut(&line, &to);
	}
	if (wrong) {
		fail2ban_log("%s", wrong);
		free(words);
		return NULL;
	}
	words[*n] = NULL;
	return words;
}

static void line_run(
	const struct options *options, const char *line, fail2ban_line_fn *run)
{
	int n;
	char **words = words_cut(line, &n);

	if (words)
		run(options, n, words);
	free(words);
}

static bool is_end(const char *line)
{
	return !strcmp(line, "exit") || !strcmp(line, "quit");
}

int fail2ban_interactive(const struct options *options, fail2ban_line_fn *run)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = FAIL2BAN_NO;

	puts("mailban " MAILBAN_VERSION
	     ": a command a line, \"help\" or \"exit\"\n");
	while (rc == FAIL2BAN_NO) {
		fputs(PROMPT, stdout);
		fflush(stdout);
		n = getline(&line, &room, stdin);
		if (n < 0)
			break;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (is_end(line))
			rc = FAIL2BAN_YES;
		else if (*line)
			line_run(options, line, run);
	}
	if (rc == FAIL2BAN_NO) {
		putchar('\n');
		fail2ban_log("EOF when reading a line");
	}
	free(line);
	return rc;
}
