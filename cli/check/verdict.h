/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_CHECK_VERDICT_H
#define MAILBAN_CLI_CHECK_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a plugin ends with (Monitoring Plugins Development Guidelines, 2.3). */
enum verdict_state {
	VERDICT_OK,
	VERDICT_WARNING,
	VERDICT_CRITICAL,
	VERDICT_UNKNOWN,
};

/* Findings that are told, the worst; more count, but only in the state. */
#define VERDICT_FINDINGS 32
#define VERDICT_TEXT 256
#define VERDICT_PERF 4096

/* What a check found, and its figures. All zero is "OK" with nothing found. */
struct verdict {
	/* The worst; after critical: warning, unknown, ok. */
	enum verdict_state state;
	size_t n;
	struct {
		enum verdict_state state;
		char text[VERDICT_TEXT];
	} findings[VERDICT_FINDINGS];
	char perf[VERDICT_PERF];
	char more[VERDICT_PERF]; /* lines */
	char at[VERDICT_TEXT];	 /* what is looked at, if that hangs */
	bool whole;		 /* all that there was to look at */
	int hearer; /* a socket that keeps messages apart; 0: nobody's */
};

/* Says what is looked at from now on; who hears is told all of it so far. */
void verdict_at(struct verdict *verdict, const char *what);
/* Nothing more will be found: who hears is told. */
void verdict_end(struct verdict *verdict);

/* Adds a finding. Control bytes, other letters than ASCII and '|', which ends
 * the text for Nagios, come out as '?'. */
__attribute__((format(printf, 3, 4))) void verdict_find(struct verdict *verdict,
	enum verdict_state state, const char *format, ...);
/*
 * Adds a figure: label, value with its unit ("", "s", "B", "%"), and the
 * ranges and least value as text, "" if there are none. A figure that has no
 * room is left out, whole.
 */
void verdict_figure(struct verdict *verdict, const char *label, int64_t value,
	const char *unit, const char *ranges);

/* Adds a line of long output, as harmless as a finding; one that has no room is
 * left out. */
__attribute__((format(printf, 2, 3))) void verdict_more(
	struct verdict *verdict, const char *format, ...);

/*
 * Writes "STATE: finding, finding | figures" to stdout, the worst first; what
 * is fine is told only if all is; then the long output. Returns the exit
 * status.
 */
int verdict_print(const struct verdict *verdict);

#endif
