/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_SCREEN_H
#define MAILBAN_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A terminal whose whole screen is one program's for a while: standard input
 * and output. There is one at a time.
 */

/* False with errno: it is none. What was on it comes back by screen_leave. */
bool screen_enter(void);
void screen_leave(void);

/* How many lines of text fit, and how wide: of standard output. */
size_t screen_rows(void);
size_t screen_columns(void);
/* Shows escaped text (cli/text.h) from the top; what does not fit is cut. */
void screen_draw(const char *text);

enum screen_event { SCREEN_TIME, SCREEN_RESIZED, SCREEN_QUIT };
/*
 * Waits so many milliseconds for a q, Ctrl-C or a signal that ends programs,
 * or for another size.
 */
enum screen_event screen_wait(int milliseconds);

#endif
