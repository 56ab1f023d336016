/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits as postconf(1) prints them, what might stand there, and the way of the
 * processes from the runner to the engine.
 */
#include "alarms/services.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct services services;

static void limits(const char *text)
{
	memset(&services, 0, sizeof(services));
	services_limits(&services, text, strlen(text), 100);
}

static const struct service *get(const char *name, const char *type)
{
	for (size_t i = 0; i < services.n; i++)
		if (!strcmp(services.list[i].name, name) &&
			!strcmp(services.list[i].type, type))
			return &services.list[i];
	return NULL;
}

static void test_master_cf(void **state)
{
	(void)state;
	limits("smtp/inet/process_limit = -\n"
	       "smtp/unix/process_limit = 7\n"
	       "127.0.0.1:10025/inet/process_limit = 2\n"
	       "[::1]:10025/inet/process_limit = 3\n"
	       "cleanup/unix/process_limit = 0\n"
	       "postlog/unix-dgram/process_limit = 1\n"
	       "a/b/unix/process_limit = 4\n");
	assert_int_equal(services.n, 7);
	assert_int_equal(get("smtp", "inet")->limit, 100);
	assert_int_equal(get("smtp", "unix")->limit, 7);
	assert_int_equal(get("127.0.0.1:10025", "inet")->limit, 2);
	assert_int_equal(get("[::1]:10025", "inet")->limit, 3);
	assert_int_equal(get("cleanup", "unix")->limit, 0);
	assert_int_equal(get("postlog", "unix-dgram")->limit, 1);
	assert_int_equal(get("a/b", "unix")->limit, 4);
}

static void test_nonsense(void **state)
{
	char text[600];

	(void)state;
	limits("smtp/inet/process_limit = -1\nsmtp/inet/process_limit = 5x\n"
	       "smtp/inet/process_limit = \nsmtp/process_limit = 5\n"
	       "/inet/process_limit = 5\nsmtp//process_limit = 5\n"
	       "smtp/inet/chroot = 5\nsmtp/inet/process_limit_x = 5\n"
	       "a'b/inet/process_limit = 5\n$(x)/inet/process_limit = 5\n"
	       "-n/inet/process_limit = 5\n = \n\n=\n"
	       "smtp/inet/process_limit = 5");
	assert_int_equal(services.n, 0);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 300, "/inet/process_limit = 5\n", 24);
	limits(text);
	assert_int_equal(services.n, 0);
	limits("smtp/inet/process_limit = 99999999999999999999999\n");
	assert_int_equal(get("smtp", "inet")->limit, 0);
}

/* Who waits, if one is full: not those that Postfix drives itself, nor those
 * that are one by design. */
static void test_the_fullest(void **state)
{
	(void)state;
	limits("smtp/inet/process_limit = 1\nsmtpd/pass/process_limit = 10\n"
	       "submission/inet/process_limit = 4\n"
	       "smtp/unix/process_limit = 2\nrelay/inet/process_limit = 0\n");
	services_add(&services, "smtp", "inet", 1);
	services_add(&services, "smtp", "unix", 2);
	services_add(&services, "relay", "inet", 500);
	services_add(&services, "smtpd", "pass", 6);
	services_add(&services, "submission", "inet", 1);
	services_add(&services, "submission", "inet", 1);
	assert_string_equal(services_fullest(&services)->name, "smtpd");
	assert_true(service_share(services_fullest(&services)) == 60);
	services_add(&services, "submission", "inet", 1);
	assert_string_equal(services_fullest(&services)->name, "submission");
	assert_true(service_share(services_fullest(&services)) == 75);
	limits("");
	assert_null(services_fullest(&services));
}

static void test_the_way(void **state)
{
	uint8_t bytes[SERVICES_BYTES];
	struct services counted = {.n = 0};
	char name[SERVICES_NAME];
	size_t n;
	int error;

	(void)state;
	services_add(&counted, "smtp", "inet", 12);
	services_add(&counted, "qmgr", "unix", 1);
	services_add(&counted, "a'b", "inet", 1);
	n = services_encode(&counted, 0, bytes, sizeof(bytes));
	limits("smtp/inet/process_limit = -\n");
	assert_true(services_decode(bytes, n, &services, &error));
	assert_int_equal(error, 0);
	assert_int_equal(services.n, 2);
	assert_int_equal(get("smtp", "inet")->processes, 12);
	assert_int_equal(get("smtp", "inet")->limit, 100);
	assert_int_equal(get("qmgr", "unix")->limit, 0);
	for (size_t i = 0; i < n; i++) {
		services.n = 0;
		assert_false(services_decode(bytes, i, &services, &error));
	}
	/* All that there can be has room. */
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	counted.n = 0;
	for (int i = 0; i < SERVICES_MOST + 9; i++) {
		name[0] = (char)('a' + i % 26);
		name[1] = (char)('a' + i / 26);
		services_add(&counted, name, "unix-dgramx", 1u << 22);
		services_add(&counted, name, "unix-dgramx", 1);
	}
	assert_int_equal(counted.n, SERVICES_MOST);
	assert_int_equal(counted.list[0].processes, 1u << 22);
	n = services_encode(&counted, EACCES, bytes, sizeof(bytes));
	assert_in_range(n, 1, SERVICES_BYTES);
	services.n = 0;
	assert_true(services_decode(bytes, n, &services, &error));
	assert_int_equal(error, EACCES);
	assert_int_equal(services.n, SERVICES_MOST);
}

/* No master holds such a file. */
static void test_none_runs(void **state)
{
	(void)state;
	services.n = 0;
	assert_int_equal(
		services_count(&services, "/proc/self/nothing"), -ESRCH);
	assert_int_equal(services.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_master_cf),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_the_fullest),
		cmocka_unit_test(test_the_way),
		cmocka_unit_test(test_none_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
