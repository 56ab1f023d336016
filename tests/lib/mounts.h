/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_TESTS_LIB_MOUNTS_H
#define MAILBAN_TESTS_LIB_MOUNTS_H

/*
 * From here on nothing that this process mounts shows outside. The current
 * directory stays. Ends the program with a message when the system refuses,
 * as it does to all but root.
 */
void mounts_leave_host(void);

#endif
