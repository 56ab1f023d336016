/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gauge process as mailband starts it: what it sees with its capability,
 * what is left to it, that it takes no message but its own, and that another
 * begins when it is killed.
 */
#include "daemon/gauge.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alarms/report.h"
#include "daemon/spawn.h"
#include "tests/lib/mounts.h"

#define SOMEBODY 54321u

static char spool[] = "/tmp/mailban-gauge-XXXXXX";
static struct report_watch watch;
static int fd;
static pid_t pid;

/* Beside this program, where it is looked for. */
static bool place_gauge(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	if (n < 0)
		return false;
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/" GAUGE_PROGRAM);
	return symlink("../../" GAUGE_PROGRAM, path) == 0 || errno == EEXIST;
}

/* A queue of root's: closed to everybody else, with two messages. */
static int make_spool(void **state)
{
	int r;

	(void)state;
	mounts_leave_host();
	if (!place_gauge() || !mkdtemp(spool) || chdir(spool) < 0)
		return -1;
	r = mkdir("deferred", 0700) | mkdir("deferred/A", 0700) |
	    mknod("deferred/1B", S_IFREG | 0700, 0) |
	    mknod("deferred/A/A1", S_IFREG | 0700, 0) | symlink("/", "hold");
	watch = (struct report_watch){.disks_n = 2, .spools_n = 1};
	strcpy(watch.disks[0], spool);
	strcpy(watch.disks[1], "/nowhere/at/all");
	strcpy(watch.spools[0], spool);
	return chdir("/") < 0 ? -1 : r;
}

static int remove_spool(void **state)
{
	char path[64];
	static const char *const names[] = {
		"deferred/1B", "deferred/A/A1", "hold"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", spool, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/deferred/A", spool);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/deferred", spool);
	rmdir(path);
	return rmdir(spool);
}

static int begin(void **state)
{
	(void)state;
	return spawn_program(
		GAUGE_PROGRAM, SOMEBODY, SOMEBODY, true, 65536, &fd, &pid);
}

