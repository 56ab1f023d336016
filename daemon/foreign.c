/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journals that jails name in their backend's options. Who can write such a
 * file can write into it whatever journald would say of a writer: so its files
 * are looked at, and what others than root have a hand in is nobody's word.
 */
#include "daemon/foreign.h"

#include <dirent.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "jails/jail.h"
#include "lib/hash.h"
#include "lib/memory.h"
#include "lib/paths.h"

/* Files of one journal that are opened at most. */
#define FILES_MOST 1000
/* A journal's directory has one for each machine in it. */
#define DEEP_MOST 1

struct foreign {
	char *name, *dir, *name_space;
	char **patterns; /* up to a NULL; NULL: not by files */
	const char **files;
	size_t files_n;
	struct journal_place place;
	uint64_t mark; /* of the files at the last look */
	bool is_there, is_roots;
};

struct foreign *foreign_new(const struct jail_journal *from)
{
	struct foreign *f = calloc(1, sizeof(*f));
	size_t n = 0;

	if (!f)
		abort();
	f->name = memory_copy(from->name);
	f->dir = memory_copy(from->path);
	f->name_space = memory_copy(from->name_space);
	while (from->files && from->files[n])
		n++;
	f->patterns = n ? calloc(n + 1, sizeof(*f->patterns)) : NULL;
	f->files = calloc(FILES_MOST + 1, sizeof(*f->files));
	if (!f->files || (n && !f->patterns))
		abort();
	for (size_t i = 0; i < n; i++)
		f->patterns[i] = memory_copy(from->files[i]);
	f->place = (struct journal_place){.dir = f->dir,
		.files = n ? f->files : NULL,
		.name = f->name_space,
		.flagged = from->flagged,
		.flags = from->flags};
	return f;
}

static void files_clear(struct foreign *f)
{
	for (size_t i = 0; i < f->files_n; i++)
		free((char *)(uintptr_t)f->files[i]);
	f->files_n = 0;
	f->files[0] = NULL;
}

void foreign_free(struct foreign **foreign)
{
	struct foreign *f = *foreign;

	if (!f)
		return;
	files_clear(f);
	for (size_t i = 0; f->patterns && f->patterns[i]; i++)
		free(f->patterns[i]);
	free(f->patterns);
	free(f->files);
	free(f->name);
	free(f->dir);
	free(f->name_space);
	free(f);
	*foreign = NULL;
}

const char *foreign_name(const struct foreign *foreign)
{
	return foreign->name;
}

/* Takes a file or directory into the mark and the judgement. */
static bool look_at(
	struct foreign *f, const char *path, struct stat *st, uint64_t *mark)
{
	if (stat(path, st) < 0)
		return false;
	/* The group's bits are also the most that an ACL gives to anybody. */
	f->is_roots &= st->st_uid == 0 && !(st->st_mode & (S_IWOTH | S_IWGRP));
	if (mark) {
		uint64_t what[] = {*mark, st->st_dev, st->st_ino};

		*mark = hash_plain(what, sizeof(what));
	}
	return true;
}

/* All that is below: libsystemd itself sees what comes there. */
static void look_below(struct foreign *f, const char *path, int deep)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		char name[PATH_MAX];
		struct stat st;

		if (entry->d_name[0] == '.' ||
			snprintf(name, sizeof(name), "%s/%s", path,
				entry->d_name) >= (int)sizeof(name))
			continue;
		if (look_at(f, name, &st, NULL) && S_ISDIR(st.st_mode) &&
			deep > 0)
			look_below(f, name, deep - 1);
	}
	if (dir)
		closedir(dir);
}

static void look_for_files(
	struct foreign *f, const char *pattern, uint64_t *mark)
{
	glob_t found;

	if (paths_find(pattern, 0, &found, NULL) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && f->files_n < FILES_MOST; i++) {
		char *path = memory_copy(found.gl_pathv[i]), *folder;
		struct stat st;

		if (!look_at(f, path, &st, mark) || !S_ISREG(st.st_mode)) {
			free(path);
			continue;
		}
		f->files[f->files_n++] = path;
		f->files[f->files_n] = NULL;
		folder = memory_copy(path);
		look_at(f, dirname(folder), &st, NULL);
		free(folder);
	}
	globfree(&found);
}

bool foreign_look(struct foreign *f)
{
	bool was_there = f->is_there;
	uint64_t mark = 1, before = f->mark;
	struct stat st;

	f->is_there = f->is_roots = true;
	if (f->patterns) {
		files_clear(f);
		for (size_t i = 0; f->patterns[i]; i++)
			look_for_files(f, f->patterns[i], &mark);
		f->is_there = f->files_n > 0;
	} else if (f->dir) {
		f->is_there =
			look_at(f, f->dir, &st, &mark) && S_ISDIR(st.st_mode);
		if (f->is_there)
			look_below(f, f->dir, DEEP_MOST);
	}
	f->mark = mark;
	return f->is_there != was_there || mark != before;
}

const struct journal_place *foreign_place(const struct foreign *foreign)
{
	return foreign->is_there ? &foreign->place : NULL;
}

bool foreign_is_roots(const struct foreign *foreign)
{
	return foreign->is_roots;
}
