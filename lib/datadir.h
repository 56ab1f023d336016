/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_DATADIR_H
#define MAILBAN_LIB_DATADIR_H

#include <stddef.h>

/*
 * Where the shipped defaults lie: $MAILBAN_DATADIR, else "share" beside the
 * running program (in the tree), else ../share/mailban from there, else
 * /usr/share/mailban. Writes the path and returns buf, or NULL if none of
 * them holds a jail.conf.
 */
const char *datadir_find(char *buf, size_t room);

#endif
