/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows one log file by its path. What the path names may change at any
 * time, so a source holds several parts: files that were rotated away, until
 * their writers have let go of them, and the one there is now. Parts are
 * read oldest first. Events only say when to look; looking is stat and read,
 * and the tick looks even when no event came.
 */
#include "sources/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "sources/header.h"
#include "sources/parts.h"

/* After so many ticks without the right to read it. */
#define DENIED_TOLD 2

struct file_source {
	struct watch_user user; /* first: the watch knows us by it */
	struct file_watch *watch;
	char *path;
	const char *name; /* behind the last slash of path */
	enum file_state state;
	bool ready;	/* there may be something to read */
	bool check;	/* the path may name another file */
	bool faulty;	/* a read failed; said once */
	bool ticked;	/* since a denial was counted */
	int denied;	/* ticks that found no right to read it */
	bool enough;	/* no line more in this read */
	int dir_wd[2];	/* of the path's directory, of a link's target's */
	bool dir_exact; /* the first is the directory, no parent of it */
	struct parts parts;
	struct file_stats stats;
	struct header_clock clock;
};

static void state_set(struct file_source *src, enum file_state state)
{
	if (state == src->state)
		return;
	if (state == FILE_REFUSED)
		log_warning("%s: not a regular file, not followed", src->path);
	else if (state == FILE_FOLLOWED &&
		 (src->state == FILE_REFUSED || src->denied >= DENIED_TOLD))
		log_notice("%s: followed now", src->path);
	src->denied = 0;
	src->ticked = false;
	src->state = state;
}

/*
 * A path that may not be read. Who makes a log gives it away in the next
 * moment, as rsyslog does: it is told of when ticks have found it so.
 */
static void deny(struct file_source *src, int error)
{
	state_set(src, FILE_DENIED);
	if (!src->ticked || src->denied == DENIED_TOLD)
		return;
	src->ticked = false;
	if (++src->denied == DENIED_TOLD)
		log_warning("%s: %s; trying again", src->path, strerror(error));
}

static void path_fault(struct file_source *src, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		state_set(src, FILE_MISSING);
	else
		deny(src, error);
}

/* Keeps the watch of the nearest directory there is. */
static void watch_nearest(struct file_source *src)
{
	char dir[PATH_MAX];
	int wd;

	snprintf(dir, sizeof(dir), "%.*s", (int)(src->name - src->path),
		src->path);
	src->dir_exact = true;
	while ((wd = watch_directory(src->watch, dir)) == -ENOENT ||
		wd == -ENOTDIR) {
		char *slash;

		src->dir_exact = false;
		for (slash = dir + strlen(dir);
			slash > dir && slash[-1] == '/';)
			*--slash = '\0';
		slash = strrchr(dir, '/');
		if (!slash)
			break;
		slash[1] = '\0';
	}
	/* The new one first: the kernel must not end what is the same. */
	watch_drop(src->watch, &src->dir_wd[0]);
	src->dir_wd[0] = wd < 0 ? -1 : wd;
}

/* A link's target is rotated in its own directory; while the target is
 * missing, that is where it will come again. */
static void watch_target(struct file_source *src)
{
	char real[PATH_MAX], *slash;
	struct stat st;
	int wd = -1;

	if (lstat(src->path, &st) == 0 && S_ISLNK(st.st_mode)) {
		if (!realpath(src->path, real))
			return;
		slash = strrchr(real, '/');
		slash[1] = '\0';
		wd = watch_directory(src->watch, real);
	}
	watch_drop(src->watch, &src->dir_wd[1]);
	src->dir_wd[1] = wd < 0 ? -1 : wd;
}

/* Opens what the path names; -1 with the state set if it is not to be read. */
static int path_open(struct file_source *src)
{
	struct stat st;
	int fd;

	if (stat(src->path, &st) < 0) {
		path_fault(src, errno);
		return -1;
	}
	/* Before it is opened: opening a device may do something. */
	if (!S_ISREG(st.st_mode)) {
		state_set(src, FILE_REFUSED);
		return -1;
	}
	fd = open(src->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		path_fault(src, errno);
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		state_set(src, FILE_REFUSED);
		return -1;
	}
	state_set(src, FILE_FOLLOWED);
	return fd;
}

/* Looks at the path again, and takes up the file that it names now. */
static void path_check(struct file_source *src)
{
	struct stat st;
	int fd;

	/* No room: the oldest part goes first, then we are called again. */
	if (src->parts.n == FILE_PARTS)
		return;
	src->check = false;
	watch_nearest(src);
	watch_target(src);
	if (stat(src->path, &st) == 0 &&
		parts_make_last(&src->parts, st.st_dev, st.st_ino)) {
		state_set(src, FILE_FOLLOWED);
		return;
	}
	fd = path_open(src);
	if (fd >= 0 && !parts_rotated(&src->parts, fd))
		src->check = true;
}

static void begin(struct file_source *src, enum file_start start,
	const struct file_positions *from)
{
	struct stat st;
	int fd;

	watch_nearest(src);
	watch_target(src);
	fd = path_open(src);
	if (from->n || from->none) {
		parts_resume(&src->parts, from, fd);
	} else if (fd >= 0) {
		if (start == FILE_START_BEGIN || fstat(fd, &st) < 0)
			st.st_size = 0;
		parts_insert(&src->parts, 0, fd, st.st_size, true);
	}
}

