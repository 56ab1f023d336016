/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_DAEMON_ASKED_H
#define MAILBAN_DAEMON_ASKED_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct prefix;

/* What a request of the control socket is about. */
#define ASKED_ALL SIZE_MAX

/* The number of the jail that it names, ASKED_ALL if it names none; *error is
 * the answer if there is no such jail, else NULL. */
size_t asked_jail(
	const struct config *config, const json_t *request, json_t **error);
/* Its "addresses", to be freed, and how many; NULL with *error, the answer,
 * if one is none or there are none. */
struct prefix *asked_prefixes(const json_t *request, size_t *n, json_t **error);

#endif
