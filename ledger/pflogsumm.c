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

/* Behind the last of them, or NULL. */
static const char *behind_last(struct span in, struct span what)
{
	const char *p = span_last(in, what);

	return p ? p + what.n : NULL;
}

static struct span from_last(struct span in, struct span what)
{
	const char *p = behind_last(in, what);

	return p ? span_from(in, p) : in;
}

/* "[123]: " in front, which is cut off. */
static bool cut_pid(struct span *in, struct span *pid)
{
	size_t digits;

	if (!SPAN_SKIP(in, "["))
		return false;
	digits = span_digits(*in);
	*pid = (struct span){in->at, digits};
	span_skip(in, digits);
	return digits > 0 && SPAN_SKIP(in, "]: ");
}

static const struct {
	struct span word;
	enum record_action action;
} actions[] = {
	{{"reject_warning", 14}, RECORD_REJECT_WARNING},
	{{"reject", 6}, RECORD_REJECT},
	{{"hold", 4}, RECORD_HOLD},
	{{"discard", 7}, RECORD_DISCARD},
};

#define ACTIONS (sizeof(actions) / sizeof(*actions))

/* "reject: ", "hold: " in front. */
static bool starts_action(struct span in, enum record_action *action)
{
	for (size_t i = 0; i < ACTIONS; i++) {
		struct span word = actions[i].word;

		if (in.n > word.n + 1 && in.at[word.n] == ':' &&
			in.at[word.n + 1] == ' ' &&
			memcmp(in.at, word.at, word.n) == 0) {
			*action = actions[i].action;
			return true;
		}
	}
	return false;
}

/* "RCPT from host[addr]: rest" behind "reject: ". */
static bool cut_refused(struct span in, struct record *r)
{
	size_t n = span_word(in);
	struct span from;

	r->reason = (struct span){in.at, n};
	span_skip(&in, n);
	if (!n || !SPAN_SKIP(&in, " from "))
		return false;
	n = span_word(in);
	from = (struct span){in.at, n};
	if (n < 2 || in.at[n - 1] != ':' || n == in.n || in.at[n] != ' ')
		return false;
	r->client = (struct span){from.at, n - 1};
	r->rest = span_from(in, in.at + n + 1);
	return true;
}

/*
 * The last " reject: ", or its like, that has the parts of a refusal behind
 * it; reason is then what was refused (RCPT), rest the answer.
 */
static void find_refused(struct span log, struct record *r)
{
	const char *p;
	enum record_action action;

	r->reason = r->client = r->rest = (struct span){log.at, 0};
	for (p = span_end(log); p > log.at; p--)
		if (p[-1] == ' ' && p - 1 >= log.at &&
			starts_action(span_from(log, p), &action)) {
			struct span in = span_from(log, p);

			span_skip(&in, (size_t)((const char *)memchr(
							in.at, ':', in.n) -
						in.at) +
					       2);
			if (cut_refused(in, r))
				return;
		}
	r->reason = r->client = r->rest = (struct span){log.at, 0};
}

static bool take_refused(
	struct span log, enum record_action action, struct record *r)
{
	r->kind = RECORD_REFUSED;
	r->action = action;
	find_refused(log, r);
	return true;
}

static bool starts_checked(struct span in, struct record *r)
{
	struct span start;

	/* Of "milter-reject: " this is the second word. */
	if (SPAN_SKIP(&in, "reject: "))
		r->action = RECORD_REJECT;
	else if (SPAN_SKIP(&in, "warning: "))
		r->action = RECORD_REJECT_WARNING;
	else if (SPAN_SKIP(&in, "hold: "))
		r->action = RECORD_HOLD;
	else if (SPAN_SKIP(&in, "discard: "))
		r->action = RECORD_DISCARD;
	else
		return false;
	start = in;
	if (!SPAN_SKIP(&in, "header ") && !SPAN_SKIP(&in, "body ") &&
		!SPAN_SKIP(&in, "END-OF-MESSAGE "))
		return false;
	r->reason = span_between(start.at, in.at - 1);
	r->rest = in;
	return true;
}

/* cleanup(8)'s header and body checks, and milters. */
static bool take_checked(struct span log, struct record *r)
{
	const char *p = log.at, *end = span_end(log);
	struct span in, pid;

	for (;; p++) {
		p = memmem(p, (size_t)(end - p), "/cleanup[", 9);
		if (!p)
			return false;
		in = span_between(p + 8, end);
		if (cut_pid(&in, &pid))
			break;
	}
	for (p = in.at; p < end; p++) {
		bool begins = byte_is_word(*p) &&
			      (p == log.at || !byte_is_word(p[-1]));

		if (begins && starts_checked(span_between(p, end), r)) {
			r->kind = RECORD_CHECKED;
			return true;
		}
	}
	return false;
}

