/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon says, on stderr, where systemd takes it to the journal.
 * Bytes that came out of a log line must never reach a terminal or a journal
 * as control bytes, nor as a second line.
 */
#include "lib/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/plain.h"

static enum log_level most_wanted = LOG_LEVEL_INFO;
static bool with_severity;

static const char *const names[] = {
	[LOG_LEVEL_CRITICAL] = "CRITICAL",
	[LOG_LEVEL_ERROR] = "ERROR",
	[LOG_LEVEL_WARNING] = "WARNING",
	[LOG_LEVEL_NOTICE] = "NOTICE",
	[LOG_LEVEL_INFO] = "INFO",
	[LOG_LEVEL_DEBUG] = "DEBUG",
};

void log_setup(enum log_level most)
{
	most_wanted = most;
	with_severity = getenv("JOURNAL_STREAM") != NULL;
}

int log_level_parse(const char *name)
{
	for (int level = LOG_LEVEL_CRITICAL; level <= LOG_LEVEL_DEBUG; level++)
		if (strcasecmp(names[level], name) == 0)
			return level;
	return -1;
}

const char *log_level_name(enum log_level level)
{
	return names[level];
}

bool log_is_journal(void)
{
	return with_severity;
}

bool log_wants(enum log_level level)
{
	return level <= most_wanted;
}

void log_line(enum log_level level, const char *format, ...)
{
	char text[2048], out[2200];
	size_t n = 0;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (with_severity)
		n += (size_t)sprintf(out, "<%d>", (int)level);
	n += (size_t)sprintf(out + n, "%s ", names[level]);
	n += plain_copy(out + n, sizeof(out) - n - 1, text, strlen(text), NULL);
	out[n++] = '\n';
	/* Nobody is left to tell if stderr itself fails. */
	if (write(STDERR_FILENO, out, n) < 0)
		return;
}
