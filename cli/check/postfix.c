/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix is told to do, by its own postconf(1): where its queue is, and
 * how much room it wants. Never guessed where postconf could have told.
 */
#include <stdint.h>
#include <string.h>

#include "cli/check/check.h"

struct answers {
	char text[8192];
	size_t n;
};

static void take(void *ctx, const char *line, size_t n)
{
	struct answers *a = ctx;

	if (n >= sizeof(a->text) - a->n)
		return;
	memcpy(a->text + a->n, line, n);
	a->n += n;
	a->text[a->n++] = '\n';
}

bool check_postfix_ask(const struct check_options *options,
	struct postconf *postfix, struct verdict *verdict)
{
	const char *argv[POSTCONF_ARGUMENTS], *at = options->configdir;
	struct answers answers = {.n = 0};
	int status;

	postconf_arguments(argv, at);
	status = check_run(
		(char **)(uintptr_t)argv, POSTCONF_TEXT, take, &answers);
	postconf_take(postfix, answers.text, answers.n);
	if (status == 0 && postfix->complete)
		return true;
	if (status == 127)
		verdict_find(verdict, VERDICT_UNKNOWN,
			"postconf cannot be run: is Postfix there?");
	else
		verdict_find(verdict, VERDICT_UNKNOWN,
			"postconf does not tell queue_directory, "
			"queue_minfree and message_size_limit%s%s",
			at ? " of " : "", at ? at : "");
	return false;
}
