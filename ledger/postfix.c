/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Postfix says, 3.4 to 3.12, by the source that says it. What strangers
 * have a say in (addresses, HELO names, replies of remote servers) stands in
 * known places and is never looked into for anything but itself: a quoted
 * address may hold "status=sent" as well as anything else.
 *
 * What is not known here is RECORD_UNKNOWN, so that it can be counted.
 */
#include "ledger/record.h"

/* Longest queue ids: long ones of 3.x (src/global/mail_queue.h). */
#define QUEUE_MOST 24

/* Up to '>' of an address, over quoted parts (RFC 5321, 4.1.2). */
static bool cut_address(struct span *in, struct span *address)
{
	const char *p = span_char(*in, '>'), *end = span_end(*in);
	bool quoted = false;

	if (p && !memchr(in->at, '"', (size_t)(p - in->at)))
		end = p;
	else
		p = in->at;
	for (; p < end && (quoted || *p != '>'); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == '\\' && quoted && p + 1 < end)
			p++;
	}
	/* A quote that does not end is none; Postfix wrote what it was sent. */
	if (p == span_end(*in) && !(p = span_char(*in, '>')))
		return false;
	*address = span_between(in->at, p);
	*in = span_from(*in, p + 1);
	return true;
}

/*
 * Up to a comma and a blank, which are cut off too, or to the end: something
 * always goes, or a name with a comma in it would be looked at for ever.
 */
static struct span cut_value(struct span *in)
{
	const char *comma = SPAN_FIND(*in, ", ");
	struct span value = span_between(in->at, comma ? comma : span_end(*in));

	*in = span_from(*in, span_end(value));
	(void)SPAN_SKIP(in, ", ");
	return value;
}

/*
 * src/smtpd/smtpd.c, cleanup_open_stream(). What a client says in AUTH= of
 * MAIL FROM, logged in or not, stands behind sasl_sender= as it is, quotes,
 * blanks and commas with it: nothing behind it is believed.
 */
static void take_client(struct span in, struct record *r)
{
	r->kind = RECORD_RECEIVED;
	r->origin = r->account = r->address = (struct span){in.at, 0};
	r->client = cut_value(&in);
	while (in.n && !SPAN_STARTS(in, "sasl_sender=")) {
		if (SPAN_SKIP(&in, "orig_queue_id="))
			r->origin = cut_value(&in);
		else if (SPAN_SKIP(&in, "sasl_username="))
			r->account = cut_value(&in);
		else
			(void)cut_value(&in);
	}
	/* A proxy in front of the queue has no message yet. */
	if (SPAN_IS(r->queue, "NOQUEUE"))
		r->kind = RECORD_IDLE;
}

/* src/qmgr/qmgr_active.c, qmgr_message.c */
static void take_from(struct span in, struct record *r)
{
	if (!cut_address(&in, &r->sender) || !SPAN_SKIP(&in, ", "))
		return;
	if (SPAN_SKIP(&in, "size=")) {
		r->size = (struct span){in.at, span_digits(in)};
		r->kind = r->size.n ? RECORD_QUEUED : RECORD_UNKNOWN;
		in = span_from(in, span_end(r->size));
		(void)SPAN_SKIP(&in, ", nrcpt=");
		r->nrcpt = (struct span){in.at, span_digits(in)};
	} else if (SPAN_STARTS(in, "status=expired") ||
		   SPAN_STARTS(in, "status=force-expired")) {
		r->kind = RECORD_EXPIRED;
	}
}

/* src/global/log_adhoc.c: tls= since 3.11 */
static void take_to(struct span in, struct record *r)
{
	r->delays = r->dsn = r->delay = r->relay = r->orig_to =
		(struct span){in.at, 0};
	if (!cut_address(&in, &r->recipient))
		return;
	if (!SPAN_SKIP(&in, ", "))
		return;
	while (in.n && !SPAN_STARTS(in, "status=")) {
		if (SPAN_SKIP(&in, "relay="))
			r->relay = cut_value(&in);
		else if (SPAN_SKIP(&in, "delay="))
			r->delay = cut_value(&in);
		else if (SPAN_SKIP(&in, "delays="))
			r->delays = cut_value(&in);
		else if (SPAN_SKIP(&in, "dsn="))
			r->dsn = cut_value(&in);
		else if (!SPAN_SKIP(&in, "orig_to=<"))
			(void)cut_value(&in);
		else if (!cut_address(&in, &r->orig_to) ||
			 !SPAN_SKIP(&in, ", "))
			return;
	}
	if (!SPAN_SKIP(&in, "status="))
		return;
	r->status = (struct span){in.at, span_word(in)};
	r->rest = span_from(in, span_end(r->status));
	if (r->relay.n && r->status.n)
		r->kind = RECORD_DELIVERY;
}

/* "RCPT from host[addr]: answer; from=<...", behind "reject: " */
static void take_refused(
	struct span in, enum record_action action, struct record *r)
{
	const char *from, *p, *end = span_end(in);

