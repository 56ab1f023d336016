/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reasons in the words that mail is refused, deferred and returned with, cut
 * down so that equal causes are one row. The rules are pflogsumm's, so that
 * rows compare with those of the years before; above each function stands an
 * example of what it makes of what.
 */
#include "ledger/reject.h"

#include "ledger/record.h"

struct span reject_without_code(struct span text)
{
	if (text.n >= 4 && byte_is_digit(text.at[0]) &&
		byte_is_digit(text.at[1]) && byte_is_digit(text.at[2]) &&
		text.at[3] == ' ')
		span_skip(&text, 4);
	return text;
}

struct span reject_cut(struct span text, size_t most, char *room)
{
	if (text.n <= most)
		return text;
	memmove(room, text.at, most - 3);
	memcpy(room + most - 3, "...", 3);
	return (struct span){room, most};
}

struct span reject_cut_said(
	struct span text, size_t most, bool compat, char *room)
{
	const char *p;

	while (text.n > most) {
		p = SPAN_LAST(text, " said: ");
		if (p) {
			text = span_from(text, p + 7);
			continue;
		}
		p = compat ? span_char(text, ':') : SPAN_FIND(text, ": ");
		if (!p)
			return reject_cut(text, most, room);
		text = span_from(text, p + 1);
		while (SPAN_SKIP(&text, " "))
			;
	}
	return text;
}

/* "... from host; from=<a> to=<b>" loses host and what follows. */
struct span reject_checked(struct span rest, bool verbose, char *room)
{
	const char *p = SPAN_FIND_BY(rest, "; from=<", 7), *q;

	if (verbose)
		return rest;
	if (p) {
		for (q = p; q > rest.at && !byte_is_space(q[-1]); q--)
			;
		if (q < p && q - rest.at >= 6 &&
			memcmp(q - 6, " from ", 6) == 0)
			p = q - 6;
		rest = span_between(rest.at, p);
	}
	return reject_cut(rest, 64, room);
}

static bool has_code(struct span in)
{
	return in.n >= 4 && span_digits((struct span){in.at, 3}) == 3 &&
	       in.at[3] == ' ';
}

/* "450 <a@b>: x" as "450 <>: x"; but with compat, not "450 4.1.1 <a@b>: x",
 * which Postfix writes since it has such codes. */
static struct span without_quoted(struct span in, bool compat, char *room)
{
	const char *p;

	if (!compat && has_code(in) && in.n > 10 && in.at[5] == '.' &&
		in.at[7] == '.' && in.at[9] == ' ' && in.at[10] == '<') {
		span_skip(&in, 6);
		memcpy(room, "000 ", 4);
		memcpy(room + 4, in.at + 4, in.n - 4);
		in.at = room;
	}
	if (!has_code(in) || in.n < 5 || in.at[4] != '<')
		return in;
	p = memmem(in.at + 5, in.n - 5, ">:", 2);
	if (!p)
		return in;
	memmove(room, in.at, 5);
	memmove(room + 5, p, (size_t)(span_end(in) - p));
	return (struct span){room, 5 + (size_t)(span_end(in) - p)};
}

/* "503 5.5.1 Protocol error; x" as "Protocol error". */
static struct span protocol_error(struct span in)
{
	struct span rest = in;

	if (!has_code(in) || in.n < 10 || !byte_is_digit(in.at[4]) ||
		in.at[5] != '.' || !byte_is_digit(in.at[6]) ||
		in.at[7] != '.' || !byte_is_digit(in.at[8]) || in.at[9] != ' ')
		return in;
	span_skip(&rest, 10);
	return SPAN_STARTS(rest, "Protocol error;") ? (struct span){rest.at, 14}
						    : in;
}

static bool is_stop(char c)
{
	return c == ';' || c == ',';
}

/* Up to ';' or ','; empty if there is none behind at least one byte. */
static struct span to_stop(struct span in)
{
	size_t i = 0;

	while (i < in.n && !is_stop(in.at[i]))
		i++;
	return (struct span){in.at, i < in.n ? i : 0};
}

/* "<>: [addr] Reason text; from=..." as "Reason text". */
static struct span first_clause(struct span in)
{
	const char *end = span_end(in), *p, *close;

