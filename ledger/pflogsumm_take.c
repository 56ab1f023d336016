/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What pflogsumm 1.1.5 takes a line's text for, once pflogsumm.c has cut the
 * program and the queue id off. The same holds as there: to the letter.
 */
#include "ledger/pflogsumm.h"

#include "ledger/record.h"

/* Behind the last of them, or NULL. */
static const char *behind_last(struct span in, struct span what)
{
	const char *p = span_last(in, what.at, what.n);

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

/* Behind "reject: " or its like: what of the message it was. */
static bool cut_checked(struct span in, struct record *r)
{
	struct span start = in;

	if (!SPAN_SKIP(&in, "header ") && !SPAN_SKIP(&in, "body ") &&
		!SPAN_SKIP(&in, "END-OF-MESSAGE "))
		return false;
	r->reason = span_between(start.at, in.at - 1);
	r->rest = in;
	return true;
}

/* What is done with the message, a word that stands before colon. */
static bool ends_checked(struct span before, enum record_action *action)
{
	static const struct {
		struct span word;
		enum record_action action;
	} words[] = {
		/* Of "milter-reject: " this is the second word. */
		{{"reject", 6}, RECORD_REJECT},
		{{"warning", 7}, RECORD_REJECT_WARNING},
		{{"hold", 4}, RECORD_HOLD},
		{{"discard", 7}, RECORD_DISCARD},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct span word = words[i].word;
		const char *p = span_end(before) - word.n;

		if (before.n >= word.n && memcmp(p, word.at, word.n) == 0 &&
			(p == before.at || !byte_is_word(p[-1]))) {
			*action = words[i].action;
			return true;
		}
	}
	return false;
}

/* cleanup(8)'s header and body checks, and milters. */
static bool take_checked(struct span log, struct record *r)
{
	const char *p;
	struct span in = log, pid;

	do {
		p = SPAN_FIND(in, "/cleanup[");
		if (!p)
			return false;
		in = span_from(log, p + 8);
	} while (!cut_pid(&in, &pid));
	for (struct span rest = in; (p = SPAN_FIND(rest, ": "));) {
		rest = span_from(log, p + 2);
		if (ends_checked(span_between(in.at, p), &r->action) &&
			cut_checked(rest, r)) {
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
	const char *end = span_end(log), *p, *q;

	while ((p = SPAN_FIND(span_between(*from, end), "]: "))) {
		*from = p + 1;
		for (q = p; q > log.at && byte_is_digit(q[-1]); q--)
			;
		if (q == p || q == log.at || q[-1] != '[')
			continue;
		for (q = p + 3; q < end && byte_is_word(*q); q++)
			;
		if (q == p + 3 || end - q < 2 || q[0] != ':' || q[1] != ' ')
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

static bool take_smtpd(struct span log, bool connections, struct record *r)
{
	const char *from = log.at;
	enum record_action action = RECORD_REJECT, any;
	bool refused = false;
	struct span in;

	while (next_word(log, &from, &in)) {
		if (take_client(in, r))
			return true;
		if (!refused && starts_action(in, &any)) {
			action = any;
			refused = true;
		}
	}
	if (refused)
		return take_refused(log, action, r);
	return connections && take_connection(log, r);
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

		while ((p = SPAN_LAST(in, " connect to "))) {
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

void pflogsumm_take(struct span log, bool connections, struct record *r)
{
	if (SPAN_IS(r->program, "cleanup") && take_checked(log, r))
		return;
	if (take_said(log, r))
		return;
	if (SPAN_IS(r->program, "master"))
		(void)take_master(log, r);
	else if (SPAN_IS(r->program, "smtpd") ||
		 SPAN_IS(r->program, "postscreen"))
		(void)take_smtpd(log, connections, r);
	else if (!take_queued(log, r) && !take_delivery(log, r) &&
		 !(SPAN_IS(r->program, "pickup") && take_pickup(log, r)) &&
		 SPAN_IS(r->program, "smtp"))
		(void)take_unreached(log, r);
}
