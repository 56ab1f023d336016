/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_PYTHON_H
#define MAILBAN_CLI_FAIL2BAN_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What Python makes of texts, where fail2ban's answers show it. Returned
 * texts are the caller's to free; these abort when memory is out.
 */

/* repr() of a text: 'a', "it's", '\\d\n'; safe for a terminal. */
char *python_repr(const char *text);

/* int(): NULL with *out, cut to what it holds; else what Python says. */
char *python_int(const char *text, int64_t *out);

/* float(): the same; *out may be infinite or no number. */
char *python_float_read(const char *text, double *out);

/* fail2ban's str2seconds: NULL with *out; else what Python says. *is_float
 * (may be NULL) tells whether Python has a float of it. */
char *python_seconds(const char *text, double *out, bool *is_float);
/* str() of a float: "5400.0", "0.1". */
char *python_float(double value);

/* fail2ban's own reading of a truth value. */
bool python_truth(const char *text);

#endif
