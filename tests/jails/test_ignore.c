/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ifaddrs.h>

#include "jails/ignore.h"
#include "jails/ignorelist.h"
#include "jails/jail.h"

static struct prefix prefix(const char *text)
{
	struct prefix p;

	assert_true(prefix_parse(text, strlen(text), &p));
	return p;
}

static void test_decision(void **state)
{
	static const struct {
		const char *who;
		bool ignoreself, ignored;
	} cases[] = {
		{"192.0.2.1", false, false},
		{"198.51.100.1", false, true},
		{"198.51.101.1", false, false},
		{"198.51.0.0/16", false, true},
		{"2001:db8:1::5", false, true},
		{"2001:db8:2::5", false, false},
		/* the host's own, by ignoreself alone */
		{"203.0.113.5", true, true},
		{"203.0.113.5", false, false},
		{"203.0.113.6", true, false},
		{"203.0.113.0/24", true, true},
		/* nobody's to ban */
		{"127.0.0.1", false, true},
		{"::1", false, true},
		{"::", false, true},
		{"0.0.0.0/0", false, true},
		{"::/0", false, true},
		{"126.0.0.0/7", false, true},
		{"224.0.0.1", false, true},
		{"255.255.255.255", false, true},
		{"ff02::1", false, true},
		{"::ffff:127.0.0.1", false, true},
	};
	struct jail jail = {.name = "x"};
	struct prefixset own;
	struct prefix p;

	(void)state;
	prefixset_init(&jail.ignoreip);
	prefixset_init(&own);
	p = prefix("198.51.100.0/24");
	prefixset_add(&jail.ignoreip, &p);
	p = prefix("2001:db8:1::/48");
	prefixset_add(&jail.ignoreip, &p);
	p = prefix("203.0.113.5");
	prefixset_add(&own, &p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		jail.ignoreself = cases[i].ignoreself;
		p = prefix(cases[i].who);
		if (ignore_has(&jail, &own, &p) != cases[i].ignored)
			fail_msg("%s", cases[i].who);
	}
	jail.ignoreself = true;
	p = prefix("203.0.113.5");
	assert_false(ignore_has(&jail, NULL, &p));
	prefixset_deinit(&jail.ignoreip);
	prefixset_deinit(&own);
}

/* A word that is no name is told, lest one be banned who was meant. */
static void test_names(void **state)
{
	static const char *const names[] = {"localhost", "mx.example.org",
		"a.b-c_d.x1", "1.2.3.a", "a."},
				 *const others[] = {"", "1", "a.1", "a.b.300",
					 "192.0.2.300", "a/b", "a b", "a@b",
					 "1.a.2."};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_true(ignorelist_is_name(names[i], strlen(names[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(ignorelist_is_name(others[i], strlen(others[i])));
}

static void test_own(void **state)
{
	struct prefixset own;
	struct ifaddrs *list;
	struct addr a;

	(void)state;
	prefixset_init(&own);
	assert_int_equal(ignore_own_addresses(&own), 0);
	/* A namespace without a running lo has no address at all. */
	assert_int_equal(getifaddrs(&list), 0);
	for (struct ifaddrs *i = list; i; i = i->ifa_next)
		if (addr_from_sockaddr(i->ifa_addr, &a))
			assert_true(prefixset_has(&own, &a));
	freeifaddrs(list);
	prefixset_deinit(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decision),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