	r->action = action;
	r->reason = (struct span){in.at, span_word(in)};
	if (SPAN_ENDS(r->reason, ":")) /* proxy-reject: END-OF-MESSAGE: 550 */
		r->reason.n--;
	r->client = (struct span){in.at, 0};
	r->rest = span_from(in, in.at + r->reason.n);
	(void)SPAN_SKIP(&r->rest, ": ");
	from = span_end(r->reason);
	if (!SPAN_STARTS(span_from(in, from), " from ")) /* ETRN x from */
		from = SPAN_FIND(in, " from ");
	if (from) {
		in = span_from(in, from + 6);
		for (p = in.at; p + 1 < end && *p != ' '; p++)
			if (*p == ':' && p[1] == ' ')
				break;
		if (p + 1 < end && *p == ':') {
			r->client = span_between(in.at, p);
			r->rest = span_from(in, p + 2);
		}
	}
	r->kind = r->reason.n ? RECORD_REFUSED : RECORD_UNKNOWN;
}

/* src/cleanup/cleanup_message.c, cleanup_milter.c */
static void take_checked(
	struct span in, enum record_action action, struct record *r)
{
	r->kind = RECORD_CHECKED;
	r->action = action;
	r->reason = (struct span){in.at, span_word(in)};
	r->rest = span_from(in, span_end(r->reason));
	(void)SPAN_SKIP(&r->rest, " ");
}

/* Most lines are settled by their first byte. */
__attribute__((always_inline)) static inline bool begins_with_any(
	struct span in, const char *bytes)
{
	bool found = false;

	for (; *bytes; bytes++)
		found |= in.n && *in.at == *bytes;
	return found;
}

/* What was done with the message; then "header ..." or "RCPT from ...". */
static bool take_action(struct span in, struct record *r)
{
	bool cleanup = SPAN_IS(r->program, "cleanup");
	enum record_action action;

	if (!begins_with_any(in, "dhmprw"))
		return false;
	if (SPAN_SKIP(&in, "milter-")) /* milter_header_checks: two of them */
		(void)(cleanup &&
			(SPAN_SKIP(&in, "header-") || SPAN_SKIP(&in, "body-")));
	else
		(void)SPAN_SKIP(&in, "proxy-");
	if (SPAN_SKIP(&in, "reject: "))
		action = RECORD_REJECT;
	else if (SPAN_SKIP(&in, "reject_warning: ") ||
		 (cleanup && SPAN_SKIP(&in, "warning: ")))
		action = RECORD_REJECT_WARNING;
	else if (SPAN_SKIP(&in, "hold: "))
		action = RECORD_HOLD;
	else if (SPAN_SKIP(&in, "discard: "))
		action = RECORD_DISCARD;
	else
		return false;
	if (cleanup)
		take_checked(in, action, r);
	else
		take_refused(in, action, r);
	return true;
}

static void take_of_message(struct span in, struct record *r)
{
	switch (in.n ? *in.at : 0) {
	case 'c':
		if (SPAN_SKIP(&in, "client="))
			return take_client(in, r);
		break;
	case 'f':
		if (SPAN_SKIP(&in, "from=<"))
			return take_from(in, r);
		break;
	case 'm':
		if (SPAN_SKIP(&in, "message-id=")) {
			r->kind = RECORD_MESSAGE_ID;
			r->message_id = in;
			return;
		}
		break;
	case 'r':
		/* Of cleanup(8) with its reason, since 3.10. */
		if (SPAN_IS(in, "removed") || SPAN_STARTS(in, "removed (")) {
			r->kind = RECORD_REMOVED;
			return;
		}
		break;
	case 's':
	case 'u':
		if (SPAN_IS(r->program, "pickup") &&
			(SPAN_STARTS(in, "uid=") ||
				SPAN_STARTS(in, "sender="))) {
			r->kind = RECORD_RECEIVED;
			r->client = r->origin = r->account =
				(struct span){in.at, 0};
			return;
		}
		break;
	case 't':
		if (SPAN_SKIP(&in, "to=<"))
			return take_to(in, r);
		break;
	}
	if (!take_action(in, r) && postfix_idle_of_message(in))
		r->kind = RECORD_IDLE;
}

/* The bytes of queue ids: hexadecimal, or letters that form no words. */
static const bool is_queue_byte[256] = {
	['0' ... '9'] = true,
	['A' ... 'H'] = true,
	['J' ... 'N'] = true,
	['P' ... 'T'] = true,
	['V' ... 'Z'] = true,
	['b' ... 'd'] = true,
	['f' ... 'h'] = true,
	['j' ... 'n'] = true,
	['p' ... 't'] = true,
	['v' ... 'z'] = true,
};

