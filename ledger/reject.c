/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A refusal as a row: why, in the words of reject_reason.c, and for whom. The
 * rules are pflogsumm's, so that rows compare with those of the years before.
 */
#include "ledger/reject.h"

#include "ledger/address.h"
#include "ledger/host.h"
#include "ledger/record.h"

/* "<...>" with something in it behind word; false if there is none. */
static bool in_angles(struct span in, bool recipient, struct span *out)
{
	const char *p, *close;

	for (;;) {
		p = recipient ? SPAN_FIND_BY(in, "to=<", 3)
			      : SPAN_FIND_BY(in, "from=<", 5);
		if (!p)
			return false;
		in = span_from(in, p + (recipient ? 4 : 6));
		close = span_char(in, '>');
		if (!close)
			return false;
		if (close > in.at) {
			*out = span_between(in.at, close);
			return true;
		}
	}
}

/* "550 <user>: User unknown ..." */
static bool unknown_user(struct span in, struct span *out)
{
	const char *begin = in.at, *p, *close;

	while ((p = SPAN_FIND(in, " <"))) {
		in = span_from(in, p + 2);
		close = span_char(in, '>');
		if (!close)
			return false;
		if (p - begin >= 3 && close > in.at &&
			span_digits((struct span){p - 3, 3}) == 3) {
			struct span rest = span_from(in, close);

			if (SPAN_STARTS(rest, ">: User unknown ")) {
				*out = span_between(in.at, close);
				return true;
			}
		}
	}
	return false;
}

static struct span recipient_of(struct span in)
{
	struct span out;
	const char *p;

	if (in_angles(in, true, &out) || unknown_user(in, &out))
		return out;
	p = SPAN_FIND_BY(in, "to=<", 3);
	if (p)
		return reject_up_to(span_from(in, p + 4), ", ");
	return SPAN("<>");
}

/* What is being put together in the room. */
struct writer {
	char *room, *to;
};

static void write_span(struct writer *w, struct span text)
{
	memmove(w->to, text.at, text.n);
	w->to += text.n;
}

static struct span written(struct writer *w)
{
	struct span out = span_between(w->room, w->to);

	w->room = w->to;
	return out;
}

/* A reason's words as they stand behind a code, up to ';': false if not. */
static bool behind_code(struct span in, struct span words)
{
	const char *p = in.at, *end = span_end(in);

	/* Most have no ';' left at all. */
	if (!span_char(in, ';'))
		return false;
	for (; (p = memmem(p, (size_t)(end - p), words.at, words.n)); p++)
		if (p - in.at >= 4 && p[-1] == ' ' && p + words.n < end &&
			p[words.n] == ';' &&
			span_digits((struct span){p - 4, 3}) == 3)
			return true;
	return false;
}

/* Whoever spoke out of turn: behind the first " from ", up to a colon. */
static struct span pipeliner(struct span log)
{
	const char *p, *q, *end = span_end(log);

	if (log.n)
		span_skip(&log, 1);
	for (p = log.at; (p = memmem(p, (size_t)(end - p), " from ", 6)); p++) {
		for (q = p + 6; q < end && !byte_is_space(*q); q++)
			if (*q == ':' && q > p + 6)
				return span_between(p + 6, q);
	}
	return (struct span){log.at, 0};
}

static struct span with_sender(struct writer *w, struct span who,
	struct span sender, const struct reject_options *o)
{
	if (!o->with_sender)
		return who;
	write_span(w, who);
	write_span(w, SPAN("  ("));
	write_span(w, sender);
	write_span(w, SPAN(")"));
	return written(w);
}

static struct span sender_of(const struct record *r, struct writer *w,
	const struct reject_options *o)
{
	struct span from = SPAN("<>");

	in_angles(r->rest, false, &from);
	if (o->verp) {
		from = address_without_verp(from, o->verp_level, w->to);
		if (from.at == w->to)
			w->to += from.n + 3;
	}
	if (o->ignore_case) {
		from = address_lower(from, w->to);
		w->to += from.n;
	}
	w->room = w->to;
	return from;
}

static const struct {
	struct span words, shown;
} about_host[] = {
	{{"Message size exceeds fixed limit", 32},
		{"Message size exceeds fixed limit", 32}},
	{{"Server configuration error", 26},
		{"(Local) Server configuration error", 34}},
	{{"Server configuration problem", 28},
		{"(Local) Server configuration problem", 36}},
};

void reject_explain(const struct record *r, const struct reject_options *o,
	struct span *reason, struct span *who, char *room)
{
	struct writer w = {room, room};
	struct span in =
		o->verbose ? r->rest : reject_reason(r, o->compat, room);
	struct span sender, to = recipient_of(r->rest), unknown;

	if (in.at >= room && in.at <= room + r->rest.n + 8)
		w.to = w.room = (char *)room + (span_end(in) - room);
	sender = sender_of(r, &w, o);
	if (o->ignore_case) {
		to = address_lower(to, w.to);
		w.room = w.to += to.n;
	}
	*reason = in;
	unknown = in;
	if (SPAN_STARTS(in, "Sender address rejected:")) {
		*who = sender;
		return;
	}
	if (SPAN_STARTS(in, "Recipient address rejected:") ||
		(SPAN_SKIP(&unknown, "User unknown") &&
			(!unknown.n || *unknown.at == ' '))) {
		*who = with_sender(&w, to, sender, o);
		return;
	}
	if (behind_code(in, SPAN("Improper use of SMTP command pipelining"))) {
		*reason = SPAN("Improper use of SMTP command pipelining");
		*who = pipeliner(r->log);
		return;
	}
	for (size_t i = 0; i < sizeof(about_host) / sizeof(*about_host); i++)
		if (behind_code(in, about_host[i].words)) {
			*reason = about_host[i].shown;
			break;
		}
	*who = host_domain(r->client, o->compat, w.to);
	if (who->at == w.to)
		w.room = w.to += who->n;
	*who = with_sender(&w, *who, sender, o);
}
