/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ignoreip=: whom never to ban. A word that is not understood here must be
 * told, as the one whom it meant would be banned.
 */
#include "jails/ignorelist.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jails/ignore.h"
#include "jails/jailfile.h"
#include "jails/jailvalue.h"
#include "lib/arena.h"
#include "lib/names.h"

#define BLANKS " \t\r\n,;"
/* Of a file: room for as many addresses as there may be. */
#define FILE_MOST (64 << 20)

struct list {
	const struct jailvalue *v;
	struct jailvalue_text *t;
	struct jail *jail;
	size_t names_room, all;
	bool full; /* and that is told */
	struct arena *scratch;
	struct names *there; /* words so far */
	/* of the file that is read */
	struct prefix *members;
	size_t members_n, members_room;
};

/* "a.b.c.d/255.255.0.0", which prefix_parse does not know. */
static bool parse_netmask(const char *s, size_t n, struct prefix *out)
{
	const char *slash = memchr(s, '/', n);
	struct addr mask;
	uint32_t bits = 0;
	char text[40];
	int len;

	if (!slash || slash - s > 15 ||
		!addr_parse(slash + 1, n - (size_t)(slash - s) - 1, &mask) ||
		!addr_is_v4(&mask))
		return false;
	for (int i = 12; i < 16; i++)
		bits = bits << 8 | mask.ip[i];
	if (~bits & (~bits + 1))
		return false;
	len = snprintf(text, sizeof(text), "%.*s/%d", (int)(slash - s), s,
		__builtin_popcount(bits));
	return prefix_parse(text, (size_t)len, out);
}

bool ignorelist_prefix(const char *s, size_t n, struct prefix *out)
{
	return prefix_parse(s, n, out) || parse_netmask(s, n, out);
}

/* A host's name has a letter in its last label, and no odd characters. */
bool ignorelist_is_name(const char *s, size_t n)
{
	size_t label = 0;

	if (n == 0 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)s[i]) && !strchr(".-_", s[i]))
			return false;
		if (s[i] == '.' && i + 1 < n)
			label = i + 1;
	}
	for (size_t i = label; i < n; i++)
		if (isalpha((unsigned char)s[i]))
			return true;
	return false;
}

static void name_add(
	struct list *l, const char *s, size_t n, const char *file, int line)
{
	struct jail *jail = l->jail;

	if (jail->ignore_names_n == l->names_room) {
		size_t room = l->names_room ? l->names_room * 2 : 8;
		struct jail_text *grown =
			arena_alloc(l->v->arena, room * sizeof(*grown));

		if (l->names_room)
			memcpy(grown, jail->ignore_names,
				l->names_room * sizeof(*grown));
		jail->ignore_names = grown;
		l->names_room = room;
	}
	jail->ignore_names[jail->ignore_names_n++] =
		(struct jail_text){arena_copy(l->v->arena, s, n),
			arena_string(l->v->arena, file), line};
}

static void member_add(struct list *l, const struct prefix *p)
{
	if (l->members_n == l->members_room) {
		l->members_room = l->members_room ? l->members_room * 2 : 64;
		l->members = reallocarray(
			l->members, l->members_room, sizeof(*l->members));
		if (!l->members)
			abort();
	}
	l->members[l->members_n++] = *p;
}

/* True of a word that was not there before. */
static bool is_new(struct list *l, const char *word)
{
	size_t *seen = names_put(l->there, arena_string(l->scratch, word));

	return !(*seen)++;
}

static bool has_room(struct list *l, const char *file, int line)
{
	if (l->full)
		return false;
	l->all++;
	l->full = l->all > JAIL_IGNORE_MOST ||
		  ++*l->v->ignored > JAILS_IGNORE_MOST ||
		  l->v->err->faults >= ERR_MOST;
	if (l->full)
		err_fault(l->v->err, file, line,
			"ignoreip: more than %d words in a jail, or %d in all; "
			"what follows is not read",
			JAIL_IGNORE_MOST, JAILS_IGNORE_MOST);
	return !l->full;
}

