/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A test's own directory and the file operations that tests are full of. */
#include "tests/sources/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[64];

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

const char *scratch_make(void)
{
	strcpy(directory, "/tmp/mailban-test-XXXXXX");
	need(mkdtemp(directory) != NULL, "mkdtemp");
	need(chmod(directory, 0755) == 0, "chmod");
	return directory;
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void scratch_remove(void)
{
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *format, ...)
{
	static char paths[64][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 64];
	va_list args;
	int n = snprintf(path, PATH_MAX, "%s/", directory);

	va_start(args, format);
	vsnprintf(path + n, (size_t)(PATH_MAX - n), format, args);
	va_end(args);
	return path;
}

int scratch_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	need(fd >= 0, path);
	return fd;
}

void scratch_write(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		need(done > 0, "write");
		bytes += done;
		n -= (size_t)done;
	}
}

void scratch_append(const char *path, const char *text)
{
	int fd = scratch_open(path);

	scratch_write(fd, text, strlen(text));
	close(fd);
}

void scratch_rename(const char *from, const char *to)
{
	need(rename(from, to) == 0, from);
}

void scratch_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	char buf[65536];
	ssize_t n;

	need(in >= 0, from);
	need(out >= 0, to);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		scratch_write(out, buf, (size_t)n);
	need(n == 0, from);
	close(in);
	close(out);
}

void scratch_truncate(const char *path)
{
	need(truncate(path, 0) == 0, path);
}
