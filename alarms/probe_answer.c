/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line of a mail server's answer means, by the protocol that it speaks.
 * It must never take for an answer what is none: nothing is guessed, and
 * nothing that is not looked at here is believed.
 */
#include "alarms/probe_answer.h"

#include <string.h>
#include <strings.h>

bool probe_kind_is_smtp(enum probe_kind kind)
{
	return kind <= PROBE_SUBMISSIONS;
}

bool probe_kind_is_imap(enum probe_kind kind)
{
	return kind == PROBE_IMAP || kind == PROBE_IMAPS;
}

/* Three digits and a blank, a dash or nothing (RFC 5321, 4.2.1). */
static bool read_smtp(struct probe_answer *answer)
{
	const char *s = answer->line;
	int i;

	for (i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	if (s[0] < '2' || s[0] > '5' || (s[3] && s[3] != ' ' && s[3] != '-'))
		return false;
	answer->code = (s[0] - '0') * 100 + (s[1] - '0') * 10 + s[2] - '0';
	answer->last = s[3] != '-';
	answer->yes = s[0] == '2';
	return true;
}

static bool begins(const char *line, const char *with)
{
	size_t n = strlen(with);

	return !strncasecmp(line, with, n) && (!line[n] || line[n] == ' ');
}

/* RFC 9051, 7.1; ours are the tags "a" and "q". */
static bool read_imap(struct probe_answer *answer, enum probe_step step)
{
	const char *s = answer->line;
	const char tag = step == PROBE_QUIT ? 'q' : 'a';

	if (step == PROBE_BANNER) {
		answer->yes = begins(s, "* OK") || begins(s, "* PREAUTH");
		answer->last = true;
		return answer->yes || begins(s, "* BYE");
	}
	if (s[0] == '*' && s[1] == ' ')
		return true;
	answer->last = true;
	if (s[0] != tag || s[1] != ' ')
		return false;
	answer->yes = begins(s + 2, "OK");
	return answer->yes || begins(s + 2, "NO") || begins(s + 2, "BAD");
}

/* RFC 1939, 3. */
static bool read_pop3(struct probe_answer *answer)
{
	answer->yes = begins(answer->line, "+OK");
	answer->last = true;
	return answer->yes || begins(answer->line, "-ERR");
}

bool probe_answer_read(
	struct probe_answer *answer, enum probe_kind kind, enum probe_step step)
{
	return probe_kind_is_smtp(kind)	  ? read_smtp(answer)
	       : probe_kind_is_imap(kind) ? read_imap(answer, step)
					  : read_pop3(answer);
}

bool probe_answer_offers_tls(const struct probe_answer *answer)
{
	return answer->yes && answer->line[3] &&
	       begins(answer->line + 4, "STARTTLS");
}
