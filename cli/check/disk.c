/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mailban check disk: room, by file system, where the queue, the mail, the
 * logs and mailband's own state lie. Opens nothing; needs no right but to
 * search the folders above.
 */
#include "alarms/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "alarms/mounts.h"
#include "cli/check/check.h"

/* Percent that are left. */
#define BYTES_WARNING 5
#define BYTES_CRITICAL 2
#define INODES_WARNING 10
#define INODES_CRITICAL 3
/* So many times what Postfix wants for one message. */
#define WANTED_WARNING 20
#define WANTED_CRITICAL 5

#define MIB (1024 * 1024)

struct seen {
	uint64_t devices[CHECK_MANY + 8];
	size_t n;
};

static bool seen_add(struct seen *seen, uint64_t device)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->devices[i] == device)
			return false;
	if (seen->n < sizeof(seen->devices) / sizeof(*seen->devices))
		seen->devices[seen->n++] = device;
	return true;
}

static uint64_t percent(uint64_t of, int64_t part)
{
	return of / 100 * (uint64_t)part;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void figure_inodes(
	const char *path, const struct disk *disk, struct verdict *verdict)
{
	char label[VERDICT_TEXT], ranges[96];

	snprintf(label, sizeof(label), "inodes_free_%s", path);
	snprintf(ranges, sizeof(ranges), "%" PRIu64 ":;%" PRIu64 ":;0;%" PRIu64,
		percent(disk->inodes, INODES_WARNING),
		percent(disk->inodes, INODES_CRITICAL), disk->inodes);
	if (disk->inodes)
		verdict_figure(
			verdict, label, (int64_t)disk->inodes_free, "", ranges);
}

static void judge_inodes(
	const char *path, const struct disk *disk, struct verdict *verdict)
{
	enum verdict_state state = VERDICT_OK;

	if (!disk->inodes)
		return;
	if (disk->inodes_free < percent(disk->inodes, INODES_CRITICAL))
		state = VERDICT_CRITICAL;
	else if (disk->inodes_free < percent(disk->inodes, INODES_WARNING))
		state = VERDICT_WARNING;
	if (state != VERDICT_OK)
		verdict_find(verdict, state,
			"%s: %" PRIu64 " of %" PRIu64 " inodes free", path,
			disk->inodes_free, disk->inodes);
	figure_inodes(path, disk, verdict);
}

static void find_free(const char *path, const struct disk *disk,
	enum verdict_state state, struct verdict *verdict)
{
	verdict_find(verdict, state, "%s: %" PRIu64 " MiB free (%" PRIu64 "%%)",
		path, disk->bytes_free / MIB,
		disk->bytes ? disk->bytes_free * 100 / disk->bytes : 0);
}

bool check_disk_refuses(const char *path, const struct disk *disk,
	uint64_t wanted, const char *also, struct verdict *verdict)
{
	if (!wanted || disk->bytes_free > wanted)
		return false;
	verdict_find(verdict, VERDICT_CRITICAL,
		"%s: %" PRIu64 " MiB free: Postfix refuses mail (452)%s", path,
		disk->bytes_free / MIB, also);
	return true;
}

/* wanted: what Postfix asks for, on the file system of its queue; else 0. */
static void judge(const struct check_options *options, const char *path,
	const struct disk *disk, uint64_t wanted, struct verdict *verdict)
{
	bool own = options->what != NULL;
	int64_t w =
		own && options->has_warning ? options->warning : BYTES_WARNING;
	int64_t c = own && options->has_critical ? options->critical
						 : BYTES_CRITICAL;
	uint64_t warning = percent(disk->bytes, w);
	uint64_t critical = percent(disk->bytes, c);
	enum verdict_state state = VERDICT_OK;
	char label[VERDICT_TEXT], ranges[96];

	if (!own || !options->has_warning)
		warning = larger(warning, WANTED_WARNING * wanted);
	if (!own || !options->has_critical)
		critical = larger(critical, WANTED_CRITICAL * wanted);
	if (disk->bytes_free < critical)
		state = VERDICT_CRITICAL;
	else if (disk->bytes_free < warning)
		state = VERDICT_WARNING;
	if (!check_disk_refuses(path, disk, wanted, "", verdict))
		find_free(path, disk, state, verdict);
	if (disk->read_only)
		verdict_find(
			verdict, VERDICT_CRITICAL, "%s is read-only", path);
	snprintf(label, sizeof(label), "free_%s", path);
	snprintf(ranges, sizeof(ranges), "%" PRIu64 ":;%" PRIu64 ":;0;%" PRIu64,
		warning, critical, disk->bytes);
	verdict_figure(verdict, label, (int64_t)disk->bytes_free, "B", ranges);
	judge_inodes(path, disk, verdict);
}

/* What mailband saw, and it judges. */
static void tell_daemon(
	const struct check_daemon *daemon, struct verdict *verdict)
{
	struct seen seen = {.n = 0};

	check_daemon_alarms(daemon, true, verdict);
	for (size_t i = 0; i < daemon->disks_n; i++) {
		const char *path = daemon->disks[i].path;
		const struct disk *disk = &daemon->disks[i].disk;
		char label[VERDICT_TEXT + 8], ranges[32];

		if (!seen_add(&seen, disk->device))
			continue;
		find_free(path, disk, VERDICT_OK, verdict);
		snprintf(label, sizeof(label), "free_%s", path);
		snprintf(ranges, sizeof(ranges), ";;0;%" PRIu64, disk->bytes);
		verdict_figure(
			verdict, label, (int64_t)disk->bytes_free, "B", ranges);
		figure_inodes(path, disk, verdict);
	}
}

int check_disk_read(const char *path, struct disk *disk)
{
	int r = disk_read(path, disk), fd;
	struct mounts *mounts;

	if (r < 0 || !disk->read_only)
		return r;
	/* It may be for the service alone that runs the plugin. */
	fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	mounts = mounts_new(fd);
	disk->read_only = mounts_read_only(mounts, disk->device);
	mounts_free(&mounts);
	close(fd);
	return 0;
}

static void look(const struct check_options *options, const char *path,
	bool must, uint64_t wanted, struct seen *seen, struct verdict *verdict)
{
	struct disk disk;
	int r;

	verdict_at(verdict, path);
	r = check_disk_read(path, &disk);
	if (r < 0 && must)
		verdict_find(
			verdict, VERDICT_UNKNOWN, "%s: %s", path, strerror(-r));
	if (r == 0 && seen_add(seen, disk.device))
		judge(options, path, &disk, wanted, verdict);
}

void check_disk(const struct check_options *options, struct verdict *verdict)
{
	/* Where mail, logs and our own state are, if they are. */
	static const char *const others[] = {
		"/var/mail", "/var/vmail", "/var/log", "/var/lib/mailban"};
	struct postconf postfix;
	struct check_daemon daemon;
	struct seen seen = {.n = 0};
	bool told = options->what &&
		    (options->has_warning || options->has_critical);

	for (size_t i = 0; i < options->paths.n; i++)
		look(options, options->paths.items[i], true, 0, &seen, verdict);
	if (options->paths.n)
		return;
	if (!told && check_daemon_ask(options, &daemon)) {
		tell_daemon(&daemon, verdict);
		return;
	}
	/* The queue's first: of others on its file system no more is asked. */
	if (check_postfix_ask(options, &postfix, verdict))
		look(options, postfix.queue_directory, true,
			disk_wanted(postfix.queue_minfree,
				postfix.message_size_limit),
			&seen, verdict);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		look(options, others[i], false, 0, &seen, verdict);
}
