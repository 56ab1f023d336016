/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_FILTERKEYS_H
#define MAILBAN_FILTERS_FILTERKEYS_H

#include <stdbool.h>

#include "lib/conf.h"

/*
 * Tells what a filter's files have misspelt, where it stands: a section or a
 * key that is like one that is read, and that nothing refers to. Each is a
 * warning, as fail2ban takes any; where the filter has no failregex, and that
 * or its section may have been meant, a fault. True if there was such a fault.
 */
bool filterkeys_check(const struct conf *conf, struct err *err);

#endif
