/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_CHANGES_H
#define MAILBAN_CLI_REPORT_CHANGES_H

#include "cli/report/report.h"

/*
 * What changed from the days before to the day that the options name, out of
 * what the daemon counted: escaped sentences, ended by NULL, to be given back
 * to changes_free.
 */
char **changes_make(
	const struct report_live *live, const struct report_options *o);
void changes_free(char ***changes);

#endif
