/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_DURATION_H
#define MAILBAN_JAILS_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a time span as fail2ban's jail.conf(5) has it: "600", "10m",
 * "1d 12h", "1d12h", "1.5h", "2 weeks", and arithmetic in it: "60*60*24",
 * "(1h + 30m) / 2", "2**4", "7//2", "7%4". Units are s, m, h, d, w, mo, y
 * (30.4375 and 365.25 days) and their longer spellings; parts side by side add
 * up. The result is in seconds, cut towards zero; negative ones are allowed, -1
 * is "for ever" to bantime. False if the text is no duration or over
 * DURATION_MOST either way; *seconds is then untouched.
 */
bool duration_parse(const char *text, int64_t *seconds);
/* The same, not cut. */
bool duration_read(const char *text, double *seconds);

#define DURATION_MOST INT64_C(1000000000000)

#endif
