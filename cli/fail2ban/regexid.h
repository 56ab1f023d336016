/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_CLI_FAIL2BAN_REGEXID_H
#define MAILBAN_CLI_FAIL2BAN_REGEXID_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Whom the groups of a match name, as fail2ban tells it: an array of texts, a
 * fresh one, empty if a name was found that nothing stands for; NULL if there
 * is no id at all. raw: an id is never read as an address. resolve: names are
 * asked for (getaddrinfo(3)). With an id beside an address, groups get "ip".
 */
json_t *regexid_find(json_t *groups, bool raw, bool resolve);

#endif
