/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probe remembers from one run to the next: that a host refused MAIL
 * FROM for want of room, for each such question makes Postfix write a mail to
 * its postmaster. One file in a folder that is ours alone; who cannot have one
 * has no back-off, and that is all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/check/check.h"

#define HOSTS_MOST 64
#define LINE 512
#define FILE_NAME "mailban-probe"

/* A folder that nobody else can write to, or -1. */
static int folder_open(void)
{
	const char *of_plugins = getenv("NAGIOS_PLUGIN_STATE_DIRECTORY");
	const char *of_user = getenv("XDG_RUNTIME_DIR");
	char own[64];
	const char *path = own;
	struct stat st;
	int fd;

	snprintf(own, sizeof(own), "/tmp/mailban-%ju", (uintmax_t)geteuid());
	if (of_plugins && *of_plugins == '/')
		path = of_plugins;
	else if (of_user && *of_user == '/')
		path = of_user;
	else if (mkdir(own, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = open(path, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_RDONLY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
		!(st.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	return -1;
}

static FILE *file_open(int folder)
{
	int fd = openat(folder, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* "refused next host said"; false if it is none. */
static bool line_read(
	char *line, const char **host, struct check_backoff *backoff)
{
	char *at;
	int n = 0;

	memset(backoff, 0, sizeof(*backoff));
	if (sscanf(line, "%" SCNu32 " %" SCNd64 " %n", &backoff->refused,
		    &backoff->next, &n) != 2 ||
		!n)
		return false;
	*host = line + n;
	at = strchr(line + n, ' ');
	if (!at)
		return false;
	*at++ = '\0';
	at[strcspn(at, "\n")] = '\0';
	snprintf(backoff->said, sizeof(backoff->said), "%s", at);
	return true;
}

void check_backoff_read(const char *host, struct check_backoff *backoff)
{
	int folder = folder_open();
	FILE *file = folder < 0 ? NULL : file_open(folder);
	struct check_backoff found;
	char line[LINE];
	const char *of;

	memset(backoff, 0, sizeof(*backoff));
	for (int i = 0; file && i < HOSTS_MOST; i++) {
		if (!fgets(line, sizeof(line), file))
			break;
		if (line_read(line, &of, &found) && !strcmp(of, host))
			*backoff = found;
	}
	if (file)
		fclose(file);
	if (folder >= 0)
		close(folder);
}

/* The lines of the other hosts, as they are. */
static void copy_others(FILE *from, FILE *to, const char *host)
{
	char line[LINE], copy[LINE];
	struct check_backoff found;
	const char *of;

	for (int i = 0; from && i < HOSTS_MOST - 1; i++) {
		if (!fgets(line, sizeof(line), from))
			break;
		memcpy(copy, line, sizeof(copy));
		if (line_read(copy, &of, &found) && strcmp(of, host) != 0)
			fputs(line, to);
	}
}

void check_backoff_write(const char *host, const struct check_backoff *backoff)
{
	char name[64];
	int folder = folder_open(), fd;
	FILE *from, *to;

	if (folder < 0 || strlen(host) > LINE / 2 || strpbrk(host, " \n")) {
		if (folder >= 0)
			close(folder);
		return;
	}
	snprintf(name, sizeof(name), FILE_NAME ".%jd", (intmax_t)getpid());
	fd = openat(folder, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (to) {
		from = file_open(folder);
		copy_others(from, to, host);
		if (backoff->refused)
			fprintf(to, "%" PRIu32 " %" PRId64 " %s %s\n",
				backoff->refused, backoff->next, host,
				backoff->said);
		if (from)
			fclose(from);
		if (fclose(to) != 0 ||
			renameat(folder, name, folder, FILE_NAME) < 0)
			unlinkat(folder, name, 0);
	} else if (fd >= 0) {
		close(fd);
	}
	close(folder);
}
