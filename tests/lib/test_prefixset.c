/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/prefixset.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static void add(struct prefixset *set, const char *text)
{
	struct prefix p = prefix(text);

	assert_int_equal(prefixset_add(set, &p), 0);
}

static bool has(const struct prefixset *set, const char *text)
{
	struct prefix p = prefix(text);

	return prefixset_has(set, &p.net);
}

static bool overlaps(const struct prefixset *set, const char *text)
{
	struct prefix p = prefix(text);

	return prefixset_overlaps(set, &p);
}

static void test_add_and_ask(void **state)
{
	struct prefixset set;

	(void)state;
	prefixset_init(&set);
	assert_false(has(&set, "192.0.2.1"));
	assert_false(overlaps(&set, "::/0"));
	add(&set, "192.0.2.128/25");
	add(&set, "10.0.0.0/8");
	add(&set, "2001:db8::/32");
	add(&set, "192.0.2.1");
	assert_int_equal(set.n, 4);
	assert_true(has(&set, "192.0.2.1"));
	assert_false(has(&set, "192.0.2.2"));
	assert_true(has(&set, "192.0.2.200"));
	assert_true(has(&set, "10.255.255.255"));
	assert_false(has(&set, "11.0.0.0"));
	assert_true(has(&set, "2001:db8:1::"));
	assert_false(has(&set, "2001:db9::"));
	assert_true(overlaps(&set, "192.0.2.0/24"));
	assert_true(overlaps(&set, "192.0.2.2/31") == false);
	assert_true(overlaps(&set, "0.0.0.0/0"));
	assert_true(overlaps(&set, "::/0"));
	assert_true(overlaps(&set, "10.1.2.0/24"));
	assert_false(overlaps(&set, "11.0.0.0/8"));
	/* what is covered goes, what covers stays */
	add(&set, "192.0.2.0/24");
	assert_int_equal(set.n, 3);
	add(&set, "192.0.2.77");
	assert_int_equal(set.n, 3);
	add(&set, "::/0");
	assert_int_equal(set.n, 1);
	assert_true(has(&set, "10.1.1.1"));
	prefixset_deinit(&set);
	assert_int_equal(set.n, 0);
}

/* Against a plain list of all that was added, in a space of 2^10. */
static void test_against_model(void **state)
{
	unsigned int random = 3;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct prefix all[40];
		struct prefixset set;
		size_t n = 0;

		prefixset_init(&set);
		while (n < 40) {
			uint8_t ip[4] = {10, 0, (uint8_t)(rand_r(&random) & 3),
				(uint8_t)rand_r(&random)};
			struct addr a = addr_from_bytes(ip, 4);
			char text[PREFIX_TEXT];
			struct prefix p = {.net = a,
				.len = (uint8_t)(118 + rand_r(&random) % 11)};
			bool in = false, touches = false;

			prefix_format(&p, text); /* and cut the host bits */
			p = prefix(text);
			for (size_t i = 0; i < n; i++) {
				in |= prefix_contains(&all[i], &a);
				touches |= prefix_overlaps(&all[i], &p);
			}
			assert_int_equal(prefixset_has(&set, &a), in);
			assert_int_equal(prefixset_overlaps(&set, &p), touches);
			all[n++] = p;
			assert_int_equal(prefixset_add(&set, &p), 0);
			for (size_t i = 1; i < set.n; i++) {
				assert_true(addr_compare(&set.items[i - 1].net,
						    &set.items[i].net) < 0);
				assert_false(prefix_overlaps(
					&set.items[i - 1], &set.items[i]));
			}
		}
		prefixset_deinit(&set);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_and_ask),
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
