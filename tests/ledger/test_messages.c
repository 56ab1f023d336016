/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/messages.h"

#define MINUTE INT64_C(60000000)

static struct message *get(
	struct messages *m, const char *id, bool make, int64_t now)
{
	return messages_get(m, (struct span){id, strlen(id)}, make, now);
}

static void test_life(void **state)
{
	struct messages *m = messages_new(100, MINUTE);
	struct span id = SPAN("ABC123");

	(void)state;
	assert_null(get(m, "ABC123", false, 1));
	get(m, "ABC123", true, 1)->size = 7;
	assert_int_equal(get(m, "ABC123", false, 2)->size, 7);
	assert_int_equal(get(m, "ABC123", true, 2)->size, 7);
	assert_int_equal(messages_size(m), 1);
	messages_remove(m, id);
	messages_remove(m, id);
	assert_int_equal(messages_size(m), 0);
	/* The same id again is another message. */
	assert_int_equal(get(m, "ABC123", true, 3)->size, 0);
	messages_free(&m);
	assert_null(m);
}

static void test_the_quiet_go_first(void **state)
{
	struct messages *m = messages_new(3, 10 * MINUTE);

	(void)state;
	get(m, "A", true, MINUTE);
	get(m, "B", true, MINUTE);
	get(m, "C", true, MINUTE + 1);
	get(m, "A", false, 2 * MINUTE); /* spoken of */
	get(m, "D", true, 2 * MINUTE + 1);
	assert_null(get(m, "B", false, 2 * MINUTE + 2));
	assert_non_null(get(m, "A", false, 2 * MINUTE + 2));
	assert_int_equal(messages_size(m), 3);
	messages_free(&m);
}

static void test_age(void **state)
{
	struct messages *m = messages_new(100, MINUTE);

	(void)state;
	get(m, "A", true, 1);
	get(m, "B", true, MINUTE);
	get(m, "C", true, 2 * MINUTE + 2);
	assert_null(get(m, "A", false, 2 * MINUTE + 2));
	assert_non_null(get(m, "B", false, 2 * MINUTE + 2));
	/* Time that runs backwards takes nothing away. */
	get(m, "D", true, 1);
	assert_int_equal(messages_size(m), 3);
	messages_free(&m);
}

static void test_many(void **state)
{
	struct messages *m = messages_new(20000, INT64_MAX / 2);
	char id[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		snprintf(id, sizeof(id), "%X", i);
		get(m, id, true, i)->size = (uint64_t)i;
		if (i % 3 == 0)
			messages_remove(m, (struct span){id, strlen(id)});
	}
	assert_int_equal(messages_size(m), 19999); /* the last went */
	for (int i = 99999; i > 90000; i--) {
		snprintf(id, sizeof(id), "%X", i);
		if (i % 3 == 0)
			assert_null(get(m, id, false, i));
		else
			assert_int_equal(get(m, id, false, i)->size, i);
	}
	messages_free(&m);
}

static void test_those_that_never_go(void **state)
{
	struct messages *m = messages_new(0, 0);

	(void)state;
	get(m, "A", true, 1)->size = 5;
	messages_remove(m, SPAN("A"));
	assert_int_equal(get(m, "A", false, 9)->size, 5);
	assert_int_equal(messages_size(m), 1);
	messages_free(&m);
}

/* Any bytes, however many: letters and digits have a table of their own. */
static void test_any_id_is_kept(void **state)
{
	static const char *const ids[] = {"", "0", "00", "000", "a", "A", "z",
		"Z", "zzzzzzzzzzzzzzzz", "zzzzzzzzzzzzzzzzz", "?", "a?", "?a",
		"0123456789ABCDEF", "0123456789ABCDEFG", "ghijklmnopqrstuv",
		"GHIJKLMNOPQRSTUV", "wxyz", "WXYZ", "postfix-x/smtpd", "\xff",
		"\xff\xff", "4bQxLm3nWRz5T9kv", "4bQxLm3nWRz5T9kw"};
	size_t n = sizeof(ids) / sizeof(*ids);
	struct messages *m = messages_new(0, 0);
	char id[32];

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_null(get(m, ids[i], false, 1));
		get(m, ids[i], true, 1)->size = i + 1;
	}
	for (int i = 0; i < 50000; i++) {
		snprintf(id, sizeof(id), i % 5 ? "%X" : "%d-", 1000000 + i * 7);
		get(m, id, true, 1)->size = (uint64_t)i + 1;
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(get(m, ids[i], i % 2, 1)->size, i + 1);
	for (int i = 0; i < 50000; i++) {
		snprintf(id, sizeof(id), i % 5 ? "%X" : "%d-", 1000000 + i * 7);
		assert_int_equal(get(m, id, false, 1)->size, i + 1);
	}
	assert_int_equal(messages_size(m), 50000 + n);
	messages_free(&m);
}

/* What a store would have by now. */
static uint64_t stored[8];
static int told;

static void store(void *ctx, uint32_t place, struct span id,
	const struct message *message, int64_t seen)
{
	(void)ctx;
	assert_true(place < 8);
	assert_true(!message || (id.n == 1 && seen > 0));
	stored[place] = message ? message->size : 0;
	told++;
}

static int changed(struct messages *m, bool all)
{
	told = 0;
	messages_changed(m, all, store, NULL);
	return told;
}

static void test_what_changed(void **state)
{
	struct messages *m = messages_new(2, MINUTE);

	(void)state;
	messages_watch(m);
	get(m, "A", true, MINUTE)->size = 7;
	get(m, "B", true, MINUTE)->size = 8;
	assert_int_equal(changed(m, false), 2);
	assert_int_equal(stored[0] + stored[1], 15);
	assert_int_equal(changed(m, false), 0);
	assert_int_equal(changed(m, true), 2);
	/* One comes in the place of another; one comes and goes untold. */
	get(m, "C", true, MINUTE)->size = 9;
	assert_int_equal(changed(m, false), 1);
	assert_int_equal(stored[0] + stored[1], 17);
	messages_remove(m, SPAN("B"));
	get(m, "D", true, MINUTE)->size = 1;
	messages_remove(m, SPAN("D"));
	assert_int_equal(changed(m, false), 1);
	assert_int_equal(stored[0] + stored[1], 9);
	get(m, "E", true, MINUTE);
	messages_remove(m, SPAN("E"));
	assert_int_equal(changed(m, false), 0);
	messages_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_the_quiet_go_first),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_those_that_never_go),
		cmocka_unit_test(test_any_id_is_kept),
		cmocka_unit_test(test_what_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
