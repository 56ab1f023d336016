/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines as pflogsumm 1.1.5 reads them. Its expressions are done by hand, each
 * to the letter: what it takes for the program, for a queue id or for an
 * address is taken for the same here, also in lines that were cut, glued or
 * forged. None of this may be bettered; record.c is what reads well.
 *
 * No step goes over a line more than a few times, whatever stands in it.
 */
#include "ledger/pflogsumm.h"

#include <stdlib.h>

#include "ledger/record.h"

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* n digits as a number. */
static int number(const char *p, int n)
{
	int v = 0;

	while (n--)
		v = v * 10 + (*p++ - '0');
	return v;
}

/* "HH:MM:SS" in front, which is cut off. */
static bool cut_time(struct span *in, struct when *when)
{
	const char *p = in->at;

	if (in->n < 8 || !byte_is_digit(p[0]) || !byte_is_digit(p[1]) ||
		p[2] != ':' || !byte_is_digit(p[3]) || !byte_is_digit(p[4]) ||
		p[5] != ':' || !byte_is_digit(p[6]) || !byte_is_digit(p[7]))
		return false;
	when->hour = number(p, 2);
	when->minute = number(p + 3, 2);
	when->second = number(p + 6, 2);
	return span_skip(in, 8);
}

/* " host " in front; something must follow. */
static bool cut_host(struct span *in)
{
	size_t n;

	if (in->n < 1 || *in->at != ' ')
		return false;
	span_skip(in, 1);
	n = span_word(*in);
	if (n == 0 || n + 1 >= in->n || in->at[n] != ' ')
		return false;
	return span_skip(in, n + 1);
}

/* "Nov 21 10:00:00 host "; an unknown month counts as January. */
static bool cut_traditional(
	const struct pflogsumm *p, struct span *line, struct when *when)
{
	struct span in = *line;
	size_t digits;

	if (in.n < 5 || in.at[3] != ' ')
		return false;
	span_skip(&in, in.at[4] == ' ' ? 5 : 4);
	digits = span_digits(in);
	if (digits < 1 || digits > 2 || in.n == digits || in.at[digits] != ' ')
		return false;
	when->day = number(in.at, (int)digits);
	span_skip(&in, digits + 1);
	if (!cut_time(&in, when) || !cut_host(&in))
		return false;
	for (when->month = 0; when->month < 12; when->month++)
		if (memcmp(line->at, month_names[when->month], 3) == 0)
			break;
	when->month %= 12;
	when->year = p->year - (when->month > p->month);
	*line = in;
	return true;
}

/* "2026-11-21T10:00:00.123456+01:00 host ", whose year is not used. */
static bool cut_rfc3339(
	const struct pflogsumm *p, struct span *line, struct when *when)
{
	struct span in = *line;
	size_t digits;

	if (in.n < 20 || span_digits(in) != 4 || in.at[4] != '-' ||
		!byte_is_digit(in.at[5]) || !byte_is_digit(in.at[6]) ||
		in.at[7] != '-' || !byte_is_digit(in.at[8]) ||
		!byte_is_digit(in.at[9]) || in.at[10] != 'T')
		return false;
	when->month = number(in.at + 5, 2) - 1;
	when->day = number(in.at + 8, 2);
	when->year = p->year - (when->month > p->month);
	span_skip(&in, 11);
	if (!cut_time(&in, when))
		return false;
	if (in.n > 1 && *in.at == '.' && byte_is_digit(in.at[1])) {
		span_skip(&in, 1);
		digits = span_digits(in);
		span_skip(&in, digits);
	}
	if (!SPAN_SKIP(&in, "Z")) {
		if (in.n < 6 || (*in.at != '+' && *in.at != '-') ||
			!byte_is_digit(in.at[1]) || !byte_is_digit(in.at[2]) ||
			in.at[3] != ':' || !byte_is_digit(in.at[4]) ||
			!byte_is_digit(in.at[5]))
			return false;
		span_skip(&in, 6);
	}
	if (!cut_host(&in))
		return false;
	*line = in;
	return true;
}

/* ": [ID 197553 mail.info] " loses what Solaris put there. */
static struct span without_id(struct pflogsumm *p, struct span line)
{
	struct span rest = line;
	const char *at, *close, *end = span_end(line);

	while ((at = SPAN_FIND_RARE(rest, ": [ID ", 2))) {
		struct span in = span_from(line, at + 6);
		size_t digits = span_digits(in);

		rest = in;
		if (!digits || digits == in.n || in.at[digits] != ' ')
			continue;
		span_skip(&in, digits + 1);
		close = span_char(in, ']');
		if (!close || close == in.at || close + 1 == end ||
			close[1] != ' ')
			continue;
		if (!p->scratch && !(p->scratch = malloc(65536 + 1)))
			abort();
		if (line.n > 65536)
			return line;
		at += 2;
		memcpy(p->scratch, line.at, (size_t)(at - line.at));
		memcpy(p->scratch + (at - line.at), close + 2,
			(size_t)(end - close - 2));
		p->moved = true;
		return (struct span){
			p->scratch, line.n - (size_t)(close + 2 - at)};
	}
	return line;
}

