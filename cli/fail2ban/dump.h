/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_DUMP_H
#define MAILBAN_CLI_FAIL2BAN_DUMP_H

#include <stdbool.h>

/*
 * fail2ban-client -d: the commands by which fail2ban sets its server up from
 * the configuration of confdir, but for actions, which mailban does not run;
 * pretty (--dp): over several lines where one is too wide. FAIL2BAN_YES or
 * FAIL2BAN_NO; faults are told on stderr.
 */
int fail2ban_dump(const char *confdir, bool pretty);

#endif