/* One word, of a file if in_file; false if it is nothing to ignore. */
static bool word_add(struct list *l, const char *word, bool in_file,
	const char *file, int line)
{
	size_t n = strlen(word);
	char text[PREFIX_TEXT];
	struct prefix p;

	if (ignorelist_prefix(word, n, &p)) {
		if (in_file)
			member_add(l, &p);
		else if (is_new(l, prefix_format(&p, text)))
			ignore_append(l->jail, NULL, &p, 1);
		return true;
	}
	if (!ignorelist_is_name(word, n))
		return false;
	if (!is_new(l, word))
		return true;
	if (l->jail->ignore_names_n == JAIL_IGNORE_NAMES_MOST) {
		l->full = true;
		err_fault(l->v->err, file, line,
			"ignoreip: more than %d names to look up; write the "
			"addresses",
			JAIL_IGNORE_NAMES_MOST);
		return true;
	}
	name_add(l, word, n, file, line);
	ignore_append(l->jail, word, NULL, 0);
	return true;
}

/* No pipe that nobody writes to, whatever it was a moment ago. */
static FILE *file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = {0};
	int error = errno;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		st.st_size <= FILE_MOST)
		return fdopen(fd, "r");
	if (fd >= 0) {
		error = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		close(fd);
	}
	errno = error;
	return NULL;
}

static void row_add(struct list *l, char *row, const char *path, int line)
{
	char *rest = NULL;

	row[strcspn(row, "#")] = '\0';
	for (char *word = strtok_r(row, BLANKS, &rest);
		word && has_room(l, path, line);
		word = strtok_r(NULL, BLANKS, &rest))
		if (!word_add(l, word, true, path, line))
			err_fault(l->v->err, path, line,
				"'%s' is neither an address, a prefix nor a "
				"name",
				word);
}

/* named: the word as a whole. */
static void file_add(
	struct list *l, const char *at, const char *named, const char *path)
{
	FILE *f = file_open(path);
	char *row = NULL;
	size_t room = 0;
	int line = 0;
	ssize_t n;

	if (!f) {
		jailvalue_fault(l->v, l->t, at, "cannot read %s: %s", path,
			strerror(errno));
		return;
	}
	l->members_n = 0;
	while (!l->full && (n = getline(&row, &room, f)) >= 0) {
		line++;
		if (strlen(row) == (size_t)n)
			row_add(l, row, path, line);
		else
			err_fault(l->v->err, path, line,
				"holds NUL bytes: no text, or one in UTF-16");
	}
	free(row);
	fclose(f);
	if (is_new(l, named))
		ignore_append(l->jail, named, l->members, l->members_n);
}

/* "file:/path" or "file:///path"; NULL if the word is none. */
static const char *path_of(const char *word)
{
	if (strncmp(word, "file:", 5) != 0 || !word[5])
		return NULL;
	return strncmp(word + 5, "//", 2) == 0 && word[7] && word[8] ? word + 7
								     : word + 5;
}

static void read_words(struct list *l)
{
	const struct jailvalue_text *t = l->t;
	bool rows = jailvalue_has_rows(t);
	const char *s = t->text;
	int row = 0;

	for (;;) {
		int line;
		char *word;
		size_t n;

		for (; *s && strchr(BLANKS, *s); s++)
			row += *s == '\n';
		n = strcspn(s, BLANKS);
		line = rows ? t->value->lines[row] : t->value->line;
		if (n == 0 || !has_room(l, t->value->file, line))
			return;
		word = arena_copy(l->scratch, s, n);
		if (path_of(word))
			file_add(l, s, word, path_of(word));
		else if (!word_add(l, word, false, t->value->file, line))
			err_fault(l->v->err, t->value->file, line,
				"ignoreip: '%s' is neither an address, a "
				"prefix nor a name",
				word);
		s += n;
	}
}

void ignorelist_read(const struct jailvalue *v, struct jail *jail)
{
	struct jailvalue_text t = jailvalue_get(v, "ignoreip");
	struct list l = {.v = v, .t = &t, .jail = jail};

	if (!t.text)
		return;
	l.scratch = arena_new();
	l.there = names_new(l.scratch);
	read_words(&l);
	ignore_gather(jail);
	free(l.members);
	arena_free(&l.scratch);
}