	for (p = in.at; p + 1 < end; p++) {
		struct span rest, clause;

		if ((*p != ':' && *p != ';') || p[1] != ' ')
			continue;
		rest = span_from(in, p + 2);
		close = SPAN_STARTS(rest, "[") ? span_char(rest, ']') : NULL;
		if (close && close > rest.at + 1 && close + 1 < end &&
			close[1] == ' ') {
			clause = to_stop(span_from(rest, close + 2));
			if (clause.n)
				return clause;
		}
		clause = to_stop(rest);
		if (clause.n)
			return clause;
		/* No stop is left for any other place. */
		if (!rest.n || !is_stop(*rest.at))
			return in;
	}
	return in;
}

/* "Sender address rejected: not found: x" as far as the second colon. */
static struct span address_rejected(struct span in)
{
	struct span rest = in;
	const char *colon;

	if (!SPAN_SKIP(&rest, "Sender") && !SPAN_SKIP(&rest, "Recipient"))
		return in;
	if (!SPAN_SKIP(&rest, " address rejected: "))
		return in;
	colon = span_char(rest, ':');
	return colon && colon > rest.at ? span_between(in.at, colon) : in;
}

/* "Client host [addr] blocked using x" as "blocked using x". */
static struct span blocked(struct span in, char *room)
{
	static const struct span words[] = {
		{"client", 6}, {"Client host", 11}, {"Sender address", 14}};
	const char *p, *end = span_end(in), *to;
	size_t before;

	if (!SPAN_FIND(in, " blocked"))
		return in;
	for (p = in.at; p < end; p++)
		for (size_t i = 0; i < 3; i++) {
			struct span rest = span_between(p, end);

			if (rest.n < words[i].n + 2 ||
				memcmp(p, words[i].at, words[i].n) != 0 ||
				p[words[i].n] != ' ')
				continue;
			span_skip(&rest, words[i].n + 2);
			to = SPAN_FIND(rest, " blocked");
			if (!to) /* nor is it behind any other */
				return in;
			before = (size_t)(p - in.at);
			memmove(room, in.at, before);
			memmove(room + before, to + 1, (size_t)(end - to - 1));
			return (struct span){
				room, before + (size_t)(end - to - 1)};
		}
	return in;
}

struct span reject_up_to(struct span in, const char *stops)
{
	size_t i = 0;

	while (i < in.n && !(in.at[i] && strchr(stops, in.at[i])))
		i++;
	return (struct span){in.at, i};
}

/* "554 <a@b>: Reason: more" as "Reason". */
static struct span mail_reason(struct span in)
{
	struct span rest = in, clause;
	const char *p;

	if (!has_code(in))
		return in;
	span_skip(&rest, 4);
	if (SPAN_STARTS(rest, "<")) {
		struct span within = rest;

		while ((p = SPAN_LAST(within, ">: "))) {
			clause = reject_up_to(span_from(rest, p + 3), ";:");
			if (p - rest.at >= 2 && clause.n)
				return clause;
			within = span_between(within.at, p + 2);
		}
	}
	clause = reject_up_to(rest, ";:");
	return clause.n ? clause : in;
}

/* "550 x: y; z, more" as "z". */
static struct span last_clause(struct span in)
{
	const char *p;

	for (p = span_end(in); p - in.at >= 2; p--) {
		struct span clause;

		if (p[-1] != ' ' || (p[-2] != ':' && p[-2] != ';'))
			continue;
		clause = reject_up_to(span_from(in, p), ",");
		if (clause.n)
			return clause;
	}
	in = reject_up_to(in, ",").n ? reject_up_to(in, ",") : in;
	return in;
}

/* "5.7.1 Blocked; from=<a> to=<b>" as "Blocked". */
static struct span plain_reason(struct span in)
{
	const char *p = SPAN_FIND(in, "; ");
	size_t n;

	in = reject_without_code(p ? span_between(in.at, p) : in);
	for (n = 0; n < in.n && (byte_is_digit(in.at[n]) || in.at[n] == '.');)
		n++;
	if (n > 4 && n < in.n && in.at[n] == ' ')
		span_skip(&in, n + 1);
	return in;
}

struct span reject_reason(const struct record *r, bool compat, char *room)
{
	struct span in = r->rest;

	if (SPAN_IS(r->reason, "RCPT") || SPAN_IS(r->reason, "DATA") ||
		SPAN_IS(r->reason, "CONNECT")) {
		in = without_quoted(in, compat, room);
		in = protocol_error(in);
		in = first_clause(in);
		in = address_rejected(in);
		return blocked(in, room);
	}
	if (SPAN_IS(r->reason, "MAIL"))
		return mail_reason(in);
	return compat ? last_clause(in) : plain_reason(in);
}
