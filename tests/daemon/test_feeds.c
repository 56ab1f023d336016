/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Journals of several jails, one of which cannot be had for a while; and a
 * file of much to count. */
#include "daemon/feeds.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <systemd/sd-journal.h>

#include "daemon/config.h"
#include "lib/clock.h"

static char dir[64], journals[80];
static struct config *config;
static struct feeds *feeds;

/* A match that cannot be added now, and how often it was tried. */
static const char *refused;
static unsigned int tries;

/* Lines counted, and the time where it is held. */
static unsigned int counted;
static int64_t held;

int sd_journal_add_match(sd_journal *j, const void *data, size_t size)
{
	int (*real)(sd_journal *, const void *, size_t);

	if (refused && strcmp(data, refused) == 0) {
		tries++;
		return -ENOMEM;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "sd_journal_add_match");
	return real(j, data, size);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int load(const char *jails)
{
	struct config *before = config;
	struct err err;
	int r;

	write_file("jail.local", jails);
	err_init(&err);
	config = config_load(dir, NULL, &err);
	for (size_t i = 0; i < err.n; i++)
		print_message("%s\n", err.items[i].text);
	assert_non_null(config);
	err_deinit(&err);
	r = feeds_configure(feeds, config);
	config_free(&before);
	return r;
}

/* The jail "own" on the host's journal, and these on ones below journals. */
static int configure(const char *const others[])
{
	char text[2048] = "[own]\nenabled = true\nfilter = x\n"
			  "backend = systemd\njournalmatch = OWN=1\n";
	size_t n;

	for (; *others; others++) {
		n = strlen(text);
		snprintf(text + n, sizeof(text) - n,
			"[%s]\nenabled = true\nfilter = x\n"
			"journalmatch = OTHER=%s\n"
			"backend = systemd[journalpath=%s/%s]\n",
			*others, *others, journals, *others);
	}
	return load(text);
}

static const struct feed_status *source(const char *other)
{
	static struct feed_status status;
	char name[160] = "journal";

	if (other)
		snprintf(name, sizeof(name), "journal[journalpath=%s/%s]",
			journals, other);
	for (size_t i = 0; i < feeds_count(feeds); i++) {
		feeds_status(feeds, i, &status);
		if (strcmp(status.name, name) == 0)
			return &status;
	}
	return NULL;
}

static void make_journal(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", journals, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

/* A second goes by with each line, where the clock is held. */
static void on_counted(void *ctx, const struct line *line, uint32_t number)
{
	(void)ctx;
	(void)line;
	(void)number;
	counted++;
	if (!held)
		return;
	held += CLOCK_SECOND;
	clock_hold(held, held);
}

static int setup(void **state)
{
	static const struct feeds_user user = {.line = on_counted};
	char path[96];

	(void)state;
	strcpy(dir, "/tmp/test_feeds.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/filter.d", dir);
	assert_int_equal(mkdir(path, 0755), 0);
	snprintf(journals, sizeof(journals), "%s/journals", dir);
	assert_int_equal(mkdir(journals, 0755), 0);
	write_file("filter.d/x.conf", "[Definition]\nfailregex = ^<HOST>$\n");
	write_file("mailban.conf", "[mailban]\nnever_lock_out = no\n");
	feeds = feeds_new(NULL, (struct passed){.syslog = -1}, &user);
	assert_non_null(feeds);
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	feeds_free(&feeds);
	config_free(&config);
	refused = NULL;
	tries = counted = 0;
	held = 0;
	clock_release();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return 0;
}

/* Whatever is counted of what rsyslog took together, others have their turn. */
static void lines_for_many_end_a_portion(void **state)
{
	char text[4096], jail[192];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
			"Nov 21 10:00:00 mx postfix/smtpd[7]: message repeated "
			"9 times: [ x%d]\n",
			i);
	write_file("log", text);
	snprintf(jail, sizeof(jail),
		"[files]\nenabled = true\nfilter = x\nlogpath = %s/log\n", dir);
	assert_int_equal(load(jail), 0);
	held = CLOCK_SECOND;
	clock_hold(held, held);
	assert_true(feeds_read(feeds));
	assert_in_range(counted, 1, 39);
	while (feeds_read(feeds))
		;
	assert_int_equal(counted, 40);
}

static void each_has_its_name_and_the_own_its_number(void **state)
{
	uint32_t number;
	size_t names = 0;

	(void)state;
	make_journal("a");
	assert_int_equal(configure((const char *[]){"a", "b", NULL}), 0);
	assert_int_equal(feeds_count(feeds), 3);
	assert_int_equal(source(NULL)->number, FEEDS_JOURNAL);
	/* The only one whose mail is counted. */
	for (size_t i = 0; i < 3; i++)
		names += feeds_source(feeds, i, &number)[0] != '\0' &&
			 number == FEEDS_JOURNAL;
	assert_int_equal(names, 1);
	assert_int_equal(source("a")->number, FEEDS_FOREIGN);
	assert_int_equal(source("b")->number, FEEDS_FOREIGN);
}

/* It is not read as if there were no journalmatch. */
static void without_its_matches_it_is_not_open(void **state)
{
	(void)state;
	make_journal("a");
	refused = "OTHER=a";
	assert_int_equal(configure((const char *[]){"a", NULL}), 0);
	assert_non_null(source("a")->trouble);
	assert_int_equal(tries, 1);
	feeds_tick(feeds);
	assert_int_equal(tries, 2);
	refused = NULL;
	feeds_tick(feeds);
	assert_null(source("a")->trouble);
}

/* The same of one that was open before a reload. */
static void nor_after_a_reload(void **state)
{
	(void)state;
	make_journal("a");
	assert_int_equal(configure((const char *[]){"a", NULL}), 0);
	refused = "OTHER=a";
	assert_int_equal(configure((const char *[]){"a", NULL}), 0);
	assert_non_null(strstr(source("a")->trouble, "is not there"));
	refused = NULL;
	feeds_tick(feeds);
	assert_null(source("a")->trouble);
}

static void one_that_fails_keeps_no_other_out(void **state)
{
	(void)state;
	make_journal("a");
	make_journal("b");
	assert_int_equal(configure((const char *[]){"a", NULL}), 0);
	refused = "OWN=1";
	assert_int_equal(configure((const char *[]){"a", "b", NULL}), 0);
	assert_non_null(strstr(source(NULL)->trouble, "is not there"));
	assert_non_null(source("b"));
	refused = NULL;
	feeds_tick(feeds);
	assert_null(strstr(source(NULL)->trouble, "is not there"));
	assert_int_equal(feeds_count(feeds), 3);
}

#define FEEDS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEEDS_TEST(each_has_its_name_and_the_own_its_number),
		FEEDS_TEST(without_its_matches_it_is_not_open),
		FEEDS_TEST(nor_after_a_reload),
		FEEDS_TEST(one_that_fails_keeps_no_other_out),
		FEEDS_TEST(lines_for_many_end_a_portion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
