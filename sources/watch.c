/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inotify descriptor that all log files share. The kernel gives one
 * watch for one inode however often it is asked, so watches are counted
 * here. An event is only a hint to look: what is true is what stat and read
 * say then, so a lost or a doubled event must never do harm.
 */
#include "sources/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define IN_DIRECTORY                                                       \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
		IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define IN_FILE (IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

struct counted {
	int wd;
	unsigned refs;
};

struct file_watch {
	int fd;
	struct watch_user **users;
	size_t n_users, room_users, turn;
	struct counted *counted;
	size_t n_counted, room_counted;
	uint64_t overflows;
	char buffer[WATCH_BUFFER];
};

struct file_watch *file_watch_new(void)
{
	struct file_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		free(w);
		return NULL;
	}
	watch_turn_first(w);
	return w;
}

void file_watch_free(struct file_watch **w)
{
	if (!*w)
		return;
	close((*w)->fd);
	free((*w)->users);
	free((*w)->counted);
	free(*w);
	*w = NULL;
}

int file_watch_fd(const struct file_watch *w)
{
	return w->fd;
}

uint64_t file_watch_overflows(const struct file_watch *w)
{
	return w->overflows;
}

char *watch_buffer(struct file_watch *w)
{
	return w->buffer;
}

int watch_join(struct file_watch *w, struct watch_user *user)
{
	if (w->n_users == w->room_users) {
		size_t room = w->room_users ? w->room_users * 2 : 8;
		void *users = reallocarray(w->users, room, sizeof(*w->users));

		if (!users)
			return -ENOMEM;
		w->users = users;
		w->room_users = room;
	}
	w->users[w->n_users++] = user;
	return 0;
}

void watch_leave(struct file_watch *w, struct watch_user *user)
{
	for (size_t i = 0; i < w->n_users; i++)
		if (w->users[i] == user) {
			w->n_users--;
			memmove(&w->users[i], &w->users[i + 1],
				(w->n_users - i) * sizeof(*w->users));
			return;
		}
}

struct watch_user *watch_turn(struct file_watch *w)
{
	if (!w->n_users)
		return NULL;
	if (++w->turn >= w->n_users)
		w->turn = 0;
	return w->users[w->turn];
}

void watch_turn_first(struct file_watch *w)
{
	w->turn = SIZE_MAX;
}

size_t watch_users(const struct file_watch *w)
{
	return w->n_users;
}

static struct counted *find(struct file_watch *w, int wd)
{
	for (size_t i = 0; i < w->n_counted; i++)
		if (w->counted[i].wd == wd)
			return &w->counted[i];
	return NULL;
}

static void forget(struct file_watch *w, struct counted *c)
{
	*c = w->counted[--w->n_counted];
}

static int add(struct file_watch *w, const char *path, uint32_t mask)
{
	struct counted *c;
	int wd;

	if (w->n_counted == w->room_counted) {
		size_t room = w->room_counted ? w->room_counted * 2 : 16;
		void *more =
			reallocarray(w->counted, room, sizeof(*w->counted));

		if (!more)
			return -ENOMEM;
		w->counted = more;
		w->room_counted = room;
	}
	wd = inotify_add_watch(w->fd, path, mask);
	if (wd < 0)
		return -errno;
	c = find(w, wd);
	if (!c) {
		c = &w->counted[w->n_counted++];
		*c = (struct counted){.wd = wd};
	}
	c->refs++;
	return wd;
}

int watch_directory(struct file_watch *w, const char *path)
{
	return add(w, path, IN_DIRECTORY);
}

int watch_file(struct file_watch *w, const char *path)
{
	return add(w, path, IN_FILE);
}

void watch_drop(struct file_watch *w, int *wd)
{
	struct counted *c = *wd < 0 ? NULL : find(w, *wd);

	if (c && --c->refs == 0) {
		inotify_rm_watch(w->fd, *wd);
		forget(w, c);
	}
	*wd = -1;
}

static void tell(struct file_watch *w, int wd, uint32_t mask, const char *name)
{
	for (size_t i = 0; i < w->n_users; i++)
		w->users[i]->event(w->users[i], wd, mask, name);
}

static void take(struct file_watch *w, const struct inotify_event *e)
{
	struct counted *c;

	if (e->mask & IN_Q_OVERFLOW) {
		w->overflows++;
		tell(w, -1, IN_Q_OVERFLOW, NULL);
		return;
	}
	/* The event of a watch that was given back since. */
	c = find(w, e->wd);
	if (!c)
		return;
	tell(w, e->wd, e->mask, e->len ? e->name : NULL);
	c = find(w, e->wd);
	if (c && e->mask & IN_IGNORED)
		forget(w, c);
}

int file_watch_process(struct file_watch *w)
{
	char buf[16384]
		__attribute__((aligned(__alignof__(struct inotify_event))));

	for (int round = 0; round < 64; round++) {
		ssize_t n = read(w->fd, buf, sizeof(buf));
		const char *p = buf;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		while (p < buf + n) {
			const struct inotify_event *e = (const void *)p;

			take(w, e);
			p += sizeof(*e) + e->len;
		}
		if ((size_t)n < sizeof(buf) / 2)
			break;
	}
	return 0;
}

void file_watch_tick(struct file_watch *w)
{
	for (size_t i = 0; i < w->n_users; i++)
		w->users[i]->tick(w->users[i]);
}
