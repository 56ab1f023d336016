/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files belong to one log. A rotated one stays open until its writers
 * have let go of it; rotations that nobody saw are found by what stands in
 * the files beside the log. It must never take up a file whose lines were
 * handed on before, nor leave one out.
 */
#include "sources/parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "sources/watch.h"

/* A rotated file that was quiet for so long has no writer any more. */
#define LINGER (60 * CLOCK_SECOND)

void parts_init(struct parts *p, struct file_watch *watch, const char *path,
	struct file_stats *stats)
{
	*p = (struct parts){.watch = watch, .path = path, .stats = stats};
}

static void remember_head(struct parts *p, struct file_head head)
{
	if (!head.n)
		return;
	for (size_t i = 0; i < p->n_done; i++)
		if (p->done[i].n == head.n && p->done[i].print == head.print)
			return;
	if (p->n_done == FILE_DONE) {
		memmove(p->done, p->done + 1,
			(FILE_DONE - 1) * sizeof(*p->done));
		p->n_done--;
	}
	p->done[p->n_done++] = head;
}

static void watch_part(struct parts *p, struct tail *t)
{
	char self[64];
	int wd;

	/* By descriptor: the path may name another file by now. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", t->fd);
	wd = watch_file(p->watch, self);
	if (wd < 0)
		wd = watch_file(p->watch, p->path);
	t->wd = wd < 0 ? -1 : wd;
}

bool parts_insert(
	struct parts *p, size_t at, int fd, int64_t offset, bool mid_line)
{
	struct tail t;

	if (p->n == FILE_PARTS) {
		close(fd);
		return false;
	}
	if (tail_init(&t, fd, offset, mid_line) < 0)
		return false;
	memmove(&p->at[at + 1], &p->at[at], (p->n - at) * sizeof(t));
	p->at[at] = t;
	p->n++;
	watch_part(p, &p->at[at]);
	return true;
}

static void part_remove(struct parts *p, size_t at)
{
	struct tail *t = &p->at[at];

	remember_head(p, file_head_of(t));
	watch_drop(p->watch, &t->wd);
	tail_deinit(t);
	p->n--;
	memmove(t, t + 1, (p->n - at) * sizeof(*t));
}

void parts_deinit(struct parts *p)
{
	while (p->n)
		part_remove(p, p->n - 1);
}

bool parts_make_last(struct parts *p, dev_t dev, ino_t ino)
{
	for (size_t i = p->n; i-- > 0;) {
		struct tail t = p->at[i];

		if (t.ino != ino || t.dev != dev)
			continue;
		memmove(&p->at[i], &p->at[i + 1], (p->n - 1 - i) * sizeof(t));
		p->at[p->n - 1] = t;
		return true;
	}
	return false;
}

static bool is_part(const struct parts *p, const struct sibling *s)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->at[i].ino == s->ino && p->at[i].dev == s->dev)
			return true;
	return false;
}

static bool is_done(const struct parts *p, int fd)
{
	for (size_t i = 0; i < p->n_done; i++)
		if (file_head_fits(&p->done[i], fd))
			return true;
	for (size_t i = 0; i < p->n; i++) {
		struct file_head head = file_head_of(&p->at[i]);

		if (!head.n)
			head = file_head_now(p->at[i].fd);
		if (file_head_fits(&head, fd))
			return true;
	}
	return false;
}

/* Takes up s, if nothing of it was read before, as number at. */
static bool insert_sibling(
	struct parts *p, const struct sibling *s, size_t at, bool copy)
{
	int fd = sibling_open(s);

	if (fd < 0)
		return false;
	if (is_done(p, fd)) {
		close(fd);
		return false;
	}
	if (!parts_insert(p, at, fd, 0, false))
		return false;
	p->at[at].copy = copy;
	p->at[at].unread_since = 0;
	p->stats->rotations++;
	return true;
}

static bool is_candidate(const struct parts *p, const struct sibling *s,
	const struct sibling *after)
{
	struct stat st;

	if (!s->rotated || is_part(p, s) || !sibling_follows(after, s))
		return false;
	return stat(p->path, &st) < 0 || s->ino != st.st_ino ||
	       s->dev != st.st_dev;
}

static const struct sibling *listed(const struct siblings *list, uint64_t ino)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].ino == ino)
			return &list->at[i];
	return NULL;
}

/* Made from of before that was moved away; NULL: of is still at the path. */
static bool is_earlier(const struct sibling *s, const struct sibling *of)
{
	if (!of)
		return true;
	if (of->number && s->number)
		return s->number > of->number;
	return s->modified <= of->modified;
}

