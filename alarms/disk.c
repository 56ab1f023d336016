/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a file system is left. One look, no judgement; it must neither
 * wait for who writes there nor hold the mount.
 */
#include "alarms/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

int disk_read(const char *path, struct disk *disk)
{
	int fd = open(path, O_PATH | O_CLOEXEC), r = 0;
	struct statvfs fs;
	struct stat st;

	*disk = (struct disk){0};
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
		r = -errno;
	close(fd);
	if (r < 0)
		return r;
	*disk = (struct disk){
		.device = st.st_dev,
		/* As df(1) counts: without what only root may use. */
		.bytes = (fs.f_blocks - fs.f_bfree + fs.f_bavail) *
			 (uint64_t)fs.f_frsize,
		.bytes_free = fs.f_bavail * (uint64_t)fs.f_frsize,
		.inodes = fs.f_files,
		.inodes_free = fs.f_files ? fs.f_favail : 0,
		.read_only = fs.f_flag & ST_RDONLY,
	};
	return 0;
}

uint64_t disk_wanted(uint64_t queue_minfree, uint64_t message_size_limit)
{
	uint64_t half = message_size_limit / 2;
	uint64_t mail = half > UINT64_MAX - message_size_limit
				? UINT64_MAX
				: message_size_limit + half;

	return queue_minfree > mail ? queue_minfree : mail;
}
