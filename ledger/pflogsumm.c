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
#include "ledger/when.h"

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
	const char *at = line.at, *end = span_end(line);

	while ((at = memchr(at, '[', (size_t)(end - at)))) {
		struct span in = span_between(at, end);
		const char *close;
		size_t digits;

		at++;
		if (!SPAN_SKIP(&in, "[ID ") || at - line.at < 3 ||
			at[-2] != ' ' || at[-3] != ':')
			continue;
		digits = span_digits(in);
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
		memcpy(p->scratch, line.at, (size_t)(at - 1 - line.at));
		memcpy(p->scratch + (at - 1 - line.at), close + 2,
			(size_t)(end - close - 2));
		return (struct span){
			p->scratch, line.n - (size_t)(close + 2 - (at - 1))};
	}
	return line;
}

/* The first ": " with something other than a blank or a colon behind it. */
static bool find_queue(struct span in, struct span *queue)
{
	const char *p = in.at, *end = span_end(in), *q;

	while ((p = memchr(p, ':', (size_t)(end - p)))) {
		p++;
		if (end - p < 2 || *p != ' ')
			continue;
		for (q = p + 1; q < end && *q != ':' && !byte_is_space(*q); q++)
			;
		if (q > p + 1) {
			*queue = span_between(p + 1, q);
			return true;
		}
	}
	return false;
}

/* "postfix/smtpd[123]: QUEUE": behind the name that it begins with. */
static bool cut_program(struct span in, struct record *r)
{
	const char *p, *end = span_end(in);

	if (!(SPAN_STARTS(in, "/smtps/") && span_skip(&in, 7)) &&
		!(SPAN_STARTS(in, "/submission/") && span_skip(&in, 12)) &&
		!SPAN_SKIP(&in, "/"))
		return false;
	for (p = in.at; p < end && *p != '[' && *p != ':'; p++)
		;
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

bool pflogsumm_parse(struct pflogsumm *p, struct span line, struct when *when,
	struct record *r)
{
	struct span log;

	if (!is_of_day(p, line))
		return false;
	log = line = without_id(p, line);
	if (!cut_traditional(p, &log, when) && !cut_rfc3339(p, &log, when))
		return false;
	r->kind = RECORD_IDLE;
	if (!(SPAN_STARTS(log, "postfix") &&
		    cut_program(span_from(log, log.at + 7), r)) &&
		!(log.n > p->name.n &&
			memcmp(log.at, p->name.at, p->name.n) == 0 &&
			cut_program(span_from(log, log.at + p->name.n), r)) &&
		!cut_script(log, r))
		return false;
	r->log = log;
	pflogsumm_take(log, r);
	return true;
}
