/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_SIGNS_H
#define MAILBAN_DAEMON_SIGNS_H

struct engine;

/* From now on the alarms hear of what lines tell. */
void signs_begin(struct engine *engine);
/* About once a second. */
void signs_tick(struct engine *engine);

#endif
