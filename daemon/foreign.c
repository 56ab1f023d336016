/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journals that jails name in their backend's options. Who can write such a
 * file, or put another in its place, can have it say whatever journald would
 * say of a writer: so its files are looked at, and all directories above them,
 * and what others than root have a hand in is nobody's word. Links are resolved
 * here, once: what is opened is what was looked at.
 */
#include "daemon/foreign.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jails/jail.h"
#include "lib/hash.h"
#include "lib/memory.h"
#include "lib/paths.h"

/* Files of one journal that are opened at most. */
#define FILES_MOST 1000
/* SD_JOURNAL_LOCAL_ONLY of sd_journal_open(3). Without it libsystemd reads
 * /var/log/journal/remote too, where other hosts say who is root. */
#define FLAG_OF_HOST 1
/* A journal's directory has one for each machine in it. */
#define DEEP_MOST 1
/* Links behind each other. */
#define LINKS_MOST 8

struct foreign {
	char *name, *dir, *name_space;
	char **patterns; /* up to a NULL; NULL: not by files */
	const char **files;
	size_t files_n;
	char real[PATH_MAX]; /* of dir, at the last look */
	struct journal_place place;
	uint64_t mark; /* of the files at the last look */
	bool is_there;
	bool is_cut;	      /* more files fit */
	char loose[PATH_MAX]; /* what others may write, the first; "": none */
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
	f->place = (struct journal_place){.dir = f->dir ? f->real : NULL,
		.files = n ? f->files : NULL,
		.name = f->name_space,
		.flagged = from->flagged,
		.flags = from->flags | (f->dir || n ? 0 : FLAG_OF_HOST)};
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

/* The first that others have a hand in, or that nobody knows of. */
static void doubt(struct foreign *f, const char *path)
{
	if (!f->loose[0])
		snprintf(f->loose, sizeof(f->loose), "%s", path);
}

/* The group's bits are also the most that an ACL gives to anybody. */
static void judge(struct foreign *f, const char *path, const struct statx *st,
	bool is_above)
{
	bool is_written = st->stx_mode & (S_IWOTH | S_IWGRP);

	/* In /tmp and its like nobody moves what is root's. */
	if (is_above && st->stx_mode & S_ISVTX)
		is_written = false;
	if (st->stx_uid != 0 || is_written)
		doubt(f, path);
}

static bool is_type(const struct statx *st, mode_t type)
{
	return (st->stx_mode & S_IFMT) == type;
}

/* Takes a file or directory into the mark, if any, and the judgement. */
static bool look_at(
	struct foreign *f, const char *path, struct statx *st, uint64_t *mark)
{
	if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_BTIME, st) < 0)
		return false;
	judge(f, path, st, false);
	if (mark) {
		/* An inode's number may be that of one that is gone. */
		uint64_t born = st->stx_mask & STATX_BTIME ? 1 : 0;
		uint64_t what[] = {*mark,
			(uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor,
			st->stx_ino, born * (uint64_t)st->stx_btime.tv_sec,
			born * st->stx_btime.tv_nsec,
			hash_plain(path, strlen(path))};

		*mark = hash_plain(what, sizeof(what));
	}
	return true;
}

/* Who may write one of these may put something else there. */
static void look_above(struct foreign *f, const char *real)
{
	char path[PATH_MAX];
	struct statx st;

	strcpy(path, real);
	while (path[1]) {
		char *slash = strrchr(path, '/');

		slash[slash == path] = '\0';
		if (statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &st) == 0)
			judge(f, path, &st, true);
	}
}

/*
 * Each directory on the way to a path, and those that its links lead through:
 * libsystemd goes that way itself, at another time.
 */
static void look_along(struct foreign *f, const char *path, int links)
{
	char part[PATH_MAX], target[PATH_MAX], next[PATH_MAX];
	struct statx st;
	size_t n = 0;

	while (path[n]) {
		ssize_t length;

		n += 1 + strcspn(path + n + 1, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, path);
		length = readlink(part, target, sizeof(target) - 1);
		if (length < 0) {
			if (path[n] && statx(AT_FDCWD, part, 0,
					       STATX_BASIC_STATS, &st) == 0)
				judge(f, part, &st, true);
			continue;
		}
		target[length] = '\0';
		*strrchr(part, '/') = '\0';
		if (links == 0 || snprintf(next, sizeof(next), "%s%s%s%s",
					  *target == '/' ? "" : part,
					  *target == '/' ? "" : "/", target,
					  path + n) >= (int)sizeof(next))
			doubt(f, path);
		else
			look_along(f, next, links - 1);
		return;
	}
	/* Who makes it some day can make it his. */
	if (access(path, F_OK) < 0)
		doubt(f, path);
}

/* All that is below: libsystemd itself sees what comes there. */
static void look_below(struct foreign *f, const char *path, int deep)
{
	const struct dirent *entry;
	DIR *dir = opendir(path);

	while (dir && (entry = readdir(dir))) {
		char name[PATH_MAX];
		struct statx st;

		if (entry->d_name[0] == '.' ||
			snprintf(name, sizeof(name), "%s/%s", path,
				entry->d_name) >= (int)sizeof(name))
			continue;
		if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN)
			look_along(f, name, LINKS_MOST);
		if (look_at(f, name, &st, NULL) && is_type(&st, S_IFDIR) &&
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
	bool cut;

	if (paths_find(pattern, 0, &found, &cut) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char real[PATH_MAX];
		struct statx st;
		uint64_t with = *mark;

		if (!realpath(found.gl_pathv[i], real) ||
			!look_at(f, real, &st, &with) || !is_type(&st, S_IFREG))
			continue;
		if (f->files_n == FILES_MOST) {
			cut = true;
			break;
		}
		/* Only what is opened: other files make no news. */
		*mark = with;
		f->files[f->files_n++] = memory_copy(real);
		f->files[f->files_n] = NULL;
		look_above(f, real);
		/* Others' files may come to fit, too. */
		*strrchr(real, '/') = '\0';
		look_at(f, real[0] ? real : "/", &st, NULL);
	}
	f->is_cut |= cut;
	globfree(&found);
}

static void look_for_dir(struct foreign *f, uint64_t *mark)
{
	struct statx st;

	f->is_there = realpath(f->dir, f->real) &&
		      look_at(f, f->real, &st, mark) && is_type(&st, S_IFDIR);
	if (!f->is_there)
		return;
	look_above(f, f->real);
	look_below(f, f->real, DEEP_MOST);
}

bool foreign_look(struct foreign *f)
{
	bool was_there = f->is_there;
	uint64_t mark = 1, before = f->mark;

	f->is_there = true;
	f->is_cut = false;
	f->loose[0] = '\0';
	if (f->patterns) {
		files_clear(f);
		for (size_t i = 0; f->patterns[i]; i++)
			look_for_files(f, f->patterns[i], &mark);
		f->is_there = f->files_n > 0;
	} else if (f->dir) {
		look_for_dir(f, &mark);
	}
	f->mark = mark;
	return f->is_there != was_there || mark != before;
}

const struct journal_place *foreign_place(const struct foreign *foreign)
{
	return foreign->is_there ? &foreign->place : NULL;
}

const char *foreign_stranger(const struct foreign *foreign)
{
	return foreign->loose[0] ? foreign->loose : NULL;
}

bool foreign_is_cut(const struct foreign *foreign)
{
	return foreign->is_cut;
}
