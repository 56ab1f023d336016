/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which program wrote a line, and so who reads it. It runs for every line
 * there is: what is no mail program's must be known as such at once.
 */
#include "ledger/record.h"

#include "lib/line.h"
#include "lib/word.h"

/* "postfix", "postfix-out": instances (postmulti(1)) begin so. */
static bool is_postfix(struct span tag, struct span name)
{
	return SPAN_STARTS(tag, "postfix") ||
	       (name.n && tag.n > name.n &&
		       memcmp(tag.at, name.at, name.n) == 0 &&
		       tag.at[name.n] == '/');
}

/* "smtpd" of "postfix-in/submission/smtpd"; all of a tag without a slash. */
static struct span program_of(struct span tag)
{
	const char *p = span_end(tag);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* Nearly all are short enough for the slash to be in the last word. */
	if (tag.n >= 8) {
		uint64_t word = word_at(p - 8) ^ '/' * WORD_EACH;
		uint64_t low = 0x7f * WORD_EACH;
		uint64_t is = ~(((word & low) + low) | word | low);

		if (is)
			return (struct span){p - __builtin_clzll(is) / 8,
				(size_t)__builtin_clzll(is) / 8};
	}
#endif
	while (p > tag.at && p[-1] != '/')
		p--;
	return span_from(tag, p);
}

/* "NOTICE [jail] Ban 192.0.2.1" */
static void mailband_parse(struct span in, struct record *r)
{
	const char *close;

	r->kind = RECORD_IDLE;
	if (!SPAN_SKIP(&in, "NOTICE ["))
		return;
	close = span_char(in, ']');
	if (!close)
		return;
	r->account = span_between(in.at, close);
	in = span_from(in, close);
	if (!SPAN_SKIP(&in, "] Ban "))
		return;
	r->address = (struct span){in.at, span_word(in)};
	r->kind = RECORD_BAN;
}

/* The number of the process, which stands between tag and message. */
static struct span pid_of(struct span tag, struct span message)
{
	const char *p = span_end(tag);
	struct span pid;

	if (p >= message.at || *p != '[')
		return (struct span){p, 0};
	pid = span_between(p + 1, message.at);
	pid.n = span_digits(pid);
	return pid;
}

void record_parse(const struct line *line, struct span name, struct record *r)
{
	struct span tag = {line->tag, line->tag_len};
	struct span message = {line->message, line->message_len};

	r->kind = RECORD_OTHER;
	r->settled = 0;
	r->log = message;
	if (is_postfix(tag, name)) {
		r->program = program_of(tag);
		postfix_parse(message, r);
		if (r->kind == RECORD_CONNECT || r->kind == RECORD_DISCONNECT)
			r->pid = pid_of(tag, message);
	} else if (SPAN_STARTS(tag, "dovecot")) {
		r->program = SPAN("dovecot");
		dovecot_parse(tag, message, r);
	} else if (SPAN_IS(tag, "mailband")) {
		r->program = tag;
		mailband_parse(message, r);
	}
}

bool record_failed_login(const struct record *r, struct span *account)
{
	if (r->kind != RECORD_ATTACK &&
		(r->kind != RECORD_WARNING || !r->address.n))
		return false;
	*account = r->account;
	if (SPAN_IS(*account, "(unavailable)"))
		account->n = 0;
	return true;
}
