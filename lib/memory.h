/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_MEMORY_H
#define MAILBAN_LIB_MEMORY_H

/* After a start, before a long wait: gives back what that no longer needs.
 * What it takes is some page faults later; see madvise(2). */
void memory_settle(void);
/* A copy, to be freed, of a text that may be NULL: then NULL. To have no memory
 * ends the program. */
char *memory_copy(const char *text);

#endif
