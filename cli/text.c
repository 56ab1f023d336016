/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text on its way to a person's terminal. What comes from the daemon may come
 * from a configuration or a log: nothing of it may ever reach a terminal as a
 * command to it.
 */
#include "cli/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "lib/plain.h"

/* That the terminal has no width for, it may do anything with. */
static bool has_width(uint32_t point)
{
	return point < 0x80 || wcwidth((wchar_t)point) >= 0;
}

char *text_escape_bytes(const char *text, size_t n)
{
	size_t room = PLAIN_ROOM(n) + 1;
	char *out = malloc(room);

	if (!out)
		abort();
	plain_copy(out, room, text, n, has_width);
	return out;
}

char *text_escape(const char *text)
{
	return text_escape_bytes(text, strlen(text));
}

/* The bytes of the first character, and its columns in *width. */
static size_t char_width(const char *text, size_t left, size_t *width)
{
	uint32_t v;
	size_t n = plain_decode(text, left, &v);
	int w = n > 1 ? wcwidth((wchar_t)v) : 1;

	*width = w > 0 ? (size_t)w : 0;
	return n ? n : 1;
}

size_t text_width(const char *text)
{
	size_t left = strlen(text), n, width, all = 0;

	for (; left; text += n, left -= n) {
		n = char_width(text, left, &width);
		all += width;
	}
	return all;
}

size_t text_fit(const char *text, size_t n, size_t columns)
{
	size_t at = 0, got, width;

	while (at < n) {
		got = char_width(text + at, n - at, &width);
		if (width > columns)
			break;
		columns -= width;
		at += got;
	}
	return at;
}

char *text_format(const char *format, va_list args)
{
	char *text, *escaped;

	if (vasprintf(&text, format, args) < 0)
		abort();
	escaped = text_escape(text);
	free(text);
	return escaped;
}

static char *complaint;
static size_t complaint_room;

void text_complain_into(char *buf, size_t room)
{
	complaint = buf;
	complaint_room = room;
	if (buf)
		*buf = '\0';
}

void text_complain(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = text_format(format, args);
	va_end(args);
	fflush(stdout);
	if (complaint)
		snprintf(complaint, complaint_room, "%s", text);
	else
		fprintf(stderr, "mailban: %s\n", text);
	free(text);
}

char *text_duration(int64_t seconds, char buf[TEXT_TIME])
{
	static const struct {
		int64_t size;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	size_t i;

	if (seconds < 0)
		seconds = 0;
	for (i = 0; i < 3 && seconds < units[i].size; i++)
		;
	if (seconds % units[i].size == 0)
		snprintf(buf, TEXT_TIME, "%jd %s",
			(intmax_t)(seconds / units[i].size), units[i].name);
	else
		snprintf(buf, TEXT_TIME, "%jd %s %jd %s",
			(intmax_t)(seconds / units[i].size), units[i].name,
			(intmax_t)(seconds % units[i].size / units[i + 1].size),
			units[i + 1].name);
	return buf;
}

char *text_moment(int64_t seconds, char buf[TEXT_TIME])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm) ||
		!strftime(buf, TEXT_TIME, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buf, TEXT_TIME, "%jd", (intmax_t)seconds);
	return buf;
}
