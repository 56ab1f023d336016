/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_OUTLET_H
#define MAILBAN_LIB_OUTLET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sends of the n bytes those from *at on, as many as a socket takes without
 * waiting, and moves *at. True if there is more to send, once it can be written
 * to again; false if all is sent or the other side is gone.
 */
bool outlet_send(int fd, const char *bytes, size_t n, size_t *at);

#endif
