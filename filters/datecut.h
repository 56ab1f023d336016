/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_FILTERS_DATECUT_H
#define MAILBAN_FILTERS_DATECUT_H

#include <stddef.h>
#include <stdint.h>

struct filter_subject;

/*
 * Cuts dates that the header's cut did not find, or must not, out of lines:
 * by a filter's datepattern.
 */
struct datecut;

/*
 * What two of them have in common: of the usual ones of one kind each cuts the
 * same out of the same lines. DATECUT_OWN must see every line by itself.
 */
enum datecut_kind { DATECUT_ANYWHERE, DATECUT_BEGIN, DATECUT_OWN };
#define DATECUT_USUAL 2

/*
 * So far into a line the usual dates are looked for. Behind it is only what a
 * client can have sent: a web server's log, whose date follows the name of the
 * user, takes no longer request header (nginx 8 kB, Apache 8190 bytes).
 */
#define DATECUT_REACH 8192

/*
 * datepattern as of jail.conf(5), NULL for the default. NULL on error: then
 * why (at least 200 bytes) holds what is wrong.
 */
struct datecut *datecut_new(const char *datepattern, char *why, size_t room);
void datecut_free(struct datecut **cut);
enum datecut_kind datecut_kind(const struct datecut *cut);

/*
 * Makes a subject that of its line without its date, and dated; its text is
 * kept until the next call. Without any date the time is that of the line
 * before, if this is of now, else 0. Returns how many searches were given up
 * at the match limit.
 */
uint64_t datecut_apply(struct datecut *cut, struct filter_subject *subject);

#endif
