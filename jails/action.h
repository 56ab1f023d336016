/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_ACTION_H
#define MAILBAN_JAILS_ACTION_H

#include <stdbool.h>

struct arena;

/* What an action of fail2ban's is to mailban. */
enum action_kind {
	ACTION_BAN,	  /* nftables*, iptables*: our own sets do that */
	ACTION_NOTICE,	  /* sendmail-*: a notice */
	ACTION_OTHER_BAN, /* another firewall: our own sets instead */
	ACTION_OTHER,	  /* anything else: nothing does that here */
};

struct action {
	enum action_kind kind;
	const char *name;
	const char
		*actname; /* what fail2ban calls it: its name, or an option */
	bool allports;	  /* by its name or type */
	bool allows;	  /* blocktype=RETURN: it opens, it does not shut */
	const char *port; /* its options of these names, or NULL */
	const char *protocol;
};

/*
 * The next action of a jail's action= at *at: name[option=value, ...], parted
 * by blanks and newlines. 1 with *out filled from the arena and *at behind it,
 * 0 at the end, -1 if it is malformed.
 */
int action_next(const char **at, struct arena *arena, struct action *out);

#endif
