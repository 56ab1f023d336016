/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cuts the header off a log line: the date, the host, the program. It runs
 * for every line there is, on bytes that an attacker has a say in, so it must
 * never read outside them, never allocate and never ask the C library for a
 * calendar more than once in a minute of log.
 *
 * What is taken for a host matters: in "Nov 21 10:00:00 auth(a b[1]: ..." the
 * text up to b is a user name that somebody typed, so only letters, digits
 * and a few signs make a host, and what stands behind anything else is no tag.
 */
#include "sources/header.h"

#include "lib/byte.h"
#include "lib/line.h"
#include "sources/header_date.h"

/* Where the reading stands; what is behind end does not exist. */
struct cursor {
	const char *at, *end;
};

enum { IN_HOST = 1 };

static const unsigned char class[256] = {
	['0' ... '9'] = IN_HOST,
	['A' ... 'Z'] = IN_HOST,
	['a' ... 'z'] = IN_HOST,
	['.'] = IN_HOST,
	['-'] = IN_HOST,
	['_'] = IN_HOST,
	['/'] = IN_HOST,
	['@'] = IN_HOST,
	[':'] = IN_HOST,
};

static bool cut_date(struct cursor *in, struct header_clock *c, int64_t *time)
{
	in->at = header_date_cut(in->at, in->end, c, time);
	/* A date runs into no word: "10:00:00x" is none. */
	return in->at && (in->at == in->end || *in->at == ':' ||
				 !(class[(unsigned char)*in->at] & IN_HOST));
}

/* A token of a host's letters with a blank behind, and no colon before it. */
static void cut_host(struct cursor *in, struct line *out)
{
	const char *p = in->at;

	while (p < in->end && class[(unsigned char)*p] & IN_HOST)
		p++;
	if (p == in->at || p == in->end || !byte_is_blank(*p) || p[-1] == ':')
		return;
	out->host = in->at;
	out->host_len = (size_t)(p - in->at);
	while (p < in->end && byte_is_blank(*p))
		p++;
	in->at = p;
}

/* What does not begin as the line before; false if it begins with no date. */
static bool cut_full(
	struct cursor *in, struct header_clock *c, struct line *out)
{
	size_t seconds;
	int64_t time;

	if (!cut_date(in, c, &time))
		return false;
	out->time = time;
	out->body = out->host = out->tag = in->at;
	out->body_len = (size_t)(in->end - in->at);
	out->message = in->at;
	out->message_len = out->body_len;
	if (in->at == in->end || !byte_is_blank(*in->at))
		return true;
	while (in->at < in->end && byte_is_blank(*in->at))
		in->at++;
	cut_host(in, out);
	out->tag = in->at;
	seconds = out->host_len ? header_date_seconds(c, out) : 0;
	if (seconds)
		header_again_learn(&c->again, out, seconds);
	header_tag_cut(in->at, in->end, !c->no_heads, out);
	return true;
}

/* With all that is not known yet. */
static void cut_anew(
	const char *text, size_t n, struct header_clock *c, struct line *out)
{
	struct cursor in = {text, text + n};

	out->body = out->host = out->tag = out->message = text;
	out->body_len = out->message_len = n;
	out->host_len = out->tag_len = 0;
	out->head = 0;
	out->time = 0;
	cut_full(&in, c, out);
}

void header_cut_rest(const char *text, size_t n, size_t known,
	struct header_clock *c, struct line *out)
{
	/* One more blank in front of the program would be the host's too. */
	if (!known || byte_is_blank(text[known])) {
		cut_anew(text, n, c, out);
		return;
	}
	header_tag_cut(text + known, text + n, !c->no_heads, out);
	header_tags_learn(&c->again.tags, out);
}

void header_cut(
	const char *text, size_t n, struct header_clock *c, struct line *out)
{
	header_cut_here(text, n, c, out);
}