static bool take_said(struct span log, struct record *r)
{
	if (SPAN_IS(r->queue, "warning")) {
		r->kind = RECORD_WARNING;
		r->rest = from_last(log, SPAN("warning: "));
	} else if (SPAN_IS(r->queue, "fatal")) {
		r->kind = RECORD_FATAL;
		r->rest = from_last(log, SPAN("fatal: "));
	} else if (SPAN_IS(r->queue, "panic")) {
		r->kind = RECORD_PANIC;
		r->rest = from_last(log, SPAN("panic: "));
	} else {
		for (size_t i = 0; i < ACTIONS; i++)
			if (span_same(r->queue, actions[i].word))
				return take_refused(log, actions[i].action, r);
		return false;
	}
	return true;
}

/* Behind the last ": " that has "master" somewhere before it. */
static bool take_master(struct span log, struct record *r)
{
	const char *first = SPAN_FIND(log, "master");
	const char *p = behind_last(span_from(log, first + 6), SPAN(": "));

	r->kind = RECORD_MASTER;
	r->rest = p ? span_from(log, p) : (struct span){log.at, 0};
	return true;
}

/* Behind "[123]: word: ", at or behind *from; *from is moved on. */
static bool next_word(struct span log, const char **from, struct span *out)
{
	const char *end = span_end(log);
	struct span in, pid;

	while ((*from = memchr(*from, '[', (size_t)(end - *from)))) {
		const char *q;

		in = span_between(*from, end);
		(*from)++;
		if (!cut_pid(&in, &pid))
			continue;
		for (q = in.at; q < end && byte_is_word(*q); q++)
			;
		if (q == in.at || end - q < 2 || q[0] != ':' || q[1] != ' ')
			continue;
		*out = span_between(q + 2, end);
		return true;
	}
	return false;
}

/* client= up to a comma, which may only be its first byte. */
static bool take_client(struct span in, struct record *r)
{
	const char *comma;

	if (!SPAN_SKIP(&in, "client=") || !in.n)
		return false;
	comma = memchr(in.at + 1, ',', in.n - 1);
	r->kind = RECORD_RECEIVED;
	r->client = span_between(in.at, comma ? comma : span_end(in));
	return true;
}

static bool take_connection(struct span log, struct record *r)
{
	const char *p, *end = span_end(log);
	bool connects = SPAN_FIND(log, ": connect from ") != NULL;
	struct span in;

	if (!connects && !SPAN_FIND(log, ": disconnect from "))
		return false;
	r->kind = connects ? RECORD_CONNECT : RECORD_DISCONNECT;
	r->client = r->pid = (struct span){log.at, 0};
	for (p = log.at; (p = memmem(p, (size_t)(end - p), "/smtpd[", 7));
		p++) {
		struct span pid;

		in = span_between(p + 6, end);
		if (!cut_pid(&in, &pid))
			continue;
		if (connects) {
			r->pid = pid;
			break;
		}
		if (SPAN_SKIP(&in, "disconnect from ") && in.n) {
			r->pid = pid;
			r->client = in;
			break;
		}
	}
	return true;
}

static bool take_smtpd(struct span log, struct record *r)
{
	const char *from = log.at;
	enum record_action action;
	struct span in;

	while (next_word(log, &from, &in))
		if (take_client(in, r))
			return true;
	for (from = log.at; next_word(log, &from, &in);)
		if (starts_action(in, &action))
			return take_refused(log, action, r);
	return take_connection(log, r);
}

/* from=<sender>, size=123 */
static bool take_queued(struct span log, struct record *r)
{
	struct span in = log;
	const char *p, *close;

	while ((p = SPAN_FIND_BY(in, "from=<", 5))) {
		in = span_from(in, p + 6);
		close = span_char(in, '>');
		if (!close)
			return false;
		r->sender = span_between(in.at, close);
		in = span_from(in, close + 1);
		if (!SPAN_SKIP(&in, ", size="))
			continue;
		r->size = (struct span){in.at, span_digits(in)};
		if (r->size.n) {
			r->kind = RECORD_QUEUED;
			return true;
		}
	}
	return false;
}

/* Up to a comma, which has a blank behind it; cut off. Not empty. */
static bool cut_value(struct span *in, struct span *value)
{
	const char *comma = span_char(*in, ',');

	if (!comma || comma == in->at)
		return false;
	*value = span_between(in->at, comma);
	*in = span_from(*in, comma);
	return SPAN_SKIP(in, ", ");
}

