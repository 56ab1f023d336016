/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Dovecot says, 2.3 and 2.4. A user's name is what somebody typed: it is
 * looked for where the login process writes it, between user=< and the >
 * before the next field, and the address behind the last rip=, which the
 * process writes after it (src/login-common/client-common.c).
 */
#include "ledger/record.h"

/* "user=<x>, ..., rip=192.0.2.1," */
static bool take_person(struct span in, struct record *r)
{
	const char *p = SPAN_FIND_BY(in, "user=<", 5), *end;
	struct span rest;
	size_t n;

	r->account = r->address = (struct span){in.at, 0};
	if (p) {
		rest = span_from(in, p + 6);
		end = SPAN_FIND(rest, ">, ");
		if (end)
			r->account = span_between(rest.at, end);
	}
	p = SPAN_LAST(in, ", rip=");
	if (!p)
		return false;
	rest = span_from(in, p + 6);
	for (n = 0; n < rest.n && rest.at[n] != ',' && rest.at[n] != ' '; n++)
		;
	r->address = (struct span){rest.at, n};
	return n > 0;
}

/* What login processes say, by its beginning (src/login-common/client-common.c,
 * login-proxy.c, client-common-auth.c of Dovecot 2.3 and 2.4); "Error: " and so
 * on stand before what is no client's. */
static bool is_login_line(struct span in)
{
	return SPAN_STARTS(in, "Maximum number of connections ") ||
	       SPAN_STARTS(in, "proxy(") || SPAN_STARTS(in, "Proxy") ||
	       SPAN_STARTS(in, "Debug: ") || SPAN_STARTS(in, "Info: ") ||
	       SPAN_STARTS(in, "Warning: ") || SPAN_STARTS(in, "Error: ") ||
	       SPAN_STARTS(in, "Fatal: ") || SPAN_STARTS(in, "Panic: ");
}

static void take_login(struct span in, struct record *r)
{
	r->kind = RECORD_IDLE;
	if (SPAN_STARTS(in, "Login: ") || SPAN_STARTS(in, "Logged in")) {
		if (take_person(in, r))
			r->kind = RECORD_LOGIN;
		return;
	}
	/* What a client sent stands in brackets only behind these words. */
	if (SPAN_STARTS(in, "Disconnected") ||
		SPAN_STARTS(in, "Aborted login") ||
		SPAN_STARTS(in, "Login aborted")) {
		const char *failed = SPAN_FIND(in, "(auth failed");
		const char *user = SPAN_FIND_BY(in, "user=<", 5);

		if (failed && (!user || failed < user) && take_person(in, r))
			r->kind = RECORD_ATTACK;
	} else if (!is_login_line(in)) {
		r->kind = RECORD_UNKNOWN;
	}
}

/* "msgid=<x>: saved mail to INBOX", by sieve or without. */
static void take_saved(struct span in, struct record *r)
{
	const char *p;

	(void)SPAN_SKIP(&in, "sieve: ");
	r->kind = RECORD_IDLE;
	if (!SPAN_SKIP(&in, "msgid="))
		return;
	p = SPAN_LAST(in, ": ");
	if (!p)
		return;
	r->message_id = span_between(in.at, p);
	in = span_from(in, p + 2);
	if (SPAN_STARTS(in, "saved mail to ") ||
		SPAN_STARTS(in, "stored mail into mailbox "))
		r->kind = RECORD_SAVED;
}

/* How many bytes it begins with are those of a process' name. */
static size_t process_length(struct span in)
{
	size_t n = 0;

#ifdef __SSE2__
	if (in.n >= SPAN_BLOCK) {
		__m128i v = _mm_loadu_si128((const __m128i_u *)in.at);
		__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
		__m128i is = _mm_or_si128(
			_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')),
				_mm_cmpeq_epi8(v, _mm_set1_epi8('-'))),
			_mm_or_si128(bytes_in(v, '0', '9'),
				bytes_in(lower, 'a', 'z')));

		n = (size_t)__builtin_ctz(~(unsigned int)_mm_movemask_epi8(is));
		if (n < SPAN_BLOCK)
			return n;
	}
#endif
	while (n < in.n && (byte_is_word(in.at[n]) || in.at[n] == '-'))
		n++;
	return n;
}

/* The process: "lmtp" of "lmtp(user)<12><id>: text"; the text stays in in. */
static bool cut_process(struct span *in, struct span *process)
{
	const char *p, *end = span_end(*in);

	*process = (struct span){in->at, process_length(*in)};
	p = span_end(*process);
	if (p == end || !process->n)
		return false;
	if (*p == '(') {
		struct span rest = span_from(*in, p);

		p = SPAN_FIND(rest, ">: ");
		if (!p) /* "auth-worker(12): " */
			p = SPAN_FIND(rest, "): ");
		if (!p)
			return false;
		p++;
	}
	if (end - p < 2 || p[0] != ':' || p[1] != ' ')
		return false;
	*in = span_from(*in, p + 2);
	return true;
}

void dovecot_parse(struct span tag, struct span message, struct record *r)
{
	static const struct span known[] = {SPAN("imap"), SPAN("pop3"),
		SPAN("auth"), SPAN("auth-worker"), SPAN("managesieve"),
		SPAN("submission"), SPAN("master"), SPAN("log"), SPAN("anvil"),
		SPAN("stats"), SPAN("config"), SPAN("indexer"),
		SPAN("indexer-worker"), SPAN("ssl-params"), SPAN("doveadm"),
		SPAN("replicator"), SPAN("quota-status"), SPAN("dict"),
		SPAN("dict-async"), SPAN("dict-expire"), SPAN("imap-hibernate"),
		SPAN("imap-urlauth"), SPAN("imap-urlauth-worker"),
		SPAN("old-stats"), SPAN("ipc"), SPAN("dns-client"),
		SPAN("dns_client"), SPAN("tcpwrap"), SPAN("aggregator"),
		SPAN("director"), SPAN("health-check")};
	struct span in = message, process;

	r->kind = RECORD_UNKNOWN;
	r->program = tag;
	r->rest = message;
	if (!cut_process(&in, &process))
		return;
	r->program = process;
	r->rest = in;
	if (SPAN_ENDS(process, "-login")) {
		take_login(in, r);
	} else if (SPAN_IS(process, "lmtp") || SPAN_IS(process, "lda")) {
		take_saved(in, r);
	} else {
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (span_same(process, known[i])) {
				r->kind = RECORD_IDLE;
				return;
			}
	}
}
