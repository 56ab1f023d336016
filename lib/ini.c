/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail2ban's ini dialect, one file at a time. Debian's libinih cuts lines at
 * 200 bytes, and a failregex is longer; nor does it tell where a value's rows
 * stood, which a message about a regex needs.
 */
#include "lib/ini.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/names.h"

struct parser {
	struct ini *ini;
	struct arena *arena;
	struct err *err;
	const char *path;
	const char *section;
	int sections, keys;
	bool full; /* there is more than may be */
	/* Which there are, by the lines where they begin. */
	struct arena *scratch;
	struct names *sections_there, *keys_there;
	/* the value being read */
	const char *key;
	int key_indent;
	char *text;
	size_t text_len, text_room;
	int *lines;
	int rows, rows_room;
};

static void row_add(struct parser *p, const char *row, size_t n, int line)
{
	if (p->text_len + n + 2 > p->text_room) {
		p->text_room = (p->text_len + n + 2) * 2;
		p->text = realloc(p->text, p->text_room);
	}
	if (p->rows == p->rows_room) {
		p->rows_room = p->rows_room ? p->rows_room * 2 : 16;
		p->lines = reallocarray(
			p->lines, (size_t)p->rows_room, sizeof(*p->lines));
	}
	if (!p->text || !p->lines)
		abort();
	if (p->rows > 0)
		p->text[p->text_len++] = '\n';
	memcpy(p->text + p->text_len, row, n);
	p->text_len += n;
	p->lines[p->rows++] = line;
}

static void entry_add(struct parser *p, const struct ini_entry *entry)
{
	struct ini *ini = p->ini;

	if (ini->n == ini->room) {
		size_t room = ini->room ? ini->room * 2 : 8;
		struct ini_entry *grown =
			arena_alloc(p->arena, room * sizeof(*grown));

		if (ini->n)
			memcpy(grown, ini->entries, ini->n * sizeof(*grown));
		ini->entries = grown;
		ini->room = room;
	}
	ini->entries[ini->n++] = *entry;
}

/* Puts the value that was being read into the list. */
static void value_finish(struct parser *p)
{
	int *lines;

	if (!p->key)
		return;
	while (p->text_len > 0 && p->text[p->text_len - 1] == '\n') {
		p->text_len--;
		p->rows--;
	}
	lines = arena_alloc(p->arena, (size_t)p->rows * sizeof(*lines));
	memcpy(lines, p->lines, (size_t)p->rows * sizeof(*lines));
	entry_add(p, &(struct ini_entry){
			     .section = p->section,
			     .key = p->key,
			     .text = arena_copy(p->arena, p->text, p->text_len),
			     .lines = lines,
			     .rows = p->rows,
		     });
	p->key = NULL;
}

static size_t cut_blank_end(const char *s, size_t n)
{
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	return n;
}

/* The length of s without an inline comment: ';' after white space. */
static size_t cut_comment(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i] == ';' && isspace((unsigned char)s[i - 1]))
			return cut_blank_end(s, i);
	return n;
}

/* Nothing behind this is read: it would be a limit again and again. */
static void too_many(struct parser *p, int line, int most, const char *what)
{
	err_fault(p->err, p->path, line,
		"more than %d %s; what follows is not read", most, what);
	p->full = true;
}

static void section_begin(struct parser *p, const char *s, size_t n, int line)
{
	const char *end = memrchr(s, ']', n);
	size_t *before;
	int *at;

	value_finish(p);
	if (!end || end == s + 1) {
		err_fault(p->err, p->path, line,
			"a section is written [name], this is not");
		return;
	}
	p->section = arena_copy(p->arena, s + 1, (size_t)(end - s) - 1);
	if (p->sections++ == INI_SECTIONS_MOST) {
		too_many(p, line, INI_SECTIONS_MOST, "sections");
		return;
	}
	/* [DEFAULT] alone may come again; any other is a mistake that hides
	 * one of the two. */
	before = names_put(p->sections_there, p->section);
	if (*before && strcmp(p->section, "DEFAULT") != 0)
		err_fault(p->err, p->path, line,
			"[%s] is there already, at line %zu", p->section,
			*before);
	else
		*before = (size_t)line;
	at = arena_alloc(p->arena, sizeof(*at));
	*at = line;
	p->keys = 0;
	p->keys_there = names_new(p->scratch);
	entry_add(p, &(struct ini_entry){
			     .section = p->section,
			     .text = "",
			     .lines = at,
			     .rows = 1,
		     });
}

/* fail2ban, too, takes a key no more than once a section of a file. */
static void check_twice(struct parser *p, const char *key, int line)
{
	size_t *before;

	if (p->keys++ == INI_KEYS_MOST || p->ini->n >= INI_ENTRIES_MOST) {
		too_many(p, line,
			p->keys > INI_KEYS_MOST ? INI_KEYS_MOST
						: INI_ENTRIES_MOST,
			p->keys > INI_KEYS_MOST ? "keys in a section"
						: "sections and keys");
		return;
	}
	before = names_put(p->keys_there, key);
	if (*before)
		err_fault(p->err, p->path, line,
			"%s: set already in this section, at line %zu", key,
			*before);
	else
		*before = (size_t)line;
}

