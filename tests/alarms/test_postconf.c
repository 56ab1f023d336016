/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What postconf(1) prints, and what it might be made to print. */
#include "alarms/postconf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct postconf conf;

static void take(const char *text)
{
	postconf_take(&conf, text, strlen(text));
}

static void test_debian(void **state)
{
	(void)state;
	take("queue_directory = /var/spool/postfix\n"
	     "queue_minfree = 0\n"
	     "message_size_limit = 10240000\n"
	     "mail_spool_directory = /var/mail\n"
	     "virtual_mailbox_base =\n"
	     "multi_instance_directories = /etc/postfix-a, /etc/postfix-b\n");
	assert_string_equal(conf.queue_directory, "/var/spool/postfix");
	assert_string_equal(conf.mail_spool_directory, "/var/mail");
	assert_string_equal(conf.virtual_mailbox_base, "");
	assert_string_equal(conf.multi_instance_directories,
		"/etc/postfix-a, /etc/postfix-b");
	assert_int_equal(conf.queue_minfree, 0);
	assert_int_equal(conf.message_size_limit, 10240000);
}

/* A byte behind the text is none of it: the sanitizer would see a look. */
static void test_nothing_behind_the_end(void **state)
{
	static const char line[] = "queue_directory =";
	char *text = malloc(strlen(line));

	(void)state;
	memcpy(text, line, strlen(line));
	memset(&conf, 0, sizeof(conf));
	postconf_take(&conf, text, strlen(line));
	assert_string_equal(conf.queue_directory, "");
	free(text);
}

/* Postfix takes no more than fits an int, but this is not Postfix. */
static void test_a_limit_that_is_large(void **state)
{
	(void)state;
	take("default_process_limit = 200\n");
	assert_int_equal(conf.default_process_limit, 200);
	take("default_process_limit = 4294967296\n");
	assert_int_equal(conf.default_process_limit, INT32_MAX);
}

static void test_nonsense(void **state)
{
	static const char nul[] = "queue_directory = /a\0b\nqueue_minfree = 7";
	char text[1024];

	(void)state;
	take("queue_directory = relative\nmessage_size_limit = -1\n"
	     "queue_minfree = 1x\n= \n =\nqueue_directory\n\n");
	assert_string_equal(conf.queue_directory, "");
	assert_int_equal(conf.message_size_limit, 0);
	assert_int_equal(conf.queue_minfree, 0);
	postconf_take(&conf, nul, sizeof(nul) - 1);
	assert_string_equal(conf.queue_directory, "");
	assert_int_equal(conf.queue_minfree, 7);
	snprintf(text, sizeof(text), "queue_directory = /%0*d\n", 600, 1);
	take(text);
	assert_string_equal(conf.queue_directory, "");
	take("message_size_limit = 99999999999999999999999999999\n");
	assert_int_equal(conf.message_size_limit, 0);
	/* Cut anywhere, it reads nothing that is not there. */
	for (size_t n = 0; n < 60; n++)
		postconf_take(&conf,
			"queue_directory = /var/spool/postfix\n"
			"queue_minfree = 123456789\n",
			n);
}

/* All faults, joined. */
static const char *faults(uint64_t minfree, uint64_t limit, uint64_t bytes)
{
	static char all[2048];
	const struct disk disk = {.bytes = bytes};
	char text[512];

	all[0] = '\0';
	take("queue_directory = /q\n");
	conf.queue_minfree = minfree;
	conf.message_size_limit = limit;
	for (size_t i = 0; postconf_fault(&conf, &disk, i, text, sizeof(text));
		i++)
		if (text[0])
			strcat(strcat(all, text), ";");
	return all;
}

#define GB UINT64_C(1000000000)

static void test_faults(void **state)
{
	(void)state;
	assert_string_equal(faults(0, 10240000, 100 * GB), "");
	assert_string_equal(faults(20000000, 10240000, 100 * GB), "");
	assert_non_null(strstr(faults(0, 60 * GB, 100 * GB),
		"message_size_limit = 60 GB: Postfix refuses all mail with "
		"less than 90 GB free in /q, which has 100 GB in all;"));
	assert_non_null(strstr(faults(1000, 10240000, 100 * GB),
		"queue_minfree = 1000 is without effect"));
	assert_non_null(strstr(faults(60 * GB, 10240000, 100 * GB),
		"/q has 100 GB in all, Postfix takes no mail with less"));
	assert_non_null(strstr(faults(0, 0, 100 * GB), "to the last byte"));
	/* Of a disk that could not be looked at nothing is said. */
	assert_string_equal(faults(0, 60 * GB, 0), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debian),
		cmocka_unit_test(test_a_limit_that_is_large),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_nothing_behind_the_end),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
