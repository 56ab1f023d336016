/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix is told to do, by its own postconf(1): where its queue is, and
 * how much room it wants. Never guessed where postconf could have told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check/check.h"

struct answers {
	struct check_postfix *postfix;
	int n;
	bool bad;
};

static bool read_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* Values alone, in the order that they were asked for. */
static void take(void *ctx, const char *line, size_t n)
{
	struct answers *answers = ctx;
	struct check_postfix *p = answers->postfix;

	switch (answers->n++) {
	case 0:
		answers->bad |= *line != '/' || n >= sizeof(p->directory);
		if (!answers->bad)
			memcpy(p->directory, line, n + 1);
		break;
	case 1:
		answers->bad |= !read_number(line, &p->minfree);
		break;
	case 2:
		answers->bad |= !read_number(line, &p->size_limit);
		break;
	default:
		answers->bad = true;
	}
}

bool check_postfix_ask(const struct check_options *options,
	struct check_postfix *postfix, struct verdict *verdict)
{
	const char *at = options->configdir;
	char *plain[] = {(char *)"postconf", (char *)"-xh",
		(char *)"queue_directory", (char *)"queue_minfree",
		(char *)"message_size_limit", NULL};
	char *with[] = {(char *)"postconf", (char *)"-c", (char *)at,
		(char *)"-xh", (char *)"queue_directory",
		(char *)"queue_minfree", (char *)"message_size_limit", NULL};
	struct answers answers = {.postfix = postfix};
	int status;

	memset(postfix, 0, sizeof(*postfix));
	status = check_run(
		at ? with : plain, sizeof(postfix->directory), take, &answers);
	if (status == 0 && answers.n == 3 && !answers.bad)
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
