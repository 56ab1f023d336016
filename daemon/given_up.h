/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_GIVEN_UP_H
#define MAILBAN_DAEMON_GIVEN_UP_H

struct config;

/* Warns of each expression that was given up since the last call, each once as
 * long as the configuration lasts. To be called about once a second. */
void given_up_tell(const struct config *config);

#endif
