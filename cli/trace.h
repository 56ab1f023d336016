/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_TRACE_H
#define MAILBAN_CLI_TRACE_H

#include <stdio.h>

#include "ledger/trace.h"

/* What became of it, for people: a table for each message. */
void trace_text(struct trace *trace, FILE *to);
/* The same as one object, for programs. */
void trace_json(struct trace *trace, const char *query, FILE *to);

#endif
