/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A syslog message made a line as the journal's are, so that one form of each
 * filter is right for both. Every byte of a message may be chosen by whom it is
 * to have banned: it must never become two lines, and never be read beyond its
 * end.
 */
#include "sources/syslog_message.h"

#include <string.h>

#include "lib/byte.h"
#include "lib/line.h"
#include "sources/header.h"
#include "sources/header_tag.h"
#include "sources/plain.h"

#define NAME_MOST 255 /* bytes of a host, and of a program */
#define PID_MOST 20

/* What of a datagram makes a line; what is not there is empty. */
struct parts {
	const char *host, *tag, *pid;
	size_t host_n, tag_n, pid_n;
	/* What follows; of RFC 3164 the program too. */
	const char *rest, *end;
};

/* Up to a blank, and behind it. */
static const char *cut_word(struct parts *p, size_t *n)
{
	const char *word = p->rest;
	const char *blank = memchr(word, ' ', (size_t)(p->end - word));

	*n = (size_t)((blank ? blank : p->end) - word);
	p->rest = blank ? blank + 1 : p->end;
	if (*n == 1 && *word == '-')
		*n = 0;
	return word;
}

/* "-" or "[id name="value"...]...", and the blank behind. */
static void skip_structured(struct parts *p)
{
	const char *s = p->rest;
	bool quoted = false;

	if (s == p->end || *s != '[') {
		size_t n;

		cut_word(p, &n);
		return;
	}
	for (; s < p->end; s++) {
		if (quoted && *s == '\\' && s + 1 < p->end)
			s++;
		else if (*s == '"')
			quoted = !quoted;
		else if (!quoted && *s == ' ' && s[-1] == ']')
			break;
	}
	p->rest = s < p->end ? s + 1 : s;
}

/* "TIME HOST APP PID ID DATA MESSAGE", behind "<PRI>1 " (RFC 5424, 6). */
static void cut_5424(struct parts *p)
{
	size_t n;

	cut_word(p, &n);
	p->host = cut_word(p, &p->host_n);
	p->tag = cut_word(p, &p->tag_n);
	p->pid = cut_word(p, &p->pid_n);
	cut_word(p, &n);
	skip_structured(p);
	if (p->end - p->rest >= 3 && memcmp(p->rest, "\xef\xbb\xbf", 3) == 0)
		p->rest += 3;
}

/* Behind "<22>", if it is there. */
static const char *skip_priority(const char *text, const char *end)
{
	const char *p = text + 1;

	if (text == end || *text != '<')
		return text;
	while (p < end && p - text < 4 && byte_is_digit(*p))
		p++;
	return p > text + 1 && p < end && *p == '>' ? p + 1 : text;
}

static void cut(
	const char *in, size_t n, struct header_clock *clock, struct parts *p)
{
	const char *end = in + n, *text = skip_priority(in, end);
	struct line line;

	*p = (struct parts){.rest = text, .end = end};
	if (end - text > 2 && memcmp(text, "1 ", 2) == 0) {
		p->rest += 2;
		cut_5424(p);
		return;
	}
	header_cut(text, (size_t)(end - text), clock, &line);
	if (line.body == line.text)
		return; /* no date */
	p->host = line.host;
	p->host_n = line.host_len;
	p->rest = line.tag;
}

static void compose(const struct parts *p, const char *own_host, char *body,
	struct line *line)
{
	size_t at, head;

	if (p->host_n)
		at = plain_put(body, p->host, p->host_n, NAME_MOST);
	else
		at = plain_put(body, own_host, strlen(own_host), NAME_MOST);
	line->host = body;
	line->host_len = at;
	if (at)
		body[at++] = ' ';
	head = at;
	at += plain_put(body + at, p->tag, p->tag_n, NAME_MOST);
	if (p->tag_n && p->pid_n) {
		body[at++] = '[';
		at += plain_put(body + at, p->pid, p->pid_n, PID_MOST);
		body[at++] = ']';
	}
	if (p->tag_n) {
		body[at++] = ':';
		body[at++] = ' ';
	}
	at += plain_put(body + at, p->rest, (size_t)(p->end - p->rest),
		SOURCE_LINE_MOST);
	line->text = line->body = body;
	line->text_len = line->body_len = at;
	header_tag_cut(body + head, body + at, true, line);
}

void syslog_message_line(const char *in, size_t n, const char *own_host,
	struct header_clock *clock, char *body, struct line *line)
{
	struct parts parts;

	cut(in, n, clock, &parts);
	compose(&parts, own_host, body, line);
}
