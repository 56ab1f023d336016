/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_FOREIGN_H
#define MAILBAN_DAEMON_FOREIGN_H

#include <stdbool.h>

#include "sources/journal.h"

struct jail_journal;

/* A journal that is not the host's own: which files it has, and whose. */
struct foreign;

/* Copies what it needs. Never NULL. */
struct foreign *foreign_new(const struct jail_journal *from);
void foreign_free(struct foreign **foreign);

/* As the jail's backend has it: "journal[journalpath=/x]". */
const char *foreign_name(const struct foreign *foreign);
/*
 * Looks at what is there. True if it is to be opened anew, as other files are
 * there than at the look before.
 */
bool foreign_look(struct foreign *foreign);
/* What to open, until the next look; NULL: nothing is there. */
const struct journal_place *foreign_place(const struct foreign *foreign);
/*
 * NULL if root alone can write there or put something else there, so that the
 * fields which are journald's word are that; else a file or directory that
 * others can write, or have. Until the next look.
 */
const char *foreign_stranger(const struct foreign *foreign);
/* True if it has more files than are opened, as of the last look. */
bool foreign_is_cut(const struct foreign *foreign);

#endif
