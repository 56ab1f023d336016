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

static struct mounts *listed(const char *list)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC);
	struct mounts *mounts;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, list, strlen(list)), strlen(list));
	/* As often as it is asked. */
	mounts = mounts_new(fd);
	mounts_free(&mounts);
	mounts = mounts_new(fd);
	close(fd);
	return mounts;
}

static bool says(const char *list, unsigned int minor_no)
{
	struct mounts *mounts = listed(list);
	bool is = mounts_read_only(mounts, makedev(8, minor_no));

	mounts_free(&mounts);
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
}

static const char *point_of(
	const struct mounts *mounts, unsigned int minor_no, const char *path)
{
	static char point[64];

	bool is = mounts_point(
		mounts, makedev(8, minor_no), path, point, sizeof(point));

	assert_int_equal(is, point[0] != '\0');
	return point;
}

static void test_where_it_is_mounted(void **state)
{
	struct mounts *mounts =
		listed("20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		       "21 1 8:2 / /srv/mail rw - ext4 /dev/sda2 rw\n"
		       "22 1 8:2 /x /srv/mail/deep rw - ext4 /dev/sda2 rw\n"
		       "23 1 8:3 / /with\\0401\\134blank rw - ext4 x rw\n"
		       "24 1 8:4 / /a rw - ext4 /dev/sda4 rw\n"
		       "25 1 8:4 / /b rw - ext4 /dev/sda4 rw\n"
		       "26 1 8:1 /srv /bound rw - ext4 /dev/sda1 rw\n");

	(void)state;
	assert_string_equal(point_of(mounts, 1, "/var/mail"), "/");
	assert_string_equal(point_of(mounts, 1, "/bound/x"), "/bound");
	assert_string_equal(point_of(mounts, 2, "/srv/mail"), "/srv/mail");
	assert_string_equal(point_of(mounts, 2, "/srv/mail/x"), "/srv/mail");
	assert_string_equal(
		point_of(mounts, 2, "/srv/mail/deep/x"), "/srv/mail/deep");
	/* By a link: where there is one place alone. */
	assert_string_equal(point_of(mounts, 3, "/mail"), "/with 1\\blank");
	assert_string_equal(point_of(mounts, 4, "/mail"), "");
	assert_string_equal(point_of(mounts, 4, "/ab"), "");
	assert_string_equal(point_of(mounts, 9, "/srv/mail"), "");
	assert_false(mounts_is_gone(mounts, "/srv/mail"));
	assert_false(mounts_is_gone(mounts, "/with 1\\blank"));
	assert_true(mounts_is_gone(mounts, "/srv"));
	mounts_free(&mounts);
	/* What cannot be read tells of nothing. */
	mounts = mounts_new(-1);
	assert_false(mounts_is_gone(mounts, "/srv"));
	assert_false(mounts_read_only(mounts, makedev(8, 2)));
	assert_string_equal(point_of(mounts, 1, "/var/mail"), "");
	mounts_free(&mounts);
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
		cmocka_unit_test(test_where_it_is_mounted),
		cmocka_unit_test(test_a_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
