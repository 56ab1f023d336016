/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_MAIL_H
#define MAILBAN_CLI_REPORT_MAIL_H

#include <stdbool.h>

#include "cli/report/report.h"

/* Is this a mail address that may stand in a header and on a command line? */
bool mail_address_valid(const char *address);

/*
 * Sends the report to o->mail by sendmail(1), as text and as a page in one
 * message. One of EXIT_, told if it is not sent.
 */
int mail_report(const struct ledger *l, const struct report_options *o,
	const char *const *faults);

#endif
