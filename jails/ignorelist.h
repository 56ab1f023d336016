/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_IGNORELIST_H
#define MAILBAN_JAILS_IGNORELIST_H

#include <stdbool.h>
#include <stddef.h>

struct jail;
struct jailvalue;
struct prefix;

/*
 * Reads ignoreip= of a jail: addresses, prefixes (/24 or /255.255.255.0),
 * names, and file:/path of a file with the like, '#' comments. What is none
 * of these is a fault, with the file and line it stands on.
 */
void ignorelist_read(const struct jailvalue *v, struct jail *jail);

/* One word of it: an address or a prefix; one that reads as a host's name. */
bool ignorelist_prefix(const char *s, size_t n, struct prefix *out);
bool ignorelist_is_name(const char *s, size_t n);

#endif
