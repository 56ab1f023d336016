/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_PLAIN_H
#define MAILBAN_LIB_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text of strangers that a terminal and a journal can be shown: on one line,
 * with nothing that a terminal obeys and nothing that hides or turns around
 * what stands beside it.
 */

/*
 * The code point at text, of which left bytes (1 at least) are there, and its
 * bytes; zero bytes if none is there (RFC 3629: no surrogates, nothing
 * overlong, nothing above 10FFFF).
 */
size_t plain_decode(const char *text, size_t left, uint32_t *point);

/* No control, of C0 or C1, and none that reorders or hides its neighbours. */
bool plain_is(uint32_t point);

/* The bytes that n bytes become at most, without the NUL. */
#define PLAIN_ROOM(n) (4 * (n))

/*
 * Copies the n bytes at text, which may be any: what is not plain as \xNN or
 * \u{NNNN}, a backslash as it is. With shows, what that is false for as well.
 * Ends before what room has no place for, a NUL included, which is always put;
 * room is 1 at least. Returns the length.
 */
size_t plain_copy(char *out, size_t room, const char *text, size_t n,
	bool (*shows)(uint32_t point));

#endif
