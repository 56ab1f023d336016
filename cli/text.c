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

/*
 * The code point at text, of which left bytes are there, and its bytes; zero
 * bytes if none is there (RFC 3629: no surrogates, nothing overlong, nothing
 * above 10FFFF).
 */
static size_t utf8_decode(const unsigned char *t, size_t left, uint32_t *out)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t v;
	size_t n, i;

	if (t[0] < 0x80) {
		*out = t[0];
		return 1;
	}
	n = t[0] >= 0xf0 ? 4 : t[0] >= 0xe0 ? 3 : 2;
	if (t[0] < 0xc2 || t[0] > 0xf4 || n > left)
		return 0;
	v = t[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((t[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (t[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*out = v;
	return n;
}

/* Controls, and what reorders or hides the text around it. */
static bool point_is_plain(uint32_t v)
{
	if (v < 0x20 || (v >= 0x7f && v < 0xa0) || v == 0xad)
		return false;
	if (v == 0x61c || (v >= 0x200b && v <= 0x200f) ||
		(v >= 0x2028 && v <= 0x202e) || (v >= 0x2060 && v <= 0x206f) ||
		v == 0xfeff || (v >= 0xfff9 && v <= 0xfffb) ||
		(v >= 0xe0000 && v <= 0xe0fff))
		return false;
	return v < 0x80 || wcwidth((wchar_t)v) >= 0;
}

char *text_escape_bytes(const char *text, size_t left)
{
	const unsigned char *t = (const unsigned char *)text;
	/* The longest: one byte to \xNN, three bytes to \u{NNNN}. */
	char *out = malloc(4 * left + 1), *o = out;
	uint32_t v;
	size_t n;

	if (!out)
		abort();
	for (; left; t += n, left -= n) {
		n = utf8_decode(t, left, &v);
		if (!n || (n == 1 && !point_is_plain(v))) {
			o += sprintf(o, "\\x%02x", *t);
			n = 1;
		} else if (!point_is_plain(v)) {
			/* at most 8 bytes for 2, 10 for 4 */
			o += sprintf(o, "\\u{%x}", (unsigned)v);
		} else {
			memcpy(o, t, n);
			o += n;
		}
	}
	*o = '\0';
	return out;
}

char *text_escape(const char *text)
{
	return text_escape_bytes(text, strlen(text));
}

size_t text_width(const char *text)
{
	const unsigned char *t = (const unsigned char *)text;
	size_t left = strlen(text), n, width = 0;
	uint32_t v;
	int w;

	for (; left; t += n, left -= n) {
		n = utf8_decode(t, left, &v);
		w = n > 1 ? wcwidth((wchar_t)v) : 1;
		width += w > 0 ? (size_t)w : 0;
		n = n ? n : 1;
	}
	return width;
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
	if (i == 3)
		snprintf(buf, TEXT_TIME, "%jd s", (intmax_t)seconds);
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
