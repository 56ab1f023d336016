/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting the processes of a Postfix, in the kernel's own list of them. Which
 * master(8) it is, the lock on its pid file tells, which only root can take;
 * its children are its services (src/master/master_spawn.c), and each says in
 * its command line which one (src/master/master_ent.c). What a user runs under
 * such a name has another parent. No other process is looked at.
 */
#include "alarms/services.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What of a command line is read: the service stands at its beginning. */
#define COMMAND 256

/* Bytes read, NUL behind them; or -errno. */
static int read_file(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	do
		n = read(fd, text, room - 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	return (int)n;
}

/* 1 if it is one, 0 if not, or -errno: -EACCES if it is there, but hidden. */
static int is_master(int pid)
{
	char path[64], name[32];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	if (stat(path, &st) < 0)
		return -EACCES;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	r = read_file(path, name, sizeof(name));
	if (r < 0)
		return r == -ESRCH ? 0 : -EACCES;
	return st.st_uid == 0 && strcmp(name, "master\n") == 0;
}

/*
 * "4: FLOCK  ADVISORY  WRITE 128 00:35:37 0 EOF": who holds it locked, or
 * -errno. On some file systems (btrfs) the number of the device is another than
 * what stat says; the file's is the same, and who holds it is a master in any
 * case.
 */
static int find_master(const struct stat *pid_file)
{
	FILE *f = fopen("/proc/locks", "re");
	int found = -ESRCH;
	bool same = false;
	char line[256];

	if (!f)
		return -errno;
	while (!same && fgets(line, sizeof(line), f)) {
		unsigned int high, low;
		uint64_t inode;
		int pid, r;

		if (sscanf(line, "%*d: %*[A-Z] %*s %*s %d %x:%x:%" SCNu64, &pid,
			    &high, &low, &inode) != 4 ||
			inode != pid_file->st_ino || pid <= 0)
			continue;
		r = is_master(pid);
		same = makedev(high, low) == pid_file->st_dev && r != 0;
		/* Who is hidden may be the one. */
		if (r == 1)
			found = pid;
		else if (r < 0 && (same || found < 0))
			found = r;
	}
	fclose(f);
	return found;
}

/* "smtpd\0-n\0smtp\0-t\0inet\0-u\0...": the service is in front; before its
 * program begins it has none. */
static void count_one(struct services *s, int pid)
{
	char path[64], text[COMMAND];
	const char *name, *type = NULL;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	n = read_file(path, text, sizeof(text));
	if (n <= 0)
		return;
	name = strrchr(text, '/');
	name = name ? name + 1 : text;
	for (const char *p = text + strlen(text) + 1; p < text + n && !type;
		p += strlen(p) + 1) {
		const char *value = p + strlen(p) + 1;

		if (value >= text + n)
			return;
		if (strcmp(p, "-n") == 0)
			name = p = value;
		else if (strcmp(p, "-t") == 0)
			type = value;
	}
	if (type)
		services_add(s, name, type, 1);
}

int services_count(struct services *s, const char *queue_directory)
{
	char path[4096 + 32];
	struct stat pid_file;
	int master, pid;
	FILE *f;

	snprintf(path, sizeof(path), "%s/pid/master.pid", queue_directory);
	if (stat(path, &pid_file) < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	master = find_master(&pid_file);
	if (master < 0)
		return master;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", master,
		master);
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? -ENOSYS : -errno;
	while (fscanf(f, "%d", &pid) == 1)
		count_one(s, pid);
	fclose(f);
	return 0;
}