/* ", relay=..., delay=..., ... status=..." behind a recipient. */
static bool cut_delivery(struct span in, struct record *r)
{
	struct span skipped, ahead;
	const char *close;
	size_t n;

	if (!SPAN_SKIP(&in, ", "))
		return false;
	ahead = in;
	if (SPAN_SKIP(&ahead, "orig_to=<")) {
		close = span_char(ahead, '>');
		if (!close)
			return false;
		in = span_from(ahead, close + 1);
		if (!SPAN_SKIP(&in, ", "))
			return false;
	}
	if (!SPAN_SKIP(&in, "relay=") || !cut_value(&in, &r->relay))
		return false;
	if (SPAN_SKIP(&in, "conn_use=") && !cut_value(&in, &skipped))
		return false;
	if (!SPAN_SKIP(&in, "delay=") || !cut_value(&in, &r->delay))
		return false;
	if (SPAN_SKIP(&in, "delays=") && !cut_value(&in, &skipped))
		return false;
	if (SPAN_SKIP(&in, "dsn=") && !cut_value(&in, &skipped))
		return false;
	if (!SPAN_SKIP(&in, "status="))
		return false;
	n = span_word(in);
	r->status = (struct span){in.at, n};
	r->rest = span_from(in, in.at + n);
	return n > 0;
}

static bool take_delivery(struct span log, struct record *r)
{
	struct span in = log;
	const char *p, *close;

	while ((p = SPAN_FIND_BY(in, "to=<", 3))) {
		in = span_from(in, p + 4);
		close = span_char(in, '>');
		if (!close)
			return false;
		r->recipient = span_between(in.at, close);
		in = span_from(in, close + 1);
		if (cut_delivery(in, r)) {
			r->kind = RECORD_DELIVERY;
			return true;
		}
	}
	return false;
}

/* "host: reason; address 192.0.2.1 port 25" */
static bool cut_unreached_old(struct span in, struct record *r)
{
	size_t n = span_word(in);
	const char *semicolon;

	if (n < 2 || in.at[n - 1] != ':' || n == in.n || in.at[n] != ' ')
		return false;
	r->relay = (struct span){in.at, n - 1};
	span_skip(&in, n + 1);
	semicolon = span_char(in, ';');
	if (!semicolon || semicolon == in.at)
		return false;
	r->reason = span_between(in.at, semicolon);
	in = span_from(in, semicolon);
	if (!SPAN_SKIP(&in, "; address "))
		return false;
	n = span_word(in);
	span_skip(&in, n);
	return n > 0 && SPAN_STARTS(in, " port");
}

/* "host[192.0.2.1]: reason (port 25)" */
static bool cut_unreached(struct span in, struct record *r)
{
	const char *bracket = span_char(in, '['), *p;
	size_t n;

	if (!bracket || bracket == in.at)
		return false;
	r->relay = span_between(in.at, bracket);
	in = span_from(in, bracket + 1);
	n = span_word(in);
	if (n < 3 || in.at[n - 1] != ':' || in.at[n - 2] != ']' || n == in.n ||
		in.at[n] != ' ')
		return false;
	span_skip(&in, n + 1);
	if (!SPAN_ENDS(in, ")"))
		return false;
	for (p = span_end(in) - 1; p > in.at && byte_is_digit(p[-1]); p--)
		;
	if (p == span_end(in) - 1 || p - in.at < 8 ||
		memcmp(p - 7, " (port ", 7) != 0)
		return false;
	r->reason = span_between(in.at, p - 7);
	return true;
}

static bool take_unreached(struct span log, struct record *r)
{
	bool (*const cut[])(struct span, struct record *) = {
		cut_unreached_old, cut_unreached};

	for (size_t i = 0; i < 2; i++) {
		struct span in = log;
		const char *p;

		while ((p = span_last(in, SPAN(" connect to ")))) {
			if (cut[i](span_from(log, p + 12), r)) {
				r->kind = RECORD_UNREACHED;
				return true;
			}
			in = span_between(in.at, p + 11);
		}
	}
	return false;
}

static bool take_pickup(struct span log, struct record *r)
{
	if (!SPAN_FIND(log, ": sender=") && !SPAN_FIND(log, ": uid="))
		return false;
	r->kind = RECORD_RECEIVED;
	r->client = (struct span){log.at, 0};
	return true;
}

static bool take(struct span log, struct record *r)
{
	if (SPAN_IS(r->program, "cleanup") && take_checked(log, r))
		return true;
	if (take_said(log, r))
		return true;
	if (SPAN_IS(r->program, "master"))
		return take_master(log, r);
	if (SPAN_IS(r->program, "smtpd") || SPAN_IS(r->program, "postscreen"))
		return take_smtpd(log, r);
	if (take_queued(log, r) || take_delivery(log, r))
		return true;
	if (SPAN_IS(r->program, "pickup") && take_pickup(log, r))
		return true;
	return SPAN_IS(r->program, "smtp") && take_unreached(log, r);
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
	take(log, r);
	return true;
}
