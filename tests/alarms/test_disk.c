/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "alarms/disk.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/statvfs.h>

#include <cmocka.h>

static void test_root(void **state)
{
	struct disk disk;
	struct statvfs fs;

	(void)state;
	assert_int_equal(statvfs("/", &fs), 0);
	assert_int_equal(disk_read("/", &disk), 0);
	assert_true(disk.bytes > 0 && disk.bytes_free <= disk.bytes);
	assert_true(disk.bytes <= fs.f_blocks * (uint64_t)fs.f_frsize);
	assert_int_equal(disk.inodes, fs.f_files);
}

static void test_same_device(void **state)
{
	struct disk a, b, proc;

	(void)state;
	assert_int_equal(disk_read("/proc", &proc), 0);
	assert_int_equal(disk_read("/etc", &a), 0);
	assert_int_equal(disk_read("/etc/passwd", &b), 0);
	assert_int_equal(a.device, b.device);
	assert_true(a.device != proc.device);
}

static void test_missing(void **state)
{
	struct disk disk = {.bytes = 1};

	(void)state;
	assert_int_equal(disk_read("/nowhere/at/all", &disk), -ENOENT);
	assert_int_equal(disk.bytes, 0);
}

/* src/smtpd/smtpd_check.c: queue_minfree >= available, or
 * message_size_limit >= available / 1.5. */
static void test_wanted(void **state)
{
	(void)state;
	assert_int_equal(disk_wanted(0, 10240000), 15360000);
	assert_int_equal(disk_wanted(20000000, 10240000), 20000000);
	assert_int_equal(disk_wanted(0, 0), 0);
	assert_int_equal(disk_wanted(5, UINT64_MAX), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_same_device),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