/*
 * There may have been more rotations than looks: files that came after that
 * one and went again are to be read whole, behind all others. An empty one
 * too: its writer may still hold it.
 */
static void insert_rotated(struct parts *p, const struct siblings *list,
	const struct sibling *after)
{
	const struct sibling *of = listed(list, after->ino);

	for (size_t i = 0; i < list->n; i++) {
		const struct sibling *s = &list->at[i];

		if (of && of->number && s->number > of->number)
			continue;
		if (is_candidate(p, s, after))
			insert_sibling(p, s, p->n, false);
	}
}

/*
 * Takes up the copies that copytruncate made of an inode after that one, as
 * number at and on. Returns how many they are.
 */
static size_t insert_copies(struct parts *p, const struct siblings *list,
	const struct sibling *after, uint64_t ino, size_t at)
{
	const struct sibling *of = listed(list, ino);
	size_t first = at;

	for (size_t i = 0; i < list->n; i++) {
		const struct sibling *s = &list->at[i];

		if (s != of && s->size && is_earlier(s, of) &&
			is_candidate(p, s, after))
			at += insert_sibling(p, s, at, true);
	}
	return at - first;
}

/* The sibling in which that place is, open; -1 if there is none. */
static int find_place(const struct parts *p, const struct siblings *list,
	const struct file_position *place)
{
	for (int by_inode = 1; by_inode >= 0; by_inode--)
		for (size_t i = list->n; i-- > 0;) {
			const struct sibling *s = &list->at[i];
			int fd;

			if ((s->ino == place->ino) != by_inode || is_part(p, s))
				continue;
			fd = sibling_open(s);
			if (fd >= 0 && file_position_fits(place, fd))
				return fd;
			if (fd >= 0)
				close(fd);
		}
	return -1;
}

/* How far t was read, in mid-line or not, to be found in another inode. */
static struct file_position place_of(const struct tail *t)
{
	struct file_position place = file_position_of(t);

	place.offset = t->offset;
	place.before_n = (uint32_t)t->before_len;
	place.before = tail_print(t->before, t->before_len);
	place.ino = 0;
	return place;
}

bool parts_truncated(struct parts *p, size_t at)
{
	struct tail *t = &p->at[at];
	struct file_position place = place_of(t);
	struct siblings list;
	struct sibling copy;
	size_t next = at;
	int fd;

	/* Who changes a file that was rotated away is about to destroy it. */
	if (at + 1 < p->n) {
		part_remove(p, at);
		return false;
	}
	p->stats->truncations++;
	remember_head(p, file_head_of(t));
	list = siblings_list(p->path);
	fd = find_place(p, &list, &place);
	if (fd >= 0)
		copy = sibling_of(fd);
	if (fd >= 0 && parts_insert(p, at, fd, place.offset, false)) {
		tail_pass_on(&p->at[at + 1], &p->at[at]);
		p->at[at].copy = true;
		next = at + 1;
		next += insert_copies(p, &list, &copy, p->at[next].ino, next);
	}
	tail_restart(&p->at[next]);
	siblings_free(&list);
	return true;
}

/* An editor has put a changed copy in the place of the file. */
static bool continue_copy(struct parts *p, int fd)
{
	struct tail *t = &p->at[p->n - 1];
	struct file_position place = place_of(t);
	struct stat st;

	if (fstat(t->fd, &st) < 0 || st.st_nlink > 0 ||
		!file_position_fits(&place, fd))
		return false;
	if (!parts_insert(p, p->n, fd, place.offset, false))
		return true;
	tail_pass_on(&p->at[p->n - 2], &p->at[p->n - 1]);
	part_remove(p, p->n - 2);
	return true;
}

bool parts_rotated(struct parts *p, int fd)
{
	struct siblings list;
	struct sibling old;

	if (p->n) {
		if (!tail_is_intact(&p->at[p->n - 1]))
			parts_truncated(p, p->n - 1);
		else if (continue_copy(p, fd))
			return true;
		parts_begun(p, p->n - 1);
		p->stats->rotations++;
		p->at[p->n - 1].last_data = clock_mono();
		list = siblings_list(p->path);
		old = sibling_of(p->at[p->n - 1].fd);
		insert_rotated(p, &list, &old);
		siblings_free(&list);
	}
	return parts_insert(p, p->n, fd, 0, false);
}

