/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_FAIL2BAN_H
#define MAILBAN_JAILS_FAIL2BAN_H

#include <stdbool.h>

/*
 * The release of fail2ban that is spoken for: 1.0.2 on Debian 12, as Debian
 * has it there, else 1.1.0. Asked of the host once.
 */
const char *fail2ban_version(void);
/* Whether that is 1.1.0, and has what came after 1.0.2. */
bool fail2ban_is_new(void);

#endif
