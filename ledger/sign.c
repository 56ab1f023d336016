/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that betray trouble of the mail system itself. Strangers write much of
 * a log: a sign is what stands where only the program writes, from its
 * beginning on, or, for an error's text, at the end of a line whose other parts
 * no stranger has a say in. It runs for each line that is counted: the kind of
 * the record, then one byte, settle nearly all of them.
 */
#include "ledger/sign.h"

#include <string.h>

#include "ledger/record.h"

/* strerror(3), as "%m" prints it: the last thing on a line. */
static enum sign sign_of_errno(struct span in)
{
	if (SPAN_ENDS(in, ": No space left on device"))
		return SIGN_NO_SPACE;
	if (SPAN_ENDS(in, ": Read-only file system") ||
		SPAN_ENDS(in, ": Input/output error"))
		return SIGN_DISK_FAULT;
	if (SPAN_ENDS(in, ": Too many open files") ||
		SPAN_ENDS(in, ": Too many open files in system"))
		return SIGN_LIMIT;
	return SIGN_NONE;
}

/* "smtpd" of "/usr/lib/postfix/sbin/smtpd: bad command ...". */
static struct span command_of(struct span in)
{
	struct span path = {in.at, 0};
	const char *slash;

	while (path.n < in.n && !byte_is_space(in.at[path.n]) &&
		in.at[path.n] != ':')
		path.n++;
	slash = path.n ? memrchr(path.at, '/', path.n) : NULL;
	return slash ? span_between(slash + 1, span_end(path)) : path;
}

/* src/master: nothing of a client's is ever in it. */
static enum sign sign_of_master(struct span in, struct span *who)
{
	if (SPAN_SKIP(&in, "service \"")) {
		const char *end = span_char(in, '"');

		*who = span_between(in.at, end ? end : in.at);
		return SPAN_FIND(in, " has reached its process limit ")
			       ? SIGN_LIMIT
			       : SIGN_NONE;
	}
	if (SPAN_ENDS(in, " -- throttling")) {
		*who = *in.at == '/' ? command_of(in) : *who;
		return SIGN_THROTTLED;
	}
	if (SPAN_SKIP(&in, "process ")) {
		*who = command_of(in);
		return SPAN_FIND(in, " killed by signal ") ? SIGN_CRASHED
							   : SIGN_NONE;
	}
	return sign_of_errno(in);
}

/* Programs that read and write files of the queue; what they say in a warning
 * or before they give up, no client writes. */
static bool is_inner(struct span program)
{
	static const struct span known[] = {{"anvil", 5}, {"bounce", 6},
		{"defer", 5}, {"flush", 5}, {"master", 6}, {"pickup", 6},
		{"postlogd", 8}, {"qmgr", 4}, {"scache", 6}, {"showq", 5},
		{"tlsmgr", 6}, {"trace", 5}, {"verify", 6}};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (span_same(program, known[i]))
			return true;
	return false;
}

static enum sign sign_of_warning(const struct record *r, struct span *who)
{
	struct span in = r->rest;

	if (SPAN_IS(r->program, "master"))
		return sign_of_master(in, who);
	if (SPAN_STARTS(in, "not enough free space in mail queue: "))
		return SPAN_IS(r->program, "smtpd") ? SIGN_NO_SPACE : SIGN_NONE;
	if (SPAN_IS(r->program, "cleanup")) {
		/* src/global/mail_queue.c; src/cleanup/cleanup_out.c: "ID:
		 * write queue file: %m" */
		if (!SPAN_STARTS(in, "mail_queue_enter: create file ")) {
			in = span_from(in, in.at + span_word(in));
			if (!SPAN_STARTS(in, " write queue file: "))
				return SIGN_NONE;
		}
		return sign_of_errno(in);
	}
	return is_inner(r->program) ? sign_of_errno(in) : SIGN_NONE;
}

/* What people run themselves, sendmail(1) and its like, gives up for theirs. */
static bool is_service(struct span program)
{
	return !SPAN_IS(program, "sendmail") &&
	       (!SPAN_STARTS(program, "post") ||
		       SPAN_IS(program, "postscreen") ||
		       SPAN_IS(program, "postlogd"));
}

static enum sign sign_of_fatal(const struct record *r)
{
	enum sign sign = SIGN_NONE;

	if (!is_service(r->program))
		return SIGN_NONE;
	if (is_inner(r->program) || SPAN_IS(r->program, "cleanup"))
		sign = sign_of_errno(r->rest);
	return sign == SIGN_NONE ? SIGN_FATAL : sign;
}

/* An answer of smtpd(8)'s own, which begins with its codes. */
static enum sign sign_of_refusal(const struct record *r)
{
	struct span in = r->rest;

	if (SPAN_IS(r->program, "postscreen"))
		return SPAN_IS(r->reason, "CONNECT") &&
				       SPAN_IS(in, "all server ports busy")
			       ? SIGN_LIMIT
			       : SIGN_NONE;
	/* "RCPT from host[addr]: 452 ...", and not what a proxy answered. */
	if (!SPAN_STARTS(in, "45") || !SPAN_IS(r->program, "smtpd") ||
		r->client.at != span_end(r->reason) + 6 ||
		!SPAN_ENDS(r->client, "]"))
		return SIGN_NONE;
	if (SPAN_STARTS(in, "452 4.3.1 Insufficient system storage"))
		return SIGN_NO_SPACE;
	/* 4.3.0 <address>: nothing but a lookup that failed. */
	if (SPAN_STARTS(in, "451 4.3.5 ") || SPAN_STARTS(in, "451 4.3.0 <") ||
		SPAN_STARTS(in, "451 4.3.0 Temporary lookup "))
		return SIGN_CONFIG;
	return SIGN_NONE;
}

