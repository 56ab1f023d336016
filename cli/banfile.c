/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of bans as people and other programs write them, for mailban import.
 * Whatever a list holds, it must never ban anybody whom it does not name: what
 * is not understood is a fault with its line, nothing is guessed.
 */
#include "cli/banfile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void banfile_deinit(struct banfile *list)
{
	free(list->rows);
	list->rows = NULL;
	list->n = list->room = 0;
}

struct banfile_row *banfile_add(
	struct banfile *list, const char *name, uint32_t line, struct err *err)
{
	if (list->n == BANFILE_ROWS_MOST) {
		err_fault(err, name, (int)line,
			"there are more than %zu bans in the list",
			BANFILE_ROWS_MOST);
		return NULL;
	}
	if (list->n == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->rows = reallocarray(
			list->rows, list->room, sizeof(*list->rows));
		if (!list->rows)
			abort();
	}
	memset(&list->rows[list->n], 0, sizeof(*list->rows));
	return &list->rows[list->n++];
}

/* The first byte that no text has, NULL if there is none. */
static const char *find_binary(const char *text, size_t n)
{
	for (const char *c = text; c < text + n; c++)
		if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c))
			return c;
		else if (*c == '\0' || *c == 127)
			return c;
	return NULL;
}

static bool is_nft(const char *text)
{
	static const char *const begins[] = {"add element", "create element",
		"table ", "elements =", "set ", "#!"};

	for (;;) {
		text += strspn(text, " \t\r\n");
		for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
			if (!strncmp(text, begins[i], strlen(begins[i])))
				return true;
		if (*text != '#')
			return false;
		text += strcspn(text, "\n");
	}
}

/* What mailban export writes ends with a line's end: of "192.0.2.17" that is
 * cut off another address would be left. */
static bool is_cut_off(const char *text, size_t n)
{
	static const char *const begins[] = {"# address end jail start count",
		"address,end,jail,start,count"};

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return text[n - 1] != '\n';
	return false;
}

/* A mark that says the text is UTF-8, which it is anyway. */
#define BOM "\xef\xbb\xbf"

void banfile_parse(struct banfile *list, char *text, size_t n, uint32_t file,
	const char *name, struct err *err)
{
	size_t skip = strncmp(text, BOM, strlen(BOM)) ? 0 : strlen(BOM), blank;
	const char *binary;
	int line = 1;

	text += skip;
	n -= skip;
	binary = find_binary(text, n);
	blank = strspn(text, " \t\r\n");
	if (is_cut_off(text, n)) {
		err_fault(err, name, 0,
			"the list is cut off: its last line "
			"has no end");
	} else if (binary) {
		for (const char *c = text; c < binary; c++)
			line += *c == '\n';
		err_fault(err, name, line, "this is no text");
	} else if (text[blank] == '[' || text[blank] == '{') {
		banfile_parse_json(list, text, n, file, name, err);
	} else if (is_nft(text)) {
		banfile_parse_nft(list, text, file, name, err);
	} else {
		banfile_parse_lines(list, text, file, name, err);
	}
}

void banfile_read(struct banfile *list, FILE *from, uint32_t file,
	const char *name, struct err *err)
{
	size_t n = 0, room = 65536, got;
	char *text = malloc(room);

	if (!text)
		abort();
	while ((got = fread(text + n, 1, room - n - 1, from)) > 0) {
		n += got;
		if (n > BANFILE_BYTES_MOST)
			break;
		if (room - n > 1)
			continue;
		room *= 2;
		text = realloc(text, room);
		if (!text)
			abort();
	}
	text[n] = '\0';
	if (n > BANFILE_BYTES_MOST)
		err_fault(err, name, 0, "the list is longer than %zu MiB",
			BANFILE_BYTES_MOST >> 20);
	else if (ferror(from))
		err_fault(err, name, 0, "%s", strerror(errno));
	else
		banfile_parse(list, text, n, file, name, err);
	free(text);
}
