/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_PYTEXT_H
#define MAILBAN_CLI_FAIL2BAN_PYTEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Bytes of a log as text, UTF-8: what the encoding does not have becomes
 * U+FFFD, as bytes.decode(encoding, "replace") has it. The caller frees *out;
 * its length is returned. False from pytext_knows: there is no such encoding.
 */
size_t pytext_decode(
	const char *bytes, size_t n, const char *encoding, char **out);
bool pytext_knows(const char *encoding);

/*
 * A value as Python's repr() spells it: texts, numbers, null as None, objects
 * as dict, an array in it as list and an array in that as tuple; the key
 * "users" is a set.
 */
void pytext_repr(FILE *to, const json_t *value);

/* A time in seconds as Python's str(float) has it. */
#define PYTEXT_FLOAT 40
char *pytext_float(double value, char buf[PYTEXT_FLOAT]);

/*
 * A failregex with its tags put in, as fail2ban keeps it and tells of it (in
 * Python's syntax; pyregex_translate makes what runs). The caller frees.
 * Source: fail2ban's failregex.py, by its output.
 */
char *pytext_regex(const char *row, bool names);
/* The same with flags where they stood. */
char *pytext_tags(const char *row, bool names);

/* An IPv6 address, as the release has it that is spoken for. */
const char *pytext_ip6(void);

/* At most 53 characters of a text, "..." for the rest; the caller frees. */
char *pytext_short(const char *text);

/* The bytes of text without the blanks at its end. */
size_t pytext_stripped(const char *text, size_t n);

#endif
