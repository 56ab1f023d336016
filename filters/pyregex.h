/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_PYREGEX_H
#define MAILBAN_FILTERS_PYREGEX_H

#include <stdbool.h>

/*
 * A failregex as fail2ban's files have it, in PCRE2's syntax: the tags <HOST>,
 * <ADDR>, <F-USER>...</F-USER> and so on become named groups, and what Python
 * writes otherwise is rewritten ("{,3}", "\Z", "(?iu)").
 *
 * Returns the new text, which the caller frees. NULL if the regex holds what
 * has no exact counterpart; *why then names it (static text).
 * Source: jail.conf(5) and fail2ban's filter.d; pcre2pattern(3).
 */
char *pyregex_translate(const char *text, bool names, const char **why);

/*
 * The regex as fail2ban shows it: Python's, with the tags put in, and ip6 for
 * an IPv6 address, as its releases differ there. The caller frees.
 */
char *pyregex_show(const char *text, bool names, const char *ip6);

/* The groups by which a match is read; a translated regex has some of them. */
#define GROUP_HOST "host"	    /* as an admin's (?P<host>...) says it */
#define GROUP_CIDR "cidr"	    /* <CIDR> */
#define GROUP_ID "fid"		    /* <F-ID> */
#define GROUP_CONTENT "content"	    /* <F-CONTENT> of a prefregex */
#define GROUP_USER "user"	    /* <F-USER> */
#define GROUP_NOFAIL "nofail"	    /* <F-NOFAIL> */
#define GROUP_GAINED "mlfgained"    /* <F-MLFGAINED> */
#define GROUP_FORGET "mlfforget"    /* <F-MLFFORGET> */
#define GROUP_MLFID "mlfid"	    /* <F-MLFID> */
#define GROUP_IP4 "ip4"		    /* <IP4>, <HOST>, <ADDR>, <SUBNET> */
#define GROUP_IP6 "ip6"		    /* <IP6>, the same */
#define GROUP_DNS "dns"		    /* <DNS>, <HOST> */
#define GROUP_ATTEMPTS "attempts"   /* <F-ATTEMPTS> */
#define GROUP_SESSION "session"	    /* <F-SESSION> */
#define GROUP_WITNESS "witness"	    /* <F-WITNESS> */
#define GROUP_SPILL "spill"	    /* <F-SPILL> */
#define GROUP_SPILLABLE "spillable" /* <F-SPILLABLE> */
#define GROUP_RENAMED "renamed"	    /* <F-RENAMED> */
#define GROUP_FAULT "fault"	    /* <F-FAULT> */
#define GROUP_EXCUSABLE "excusable" /* <F-EXCUSABLE> */
#define GROUP_SKIPPED "skiplines"   /* with a number: <SKIPLINES> */
#define GROUP_ALT "alt_"	    /* before x: fills x when that is empty */

#endif
