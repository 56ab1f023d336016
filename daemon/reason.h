/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_REASON_H
#define MAILBAN_DAEMON_REASON_H

#include <stdint.h>

/*
 * Why somebody is banned, as a ban carries it: one of these, or from
 * REASON_REGEX on the number of the jail's failregex, as its filter has them,
 * from 0. It is never a stranger's text.
 */
enum reason {
	REASON_UNKNOWN,
	REASON_HAND,   /* mailban ban, mailban attempt */
	REASON_KERNEL, /* its set had the element, and nothing was known */
	REASON_BANS,   /* banned too often by other jails */
	REASON_REGEX,
};

#define REASON_TEXT 32

/* "failregex 3", "by hand", ...; "" if it is not known. Returns text. */
const char *reason_format(uint16_t reason, char text[REASON_TEXT]);
/* REASON_UNKNOWN for whatever reason_format does not write. */
uint16_t reason_parse(const char *text);

#endif
