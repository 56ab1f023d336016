/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told with --json. A line of it may hold what an attacker wrote: it
 * must never bring a byte onto a terminal that is not ASCII.
 */
#include "cli/jsonout.h"

void jsonout_write(const json_t *value, size_t layout, FILE *to)
{
	json_dumpf(value, to, layout | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
	putc('\n', to);
}

void jsonout_print(const json_t *value)
{
	jsonout_write(value, JSON_INDENT(2), stdout);
}