static void key_begin(
	struct parser *p, const char *s, size_t n, int indent, int line)
{
	size_t key_len = 0, value;
	char *key;

	value_finish(p);
	while (key_len < n && s[key_len] != '=' && s[key_len] != ':')
		key_len++;
	if (key_len == n || key_len == 0) {
		err_fault(p->err, p->path, line,
			"neither [section] nor key = value: '%.*s'",
			(int)(n > 60 ? 60 : n), s);
		return;
	}
	if (!p->section) {
		err_fault(p->err, p->path, line,
			"a key stands before the first [section]");
		return;
	}
	value = key_len + 1;
	key = arena_copy(p->arena, s, cut_blank_end(s, key_len));
	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	while (value < n && isspace((unsigned char)s[value]))
		value++;
	check_twice(p, key, line);
	p->key = key;
	p->key_indent = indent;
	p->text_len = 0;
	p->rows = 0;
	row_add(p, s + value, n - value, line);
}

static void line_read(struct parser *p, const char *s, size_t n, int line)
{
	int indent = 0;
	bool comment;

	while (n > 0 && isspace((unsigned char)*s)) {
		s++;
		n--;
		indent++;
	}
	comment = n > 0 && (*s == '#' || *s == ';');
	n = comment ? 0 : cut_comment(s, cut_blank_end(s, n));
	if (n == 0) {
		if (!comment && p->key)
			row_add(p, "", 0, line);
		return;
	}
	if (p->key && indent > p->key_indent)
		row_add(p, s, n, line);
	else if (*s == '[')
		section_begin(p, s, n, line);
	else
		key_begin(p, s, n, indent, line);
}

/* As Python has it, "\n", "\r\n" and "\r" alone each end a line. */
static const char *line_end(const char *s, const char *end)
{
	while (s < end && *s != '\n' && *s != '\r')
		s++;
	return s;
}

void ini_parse(struct ini *ini, struct arena *arena, const char *path,
	const char *text, size_t n, struct err *err)
{
	struct parser p = {
		.ini = ini, .arena = arena, .err = err, .path = path};
	const char *end = text + n;
	int line = 0;

	*ini = (struct ini){0};
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	if (memchr(text, '\0', (size_t)(end - text))) {
		err_fault(err, path, 0,
			"holds NUL bytes: no text, or one in UTF-16; save it "
			"as UTF-8");
		return;
	}
	p.scratch = arena_new();
	p.sections_there = names_new(p.scratch);
	while (text < end && !p.full) {
		const char *stop = line_end(text, end);

		line_read(&p, text, (size_t)(stop - text), ++line);
		text = stop + 1 + (end - stop > 1 && !memcmp(stop, "\r\n", 2));
	}
	value_finish(&p);
	arena_free(&p.scratch);
	free(p.text);
	free(p.lines);
}

/*
 * All that fd gives, in memory of its own size; *n bytes of it. NULL with
 * *error, which is -EFBIG over INI_FILE_MOST.
 */
static char *read_all(int fd, size_t *n, int *error)
{
	size_t room = 4096;
	char *text = NULL;
	ssize_t got;

	*n = 0;
	do {
		if (!text || *n == room) {
			room *= 2;
			text = realloc(text, room);
			if (!text)
				abort();
		}
		got = read(fd, text + *n, room - *n);
		if (got > 0)
			*n += (size_t)got;
	} while (got > 0 && *n <= INI_FILE_MOST);
	*error = got < 0 ? -errno : got > 0 ? -EFBIG : 0;
	if (*error == 0)
		return text;
	free(text);
	return NULL;
}

static int check_kind(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return 0;
	if (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3))
		return 0;
	return S_ISDIR(st->st_mode) ? -EISDIR : -ENOTSUP;
}

const char *ini_why(int error)
{
	switch (-error) {
	case EFBIG:
		return "it is larger than 8 MiB, which no configuration is";
	case EISDIR:
		return "it is a directory, where a file should be";
	case ENOTSUP:
		return "it is no regular file; a link to /dev/null stands for "
		       "an empty one";
	case ELOOP:
		return "it is a link that leads to itself";
	}
	return strerror(-error);
}

int ini_read(
	struct ini *ini, struct arena *arena, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *text;
	size_t n;
	int r;

	*ini = (struct ini){0};
	if (fd < 0)
		return -errno;
	r = fstat(fd, &st) < 0 ? -errno : check_kind(&st);
	text = r == 0 ? read_all(fd, &n, &r) : NULL;
	close(fd);
	if (text) {
		ini_parse(ini, arena, path, text, n, err);
		ini->bytes = n;
	}
	free(text);
	return r;
}