static void say(const void *bytes, size_t n)
{
	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* Its status, and what comes of it. */
static int end_of_it(void)
{
	int status;

	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int end_by_itself(void)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	return end_of_it();
}

static void say_watch(void)
{
	uint8_t bytes[REPORT_WATCH_BYTES];

	say(bytes, report_watch_encode(&watch, bytes, sizeof(bytes)));
}

static void look(struct report *report)
{
	uint8_t bytes[REPORT_BYTES];
	const char ask = GAUGE_LOOK;
	ssize_t n;

	say(&ask, 1);
	n = recv(fd, bytes, sizeof(bytes), 0);
	assert_true(n > 0);
	assert_true(report_decode(bytes, (size_t)n, report));
}

static void test_numbers(void **state)
{
	static struct report report;
	char path[64];

	(void)state;
	say_watch();
	look(&report);
	assert_int_equal(report.disks_n, 2);
	assert_int_equal(report.disks[0].error, 0);
	assert_true(report.disks[0].disk.bytes > 0);
	assert_int_equal(report.disks[1].error, ENOENT);
	assert_int_equal(report.spools_n, 1);
	assert_int_equal(report.spools[0].queues[QUEUE_DEFERRED].error, 0);
	assert_int_equal(
		report.spools[0].queues[QUEUE_DEFERRED].queue.files, 2);
	assert_int_equal(report.spools[0].queues[QUEUE_ACTIVE].error, ENOENT);
	/* A queue that leads elsewhere is not gone into. */
	assert_true(report.spools[0].queues[QUEUE_HOLD].error != 0);
	snprintf(path, sizeof(path), "%s/deferred/1C", spool);
	assert_int_equal(mknod(path, S_IFREG | 0700, 0), 0);
	look(&report);
	assert_int_equal(
		report.spools[0].queues[QUEUE_DEFERRED].queue.files, 3);
	unlink(path);
	assert_int_equal(end_of_it(), GAUGE_END);
}

static void assert_status(const char *wanted)
{
	char path[64], text[4096] = "";
	int f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(f >= 0);
	assert_true(read(f, text, sizeof(text) - 1) > 0);
	close(f);
	if (!strstr(text, wanted))
		fail_msg("no %s in %s", wanted, text);
}

static void test_what_is_left(void **state)
{
	static struct report report;

	(void)state;
	say_watch();
	look(&report);
	assert_status("\nCapEff:\t0000000000000004\n");
	assert_status("\nCapPrm:\t0000000000000004\n");
	assert_status("\nCapInh:\t0000000000000000\n");
	assert_status("\nCapBnd:\t0000000000000000\n");
	assert_status("\nNoNewPrivs:\t1\n");
	assert_status("\nSeccomp:\t2\n");
	assert_status("\nUid:\t54321\t54321\t54321\t54321\n");
	assert_int_equal(end_of_it(), GAUGE_END);
}

static void test_nonsense_first(void **state)
{
	uint8_t bytes[REPORT_WATCH_BYTES];
	size_t n = report_watch_encode(&watch, bytes, sizeof(bytes));
	static const uint8_t many[] = {255};

	(void)state;
	say(many, sizeof(many));
	assert_int_equal(end_by_itself(), GAUGE_VIOLATION);
	assert_int_equal(begin(NULL), 0);
	bytes[n] = 0;
	say(bytes, n + 1);
	assert_int_equal(end_by_itself(), GAUGE_VIOLATION);
	assert_int_equal(begin(NULL), 0);
	say(bytes, n - 1);
	assert_int_equal(end_by_itself(), GAUGE_VIOLATION);
}

/* No second list of paths: what it may see is settled. */
static void test_nonsense_later(void **state)
{
	(void)state;
	say_watch();
	say_watch();
	assert_int_equal(end_by_itself(), GAUGE_VIOLATION);
	assert_int_equal(begin(NULL), 0);
	say_watch();
	say("X", 1);
	assert_int_equal(end_by_itself(), GAUGE_VIOLATION);
}

/* The child of the keeper, or 0. */
static pid_t worker(void)
{
	char path[64], text[64] = "";
	int f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(f >= 0);
	assert_true(read(f, text, sizeof(text) - 1) >= 0);
	close(f);
	return (pid_t)atoi(text);
}

static void test_killed(void **state)
{
	static struct report report;
	char told = 0;

	(void)state;
	assert_int_equal(worker(), 0);
	for (int i = 0; i < 3; i++) {
		say_watch();
		look(&report);
		assert_int_equal(report.disks_n, 2);
		assert_int_equal(kill(worker(), SIGKILL), 0);
		assert_int_equal(recv(fd, &told, 1, 0), 1);
		assert_int_equal(told, GAUGE_LOST);
	}
	assert_int_equal(end_of_it(), GAUGE_END);
}

/* With its keeper it goes, too. */
static void test_keeper_killed(void **state)
{
	static struct report report;
	char byte;

	(void)state;
	say_watch();
	look(&report);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	assert_int_equal(end_of_it(), -SIGKILL);
}

/* What came to be where it may not look, another may. */
static void test_again(void **state)
{
	static struct report report;
	static const char again = GAUGE_AGAIN;
	pid_t first;

	(void)state;
	say_watch();
	look(&report);
	assert_int_equal(mount("none", spool, "tmpfs", 0, NULL), 0);
	assert_int_equal(chdir(spool), 0);
	assert_int_equal(mkdir("deferred", 0700), 0);
	assert_int_equal(mknod("deferred/9", S_IFREG | 0700, 0), 0);
	assert_int_equal(chdir("/"), 0);
	look(&report);
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(report.spools[0].queues[QUEUE_DEFERRED].error, EACCES);
#endif
	first = worker();
	say(&again, 1);
	say_watch();
	look(&report);
	assert_int_not_equal(worker(), first);
	assert_int_equal(
		report.spools[0].queues[QUEUE_DEFERRED].queue.files, 1);
	assert_int_equal(umount(spool), 0);
	assert_int_equal(end_of_it(), GAUGE_END);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(end_of_it(), GAUGE_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_numbers, begin),
		cmocka_unit_test_setup(test_what_is_left, begin),
		cmocka_unit_test_setup(test_nonsense_first, begin),
		cmocka_unit_test_setup(test_nonsense_later, begin),
		cmocka_unit_test_setup(test_killed, begin),
		cmocka_unit_test_setup(test_keeper_killed, begin),
		cmocka_unit_test_setup(test_again, begin),
		cmocka_unit_test_setup(test_nothing, begin),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_spool, remove_spool);
}