/* Its reason in brackets is ours if no server and no command said it. */
static enum sign sign_of_delivery(const struct record *r)
{
	struct span in = r->rest;

	if (*r->status.at == 's' || in.n < 3)
		return SIGN_NONE;
	if (SPAN_IS(in, " (mail system configuration error)"))
		return SIGN_CONFIG;
	if ((!SPAN_IS(r->program, "local") &&
		    !SPAN_IS(r->program, "virtual")) ||
		!SPAN_SKIP(&in, " ("))
		return SIGN_NONE;
	if (!SPAN_STARTS(in, "cannot update mailbox ") &&
		!SPAN_STARTS(in, "maildir delivery failed: ") &&
		!SPAN_STARTS(in, "create maildir file ") &&
		!SPAN_STARTS(in, "error writing message: "))
		return SIGN_NONE;
	in.n--;
	return sign_of_errno(in);
}

/* "daemon started -- version 3.7.11, configuration /etc/postfix", "Dovecot
 * v2.3.19.1 (9b53102964) starting up for imap": what stands behind the words is
 * the version, empty if it is none. */
static enum sign sign_of_start(
	struct span in, const char *words, struct span *who)
{
	size_t n = strlen(words);

	if (in.n < n || memcmp(in.at, words, n) != 0)
		return SIGN_NONE;
	in = span_from(in, in.at + n);
	(void)SPAN_SKIP(&in, "version ");
	who->at = in.at;
	for (who->n = 0; who->n < in.n; who->n++)
		if (byte_is_space(in.at[who->n]) || in.at[who->n] == ',')
			break;
	return SIGN_STARTED;
}

enum sign sign_of_postfix(const struct record *r, struct span *who)
{
	*who = r->program;
	switch (r->kind) {
	case RECORD_WARNING:
		return sign_of_warning(r, who);
	case RECORD_FATAL:
		return sign_of_fatal(r);
	case RECORD_PANIC:
		return is_service(r->program) ? SIGN_CRASHED : SIGN_NONE;
	case RECORD_REFUSED:
		return sign_of_refusal(r);
	case RECORD_DELIVERY:
		return sign_of_delivery(r);
	case RECORD_MASTER:
		if (SPAN_STARTS(r->rest, "terminating on signal "))
			return SIGN_STOPPED;
		return sign_of_start(r->rest, "daemon started -- ", who);
	default:
		return SIGN_NONE;
	}
}

/* "service(imap-login): "; false if it is about none. */
static bool cut_service(struct span *in, struct span *who)
{
	const char *end;

	if (!SPAN_SKIP(in, "service("))
		return false;
	end = span_char(*in, ')');
	if (!end)
		return false;
	*who = span_between(in->at, end);
	*in = span_from(*in, end + 1);
	return SPAN_SKIP(in, ": ");
}

/* Only master(8) says so, in its own name or in that of a process that died. */
static enum sign sign_of_service(struct span in, struct span *who)
{
	if (!cut_service(&in, who))
		return SIGN_NONE;
	if (SPAN_STARTS(in, "process_limit (") ||
		SPAN_STARTS(in, "client_limit ("))
		return SIGN_LIMIT;
	if (SPAN_STARTS(in, "command startup failed, throttling for ") ||
		SPAN_STARTS(in, "fork() failed: "))
		return SIGN_THROTTLED;
	if (SPAN_STARTS(in, "child "))
		return SPAN_FIND(in, " killed with signal ") ? SIGN_CRASHED
							     : SIGN_FATAL;
	return SIGN_NONE;
}

/*
 * Who wrote it may be in doubt behind a name: "imap(NAME)<12><id>: ", with
 * mail_log_prefix as it is, but not of who may have typed it only to be let in.
 */
static bool is_in_doubt(const struct record *r)
{
	struct span in = span_from(r->log, span_end(r->program));
	size_t n;

	if (!SPAN_SKIP(&in, "("))
		return false;
	n = span_digits(in); /* auth-worker(12) */
	if (n && r->rest.at == in.at + n + 3)
		return false;
	return SPAN_STARTS(r->program, "auth") ||
	       SPAN_ENDS(r->program, "-login") || r->rest.at[-3] != '>' ||
	       SPAN_FIND(r->rest, ")<") || SPAN_FIND(r->rest, ">: ");
}

enum sign sign_of_dovecot(const struct record *r, struct span *who)
{
	struct span in = r->rest;
	bool master = SPAN_IS(r->program, "master");

	*who = r->program;
	/* Without a process in front it is nobody's. */
	if (!in.n || in.at == r->log.at)
		return SIGN_NONE;
	switch (*in.at) {
	case 'D':
		return master ? sign_of_start(in, "Dovecot v", who) : SIGN_NONE;
	case 'E':
		if (!SPAN_SKIP(&in, "Error: ") || is_in_doubt(r))
			return SIGN_NONE;
		if (master)
			return sign_of_service(in, who);
		return SPAN_ENDS(r->program, "-login") ? SIGN_NONE
						       : sign_of_errno(in);
	case 'F':
		if (!SPAN_SKIP(&in, "Fatal: ") || is_in_doubt(r))
			return SIGN_NONE;
		if (SPAN_SKIP(&in, "master: "))
			return sign_of_service(in, who);
		return SIGN_FATAL;
	case 'P':
		return SPAN_STARTS(in, "Panic: ") && !is_in_doubt(r)
			       ? SIGN_CRASHED
			       : SIGN_NONE;
	case 'W':
		if (!master || !SPAN_SKIP(&in, "Warning: "))
			return SIGN_NONE;
		return SPAN_STARTS(in, "Killed with signal ")
			       ? SIGN_STOPPED
			       : sign_of_service(in, who);
	default:
		return SIGN_NONE;
	}
}
