/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes off what rsyslog wraps around a message that came again. Nothing but
 * the very form that it writes is taken for it, from the message's first byte
 * to the line's last: whoever may write that may write whatever he likes.
 */
#include "lib/repeated.h"

#include <string.h>

#include "lib/byte.h"

/* Of an int, which rsyslog counts in. */
#define DIGITS_MOST 10

/* Behind a text at p; NULL if it does not stand there. */
static const char *behind(const char *p, const char *end, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(end - p) >= n && memcmp(p, text, n) == 0 ? p + n : NULL;
}

/* Behind the number at p, which is one at least; NULL if there is none. */
static const char *number(const char *p, const char *end, uint32_t *times)
{
	const char *from = p;

	*times = 0;
	if (p < end && *p == '0')
		return NULL;
	while (p < end && p - from <= DIGITS_MOST && byte_is_digit(*p)) {
		*times = *times * 10 + (uint32_t)(*p - '0');
		if (*times > REPEATED_MOST)
			*times = REPEATED_MOST;
		p++;
	}
	return p > from && p - from <= DIGITS_MOST ? p : NULL;
}

/* Where the message within begins, and how many times it came. */
static const char *find_inner(const char *p, const char *end, uint32_t *times)
{
	p = behind(p, end, "message repeated ");
	if (p)
		p = number(p, end, times);
	return p ? behind(p, end, " times: [") : NULL;
}

/* Where what stands at `at` in the old text is in the new one. */
static const char *moved(const char *at, const struct line *line, char *text)
{
	return text + (at - line->text);
}

bool repeated_cut(const struct line *line, struct repeated *out)
{
	const char *from = line->message, *end = from + line->message_len;
	size_t head = (size_t)(from - line->text), n;
	const char *inner;

	/* Of one that is cut, who knows what the last byte was. */
	if (!repeated_begins(line) || line->tag_len == 0 || line->cut_short ||
		end[-1] != ']' || head > REPEATED_HEAD)
		return false;
	inner = find_inner(from + (*from == ' '), end - 1, &out->times);
	if (!inner || (size_t)(end - 1 - inner) > REPEATED_TEXT)
		return false;
	n = (size_t)(end - 1 - inner);
	out->line = *line;
	out->line.cut_short = n == REPEATED_TEXT;
	/* As a message stands behind its program's colon and blank. */
	if (n > 0 && *inner == ' ') {
		inner++;
		n--;
	}
	memcpy(out->text, line->text, head);
	memcpy(out->text + head, inner, n);
	out->line.text = out->text;
	out->line.text_len = head + n;
	out->line.body = moved(line->body, line, out->text);
	out->line.body_len =
		out->line.text_len - (size_t)(out->line.body - out->text);
	out->line.host = moved(line->host, line, out->text);
	out->line.tag = moved(line->tag, line, out->text);
	out->line.message = out->text + head;
	out->line.message_len = n;
	return true;
}