/* The file with that place, opened anew; fd is what the path names, or -1. */
static int reopen(const struct parts *p, const struct siblings *list,
	const struct file_position *place, int fd)
{
	bool fits = fd >= 0 && file_position_fits(place, fd);
	int found;

	if (fits && sibling_of(fd).ino == place->ino)
		return dup(fd);
	found = find_place(p, list, place);
	return found < 0 && fits ? dup(fd) : found;
}

/*
 * What came after the last file that was found. If that is a copy, of is the
 * inode that it was made of, which may have gone the same way since.
 */
static void resume_unseen(struct parts *p, const struct siblings *list,
	const struct sibling *after, uint64_t of)
{
	const struct sibling *original = of ? listed(list, of) : NULL;

	if (of) {
		p->at[p->n - 1].copy = true;
		insert_copies(p, list, after, of, p->n);
	}
	if (original) {
		insert_sibling(p, original, p->n, false);
		after = original;
	}
	insert_rotated(p, list, after);
}

bool parts_resume(struct parts *p, const struct file_positions *from, int fd)
{
	struct siblings list = siblings_list(p->path);
	struct sibling after = {0}, named = {0};
	bool done = false;
	uint64_t of = 0; /* the inode that the last found is a copy of */

	memcpy(p->done, from->done, sizeof(p->done));
	p->n_done = from->n_done;
	if (fd >= 0)
		named = sibling_of(fd);
	for (size_t i = 0; i < from->n; i++) {
		const struct file_position *place = &from->at[i];
		int old = reopen(p, &list, place, done ? -1 : fd);

		if (old < 0)
			continue;
		after = sibling_of(old);
		if (parts_insert(p, p->n, old, place->offset, true) &&
			!place->before_n)
			p->at[p->n - 1].unread_since = (int64_t)place->before;
		done = done ||
		       (after.ino == named.ino && after.dev == named.dev);
		of = after.ino != place->ino ? place->ino : 0;
	}
	if (done)
		parts_make_last(p, named.dev, named.ino);
	else if (p->n)
		resume_unseen(p, &list, &after, of);
	if (!p->n && from->n)
		log_warning("%s: the file that was read last is gone; what "
			    "was added to it since is not seen",
			p->path);
	siblings_free(&list);
	if (done || fd < 0) {
		if (fd >= 0)
			close(fd);
		return done;
	}
	return parts_insert(p, p->n, fd, 0, false);
}

void parts_begun(struct parts *p, size_t at)
{
	struct tail *t = &p->at[at];
	struct sibling now, since = {0};
	struct siblings list;
	size_t n;

	if (t->offset > 0)
		return;
	now = sibling_of(t->fd);
	if (t->unread_since == (now.size ? 0 : now.modified))
		return;
	since.born = since.modified = t->unread_since;
	t->unread_since = now.size ? 0 : now.modified;
	list = siblings_list(p->path);
	n = insert_copies(p, &list, &since, t->ino, at);
	siblings_free(&list);
	if (n)
		tail_pass_on(&p->at[at + n], &p->at[at]);
}

bool parts_ended(struct parts *p, size_t at)
{
	struct tail *t = &p->at[at];

	struct siblings list;
	struct sibling copy;

	if (!t->copy || at + 1 == p->n)
		return true;
	/* The original was cut off again before it was looked at? */
	list = siblings_list(p->path);
	copy = sibling_of(t->fd);
	if (t[1].offset == 0)
		insert_copies(p, &list, &copy, t[1].ino, at + 1);
	siblings_free(&list);
	if (t[1].offset == 0)
		tail_pass_on(t, &t[1]);
	part_remove(p, at);
	return false;
}

void parts_retire(struct parts *p, const struct tail_reader *r)
{
	for (size_t i = 0; i + 1 < p->n;) {
		struct tail *t = &p->at[i];
		bool full = p->n == FILE_PARTS && i == 0;

		if (full || (p->at[p->n - 1].offset > 0 &&
				    clock_mono() - t->last_data >= LINGER)) {
			tail_flush(t, r);
			part_remove(p, i);
		} else {
			i++;
		}
	}
}

void parts_positions(const struct parts *p, struct file_positions *out)
{
	*out = (struct file_positions){.n_done = p->n_done};
	/* An empty file that is not the log any more cannot be known again. */
	for (size_t i = 0; i < p->n; i++)
		if (i + 1 == p->n || p->at[i].line_start)
			out->at[out->n++] = file_position_of(&p->at[i]);
	memcpy(out->done, p->done, sizeof(out->done));
}
