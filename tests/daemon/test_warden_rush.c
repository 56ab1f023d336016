/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many bans at once: there at once without counting, and with a counter each
 * soon after; none lost, brought back or given another time on the way.
 */
#include "daemon/warden.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/warden_client.h"
#include "lib/clock.h"
#include "tests/nft/world.h"

#define SOMEBODY 54321u
#define PATIENCE 30000 /* ms until something that should come is missed */
#define MANY 1000u

static struct world world;
static struct warden_client *client;
static int result;
static uint64_t value, second;

static void take(const struct reply *r, void *context)
{
	(void)context;
	if (r->type != REPLY_DONE)
		return;
	result = r->result;
	value = r->values[0];
	second = r->values[1];
}

static void send_request(const struct request *r)
{
	assert_int_equal(warden_client_send(client, r, take, NULL), 0);
	assert_int_equal(warden_client_wait(client, PATIENCE), 0);
	assert_int_equal(result, 0);
}

/* Jails a and b, with another that comes and goes before them. */
static void layout(bool another)
{
	struct layout_jail jails[] = {world_jail("0", "25"),
		world_jail("a", "25"), world_jail("b", "143,993")};
	struct layout l = {.jails = jails + !another, .n = 2u + another};

	assert_int_equal(warden_client_layout(client, &l, take, NULL), 0);
	assert_int_equal(warden_client_wait(client, PATIENCE), 0);
	assert_int_equal(result, 0);
}

static void start(void)
{
	assert_int_equal(
		warden_client_spawn(&client, SOMEBODY, SOMEBODY, true), 0);
	layout(false);
}

static int setup(void **state)
{
	(void)state;
	world_new(&world);
	start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	warden_client_free(&client);
	world_free(&world);
	return 0;
}

/* MANY of 10.0.0.0 on, and then this one if it is not NULL. */
static void many_and(uint32_t jail, uint32_t seconds, bool refresh,
	const struct request_entry *more)
{
	struct request_entry *e = calloc(MANY + 1, sizeof(*e));
	struct request r = {.type = REQUEST_BAN,
		.jail = jail,
		.n = MANY + (more != NULL),
		.entries = e};

	if (more)
		e[MANY] = *more;
	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t ip[4] = {10, 0, (uint8_t)(i >> 8), (uint8_t)i};
		struct addr a = addr_from_bytes(ip, 4);

		e[i] = (struct request_entry){.prefix = prefix_of(&a),
			.seconds = seconds,
			.refresh = refresh};
	}
	send_request(&r);
	free(e);
}

static void many(uint32_t jail, uint32_t seconds, bool refresh)
{
	many_and(jail, seconds, refresh, NULL);
}

/* As after a loss. */
static void keep_many(uint32_t jail)
{
	many(jail, 600, false);
}

static void one(enum request_type type, const char *who, uint32_t seconds)
{
	struct request_entry e = {.prefix = world_prefix(who),
		.seconds = seconds,
		.refresh = type == REQUEST_BAN};
	struct request r = {.type = type, .jail = 0, .n = 1, .entries = &e};

	send_request(&r);
}

/* How often the text stands in what nft lists. */
static size_t listed(const char *what, const char *text)
{
	char *list = world_list(what), *at = list;
	size_t n = 0;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	free(list);
	return n;
}

static void wait_until_moved(const char *rush)
{
	int64_t end = clock_mono() + PATIENCE * CLOCK_MILLISECOND;

	while (listed(rush, "timeout ") > 0) {
		assert_true(clock_mono() < end);
		usleep(20000);
	}
}

static void there_at_once_and_counting_later(void **state)
{
	struct request count = {.type = REQUEST_COUNT, .jail = REQUEST_ALL};

	(void)state;
	keep_many(0);
	assert_int_equal(listed("set inet mailban rush4-a", "10m"), MANY);
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), 0);
	send_request(&count);
	assert_int_equal(value, MANY);
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(
		listed("set inet mailban ban4-a", "counter timeout 10m"), MANY);
	send_request(&count);
	assert_int_equal(value, MANY);
	/* Two seconds were over before the first moved. */
	assert_int_equal(system("nft list set inet mailban ban4-a | "
				"grep -q 'expires 9m5[0-8]s'"),
		0);
	assert_int_not_equal(system("nft list set inet mailban ban4-a | "
				    "grep -q 'expires 9m59s'"),
		0);
}

static void who_is_unbanned_or_banned_meanwhile(void **state)
{
	(void)state;
	keep_many(0);
	one(REQUEST_UNBAN, "10.0.0.7", 0);
	assert_int_equal(listed("set inet mailban rush4-a", " 10.0.0.7 "), 0);
	one(REQUEST_BAN, "10.0.0.8", 7200);
	assert_int_equal(listed("set inet mailban ban4-a",
				 " 10.0.0.8 counter timeout 2h"),
		1);
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a", " 10.0.0.7 "), 0);
	assert_int_equal(listed("set inet mailban ban4-a",
				 "10.0.0.8 counter timeout 2h"),
		1);
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY - 2);
}

