/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fail2ban-client says no: the answer on stdout, for who called it, and a
 * line of log on stderr, which is all that a cron job shows whose stdout goes
 * to /dev/null. Both are safe for a terminal, and neither is ever left out.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/fail2ban/fail2ban.h"
#include "cli/fail2ban/python.h"
#include "cli/text.h"
#include "lib/clock.h"

void fail2ban_log(const char *format, ...)
{
	int64_t now = clock_wall();
	char moment[TEXT_TIME], *text;
	va_list args;

	va_start(args, format);
	text = text_format(format, args);
	va_end(args);
	fprintf(stderr, "%s,%03d fail2ban                [%d]: ERROR   %s\n",
		text_moment(now / CLOCK_SECOND, moment),
		(int)(now % CLOCK_SECOND / CLOCK_MILLISECOND), (int)getpid(),
		text);
	free(text);
}

/* The log has the argument of what fail2ban raises; NULL: the text itself. */
static void no_tell(const char *argument, const char *text)
{
	char *repr = python_repr(argument ? argument : text);

	fail2ban_log("NOK: (%s,)", repr);
	fail2ban_put(text);
	putchar('\n');
	free(repr);
}

static char *text_make(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		abort();
	return text;
}

int fail2ban_no(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_make(format, args);
	va_end(args);
	return fail2ban_no_text(text);
}

int fail2ban_no_as(const char *argument, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = text_make(format, args);
	va_end(args);
	no_tell(argument, text);
	free(text);
	return FAIL2BAN_NO;
}

int fail2ban_no_text(char *text)
{
	no_tell(NULL, text);
	free(text);
	return FAIL2BAN_NO;
}

int fail2ban_refuse(const char *word, const char *format, ...)
{
	char *why, *repr = python_repr(word);
	va_list args;

	va_start(args, format);
	why = text_make(format, args);
	va_end(args);
	fail2ban_no("Invalid command %s (%s)", repr, why);
	free(why);
	free(repr);
	return FAIL2BAN_NO;
}

bool fail2ban_runs(const struct options *options)
{
	json_t *status = fail2ban_ask(options, "status", NULL);
	bool runs = status != NULL;

	json_decref(status);
	return runs;
}

int fail2ban_invalid(const struct options *options, const char *format, ...)
{
	va_list args;
	char *text;

	if (!fail2ban_runs(options))
		return FAIL2BAN_NO;
	va_start(args, format);
	text = text_make(format, args);
	va_end(args);
	return fail2ban_no_text(text);
}

int fail2ban_too_few(const struct options *options)
{
	if (!fail2ban_runs(options))
		return FAIL2BAN_NO;
	return fail2ban_no_as(
		"list index out of range", "Sorry but the command is invalid");
}
