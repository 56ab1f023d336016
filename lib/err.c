/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of faults and warnings that a load leaves for a person to read. */
#include "lib/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/plain.h"

/* Longer than any message whose quotation can be of use. */
#define TEXT_MOST 2000

void err_init(struct err *err)
{
	*err = (struct err){0};
}

void err_deinit(struct err *err)
{
	for (size_t i = 0; i < err->n; i++)
		free(err->items[i].text);
	free(err->items);
	err_init(err);
}

static char *compose(
	const char *file, int line, const char *format, va_list args)
{
	char *said, *text;

	if (vasprintf(&said, format, args) < 0)
		return NULL;
	if (!file)
		return said;
	if ((line > 0 ? asprintf(&text, "%s:%d: %s", file, line, said)
		      : asprintf(&text, "%s: %s", file, said)) < 0)
		text = NULL;
	free(said);
	return text;
}

/* What a file holds goes to a terminal: on one line, of a length that can be
 * read, with no byte that a terminal obeys. */
static void make_plain(char *text)
{
	size_t n = strlen(text), took;
	uint32_t point;

	if (n > TEXT_MOST) {
		/* The ellipsis within what it takes, and not within a character
		 * of UTF-8. */
		n = TEXT_MOST - 4;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		strcpy(text + n, " ...");
	}
	n = strlen(text);
	for (size_t i = 0; i < n; i += took) {
		char *c = text + i;

		took = plain_decode(c, n - i, &point);
		if (took && plain_is(point))
			continue;
		took = took ? took : 1;
		memset(c, '?', took);
	}
}

/* What two jails have in common is said of both. */
static bool is_told(const struct err *err, const char *text)
{
	for (size_t i = 0; i < err->n; i++)
		if (strcmp(err->items[i].text, text) == 0)
			return true;
	return false;
}

static void add(struct err *err, enum err_kind kind, char *text)
{
	if (kind == ERR_FAULT)
		err->faults++;
	if (!text)
		return;
	make_plain(text);
	if (is_told(err, text)) {
		free(text);
		return;
	}
	if (err->n == err->room && err->n < ERR_MOST) {
		size_t room = err->room ? err->room * 2 : 8;
		struct err_item *items =
			reallocarray(err->items, room, sizeof(*items));

		if (items) {
			err->items = items;
			err->room = room;
		}
	}
	if (err->n == err->room || err->n >= ERR_MOST) {
		free(text);
		return;
	}
	err->items[err->n++] = (struct err_item){kind, text};
}

void err_fault(
	struct err *err, const char *file, int line, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	add(err, ERR_FAULT, compose(file, line, format, args));
	va_end(args);
}

void err_warning(
	struct err *err, const char *file, int line, const char *format, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, format);
	add(err, ERR_WARNING, compose(file, line, format, args));
	va_end(args);
}