/* Up to the first colon or space. */
static size_t token_length(struct span in)
{
	size_t n = 0;

#ifdef __SSE2__
	if (in.n >= SPAN_BLOCK) {
		__m128i v = _mm_loadu_si128((const __m128i_u *)in.at);
		unsigned int is = span_bits(in.at, ':') |
				  span_bits(in.at, ' ') |
				  (unsigned int)_mm_movemask_epi8(
					  bytes_in(v, '\t', '\r'));

		if (is)
			return (size_t)__builtin_ctz(is);
		n = SPAN_BLOCK;
	}
#endif
	while (n < in.n && in.at[n] != ':' && !byte_is_space(in.at[n]))
		n++;
	return n;
}

/* The first ": " with something other than a blank or a colon behind it. */
static bool find_queue(struct span in, struct span *queue)
{
	const char *p;

	while ((p = SPAN_FIND(in, ": "))) {
		struct span rest = span_from(in, p + 2);
		size_t n = token_length(rest);

		if (n) {
			*queue = (struct span){rest.at, n};
			return true;
		}
		in = span_from(in, p + 1);
	}
	return false;
}

/* "postfix/smtpd[123]: QUEUE": behind the name that it begins with. */
static bool cut_program(struct span in, struct record *r)
{
	const char *p, *end = span_end(in);
	unsigned int is = 0;

	if (!(SPAN_STARTS(in, "/smtps/") && span_skip(&in, 7)) &&
		!(SPAN_STARTS(in, "/submission/") && span_skip(&in, 12)) &&
		!SPAN_SKIP(&in, "/"))
		return false;
	p = in.at;
#ifdef __SSE2__
	if (in.n >= SPAN_BLOCK)
		is = span_bits(p, '[') | span_bits(p, ':');
#endif
	if (is)
		p += __builtin_ctz(is);
	while (p < end && *p != '[' && *p != ':')
		p++;
	r->program = span_between(in.at, p);
	return find_queue(span_from(in, p), &r->queue);
}

/* "postfix-script[123]: QUEUE" */
static bool cut_script(struct span in, struct record *r)
{
	const char *begin = in.at, *q;
	size_t digits;

	if (!SPAN_SKIP(&in, "postfix"))
		return false;
	(void)SPAN_SKIP(&in, "-script");
	r->program = span_between(begin, in.at);
	if (in.n > 2 && *in.at == '[') {
		span_skip(&in, 1);
		digits = span_digits(in);
		if (!digits || digits == in.n || in.at[digits] != ']')
			return false;
		span_skip(&in, digits + 1);
	}
	if (!SPAN_SKIP(&in, ": "))
		return false;
	for (q = in.at; q < span_end(in) && *q != ':' && !byte_is_space(*q);
		q++)
		;
	r->queue = span_between(in.at, q);
	return r->queue.n > 0;
}

static bool is_of_day(const struct pflogsumm *p, struct span line)
{
	if (!p->date[0].n)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (line.n >= p->date[i].n &&
			memcmp(line.at, p->date[i].at, p->date[i].n) == 0)
			return true;
	return false;
}

/* Else it is none of its lines, and that is soon seen. */
static bool may_be_postfix(const struct pflogsumm *p, struct span log)
{
	return *log.at == *p->name.at || *log.at == 'p' || *log.at == '[';
}

/* The header, as that of the line before if it begins as that did. */
static bool cut_header(
	struct pflogsumm *p, struct span *line, struct when *when)
{
	struct span in = *line;
	size_t n;

	if (p->known && in.n > p->known &&
		word_same(in.at, p->header, p->known)) {
		*when = p->when;
		return span_skip(line, p->known);
	}
	p->known = 0;
	if (!cut_traditional(p, line, when) && !cut_rfc3339(p, line, when))
		return false;
	n = (size_t)(line->at - in.at);
	if (n <= sizeof(p->header)) {
		memcpy(p->header, in.at, n);
		p->when = *when;
		p->known = n;
	}
	return true;
}

bool pflogsumm_parse(struct pflogsumm *p, struct span line, struct when *when,
	struct record *r)
{
	struct span log;
	size_t header;

	if (!is_of_day(p, line))
		return false;
	p->moved = false;
	log = line;
	/* What Solaris put there stands behind the host. */
	if (!cut_header(p, &log, when) || !may_be_postfix(p, log))
		return false;
	header = (size_t)(log.at - line.at);
	line = without_id(p, line);
	log = span_from(line, line.at + header);
	r->kind = RECORD_IDLE;
	if (!(SPAN_STARTS(log, "postfix") &&
		    cut_program(span_from(log, log.at + 7), r)) &&
		!(log.n > p->name.n &&
			memcmp(log.at, p->name.at, p->name.n) == 0 &&
			cut_program(span_from(log, log.at + p->name.n), r)) &&
		!cut_script(log, r))
		return false;
	r->log = log;
	pflogsumm_take(log, p->connections, r);
	return true;
}
