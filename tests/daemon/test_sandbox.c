/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is left of root's rights after each step, as the kernel tells it in
 * /proc/self/status. Each test is a child of its own: there is no way back.
 */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOMEBODY 54321u

/* The line of /proc/self/status after "NAME:\t". */
static void status_line(const char *name, char *out, size_t room)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];

	out[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		size_t n = strlen(name);

		if (strncmp(line, name, n) != 0 || line[n] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(out, room, "%s", line + n + 2);
	}
	if (f)
		fclose(f);
}

static int check(const char *name, const char *wanted)
{
	char have[512];

	status_line(name, have, sizeof(have));
	if (strcmp(have, wanted) == 0)
		return 0;
	fprintf(stderr, "%s: '%s', wanted '%s'\n", name, have, wanted);
	return 1;
}

#define NET_ADMIN "0000000000001000"
#define NONE "0000000000000000"

static int everything_but_one(void)
{
	gid_t groups[] = {4, 54322};

	if (sandbox_drop_user(SOMEBODY, SOMEBODY + 1, groups, 2) ||
		sandbox_keep_caps(SANDBOX_CAP(CAP_NET_ADMIN)) ||
		sandbox_no_new_privs())
		return 1;
	return check("Uid", "54321\t54321\t54321\t54321") |
	       check("Gid", "54322\t54322\t54322\t54322") |
	       check("Groups", "4 54322 ") | check("CapEff", NET_ADMIN) |
	       check("CapPrm", NET_ADMIN) | check("CapInh", NONE) |
	       check("CapBnd", NONE) | check("CapAmb", NONE) |
	       check("NoNewPrivs", "1") | (setuid(0) == 0) | (setgid(0) == 0) |
	       (access("/etc/shadow", R_OK) == 0);
}

static int everything(void)
{
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0) ||
		sandbox_keep_caps(0) || sandbox_no_new_privs())
		return 1;
	return check("Groups", " ") | check("CapEff", NONE) |
	       check("CapPrm", NONE) | check("CapBnd", NONE);
}

static int root_keeps_one_too(void)
{
	if (sandbox_drop_user(0, 0, NULL, 0) ||
		sandbox_keep_caps(SANDBOX_CAP(CAP_NET_ADMIN)))
		return 1;
	return check("CapEff", NET_ADMIN) | check("CapBnd", NONE);
}

/* What is not there cannot be kept, and must not pass in silence. */
static int missing_capability(void)
{
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0) ||
		sandbox_keep_caps(0))
		return 1;
	return sandbox_keep_caps(SANDBOX_CAP(CAP_NET_ADMIN)) != -EPERM;
}

/* Nobody but root becomes another. */
static int no_way_to_another_user(void)
{
	gid_t group = 4;

	if (sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0) ||
		sandbox_keep_caps(0))
		return 1;
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0) != 0)
		return 2;
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, &group, 1) != -EPERM)
		return 3;
	return sandbox_drop_user(0, 0, NULL, 0) != -EPERM;
}

static void caps_drop_all(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};

	syscall(SYS_capset, &header, data);
}

/* A unit with User=mailban and AmbientCapabilities=CAP_NET_ADMIN. */
static int by_the_service_manager(uint64_t keep, const char *kept)
{
	const gid_t given[] = {4, 54321, 54322}, wanted[] = {54322, 4};
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{1u << CAP_NET_ADMIN,
		1u << CAP_NET_ADMIN, 1u << CAP_NET_ADMIN}};

	for (int cap = 0; cap < 64; cap++)
		if (cap != CAP_NET_ADMIN)
			prctl(PR_CAPBSET_DROP, (long)cap, 0L, 0L, 0L);
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, given, 3) ||
		sandbox_no_new_privs() || syscall(SYS_capset, &header, data) ||
		prctl(PR_CAP_AMBIENT, (long)PR_CAP_AMBIENT_RAISE,
			(long)CAP_NET_ADMIN, 0L, 0L))
		return 1;
	if (sandbox_drop_user(SOMEBODY, SOMEBODY, wanted, 2) ||
		sandbox_keep_caps(keep) || sandbox_no_new_privs())
		return 2;
	return check("Uid", "54321\t54321\t54321\t54321") |
	       check("CapEff", kept) | check("CapPrm", kept) |
	       check("CapInh", NONE) | check("CapAmb", NONE);
}

static int warden_by_the_service_manager(void)
{
	return by_the_service_manager(SANDBOX_CAP(CAP_NET_ADMIN), NET_ADMIN);
}

static int engine_by_the_service_manager(void)
{
	return by_the_service_manager(0, NONE);
}

/* Only no_new_privs puts a bounding set that stays full out of reach. */
static int bounding_set_within_reach(void)
{
	if (prctl(PR_CAPBSET_DROP, (long)CAP_SETPCAP, 0L, 0L, 0L) ||
		sandbox_drop_user(SOMEBODY, SOMEBODY, NULL, 0))
		return 1;
	caps_drop_all();
	if (sandbox_keep_caps(0) != -EPERM)
		return 2;
	return sandbox_no_new_privs() || sandbox_keep_caps(0);
}

static int descriptors(void)
{
	int low = dup(0), high = fcntl(0, F_DUPFD, 200);

	if (low < 3 || high < 200 || sandbox_close_from(100))
		return 1;
	return fcntl(low, F_GETFD) < 0 || fcntl(high, F_GETFD) >= 0;
}

static void in_a_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define CHILD_TEST(name)                      \
	static void test_##name(void **state) \
	{                                     \
		(void)state;                  \
		in_a_child(name);             \
	}

CHILD_TEST(everything_but_one)
CHILD_TEST(everything)
CHILD_TEST(root_keeps_one_too)
CHILD_TEST(missing_capability)
CHILD_TEST(no_way_to_another_user)
CHILD_TEST(warden_by_the_service_manager)
CHILD_TEST(engine_by_the_service_manager)
CHILD_TEST(bounding_set_within_reach)
CHILD_TEST(descriptors)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_but_one),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_root_keeps_one_too),
		cmocka_unit_test(test_missing_capability),
		cmocka_unit_test(test_no_way_to_another_user),
		cmocka_unit_test(test_warden_by_the_service_manager),
		cmocka_unit_test(test_engine_by_the_service_manager),
		cmocka_unit_test(test_bounding_set_within_reach),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
