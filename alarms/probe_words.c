/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe's kinds, steps and faults in words, for people: one table of each.
 * Must never write what a server sent but as probe.c has cleaned it.
 */
#include <stdio.h>
#include <string.h>

#include "alarms/probe.h"

static const struct {
	const char *name;
	uint16_t port;
} kinds[PROBE_KINDS] = {
	[PROBE_SMTP] = {"smtp", 25},
	[PROBE_SUBMISSION] = {"submission", 587},
	[PROBE_SUBMISSIONS] = {"submissions", 465},
	[PROBE_IMAP] = {"imap", 143},
	[PROBE_IMAPS] = {"imaps", 993},
	[PROBE_POP3] = {"pop3", 110},
	[PROBE_POP3S] = {"pop3s", 995},
};

static const char *const steps[] = {
	[PROBE_CONNECT] = "connect",
	[PROBE_BANNER] = "banner",
	[PROBE_EHLO] = "EHLO",
	[PROBE_STARTTLS] = "STARTTLS",
	[PROBE_TLS] = "TLS",
	[PROBE_MAIL] = "MAIL FROM",
	[PROBE_RSET] = "RSET",
	[PROBE_QUIT] = "QUIT",
	[PROBE_DONE] = "done",
};

static const char *const faults[] = {
	[PROBE_FINE] = "",
	[PROBE_REFUSED] = "",
	[PROBE_LATE] = "no answer in time",
	[PROBE_CLOSED] = "the server hung up",
	[PROBE_NO] = "",
	[PROBE_STRANGE] = "not understood: ",
	[PROBE_TOO_MUCH] = "the answer does not end",
	[PROBE_NO_TLS] = "",
};

int probe_kind_parse(const char *name)
{
	for (int i = 0; i < PROBE_KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return i;
	return -1;
}

const char *probe_kind_name(enum probe_kind kind)
{
	return kinds[kind].name;
}

uint16_t probe_kind_port(enum probe_kind kind)
{
	return kinds[kind].port;
}

void probe_tell(const struct probe_result *result, char buf[PROBE_TELL])
{
	buf[0] = '\0';
	if (result->fault != PROBE_FINE)
		snprintf(buf, PROBE_TELL, "%s: %s%s", steps[result->step],
			faults[result->fault],
			result->fault == PROBE_REFUSED ? strerror(result->error)
						       : result->said);
}