#ifdef __SSE2__
/* How many of the 16 bytes at p are of a queue id, up to the first other. */
static inline size_t queue_bytes(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i_u *)p);
	__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
	__m128i vowels = _mm_or_si128(
		_mm_or_si128(_mm_cmpeq_epi8(lower, _mm_set1_epi8('i')),
			_mm_cmpeq_epi8(lower, _mm_set1_epi8('o'))),
		_mm_or_si128(_mm_cmpeq_epi8(lower, _mm_set1_epi8('u')),
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('a')),
				_mm_cmpeq_epi8(v, _mm_set1_epi8('e')))));
	__m128i is = _mm_andnot_si128(vowels,
		_mm_or_si128(bytes_in(v, '0', '9'), bytes_in(lower, 'a', 'z')));
	unsigned int bits = (unsigned int)_mm_movemask_epi8(is);

	return (size_t)__builtin_ctz(~bits);
}
#endif

/* How many bytes it begins with that may be a queue id's; too many are one
 * more than there can be. */
static size_t queue_length(struct span in)
{
	size_t most = in.n <= QUEUE_MOST ? in.n : QUEUE_MOST + 1, n = 0;

#ifdef __SSE2__
	if (in.n >= 16) {
		n = queue_bytes(in.at);
		if (n < 16)
			return n;
	}
#endif
	while (n < most && is_queue_byte[(unsigned char)in.at[n]])
		n++;
	return n;
}

/* A queue id or NOQUEUE and ": " in front, which are cut off. */
static bool cut_queue(struct span *in, struct span *queue)
{
	size_t n = queue_length(*in);

	if (n == 1 && SPAN_STARTS(*in, "NOQUEUE: ")) {
		*queue = (struct span){in->at, 7};
		return span_skip(in, 9);
	}
	if (n < 5 || n > QUEUE_MOST || n + 1 >= in->n || in->at[n] != ':' ||
		in->at[n + 1] != ' ')
		return false;
	*queue = (struct span){in->at, n};
	return span_skip(in, n + 2);
}

/* "host[addr]: SASL PLAIN authentication failed: x, sasl_username=y" */
static void take_sasl(struct span in, struct record *r)
{
	const char *open = span_char(in, '['), *close, *p;

	if (!open)
		return;
	close = memchr(open, ']', (size_t)(span_end(in) - open));
	if (!close)
		return;
	in = span_between(close + 1, span_end(in));
	if (!SPAN_SKIP(&in, ": SASL ") ||
		!SPAN_FIND(in, "authentication failed"))
		return;
	r->address = span_between(open + 1, close);
	p = SPAN_LAST(in, ", sasl_username=");
	if (p)
		r->account = span_from(in, p + 16);
}

/* src/util/msg_output.c: what begins with a severity. */
static bool take_said(struct span in, struct record *r)
{
	if (!begins_with_any(in, "wefp"))
		return false;
	if (SPAN_SKIP(&in, "warning: ")) {
		r->kind = RECORD_WARNING;
		r->address = r->account = (struct span){in.at, 0};
		if (SPAN_IS(r->program, "smtpd"))
			take_sasl(in, r);
	} else if (SPAN_SKIP(&in, "error: ")) {
		r->kind = RECORD_WARNING;
		r->address = (struct span){in.at, 0};
	} else if (SPAN_SKIP(&in, "fatal: ")) {
		r->kind = RECORD_FATAL;
	} else if (SPAN_SKIP(&in, "panic: ")) {
		r->kind = RECORD_PANIC;
	} else {
		return false;
	}
	r->rest = in;
	return true;
}

/* src/smtp/smtp_connect.c: "host[addr]:25: reason" */
static void take_unreached(struct span in, struct record *r)
{
	const char *open = span_char(in, '['), *p = NULL;

	r->kind = RECORD_IDLE;
	if (open)
		p = memmem(open, (size_t)(span_end(in) - open), ": ", 2);
	if (!p)
		return;
	r->relay = span_between(in.at, open);
	r->reason = span_from(in, p + 2);
	r->kind = RECORD_UNREACHED;
}

/* What is not about one message in the queue. */
static void take_other(struct span in, struct record *r)
{
	if (SPAN_IS(r->program, "master")) {
		r->kind = RECORD_MASTER;
		r->rest = in;
	} else if (SPAN_SKIP(&in, "connect from ")) {
		r->kind = RECORD_CONNECT;
		r->settled = 13;
		r->client = in;
	} else if (SPAN_SKIP(&in, "disconnect from ")) {
		r->kind = RECORD_DISCONNECT;
		r->settled = 16;
		r->client = in;
	} else if (SPAN_SKIP(&in, "connect to ")) {
		take_unreached(in, r);
	} else if (!take_action(in, r)) {
		/* an action may stand without an id, as of old */
		r->settled = postfix_idle(r->program, in);
		if (r->settled)
			r->kind = RECORD_IDLE;
	}
}

void postfix_parse(struct span message, struct record *r)
{
	struct span in = message;

	r->kind = RECORD_UNKNOWN;
	r->queue = (struct span){message.at, 0};
	/* No severity has the letters of an id. */
	if (cut_queue(&in, &r->queue))
		take_of_message(in, r);
	else if (!take_said(in, r))
		take_other(in, r);
}
