/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_COMMANDS_H
#define MAILBAN_DAEMON_COMMANDS_H

#include "daemon/control.h"

/* What mailban(1) can ask of a running daemon; their ctx is the engine. */
extern const struct control_command commands[];

#endif
