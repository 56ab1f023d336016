/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_REPORT_HTML_PARTS_H
#define MAILBAN_CLI_REPORT_HTML_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ledger/span.h"

/* What stands in the page's <style>. */
extern const char html_style[];

/* Text that is escaped for a terminal already. */
void html_escaped(FILE *to, const char *plain);
/* Text of strangers, escaped as for a terminal and as for HTML, and cut. */
void html_text(FILE *to, struct span text);
/* "12.3 MB", in the units of pflogsumm; "1.5 min". Both return text. */
char *html_bytes(uint64_t bytes, char *text, size_t room);
char *html_seconds(double v, char *text, size_t room);

#endif