static void source_event(
	struct watch_user *user, int wd, uint32_t mask, const char *name)
{
	struct file_source *src = (struct file_source *)user;
	uint32_t lost = mask & (IN_IGNORED | IN_Q_OVERFLOW);

	if (mask & IN_Q_OVERFLOW)
		src->ready = src->check = true;
	for (size_t i = 0; i < src->parts.n; i++) {
		if (src->parts.at[i].wd != wd || wd < 0)
			continue;
		src->ready = true;
		if (mask & ~(uint32_t)IN_MODIFY)
			src->check = true;
		if (lost)
			src->parts.at[i].wd = -1;
	}
	for (size_t i = 0; i < 2; i++) {
		if (src->dir_wd[i] != wd || wd < 0)
			continue;
		if (i || !src->dir_exact || !name ||
			strcmp(name, src->name) == 0)
			src->check = true;
		if (lost)
			src->dir_wd[i] = -1;
	}
}

static void source_tick(struct watch_user *user)
{
	struct file_source *src = (struct file_source *)user;

	src->ready = src->check = src->ticked = true;
}

int file_source_new(struct file_watch *w, const char *path,
	enum file_start start, const char *position, struct file_source **out)
{
	struct file_source *src = calloc(1, sizeof(*src));
	struct file_positions p;

	if (!src)
		return -ENOMEM;
	src->path = strdup(path);
	if (!src->path || watch_join(w, &src->user) < 0) {
		free(src->path);
		free(src);
		return -ENOMEM;
	}
	src->user = (struct watch_user){source_event, source_tick};
	parts_init(&src->parts, w, src->path, &src->stats);
	src->watch = w;
	src->name = strrchr(src->path, '/');
	src->name = src->name ? src->name + 1 : src->path;
	src->dir_wd[0] = src->dir_wd[1] = -1;
	src->state = FILE_MISSING;
	if (file_positions_parse(position ? position : "", &p) < 0)
		log_warning("%s: its kept position is damaged", path);
	begin(src, start, &p);
	src->ready = src->check = true;
	*out = src;
	return 0;
}

void file_source_free(struct file_source **source)
{
	struct file_source *src = *source;

	if (!src)
		return;
	parts_deinit(&src->parts);
	watch_drop(src->watch, &src->dir_wd[0]);
	watch_drop(src->watch, &src->dir_wd[1]);
	watch_leave(src->watch, &src->user);
	free(src->path);
	free(src);
	*source = NULL;
}

struct file_source *file_watch_next(struct file_watch *w)
{
	for (size_t i = watch_users(w); i > 0; i--) {
		struct watch_user *user = watch_turn(w);
		struct file_source *src = (struct file_source *)user;

		if (user->event == source_event && (src->ready || src->check))
			return src;
	}
	watch_turn_first(w);
	return NULL;
}

/* Reads part number at; when *max is used up, it may not be at its end. */
static void part_read(struct file_source *src, size_t at,
	const struct tail_reader *r, size_t *max)
{
	while (*max && at < src->parts.n) {
		struct tail *t = &src->parts.at[at];
		int64_t before;
		size_t n;
		int end;

		parts_begun(&src->parts, at);
		before = t->offset;
		end = tail_read(t, r, *max);
		if (end == TAIL_TRUNCATED) {
			parts_truncated(&src->parts, at);
			continue;
		}
		n = (size_t)(t->offset - before);
		if (end < 0 && !src->faulty)
			log_warning("%s: %s", src->path, strerror(-end));
		src->faulty = end < 0;
		*max -= n < *max && !src->enough ? n : *max;
		if (end == TAIL_MORE)
			continue;
		if (end < 0 || parts_ended(&src->parts, at))
			return;
	}
}

int file_source_read(
	struct file_source *src, source_line_fn fn, void *ctx, size_t max)
{
	struct tail_reader r = {.buf = watch_buffer(src->watch),
		.size = WATCH_BUFFER,
		.clock = &src->clock,
		.stats = &src->stats,
		.fn = fn,
		.ctx = ctx,
		.enough = &src->enough};

	src->enough = false;
	if (src->check)
		path_check(src);
	src->ready = false;
	for (size_t i = 0; i < src->parts.n; i++) {
		part_read(src, i, &r, &max);
		if (!max) {
			src->ready = true;
			return 1;
		}
	}
	parts_retire(&src->parts, &r);
	return src->ready || src->check;
}

void file_source_enough(struct file_source *src)
{
	src->enough = true;
}

void file_source_position(
	const struct file_source *src, char buf[FILE_POSITION_TEXT])
{
	struct file_positions p;

	parts_positions(&src->parts, &p);
	if (file_positions_format(&p, buf, FILE_POSITION_TEXT) < 0)
		buf[0] = '\0';
}

const char *file_source_path(const struct file_source *src)
{
	return src->path;
}

enum file_state file_source_state(const struct file_source *src)
{
	return src->state;
}

const struct file_stats *file_source_stats(const struct file_source *src)
{
	return &src->stats;
}

int64_t file_source_lag(const struct file_source *src)
{
	int64_t lag = 0;

	for (size_t i = 0; i < src->parts.n; i++) {
		struct stat st;

		if (fstat(src->parts.at[i].fd, &st) == 0 &&
			st.st_size > src->parts.at[i].offset)
			lag += st.st_size - src->parts.at[i].offset;
	}
	return lag;
}
