/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_USAGE_H
#define MAILBAN_CLI_FAIL2BAN_USAGE_H

/* Prints how fail2ban-client is called, and the words that mailban answers. */
void fail2ban_usage(void);

#endif