/* Put in again and banned anew in one request: the new ban's time is his. */
static void who_is_banned_in_the_same_breath(void **state)
{
	struct request_entry anew = {.prefix = world_prefix("10.0.0.8"),
		.seconds = 7200,
		.refresh = true};

	(void)state;
	many_and(0, 600, false, &anew);
	assert_int_equal(listed("set inet mailban ban4-a",
				 " 10.0.0.8 counter timeout 2h"),
		1);
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a",
				 " 10.0.0.8 counter timeout 2h"),
		1);
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY - 1);
}

/* Somebody removes some; the others move all the same. */
static void some_that_are_not_there_any_more(void **state)
{
	(void)state;
	keep_many(0);
	world_nft("delete element inet mailban rush4-a "
		  "{ 10.0.0.1, 10.0.1.1, 10.0.2.1 }\n");
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY - 3);
}

/* What counts must not begin anew. */
static void who_counts_already_goes_on(void **state)
{
	(void)state;
	world_nft("add element inet mailban ban4-a "
		  "{ 10.0.0.1 counter packets 5 bytes 300 timeout 10m }\n");
	keep_many(0);
	assert_int_equal(listed("set inet mailban rush4-a", "10m"), MANY - 1);
	assert_int_equal(listed("set inet mailban rush4-a", "10.0.0.1 "), 0);
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY);
	assert_int_equal(system("nft list set inet mailban ban4-a | "
				"grep -q '10.0.0.1 counter packets 5 '"),
		0);
}

static uint64_t transactions(void)
{
	struct request stats = {.type = REQUEST_STATS};

	send_request(&stats);
	return second; /* STATS_TRANSACTIONS */
}

/* Who has his time already is left out, and nobody else. */
static void who_is_there_is_left_alone(void **state)
{
	uint64_t before;

	(void)state;
	many(0, 0, true);
	assert_int_equal(listed("set inet mailban ban4-a", " 10.0."), MANY);
	warden_client_free(&client);
	start();
	before = transactions();
	many(0, 0, false);
	assert_int_equal(transactions(), before);
	world_nft("delete element inet mailban ban4-a { 10.0.0.1, 10.0.0.2 }\n"
		  "add element inet mailban ban4-a { 10.0.0.2 timeout 1m }\n");
	layout(false);
	many(0, 0, false);
	assert_int_equal(listed("set inet mailban rush4-a", " 10.0."), 2);
	assert_int_equal(listed("set inet mailban ban4-a", " 10.0."), MANY - 1);
}

/* What was read is not believed when we have changed it. */
static void who_was_there_comes_back(void **state)
{
	(void)state;
	many(0, 0, true);
	many(0, 0, false);
	one(REQUEST_UNBAN, "10.0.0.1", 0);
	many(0, 0, false);
	assert_int_equal(listed("set inet mailban rush4-a", " 10.0."), 1);
	one(REQUEST_FLUSH, "10.0.0.1", 0);
	many(0, 0, false);
	assert_int_equal(listed("set inet mailban rush4-a", " 10.0."), MANY);
}

/* A set that others have emptied is filled as fast as one made anew. */
static void a_set_that_others_emptied(void **state)
{
	(void)state;
	one(REQUEST_BAN, "10.0.0.1", 600);
	world_nft("flush set inet mailban ban4-a\n");
	layout(false);
	keep_many(0);
	assert_int_equal(listed("set inet mailban rush4-a", "10m"), MANY);
}

static void jails_may_come_and_go(void **state)
{
	(void)state;
	keep_many(0);
	layout(true);
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY);
	assert_int_equal(listed("set inet mailban ban4-0", "10m"), 0);
}

/* A warden that ends amid it leaves bans that its successor moves. */
static void another_warden_goes_on(void **state)
{
	(void)state;
	keep_many(0);
	warden_client_free(&client);
	assert_int_equal(listed("set inet mailban rush4-a", "10m"), MANY);
	start();
	wait_until_moved("set inet mailban rush4-a");
	assert_int_equal(listed("set inet mailban ban4-a", "10m"), MANY);
}

#define RUSH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* The client looks for the program beside its own. */
static void link_program(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	assert_true(n > 0);
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/mailban-warden");
	if (symlink("../../mailban-warden", path) < 0)
		assert_int_equal(errno, EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUSH_TEST(there_at_once_and_counting_later),
		RUSH_TEST(who_is_unbanned_or_banned_meanwhile),
		RUSH_TEST(who_is_banned_in_the_same_breath),
		RUSH_TEST(some_that_are_not_there_any_more),
		RUSH_TEST(who_counts_already_goes_on),
		RUSH_TEST(who_is_there_is_left_alone),
		RUSH_TEST(who_was_there_comes_back),
		RUSH_TEST(a_set_that_others_emptied),
		RUSH_TEST(jails_may_come_and_go),
		RUSH_TEST(another_warden_goes_on),
	};

	link_program();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
