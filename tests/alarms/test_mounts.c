/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read-only for all, or in this mount alone. */
#include "alarms/mounts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static bool says(const char *list, unsigned int minor_no)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC);
	bool is;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, list, strlen(list)), strlen(list));
	is = mounts_read_only(fd, makedev(8, minor_no));
	/* As often as it is asked. */
	assert_int_equal(mounts_read_only(fd, makedev(8, minor_no)), is);
	close(fd);
	return is;
}

static void test_the_file_system_counts(void **state)
{
	const char *list =
		"20 1 8:1 / / ro,noatime master:1 - ext4 /dev/sda1 rw,a=ro\n"
		"21 1 8:2 / /a\\040-\\040b rw - ext4 /dev/sda2 ro,discard\n"
		"22 1 8:3 / /c rw shared:1 master:2 - ext4 /dev/sda3 ro\n"
		"23 1 8:4 / /d ro - ext4 /dev/sda4 rout\n"
		"a line of nothing\n"
		"24 1 8:5\n"
		"25 1 8:6 / /e ro -\n"
		"26 1 8:7 / /f ro - ext4 \n";

	(void)state;
	assert_false(says(list, 1));
	assert_true(says(list, 2));
	assert_true(says(list, 3));
	for (unsigned int i = 4; i < 9; i++)
		assert_false(says(list, i));
	assert_false(says("", 1));
	assert_false(mounts_read_only(-1, makedev(8, 2)));
}

static void test_a_long_list(void **state)
{
	static const char one[] =
		"20 1 8:1 / / ro - overlay overlay rw,lowerdir=/a:/b:/c:/d\n";
	static const char last[] = "21 1 8:2 / /x ro - ext4 /dev/sda2 ro\n";
	size_t n = 4000;
	char *list = calloc(n, sizeof(one));

	(void)state;
	for (size_t i = 0; i < n - 1; i++)
		memcpy(list + i * (sizeof(one) - 1), one, sizeof(one) - 1);
	strcat(list, last);
	assert_true(says(list, 2));
	assert_false(says(list, 1));
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_file_system_counts),
		cmocka_unit_test(test_a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
