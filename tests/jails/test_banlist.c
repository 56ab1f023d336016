/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jails/banlist.h"
#include "lib/hash.h"

#define T0 INT64_C(1763719200)

static const struct hash_seed seed = {1, 2};

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static struct prefix nth(uint32_t i)
{
	uint8_t ip[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	struct addr a = addr_from_bytes(ip, 4);

	return prefix_of(&a);
}

static void collect(void *context, const struct ban *ban)
{
	int64_t **next = context;

	*(*next)++ = ban->end;
}

static void test_add_find_remove(void **state)
{
	struct banlist *l = banlist_new(1000, 3, &seed);
	struct ban a = {prefix("192.0.2.1"), 0, 0, 1, T0, T0 + 600}, out;
	struct ban b = a, c = a, d = a;

	(void)state;
	b.jail = 2;
	b.end = BAN_FOREVER;
	c.who = prefix("192.0.2.0/24");
	c.end = T0 + 300;
	d.who = prefix("2001:db8::1");
	assert_int_equal(banlist_next_end(l), BAN_FOREVER);
	assert_int_equal(banlist_add(l, &a), BANLIST_NEW);
	assert_int_equal(banlist_add(l, &b), BANLIST_NEW);
	assert_int_equal(banlist_add(l, &c), BANLIST_NEW);
	assert_int_equal(banlist_size(l), 3);
	assert_int_equal(banlist_size_of(l, 0), 2);
	assert_int_equal(banlist_size_of(l, 1), 0);
	assert_int_equal(banlist_size_of(l, 2), 1);
	assert_int_equal(banlist_next_end(l), T0 + 300);
	assert_true(banlist_find(l, &b.who, 2, &out));
	assert_true(banlist_find(l, &b.who, 2, NULL));
	assert_int_equal(out.end, BAN_FOREVER);
	assert_false(banlist_find(l, &b.who, 1, &out));
	assert_true(banlist_find(l, &b.who, 2, NULL));
	assert_false(banlist_find(l, &d.who, 0, &out));
	/* the same again, longer */
	a.end = T0 + 6000;
	a.count = 2;
	assert_int_equal(banlist_add(l, &a), BANLIST_RENEWED);
	assert_int_equal(banlist_size(l), 3);
	assert_true(banlist_find(l, &a.who, 0, &out));
	assert_int_equal(out.end, T0 + 6000);
	assert_int_equal(out.count, 2);
	assert_int_equal(out.start, T0);
	assert_true(prefix_is_host(&out.who));
	assert_true(banlist_remove(l, &c.who, 0, &out));
	assert_int_equal(out.end, T0 + 300);
	assert_false(banlist_remove(l, &c.who, 0, NULL));
	assert_int_equal(banlist_next_end(l), T0 + 6000);
	/* what never ends is never expired */
	assert_int_equal(banlist_expire(l, BAN_FOREVER, 99, NULL, NULL), 1);
	assert_int_equal(banlist_size(l), 1);
	banlist_free(&l);
	assert_null(l);
}

static void test_expire(void **state)
{
	struct banlist *l = banlist_new(100, 1, &seed);
	int64_t ends[100], *next = ends;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct ban ban = {nth(i), 0, 0, 1, T0, T0 + i * 37 % 100};

		assert_int_equal(banlist_add(l, &ban), BANLIST_NEW);
	}
	/* one too many */
	{
		struct ban ban = {nth(100), 0, 0, 1, T0, T0 + 1};

		assert_int_equal(banlist_add(l, &ban), BANLIST_FULL);
		assert_int_equal(banlist_refused(l), 1);
		assert_int_equal(banlist_size(l), 100);
	}
	assert_int_equal(banlist_expire(l, T0 - 1, 99, collect, &next), 0);
	assert_int_equal(banlist_expire(l, T0, 99, collect, &next), 1);
	assert_int_equal(banlist_expire(l, T0 + 49, 20, collect, &next), 20);
	assert_int_equal(banlist_expire(l, T0 + 49, 99, collect, &next), 29);
	assert_int_equal(banlist_expire(l, T0 + 99, 99, collect, &next), 50);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ends[i], T0 + i);
	assert_int_equal(banlist_size(l), 0);
	banlist_free(&l);
}

static void count(void *context, const struct ban *ban)
{
	(void)ban;
	++*(uint32_t *)context;
}

/* Random changes; the order, the counts and what is found must agree with a
 * plain array. */
static void test_against_model(void **state)
{
	struct banlist *l = banlist_new(1000, 4, &seed);
	static int64_t ends[4][64]; /* 0 = not banned */
	unsigned int random = 11;
	int64_t now = T0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint32_t who = (uint32_t)rand_r(&random) % 64;
		uint16_t jail = (uint16_t)(rand_r(&random) % 4);
		struct ban ban = {nth(who), jail, 0, 1, now,
			now + 1 + rand_r(&random) % 500};
		int64_t first = BAN_FOREVER;
		uint32_t in[5] = {0};

		now += rand_r(&random) % 3;
		switch (rand_r(&random) % 5) {
		case 0:
		case 1:
		case 2:
			assert_int_equal(banlist_add(l, &ban),
				ends[jail][who] ? BANLIST_RENEWED
						: BANLIST_NEW);
			ends[jail][who] = ban.end;
			break;
		case 3:
			assert_int_equal(
				banlist_remove(l, &ban.who, jail, NULL),
				ends[jail][who] != 0);
			ends[jail][who] = 0;
			break;
		default:
			banlist_expire(l, now, UINT32_MAX, NULL, NULL);
			for (int j = 0; j < 4; j++)
				for (int w = 0; w < 64; w++)
					if (ends[j][w] <= now)
						ends[j][w] = 0;
		}
		for (uint16_t j = 0; j < 4; j++)
			for (uint32_t w = 0; w < 64; w++)
				if (ends[j][w]) {
					in[j]++;
					if (ends[j][w] < first)
						first = ends[j][w];
				}
		for (uint16_t j = 0; j < 4; j++)
			assert_int_equal(banlist_size_of(l, j), in[j]);
		assert_int_equal(banlist_next_end(l), first);
		assert_int_equal(banlist_find(l, &ban.who, jail, &ban),
			ends[jail][who] != 0);
		if (ends[jail][who])
			assert_int_equal(ban.end, ends[jail][who]);
		banlist_each(l, jail, count, &in[4]);
		assert_int_equal(in[4], in[jail]);
	}
	banlist_free(&l);
}

static void test_a_million(void **state)
{
	struct banlist *l = banlist_new(1000000, 1, &seed);
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000000; i++) {
		struct ban ban = {
			nth(i), 0, 0, 1, T0, T0 + i * UINT64_C(7919) % 1000003};

		assert_int_equal(banlist_add(l, &ban), BANLIST_NEW);
	}
	assert_true(banlist_memory(l) < 96 * UINT64_C(1000000));
	banlist_each(l, BANLIST_ALL, count, &n);
	assert_int_equal(n, 1000000);
	assert_int_equal(
		banlist_expire(l, T0 + 1000003, UINT32_MAX, NULL, NULL),
		1000000);
	banlist_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_find_remove),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_a_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
