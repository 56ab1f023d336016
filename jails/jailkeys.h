/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_JAILS_JAILKEYS_H
#define MAILBAN_JAILS_JAILKEYS_H

#include "lib/conf.h"

/*
 * Adds a fault for each key of any section that is no key of fail2ban's
 * jail.conf(5) and that no value refers to as %(key)s, %(known/key)s or
 * %(section/key)s: a name that nothing reads is misspelt. The message names
 * the nearest key that there is.
 */
void jailkeys_check(const struct conf *conf, struct err *err);

#endif
