/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_ALARMS_PROBE_ANSWER_H
#define MAILBAN_ALARMS_PROBE_ANSWER_H

/* Within the probe: nobody else includes this. */

#include "alarms/probe.h"

/* A line of an answer. */
struct probe_answer {
	const char *line; /* without its end */
	int code;	  /* SMTP's three digits */
	bool yes, last;
};

bool probe_kind_is_smtp(enum probe_kind kind);
bool probe_kind_is_imap(enum probe_kind kind);

/*
 * Reads answer->line, all else 0, as a server of this kind may say it at that
 * step. False if it may not.
 */
bool probe_answer_read(struct probe_answer *answer, enum probe_kind kind,
	enum probe_step step);
/* Does a line of the answer to EHLO, which was read, offer STARTTLS (RFC 3207,
 * 4)? */
bool probe_answer_offers_tls(const struct probe_answer *answer);

#endif
