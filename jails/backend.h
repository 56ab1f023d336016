/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_BACKEND_H
#define MAILBAN_JAILS_BACKEND_H

struct jail;
struct jailvalue;

/* Where a jail's lines come from, as jail.conf(5) has it: "auto",
 * "systemd[journalflags=1]". */
void backend_read(const struct jailvalue *v, struct jail *jail);

#endif
