/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting Postfix' queues by their directories alone. `postqueue` opens every
 * message, which takes seconds where a queue is worth an alarm; here names are
 * read in large portions, and inodes as far as that is cheap. It must never
 * open a message: who counts has a right to that, and no need.
 */
#include "alarms/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names are read in portions of so many bytes. */
#define PORTION (64u << 10)
/* hash_queue_depth is 1 unless somebody has a million messages. */
#define DEPTH_MOST 4
/* src/global/mail_queue.h: a long queue id is six digits or more of seconds
 * and four of microseconds to the base 52, then z and the inode. */
#define LONG_SECONDS 6
#define LONG_MICROSECONDS 4
#define LONG_LETTER 'z'
#define LONG_BASE 52

const char *queue_text(enum queue_name name)
{
	static const char *const texts[QUEUES] = {
		[QUEUE_MAILDROP] = "maildrop",
		[QUEUE_INCOMING] = "incoming",
		[QUEUE_ACTIVE] = "active",
		[QUEUE_DEFERRED] = "deferred",
		[QUEUE_HOLD] = "hold",
		[QUEUE_CORRUPT] = "corrupt",
	};

	return texts[name];
}

/* What a directory's entries are read into; one for all levels is not enough,
 * for a portion may hold directories that are gone into. */
struct portion {
	_Alignas(struct dirent64) char bytes[PORTION];
};

struct count {
	struct queue *queue;
	bool all_ready;
	uint32_t start, seen; /* the first that is looked at; so far */
};

/* A digit of src/global/mail_queue.h's safe alphabet: digits and consonants
 * of both cases; -1 if it is none. */
static int digit(char c)
{
	static const char digits[] =
		"0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* When a message with a long queue id came; 0 for a short one. */
static int64_t time_of_name(const char *name)
{
	const char *z = strrchr(name, LONG_LETTER);
	int64_t seconds = 0;

	if (!z || z - name < LONG_SECONDS + LONG_MICROSECONDS ||
		z - name > LONG_SECONDS + LONG_MICROSECONDS + 2)
		return 0;
	for (; name < z - LONG_MICROSECONDS; name++) {
		int d = digit(*name);

		if (d < 0)
			return 0;
		seconds = seconds * LONG_BASE + d;
	}
	return seconds;
}

static int64_t older(int64_t a, int64_t b)
{
	return b <= 0 ? a : a <= 0 ? b : a < b ? a : b;
}

static void look_at(struct count *c, int dir, const char *name)
{
	struct queue *q = c->queue;
	int64_t came = time_of_name(name);
	struct statx st;

	if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC,
		    STATX_MODE | STATX_SIZE | STATX_BTIME, &st) < 0) {
		/* It has just been delivered. */
		q->files--;
		return;
	}
	q->looked++;
	q->bytes += st.stx_size;
	/* src/global/mail_queue.h, MAIL_QUEUE_STAT_READY. */
	if (c->all_ready || (st.stx_mode & S_IXUSR))
		q->ready++;
	if (!came && (st.stx_mask & STATX_BTIME))
		came = st.stx_btime.tv_sec;
	q->oldest = older(q->oldest, came);
}

static void take_message(struct count *c, int dir, const char *name)
{
	struct queue *q = c->queue;

	/* "seconds.pid" is a name that a message has until it has an id. */
	if (strchr(name, '.'))
		return;
	if (q->files == QUEUE_MOST) {
		q->cut = true;
		return;
	}
	q->files++;
	/* Before the start it wraps around. */
	if (c->seen++ - c->start < QUEUE_LOOKS) {
		look_at(c, dir, name);
	} else {
		q->ready++;
		q->oldest = older(q->oldest, time_of_name(name));
	}
}

/* What was found so far, and where to go on. */
static void go_round(struct queue_round *round, struct queue *q, uint32_t seen)
{
	if (seen <= QUEUE_LOOKS) {
		*round = (struct queue_round){0};
		return;
	}
	round->now = older(round->now, q->oldest);
	q->oldest = older(round->now, round->before);
	round->start += QUEUE_LOOKS;
	if (round->start >= seen)
		*round = (struct queue_round){.before = round->now};
}

static int read_directory(struct count *c, int dir, int depth);

static void take_entry(
	struct count *c, int dir, const struct dirent64 *entry, int depth)
{
	const char *name = entry->d_name;
	unsigned char type = entry->d_type;
	struct stat st;
	int below;

	if (name[0] == '.')
		return;
	if (type == DT_UNKNOWN &&
		fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = S_ISDIR(st.st_mode)   ? DT_DIR
		       : S_ISREG(st.st_mode) ? DT_REG
					     : DT_UNKNOWN;
	if (type == DT_REG) {
		take_message(c, dir, name);
	} else if (type == DT_DIR && !name[1] && depth < DEPTH_MOST) {
		below = openat(dir, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0) {
			read_directory(c, below, depth + 1);
			close(below);
		}
	}
}

static int read_directory(struct count *c, int dir, int depth)
{
	struct portion portion;

	while (!c->queue->cut) {
		ssize_t n =
			getdents64(dir, portion.bytes, sizeof(portion.bytes));

		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry =
				(const void *)(portion.bytes + at);

			take_entry(c, dir, entry, depth);
			at += entry->d_reclen;
		}
	}
	return 0;
}

int queue_count(const char *directory, enum queue_name name,
	struct queue_round *round, struct queue *queue)
{
	struct count c = {.queue = queue,
		.start = round ? round->start : 0,
		.all_ready = name != QUEUE_INCOMING && name != QUEUE_MAILDROP};
	int top, dir, r;

	*queue = (struct queue){0};
	top = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return -errno;
	dir = openat(top, queue_text(name),
		O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = dir < 0 ? -errno : 0;
	close(top);
	if (r < 0)
		return r;
	r = read_directory(&c, dir, 0);
	close(dir);
	if (r < 0)
		*queue = (struct queue){0};
	else if (round)
		go_round(round, queue, c.seen);
	return r;
}
