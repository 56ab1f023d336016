/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_CHECK_H
#define MAILBAN_CLI_CHECK_H

/* The word that makes mailban-check say how it is called, as a success. */
#define CHECK_HELP "help"

/* `mailban help check`; returns only where mailban-check is missing. */
void check_help(void);

#endif
