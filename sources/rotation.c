/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds a log again after logrotate had its way with it: under another name,
 * or copied and cut off, or both and twice while nobody looked. A file is
 * known by what stands in it, since inode numbers are used again and device
 * numbers change from boot to boot; reading a line twice or not at all is
 * what this is to prevent.
 */
#include "sources/rotation.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sources/tail.h"

/* Who has more has no logs there, but a spool. */
#define SIBLINGS_MOST 512
/* With less before it, a place is found by its inode only. */
#define ENOUGH_BYTES 16

int file_positions_format(const struct file_positions *p, char *buf, size_t n)
{
	FILE *f = fmemopen(buf, n, "w");
	bool full;

	if (!f)
		return -ENOSPC;
	if (!p->n)
		fprintf(f, "none;");
	for (size_t i = 0; i < p->n; i++) {
		const struct file_position *at = &p->at[i];

		fprintf(f,
			"f:%" PRIx64 ":%" PRIx64 ":%" PRIx64 ":%" PRIx32
			":%" PRIx64 ":%" PRIx32 ":%" PRIx64 ";",
			at->dev, at->ino, (uint64_t)at->offset, at->before_n,
			at->before, at->head.n, at->head.print);
	}
	for (size_t i = 0; i < p->n_done; i++)
		fprintf(f, "d:%" PRIx32 ":%" PRIx64 ";", p->done[i].n,
			p->done[i].print);
	full = fflush(f) != 0 || (size_t)ftell(f) >= n;
	fclose(f);
	if (n)
		buf[n - 1] = '\0';
	return full ? -ENOSPC : 0;
}

static bool parse_item(const char *text, struct file_positions *p)
{
	struct file_position at = {0};
	struct file_head done = {0};
	uint64_t offset;

	if (strncmp(text, "none;", 5) == 0) {
		p->none = true;
		return true;
	}
	if (p->n < FILE_PARTS &&
		sscanf(text,
			"f:%" SCNx64 ":%" SCNx64 ":%" SCNx64 ":%" SCNx32
			":%" SCNx64 ":%" SCNx32 ":%" SCNx64 ";",
			&at.dev, &at.ino, &offset, &at.before_n, &at.before,
			&at.head.n, &at.head.print) == 7 &&
		offset <= INT64_MAX && at.before_n <= TAIL_PRINT &&
		at.head.n <= TAIL_PRINT) {
		at.offset = (int64_t)offset;
		p->at[p->n++] = at;
		return true;
	}
	if (p->n_done < FILE_DONE &&
		sscanf(text, "d:%" SCNx32 ":%" SCNx64 ";", &done.n,
			&done.print) == 2 &&
		done.n <= TAIL_PRINT) {
		p->done[p->n_done++] = done;
		return true;
	}
	return false;
}

int file_positions_parse(const char *text, struct file_positions *p)
{
	*p = (struct file_positions){0};
	while (*text) {
		const char *end = strchr(text, ';');

		if (!end || !parse_item(text, p)) {
			*p = (struct file_positions){0};
			return -EINVAL;
		}
		text = end + 1;
	}
	return 0;
}

struct file_head file_head_of(const struct tail *t)
{
	size_t n;
	uint64_t print = tail_print_head(t, &n);

	return (struct file_head){(uint32_t)n, print};
}

struct file_head file_head_now(int fd)
{
	char bytes[TAIL_PRINT];
	ssize_t n = pread(fd, bytes, sizeof(bytes), 0);

	if (n <= 0)
		return (struct file_head){0};
	return (struct file_head){(uint32_t)n, tail_print(bytes, (size_t)n)};
}

struct file_position file_position_of(const struct tail *t)
{
	struct file_position p = {.dev = t->dev,
		.ino = t->ino,
		.offset = t->line_start,
		.head = file_head_of(t)};
	size_t n;

	p.before = tail_print_before(t, &n);
	p.before_n = (uint32_t)n;
	if (!n)
		p.before = t->offset ? 0 : (uint64_t)t->unread_since;
	return p;
}

bool file_position_fits(const struct file_position *p, int fd)
{
	struct sibling s = sibling_of(fd);

	if (s.ino != p->ino &&
		(p->before_n < ENOUGH_BYTES || p->head.n < ENOUGH_BYTES))
		return false;
	return s.size >= p->offset &&
	       tail_print_fits(fd, p->offset, p->before_n, p->before) &&
	       tail_print_fits(fd, p->head.n, p->head.n, p->head.print);
}

