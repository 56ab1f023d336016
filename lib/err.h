/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MAILBAN_LIB_ERR_H
#define MAILBAN_LIB_ERR_H

#include <stddef.h>

/*
 * What loaders say to a person: a list of faults and warnings, each with the
 * place it is about. One load may find many; all are told at once.
 */
enum err_kind { ERR_FAULT, ERR_WARNING };

struct err_item {
	enum err_kind kind;
	char *text; /* "jail.local:12: findtime: '10x' is no duration" */
};

struct err {
	struct err_item *items;
	size_t n, room;
	size_t faults; /* also those that were not kept */
};

/* At most this many are kept; the rest is only counted. */
#define ERR_MOST 1000

void err_init(struct err *err);
void err_deinit(struct err *err);
/*
 * Adds one; file may be NULL, line 0 means the file as a whole. err may be
 * NULL, then nothing happens. The same text is kept once.
 */
__attribute__((format(printf, 4, 5))) void err_fault(
	struct err *err, const char *file, int line, const char *format, ...);
__attribute__((format(printf, 4, 5))) void err_warning(
	struct err *err, const char *file, int line, const char *format, ...);

#endif
