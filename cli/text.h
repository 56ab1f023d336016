/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TEXT_H
#define MAILBAN_CLI_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A copy of text that a terminal can be shown: control bytes, what is no
 * UTF-8, and the code points that turn the direction of writing come out as
 * \xNN or \u{NNNN}, a backslash stays. The caller frees; aborts when memory
 * is out.
 */
char *text_escape(const char *text);
/* The same of n bytes, which may be any. */
char *text_escape_bytes(const char *text, size_t n);
/* The same of what format and args make, as vprintf(3) has them. */
__attribute__((format(printf, 1, 0))) char *text_format(
	const char *format, va_list args);
/* The columns that an escaped text takes. */
size_t text_width(const char *text);
/* How many of its n bytes fit into so many columns. */
size_t text_fit(const char *text, size_t n, size_t columns);
/* "mailban: ...", escaped, and a newline, to stderr. */
__attribute__((format(printf, 1, 2))) void text_complain(
	const char *format, ...);

/*
 * From now on complaints go into buf instead, the last one stays, without
 * "mailban: "; with NULL they go to stderr again.
 */
void text_complain_into(char *buf, size_t room);

/* Room for what the two below write. */
#define TEXT_TIME 64

/* "9 min 58 s", the two largest units, or "10 min"; "0 s" below zero. */
char *text_duration(int64_t seconds, char buf[TEXT_TIME]);
/* "2026-11-21 20:54:57" in local time, from unix seconds. */
char *text_moment(int64_t seconds, char buf[TEXT_TIME]);

#endif