bool file_head_fits(const struct file_head *head, int fd)
{
	if (!head->n ||
		(head->n < TAIL_PRINT && sibling_of(fd).size != head->n))
		return false;
	return tail_print_fits(fd, head->n, head->n, head->print);
}

static int64_t stamp(const struct statx_timestamp *t)
{
	return t->tv_sec * INT64_C(1000000000) + t->tv_nsec;
}

/* False if there is no regular file. */
static bool describe(int dir, const char *name, int flags, struct sibling *s)
{
	struct statx st;

	*s = (struct sibling){0};
	if (statx(dir, name, flags, STATX_BASIC_STATS | STATX_BTIME, &st) < 0 ||
		!S_ISREG(st.stx_mode))
		return false;
	s->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	s->ino = st.stx_ino;
	s->size = (int64_t)st.stx_size;
	s->modified = stamp(&st.stx_mtime);
	if (st.stx_mask & STATX_BTIME)
		s->born = stamp(&st.stx_btime);
	return true;
}

struct sibling sibling_of(int fd)
{
	struct sibling s;

	describe(fd, "", AT_EMPTY_PATH, &s);
	return s;
}

bool sibling_follows(const struct sibling *a, const struct sibling *b)
{
	if (a->born && b->born)
		return b->born >= a->born && b->modified >= a->born;
	return b->modified >= a->modified;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

bool file_name_is_compressed(const char *name)
{
	static const char *const ends[] = {
		".gz", ".xz", ".bz2", ".zst", ".lz4", ".lzma", ".Z"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

/* ".1", "-20261121", ".2026-11-21_10": what logrotate adds. */
static bool is_number(const char *p, size_t n)
{
	if (n < 2 || (*p != '.' && *p != '-') || !isdigit((unsigned char)p[1]))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!isdigit((unsigned char)p[i]) && !strchr("-._:T", p[i]))
			return false;
	return true;
}

/*
 * True if name may have been made from that of the log: it goes on behind it
 * (mail.log.1), or has something before the ending (mail-20261121.log).
 */
static bool name_fits(const char *log, const char *name, struct sibling *s)
{
	size_t n = strlen(log), length = strlen(name);
	const char *dot = strrchr(log, '.');
	size_t stem = dot ? (size_t)(dot - log) : n;

	if (length <= n || file_name_is_compressed(name))
		return false;
	if (strncmp(name, log, n) == 0) {
		s->rotated = is_number(name + n, length - n);
		if (s->rotated && name[n] == '.')
			s->number = atol(name + n + 1);
		return true;
	}
	if (!stem || strncmp(name, log, stem) != 0 || !ends_with(name, dot))
		return false;
	s->rotated = is_number(name + stem, length - n);
	return s->rotated;
}

bool file_name_is_rotated(const char *log, const char *name)
{
	struct sibling s = {0};

	return name_fits(log, name, &s) && s.rotated;
}

static int by_age(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;

	if (x->modified != y->modified)
		return x->modified < y->modified ? -1 : 1;
	return (x->number < y->number) - (x->number > y->number);
}

static void list_add(struct siblings *list, DIR *dir, const char *folder,
	size_t folder_len, const char *log, const char *name)
{
	struct sibling fits = {0}, s;

	if (!name_fits(log, name, &fits) ||
		!describe(dirfd(dir), name, AT_SYMLINK_NOFOLLOW, &s))
		return;
	s.rotated = fits.rotated;
	s.number = fits.number;
	if (asprintf(&s.path, "%.*s%s", (int)folder_len, folder, name) < 0)
		return;
	list->at[list->n++] = s;
}

struct siblings siblings_list(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *log = slash ? slash + 1 : path;
	size_t folder_len = (size_t)(log - path);
	char *folder = strndup(path, folder_len);
	struct siblings list = {0};
	struct dirent *e;
	DIR *dir;

	dir = folder ? opendir(folder_len ? folder : ".") : NULL;
	if (dir)
		list.at = calloc(SIBLINGS_MOST, sizeof(*list.at));
	while (dir && list.at && list.n < SIBLINGS_MOST && (e = readdir(dir)))
		list_add(&list, dir, path, folder_len, log, e->d_name);
	if (list.n)
		qsort(list.at, list.n, sizeof(*list.at), by_age);
	if (dir)
		closedir(dir);
	free(folder);
	return list;
}

void siblings_free(struct siblings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i].path);
	free(s->at);
	*s = (struct siblings){0};
}

int sibling_open(const struct sibling *s)
{
	int fd = open(s->path,
		O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	struct sibling now;

	if (fd < 0)
		return -errno;
	now = sibling_of(fd);
	if (now.ino != s->ino || now.dev != s->dev) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}
